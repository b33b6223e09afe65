/* BitsStored that disagrees with the values, in every codec: values that need more bits, and planes
 * such as overlays above them. Reading and de-identification. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/deid.h"
#include "dicom/dicom_film.h"
#include "dicom/stored_bits.h"
#include "support/check.h"
#include "support/dicom.h"

enum { ROWS = 64, COLUMNS = 80, PIXELS = ROWS * COLUMNS };

static sx_error err;
static uint16_t values[PIXELS];
static char said[200];

static void keep_message(void *user, sx_log_level level, const char *message) {
    (void)user, (void)level;
    sx_format(said, sizeof said, "%s", message);
}
static const sx_context context = { .threads = 1,
                                    .log_level = SX_LOG_WARNING,
                                    .log = keep_message };

/* A gradient from low to high, from the first pixel to the last. */
static void fill(int low, int high) {
    for (int i = 0; i < PIXELS; i++)
        values[i] =
            (uint16_t)(low + (high - low) * (i / COLUMNS + i % COLUMNS) / (ROWS + COLUMNS - 2));
}

/* Up to `most`, and not at the ends of the range. */
static void add_noise(int most) {
    for (int i = 1; i < PIXELS - 1; i++) {
        const int more = (int)((unsigned)i * 7919u % (unsigned)most);
        values[i] = (uint16_t)(values[i] > 2 * most ? values[i] - more : values[i] + more);
    }
}

/* The bit is set in a block of pixels, as an overlay's would be. */
static void draw_plane(int bit) {
    for (int i = 0; i < PIXELS; i++)
        if (i / COLUMNS % 16 < 8 && i % COLUMNS % 10 < 4) values[i] |= (uint16_t)(1u << bit);
}

static void begin(test_dicom *d, const char *syntax, const dicom_shape *s) {
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(d, s);
}

static void put_word(sx_str *s, const char *element, int value) {
    char *at = memmem(s->data, s->len, element, 8);
    assert_non_null(at);
    at[8] = (char)value;
    at[9] = (char)(value >> 8);
}

/* values[] in a stream of `coded` bits, under a header of `stored` bits of 16. */
static void make_film(test_dicom *d, const char *syntax, int coded, int stored, bool is_signed) {
    const dicom_shape s = { ROWS, COLUMNS, 16, (uint16_t)coded, is_signed, NULL, 0, 0 };
    const bool jpeg2000 = strncmp(syntax, "1.2.840.10008.1.2.4.9", 21) == 0,
               native = strcmp(syntax, "1.2.840.10008.1.2.1") == 0;
    sx_str stream = { 0 };
    sx_file file;
    begin(d, jpeg2000 ? syntax : "1.2.840.10008.1.2.1", &s);
    if (jpeg2000) {
        encode_jpeg2000(values, COLUMNS, ROWS, coded, is_signed, &stream);
        dicom_fragments(d, &stream, 1);
        sx_str_free(&stream);
    } else {
        dicom_pixels(d, values, PIXELS);
    }
    if (!jpeg2000 && !native) {
        const char *plain = check_tmp_path("plain.dcm"), *to = check_tmp_path("coded.dcm");
        CHECK_OK(sx_write_file(plain, d->bytes.data, d->bytes.len, &err), err);
        assert_true(dcmtk_recode(plain, to, syntax));
        dicom_end(d);
        CHECK_OK(sx_file_open(&file, to, &err), err);
        *d = (test_dicom){ 0 };
        sx_str_append(&d->bytes, file.data, file.size);
        sx_file_close(&file);
    }
    put_word(&d->bytes, "\x28\0\1\1US\2", stored);
    put_word(&d->bytes, "\x28\0\2\1US\2", stored - 1);
}

static const struct codec {
    const char *syntax;
    int most; /* bits of a value that is coded */
    bool lossy;
} codecs[] = {
    { "1.2.840.10008.1.2.4.51", 12, true },  { "1.2.840.10008.1.2.4.57", 16, false },
    { "1.2.840.10008.1.2.4.70", 16, false }, { "1.2.840.10008.1.2.4.80", 16, false },
    { "1.2.840.10008.1.2.4.90", 16, false },
};
enum { CODECS = sizeof codecs / sizeof *codecs };

static sx_film *read_film(const test_dicom *d, const char *what) {
    said[0] = '\0';
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, what,
                                     &(sx_film_options){ .context = &context }, &err);
    if (!f) fail_msg("%s: %s", what, err.message);
    return f;
}

/* 8-bit pixels are `want` (of 0..255), by at most `most`. */
static void check_picture(const sx_film *f, const uint8_t *want, int most, const char *what) {
    for (int p = 0; p < 2; p++) {
        sx_image im;
        CHECK_OK(sx_film_to_8bit(f, p ? SX_PIXELS_VINDR : SX_PIXELS_DICOM, &im, &err), err);
        for (int i = 0; i < PIXELS; i++)
            if (abs(sx_image_u8(&im)[i] - want[i]) > most)
                fail_msg("%s, %d: pixel %d is %d, not %d", what, p, i, sx_image_u8(&im)[i],
                         want[i]);
        sx_image_free(&im);
    }
}

static bool deidentify(const test_dicom *d, sx_deid_text text, uint8_t **out, size_t *n) {
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = text };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    err = (sx_error){ 0 };
    return sx_deid_file(d->bytes.data, d->bytes.len, "in", &o, out, n, pairs, cleaned, &err);
}

/* The stream's values are used; with the header's bits they would wrap around. Their bits cannot
 * be cleared, so that such films are not de-identified. */
static void wide_values_are_read(void **state) {
    (void)state;
    uint8_t want[PIXELS];
    for (int k = 0; k < CODECS; k++)
        for (int wide = 0; wide < 2; wide++) {
            const int coded = wide ? codecs[k].most : 12;
            test_dicom d;
            uint8_t *out;
            size_t n;
            fill(0, (1 << coded) - 1);
            if (!codecs[k].lossy) add_noise(1 << (coded - 3));
            for (int i = 0; i < PIXELS; i++)
                want[i] = (uint8_t)(values[i] >> (coded - 8));
            make_film(&d, codecs[k].syntax, coded, 8, false);
            sx_film *f = read_film(&d, codecs[k].syntax);
            assert_true(f->info.stream_bits >= coded);
            assert_non_null(strstr(said, "BitsStored is 8"));
            check_picture(f, want, codecs[k].lossy ? 3 : 1, codecs[k].syntax);
            for (int text = 0; text < 2; text++)
                CHECK_FAILS(
                    deidentify(&d, text ? SX_DEID_TEXT_KEEP : SX_DEID_TEXT_REFUSE, &out, &n), err,
                    SX_ERR_UNSUPPORTED, "BitsStored is 8");
            sx_film_free(f);
            dicom_end(&d);
        }
}

/* A plane in the bit above 12 stored ones is no part of the image. */
static void planes_are_cleared(void **state) {
    (void)state;
    static const char *const others[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5" };
    uint8_t want[PIXELS];
    for (int k = 0; k < CODECS + 1; k++)
        for (int bit = 12; bit < 16; bit += 3) {
            const char *syntax = k < CODECS - 1 ? codecs[k + 1].syntax : others[k - CODECS + 1];
            test_dicom d;
            uint8_t *out = NULL;
            size_t n = 0;
            fill(0, 4095);
            for (int i = 0; i < PIXELS; i++)
                want[i] = (uint8_t)(values[i] >> 4);
            draw_plane(bit);
            make_film(&d, syntax, 16, 12, false);
            sx_film *f = read_film(&d, syntax);
            assert_int_equal(f->info.stream_bits, 0);
            assert_string_equal(said, "");
            sx_film_free(f);
            CHECK_OK(deidentify(&d, SX_DEID_TEXT_REFUSE, &out, &n), err);
            dicom_end(&d);
            f = sx_film_from_memory(out, n, syntax, NULL, &err);
            CHECK_OK(f, err);
            for (size_t i = 0; i < PIXELS; i++)
                assert_int_equal(sx_film_value(f, i), values[i] & 4095);
            check_picture(f, want, 1, syntax);
            sx_film_free(f);
            free(out);
        }
}

/* Signed values of 12 bits in a stream of 16, sign-extended or not. */
static void signed_values_are_read(void **state) {
    (void)state;
    uint8_t want[PIXELS];
    for (int k = 1; k < CODECS; k++)
        for (int extended = 0; extended < 2; extended++) {
            test_dicom d;
            fill(-2048, 2047);
            for (int i = 0; i < PIXELS; i++) {
                want[i] = (uint8_t)(((int16_t)values[i] + 2048) >> 4);
                if (!extended) values[i] &= 4095;
            }
            make_film(&d, codecs[k].syntax, 16, 12, true);
            sx_film *f = read_film(&d, codecs[k].syntax);
            sx_image im;
            assert_int_equal(f->info.stream_bits, 0);
            CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err);
            for (int i = 0; i < PIXELS; i++)
                assert_in_range(sx_image_u8(&im)[i] + 1, want[i], want[i] + 2);
            sx_image_free(&im);
            sx_film_free(f);
            dicom_end(&d);
        }
}

/* Signed values in the lower 12 bits, sign-extended or not, although HighBit claims higher ones.
 * Values that are there indeed have no bits below. De-identified films read the same. */
static void signed_values_are_low(void **state) {
    (void)state;
    static const int high_bits[] = { 11, 13, 15 };
    for (int k = 0; k < 6; k++) {
        const int high_bit = high_bits[k / 2], shift = high_bit - 11;
        for (int real = 0; real < 2; real++) {
            test_dicom d;
            uint8_t *out = NULL;
            size_t n;
            int want[PIXELS];
            fill(-700, 900);
            for (int i = 0; i < PIXELS; i++) {
                want[i] = (int16_t)values[i];
                if (real) values[i] = (uint16_t)(values[i] << shift);
                if (k % 2) values[i] &= (uint16_t)((1 << (real ? high_bit + 1 : 12)) - 1);
            }
            make_film(&d, "1.2.840.10008.1.2.1", 16, 12, true);
            put_word(&d.bytes, "\x28\0\2\1US\2", high_bit);
            CHECK_OK(deidentify(&d, SX_DEID_TEXT_KEEP, &out, &n), err);
            for (int cleaned = 0; cleaned < 2; cleaned++) {
                sx_film *f = cleaned ? sx_film_from_memory(out, n, "cleaned", NULL, &err)
                                     : read_film(&d, "signed");
                CHECK_OK(f, err);
                for (int i = 0; i < PIXELS; i++)
                    assert_int_equal(sx_film_stored_value(&f->info, sx_film_value(f, (size_t)i)),
                                     want[i]);
                sx_film_free(f);
            }
            free(out);
            dicom_end(&d);
        }
    }
}

/* Padding, one value or a range, that lies outside BitsStored does not hide that the values are in
 * the lower bits, which HighBit denies. The picture is that of a film with the right HighBit. */
static void padding_does_not_place_the_bits(void **state) {
    (void)state;
    static const struct {
        bool is_signed;
        int high_bit, value, limit;
    } cases[] = {
        { true, 15, -32768, -32768 }, { true, 13, -32768, -32768 }, { true, 15, -32768, -32000 },
        { true, 15, -32000, -32768 }, { false, 15, 65535, 65535 },  { false, 13, 65535, 65535 },
        { false, 15, 65000, 65535 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int first = cases[k].is_signed ? -700 : 300;
        uint8_t want[PIXELS];
        for (int right = 1; right >= 0; right--) {
            const dicom_shape s = { ROWS, COLUMNS, 16, 12, cases[k].is_signed, NULL, 0, 0 };
            test_dicom d;
            sx_image im;
            fill(first, first + 1600);
            values[0] = (uint16_t)cases[k].value;
            values[PIXELS / 2] = (uint16_t)cases[k].limit;
            begin(&d, "1.2.840.10008.1.2.1", &s);
            dicom_word(&d, SX_TAG(0x0028, 0x0120), (uint16_t)cases[k].value);
            if (cases[k].limit != cases[k].value)
                dicom_word(&d, SX_TAG(0x0028, 0x0121), (uint16_t)cases[k].limit);
            dicom_pixels(&d, values, PIXELS);
            if (!right) put_word(&d.bytes, "\x28\0\2\1US\2", cases[k].high_bit);
            sx_film *f = read_film(&d, "padding");
            for (int i = 1; i < PIXELS; i++)
                if (i != PIXELS / 2 &&
                    sx_film_stored_value(&f->info, sx_film_value(f, (size_t)i)) !=
                        (cases[k].is_signed ? (int16_t)values[i] : values[i]))
                    fail_msg("case %zu: pixel %d has another value", k, i);
            CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err);
            if (right)
                memcpy(want, sx_image_u8(&im), PIXELS);
            else
                assert_memory_equal(sx_image_u8(&im), want, PIXELS);
            assert_int_equal(sx_image_u8(&im)[0], 0);
            sx_image_free(&im);
            sx_film_free(f);
            dicom_end(&d);
        }
    }
}

/* Signed values of 10 bits, of which a lossy decoder gives some beyond the range: they are limited
 * to it, and do not appear at its other end. As JPEG 2000, whose coder is lossless here, so that
 * the values are known; sign-extended, all above 0, and as patterns of 10 bits. */
static void signed_lossy_values_are_limited(void **state) {
    (void)state;
    static const int ranges[][2] = { { -600, 600 }, { 0, 600 }, { -600, 100 }, { -512, 511 } };
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
        for (int pattern = 0; pattern < 2; pattern++) {
            const int low = ranges[k][0], high = ranges[k][1];
            int want[PIXELS];
            if (pattern && (low < -512 || high > 511)) continue;
            fill(low, high);
            for (int i = 0; i < PIXELS; i++) {
                const int v = (int16_t)values[i];
                want[i] = v < -512 ? -512 : v > 511 ? 511 : v;
                if (pattern) values[i] &= 1023;
            }
            test_dicom d;
            make_film(&d, "1.2.840.10008.1.2.4.91", 16, 10, true);
            sx_film *f = read_film(&d, "lossy");
            assert_true(f->info.lossy_stream && f->info.stream_bits == 0);
            for (int i = 0; i < PIXELS; i++) {
                const int got = sx_film_stored_value(&f->info, sx_film_value(f, (size_t)i));
                if (got != want[i])
                    fail_msg("%d to %d, %d: %d is read as %d, not %d", low, high, pattern,
                             (int16_t)values[i], got, want[i]);
            }
            sx_film_free(f);
            dicom_end(&d);
        }
}

/* Without a stream's precision the header decides, with a warning. Padding beyond BitsStored is
 * none of the image. */
static void words_follow_the_header(void **state) {
    (void)state;
    static const char *const syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5" };
    for (int k = 0; k < 2; k++) {
        test_dicom d;
        fill(0, 4095);
        make_film(&d, syntaxes[k], 16, 8, false);
        sx_film *f = read_film(&d, syntaxes[k]);
        assert_int_equal(f->info.stream_bits, 0);
        assert_non_null(strstr(said, "ignored"));
        sx_film_free(f);
        dicom_end(&d);
    }
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_values_are_read),
        cmocka_unit_test(planes_are_cleared),
        cmocka_unit_test(signed_values_are_read),
        cmocka_unit_test(signed_values_are_low),
        cmocka_unit_test(padding_does_not_place_the_bits),
        cmocka_unit_test(signed_lossy_values_are_limited),
        cmocka_unit_test(words_follow_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
