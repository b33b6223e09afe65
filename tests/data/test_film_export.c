/* Films that `data convert` and `data publish` write as pictures: stored values in 16 bits, errors
 * that name the film, and the warnings that other commands print. */
#include <stdio.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "data/film_export.h"
#include "data/headers.h"
#include "data/manifest_write.h"
#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"
#include "support/set_files.h"

static sx_error err;

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* A film of one row, of 16 bits allocated; `more` adds elements before the pixels. */
typedef struct row {
    const char *name;
    const uint16_t *words;
    uint16_t count, stored, is_signed;
    const char *photometric;
    void (*more)(test_dicom *d);
} row;

static const char *put_row(const row *r) {
    test_dicom d;
    const char *path = check_tmp_path(r->name);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(&d,
                &(dicom_shape){ 1, r->count, 16, r->stored, r->is_signed, r->photometric, 0, 0 });
    if (r->more) r->more(&d);
    dicom_pixels(&d, r->words, r->count);
    CHECK_OK(sx_write_file(path, d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
    return path;
}

static void check_16bit(const row *r, const uint16_t *want) {
    const sx_film_export as = { .format = SX_EXPORT_PNG16 };
    const char *to = check_tmp_path("out.png");
    CHECK_OK(sx_film_export_one(NULL, &as, put_row(r), to, NULL, &err), err);
    sx_film *f = sx_film_open(to, NULL, &err);
    CHECK_OK(f, err);
    assert_int_equal(f->image.bits, 16);
    for (int i = 0; i < r->count; i++)
        if (sx_image_u16(&f->image)[i] != want[i])
            fail_msg("%s: pixel %d is %d, not %d", r->name, i, sx_image_u16(&f->image)[i], want[i]);
    sx_film_free(f);
}

/* 0x8000 as PixelPaddingValue; the bits tell how it is signed. */
static void put_padding(test_dicom *d) {
    dicom_word(d, SX_TAG(0x0028, 0x0120), 0x8000);
}

/* Padding is black, and not part of the range, as in 8 bits. */
static void padding_of_16_bits_is_black(void **state) {
    (void)state;
    static const uint16_t words[] = { 0x8000, 0, 256, 512 }, up[] = { 0, 0, 32768, 65535 },
                          down[] = { 0, 65535, 32768, 0 };
    check_16bit(&(row){ "low", words, 4, 16, 1, "MONOCHROME2", put_padding }, up);
    check_16bit(&(row){ "high", words, 4, 16, 0, "MONOCHROME2", put_padding }, up);
    check_16bit(&(row){ "beyond", words, 4, 12, 0, "MONOCHROME2", put_padding }, up);
    check_16bit(&(row){ "high inverted", words, 4, 16, 0, "MONOCHROME1", put_padding }, down);
    static const uint16_t alone[] = { 0x8000, 0x8000 }, black[] = { 0, 0 };
    check_16bit(&(row){ "alone", alone, 2, 16, 0, "MONOCHROME1", put_padding }, black);
}

/* Smallest..largest to 0..65535, of the stored values. */
static void values_of_16_bits_are_stored_values(void **state) {
    (void)state;
    static const uint16_t words[] = { 0, 256, 512 }, up[] = { 0, 32768, 65535 },
                          down[] = { 65535, 32768, 0 };
    check_16bit(&(row){ "plain", words, 3, 12, 0, "MONOCHROME2", NULL }, up);
    check_16bit(&(row){ "inverted", words, 3, 12, 0, "MONOCHROME1", NULL }, down);
    /* -256, 0, 256 in 12 bits: without the sign's extension, and with it */
    static const uint16_t bare[] = { 0x0F00, 0, 0x0100 }, extended[] = { 0xFF00, 0, 0x0100 };
    check_16bit(&(row){ "bare", bare, 3, 12, 1, "MONOCHROME2", NULL }, up);
    check_16bit(&(row){ "extended", extended, 3, 12, 1, "MONOCHROME2", NULL }, up);
    check_16bit(&(row){ "bare inverted", bare, 3, 12, 1, "MONOCHROME1", NULL }, down);
    /* overlays in the bits above */
    static const uint16_t overlaid[] = { 0xF000, 0x0100, 0x9200 };
    check_16bit(&(row){ "overlaid", overlaid, 3, 12, 0, "MONOCHROME2", NULL }, up);
    static const uint16_t full[] = { 0x8000, 0x8000, 0x7FFF }, ends[] = { 0, 0, 65535 };
    check_16bit(&(row){ "whole range", full, 3, 16, 1, "MONOCHROME2", NULL }, ends);
}

/* A VOI LUT of 64 entries of which three are there. */
static void short_table(test_dicom *d) {
    static const uint16_t descriptor[] = { 64, 0, 16 }, entries[] = { 1, 2, 3 };
    test_dicom item;
    dicom_item(&item, d);
    dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, 3);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", entries, 3);
    dicom_sequence(d, SX_TAG(0x0028, 0x3010), &item);
    dicom_end(&item);
}

static void far_window(test_dicom *d) {
    dicom_text(d, SX_TAG(0x0028, 0x1050), "DS", "5000");
    dicom_text(d, SX_TAG(0x0028, 0x1051), "DS", "100");
}

static const uint16_t steps[] = { 0, 256, 512 };

static void errors_name_the_film(void **state) {
    (void)state;
    const sx_film_export as = { .format = SX_EXPORT_PNG, .pixels = SX_PIXELS_DICOM };
    const char *from = put_row(&(row){ "short.dcm", steps, 3, 12, 0, NULL, short_table });
    CHECK_FAILS(sx_film_export_one(NULL, &as, from, check_tmp_path("none.png"), NULL, &err), err,
                SX_ERR_FORMAT, ": the VOI LUT holds 3 of 64 entries");
    if (!sx_starts_with(err.message, from)) fail_msg("not named: %s", err.message);
}

/* The written set names the films that were written, and no others. */
static void check_written(void) {
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_tmp_path("pictures"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_string_equal(m.films[0].id, "b");
    assert_int_equal(m.films[0].split, SX_SPLIT_TRAIN);
    assert_non_null(m.films[0].path);
    assert_string_equal(sx_path_base(m.films[0].path), "b.png");
    sx_manifest_free(&m);
}

static void write_set(const char *folder, sx_layout layout) {
    char table[64], images[64], broken[64], whole[64];
    sx_manifest m;
    sx_manifest_loss loss;
    const sx_film_export as = { .format = SX_EXPORT_PNG, .pixels = SX_PIXELS_DICOM };
    snprintf(table, sizeof table, "%s/annotations.csv", folder);
    snprintf(images, sizeof images, "%s/images", folder);
    snprintf(broken, sizeof broken, "%s/images/a.dcm", folder);
    snprintf(whole, sizeof whole, "%s/images/b.dcm", folder);
    CHECK_OK(sx_make_dirs(check_tmp_path(images), &err), err);
    set_put_text(table, "image_id,abnormal,split\na,0,test\nb,0,train\n");
    put_row(&(row){ broken, steps, 3, 12, 0, NULL, short_table });
    put_row(&(row){ whole, steps, 3, 12, 0, NULL, NULL });
    CHECK_OK(sx_manifest_open(check_tmp_path(folder), NULL, &m, &err), err);
    CHECK_OK(sx_manifest_headers(NULL, &m, NULL, &err), err);
    const sx_manifest_target to = { .layout = layout,
                                    .dir = check_tmp_path("pictures"),
                                    .films = &as };
    CHECK_OK(sx_manifest_write(&m, &to, &loss, &err), err);
    sx_manifest_free(&m);
    assert_int_equal(loss.unwritten, 1);
    check_written();
    CHECK_OK(sx_remove_folder(check_tmp_path("pictures"), &err), err);
}

/* One film that cannot be shown does not end the others, also if the message cannot name its path
 * as it is. */
static void other_films_are_written(void **state) {
    (void)state;
    for (sx_layout k = SX_LAYOUT_VINDR; k < SX_LAYOUTS; k++) {
        write_set("set", k);
        write_set("s\xe9t", k); /* no UTF-8 */
    }
}

static char said[400];

static void keep_message(void *user, sx_log_level level, const char *message) {
    (void)user, (void)level;
    sx_format(said, sizeof said, "%s", message);
}

static void warnings_are_logged(void **state) {
    (void)state;
    static const sx_context context = { .threads = 1,
                                        .log_level = SX_LOG_WARNING,
                                        .log = keep_message };
    static const struct {
        sx_film_format format;
        sx_pixels pixels;
        const char *text;
    } cases[] = {
        { SX_EXPORT_PNG, SX_PIXELS_DICOM,
          "the window maps the film to a single grey value "
          "(--pixels dicom)" },
        { SX_EXPORT_JPEG, SX_PIXELS_VINDR,
          "the window maps the film to a single grey value "
          "(--pixels vindr)" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sx_film_export as = { .format = cases[i].format, .pixels = cases[i].pixels };
        const char *from = put_row(&(row){ "warned.dcm", steps, 3, 12, 0, NULL, far_window });
        said[0] = '\0';
        CHECK_OK(
            sx_film_export_one(&context, &as, from, check_tmp_path("warned.out.png"), NULL, &err),
            err);
        if (!sx_starts_with(said, from) || !strstr(said, cases[i].text))
            fail_msg("case %zu: \"%s\", not \"%s\"", i, said, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_16_bits_are_stored_values),
        cmocka_unit_test(padding_of_16_bits_is_black),
        cmocka_unit_test(errors_name_the_film),
        cmocka_unit_test(other_films_are_written),
        cmocka_unit_test(warnings_are_logged),
    };
    return cmocka_run_group_tests_name("film export", tests, NULL, end);
}
