/* Multipart bodies, with every place at which a read may end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "service/web/multipart.h"
#include "support/check.h"

#define TYPE "multipart/related; type=\"application/dicom\"; boundary=b"

static int file_of(const void *bytes, size_t n) {
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fflush(f), 0);
    const int file = dup(fileno(f));
    fclose(f);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    return file;
}

static bool collect(void *user, const void *bytes, size_t n, sx_error *err) {
    sx_str_append(user, bytes, n);
    return sx_str_ok(user, err);
}

/* The parts, each in brackets behind its type. */
static bool read_all(const void *bytes, size_t n, sx_str *out, sx_error *err) {
    char type[SX_MULTIPART_TYPE];
    bool more = true;
    const int file = file_of(bytes, n);
    sx_multipart *m = sx_multipart_open(file, TYPE, "application/dicom", err);
    bool ok = m != NULL;
    while (ok && more) {
        ok = sx_multipart_next(m, &more, type, err);
        if (!ok || !more) break;
        sx_str_printf(out, "%s[", type);
        ok = sx_multipart_content(m, collect, out, err);
        sx_str_add(out, "]");
    }
    sx_multipart_free(m);
    close(file);
    return ok;
}

static void parts_are_read(void **state) {
    (void)state;
    static const struct {
        const char *body, *parts;
    } cases[] = {
        { "--b\r\nContent-Type: a/b\r\n\r\nxyz\r\n--b--\r\n", "a/b[xyz]" },
        { "\r\n--b\r\n\r\nx\r\n--b\r\ncontent-TYPE:  c\r\nX: y\r\n\r\n\r\n--b--", "[x]c[]" },
        { "a preamble\r\n--b  \r\n\r\n--b\r\n-- \r\n--b--", "[--b\r\n-- ]" },
        { "--b\r\n\r\nx\r\n--bb\r\n\r\ny\r\n--b--an epilogue", "[x]" },
        { "--b--", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_str out = { 0 };
        sx_error err = { 0 };
        const bool ok = read_all(cases[i].body, strlen(cases[i].body), &out, &err);
        if (i == 3) { /* a delimiter that only begins like ours ends in nonsense */
            assert_false(ok);
        } else {
            CHECK_OK(ok, err);
            assert_string_equal(sx_str_text(&out), cases[i].parts);
        }
        sx_str_free(&out);
    }
}

static void faults_are_named(void **state) {
    (void)state;
    static const struct {
        const char *body, *message;
    } cases[] = {
        { "", "the body ends within a part" },
        { "--b\r\n\r\nx", "the body ends within a part" },
        { "--b\r\nContent-Type: a", "no valid head" },
        { "--bx", "no valid head" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_str out = { 0 };
        sx_error err = { 0 };
        assert_false(read_all(cases[i].body, strlen(cases[i].body), &out, &err));
        check_error(&err, SX_ERR_FORMAT, cases[i].message);
        sx_str_free(&out);
    }
}

/* A delimiter across the end of the buffer is found; what only looks like one is content. */
static void delimiters_may_lie_anywhere(void **state) {
    (void)state;
    enum { BUFFER = 1 << 18 };
    for (int shift = -12; shift <= 12; shift++) {
        static const char head[] = "--b\r\n\r\n", tail[] = "\r\n-\r\n--\r\n--b--";
        const size_t n = (size_t)(BUFFER + shift);
        sx_str body = { 0 }, out = { 0 };
        sx_error err = { 0 };
        char *content = calloc(1, n);
        assert_non_null(content);
        memset(content, 'x', n);
        sx_str_add(&body, head);
        sx_str_append(&body, content, n);
        sx_str_add(&body, tail);
        CHECK_OK(read_all(body.data, body.len, &out, &err), err);
        assert_int_equal(out.len, n + 2 + strlen("\r\n-\r\n--"));
        free(content);
        sx_str_free(&body);
        sx_str_free(&out);
    }
}

static void types_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *type;
        sx_error_code code; /* SX_OK: accepted */
    } cases[] = {
        { TYPE, SX_OK },
        { "Multipart/Related;boundary=\"a b\";type=APPLICATION/dicom", SX_OK },
        /* as Orthanc's DICOMweb plug-in sends it */
        { "multipart/related; type=\"application/dicom\"; "
          "boundary=70293b25-08bc-4786-8a93-837d091e3404-70293b25-08bc-4786-8a93-837d091e3404",
          SX_OK },
        { "multipart/form-data; type=\"application/dicom\"; boundary=b", SX_ERR_UNSUPPORTED },
        { "multipart/related; type=\"application/dicom+json\"; boundary=b", SX_ERR_UNSUPPORTED },
        { "multipart/related; boundary=b", SX_ERR_UNSUPPORTED },
        { "multipart/related; type=\"application/dicom\"", SX_ERR_FORMAT },
        { "multipart/related; type=\"application/dicom\"; boundary=\"\"", SX_ERR_FORMAT },
        { "multipart/related; type=\"application/dicom\"; boundary=\"a", SX_ERR_FORMAT },
        { "multipart/related; type=\"application/dicom\"; boundary=\"a \"", SX_ERR_FORMAT },
        { "multipart/related; type=\"application/dicom\"; boundary=a\x01", SX_ERR_FORMAT },
        { "", SX_ERR_UNSUPPORTED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_multipart *m = sx_multipart_open(-1, cases[i].type, "application/dicom", &err);
        if (err.code != cases[i].code) fail_msg("%s: %s", cases[i].type, err.message);
        sx_multipart_free(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_read),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(delimiters_may_lie_anywhere),
        cmocka_unit_test(types_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
