/* Files that are not written as the standard says, and can be read all the same. */
#include <string.h>

#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

enum { PIXELS = 16 };

static sx_error err;
static const dicom_shape shape = {
    .rows = 4, .columns = 4, .bits_allocated = 16, .bits_stored = 12
};
static const uint16_t values[PIXELS] = { 0,   1,    2,    0x102, 0x304, 5,   6,   7,
                                         800, 4095, 1000, 2000,  3000,  300, 200, 100 };

#define EXPLICIT "1.2.840.10008.1.2.1"
#define IMPLICIT "1.2.840.10008.1.2"
#define BIG      "1.2.840.10008.1.2.2"

/* The image is read, also with header_only. */
static void check_read(test_dicom *d, const char *what) {
    const sx_film_options header_only = { .header_only = true };
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, what, &header_only, &err);
    if (!f) fail_msg("header alone: %s", err.message);
    assert_true(f->info.has_pixels && f->width == 4);
    sx_film_free(f);
    f = sx_film_from_memory(d->bytes.data, d->bytes.len, what, NULL, &err);
    if (!f) fail_msg("%s", err.message);
    assert_string_equal(f->info.patient_id, "P1");
    for (size_t i = 0; i < PIXELS; i++)
        if (sx_film_value(f, i) != values[i])
            fail_msg("%s: pixel %zu is %d, not %d", what, i, sx_film_value(f, i), values[i]);
    sx_film_free(f);
    dicom_end(d);
}

static void image(test_dicom *d) {
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "P1");
    dicom_image(d, &shape);
    dicom_pixels(d, values, PIXELS);
}

static void begin(test_dicom *d, const char *syntax) {
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 100");
}

static void raw(test_dicom *d, const void *bytes, size_t n) {
    sx_str_append(&d->bytes, bytes, n);
}

/* ---- VRs ---- */

static const struct {
    const char *bytes;
    size_t n;
    bool implicit;
} unknown_elements[] = {
    { "\x09\0\x01\x10ZZ\2\0ab", 10, false },   /* a VR that does not exist */
    { "\x09\0\x01\x10??\2\0ab", 10, false },   /* no letters */
    { "\x09\0\x01\x10  \2\0ab", 10, false },   /* blank */
    { "\x09\0\x01\x10\0\0\2\0ab", 10, false }, /* zeros */
    { "\x09\0\x01\x10lo\2\0ab", 10, false },   /* in lower case */
    { "\x09\0\x01\x10"
      "ob\0\0\2\0\0\0ab",
      14, false }, /* of the long form */
    { "\x09\0\x01\x10ZZ\0\0\2\0\0\0ab", 14, false },
    { "\x09\0\x01\x10ZZ\0\0", 8, false }, /* empty */
    { "\x09\0\x01\x10\2\0\0\0ab", 10, true },
    { "\x09\0\x01\x10ZZ\2\0ab\x09\0\x02\x10YY\2\0cd", 20, false },
    { "\x09\0\x01\x10un\2\0ab", 10, false }, /* of the long form, with a length of 16 bits */
    { "\x09\0\x01\x10UN\2\0ab", 10, false },
    { "\x09\0\x01\x10OB\1\2\2\0\0\0ab", 14, false }, /* the reserved bytes are not zero */
    { "\x09\0\x01\x10un\2\0ab\x09\0\x02\x10ut\2\0cd", 20, false },
};
enum { UNKNOWN_ELEMENTS = sizeof unknown_elements / sizeof *unknown_elements };

static void test_unknown_vr(void **state) {
    (void)state;
    for (size_t i = 0; i < UNKNOWN_ELEMENTS; i++) {
        test_dicom d;
        begin(&d, EXPLICIT);
        raw(&d, unknown_elements[i].bytes, unknown_elements[i].n);
        image(&d);
        check_read(&d, "an unknown VR");
    }
}

/* The first n bytes of the film are refused as truncated, or, where an element ends there, because
 * something is missing. */
static void check_cut(const test_dicom *d, size_t n, bool element_ends) {
    memset(&err, 0, sizeof err);
    assert_null(sx_film_from_memory(d->bytes.data, n, "cut", NULL, &err));
    if (!strstr(err.message, element_ends ? "cut: " : "cut: truncated") ||
        strstr(err.message, "value representation"))
        fail_msg("%zu bytes of %zu: %s", n, d->bytes.len, err.message);
}

/* A file that ends in an element of unknown VR, or in the next one, is truncated: its VR is not the
 * fault. */
static void test_unknown_vr_truncated(void **state) {
    (void)state;
    for (size_t i = 0; i < UNKNOWN_ELEMENTS; i++) {
        test_dicom d;
        begin(&d, EXPLICIT);
        const size_t before = d.bytes.len;
        raw(&d, unknown_elements[i].bytes, unknown_elements[i].n);
        const size_t after = d.bytes.len;
        image(&d);
        const size_t pixels = d.bytes.len - sizeof values;
        for (size_t n = before + 1; n < d.bytes.len; n++) {
            if (unknown_elements[i].implicit && n < after) continue;
            const bool first_of_two = after - before == 20 && n == before + 10;
            const bool empty = after - before == 14 && n == before + 8;
            const bool between = n >= after && n < pixels;
            check_cut(&d, n, between || first_of_two || empty);
        }
        dicom_end(&d);
    }
}

/* An element of the long form before one of another group, whose VR is also in lower case. */
static void test_lower_case(void **state) {
    (void)state;
    static const char *const before[] = { "\x09\0\x01\x10un\2\0ab",
                                          "\x09\0\x01\x10un\0\0\2\0\0\0ab" };
    for (int i = 0; i < 2; i++) {
        test_dicom d;
        begin(&d, EXPLICIT);
        raw(&d, before[i], i ? 14 : 10);
        dicom_text(&d, SX_TAG(0x0010, 0x0020), "lo", "P1");
        dicom_image(&d, &shape);
        dicom_pixels(&d, values, PIXELS);
        check_read(&d, "VRs in lower case");
    }
}

/* The first element determines the encoding of the data set. */
static void test_unknown_first(void **state) {
    (void)state;
    test_dicom d;
    dicom_begin(&d, EXPLICIT);
    raw(&d, "\x08\0\x05\0??\x0a\0ISO_IR 100", 18);
    image(&d);
    check_read(&d, "the first VR is unknown");
}

/* ---- encodings ---- */

static void test_encoding(void **state) {
    (void)state;
    static const struct {
        const char *label;
        bool implicit, big;
    } cases[] = {
        { BIG, false, false },     { BIG, true, false },       { EXPLICIT, false, true },
        { EXPLICIT, true, false }, { IMPLICIT, false, false }, { IMPLICIT, false, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        dicom_begin(&d, cases[i].label);
        d.implicit = cases[i].implicit;
        d.big_endian = cases[i].big;
        dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 100");
        image(&d);
        check_read(&d, cases[i].label);
    }
}

/* A sequence of undefined length, as `vr`, whose items are in the other encoding. */
static void put_sequence(test_dicom *d, const char *vr, bool implicit_items, bool delimited) {
    static const uint8_t item[] = { 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF };
    static const uint8_t ends[] = { 0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0,
                                    0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0 };
    test_dicom elements;
    dicom_item(&elements, d);
    elements.implicit = implicit_items;
    dicom_text(&elements, SX_TAG(0x0008, 0x0100), "SH", "X");
    dicom_text(&elements, SX_TAG(0x0008, 0x0102), "SH", "DCM");
    dicom_text(&elements, SX_TAG(0x0008, 0x0104), "LO", "a meaning");
    raw(d, "\x09\0\x10\x10", 4);
    if (!d->implicit) raw(d, vr, 2);
    raw(d, &"\0\0\xFF\xFF\xFF\xFF"[d->implicit ? 2 : 0], d -> implicit ? 4 : 6);
    if (delimited) {
        raw(d, item, sizeof item);
        raw(d, elements.bytes.data, elements.bytes.len);
        raw(d, ends, sizeof ends);
    } else {
        raw(d, item, 4);
        raw(d, (uint8_t[]){ (uint8_t)elements.bytes.len, 0, 0, 0 }, 4);
        raw(d, elements.bytes.data, elements.bytes.len);
        raw(d, ends + 8, 8);
    }
    dicom_end(&elements);
}

static void test_items(void **state) {
    (void)state;
    static const char *const vrs[] = { "SQ", "UN" };
    for (int i = 0; i < 16; i++) {
        test_dicom d;
        begin(&d, i & 8 ? IMPLICIT : EXPLICIT);
        put_sequence(&d, vrs[i & 1], i & 2, i & 4);
        image(&d);
        check_read(&d, "items of another encoding");
    }
}

/* A LUT in implicit VR within an explicit film. */
static void test_implicit_lut(void **state) {
    (void)state;
    static const uint16_t descriptor[] = { 4, 10, 16 }, entries[] = { 1, 2, 3, 4 };
    for (int undefined = 0; undefined < 2; undefined++) {
        test_dicom d, item;
        begin(&d, EXPLICIT);
        dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", "P1");
        dicom_image(&d, &shape);
        dicom_item(&item, &d);
        item.implicit = true;
        dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, 3);
        dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", entries, 4);
        dicom_sequence(&d, SX_TAG(0x0028, 0x3010), &item);
        dicom_end(&item);
        dicom_pixels(&d, values, PIXELS);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
        if (!f) fail_msg("%s", err.message);
        assert_true(f->info.voi_lut.count == 4 && f->info.voi_lut.entries[3] == 4);
        sx_film_free(f);
        check_read(&d, "an implicit LUT");
    }
}

/* ---- the beginning of the file ---- */

static void meta(test_dicom *d, bool implicit, bool big, const char *syntax) {
    const test_dicom was = *d;
    d->implicit = implicit;
    d->big_endian = big;
    dicom_bytes(d, SX_TAG(0x0002, 0x0001), "OB", "\0\1", 2);
    dicom_text(d, SX_TAG(0x0002, 0x0002), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0002, 0x0003), "UI", "1.2.3.4");
    dicom_text(d, SX_TAG(0x0002, 0x0010), "UI", syntax);
    d->implicit = was.implicit;
    d->big_endian = was.big_endian;
}

/* With or without preamble and DICM; a meta header in any encoding or none. */
static void test_beginnings(void **state) {
    (void)state;
    static const char preamble[128];
    for (int i = 0; i < 64; i++) {
        const bool with_preamble = i & 1, with_dicm = i & 2, with_meta = i & 4,
                   implicit_meta = i & 8, implicit = i & 16, big_meta = i & 32;
        test_dicom d;
        dicom_item(&d, &(test_dicom){ .implicit = implicit });
        if (with_dicm && !with_meta && !with_preamble) continue;
        if (with_preamble) raw(&d, preamble, sizeof preamble);
        if (with_dicm) raw(&d, "DICM", 4);
        if (with_meta) meta(&d, implicit_meta, big_meta, implicit ? IMPLICIT : EXPLICIT);
        dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 100");
        image(&d);
        check_read(&d, "the beginning of a file");
    }
}

/* Other files are not recognised as films. */
static void test_other_files(void **state) {
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    memcpy(text + 128, "\x08\0\x05\0xxxx", 8);
    CHECK_FAILS(sx_film_from_memory(text, sizeof text, "text", NULL, &err), err, SX_ERR_FORMAT,
                "text: not a DICOM, PNG or JPEG file");
    memcpy(text + 128, "\x02\0\x01\0OBxx", 8);
    CHECK_FAILS(sx_film_from_memory(text, sizeof text, "text", NULL, &err), err, SX_ERR_FORMAT,
                "text: not a DICOM, PNG or JPEG file");
    memcpy(text, "DICM", 4);
    CHECK_FAILS(sx_film_from_memory(text, sizeof text, "text", NULL, &err), err, SX_ERR_FORMAT,
                "text: not a DICOM, PNG or JPEG file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_vr),    cmocka_unit_test(test_unknown_vr_truncated),
        cmocka_unit_test(test_unknown_first), cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_items),         cmocka_unit_test(test_implicit_lut),
        cmocka_unit_test(test_beginnings),    cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
