/* JPEG-LS streams that the program writes have the pixels to the bit. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "dicom/stored_bits.h"
#include "dicom/write.h"
#include "support/check.h"
#include "support/coded_image.h"

static const char *const jpegls = "1.2.840.10008.1.2.4.80";
static sx_error err;
static coded_image image;

static void encode(const coded_image *im, sx_str *stream) {
    const sx_encode_image from = { im->values, im->rows, im->columns, im->bits, im->is_signed };
    uint8_t *bytes = NULL;
    size_t n = 0;
    CHECK_OK(sx_encode_jpegls(&from, &bytes, &n, &err), err);
    sx_str_append(stream, bytes, n);
    free(bytes);
}

static void fill(int rows, int columns, int bits, bool is_signed) {
    const uint64_t key = sx_rng_key("jpegls", (uint64_t)bits);
    const int low = is_signed ? -(1 << (bits - 1)) : 0;
    image.rows = rows;
    image.columns = columns;
    image.bits = bits;
    image.is_signed = is_signed;
    for (int i = 0; i < rows * columns; i++)
        image.values[i] = (uint16_t)(low + (int)(sx_rng_u64(key, (uint64_t)i) >> (64 - bits)));
}

static void check_film(sx_film *f) {
    assert_true(f->height == image.rows && f->width == image.columns);
    for (int i = 0; i < image.rows * image.columns; i++) {
        const int want = image.is_signed ? (int16_t)image.values[i] : image.values[i],
                  is = sx_film_stored_value(&f->info, sx_film_value(f, (size_t)i));
        if (is != want)
            fail_msg("%d x %d, %d bits: pixel %d is %d, not %d", image.columns, image.rows,
                     image.bits, i, is, want);
    }
    sx_film_free(f);
}

/* Returns the length of the stream. */
static size_t check_stream(void) {
    const dicom_shape s = coded_shape(&image);
    sx_str stream = { 0 };
    test_dicom d;
    encode(&image, &stream);
    assert_int_equal((uint8_t)stream.data[6], image.bits);
    stream_put(&d, jpegls, &s, &stream);
    check_film(stream_read_film(&d, "a stream"));
    const size_t n = stream.len;
    sx_str_free(&stream);
    return n;
}

static void pixels_stay_the_same(void **state) {
    (void)state;
    static const int sizes[][2] = { { 1, 1 },   { 1, 2 },     { 2, 1 },    { 3, 3 },
                                    { 16, 16 }, { 17, 31 },   { 64, 65 },  { 1, 4096 },
                                    { 511, 1 }, { 299, 301 }, { 300, 300 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int bits = 2; bits <= 16; bits++)
            for (int is_signed = 0; is_signed < 2; is_signed++) {
                fill(sizes[i][0], sizes[i][1], bits, is_signed);
                check_stream();
                coded_fill(&image, false);
                check_stream();
            }
}

/* Noise is longer than its pixels. */
static void room_grows(void **state) {
    (void)state;
    for (int bits = 8; bits <= 16; bits += 8) {
        fill(300, 300, bits, false);
        assert_true(check_stream() > (size_t)(CODED_MOST * bits / 8 + 1024));
    }
}

static void noise_becomes_a_film(void **state) {
    (void)state;
    for (int bits = 10; bits <= 16; bits++)
        for (int columns = 298; columns < 300; columns++) {
            const sx_write_film film = { .pixels = image.values,
                                         .rows = 299,
                                         .columns = columns,
                                         .bits = bits,
                                         .window_center = 500,
                                         .window_width = 1000,
                                         .spacing = 0.2,
                                         .patient_id = "a",
                                         .patient_name = "b",
                                         .patient_sex = "F",
                                         .patient_age = "049Y",
                                         .study_uid = "1.2.3",
                                         .series_uid = "1.2.4",
                                         .instance_uid = "1.2.5",
                                         .date = "20200131",
                                         .time = "093000",
                                         .description = "c",
                                         .station = "d",
                                         .body_part = "LSPINE",
                                         .region_code = "122496007",
                                         .region_meaning = "Lumbar spine",
                                         .orientation = "L\\F",
                                         .view = "AP",
                                         .series_number = 1,
                                         .instance_number = 1 };
            uint8_t *bytes = NULL, *again = NULL;
            size_t n = 0, m = 0;
            fill(film.rows, columns, bits, false);
            CHECK_OK(sx_dicom_encode(&film, SX_WRITE_JPEG_LS, &bytes, &n, &err), err);
            CHECK_OK(sx_dicom_encode(&film, SX_WRITE_JPEG_LS, &again, &m, &err), err);
            assert_true(n == m && memcmp(bytes, again, n) == 0);
            sx_film *f = sx_film_from_memory(bytes, n, "film", NULL, &err);
            CHECK_OK(f, err);
            assert_string_equal(f->info.transfer_syntax, jpegls);
            check_film(f);
            free(bytes);
            free(again);
        }
}

static void bad_pixels_are_refused(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 0, 1, 2047, 2048 };
    sx_encode_image im = { pixels, 2, 2, 11, false };
    uint8_t *bytes = NULL;
    size_t n = 0;
    CHECK_FAILS(sx_encode_jpegls(&im, &bytes, &n, &err), err, SX_ERR_VALUE,
                "pixel 3 does not have 11 bits");
    im.is_signed = true;
    CHECK_FAILS(sx_encode_jpegls(&im, &bytes, &n, &err), err, SX_ERR_VALUE,
                "pixel 2 does not have 11 bits");
    im.bits = 17;
    CHECK_FAILS(sx_encode_jpegls(&im, &bytes, &n, &err), err, SX_ERR_VALUE,
                "JPEG-LS has samples of 2 to 16 bits, not 17");
    im.bits = 1;
    CHECK_FAILS(sx_encode_jpegls(&im, &bytes, &n, &err), err, SX_ERR_VALUE,
                "JPEG-LS has samples of 2 to 16 bits, not 1");
    assert_null(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_stay_the_same),
        cmocka_unit_test(room_grows),
        cmocka_unit_test(noise_becomes_a_film),
        cmocka_unit_test(bad_pixels_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
