/* The predictor with small networks of the supported architectures and synthetic weights. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "image/noise.h"
#include "image/png.h"
#include "pipeline/prediction.h"
#include "support/small_networks.h"

static const char *const *weights;

static int setup(void **state) {
    (void)state;
    weights = small_networks_write();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

static sx_predictor *open_all(void) {
    sx_error err = { 0 };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.precision = SX_PRECISION_F32;
    o.threshold = 0; /* every box stays */
    sx_predictor *p = sx_predictor_open(NULL, weights, 3, &o, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

static void check_same(const sx_prediction *a, const sx_prediction *b) {
    assert_true(a->probability == b->probability);
    assert_int_equal(a->finding_count, b->finding_count);
    for (int i = 0; i < a->finding_count; i++)
        assert_memory_equal(&a->findings[i], &b->findings[i], offsetof(sx_finding, name));
}

static void a_file_and_its_pixels_give_the_same(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_noise_image("film", 300, 400, false, &im, &err), err);
    const char *path = check_tmp_path("1.2.840.7");
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, path, &err), err);
    sx_predictor *p = open_all();
    sx_prediction *a = sx_predict_file(p, path, NULL, &err);
    sx_pixel_view v = { im.data, 300, 400, 1, 8, 300 };
    sx_prediction *b = sx_predict_pixels(p, &v, NULL, &err);
    if (!a || !b) fail_msg("%s", err.message);
    check_same(a, b);
    assert_true(a->finding_count > 0 && a->finding_count <= 100);
    assert_string_equal(a->image_id, "1.2.840.7"); /* a UID is not cut at its last dot */
    for (int i = 0; i < a->finding_count; i++) {
        const sx_finding *f = &a->findings[i];
        assert_true(0 <= f->x0 && f->x0 <= f->x1 && f->x1 <= 300 && 0 <= f->y0 && f->y0 <= f->y1 &&
                    f->y1 <= 400);
        assert_true(i == 0 || f->score <= a->findings[i - 1].score);
    }
    sx_predict_options second = SX_PREDICT_DEFAULTS;
    second.frame = 2;
    CHECK_FAILS(sx_predict_file(p, path, &second, &err), err, SX_ERR_USAGE, path);
    sx_prediction_free(a), sx_prediction_free(b);
    sx_predictor_free(p);
    sx_image_free(&im);
}

/* The map of the ensemble is the mean of the classifiers', and its mean and bias the logit that is
 * reported. */
static void heat_maps_add_up_to_the_probability(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im;
    sx_predict_options maps = SX_PREDICT_DEFAULTS, only = SX_PREDICT_DEFAULTS;
    maps.keep_heat_maps = true;
    only.no_detector = true;
    CHECK_OK(sx_noise_image("film", 200, 300, false, &im, &err), err);
    const char *path = check_tmp_path("film.png");
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, path, &err), err);
    sx_predictor *p = open_all();
    sx_prediction *f = sx_predict_file(p, path, &maps, &err),
                  *plain = sx_predict_file(p, path, NULL, &err);
    CHECK_OK(f && plain, err);
    check_same(f, plain);
    assert_int_equal(f->heat.count, 2);
    for (int k = 0; k < 3; k++) {
        const sx_heat_map *m = k < 2 ? &f->heat.each[k] : &f->heat.mean;
        const double want = k < 2 ? f->classifier_probability[k] : f->probability;
        double sum = 0;
        assert_true(m->width == 7 && m->height == 7);
        for (int i = 0; i < 49; i++)
            sum += (double)m->cell[i] / 49;
        sum = 1 / (1 + exp(-sum - (double)m->bias));
        if (!(fabs(sum - want) < 1e-4)) fail_msg("map %d: %.7g, reported %.7g", k, sum, want);
    }
    for (int i = 0; i < 49; i++)
        assert_true(fabsf(f->heat.mean.cell[i] -
                          (f->heat.each[0].cell[i] + f->heat.each[1].cell[i]) / 2) < 1e-5F);
    sx_prediction *alone = sx_predict_file(p, path, &only, &err);
    assert_true(alone && alone->finding_count == 0 && alone->probability == f->probability);
    sx_prediction_free(f), sx_prediction_free(plain), sx_prediction_free(alone);
    sx_predictor_free(p);
    sx_image_free(&im);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_and_its_pixels_give_the_same),
        cmocka_unit_test(heat_maps_add_up_to_the_probability),
    };
    return cmocka_run_group_tests_name("networks", tests, setup, teardown);
}
