/* A film passes as de-identified only if de-identifying it again would leave every byte. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/stream_films.h"

#include "dicom/deid.h"
#include "dicom/deid_passed.h"
#include "dicom/inflate.h"

#define EXPLICIT "1.2.840.10008.1.2.1"

static sx_error err;

static void put_header(test_dicom *d) {
    test_dicom item;
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_text(d, SX_TAG(0x0008, 0x0020), "DA", "20190412");
    dicom_text(d, SX_TAG(0x0008, 0x0060), "CS", "DX");
    dicom_text(d, SX_TAG(0x0008, 0x0070), "LO", "ACME");
    dicom_text(d, SX_TAG(0x0010, 0x0010), "PN", "SMITH^JOHN");
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "4711");
    dicom_text(d, SX_TAG(0x0010, 0x0040), "CS", "M");
    dicom_text(d, SX_TAG(0x0010, 0x1010), "AS", "071Y");
    dicom_text(d, SX_TAG(0x0010, 0x1020), "DS", "1.750000");
    dicom_text(d, SX_TAG(0x0018, 0x0015), "CS", "LSPINE");
    dicom_text(d, SX_TAG(0x0018, 0x0060), "DS", "80.00000");
    dicom_text(d, SX_TAG(0x0018, 0x5101), "CS", "AP");
    dicom_text(d, SX_TAG(0x0020, 0x000D), "UI", "1.2.3.5");
    dicom_text(d, SX_TAG(0x0020, 0x000E), "UI", "1.2.3.6");
    dicom_item(&item, d);
    dicom_text(&item, SX_TAG(0x0008, 0x0100), "SH", "399348003");
    dicom_text(&item, SX_TAG(0x0008, 0x0102), "SH", "SCT");
    dicom_sequence(d, SX_TAG(0x0054, 0x0220), &item);
    dicom_end(&item);
}

static void make_native(test_dicom *d) {
    uint16_t values[64];
    for (int i = 0; i < 64; i++)
        values[i] = (uint16_t)(i * 61);
    dicom_begin(d, EXPLICIT);
    put_header(d);
    dicom_image(d, &(dicom_shape){ 8, 8, 16, 12, 0, NULL, 0, 0 });
    dicom_pixels(d, values, 64);
}

static bool deidentify(const void *bytes, size_t size, sx_deid_options o, uint8_t **out,
                       size_t *n) {
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    o.key = (const uint8_t *)"0123456789abcdef";
    o.key_size = 16;
    err = (sx_error){ 0 };
    return sx_deid_file(bytes, size, "in", &o, out, n, pairs, cleaned, &err);
}

static bool passes(const void *bytes, size_t n) {
    sx_deid_passed p;
    err = (sx_error){ 0 };
    return sx_deid_check_passed(bytes, n, "film", &p, &err);
}

/* Every result of sx_deid_file passes, whatever the options. */
static void results_pass(void **state) {
    (void)state;
    for (int i = 0; i < 24; i++) {
        const sx_deid_options o = { .keep_dates = i & 1,
                                    .keep_device = i & 2,
                                    .keep_patient = i & 4,
                                    .text = (sx_deid_text)(i / 8) };
        test_dicom d;
        uint8_t *out;
        size_t n;
        make_native(&d);
        CHECK_OK(deidentify(d.bytes.data, d.bytes.len, o, &out, &n), err);
        CHECK_OK(passes(out, n), err);
        assert_false(passes(d.bytes.data, d.bytes.len));
        free(out);
        dicom_end(&d);
    }
}

/* Encoding the streams once more gives the same bytes. */
static void streams_pass(void **state) {
    (void)state;
    for (size_t i = 0; i < STREAM_KINDS; i++) {
        const char *syntax = stream_kinds[i].syntax;
        sx_str stream = { 0 };
        test_dicom d;
        uint8_t *out;
        size_t n;
        const dicom_shape s = stream_make(&stream_kinds[i], &stream);
        dicom_begin(&d, syntax);
        put_header(&d);
        dicom_image(&d, &s);
        dicom_fragments(&d, &stream, 1);
        CHECK_OK(deidentify(d.bytes.data, d.bytes.len, (sx_deid_options){ 0 }, &out, &n), err);
        if (!passes(out, n)) fail_msg("%s: %s", syntax, err.message);
        free(out);
        sx_str_free(&stream);
        dicom_end(&d);
    }
}

typedef struct change {
    const char *was, *now; /* texts of the same length */
    bool all;              /* wherever it occurs */
    const char *why;
} change;

static const change changes[] = {
    { "LSPINE", "JSMITH", false, "(0018,0015)" },
    { "80.00000", "19500101", false, "(0018,0060)" },
    { "1.750000", "19500101", false, "(0010,1020)" },
    { "AP", "JS", false, "(0018,5101)" },
    { "DX", "JS", false, "(0008,0060)" },
    { "M ", "JS", false, "(0010,0040)" },
    { "071Y", "101Y", false, "(0010,1010)" },
    { "071Y", "101y", false, "(0010,1010)" },
    { "071Y", "101 ", false, "(0010,1010)" },
    { "antero-posterior", "SMITH JOHN A. B.", false, "(0054,0220)" },
    { "SCT ", "JOHN", false, "(0054,0220)" },
    { "spinexr: PS3.15", "SMITH^JOHN 1950", false, "(0012,0063)" },
    { "Basic Application", "SMITH^JOHN 1950-1", false, "(0012,0064)" },
    { "REMOVED ", "JSMITH50", false, "(0028,0303)" },
    { "OFFIS_DCMTK", "SMITH^JOHN1", false, "file meta information" },
};

static void replace(uint8_t *bytes, size_t n, const change *c) {
    const size_t length = strlen(c->was);
    uint8_t *at = memmem(bytes, n, c->was, length);
    assert_int_equal(strlen(c->now), length);
    if (!at) fail_msg("%s is not there", c->was);
    while (at) {
        memcpy(at, c->now, length);
        at = c->all ? memmem(at, n - (size_t)(at - bytes), c->was, length) : NULL;
    }
}

static void check_refused(const uint8_t *bytes, size_t n, const char *what, const char *why) {
    if (passes(bytes, n)) fail_msg("%s passes", what);
    assert_int_equal(err.code, SX_ERR_UNSUPPORTED);
    if (!strstr(err.message, why)) fail_msg("%s: %s", what, err.message);
}

static void changed_values_are_refused(void **state) {
    (void)state;
    test_dicom d;
    uint8_t *out, *copy;
    size_t n;
    make_native(&d);
    CHECK_OK(
        deidentify(d.bytes.data, d.bytes.len, (sx_deid_options){ .keep_patient = true }, &out, &n),
        err);
    assert_non_null(copy = malloc(n));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        memcpy(copy, out, n);
        replace(copy, n, &changes[i]);
        check_refused(copy, n, changes[i].now, changes[i].why);
    }
    /* one name as Patient's Name and Patient ID */
    const uint8_t *subject = memmem(out, n, "SX", 2);
    char was[19] = "";
    assert_non_null(subject);
    memcpy(was, subject, 18);
    memcpy(copy, out, n);
    replace(copy, n, &(change){ was, "SMITH^JOHN^1950010", true, NULL });
    check_refused(copy, n, "a name", "(0010,0010)");
    /* unused bits */
    memcpy(copy, out, n);
    copy[n - 1] |= 0x40;
    check_refused(copy, n, "unused bits", "(7FE0,0010)");
    free(copy);
    free(out);
    dicom_end(&d);
}

/* Puts `text` into the bytes at `at`, and adds its length to the 32-bit length at `length`. */
static uint8_t *insert(const uint8_t *bytes, size_t n, size_t at, size_t length, const char *text,
                       size_t size) {
    uint8_t *out = malloc(n + size);
    assert_non_null(out);
    memcpy(out, bytes, at);
    memcpy(out + at, text, size);
    memcpy(out + at + size, bytes + at, n - at);
    if (!length) return out;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value |= (uint32_t)out[length + (size_t)i] << (8 * i);
    value += (uint32_t)size;
    for (int i = 0; i < 4; i++)
        out[length + (size_t)i] = (uint8_t)(value >> (8 * i));
    return out;
}

static void added_bytes_are_refused(void **state) {
    (void)state;
    static const char comment[] = "\xFF\xFE\0\x0CSMITH JOHN"; /* JPEG's COM */
    static const char padding[] = "\xFC\xFF\xFC\xFFOB\0\0\x0A\0\0\0SMITH JOHN";
    test_dicom d;
    uint8_t *out, *more;
    size_t n;
    make_native(&d);
    CHECK_OK(deidentify(d.bytes.data, d.bytes.len, (sx_deid_options){ 0 }, &out, &n), err);
    more = insert(out, n, n, n - 128 - 4, "SMITH JOHN", 10);
    check_refused(more, n + 10, "surplus bytes", "(7FE0,0010)");
    free(more);
    more = insert(out, n, n, 0, padding, sizeof padding - 1);
    check_refused(more, n + sizeof padding - 1, "trailing padding", "bytes follow the pixels");
    free(more);
    free(out);
    dicom_end(&d);

    sx_str stream = { 0 };
    const dicom_shape s = stream_make(&stream_kinds[3], &stream);
    dicom_begin(&d, stream_kinds[3].syntax);
    put_header(&d);
    dicom_image(&d, &s);
    dicom_fragments(&d, &stream, 1);
    CHECK_OK(deidentify(d.bytes.data, d.bytes.len, (sx_deid_options){ 0 }, &out, &n), err);
    const uint8_t *begin = memmem(out, n, "\xFF\xD8\xFF", 3);
    assert_non_null(begin);
    const size_t at = (size_t)(begin - out);
    more = insert(out, n, at + 2, at - 4, comment, 14);
    check_refused(more, n + 14, "a comment", "(7FE0,0010)");
    free(more);
    free(out);
    sx_str_free(&stream);
    dicom_end(&d);
}

/* Text after the stream of a deflated film. */
static void deflated_films(void **state) {
    (void)state;
    test_dicom d;
    uint8_t *plain, *deflated, *out, *more;
    size_t n, size;
    make_native(&d);
    CHECK_OK(deidentify(d.bytes.data, d.bytes.len, (sx_deid_options){ 0 }, &plain, &n), err);
    CHECK_OK(sx_deflate_file(plain, n, &deflated, &size, &err), err);
    CHECK_OK(deidentify(deflated, size, (sx_deid_options){ 0 }, &out, &n), err);
    CHECK_OK(passes(out, n), err);
    more = insert(out, n, n, 0, "SMITH JOHN", 10);
    check_refused(more, n + 10, "text after the stream", "encoding");
    free(more);
    free(out);
    free(deflated);
    free(plain);
    dicom_end(&d);
}

/* YES in any case, and as any value. */
static void text_in_the_picture(void **state) {
    (void)state;
    static const char *const texts[] = { "YES", "yes", "Yes ", "NO\\YES" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        test_dicom d;
        uint8_t *out;
        size_t n;
        dicom_begin(&d, EXPLICIT);
        put_header(&d);
        dicom_image(&d, &(dicom_shape){ 8, 8, 16, 12, 0, NULL, 0, 0 });
        dicom_text(&d, SX_TAG(0x0028, 0x0301), "CS", texts[i]);
        dicom_pixels(&d, (const uint16_t[64]){ 0 }, 64);
        if (deidentify(d.bytes.data, d.bytes.len, (sx_deid_options){ 0 }, &out, &n))
            fail_msg("%s passes", texts[i]);
        assert_int_equal(err.code, SX_ERR_UNSUPPORTED);
        dicom_end(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_pass),
        cmocka_unit_test(streams_pass),
        cmocka_unit_test(changed_values_are_refused),
        cmocka_unit_test(added_bytes_are_refused),
        cmocka_unit_test(deflated_films),
        cmocka_unit_test(text_in_the_picture),
    };
    return STREAM_RUN_TESTS(tests);
}
