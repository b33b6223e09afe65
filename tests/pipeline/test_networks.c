/* The predictor with real, small networks: their weights come from the formula. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "image/noise.h"
#include "image/png.h"
#include "models/arch.h"
#include "models/synthetic_weights.h"
#include "pipeline/prediction.h"

static void write_network(const char *path, const char *arch, const char *config) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), 0);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 224, 224, 3 }, SX_WHOLE, &err);
    sx_weights *w = g ? sx_synthetic_weights(g, &err) : NULL;
    char *text = sx_network_config_text(&net, &err);
    CHECK_OK(w && sx_weights_set_meta(w, "spinexr.arch", arch, &err) &&
                 sx_weights_set_meta(w, "spinexr.config", text, &err) &&
                 sx_weights_save(w, path, &err),
             err);
    free(text);
    sx_weights_free(w);
    sx_graph_free(g);
}

static const char *weights[3];

static int setup(void **state) {
    (void)state;
    weights[0] = strdup(check_tmp_path("a.safetensors"));
    weights[1] = strdup(check_tmp_path("b.safetensors"));
    weights[2] = strdup(check_tmp_path("d.safetensors"));
    write_network(weights[0], "densenet121",
                  "{\"growth\": 4, \"stem\": 8, \"blocks\": [2, 2, 2, 2]}");
    write_network(weights[1], "densenet121",
                  "{\"growth\": 8, \"stem\": 8, \"blocks\": [1, 2, 2, 1]}");
    write_network(weights[2], "sparse_rcnn_r50",
                  "{\"backbone_stem\": 8, \"backbone_blocks\": [1, 1, 1, 1], \"proposals\": 20, "
                  "\"heads\": 2, "
                  "\"hidden\": 32, \"dynamic\": 8, \"feedforward\": 64}");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        free((char *)weights[i]);
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
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++)
        assert_memory_equal(&a->items[i], &b->items[i], offsetof(sx_finding, name));
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
    assert_true(a->count > 0 && a->count <= 100);
    assert_string_equal(a->image_id, "1.2.840.7"); /* a UID is not cut at its last dot */
    for (int i = 0; i < a->count; i++) {
        const sx_finding *f = &a->items[i];
        assert_true(0 <= f->x0 && f->x0 <= f->x1 && f->x1 <= 300 && 0 <= f->y0 && f->y0 <= f->y1 &&
                    f->y1 <= 400);
        assert_true(i == 0 || f->score <= a->items[i - 1].score);
    }
    sx_predict_options second = SX_PREDICT_DEFAULTS;
    second.frame = 2;
    CHECK_FAILS(sx_predict_file(p, path, &second, &err), err, SX_ERR_USAGE, path);
    sx_prediction_free(a), sx_prediction_free(b);
    sx_predictor_free(p);
    sx_image_free(&im);
}

enum { WORKERS = 4, FILMS = 6 };

typedef struct worker {
    pthread_t thread;
    sx_predictor *predictor;
    sx_prediction *found[FILMS];
} worker;

static sx_prediction *film_number(sx_predictor *p, int i) {
    sx_error err = { 0 };
    sx_image im;
    char name[16];
    snprintf(name, sizeof name, "film%d", i);
    if (!sx_noise_image(name, 200 + 40 * i, 360 - 30 * i, false, &im, &err)) return NULL;
    sx_pixel_view v = { im.data, im.width, im.height, 1, 8, 0 };
    sx_prediction *f = sx_predict_pixels(p, &v, NULL, &err);
    sx_image_free(&im);
    return f;
}

static void *work(void *arg) {
    worker *w = arg;
    for (int i = 0; i < FILMS; i++)
        w->found[i] = film_number(w->predictor, i);
    return NULL;
}

/* What spinexr.h promises: different predictors may run at the same time. */
static void predictors_do_not_disturb_one_another(void **state) {
    (void)state;
    worker w[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        w[i].predictor = open_all();
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(w[i].thread, NULL);
    sx_predictor *alone = open_all();
    for (int k = 0; k < FILMS; k++) {
        sx_prediction *want = film_number(alone, k);
        assert_non_null(want);
        for (int i = 0; i < WORKERS; i++) {
            assert_non_null(w[i].found[k]);
            check_same(w[i].found[k], want);
            sx_prediction_free(w[i].found[k]);
        }
        sx_prediction_free(want);
    }
    sx_predictor_free(alone);
    for (int i = 0; i < WORKERS; i++)
        sx_predictor_free(w[i].predictor);
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
    assert_true(alone && alone->count == 0 && alone->probability == f->probability);
    sx_prediction_free(f), sx_prediction_free(plain), sx_prediction_free(alone);
    sx_predictor_free(p);
    sx_image_free(&im);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_and_its_pixels_give_the_same),
        cmocka_unit_test(heat_maps_add_up_to_the_probability),
        cmocka_unit_test(predictors_do_not_disturb_one_another),
    };
    return cmocka_run_group_tests_name("networks", tests, setup, teardown);
}
