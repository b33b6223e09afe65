/* What the planner makes of a graph follows from what the ops say of themselves: ops from outside
 * nn/ fold as those of nn/ops do. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/synthetic_weights.h"
#include "nn/op.h"
#include "nn/step.h"
#include "support/check.h"
#include "support/run_plan.h"

static bool infer_same(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->inputs[0]->shape;
    return true;
}

static bool clamp(sx_step *s, sx_error *err) {
    (void)err;
    for (int64_t i = 0; i < sx_shape_count(s->out->shape); i++) {
        const float v = ((const float *)s->inputs[0]->data)[i];
        ((float *)s->out->data)[i] = v < 0 ? 0 : v;
    }
    return true;
}

static sx_act act_of(const sx_node *n) {
    return *(const sx_act *)n->attr;
}

/* A second ReLU (or swish) that folds as nn/'s own does. */
static const sx_op other_act = { .name = "other_act",
                                 .folded_as = SX_FOLD_ACT,
                                 .folded_act = act_of,
                                 .infer = infer_same,
                                 .forward = clamp };

static bool copy(sx_step *s, sx_error *err) {
    (void)err;
    memcpy(s->out->data, s->inputs[0]->data, (size_t)sx_shape_count(s->out->shape) * sizeof(float));
    if (s->act == SX_ACT_RELU)
        for (int64_t i = 0; i < sx_shape_count(s->out->shape); i++)
            ((float *)s->out->data)[i] = fmaxf(((float *)s->out->data)[i], 0);
    return true;
}

/* A copy that takes a ReLU in, but no other activation. */
static const sx_op copy_relu = {
    .name = "copy", .folds = SX_FOLD_RELU, .infer = infer_same, .forward = copy
};

static sx_node *act(sx_graph *g, sx_node *x, const sx_op *op, sx_act kind) {
    return sx_node_simple(g, op, x, &kind, sizeof kind);
}

typedef sx_node *build_fn(sx_graph *g, sx_node *x);

static sx_node *conv(sx_graph *g, sx_node *x, const char *name) {
    return sx_conv2d(g, x, name, (sx_conv){ .out = 8, .kernel = 1 });
}

static sx_node *residual(sx_graph *g, sx_node *x) {
    sx_node *y = sx_batch_norm(g, conv(g, x, "conv"), "norm", (sx_bn){ 0 });
    return act(g, sx_add(g, y, x), &other_act, SX_ACT_RELU);
}
static sx_node *read_twice(sx_graph *g, sx_node *x) {
    sx_node *y = conv(g, x, "conv");
    return sx_add(g, sx_relu(g, y), y);
}
static sx_node *copied_relu(sx_graph *g, sx_node *x) {
    return sx_relu(g, sx_node_simple(g, &copy_relu, x, NULL, 0));
}
static sx_node *copied_swish(sx_graph *g, sx_node *x) {
    return sx_activation(g, sx_node_simple(g, &copy_relu, x, NULL, 0), SX_ACT_SWISH);
}
static sx_node *norm_after_sum(sx_graph *g, sx_node *x) {
    return sx_batch_norm(g, sx_add(g, conv(g, x, "conv"), x), "norm", (sx_bn){ 0 });
}
static sx_node *transition(sx_graph *g, sx_node *x) {
    return sx_avg_pool(g, conv(g, x, "conv"), (sx_pool){ .kernel = 2, .stride = 2 });
}
static sx_node *overlapping(sx_graph *g, sx_node *x) {
    return sx_avg_pool(g, conv(g, x, "conv"), (sx_pool){ .kernel = 3, .stride = 2, .pad = 1 });
}
static sx_node *pieces(sx_graph *g, sx_node *x) {
    sx_node *both = sx_concat(g, (sx_node *[]){ x, x }, 2);
    return sx_add(g, sx_batch_norm(g, both, "norm", (sx_bn){ 0 }), both);
}

static const struct {
    const char *name;
    build_fn *build;
    const char *steps; /* the ops in order */
} cases[] = {
    { "norm, sum and another activation", residual, "conv2d" },
    { "what is read twice stays", read_twice, "conv2d activation add" },
    { "a ReLU into a copy", copied_relu, "copy" },
    { "no swish into a copy", copied_swish, "copy activation" },
    { "a norm does not pass a sum", norm_after_sum, "conv2d batch_norm" },
    { "the mean first", transition, "avg_pool conv2d" },
    { "no mean with overlap", overlapping, "conv2d avg_pool" },
    { "one reader of pieces, one of the whole", pieces, "batch_norm concat add" },
};

typedef struct net {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
    float out[1024];
    int64_t count;
} net;

static void run_net(net *n, build_fn *build, bool plain) {
    sx_error err = { 0 };
    sx_graph *g = n->graph = sx_graph_new(&err);
    sx_output(g, "y", build(g, sx_input(g, "x", (sx_shape){ 1, 6, 6, 8 })));
    CHECK_OK(sx_graph_finish(g, &err), err);
    n->weights = sx_synthetic_weights(g, &err);
    n->store = n->weights ? sx_store_open(g, n->weights, (sx_store_options){ 0 }, &err) : NULL;
    n->plan = n->store ? sx_plan_new(g, n->store,
                                     (sx_plan_options){ .compute = SX_F32, .plain = plain }, &err)
                       : NULL;
    CHECK_OK(n->plan != NULL, err);
    float *x = sx_plan_input(n->plan, "x", NULL, NULL);
    for (int i = 0; i < 6 * 6 * 8; i++)
        x[i] = (float)(i * 7919 % 255) / 128 - 1;
    check_run(n->plan);
    n->count = sx_plan_output_count(n->plan, "y");
    assert_in_range(n->count, 1, sizeof n->out / sizeof n->out[0]);
    CHECK_OK(sx_plan_output(n->plan, "y", n->out, n->count, &err), err);
}

static void free_net(net *n) {
    sx_plan_free(n->plan);
    sx_store_free(n->store);
    sx_weights_free(n->weights);
    sx_graph_free(n->graph);
}

static void check_case(const char *name, build_fn *build, const char *steps) {
    net fused, plain;
    char got[256] = "";
    run_net(&fused, build, false);
    run_net(&plain, build, true);
    for (int i = 0; i < sx_plan_steps(fused.plan); i++) {
        const char *op = sx_plan_step_info(fused.plan, i).op;
        assert_true(strlen(got) + strlen(op) + 2 < sizeof got);
        if (i) memcpy(got + strlen(got), " ", 2);
        memcpy(got + strlen(got), op, strlen(op) + 1);
    }
    if (strcmp(got, steps) != 0) fail_msg("%s: %s, not %s", name, got, steps);
    assert_int_equal(fused.count, plain.count);
    check_close_f32(fused.out, plain.out, (size_t)plain.count, 1e-5, name);
    free_net(&fused);
    free_net(&plain);
}

static void test_steps_and_numbers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(cases[i].name, cases[i].build, cases[i].steps);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps_and_numbers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
