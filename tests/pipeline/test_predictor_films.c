/* What a predictor does with films and pixels. */
#include <math.h>

#include "fake_weights.h"
#include "support/dicom.h"

/* The networks may get a smaller film; findings are in the pixels of the full-size one. */
static void a_reduced_film_keeps_its_coordinates(void **state) {
    (void)state;
    enum { WIDTH = 1003, HEIGHT = 1501 };
    sx_error err = { 0 };
    static uint16_t slope[WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        slope[i] = (uint16_t)(i % WIDTH);
    sx_str stream = { 0 };
    test_dicom d;
    encode_jpeg2000(slope, WIDTH, HEIGHT, 12, false, &stream);
    dicom_begin(&d, "1.2.840.10008.1.2.4.90");
    dicom_image(&d, &(dicom_shape){ HEIGHT, WIDTH, 16, 12, 0, NULL, 0, 0 });
    dicom_fragments(&d, &stream, 1);
    const char *film = check_tmp_path("film.dcm");
    CHECK_OK(sx_write_file(film, d.bytes.data, d.bytes.len, &err), err);
    const char *weights[] = { put("reduced.pth", DETECTOR) };
    for (int reduced = 0; reduced < 2; reduced++) {
        sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
        o.reduced = reduced;
        sx_predictor *p = open_some(weights, 1, &o);
        sx_predict_options keep = SX_PREDICT_DEFAULTS;
        keep.keep_picture = true;
        sx_prediction *f = sx_predict_file(p, film, &keep, &err);
        if (!f) fail_msg("%s", err.message);
        /* the network needs 224 pixels: 1003 / 4 is enough, / 8 is not */
        const int width = reduced ? 251 : WIDTH, height = reduced ? 376 : HEIGHT;
        assert_true(f->reduced == (reduced ? 4 : 1) && f->width == WIDTH && f->height == HEIGHT);
        assert_true(f->picture.width == width && f->picture.height == height);
        assert_true(fabs((double)f->findings[0].x1 - 30.0 * WIDTH / width) < 1e-3);
        assert_true(fabs((double)f->findings[0].y1 - 40.0 * HEIGHT / height) < 1e-3);
        sx_prediction_free(f);
        sx_predictor_free(p);
    }
    dicom_end(&d);
    sx_str_free(&stream);
}

/* A film whose header contradicts is an error of its own kind, unless any film is wanted. */
static void another_kind_of_film_is_refused(void **state) {
    (void)state;
    static const uint16_t pixels[4] = { 0, 1, 2, 3 };
    sx_error err = { 0 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0060), "CS", "CT");
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
    dicom_pixels(&d, pixels, 4);
    const char *weights[] = { put("c.pth", "classifier 1 0.25 dicom") };
    sx_predictor *p = open_some(weights, 1, NULL);
    const size_t n = d.bytes.len;
    CHECK_FAILS(sx_predict_memory(p, d.bytes.data, n, "a.dcm", NULL, &err), err, SX_ERR_REFUSED,
                "a.dcm: refused: Modality is \"CT\": computed tomography, not a radiograph");
    sx_predict_options any = SX_PREDICT_DEFAULTS;
    any.any_film = true;
    sx_prediction *f = sx_predict_memory(p, d.bytes.data, n, "a.dcm", &any, &err);
    if (!f) fail_msg("%s", err.message);
    assert_true(f->has_probability);
    sx_prediction_free(f);
    sx_predictor_free(p);
    dicom_end(&d);
}

static void pixels_are_checked_and_stretched(void **state) {
    (void)state;
    const char *w[] = { put("c", "classifier -3 0.5 dicom") };
    sx_predictor *p = open_some(w, 1, NULL);
    sx_error err = { 0 };
    uint16_t px[12] = {
        1000, 2000, 1500, 0xffff, 1010, 1250, 1001, 0xffff, 1002, 1003, 1004, 0xffff
    };
    sx_pixel_view v = { px, 3, 3, 1, 16, 8 }; /* the fourth column is a gap */
    const unsigned char first = 0;
    sx_prediction *f = sx_predict_pixels(p, &v, NULL, &err);
    assert_true(f && fabs(f->probability - 1 / (1 + exp(3 - first))) < 1e-6);
    sx_prediction_free(f);
    px[0] = 1005; /* 4 / 999 * 255 = 1.02 */
    f = sx_predict_pixels(p, &v, NULL, &err);
    assert_true(f && fabs(f->probability - 1 / (1 + exp(3.0 - 1))) < 1e-6);
    sx_prediction_free(f);

    sx_pixel_view bad = v;
    bad.data = NULL;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "no pixels");
    bad = v, bad.width = 0;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "0 x 3");
    bad = v, bad.height = -1;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "x -1 pixels");
    bad = v, bad.width = 32769;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_LIMIT, "32769 x 3");
    bad = v, bad.channels = 2;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "channels is 2");
    bad = v, bad.bits = 12;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "bits is 12");
    bad = v, bad.stride = 5;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "stride of 5");
    static const size_t far[] = { SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 3 - 1 };
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        bad = v, bad.stride = far[i];
        CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "fits no memory");
    }
    sx_predictor_free(p);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reduced_film_keeps_its_coordinates),
        cmocka_unit_test(another_kind_of_film_is_refused),
        cmocka_unit_test(pixels_are_checked_and_stretched),
    };
    return cmocka_run_group_tests_name("predictor-films", tests, NULL, NULL);
}
