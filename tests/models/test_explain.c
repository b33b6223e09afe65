/* Heat maps without a backward pass equal Grad-CAM computed with autograd. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/letterbox.h"
#include "image/noise.h"
#include "models/arch.h"
#include "models/model.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/run_plan.h"

enum { SIDE = 96, CELLS = SIDE / 32 };
static const char authors[] =
    "{\"growth\": 8, \"stem\": 16, \"blocks\": [2, 2, 2, 2], \"classes\": 2}",
                  torchvision[] =
                      "{\"growth\": 8, \"stem\": 16, \"blocks\": [2, 2, 2, 2], \"classes\": 2, "
                      "\"torchvision\": 1, \"relu_at_end\": 1}";

typedef struct subject {
    sx_network net;
    sx_graph *graph;
    sx_weights *weights;
    sx_model *model;
    sx_image film;
    sx_heat_map map; /* of class 1 */
} subject;

/* `resize`: NULL, or spinexr.resize. */
static void start_as(subject *s, const char *config, const char *size, const char *resize,
                     int width, int height) {
    sx_error err = { 0 };
    *s = (subject){ 0 };
    sx_network_default(&s->net, sx_arch_find("densenet121"), 0);
    CHECK_OK(sx_network_configure(&s->net, config, &err), err);
    s->graph =
        sx_network_build(&s->net, (sx_shape){ 1, SIDE, SIDE, 3 }, SX_WHOLE_WITH_STAGES, &err);
    CHECK_OK(s->graph && (s->weights = sx_synthetic_weights(s->graph, &err)), err);
    const char *path = check_tmp_path("c.safetensors");
    CHECK_OK(sx_weights_set_meta(s->weights, "spinexr.arch", "densenet121", &err) &&
                 sx_weights_set_meta(s->weights, "spinexr.config", config, &err) &&
                 sx_weights_set_meta(s->weights, "spinexr.input", size, &err) &&
                 (!resize || sx_weights_set_meta(s->weights, "spinexr.resize", resize, &err)) &&
                 sx_weights_save(s->weights, path, &err),
             err);
    CHECK_OK((s->model = sx_model_open(NULL, path, SX_PRECISION_F32, &err)) != NULL, err);
    CHECK_OK(sx_noise_image("film", width, height, false, &s->film, &err), err);
    CHECK_OK(sx_model_explain(s->model, &s->film, 1, &s->map, &err), err);
}

static void start(subject *s, const char *config, const char *size, int width, int height) {
    start_as(s, config, size, NULL, width, height);
}

static void stop(subject *s) {
    sx_heat_map_free(&s->map);
    sx_image_free(&s->film);
    sx_model_free(s->model);
    sx_weights_free(s->weights);
    sx_graph_free(s->graph);
}

/* The last feature map [CELLS][CELLS][c] of an inference run, by a plan of our own. */
static float *features(subject *s, int *channels) {
    sx_error err = { 0 };
    sx_store *store = sx_store_open(s->graph, s->weights, (sx_store_options){ 0 }, &err);
    sx_plan *p = store ? sx_plan_new(s->graph, store,
                                     (sx_plan_options){ .compute = SX_F32, .plain = true }, &err)
                       : NULL;
    CHECK_OK(p != NULL, err);
    float *in = sx_plan_input(p, "image", NULL, NULL);
    for (int i = 0; i < SIDE * SIDE; i++)
        for (int c = 0; c < 3; c++)
            in[3 * i + c] =
                (float)sx_image_u8(&s->film)[i] - (float[]){ 103.53F, 116.28F, 123.675F }[c];
    check_run(p);
    const int64_t n = sx_plan_output_count(p, "norm5");
    float *out = malloc(sizeof *out * (size_t)n);
    CHECK_OK(out && sx_plan_output(p, "norm5", out, n, &err), err);
    *channels = (int)(n / (CELLS * CELLS));
    sx_plan_free(p);
    sx_store_free(store);
    return out;
}

static void set_to(sx_plan *p, const char *name, float value) {
    float *g = sx_plan_output_grad(p, name, NULL);
    const int64_t n = sx_plan_output_count(p, name);
    for (int64_t i = 0; g && i < n; i++)
        g[i] = value;
}

/* Grad-CAM's map with the gradient alpha[c] = sum over places of dy / dA[place][c]. */
static void check_map(const subject *s, const float *map, const float *alpha, int channels) {
    float want[CELLS * CELLS];
    double most = 0;
    for (int i = 0; i < CELLS * CELLS; i++) {
        double sum = 0;
        for (int c = 0; c < channels; c++)
            sum += (double)alpha[c] * (double)map[i * channels + c];
        want[i] = (float)sum;
        most = fmax(most, fabs(sum));
    }
    assert_int_equal(s->map.width, CELLS);
    assert_int_equal(s->map.height, CELLS);
    check_close_f32(s->map.cell, want, CELLS * CELLS, 1e-4 * most, "heat map");
}

/* Backward through the network to norm5's shift, whose gradient is the sum of dA over all
 * positions. */
static void the_weights_are_the_gradients_of_the_network(void **state) {
    (void)state;
    static const char *const stages[] = { "stem",        "block1", "transition1", "block2",
                                          "transition2", "block3", "transition3", "block4",
                                          "norm5",       "pooled" };
    sx_error err = { 0 };
    subject s;
    start(&s, authors, "96x96", SIDE, SIDE);
    sx_store *store = sx_store_open(s.graph, s.weights, (sx_store_options){ .own = true }, &err);
    sx_plan *p = store ? sx_plan_new(s.graph, store,
                                     (sx_plan_options){ .compute = SX_F32, .training = true }, &err)
                       : NULL;
    CHECK_OK(p != NULL, err);
    float *in = sx_plan_input(p, "image", NULL, NULL);
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        in[i] = (float)sx_image_u8(&s.film)[i / 3] - 110;
    check_run(p);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        set_to(p, stages[i], 0);
    float *g = sx_plan_output_grad(p, "logits", NULL);
    g[0] = 0;
    g[1] = 1;
    check_backward(p);
    int channels = 0;
    float *map = features(&s, &channels), *alpha = NULL;
    for (size_t i = 0; i < sx_graph_param_count(s.graph); i++)
        if (strcmp(sx_graph_param(s.graph, i)->name, "backbone.norm5.bias") == 0)
            alpha = sx_store_grad(store, sx_graph_param(s.graph, i));
    assert_non_null(alpha);
    check_map(&s, map, alpha, channels);
    free(map);
    sx_plan_free(p);
    sx_store_free(store);
    stop(&s);
}

/* The feature map as a parameter: autograd's gradient at every position. Also with a ReLU before
 * it. */
static void the_gradient_is_the_same_at_every_place(void **state) {
    (void)state;
    sx_error err = { 0 };
    subject s;
    int channels = 0;
    start(&s, torchvision, "96x96", SIDE, SIDE);
    float *map = features(&s, &channels);
    sx_graph *g = sx_graph_new(&err);
    sx_node *a = sx_learned(g, "map", CELLS * CELLS, channels, 1);
    a = sx_reshape(g, a, (sx_shape){ 1, CELLS, CELLS, channels });
    sx_output(g, "logits", sx_linear(g, sx_global_avg_pool(g, a), "classifier", 2, true));
    CHECK_OK(sx_graph_finish(g, &err), err);
    float *room = sx_weights_add_empty(s.weights, "map", SX_F32, 2,
                                       (int64_t[]){ CELLS * CELLS, channels }, &err);
    CHECK_OK(room != NULL, err);
    memcpy(room, map, sizeof *map * (size_t)(CELLS * CELLS * channels));
    sx_store *store = sx_store_open(g, s.weights, (sx_store_options){ .own = true }, &err);
    sx_plan *p = store ? sx_plan_new(g, store,
                                     (sx_plan_options){ .compute = SX_F32, .training = true }, &err)
                       : NULL;
    CHECK_OK(p != NULL, err);
    check_run(p);
    float *out = sx_plan_output_grad(p, "logits", NULL);
    out[0] = 0;
    out[1] = 1;
    check_backward(p);
    const float *each = sx_store_grad(store, sx_graph_param(g, 0));
    float *alpha = calloc((size_t)channels, sizeof *alpha);
    assert_non_null(alpha);
    for (int i = 0; i < CELLS * CELLS; i++)
        for (int c = 0; c < channels; c++) {
            assert_true(fabsf(each[i * channels + c] - each[c]) <= 1e-6F * fabsf(each[c]));
            alpha[c] += each[i * channels + c];
        }
    check_map(&s, map, alpha, channels);
    free(alpha);
    free(map);
    sx_plan_free(p);
    sx_store_free(store);
    sx_graph_free(g);
    stop(&s);
}

/* Also with an input that is padded, and a film of another shape. */
static void mean_and_bias_are_the_logit(void **state) {
    (void)state;
    static const struct {
        const char *size;
        int columns, rows;
        double over_x, over_y;
    } cases[] = { { "96x96", 3, 3, 1, 1 }, { "112x80", 4, 3, 128 / 112.0, 96 / 80.0 } };
    for (size_t k = 0; k < 2; k++) {
        sx_error err = { 0 };
        subject s;
        float logit[2];
        start(&s, authors, cases[k].size, 300, 500);
        CHECK_OK(sx_model_classify(s.model, &s.film, logit, &err), err);
        assert_int_equal(s.map.width, cases[k].columns);
        assert_int_equal(s.map.height, cases[k].rows);
        assert_true(s.map.over_x == cases[k].over_x && s.map.over_y == cases[k].over_y);
        double sum = 0, size = 1;
        for (int i = 0; i < s.map.width * s.map.height; i++) {
            sum += (double)s.map.cell[i] / (s.map.width * s.map.height);
            size = fmax(size, fabs((double)s.map.cell[i]));
        }
        if (!(fabs(sum + (double)s.map.bias - (double)logit[1]) <= 1e-5 * size))
            fail_msg("mean %.7g and bias %.7g, but the logit is %.7g", sum, (double)s.map.bias,
                     (double)logit[1]);
        stop(&s);
    }
}

/* The network sees the film in the upper left corner with grey beside it, and the map says so. */
static void letterboxed_films_keep_their_aspect_ratio(void **state) {
    (void)state;
    static const struct {
        int width, height;
        double over_x, over_y;
    } films[] = { { 100, 300, 3, 1 }, { 300, 100, 1, 3 }, { 200, 200, 1, 1 } };
    for (size_t k = 0; k < sizeof films / sizeof films[0]; k++) {
        sx_error err = { 0 };
        subject boxed, plain;
        sx_image by_hand;
        float logits[2], want[2];
        sx_heat_map map;
        start_as(&boxed, authors, "96x96", "letterbox", films[k].width, films[k].height);
        start_as(&plain, authors, "96x96", "stretch", films[k].width, films[k].height);
        assert_true(sx_model_get_info(boxed.model)->letterbox);
        assert_false(sx_model_get_info(plain.model)->letterbox);
        CHECK_OK(sx_image_letterbox(NULL, &boxed.film, SIDE, SIDE, &by_hand, &err), err);
        CHECK_OK(sx_model_classify(boxed.model, &boxed.film, logits, &err) &&
                     sx_model_classify(plain.model, &by_hand, want, &err) &&
                     sx_model_explain(plain.model, &by_hand, 1, &map, &err),
                 err);
        assert_true(logits[0] == want[0] && logits[1] == want[1]);
        assert_true(map.width == boxed.map.width && map.height == boxed.map.height);
        assert_memory_equal(boxed.map.cell, map.cell, sizeof *map.cell * CELLS * CELLS);
        assert_true(boxed.map.over_x == films[k].over_x && boxed.map.over_y == films[k].over_y);
        /* the middle of the film lies in the middle of the part that it covers */
        assert_true(fabs(sx_heat_at(&boxed.map, 0.5, 0.5) -
                         sx_heat_at(&map, 0.5 / films[k].over_x, 0.5 / films[k].over_y)) < 1e-9);
        sx_heat_map_free(&map);
        sx_image_free(&by_hand);
        stop(&boxed);
        stop(&plain);
    }
}

static void what_has_no_map_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    subject s;
    sx_heat_map map;
    start(&s, authors, "96x96", SIDE, SIDE);
    CHECK_FAILS(sx_model_explain(s.model, &s.film, 2, &map, &err), err, SX_ERR_UNSUPPORTED,
                "no heat map of class 3");
    assert_null(map.cell);
    stop(&s);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_weights_are_the_gradients_of_the_network),
        cmocka_unit_test(the_gradient_is_the_same_at_every_place),
        cmocka_unit_test(mean_and_bias_are_the_logit),
        cmocka_unit_test(letterboxed_films_keep_their_aspect_ratio),
        cmocka_unit_test(what_has_no_map_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
