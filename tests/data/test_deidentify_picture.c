/* The 8-bit picture of a result is that of its film, or the film is rejected: attributes of the
 * picture in other VRs, with further values, and in other spellings. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/copies.h"
#include "support/dicom.h"

#include "dicom/deid.h"
#include "dicom/dicom_film.h"

enum { SIDE = 8, OTHERS = 3 };

/* `others` replace the attributes of the usual film, in ascending order. */
typedef struct picture_case {
    attribute others[OTHERS];
    const char *rejected; /* the attribute's name; NULL: the picture is the same */
    bool table;
} picture_case;

static const attribute usual[] = {
    { 0x0008, 0x0018, "UI", "9.8.7.6.5.4.3.21", 0 },
    { 0x0010, 0x0020, "LO", "3071", 0 },
    { 0x0028, 0x0002, "US", "\1\0", 2 },
    { 0x0028, 0x0004, "CS", "MONOCHROME2", 0 },
    { 0x0028, 0x0010, "US", "\10\0", 2 },
    { 0x0028, 0x0011, "US", "\10\0", 2 },
    { 0x0028, 0x0100, "US", "\20\0", 2 },
    { 0x0028, 0x0101, "US", "\14\0", 2 },
    { 0x0028, 0x0102, "US", "\13\0", 2 },
    { 0x0028, 0x0103, "US", "\0\0", 2 },
    { 0x0028, 0x0120, "US", "", 0 },
    { 0x0028, 0x1050, "DS", "", 0 },
    { 0x0028, 0x1051, "DS", "", 0 },
    { 0x0028, 0x1052, "DS", "", 0 },
    { 0x0028, 0x1053, "DS", "", 0 },
    { 0x0028, 0x1056, "CS", "", 0 },
    { 0x2050, 0x0020, "CS", "", 0 },
};

static void put(test_dicom *d, const attribute *a) {
    if (a->n)
        dicom_bytes(d, SX_TAG(a->group, a->element), a->vr, a->bytes, a->n);
    else if (((const char *)a->bytes)[0])
        dicom_text(d, SX_TAG(a->group, a->element), a->vr, a->bytes);
}

/* A VOI LUT that inverts, whose item has a code meaning. */
static void put_table(test_dicom *d) {
    uint16_t table[4096];
    test_dicom item;
    for (size_t i = 0; i < 4096; i++)
        table[i] = (uint16_t)(4095 - i);
    dicom_item(&item, d);
    dicom_text(&item, SX_TAG(0x0008, 0x0104), "LO", "a table");
    dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", (const uint16_t[3]){ 4096, 0, 12 }, 3);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "OW", table, 4096);
    dicom_sequence(d, SX_TAG(0x0028, 0x3010), &item);
    dicom_end(&item);
}

static void make_film(const picture_case *c, test_dicom *d) {
    uint16_t pixels[SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint16_t)(64 * i);
    dicom_begin(d, "1.2.840.10008.1.2.1");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        const attribute *a = &usual[i];
        for (size_t k = 0; k < OTHERS && c->others[k].vr; k++)
            if (c->others[k].group == a->group && c->others[k].element == a->element)
                a = &c->others[k];
        put(d, a);
    }
    if (c->table) put_table(d);
    dicom_pixels(d, pixels, SIDE * SIDE);
}

static void read_picture(const void *bytes, size_t n, sx_image *out) {
    sx_error err = { 0 };
    sx_film *f = sx_film_from_memory(bytes, n, "a film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, out, &err), err);
    sx_film_free(f);
}

static void check_same(const test_dicom *was, const uint8_t *now, size_t n, size_t index) {
    sx_image a = { 0 }, b = { 0 };
    read_picture(was->bytes.data, was->bytes.len, &a);
    read_picture(now, n, &b);
    if (memcmp(a.data, b.data, SIDE * SIDE) != 0) fail_msg("case %zu: another picture", index);
    sx_image_free(&a);
    sx_image_free(&b);
}

static void check_cases(const picture_case *cases, size_t count) {
    const sx_deid_options o = { .key = (const uint8_t *)"a key of thirty-two bytes, or so",
                                .key_size = 32,
                                .text = SX_DEID_TEXT_KEEP };
    for (size_t i = 0; i < count; i++) {
        sx_deid_pair pairs[SX_DEID_PAIRS];
        char cleaned[SX_DEID_NOTE];
        test_dicom d;
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        make_film(&cases[i], &d);
        const bool ok =
            sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err);
        if (!ok && !cases[i].rejected) fail_msg("case %zu: %s", i, err.message);
        if (cases[i].rejected)
            CHECK_FAILS(ok, err, SX_ERR_UNSUPPORTED, cases[i].rejected);
        else
            check_same(&d, out, n, i);
        free(out);
        dicom_end(&d);
    }
}

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof *(cases))
#define WINDOW(vr, center, width)                                                                  \
    { 0x0028, 0x1050, vr, center, 0 }, {                                                           \
        0x0028, 0x1051, vr, width, 0                                                               \
    }
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000000000"

static void photometric_interpretations(void **state) {
    (void)state;
    static const picture_case cases[] = {
        { { { 0x0028, 0x0004, "UN", "MONOCHROME1", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "LO", "MONOCHROME1", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "SH", "MONOCHROME1", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "ST", "MONOCHROME1", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "UT", "MONOCHROME1", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "CS", "MONOCHROME1\\MONOCHROME2", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "CS", "MONOCHROME 1", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "CS", "MONOCHROME3", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "CS", "MONO", 0 } }, NULL, false },
        { { { 0x0028, 0x0004, "CS", "", 0 } }, NULL, false },
    };
    CHECK_CASES(cases);
}

static void presentation_shapes(void **state) {
    (void)state;
    static const picture_case cases[] = {
        { { { 0x2050, 0x0020, "CS", "INVERSE", 0 } }, NULL, false },
        { { { 0x2050, 0x0020, "CS", "inverse", 0 } }, NULL, false },
        { { { 0x2050, 0x0020, "CS", "  Inverse  ", 0 } }, NULL, false },
        { { { 0x2050, 0x0020, "LO", "INVERSE", 0 } }, NULL, false },
        { { { 0x2050, 0x0020, "CS", "INVERSE\\IDENTITY", 0 } }, NULL, false },
    };
    CHECK_CASES(cases);
}

static void windows(void **state) {
    (void)state;
    static const picture_case cases[] = {
        { { WINDOW("DS", "2000\\nan", "1000\\nan") }, NULL, false },
        { { WINDOW("DS", "2000,5\\abc", "1000\\10") }, NULL, false },
        { { WINDOW("DS", "2000\\", "1000\\") }, NULL, false },
        { { WINDOW("DS", "\\2000", "\\1000") }, NULL, false },
        { { WINDOW("DS", "3071\\", "1000\\") }, "Window Center (0028,1050)", false }, /* the ID */
        { { WINDOW("DS", "2000." ZEROS, "1000." ZEROS) }, NULL, false },
        { { WINDOW("IS", "2000", "1000") }, NULL, false },
        { { WINDOW("LO", "2000", "1000") }, NULL, false },
        { { WINDOW("UN", "2000", "1000") }, NULL, false },
        { { WINDOW("DS", "2000", "600"), { 0x0028, 0x1056, "LO", "SIGMOID", 0 } }, NULL, false },
        { { WINDOW("DS", "2000", "600"), { 0x0028, 0x1056, "CS", "SIGMOID\\LINEAR", 0 } },
          NULL,
          false },
        { { WINDOW("DS", "2000", "600"), { 0x0028, 0x1056, "CS", "LINEAR EXACT", 0 } },
          NULL,
          false },
    };
    CHECK_CASES(cases);
}

static void rescale_values(void **state) {
    (void)state;
    static const picture_case cases[] = {
        { { WINDOW("DS", "2000", "3000"), { 0x0028, 0x1053, "IS", "2", 0 } }, NULL, false },
        { { WINDOW("DS", "2000", "3000"), { 0x0028, 0x1053, "UN", "2", 0 } }, NULL, false },
        { { WINDOW("DS", "2000", "3000"), { 0x0028, 0x1052, "IS", "-1000", 0 } }, NULL, false },
        { { WINDOW("DS", "2000", "3000"), { 0x0028, 0x1052, "DS", "-1000\\5", 0 } }, NULL, false },
        { { WINDOW("DS", "2000", "3000") }, NULL, true },
        { { WINDOW("DS", "2000", "3000"), { 0x0028, 0x1053, "DS", "1.23456789012345678", 0 } },
          NULL,
          false },
    };
    CHECK_CASES(cases);
}

static void sizes_and_padding(void **state) {
    (void)state;
    static const picture_case cases[] = {
        { { { 0x0028, 0x0010, "SS", "\10\0", 2 } }, NULL, false },
        { { { 0x0028, 0x0010, "UL", "\10\0\0\0", 4 } }, NULL, false },
        { { { 0x0028, 0x0011, "SL", "\10\0\0\0", 4 } }, NULL, false },
        { { { 0x0028, 0x0011, "UN", "\10\0", 2 } }, NULL, false },
        { { { 0x0028, 0x0011, "OW", "\10\0", 2 } }, NULL, false },
        { { { 0x0028, 0x0011, "US", "\10\0\10\0", 4 } }, NULL, false },
        { { { 0x0028, 0x0120, "UN", "\300\17", 2 } }, NULL, false }, /* 4032, the largest value */
        { { { 0x0028, 0x0120, "OW", "\300\17", 2 } }, NULL, false },
        { { { 0x0028, 0x0120, "SS", "\300\17", 2 } }, NULL, false },
        { { { 0x0028, 0x0120, "US", "\300\17\5\0", 4 } }, NULL, false },
        { { { 0x0028, 0x0002, "IS", "1", 0 } }, NULL, false },
        { { { 0x0028, 0x0002, "LO", "1", 0 } }, NULL, false },
        { { { 0x0028, 0x0002, "FD", "\0\0\0\0\0\0\xF0\x3F", 8 } }, NULL, false },
        { { { 0x0028, 0x0010, "IS", "8", 0 }, { 0x0028, 0x0100, "IS", "16", 0 } }, NULL, false },
        { { { 0x0028, 0x0101, "FL", "\0\0\x40\x41", 4 } }, NULL, false }, /* 12 */
        { { { 0x0028, 0x0120, "IS", "4032", 0 } }, NULL, false },
        { { { 0x0028, 0x1050, "FD", "\0\0\0\0\0\0\x89\x40", 8 }, /* 800 */
            { 0x0028, 0x1051, "US", "\350\3", 2 } },
          NULL,
          false },
    };
    CHECK_CASES(cases);
}

/* Films that our reader rejects, although text in the pixels is kept. */
static void films_that_cannot_be_read(void **state) {
    (void)state;
    static const picture_case cases[] = {
        { { { 0x0028, 0x0002, "US", "\2\0", 2 } }, "2 samples per pixel), not a", false },
        { { { 0x0028, 0x0002, "US", "\3\0", 2 }, { 0x0028, 0x0004, "CS", "RGB", 0 } },
          "a colour image (RGB, 3 samples per pixel), not a radiograph",
          false },
        { { { 0x0028, 0x0004, "CS", "RGB", 0 } }, "a colour image (RGB, 1 sample", false },
        { { { 0x0028, 0x0004, "CS", "PALETTE COLOR", 0 } }, "a colour image (PALETTE", false },
        { { { 0x0028, 0x0004, "CS", "MONOCHROM1", 0 } },
          "PhotometricInterpretation MONOCHROM1 is unknown",
          false },
        { { { 0x0028, 0x0004, "CS", "MINISWHITE", 0 } },
          "PhotometricInterpretation MINISWHITE is unknown",
          false },
        { { { 0x0028, 0x0100, "US", "\40\0", 2 } }, "32 bits allocated; 8 and 16", false },
        { { { 0x0028, 0x0100, "US", "\1\0", 2 } }, "1 bits allocated; 8 and 16", false },
    };
    CHECK_CASES(cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(photometric_interpretations),
        cmocka_unit_test(presentation_shapes),
        cmocka_unit_test(windows),
        cmocka_unit_test(rescale_values),
        cmocka_unit_test(sizes_and_padding),
        cmocka_unit_test(films_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
