#include "support/coded_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

static sx_error err;

void coded_fill(coded_image *im, bool noise) {
    const int count = im->rows * im->columns, low = im->is_signed ? -(1 << (im->bits - 1)) : 0,
              high = low + (1 << im->bits) - 1;
    for (int i = 0; i < count; i++) {
        const uint32_t hash = (uint32_t)i * 2654435761u >> (32 - im->bits);
        const int slope = (int)((int64_t)(high - low) * i / (count > 1 ? count - 1 : 1));
        im->values[i] = (uint16_t)(low + (noise ? (int)hash : slope));
    }
    im->values[0] = (uint16_t)low;
    im->values[count - 1] = (uint16_t)high;
}

dicom_shape coded_shape(const coded_image *im) {
    return (dicom_shape){ .rows = (uint16_t)im->rows,
                          .columns = (uint16_t)im->columns,
                          .bits_allocated = im->bits > 8 ? 16 : 8,
                          .bits_stored = (uint16_t)im->bits,
                          .is_signed = im->is_signed };
}

void coded_check(const coded_image *im, const sx_str *stream, const char *label, int most) {
    const dicom_shape s = coded_shape(im);
    char what[100];
    test_dicom d;
    snprintf(what, sizeof what, "%s: %d x %d, %d bits%s", label, im->columns, im->rows, im->bits,
             im->is_signed ? ", signed" : "");
    stream_put(&d, label, &s, stream);
    sx_film *f = stream_read_film(&d, what);
    assert_true(f->width == im->columns && f->height == im->rows);
    for (int i = 0; i < im->rows * im->columns; i++) {
        const int want = im->is_signed ? (int16_t)im->values[i] : im->values[i];
        if (abs(sx_film_value(f, (size_t)i) - want) > most)
            fail_msg("%s: pixel %d is %d, not %d", what, i, sx_film_value(f, (size_t)i), want);
    }
    sx_film_free(f);
}

void coded_check_refused(const coded_image *im, const sx_str *stream, const char *label,
                         sx_error_code code, const char *message) {
    const dicom_shape s = coded_shape(im);
    test_dicom d;
    stream_put(&d, label, &s, stream);
    CHECK_FAILS(sx_film_from_memory(d.bytes.data, d.bytes.len, "bad.dcm", NULL, &err), err, code,
                message);
    dicom_end(&d);
}

/* The exit status of a process in which all memory may be `more` bytes larger than it is now: 0:
 * the film is read; 1: out of memory. */
static int read_with_limit(const test_dicom *d, size_t more) {
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%ld", &pages), 1);
    fclose(statm);
    const size_t all = (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) + more;
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = { all, all };
        sx_error why = { 0 };
        if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(3);
        sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, "film", NULL, &why);
        _exit(f ? 0 : why.code == SX_ERR_MEMORY ? 1 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void coded_check_no_memory(const coded_image *im, sx_str *stream, const char *label) {
    const dicom_shape s = coded_shape(im);
    bool refused = false, read = false;
    test_dicom d;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    sx_str_free(stream);
    skip(); /* sanitizers reserve terabytes */
#endif
    stream_put(&d, label, &s, stream);
    for (size_t more = 1; more < 48 && !read; more++) {
        const int status = read_with_limit(&d, more << 20);
        if (status != 0 && status != 1) fail_msg("%s, %zu MiB: status %d", label, more, status);
        refused = refused || status == 1;
        read = status == 0;
    }
    assert_true(refused && read);
    dicom_end(&d);
    sx_str_free(stream);
}

void coded_put_box(sx_str *s, const char *type, const void *content, size_t n) {
    const size_t whole = 8 + n;
    const uint8_t length[] = { 0, (uint8_t)(whole >> 16), (uint8_t)(whole >> 8), (uint8_t)whole };
    sx_str_append(s, length, 4);
    sx_str_append(s, type, 4);
    if (n) sx_str_append(s, content, n);
}
