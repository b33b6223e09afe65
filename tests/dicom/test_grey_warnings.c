/* Warnings about films that become one grey value, or nearly one. */
#include <stdio.h>

#include "base/context_impl.h"
#include "dicom/dicom_film.h"
#include "dicom/grey_film.h"
#include "image/png.h"
#include "support/check.h"

static sx_error err;

static char said[400];

static void keep_message(void *user, sx_log_level level, const char *message) {
    (void)user;
    assert_int_equal(level, SX_LOG_WARNING);
    snprintf(said, sizeof said, "%s", message);
}

/* NULL: no warning */
static void check_warning(test_dicom *d, const uint16_t pixels[PIXELS], sx_pixels way,
                          const char *want) {
    const sx_context context = { .threads = 1, .log_level = SX_LOG_WARNING, .log = keep_message };
    const sx_film_options o = { .context = &context };
    sx_image im;
    said[0] = '\0';
    dicom_pixels(d, pixels, PIXELS);
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, "a/film.dcm", &o, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, way, &im, &err), err);
    assert_string_equal(said, want ? want : "");
    sx_image_free(&im);
    sx_film_free(f);
    dicom_end(d);
}

static void test_warnings(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 100, 110, 300, 499, 500 }, one[] = { 7, 7, 7, 7, 7 };
    static const uint16_t dark[] = { 10, 20, 30, 40, 1000 }, up[] = { 0, 100, 400, 1023 };
    test_dicom d;
    begin(&d, plain);
    window(&d, "300", "400", NULL);
    check_warning(&d, pixels, SX_PIXELS_DICOM, NULL);
    for (int i = 0; i < 2; i++) {
        begin(&d, plain);
        window(&d, "3000", "400", NULL);
        check_warning(&d, pixels, i ? SX_PIXELS_VINDR : SX_PIXELS_DICOM,
                      i ? "a/film.dcm: the window maps the film to a single grey value "
                          "(--pixels vindr)"
                        : "a/film.dcm: the window maps the film to a single grey value "
                          "(--pixels dicom)");
    }
    static const char *const widths[] = { "0", "-5", "0.5" };
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char want[120];
        snprintf(want, sizeof want,
                 "a/film.dcm: the window has the width %s, which the standard forbids, and is not "
                 "used (--pixels dicom)",
                 widths[i]);
        begin(&d, plain);
        window(&d, "300", widths[i], NULL);
        check_warning(&d, pixels, SX_PIXELS_DICOM, want);
    }
    begin(&d, plain);
    window(&d, "300", "0.5", "LINEAR_EXACT");
    lut(&d, SX_TAG(0x0028, 0x3010), 100, 10, up, 4); /* the window is not needed */
    check_warning(&d, (const uint16_t[]){ 100, 101, 102, 103, 100 }, SX_PIXELS_DICOM, NULL);
    begin(&d, plain);
    window(&d, "300", "8001", NULL); /* 400 of 8000 */
    check_warning(&d, pixels, SX_PIXELS_DICOM,
                  "a/film.dcm: after the window the film spans only 5 % of the grey range "
                  "(--pixels dicom)");
    begin(&d, plain);
    lut(&d, SX_TAG(0x0028, 0x3010), 1000, 10, up, 4);
    check_warning(&d, pixels, SX_PIXELS_DICOM,
                  "a/film.dcm: the VOI LUT maps the film to a single grey value (--pixels dicom)");
    begin(&d, plain);
    lut(&d, SX_TAG(0x0028, 0x3010), 100, 16, dark, 5); /* 30 of 1023, stretched */
    check_warning(&d, (const uint16_t[]){ 100, 101, 102, 103, 100 }, SX_PIXELS_VINDR,
                  "a/film.dcm: after the VOI LUT the film spans only 2.9 % of the grey range "
                  "(--pixels vindr)");
    begin(&d, plain);
    lut(&d, SX_TAG(0x0028, 0x3000), 1000, 10, up, 4);
    check_warning(&d, pixels, SX_PIXELS_DICOM,
                  "a/film.dcm: the Modality LUT maps the film to a single grey value "
                  "(--pixels dicom)");
    begin(&d, plain);
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "1e300");
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "1e-300");
    check_warning(&d, pixels, SX_PIXELS_DICOM,
                  "a/film.dcm: the rescale (slope and intercept) maps the film to a single grey "
                  "value (--pixels dicom)");
    begin(&d, plain);
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "-1024");
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "0.001");
    check_warning(&d, pixels, SX_PIXELS_DICOM, NULL);
    begin(&d, plain);
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "0");
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "0");
    check_warning(&d, pixels, SX_PIXELS_DICOM,
                  "a/film.dcm: RescaleSlope is 0, which the standard forbids; it is taken as 1 "
                  "(--pixels dicom)");
    begin(&d, plain);
    dicom_word(&d, SX_TAG(0x0028, 0x0120), 0);
    dicom_word(&d, SX_TAG(0x0028, 0x0121), 4095);
    check_warning(&d, pixels, SX_PIXELS_DICOM,
                  "a/film.dcm: all pixels are padding (PixelPaddingValue) and therefore black "
                  "(--pixels dicom)");
    begin(&d, plain); /* the film itself has one value */
    window(&d, "3000", "400", NULL);
    check_warning(&d, one, SX_PIXELS_DICOM,
                  "a/film.dcm: all pixels have the same value (--pixels dicom)");
    begin(&d, plain);
    check_warning(&d, one, SX_PIXELS_VINDR,
                  "a/film.dcm: all pixels have the same value (--pixels vindr)");
    begin(&d, plain);
    dicom_word(&d, SX_TAG(0x0028, 0x0120), 0);
    check_warning(&d, (const uint16_t[]){ 0, 7, 7, 7, 0 }, SX_PIXELS_DICOM,
                  "a/film.dcm: all pixels that are not padding have the same value "
                  "(--pixels dicom)");
}

/* Of 10,000 pixels between 100 and 139, one is far outside. */
static void check_outlier(dicom_shape s, const char *center, const char *width, sx_pixels way,
                          const char *want) {
    enum { SIDE = 100 };
    static uint16_t pixels[SIDE * SIDE];
    const sx_context context = { .threads = 1, .log_level = SX_LOG_WARNING, .log = keep_message };
    const sx_film_options o = { .context = &context };
    sx_image im;
    test_dicom d;
    s.rows = s.columns = SIDE;
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint16_t)(100 + i % 40);
    pixels[5050] = 4095;
    said[0] = '\0';
    begin(&d, s);
    if (center) window(&d, center, width, NULL);
    dicom_pixels(&d, pixels, SIDE * SIDE);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "a", &o, &err);
    CHECK_OK(f, err);
    CHECK_OK(sx_film_to_8bit(f, way, &im, &err), err);
    assert_string_equal(said, want);
    sx_image_free(&im);
    sx_film_free(f);
    dicom_end(&d);
}

static void test_outlier(void **state) {
    (void)state;
    check_outlier(plain, "1500", "3001", SX_PIXELS_DICOM,
                  "a: after the window 99 % of the film spans only 1.3 % of the grey range "
                  "(--pixels dicom)");
    check_outlier(plain, "1500", "3001", SX_PIXELS_VINDR,
                  "a: after the window 99 % of the film spans only 1.3 % of the grey range "
                  "(--pixels vindr)");
    check_outlier(plain, "3000", "400", SX_PIXELS_DICOM,
                  "a: the window maps 99 % of the film to a single grey value (--pixels dicom)");
    check_outlier(plain, NULL, NULL, SX_PIXELS_DICOM,
                  "a: after stretching from the smallest to the largest value 99 % of the film "
                  "spans only 0.98 % of the grey range (--pixels dicom)");
    check_outlier(plain, "120", "61", SX_PIXELS_DICOM, "");
}

/* Also of one value and in colour, of 8 and 16 bits. */
static void test_flat_picture(void **state) {
    (void)state;
    enum { SIDE = 5 };
    const sx_context context = { .threads = 1, .log_level = SX_LOG_WARNING, .log = keep_message };
    const sx_film_options o = { .context = &context };
    for (int i = 0; i < 8; i++) {
        const int bits = i & 1 ? 16 : 8, channels = i & 2 ? 3 : 1;
        const bool flat = i & 4;
        sx_image im, shown;
        sx_str png = { 0 };
        CHECK_OK(sx_image_new(&im, SIDE, SIDE, channels, bits, &err), err);
        for (size_t k = 0; k < sx_image_bytes(&im); k++)
            ((uint8_t *)im.data)[k] = (uint8_t)(k % (size_t)(channels * bits / 8) * 40 + 20);
        if (!flat) ((uint8_t *)im.data)[0] = 200;
        CHECK_OK(sx_png_encode(&im, SX_PNG_QUICK, &png, &err), err);
        said[0] = '\0';
        sx_film *f = sx_film_from_memory(png.data, png.len, "a.png", &o, &err);
        CHECK_OK(f, err);
        CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &shown, &err), err);
        static const char all[] = "a.png: all pixels have the same value (--pixels dicom)";
        if ((strcmp(said, all) == 0) != flat) fail_msg("%d: \"%s\"", i, said);
        sx_image_free(&shown);
        sx_image_free(&im);
        sx_str_free(&png);
        sx_film_free(f);
    }
}

/* A PNG of 16 bits is stretched as well. */
static void test_picture_outlier(void **state) {
    (void)state;
    enum { SIDE = 100 };
    const sx_context context = { .threads = 1, .log_level = SX_LOG_WARNING, .log = keep_message };
    const sx_film_options o = { .context = &context };
    for (int outlier = 0; outlier < 2; outlier++) {
        sx_image im, shown;
        sx_str png = { 0 };
        CHECK_OK(sx_image_new(&im, SIDE, SIDE, 1, 16, &err), err);
        for (int i = 0; i < SIDE * SIDE; i++)
            sx_image_u16(&im)[i] = (uint16_t)(1000 + i % 100);
        if (outlier) sx_image_u16(&im)[77] = 65535;
        CHECK_OK(sx_png_encode(&im, SX_PNG_QUICK, &png, &err), err);
        said[0] = '\0';
        sx_film *f = sx_film_from_memory(png.data, png.len, "a.png", &o, &err);
        CHECK_OK(f, err);
        CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &shown, &err), err);
        assert_string_equal(said, outlier ? "a.png: stretching from the smallest to the largest "
                                            "value maps 99 % of the film to a single grey value "
                                            "(--pixels dicom)"
                                          : "");
        sx_image_free(&shown);
        sx_image_free(&im);
        sx_str_free(&png);
        sx_film_free(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_outlier),
        cmocka_unit_test(test_flat_picture),
        cmocka_unit_test(test_picture_outlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
