/* De-identification of look-up tables: curves stay, text does not. */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "dicom/deid.h"
#include "dicom/deid_tables.h"
#include "dicom/dicom_film.h"

#define TEXT "CALL HARPER 555-0142 ROOM 7B"

/* ---- what is text ---- */

/* The table of a gamma curve, rising or falling. */
static void make_curve(uint16_t *to, size_t n, int bits, double gamma, bool falling) {
    for (size_t i = 0; i < n; i++) {
        const double x = (double)(falling ? n - 1 - i : i) / (double)(n - 1);
        to[i] = (uint16_t)lround(pow(x, gamma) * ((1 << bits) - 1));
    }
}

static void curves_are_no_text(void **state) {
    (void)state;
    static uint16_t table[65536], packed[128];
    static const size_t sizes[] = { 256, 1024, 4096, 65536 };
    static const double gammas[] = { 0.3, 1, 2.2 };
    for (size_t s = 0; s < 4; s++)
        for (int bits = 8; bits <= 16; bits++)
            for (size_t g = 0; g < 3; g++)
                for (int falling = 0; falling < 2; falling++) {
                    make_curve(table, sizes[s], bits, gammas[g], falling);
                    assert_false(sx_deid_table_is_text(table, sizes[s]));
                    for (size_t i = 0; i < sizes[s]; i++) /* of a calibrated display */
                        table[i] = (uint16_t)(table[i] ^ (i * 2654435761u >> 27 & 3));
                    assert_false(sx_deid_table_is_text(table, sizes[s]));
                }
    for (size_t i = 0; i < 128; i++)
        packed[i] = (uint16_t)(2 * i | (2 * i + 1) << 8);
    assert_false(sx_deid_table_is_text(packed, 128));
    assert_false(sx_deid_table_is_text(NULL, 0));
}

static void texts_in_tables_are_found(void **state) {
    (void)state;
    static const char *const all[] = { TEXT, "MUSTERMANN^ERIKA", "Born on 3 May 1951 in Bonn" };
    for (size_t t = 0; t < 3; t++)
        for (size_t at = 0; at < 200; at += 50)
            for (int swapped = 0; swapped < 2; swapped++) {
                uint16_t table[256];
                make_curve(table, 256, 16, 1, false);
                for (size_t i = 0; i < strlen(all[t]) / 2; i++) {
                    const uint8_t *c = (const uint8_t *)all[t] + 2 * i;
                    table[at + i] = (uint16_t)(c[swapped] << 8 | c[!swapped]);
                }
                assert_true(sx_deid_table_is_text(table, 256));
            }
}

/* ---- films ---- */

typedef struct lut {
    uint32_t sequence;
    const char *vr; /* of the descriptor */
    uint16_t descriptor[3];
    uint16_t entries[64];
    size_t held;
} lut;

static void make_film(test_dicom *d, const lut *l) {
    test_dicom item;
    dicom_begin(d, "1.2.840.10008.1.2.1");
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_text(d, SX_TAG(0x0010, 0x0010), "PN", "Quastenflosser^Xenia");
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "771234");
    dicom_image(d, &(dicom_shape){ 2, 2, 16, 12, l->vr[0] == 'S', NULL, 0, 0 });
    dicom_item(&item, d);
    dicom_words(&item, SX_TAG(0x0028, 0x3002), l->vr, l->descriptor, 3);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", l->entries, l->held);
    dicom_sequence(d, l->sequence, &item);
    dicom_end(&item);
    dicom_pixels(d, (const uint16_t[4]){ 1, 2, 3, 4 }, 4);
}

static bool deidentify(const lut *l, uint8_t **out, size_t *n, sx_error *err) {
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef", .key_size = 16 };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    test_dicom d;
    make_film(&d, l);
    const bool ok = sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, out, n, pairs, cleaned, err);
    dicom_end(&d);
    return ok;
}

static const sx_film_lut *table_of(const sx_film *f, const lut *l) {
    return l->sequence == SX_TAG(0x0028, 0x3000) ? &f->info.modality_lut : &f->info.voi_lut;
}

/* The table is as it was, without the entries that the descriptor does not count. */
static void tables_stay(void **state) {
    (void)state;
    lut luts[] = {
        { SX_TAG(0x0028, 0x3000), "US", { 16, 0, 16 }, { 0 }, 16 },
        { SX_TAG(0x0028, 0x3000), "SS", { 16, (uint16_t)-8, 16 }, { 0 }, 16 },
        { SX_TAG(0x0028, 0x3010), "SS", { 16, (uint16_t)-8, 12 }, { 0 }, 16 },
        { SX_TAG(0x0028, 0x3010), "US", { 16, 0, 12 }, { 0 }, 40 },
    };
    for (size_t i = 0; i < sizeof luts / sizeof *luts; i++) {
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        for (size_t k = 0; k < 16; k++)
            luts[i].entries[k] = (uint16_t)(0x100 + 3 * k);
        memcpy(luts[i].entries + 16, TEXT, strlen(TEXT));
        CHECK_OK(deidentify(&luts[i], &out, &n, &err), err);
        sx_film *f = sx_film_from_memory(out, n, "out", NULL, &err);
        CHECK_OK(f, err);
        const sx_film_lut *t = table_of(f, &luts[i]);
        assert_int_equal(t->count, 16);
        assert_int_equal(t->held, 16);
        assert_int_equal((uint16_t)t->first, luts[i].descriptor[1]);
        assert_int_equal(t->bits, luts[i].descriptor[2]);
        assert_memory_equal(t->entries, luts[i].entries, 32);
        assert_null(memmem(out, n, "HARPER", 6));
        sx_film_free(f);
        free(out);
    }
}

static void tables_of_text(void **state) {
    (void)state;
    lut l = { SX_TAG(0x0028, 0x3010), "US", { 32, 0, 16 }, { 0 }, 32 };
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    memcpy(l.entries + 4, TEXT, strlen(TEXT));
    CHECK_FAILS(deidentify(&l, &out, &n, &err), err, SX_ERR_FORMAT,
                "in: cannot be de-identified: LUT Data hold text");
    assert_null(out);
}

/* In the bytes of a curve, one after the other or one in each entry or two, as a part of a word. */
static void tables_of_names(void **state) {
    (void)state;
    static const char *const texts[] = { "aXeniab", "xenia", "ID771234" };
    for (size_t t = 0; t < 3; t++)
        for (size_t step = 1; step <= 4; step++)
            for (size_t at = 0; at < 4; at++) {
                lut l = { SX_TAG(0x0028, 0x3010), "US", { 64, 0, 16 }, { 0 }, 64 };
                uint8_t *out = NULL;
                size_t n = 0;
                sx_error err = { 0 };
                for (size_t k = 0; k < 64; k++)
                    l.entries[k] = (uint16_t)(0x180 + k);
                for (size_t k = 0; k < strlen(texts[t]); k++)
                    ((uint8_t *)l.entries)[20 + at + k * step] = (uint8_t)texts[t][k];
                CHECK_FAILS(deidentify(&l, &out, &n, &err), err, SX_ERR_FORMAT,
                            "in: cannot be de-identified: LUT Data hold text");
            }
}

/* The bits of an entry are a small number, not two letters. Without its table the film would look
 * different. */
static void descriptors_of_text(void **state) {
    (void)state;
    lut luts[] = {
        { SX_TAG(0x0028, 0x3010), "US", { 32, 0, 0x4142 }, { 0 }, 32 },
        { SX_TAG(0x0028, 0x3000), "US", { 0x4142, 0x4344, 0x4546 }, { 0 }, 32 },
        { SX_TAG(0x0028, 0x3010), "LO", { 32, 0, 16 }, { 0 }, 32 },
        { SX_TAG(0x0028, 0x3010), "UN", { 32, 0, 16 }, { 0 }, 32 },
    };
    static const char *const messages[] = {
        "in: cannot be de-identified: a LUT Descriptor or LUT Data are not valid",
        "in: the film cannot be read: the Modality LUT holds 32 of 16706 entries",
        "in: the film cannot be read: the VOI LUT has no descriptor (0028,3002) of three numbers",
        "in: cannot be de-identified: a LUT Descriptor or LUT Data are not valid",
    };
    for (size_t i = 0; i < sizeof luts / sizeof *luts; i++) {
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        CHECK_FAILS(deidentify(&luts[i], &out, &n, &err), err, SX_ERR_FORMAT, messages[i]);
        assert_null(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_no_text), cmocka_unit_test(texts_in_tables_are_found),
        cmocka_unit_test(tables_stay),        cmocka_unit_test(tables_of_text),
        cmocka_unit_test(tables_of_names),    cmocka_unit_test(descriptors_of_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
