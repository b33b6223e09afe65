/* Padding beyond BitsStored, and padding far from all other values: films are de-identified and
 * read as before, and text beside it is found. */
#include <stdlib.h>
#include <string.h>

#include "dicom/dicom_film.h"
#include "dicom/film_text.h"
#include "dicom/stored_bits.h"
#include "support/check.h"
#include "support/deidentified.h"
#include "support/letters.h"

enum { ROWS = 64, COLUMNS = 80, PIXELS = ROWS * COLUMNS, PADDED = 4 /* columns at the left */ };

static sx_error err;
static uint16_t values[PIXELS];

typedef struct padding_case {
    const char *syntax;
    int is_signed, value, limit; /* limit: of the range, value if there is none */
    int first, last;             /* the pixels' values are a gradient */
    uint16_t overlay;            /* bits that some of these pixels have */
    const char *photometric;
    int want; /* the new PixelPaddingValue */
} padding_case;

static bool is_padded(int i) {
    return i % COLUMNS < PADDED;
}

/* Pixels of padding differ, if it is a range. */
static uint16_t value_of(const padding_case *c, int i) {
    const int count = c->last - c->first + 1;
    if (is_padded(i))
        return (uint16_t)(c->value + (c->limit == c->value ? 0 : i % (c->limit - c->value + 1)));
    const int pixel = i / COLUMNS * (COLUMNS - PADDED) + i % COLUMNS - PADDED;
    const int v = c->first + pixel % count, plane = i % 16 < 8 ? c->overlay : 0;
    return (uint16_t)(c->overlay ? (v & 4095) | plane : v);
}

static void make_film(const padding_case *c, test_dicom *d) {
    sx_str rle = { 0 };
    dicom_begin(d, c->syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(
        d, &(dicom_shape){ ROWS, COLUMNS, 16, 12, (uint16_t)c->is_signed, c->photometric, 0, 0 });
    const uint16_t value = (uint16_t)c->value, limit = (uint16_t)c->limit;
    dicom_words(d, SX_TAG(0x0028, 0x0120), c->is_signed ? "SS" : "US", &value, 1);
    if (limit != value)
        dicom_words(d, SX_TAG(0x0028, 0x0121), c->is_signed ? "SS" : "US", &limit, 1);
    for (int i = 0; i < PIXELS; i++)
        values[i] = value_of(c, i);
    if (strcmp(c->syntax, "1.2.840.10008.1.2.5") != 0) {
        dicom_pixels(d, values, PIXELS);
        return;
    }
    encode_rle(values, PIXELS, &rle);
    dicom_fragments(d, &rle, 1);
    sx_str_free(&rle);
}

static sx_film *read_film(const void *bytes, size_t n, sx_image *shown) {
    sx_film *f = sx_film_from_memory(bytes, n, "film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, shown, &err), err);
    return f;
}

/* Padding has one sample. The others have no bit that is not in use: those above repeat the sign,
 * or are 0. */
static void check_samples(const padding_case *c, const sx_film *f) {
    const int32_t padding = sx_film_value(f, 0);
    for (int i = 0; i < PIXELS; i++) {
        const int32_t v = sx_film_value(f, (size_t)i);
        const int low = values[i] & 4095, want = c->is_signed && low >= 2048 ? low - 4096 : low;
        if (is_padded(i) ? v != padding : v != want)
            fail_msg("%s, padding %d: pixel %d is %d", c->syntax, c->value, i, v);
    }
    const bool whole = c->want > 4095 || c->want < -2048;
    assert_int_equal(whole ? padding : sx_film_stored_value(&f->info, padding), c->want);
    assert_int_equal(f->info.padding_low, c->want);
    assert_int_equal(f->info.padding_high, c->want);
}

#define NATIVE "1.2.840.10008.1.2.1"
#define RLE    "1.2.840.10008.1.2.5"

static void padding_beyond_the_stored_bits(void **state) {
    (void)state;
    static const padding_case cases[] = {
        { NATIVE, 0, 0xFFFF, 0xFFFF, 300, 2000, 0, NULL, 4095 },
        { NATIVE, 0, 0xF000, 0xF000, 300, 2000, 0, "MONOCHROME1", 0 },
        { RLE, 0, 0xF000, 0xF000, 300, 2000, 0x2000, NULL, 0 },
        { "1.2.840.10008.1.2", 0, 0xF000, 0xF000, 0, 2000, 0, NULL, 2001 }, /* 0 is a pixel's */
        { NATIVE, 0, 0xFFFF, 0xFFFF, 1000, 4095, 0, NULL, 999 },
        { NATIVE, 0, 0xF000, 0xFFFF, 10, 2000, 0x1000, NULL, 0 }, /* low bits differ */
        { NATIVE, 0, 0xF005, 0xFFFF, 3, 900, 0, NULL, 2 },
        { NATIVE, 1, -32768, -32768, -700, 900, 0, NULL, -701 }, /* 0 is a pixel's */
        { RLE, 1, -32768, -32000, 100, 900, 0, "MONOCHROME1", 0 },
        { NATIVE, 1, -2049, -2049, -700, 900, 0, NULL, 2047 },
        /* no value is left */
        { NATIVE, 0, 0xFFFF, 0xFFFF, 0, 4095, 0, NULL, 0xFFFF },
        { NATIVE, 0, 0xF000, 0xFFFF, 0, 4095, 0x2000, NULL, 0xF000 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const padding_case *c = &cases[k];
        const sx_deid_options o = { .text = SX_DEID_TEXT_KEEP };
        test_dicom d;
        deidentified r;
        sx_image was, now;
        make_film(c, &d);
        if (!deidentify_with(&d, &o, &r, &err)) fail_msg("case %zu: %s", k, err.message);
        sx_film *before = read_film(d.bytes.data, d.bytes.len, &was),
                *after = read_film(r.bytes, r.n, &now);
        check_samples(c, after);
        assert_memory_equal(sx_image_u8(&now), sx_image_u8(&was), PIXELS);
        assert_int_equal(sx_image_u8(&now)[0], 0);
        sx_image_free(&was);
        sx_image_free(&now);
        sx_film_free(before);
        sx_film_free(after);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* Padding within BitsStored stays, with its range; bits above it are cleared. */
static void padding_within_the_stored_bits(void **state) {
    (void)state;
    static const padding_case cases[] = {
        { NATIVE, 0, 4095, 4095, 300, 2000, 0x3000, NULL, 0 },
        { NATIVE, 0, 4000, 4095, 300, 2000, 0x3000, NULL, 0 },
        { NATIVE, 1, -2000, -2000, 0, 900, 0, NULL, 0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const padding_case *c = &cases[k];
        const sx_deid_options o = { .text = SX_DEID_TEXT_KEEP };
        test_dicom d;
        deidentified r;
        sx_image im;
        make_film(c, &d);
        CHECK_OK(deidentify_with(&d, &o, &r, &err), err);
        sx_film *f = read_film(r.bytes, r.n, &im);
        assert_int_equal(f->info.padding_low, c->value);
        assert_int_equal(f->info.padding_high, c->limit);
        for (int i = 0; i < PIXELS; i++)
            assert_int_equal(sx_film_value(f, (size_t)i),
                             c->is_signed ? (int16_t)values[i] : values[i] & 4095);
        sx_image_free(&im);
        sx_film_free(f);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* ---- text ---- */

enum { WIDTH = 300, HEIGHT = 200, TEXT_X = 60, TEXT_Y = 10 };

typedef struct canvas {
    uint16_t pixels[WIDTH * HEIGHT], value;
} canvas;

static void put_dot(void *ctx, int x, int y) {
    canvas *c = ctx;
    c->pixels[y * WIDTH + x] = c->value;
}

/* Signed values of 16 bits: 1000 with padding at the left, and a text of this value. */
static size_t areas_of_text(uint16_t value) {
    static canvas c;
    sx_film_text found;
    test_dicom d;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        c.pixels[i] = (uint16_t)(i % WIDTH < 40 ? 0x8000 : 1000 + i * 7 % 11);
    c.value = value;
    letters_draw("NGUYEN VAN AN 1961", TEXT_X, TEXT_Y, 2, false, put_dot, &c);
    dicom_begin(&d, NATIVE);
    dicom_image(&d, &(dicom_shape){ HEIGHT, WIDTH, 16, 16, 1, NULL, 0, 0 });
    dicom_word(&d, SX_TAG(0x0028, 0x0120), 0x8000);
    dicom_pixels(&d, c.pixels, WIDTH * HEIGHT);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_text_find(f, &found, &err), err);
    const size_t n = found.count;
    sx_film_text_free(&found);
    sx_film_free(f);
    dicom_end(&d);
    return n;
}

/* The contrast of the text is 200 of 34,000, if padding counts. Text of padding alone is black to
 * us, but not to other programs. */
static void text_beside_padding_is_found(void **state) {
    (void)state;
    assert_true(areas_of_text(1200) > 0);
    assert_true(areas_of_text(0x8000) > 0);
    assert_int_equal(areas_of_text(1004), 0); /* as the background: none */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_beyond_the_stored_bits),
        cmocka_unit_test(padding_within_the_stored_bits),
        cmocka_unit_test(text_beside_padding_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
