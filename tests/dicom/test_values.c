/* Values in the header that are spelt otherwise than the standard has them, contradict one another
 * or are absent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

enum { PIXELS = 6 };

static sx_error err;
static const uint16_t values[PIXELS] = { 0, 1, 100, 2000, 4094, 4095 };

typedef struct pixel_header {
    const char *photometric; /* NULL: left out */
    uint16_t stored, high_bit;
    bool no_stored, no_high_bit, palette;
} pixel_header;

static void image(test_dicom *d, const pixel_header *h) {
    dicom_word(d, SX_TAG(0x0028, 0x0002), 1);
    if (h->photometric) dicom_text(d, SX_TAG(0x0028, 0x0004), "CS", h->photometric);
    dicom_word(d, SX_TAG(0x0028, 0x0010), 2);
    dicom_word(d, SX_TAG(0x0028, 0x0011), 3);
    dicom_word(d, SX_TAG(0x0028, 0x0100), 16);
    dicom_words(d, SX_TAG(0x0028, 0x0101), "US", &h->stored, !h->no_stored);
    dicom_words(d, SX_TAG(0x0028, 0x0102), "US", &h->high_bit, !h->no_high_bit);
    dicom_word(d, SX_TAG(0x0028, 0x0103), 0);
    if (h->palette) dicom_words(d, SX_TAG(0x0028, 0x1101), "US", values, 3);
}

static sx_film *read_film(test_dicom *d) {
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, "film", NULL, &err);
    if (!f) fail_msg("%s", err.message);
    dicom_end(d);
    return f;
}

/* 12-bit values are shown over the whole range, inverted or not, in both ways. */
static void check_shown(sx_film *f, bool inverted) {
    static const sx_pixels ways[] = { SX_PIXELS_DICOM, SX_PIXELS_VINDR };
    for (int w = 0; w < 2; w++) {
        sx_image im;
        CHECK_OK(sx_film_to_8bit(f, ways[w], &im, &err), err);
        for (int i = 0; i < PIXELS; i++) {
            const double y = values[i] / 4095.0 * 255, want = inverted ? 255 - y : y;
            if (sx_image_u8(&im)[i] > want + 0.5 || sx_image_u8(&im)[i] < want - 1)
                fail_msg("pixel %d is %d, not %g", i, sx_image_u8(&im)[i], want);
        }
        sx_image_free(&im);
    }
    sx_film_free(f);
}

static void test_photometric(void **state) {
    (void)state;
#define NO_TERM(term)                                                                              \
    "PhotometricInterpretation is \"" term                                                         \
    "\", which the standard does not have; it is taken as MONOCHROME2"
    static const char absent[] =
        "PhotometricInterpretation is absent or empty; it is taken as MONOCHROME2";
    static const struct {
        const char *term;
        bool inverted;
        const char *warning;
    } cases[] = {
        { "monochrome2", false, NULL },
        { "Monochrome1", true, NULL },
        { "MONOCHROME1", true, NULL },
        { "MONOCHROME 1", true, NULL },
        { "MONO_chrome-1", true, NULL },
        { "MONOCHROME1 X", false, NO_TERM("MONOCHROME1 X") },
        { "MONOCHROME11", false, NO_TERM("MONOCHROME11") },
        { "monochrome12", false, NO_TERM("monochrome12") },
        { "MONOCHROME21", false, NO_TERM("MONOCHROME21") },
        { "MONOCHROME_2", false, NULL },
        { NULL, false, absent },
        { "", false, absent },
        { "MONOCHROME3", false, NO_TERM("MONOCHROME3") },
        { "MONO", false, NO_TERM("MONO") },
    };
#undef NO_TERM
    test_dicom d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        image(&d, &(pixel_header){ .photometric = cases[i].term, .stored = 12, .high_bit = 11 });
        dicom_pixels(&d, values, PIXELS);
        dicom_check_warning(&d, cases[i].warning);
        check_shown(read_film(&d), cases[i].inverted);
    }
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    image(&d, &(pixel_header){ .stored = 12, .high_bit = 11, .palette = true });
    dicom_pixels(&d, values, PIXELS);
    CHECK_FAILS(sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err), err,
                SX_ERR_UNSUPPORTED, "PhotometricInterpretation (0028,0004) is absent");
    dicom_end(&d);
}

static void test_bits(void **state) {
    (void)state;
    static const struct {
        pixel_header header;
        int stored, high_bit;
    } cases[] = {
        { { .stored = 0, .high_bit = 11 }, 12, 11 },
        { { .no_stored = true, .high_bit = 11 }, 12, 11 },
        { { .stored = 0, .no_high_bit = true }, 16, 15 },
        { { .stored = 16, .high_bit = 11 }, 16, 15 },
        { { .stored = 12, .high_bit = 7 }, 12, 11 },
        { { .stored = 12, .high_bit = 99 }, 12, 11 },
        { { .stored = 12, .high_bit = 15 }, 12, 11 }, /* values are in the lower bits */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pixel_header h = cases[i].header;
        test_dicom d;
        h.photometric = "MONOCHROME2";
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        image(&d, &h);
        dicom_pixels(&d, values, PIXELS);
        sx_film *f = read_film(&d);
        assert_int_equal(f->info.bits_stored, cases[i].stored);
        assert_int_equal(f->info.high_bit, cases[i].high_bit);
        check_shown(f, false);
    }
}

/* Values that are in the upper bits. */
static void test_upper_bits(void **state) {
    (void)state;
    test_dicom d;
    uint16_t shifted[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        shifted[i] = (uint16_t)(values[i] << 4);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    image(&d, &(pixel_header){ .photometric = "MONOCHROME2", .stored = 12, .high_bit = 15 });
    dicom_pixels(&d, shifted, PIXELS);
    sx_film *f = read_film(&d);
    assert_int_equal(f->info.high_bit, 15);
    check_shown(f, false);
}

static void test_windows(void **state) {
    (void)state;
    static const struct {
        const char *center, *width;
        int count;
        double first_center, first_width;
        const char *function, *warning;
    } cases[] = {
        { "\\2048", "\\1024", 2, 2048, 1024 },
        { "10\\2048", "\\1024", 2, 2048, 1024 },
        { "2048,5", "1024,0", 1, 2048.5, 1024 },
        { "\\", "\\", 0, 0, 0 },
        { "100\\200", "50\\60", 2, 100, 50 },
        /* a width that the standard forbids */
        { "2000\\1500", "0\\1200", 2, 1500, 1200, NULL, "has the width 0, which" },
        { "1500\\1500", "0.5\\1200", 2, 1500, 1200, NULL, "has the width 0.5, which" },
        { "\\9\\8\\7", "\\-4\\0\\6", 4, 7, 6, NULL, "has the width -4, which" },
        { "9\\nan\\7", "0\\nan\\6", 3, 7, 6, NULL, "has the width 0, which" },
        { "9\\8\\7", "0\\0.5\\0.5", 3, 9, 0 },
        { "9\\7", "0.5\\6", 2, 9, 0.5, "LINEAR_EXACT" },
        { "9\\7", "0\\0.5", 2, 7, 0.5, "SIGMOID", "has the width 0, which" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        image(&d, &(pixel_header){ .photometric = "MONOCHROME2", .stored = 12, .high_bit = 11 });
        dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", cases[i].center);
        dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", cases[i].width);
        if (cases[i].function) dicom_text(&d, SX_TAG(0x0028, 0x1056), "CS", cases[i].function);
        dicom_pixels(&d, values, PIXELS);
        sx_film_warnings warnings = { 0 };
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                         &(sx_film_options){ .warnings = &warnings }, &err);
        CHECK_OK(f, err);
        dicom_end(&d);
        assert_int_equal(f->info.window_count, cases[i].count);
        assert_int_equal(warnings.count, cases[i].warning != NULL);
        if (cases[i].warning) assert_non_null(strstr(warnings.texts[0], cases[i].warning));
        if (cases[i].count)
            assert_true(f->info.window_center == cases[i].first_center &&
                        f->info.window_width == cases[i].first_width);
        sx_film_free(f);
    }
}

/* A number that decides pixels is read, absent, or an error: never left out in silence. */
/* A number without a unit might be months. */
static void test_ages(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double years;
    } cases[] = { { "058Y", 58 }, { "058 Y", 58 }, { "018m", 1.5 }, { "58", NAN }, { "", NAN } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, SX_TAG(0x0010, 0x1010), "AS", cases[i].text);
        image(&d, &(pixel_header){ .photometric = "MONOCHROME2", .stored = 12, .high_bit = 11 });
        dicom_pixels(&d, values, PIXELS);
        sx_film *f = read_film(&d);
        assert_true(isnan(cases[i].years) ? isnan(f->info.age) : f->info.age == cases[i].years);
        sx_film_free(f);
    }
}

static void test_no_numbers(void **state) {
    (void)state;
    static const struct {
        uint16_t element;
        const char *text, *message;
    } cases[] = {
        { 0x1053, "nan", "RescaleSlope is \"nan\", not a number" },
        { 0x1053, "inf", "RescaleSlope is \"inf\", not a number" },
        { 0x1053, "0x10", "RescaleSlope is \"0x10\", not a number" },
        { 0x1053, "1e999", "RescaleSlope is \"1e999\", not a number" },
        { 0x1052, "NaN", "RescaleIntercept is \"NaN\", not a number" },
        { 0x1050, "1,2,3", "WindowCenter is \"1,2,3\", not a number" },
        { 0x1050, "1.000,5", "WindowCenter is \"1.000,5\", not a number" },
        { 0x1051, "wide", "WindowWidth is \"wide\", not a number" },
        { 0x0008, "one", "NumberOfFrames is \"one\", not a number" },
        { 0x1053, " ", NULL },
        { 0x1052, "", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        image(&d, &(pixel_header){ .photometric = "MONOCHROME2", .stored = 12, .high_bit = 11 });
        if (cases[i].element == 0x1050) dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "50");
        if (cases[i].element == 0x1051) dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "50");
        dicom_text(&d, SX_TAG(0x0028, cases[i].element), "DS", cases[i].text);
        dicom_pixels(&d, values, PIXELS);
        sx_error why = { 0 };
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &why);
        if (cases[i].message)
            CHECK_FAILS(f, why, SX_ERR_VALUE, cases[i].message);
        else
            CHECK_OK(f, why);
        sx_film_free(f);
        f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                &(sx_film_options){ .header_only = true }, &why);
        CHECK_OK(f, why);
        sx_film_free(f);
        dicom_end(&d);
    }
}

/* 8-bit pixels in big-endian words: each pair is swapped, also the last pixel and its padding, and
 * pairs that span two frames. */
static void test_odd_bytes(void **state) {
    (void)state;
    static const uint16_t words[] = { 0x0201, 0x0403, 0x0605, 0x0807, 0x0A09,
                                      0x0C0B, 0x0E0D, 0x100F, 0x1211 }; /* 1, 2, .. 18 */
    const dicom_shape one = { .rows = 3, .columns = 3, .bits_allocated = 8, .bits_stored = 8 };
    for (int frame = 0; frame <= 2; frame++) {
        const sx_film_options o = { .frame = frame };
        dicom_shape s = one;
        test_dicom d;
        if (frame) s.frames = 2;
        dicom_begin(&d, "1.2.840.10008.1.2.2");
        dicom_image(&d, &s);
        dicom_words(&d, SX_TAG_PIXEL_DATA, "OW", words, frame ? 9 : 5);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
        if (!f) fail_msg("%s", err.message);
        for (int i = 0; i < 9; i++)
            assert_int_equal(sx_film_value(f, (size_t)i), i + 1 + (frame == 2 ? 9 : 0));
        sx_film_free(f);
        dicom_end(&d);
    }
}

/* A VOI LUT without LUT Data, without a window, with one, and with one that is forbidden. */
static void test_empty_lut(void **state) {
    (void)state;
    static const uint16_t descriptor[] = { 4, 10, 16 };
    static const char *const widths[] = { NULL, "100", "0" };
    static const char *const windows[] = {
        "there is no window either", "the window is",
        "nor is the window, which has the width 0, which the standard forbids"
    };
    for (int i = 0; i < 6; i++) {
        const char *window = widths[i / 2];
        const bool empty = i & 1;
        char warning[160];
        test_dicom d, item;
        sx_film_warnings warnings = { 0 };
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        image(&d, &(pixel_header){ .photometric = "MONOCHROME2", .stored = 12, .high_bit = 11 });
        if (window) dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "200");
        if (window) dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", window);
        dicom_item(&item, &d);
        dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, 3);
        if (empty) dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", descriptor, 0);
        dicom_sequence(&d, SX_TAG(0x0028, 0x3010), &item);
        dicom_end(&item);
        dicom_pixels(&d, values, PIXELS);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                         &(sx_film_options){ .warnings = &warnings }, &err);
        CHECK_OK(f, err);
        dicom_end(&d);
        assert_int_equal(warnings.count, 1);
        snprintf(warning, sizeof warning,
                 "the VOI LUT has no LUT Data (0028,3006) and is not used; %s", windows[i / 2]);
        assert_string_equal(warnings.texts[0], warning);
        sx_film_free(f);
    }
}

/* Two studies whose UIDs begin alike stay two, however long they are. */
static void test_long_uids(void **state) {
    (void)state;
    static const size_t lengths[] = { 64, 65, 120, 256, 257, 400 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char uid[402], was[SX_UID_ROOM] = "";
        memset(uid, '2', sizeof uid);
        memcpy(uid, "1.", 2);
        uid[lengths[i]] = '\0';
        for (int last = 0; last < 2; last++) {
            const sx_film_options header_only = { .header_only = true };
            test_dicom d;
            uid[lengths[i] - 1] = (char)('3' + last);
            dicom_begin(&d, "1.2.840.10008.1.2.1");
            dicom_text(&d, SX_TAG(0x0020, 0x000D), "UI", uid);
            sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
            CHECK_OK(f, err);
            if (lengths[i] < SX_UID_ROOM) assert_string_equal(f->info.study_uid, uid);
            assert_string_not_equal(f->info.study_uid, was);
            memcpy(was, f->info.study_uid, sizeof was);
            sx_film_free(f);
            dicom_end(&d);
        }
    }
}

/* ---- numbers of other VRs ---- */

static void put_number(test_dicom *d, uint32_t tag, const char *vr, double v) {
    char text[40];
    uint8_t bytes[8];
    const float narrow = (float)v;
    const int64_t whole = isfinite(v) ? (int64_t)v : 0;
    const size_t n = vr[0] == 'F'   ? (vr[1] == 'L' ? 4 : 8)
                     : vr[1] == 'L' ? 4
                     : vr[1] == 'V' ? 8
                                    : 2;
    if (strstr("DS IS LO SH", vr)) {
        snprintf(text, sizeof text, "%.10g", v);
        dicom_text(d, tag, vr, text);
        return;
    }
    memcpy(bytes, vr[0] != 'F' ? (const void *)&whole : n == 4 ? (const void *)&narrow : &v, n);
    dicom_bytes(d, tag, vr, bytes, n); /* of a little-endian processor, as all that we build for */
}

/* Every attribute that decides pixels, in every VR of numbers. */
static void test_number_vrs(void **state) {
    (void)state;
    static const char *const vrs[] = { "US", "SS", "UL", "SL", "UV", "SV",
                                       "FL", "FD", "DS", "IS", "LO", "SH" };
    for (size_t i = 0; i < sizeof vrs / sizeof *vrs; i++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        put_number(&d, SX_TAG(0x0020, 0x0013), vrs[i], 7);
        put_number(&d, SX_TAG(0x0028, 0x0002), vrs[i], 1);
        dicom_text(&d, SX_TAG(0x0028, 0x0004), "CS", "MONOCHROME2");
        put_number(&d, SX_TAG(0x0028, 0x0008), vrs[i], 1);
        put_number(&d, SX_TAG(0x0028, 0x0010), vrs[i], 2);
        put_number(&d, SX_TAG(0x0028, 0x0011), vrs[i], 3);
        put_number(&d, SX_TAG(0x0028, 0x0100), vrs[i], 16);
        put_number(&d, SX_TAG(0x0028, 0x0101), vrs[i], 12);
        put_number(&d, SX_TAG(0x0028, 0x0102), vrs[i], 11);
        put_number(&d, SX_TAG(0x0028, 0x0103), vrs[i], 1);
        put_number(&d, SX_TAG(0x0028, 0x0120), vrs[i], 100);
        put_number(&d, SX_TAG(0x0028, 0x1050), vrs[i], 300);
        put_number(&d, SX_TAG(0x0028, 0x1051), vrs[i], 800);
        put_number(&d, SX_TAG(0x0028, 0x1052), vrs[i], 24);
        put_number(&d, SX_TAG(0x0028, 0x1053), vrs[i], 2);
        dicom_pixels(&d, values, PIXELS);
        sx_film *f = read_film(&d);
        const sx_film_info *info = &f->info;
        if (info->rows != 2 || info->columns != 3 || info->bits_stored != 12 ||
            info->high_bit != 11 || !info->is_signed || info->instance_number != 7 ||
            info->samples != 1 || info->frames != 1)
            fail_msg("%s: the pixels' attributes", vrs[i]);
        if (info->window_count != 1 || info->window_center != 300 || info->window_width != 800 ||
            info->intercept != 24 || info->slope != 2 || info->padding_low != 100)
            fail_msg("%s: the grey scale's attributes", vrs[i]);
        sx_film_free(f);
    }
}

/* Rows twice. */
static void test_contradiction(void **state) {
    (void)state;
    static const pixel_header h = { "MONOCHROME2", 12, 11, false, false, false };
    for (int other = 0; other < 2; other++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        image(&d, &h);
        dicom_word(&d, SX_TAG(0x0028, 0x0010), other ? 1 : 2);
        dicom_pixels(&d, values, PIXELS);
        if (!other) {
            sx_film_free(read_film(&d));
            continue;
        }
        assert_null(sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err));
        check_error(&err, SX_ERR_VALUE, "film: (0028,0010) occurs twice, with different values");
        dicom_end(&d);
    }
}

/* Two windows of a binary VR, fractions, and numbers that are none. */
static void test_binary_numbers(void **state) {
    (void)state;
    static const pixel_header h = { "MONOCHROME2", 12, 11, false, false, false };
    const double centers[] = { -0.25, 500 }, widths[] = { 800.5, 100 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    image(&d, &h);
    dicom_bytes(&d, SX_TAG(0x0028, 0x1050), "FD", centers, sizeof centers);
    dicom_bytes(&d, SX_TAG(0x0028, 0x1051), "FD", widths, sizeof widths);
    dicom_pixels(&d, values, PIXELS);
    sx_film *f = read_film(&d);
    assert_int_equal(f->info.window_count, 2);
    assert_true(f->info.window_center == -0.25 && f->info.window_width == 800.5);
    assert_int_equal(f->info.other_window_count, 1);
    assert_true(f->info.other_windows[0].center == 500 && f->info.other_windows[0].width == 100);
    sx_film_free(f);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    image(&d, &h);
    put_number(&d, SX_TAG(0x0028, 0x1053), "FD", (double)NAN);
    dicom_pixels(&d, values, PIXELS);
    f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    assert_null(f);
    check_error(&err, SX_ERR_VALUE, "RescaleSlope is \"nan\", not a number");
    dicom_end(&d);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0028, 0x0004), "CS", "MONOCHROME2");
    put_number(&d, SX_TAG(0x0028, 0x0010), "FD", 2.5); /* no number of rows */
    put_number(&d, SX_TAG(0x0028, 0x0011), "UL", 70000);
    dicom_pixels(&d, values, PIXELS);
    f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    assert_null(f);
    check_error(&err, SX_ERR_VALUE, "Rows (0028,0010) is not a whole number of 16 bits");
    dicom_end(&d);
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_photometric),    cmocka_unit_test(test_bits),
        cmocka_unit_test(test_upper_bits),     cmocka_unit_test(test_windows),
        cmocka_unit_test(test_ages),           cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_odd_bytes),      cmocka_unit_test(test_empty_lut),
        cmocka_unit_test(test_long_uids),      cmocka_unit_test(test_number_vrs),
        cmocka_unit_test(test_binary_numbers), cmocka_unit_test(test_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
