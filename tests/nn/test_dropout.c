/* Dropout: the fraction that is kept; that it depends only on the image's key, the layer and the
 * position; and that the backward pass drops the same numbers as the forward pass. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "models/sparse_rcnn.h"
#include "models/synthetic_weights.h"
#include "nn/plan.h"
#include "support/check.h"
#include "support/run_plan.h"

enum { IMAGES = 3, ROWS = 100, C = 64, COUNT = IMAGES * ROWS * C };

/* The output for an input of ones, and the input's gradient for an output's of ones. */
static void run_dropout(sx_dtype t, int layer, int threads, int first_key, float *out,
                        float *grad) {
    sx_error err = { 0 };
    sx_graph *g = sx_graph_new(&err);
    sx_node *draw = sx_input(g, "draw", (sx_shape){ IMAGES, 1, 1, 4 });
    sx_node *x = sx_relu(g, sx_learned(g, "x", IMAGES * ROWS, C, 1)); /* in the dtype of the plan */
    sx_output(g, "y", sx_dropout(g, x, draw, layer, 0.25F));
    CHECK_OK(sx_graph_finish(g, &err), err);
    sx_weights *w = sx_synthetic_weights(g, &err);
    CHECK_OK(w != NULL, err);
    sx_store *store = sx_store_open(g, w, (sx_store_options){ .own = true }, &err);
    CHECK_OK(store != NULL, err);
    sx_plan *p = sx_plan_new(
        g, store, (sx_plan_options){ .compute = t, .training = true, .threads = threads }, &err);
    CHECK_OK(p != NULL, err);
    float *v = sx_store_f32_mutable(store, sx_graph_param(g, 0)),
          *d = sx_plan_input(p, "draw", NULL, NULL);
    for (int i = 0; i < COUNT; i++)
        v[i] = 1;
    for (int i = 0; i < 4 * IMAGES; i++)
        d[i] = (float)(first_key + 7 * (i / 4) + 60000 * (i % 4 == 3));
    sx_store_zero_grads(store);
    check_run(p);
    CHECK_OK(sx_plan_output(p, "y", out, COUNT, &err), err);
    sx_dtype dtype;
    void *to = sx_plan_output_grad(p, "y", &dtype);
    assert_non_null(to);
    for (int i = 0; i < COUNT; i++)
        if (dtype == SX_F32)
            ((float *)to)[i] = 1;
        else
            ((uint16_t *)to)[i] = sx_f32_to_bf16(1);
    check_backward(p);
    memcpy(grad, sx_store_grad(store, sx_graph_param(g, 0)), COUNT * sizeof *grad);
    sx_plan_free(p);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

/* Of n numbers that two draws drop independently, this many differ by chance: 2 * 0.25 * 0.75. */
static double differing(const float *a, const float *b, int n) {
    int k = 0;
    for (int i = 0; i < n; i++)
        k += (a[i] > 0) != (b[i] > 0);
    return (double)k / n;
}

static void check_dropout(sx_dtype t) {
    static float a[COUNT], b[COUNT], grad[COUNT];
    const float kept = t == SX_F32 ? 1 / 0.75F : sx_bf16_to_f32(sx_f32_to_bf16(1 / 0.75F));
    int stay = 0;
    run_dropout(t, 5, 1, 1, a, grad);
    for (int i = 0; i < COUNT; i++) {
        if (!(a[i] == 0 || a[i] == kept)) fail_msg("number %d became %g", i, (double)a[i]);
        stay += a[i] > 0;
    }
    /* five standard deviations of a binomial count */
    assert_true(fabs((double)stay / COUNT - 0.75) < 5 * sqrt(0.75 * 0.25 / COUNT));
    assert_memory_equal(a, grad, sizeof a);
    run_dropout(t, 5, 3, 1, b, grad);
    assert_memory_equal(a, b, sizeof a);
    run_dropout(t, 6, 1, 1, b, grad);
    assert_true(fabs(differing(a, b, COUNT) - 0.375) < 0.02);
    run_dropout(t, 5, 1, 2, b, grad);
    assert_true(fabs(differing(a, b, COUNT) - 0.375) < 0.02);
    assert_true(fabs(differing(a, a + ROWS * C, ROWS * C) - 0.375) < 0.03); /* two images */
    assert_true(fabs(differing(a, a + C, ROWS * C) - 0.375) < 0.03);        /* two rows */
    run_dropout(t, 5, 1, 8, b, grad); /* its first image has the key of the other's second */
    assert_memory_equal(a + ROWS * C, b, ROWS * C * sizeof *a);
}

static void test_f32(void **state) {
    (void)state;
    check_dropout(SX_F32);
}

static void test_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    check_dropout(SX_BF16);
}

/* A network for prediction has no trace of it. */
static void test_prediction(void **state) {
    (void)state;
    for (int training = 0; training < 2; training++) {
        sx_error err = { 0 };
        sx_sparse_rcnn m = sx_sparse_rcnn_r50;
        m.dropout = 10;
        sx_graph *g = sx_graph_new(&err);
        if (training) sx_graph_set_for_training(g);
        sx_node *image = sx_input(g, "image", (sx_shape){ 1, 64, 64, 3 });
        sx_sparse_rcnn_build(g, image, sx_input(g, "sizes", (sx_shape){ 1, 1, 1, 2 }), &m);
        CHECK_OK(sx_graph_finish(g, &err), err);
        int drops = 0;
        for (size_t i = 0; i < sx_graph_node_count(g); i++)
            drops += strcmp(sx_node_op(sx_graph_node(g, i)), "dropout") == 0;
        assert_int_equal(drops, training ? 4 * 6 : 0);
        sx_graph_free(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_f32), cmocka_unit_test(test_bf16),
                                        cmocka_unit_test(test_prediction) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
