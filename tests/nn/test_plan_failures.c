/* A failing step: the error names the step and the cause, and no later step runs, except those on
 * which peers or a watcher wait. */
#include <omp.h>
#include <stdlib.h>

#include "models/synthetic_weights.h"
#include "nn/op.h"
#include "nn/step.h"
#include "support/check.h"
#include "support/run_plan.h"

/* ---- an op that fails on request ---- */

static bool fails_forward, fails_backward;

static bool infer(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->inputs[0]->shape;
    return true;
}

static bool forward(sx_step *s, sx_error *err) {
    float *out = s->out->data;
    for (int64_t i = 0; i < sx_shape_count(s->out->shape); i++)
        out[i] = ((const float *)s->inputs[0]->data)[i];
    return !fails_forward || sx_fail(err, SX_ERR_MEMORY, "out of memory for a test");
}

static bool backward(sx_step *s, sx_error *err) {
    float *g = s->inputs[0]->grad;
    if (fails_backward) return sx_fail(err, SX_ERR_MEMORY, "no memory on the way back");
    const bool add = sx_grad_accumulates(s->inputs[0]);
    for (int64_t i = 0; i < sx_shape_count(s->out->shape); i++)
        g[i] = (add ? g[i] : 0) + ((const float *)s->out->grad)[i];
    return true;
}

static const sx_op fragile = {
    .name = "fragile", .infer = infer, .forward = forward, .backward = backward
};

/* conv - norm - fragile - norm - linear, on the input "image" [2][8][8][3] */
typedef struct fixture {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
    int sums;
    sx_peers peers;
} fixture;

/* As if another rank had the same part. */
static void count_sum(void *ctx, double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] *= 2;
    ++*(int *)ctx;
}

static void start(fixture *f, bool training, bool peers, int threads) {
    sx_error err = { 0 };
    sx_graph *g = f->graph = sx_graph_new(&err);
    sx_node *x = sx_input(g, "image", (sx_shape){ 2, 8, 8, 3 });
    x = sx_conv2d(g, x, "conv", (sx_conv){ .out = 8, .kernel = 3, .pad = 1 });
    x = sx_batch_norm(g, x, "norm1", (sx_bn){ 0 });
    x = sx_node_simple(g, &fragile, x, NULL, 0);
    x = sx_batch_norm(g, x, "norm2", (sx_bn){ 0 });
    sx_output(g, "y", sx_linear(g, sx_global_avg_pool(g, x), "last", 4, true));
    CHECK_OK(sx_graph_finish(g, &err), err);
    f->weights = sx_synthetic_weights(g, &err);
    f->store = f->weights
                   ? sx_store_open(g, f->weights, (sx_store_options){ .own = training }, &err)
                   : NULL;
    CHECK_OK(f->store != NULL, err);
    f->sums = 0;
    f->peers = (sx_peers){ .count = 2, .sum = count_sum, .ctx = &f->sums };
    f->plan = sx_plan_new(g, f->store,
                          (sx_plan_options){ .compute = SX_F32,
                                             .training = training,
                                             .threads = threads,
                                             .peers = peers ? &f->peers : NULL },
                          &err);
    CHECK_OK(f->plan != NULL, err);
    fails_forward = fails_backward = false;
}

static void stop(fixture *f) {
    sx_plan_free(f->plan);
    sx_store_free(f->store);
    sx_weights_free(f->weights);
    sx_graph_free(f->graph);
}

static void fill(fixture *f) {
    float *in = sx_plan_input(f->plan, "image", NULL, NULL);
    for (int i = 0; i < 2 * 8 * 8 * 3; i++)
        in[i] = (float)(i % 17) - 8;
}

static void fill_grad(fixture *f) {
    float *g = sx_plan_output_grad(f->plan, "y", NULL);
    assert_non_null(g);
    for (int i = 0; i < 8; i++)
        g[i] = 1;
}

static void test_a_failing_step_is_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    fixture f;
    start(&f, false, false, 1);
    fill(&f);
    fails_forward = true;
    CHECK_FAILS(sx_plan_run(f.plan, &err), err, SX_ERR_MEMORY,
                "fragile (fragile): out of memory for a test");
    fails_forward = false;
    fill(&f);
    check_run(f.plan); /* the plan is good for another run */
    stop(&f);
}

static void test_peers_see_every_sum(void **state) {
    (void)state;
    sx_error err = { 0 };
    fixture f;
    start(&f, true, true, 1);
    fill(&f);
    check_run(f.plan);
    fill_grad(&f);
    check_backward(f.plan);
    assert_int_equal(f.sums, 4); /* of two norms, on both ways */
    f.sums = 0;
    fails_forward = fails_backward = true;
    fill(&f);
    CHECK_FAILS(sx_plan_run(f.plan, &err), err, SX_ERR_MEMORY, "out of memory for a test");
    fill_grad(&f);
    CHECK_FAILS(sx_plan_backward(f.plan, &err), err, SX_ERR_MEMORY, "no memory on the way back");
    assert_int_equal(f.sums, 4);
    stop(&f);
}

static void count_step(void *ctx, int step) {
    int *next = ctx;
    assert_int_equal(step, *next);
    --*next;
}

static void test_a_watcher_sees_every_step(void **state) {
    (void)state;
    sx_error err = { 0 };
    fixture f;
    start(&f, true, false, 1);
    fill(&f);
    check_run(f.plan);
    fill_grad(&f);
    fails_backward = true;
    int next = sx_plan_steps(f.plan) - 1;
    CHECK_FAILS(sx_plan_backward_watched(f.plan, count_step, &next, &err), err, SX_ERR_MEMORY,
                "fragile (fragile): no memory on the way back");
    assert_int_equal(next, -1);
    stop(&f);
}

static void test_a_parallel_region_is_refused(void **state) {
    (void)state;
    sx_error errors[2] = { { 0 } };
    bool ok[2] = { false, false };
    fixture f[2];
    start(&f[0], false, false, 1);
    start(&f[1], false, false, 2);
    fill(&f[0]);
    fill(&f[1]);
#pragma omp parallel for schedule(static, 1) num_threads(2)
    for (int i = 0; i < 2; i++)
        ok[i] = sx_plan_run(f[i].plan, &errors[i]);
    assert_true(ok[0]);
    assert_false(ok[1]);
    check_error(&errors[1], SX_ERR_USAGE, "planned for 2 threads cannot run inside an OpenMP");
    check_run(f[1].plan);
    stop(&f[0]);
    stop(&f[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failing_step_is_named),
        cmocka_unit_test(test_peers_see_every_sum),
        cmocka_unit_test(test_a_watcher_sees_every_step),
        cmocka_unit_test(test_a_parallel_region_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
