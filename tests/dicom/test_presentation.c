/* The standard's way to 8 bit, worked out by hand. */

#include <math.h>

#include "base/str.h"
#include "dicom/dicom_film.h"
#include "dicom/grey_film.h"
#include "support/check.h"

static sx_error err;

static void check_film(test_dicom *d, const uint16_t pixels[PIXELS], const int want[PIXELS]) {
    sx_image im;
    dicom_pixels(d, pixels, PIXELS);
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, "film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err);
    for (int i = 0; i < PIXELS; i++)
        if (sx_image_u8(&im)[i] != want[i])
            fail_msg("pixel %d is %d, not %d", i, sx_image_u8(&im)[i], want[i]);
    sx_image_free(&im);
    sx_film_free(f);
    dicom_end(d);
}

static void test_limits(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 100, 110, 300, 499, 500 };
    test_dicom d;
    dicom_shape s = plain;
    begin(&d, s); /* (p - 100) / 400 * 255, rounded */
    check_film(&d, pixels, (const int[]){ 0, 6, 128, 254, 255 });
    s.photometric = "MONOCHROME1";
    begin(&d, s);
    check_film(&d, pixels, (const int[]){ 255, 249, 128, 1, 0 });
    begin(&d, s); /* said twice, inverted once */
    dicom_text(&d, SX_TAG(0x2050, 0x0020), "CS", "INVERSE");
    check_film(&d, pixels, (const int[]){ 255, 249, 128, 1, 0 });
    begin(&d, plain); /* in any case, with blanks */
    dicom_text(&d, SX_TAG(0x2050, 0x0020), "CS", "  inverse ");
    check_film(&d, pixels, (const int[]){ 255, 249, 128, 1, 0 });
    begin(&d, plain);
    dicom_text(&d, SX_TAG(0x2050, 0x0020), "CS", "INVERSE");
    check_film(&d, pixels, (const int[]){ 255, 249, 128, 1, 0 });
}

static void test_flat(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 700, 700, 700, 700, 700 };
    test_dicom d;
    dicom_shape s = plain;
    begin(&d, s);
    check_film(&d, pixels, (const int[]){ 0, 0, 0, 0, 0 });
    s.photometric = "MONOCHROME1";
    begin(&d, s);
    check_film(&d, pixels, (const int[]){ 0, 0, 0, 0, 0 });
    begin(&d, plain);
    window(&d, "700", "100", NULL);
    check_film(&d, pixels,
               (const int[]){ 129, 129, 129, 129, 129 }); /* (0.5 / 99 + 0.5) * 255 = 128.8 */
}

static void test_padding(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 2000, 100, 300, 500, 2001 };
    test_dicom d;
    begin(&d, plain);
    dicom_word(&d, SX_TAG(0x0028, 0x0120), 2001);
    dicom_word(&d, SX_TAG(0x0028, 0x0121), 2000);
    check_film(&d, pixels, (const int[]){ 0, 0, 128, 255, 0 });
    dicom_shape s = plain;
    s.photometric = "MONOCHROME1";
    begin(&d, s);
    dicom_word(&d, SX_TAG(0x0028, 0x0120), 2001);
    dicom_word(&d, SX_TAG(0x0028, 0x0121), 2000);
    check_film(&d, pixels, (const int[]){ 0, 255, 128, 0, 0 });
}

/* Values of 12 bits with and without their sign above them, in the pixels and in the header. */
static void test_padding_without_sign(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 0xF830, 100, 300, 500, 0x0830 };
    static const uint16_t words[][2] = {
        { 0x0830, 0x0830 }, { 0xF830, 0xF830 }, { 0x0820, 0x0830 }, { 0x0840, 0x0830 }
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        test_dicom d;
        dicom_shape s = plain;
        s.is_signed = 1;
        begin(&d, s);
        dicom_word(&d, SX_TAG(0x0028, 0x0120), words[i][0]);
        if (words[i][0] != words[i][1]) dicom_word(&d, SX_TAG(0x0028, 0x0121), words[i][1]);
        check_film(&d, pixels, (const int[]){ 0, 0, 128, 255, 0 });
    }
}

static void test_stored_bits(void **state) {
    (void)state;
    test_dicom d;
    dicom_shape s = plain;
    begin(&d, s); /* overlays above bit 11 */
    check_film(&d, (const uint16_t[]){ 0xF000, 0x8190, 0x0190, 0x1320, 0x0320 },
               (const int[]){ 0, 128, 128, 255, 255 });
    begin(&d, s); /* also where an uncompressed film once was lossy */
    dicom_text(&d, SX_TAG(0x0028, 0x2110), "CS", "01");
    check_film(&d, (const uint16_t[]){ 0xF000, 0x8190, 0x0190, 0x1320, 0x0320 },
               (const int[]){ 0, 128, 128, 255, 255 });
    s.is_signed = 1;
    begin(&d, s); /* 12-bit two's complement: -2048, -1, 0, 2047 */
    check_film(&d, (const uint16_t[]){ 0x0800, 0x0FFF, 0xFFFF, 0x0000, 0x07FF },
               (const int[]){ 0, 127, 127, 128, 255 });
}

static void test_rescale(void **state) {
    (void)state;
    test_dicom d;
    begin(&d, plain); /* 1000, 800, 600, 400, 200 in a window of 401 exact values around 600 */
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "1000");
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "-2");
    window(&d, "600", "800", "LINEAR_EXACT");
    check_film(&d, (const uint16_t[]){ 0, 100, 200, 300, 400 },
               (const int[]){ 255, 191, 128, 64, 0 });
}

static void test_windows(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 0, 50, 100, 150, 200 };
    int sigmoid[PIXELS];
    test_dicom d;
    begin(&d, plain); /* c - 0.5 = 100, w - 1 = 100: the first of two */
    window(&d, "100.5\\1000", "101\\50", NULL);
    check_film(&d, pixels, (const int[]){ 0, 0, 128, 255, 255 });
    begin(&d, plain);
    window(&d, "100", "200", "LINEAR_EXACT");
    check_film(&d, pixels, (const int[]){ 0, 64, 128, 191, 255 });
    for (int i = 0; i < PIXELS; i++)
        sigmoid[i] = (int)lrint(255 / (1 + exp(-4 * (pixels[i] - 100.0) / 200)));
    sigmoid[2] = 128; /* 127.5 */
    begin(&d, plain);
    window(&d, "100", "200", "SIGMOID");
    check_film(&d, pixels, sigmoid);
    begin(&d, plain); /* a step */
    window(&d, "100.5", "1", NULL);
    check_film(&d, pixels, (const int[]){ 0, 0, 0, 255, 255 });
    begin(&d, plain); /* not allowed, so none: smallest..largest */
    window(&d, "100", "0", NULL);
    check_film(&d, pixels, (const int[]){ 0, 64, 128, 191, 255 });
}

/* A VOI LUT in the second item of its sequence; the first one is empty. */
static void lut_behind_empty(test_dicom *d, const uint16_t *entries, uint16_t n) {
    static const uint8_t empty[] = { 0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0 };
    enum { HEAD = 12 };
    const size_t at = d->bytes.len;
    lut(d, SX_TAG(0x0028, 0x3010), 10, 10, entries, n);
    sx_str_append(&d->bytes, empty, sizeof empty); /* for the room */
    char *sequence = d->bytes.data + at;
    memmove(sequence + HEAD + sizeof empty, sequence + HEAD,
            d->bytes.len - at - HEAD - sizeof empty);
    memcpy(sequence + HEAD, empty, sizeof empty);
    sequence[8] = (char)(sequence[8] + (char)sizeof empty);
}

static void test_tables(void **state) {
    (void)state;
    static const uint16_t entries[] = { 0, 100, 400, 1023 }, up[] = { 10, 20, 40, 50 };
    static const uint16_t pixels[] = { 0, 11, 12, 13, 99 };
    test_dicom d;
    begin(&d, plain); /* a VOI LUT of 10 bits, before the window */
    lut(&d, SX_TAG(0x0028, 0x3010), 10, 10, entries, 4);
    window(&d, "5", "3", NULL);
    check_film(&d, pixels, (const int[]){ 0, 25, 100, 255, 255 });
    begin(&d, plain);
    lut_behind_empty(&d, entries, 4);
    check_film(&d, pixels, (const int[]){ 0, 25, 100, 255, 255 });
    begin(&d, plain); /* the descriptor says 8 bits, the entries have 10 */
    lut(&d, SX_TAG(0x0028, 0x3010), 10, 8, entries, 4);
    check_film(&d, pixels, (const int[]){ 0, 25, 100, 255, 255 });
    begin(&d, plain); /* a Modality LUT, then smallest..largest: 10 20 40 50 50 */
    lut(&d, SX_TAG(0x0028, 0x3000), 10, 16, up, 4);
    check_film(&d, pixels, (const int[]){ 0, 64, 191, 255, 255 });
    begin(&d, plain); /* both: 10 20 40 50 50 index a table that begins at 19 */
    lut(&d, SX_TAG(0x0028, 0x3000), 10, 16, up, 4);
    lut(&d, SX_TAG(0x0028, 0x3010), 19, 10, entries, 4);
    check_film(&d, pixels, (const int[]){ 0, 25, 255, 255, 255 });
    dicom_shape s = plain;
    s.is_signed = 1;
    begin(&d, s); /* a table that begins below zero */
    lut(&d, SX_TAG(0x0028, 0x3010), -2, 10, entries, 4);
    check_film(&d, (const uint16_t[]){ 0xFFF0, 0xFFFE, 0xFFFF, 0, 1 },
               (const int[]){ 0, 0, 25, 100, 255 });
}

/* The first mapped value is written as US though the values that the table maps are signed, or as
 * SS though they are not. */
static void test_first_mapped(void **state) {
    (void)state;
    static const uint32_t tables[] = { SX_TAG(0x0028, 0x3000), SX_TAG(0x0028, 0x3010) };
    static const uint16_t entries[] = { 0, 100, 400, 1023 };
    static const uint16_t negative[] = { 0xFFF0, 0xFFFE, 0xFFFF, 0, 1 };
    static const int want[] = { 0, 0, 25, 100, 255 };
    test_dicom d;
    dicom_shape s = plain;
    for (int i = 0; i < 2; i++) {
        s = plain;
        s.is_signed = 1;
        begin(&d, s);
        lut_as(&d, tables[i], "US", -2, 10, entries, 4);
        check_film(&d, negative, want);
    }
    begin(&d, plain); /* unsigned pixels that an intercept makes negative */
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "-20");
    lut_as(&d, SX_TAG(0x0028, 0x3010), "US", -2, 10, entries, 4);
    check_film(&d, (const uint16_t[]){ 4, 18, 19, 20, 21 }, want);
    begin(&d, plain); /* a slope */
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "-1");
    lut_as(&d, SX_TAG(0x0028, 0x3010), "US", -2, 10, entries, 4);
    check_film(&d, (const uint16_t[]){ 9, 2, 1, 0, 0 }, (const int[]){ 0, 0, 25, 100, 100 });
    s = plain;
    s.bits_stored = 16;
    begin(&d, s); /* values could be negative, but only large ones occur */
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "-1");
    lut_as(&d, SX_TAG(0x0028, 0x3010), "US", 40000, 10, entries, 4);
    check_film(&d, (const uint16_t[]){ 40000, 40001, 40002, 40003, 40004 }, want);
    begin(&d, s); /* SS, though every value is unsigned */
    lut_as(&d, SX_TAG(0x0028, 0x3010), "SS", 40000, 10, entries, 4);
    check_film(&d, (const uint16_t[]){ 40000, 40000, 40001, 40002, 40003 }, want);
    begin(&d, s); /* the output of a Modality LUT is unsigned, also for signed pixels */
    lut(&d, SX_TAG(0x0028, 0x3000), 0, 16, (const uint16_t[]){ 40000, 40001, 40002, 40003 }, 4);
    lut_as(&d, SX_TAG(0x0028, 0x3010), "US", 40000, 10, entries, 4);
    check_film(&d, (const uint16_t[]){ 0, 0, 1, 2, 3 }, want);
}

/* 16 bits are claimed, the entries have 10. */
static void test_claimed_bits(void **state) {
    (void)state;
    static const uint16_t entries[] = { 0, 100, 400, 1023 };
    test_dicom d;
    begin(&d, plain);
    lut(&d, SX_TAG(0x0028, 0x3010), 10, 16, entries, 4);
    check_film(&d, (const uint16_t[]){ 0, 11, 12, 13, 99 }, (const int[]){ 0, 25, 100, 255, 255 });
}

static void test_packed_table(void **state) {
    (void)state;
    static const uint16_t descriptor[] = { 4, 10, 8 };
    static const uint8_t entries[] = { 0, 100, 200, 255 };
    test_dicom d, item;
    begin(&d, plain);
    dicom_item(&item, &d);
    dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, 3);
    dicom_bytes(&item, SX_TAG(0x0028, 0x3006), "OW", entries, 4);
    dicom_sequence(&d, SX_TAG(0x0028, 0x3010), &item);
    dicom_end(&item);
    check_film(&d, (const uint16_t[]){ 0, 11, 12, 13, 99 }, (const int[]){ 0, 100, 200, 255, 255 });
}

static void put_short_table(test_dicom *d) {
    static const uint16_t descriptor[] = { 100, 0, 12 }, entries[] = { 1, 2, 3 };
    test_dicom item;
    dicom_item(&item, d);
    dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, 3);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", entries, 3);
    dicom_sequence(d, SX_TAG(0x0028, 0x3010), &item);
    dicom_end(&item);
}

static void test_short_table(void **state) {
    (void)state;
    static const uint16_t pixels[PIXELS] = { 0 };
    test_dicom d;
    sx_image im;
    begin(&d, plain);
    put_short_table(&d);
    dicom_pixels(&d, pixels, PIXELS);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_FAILS(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err, SX_ERR_FORMAT,
                "the VOI LUT holds 3 of 100 entries");
    sx_film_free(f);
    dicom_end(&d);
}

/* n: of the descriptor's numbers. */
static void put_table(test_dicom *d, uint32_t tag, size_t n, const uint16_t *entries) {
    static const uint16_t descriptor[] = { 3, 0, 8 };
    test_dicom item;
    dicom_item(&item, d);
    if (n) dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, n);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", entries, 3);
    dicom_sequence(d, tag, &item);
    dicom_end(&item);
}

static void test_no_descriptor(void **state) {
    (void)state;
    static const uint16_t entries[] = { 255, 100, 0 }, pixels[PIXELS] = { 0, 1, 2, 1, 0 };
    static const struct {
        uint32_t tag;
        const char *message;
    } luts[] = {
        { SX_TAG(0x0028, 0x3000), "the Modality LUT has no descriptor (0028,3002) of three" },
        { SX_TAG(0x0028, 0x3010), "the VOI LUT has no descriptor (0028,3002) of three" },
    };
    for (size_t i = 0; i < 2; i++)
        for (size_t n = 0; n < 3; n++) {
            test_dicom d;
            sx_image im;
            begin(&d, plain);
            put_table(&d, luts[i].tag, n, entries);
            dicom_pixels(&d, pixels, PIXELS);
            sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
            CHECK_OK(f, err);
            CHECK_FAILS(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err, SX_ERR_FORMAT,
                        luts[i].message);
            sx_film_free(f);
            dicom_end(&d);
        }
}

/* A VOI LUT without a descriptor, or with too few entries, beside a window that is used. */
static void test_table_beside_window(void **state) {
    (void)state;
    static const uint16_t entries[] = { 255, 100, 0 }, pixels[PIXELS] = { 0, 1, 2, 1, 0 };
    for (size_t n = 0; n < 4; n++) {
        sx_film_warnings warnings = { 0 };
        sx_image im[2];
        for (int table = 0; table < 2; table++) {
            test_dicom d;
            begin(&d, plain);
            dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "2");
            dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "3");
            if (table && n < 3) put_table(&d, SX_TAG(0x0028, 0x3010), n, entries);
            if (table && n == 3) put_short_table(&d);
            dicom_pixels(&d, pixels, PIXELS);
            const sx_film_options o = { .warnings = table ? &warnings : NULL };
            sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
            CHECK_OK(f, err);
            CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im[table], &err), err);
            sx_film_free(f);
            dicom_end(&d);
        }
        assert_memory_equal(im[0].data, im[1].data, PIXELS);
        assert_int_equal(warnings.count, 1);
        assert_string_equal(warnings.texts[0],
                            n < 3 ? "the VOI LUT has no descriptor (0028,3002) of three numbers; "
                                    "the window is used (--pixels dicom)"
                                  : "the VOI LUT holds 3 of 100 entries; the window is used "
                                    "(--pixels dicom)");
        sx_image_free(&im[0]);
        sx_image_free(&im[1]);
    }
}

/* `vindr` passes over a table without a descriptor, with a warning. */
static void check_vindr_table(uint32_t tag, bool window, size_t n, const char *warning) {
    static const uint16_t entries[] = { 255, 100, 0 }, pixels[PIXELS] = { 0, 1, 2, 1, 0 };
    sx_film_warnings warnings = { 0 };
    sx_image im[2];
    for (int table = 0; table < 2; table++) {
        test_dicom d;
        begin(&d, plain);
        if (window) dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "2");
        if (window) dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "3");
        if (table) put_table(&d, tag, n, entries);
        dicom_pixels(&d, pixels, PIXELS);
        const sx_film_options o = { .warnings = table ? &warnings : NULL };
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
        CHECK_OK(f, err);
        CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_VINDR, &im[table], &err), err);
        sx_film_free(f);
        dicom_end(&d);
    }
    assert_memory_equal(im[0].data, im[1].data, PIXELS);
    assert_true(warnings.count > 0);
    assert_string_equal(warnings.texts[0], warning);
    sx_image_free(&im[0]);
    sx_image_free(&im[1]);
}

static void test_vindr_tables(void **state) {
    (void)state;
#define UNDESCRIBED "LUT has no descriptor (0028,3002) of three numbers"
    for (size_t n = 0; n < 3; n++) {
        check_vindr_table(SX_TAG(0x0028, 0x3010), true, n,
                          "the VOI " UNDESCRIBED "; the window is used (--pixels vindr)");
        check_vindr_table(SX_TAG(0x0028, 0x3010), false, n,
                          "the VOI " UNDESCRIBED "; the stored values are used (--pixels vindr)");
        check_vindr_table(SX_TAG(0x0028, 0x3000), true, n,
                          "the Modality " UNDESCRIBED " and is not used (--pixels vindr)");
    }
#undef UNDESCRIBED
}

/* Where the authors' script falls back to the equalised values, the warning says why. */
static void test_vindr_fallback(void **state) {
    (void)state;
    static const uint16_t pixels[PIXELS] = { 0, 1, 2, 3, 4 };
    static const struct {
        const char *width, *function, *why;
    } cases[] = {
        { "0.5", NULL, "a window of width 0.5 cannot be applied" },
        { "0.5", "LINEAR", "a window of width 0.5 cannot be applied" },
        { "1000", "Weird", "VOILUTFunction is \"Weird\", which the standard does not have" },
        { NULL, NULL, "the VOI LUT has no entry 3" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_film_warnings warnings = { 0 };
        test_dicom d;
        sx_image im;
        char warning[160];
        begin(&d, plain);
        if (cases[i].width) dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "2");
        if (cases[i].width) dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", cases[i].width);
        if (cases[i].function) dicom_text(&d, SX_TAG(0x0028, 0x1056), "CS", cases[i].function);
        if (!cases[i].width) put_short_table(&d);
        dicom_pixels(&d, pixels, PIXELS);
        const sx_film_options o = { .warnings = &warnings };
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
        CHECK_OK(f, err);
        CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_VINDR, &im, &err), err);
        snprintf(warning, sizeof warning,
                 "%s; the stored values are equalised, as the authors' script does "
                 "(--pixels vindr)",
                 cases[i].why);
        assert_int_equal(warnings.count, 1);
        assert_string_equal(warnings.texts[0], warning);
        sx_image_free(&im);
        sx_film_free(f);
        dicom_end(&d);
    }
}

/* The warnings, joined by " | ". */
static void check_warnings(const char *width, const char *function, bool table, sx_pixels pixels,
                           const char *expected) {
    static const uint16_t entries[] = { 255, 100, 0 }, values[PIXELS] = { 0, 1, 2, 1, 0 };
    sx_film_warnings warnings = { 0 };
    test_dicom d;
    sx_image im;
    sx_str text = { 0 };
    begin(&d, plain);
    dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "2");
    dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", width);
    if (function) dicom_text(&d, SX_TAG(0x0028, 0x1056), "CS", function);
    if (table) put_table(&d, SX_TAG(0x0028, 0x3010), 2, entries);
    dicom_pixels(&d, values, PIXELS);
    const sx_film_options o = { .warnings = &warnings };
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, pixels, &im, &err), err);
    for (int i = 0; i < warnings.count; i++)
        sx_str_printf(&text, "%s%s", i ? " | " : "", warnings.texts[i]);
    assert_string_equal(sx_str_text(&text), expected);
    sx_str_free(&text);
    sx_image_free(&im);
    sx_film_free(f);
    dicom_end(&d);
}

/* The fault is the function's, not the width's; no warning says that a window is used which is
 * not. */
static void test_window_that_is_not_used(void **state) {
    (void)state;
#define TABLE     "the VOI LUT has no descriptor (0028,3002) of three numbers"
#define EQUALISED "; the stored values are equalised, as the authors' script does (--pixels vindr)"
#define WEIRD     "VOILUTFunction is \"WEIRD\", which the standard does not have"
    check_warnings("3", "WEIRD", false, SX_PIXELS_DICOM,
                   WEIRD "; it is taken as LINEAR (--pixels dicom)");
    check_warnings("3", "", false, SX_PIXELS_DICOM, "");
    check_warnings("0", NULL, true, SX_PIXELS_VINDR,
                   TABLE " and is not used (--pixels vindr) | a window of width 0 cannot be "
                         "applied" EQUALISED);
    check_warnings("3", "WEIRD", true, SX_PIXELS_VINDR,
                   TABLE " and is not used (--pixels vindr) | " WEIRD EQUALISED);
    check_warnings("3", NULL, true, SX_PIXELS_VINDR, TABLE "; the window is used (--pixels vindr)");
#undef TABLE
#undef EQUALISED
#undef WEIRD
}

/* Valid numbers with an invalid product: the `dicom` pipeline rejects them; `vindr` follows NumPy,
 * where NaN and infinities become 0. */
static void check_not_finite(const char *slope, const char *intercept, const char *photometric) {
    test_dicom d;
    sx_image im;
    dicom_shape s = plain;
    s.photometric = photometric;
    begin(&d, s);
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", intercept);
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", slope);
    window(&d, "0", "1e308", "LINEAR_EXACT");
    dicom_pixels(&d, (const uint16_t[]){ 0, 1, 2, 3000, 4095 }, PIXELS);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_FAILS(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err, SX_ERR_VALUE,
                "give values that are not finite");
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_VINDR, &im, &err), err);
    for (int i = 0; i < PIXELS; i++)
        assert_int_equal(sx_image_u8(&im)[i], 0);
    sx_image_free(&im);
    f->info.window_count = 0;
    CHECK_FAILS(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err, SX_ERR_VALUE,
                "give values that are not finite");
    sx_film_free(f);
    dicom_end(&d);
}

static void test_extreme_slope(void **state) {
    (void)state;
    check_not_finite("1e306", "0", "MONOCHROME2");
    check_not_finite("-1e306", "0", "MONOCHROME1");
    check_not_finite("1e305", "1.7e308", "MONOCHROME2");
}

/* Values far beyond 64-bit integers, but numbers. */
static void test_large_slope(void **state) {
    (void)state;
    test_dicom d;
    sx_image im;
    dicom_shape s = plain;
    s.photometric = "MONOCHROME1";
    begin(&d, s);
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "0");
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "1e200");
    window(&d, "2048", "4096", NULL);
    dicom_pixels(&d, (const uint16_t[]){ 0, 1024, 2048, 3072, 4095 }, PIXELS);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_VINDR, &im, &err), err);
    static const uint8_t want[] = { 255, 191, 127, 63, 0 };
    for (int i = 0; i < PIXELS; i++)
        assert_int_equal(sx_image_u8(&im)[i], want[i]);
    sx_image_free(&im);
    sx_film_free(f);
    dicom_end(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_padding_without_sign),
        cmocka_unit_test(test_stored_bits),
        cmocka_unit_test(test_rescale),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_packed_table),
        cmocka_unit_test(test_short_table),
        cmocka_unit_test(test_no_descriptor),
        cmocka_unit_test(test_table_beside_window),
        cmocka_unit_test(test_vindr_tables),
        cmocka_unit_test(test_vindr_fallback),
        cmocka_unit_test(test_window_that_is_not_used),
        cmocka_unit_test(test_extreme_slope),
        cmocka_unit_test(test_large_slope),
        cmocka_unit_test(test_first_mapped),
        cmocka_unit_test(test_claimed_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
