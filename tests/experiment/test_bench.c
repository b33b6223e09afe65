/* Benchmarks: what is measured for a classifier, a detector and a training step, and cancellation.
 * Times themselves are not judged. */
#include <math.h>
#include <string.h>

#include "experiment/bench.h"
#include "support/check.h"
#include "support/small_networks.h"

static const char classifier[] = "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]}";
static const char detector[] = "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, "
                               "\"backbone_trained_norm\": 1, \"channels\": 16, \"convs\": 1}";
static const char two_stages[] = "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 8, "
                                 "\"channels\": 16, \"proposals\": 20, \"fc\": 16}";

static double graph_flops(const sx_network *net, sx_shape shape, sx_part part) {
    sx_error err = { 0 };
    double sum = 0;
    sx_graph *g = sx_network_build(net, shape, part, &err);
    CHECK_OK(g != NULL, err);
    for (size_t i = 0; i < sx_graph_node_count(g); i++)
        sum += sx_node_flops(sx_graph_node(g, i));
    sx_graph_free(g);
    return sum;
}

typedef struct step_times {
    int calls;
    double forward, backward;
} step_times;

static void add_times(void *user, const sx_plan *p) {
    step_times *t = user;
    t->calls++;
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        t->forward += s.seconds;
        t->backward += s.back_seconds;
    }
}

static void check_times(const sx_bench_result *r) {
    assert_true(r->ms > 0 && r->ms <= r->median_ms);
    assert_true(r->memory > 0);
}

static void test_classifier(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_network net = small_network("densenet121", classifier);
    const sx_context context = { .threads = 1 };
    step_times t = { 0 };
    const sx_bench_options o = { .context = &context,
                                 .net = &net,
                                 .shape = sx_network_shape(&net, 64, 64),
                                 .dtype = SX_F32,
                                 .runs = 3,
                                 .part = SX_WHOLE,
                                 .steps = add_times,
                                 .user = &t };
    sx_bench_result r;
    CHECK_OK(sx_bench_forward(&o, &r, &err), err);
    check_times(&r);
    assert_true(r.boxes_ms < 0);
    assert_true(r.flops == graph_flops(&net, o.shape, SX_WHOLE));
    assert_int_equal(r.output_count, 1);
    assert_int_equal(r.outputs[0].count, 1);
    assert_true(isfinite(r.outputs[0].values[0]) && r.outputs[0].values[0] != 0);
    assert_int_equal(t.calls, 1);
    assert_true(t.forward > 0 && t.backward == 0);
    sx_bench_result_free(&r);
}

static void test_detector(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_network net = small_network("retinanet_r50", detector);
    sx_bench_options o = { .net = &net,
                           .shape = sx_network_shape(&net, 128, 128),
                           .dtype = SX_F32,
                           .runs = 1,
                           .part = SX_WHOLE };
    sx_bench_result r;
    CHECK_OK(sx_bench_forward(&o, &r, &err), err);
    check_times(&r);
    assert_true(r.boxes_ms > 0);
    sx_bench_result_free(&r);
    o.part = SX_PYRAMID;
    CHECK_OK(sx_bench_forward(&o, &r, &err), err);
    assert_true(r.boxes_ms < 0);
    assert_true(r.flops == graph_flops(&net, o.shape, SX_PYRAMID));
    assert_int_equal(r.outputs[0].count, SX_BENCH_VALUES);
    sx_bench_result_free(&r);
}

static const sx_bench_output *output(const sx_bench_result *r, const char *name) {
    for (size_t i = 0; i < r->output_count; i++)
        if (strcmp(r->outputs[i].name, name) == 0) return &r->outputs[i];
    fail_msg("there is no output %s", name);
    return NULL;
}

/* Boxes are clipped to the size of their image: each image of a batch has one. */
static void test_sizes_of_a_batch(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_network net = small_network("faster_rcnn_r50", two_stages);
    sx_shape shape = sx_network_shape(&net, 64, 96);
    shape.n = 3;
    const sx_bench_options o = {
        .net = &net, .shape = shape, .dtype = SX_F32, .runs = 1, .part = SX_WHOLE
    };
    sx_bench_result r;
    CHECK_OK(sx_bench_forward(&o, &r, &err), err);
    const sx_bench_output *extent = output(&r, "extent");
    assert_int_equal(extent->count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(extent->values[i] == (float)(i % 2 ? shape.h : shape.w));
    assert_true(r.boxes_ms > 0);
    sx_bench_result_free(&r);
}

static void test_training(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_network nets[] = { small_network("densenet121", classifier),
                                small_network("retinanet_r50", detector) };
    for (int i = 0; i < 2; i++) {
        step_times t = { 0 };
        sx_shape shape = sx_network_shape(&nets[i], 64, 64);
        shape.n = 2;
        const sx_bench_options o = {
            .net = &nets[i], .shape = shape, .runs = 2, .steps = add_times, .user = &t
        };
        sx_bench_result r;
        CHECK_OK(sx_bench_training(&o, &r, &err), err);
        check_times(&r);
        assert_true(r.flops == 3 * graph_flops(&nets[i], shape, SX_FOR_TRAINING));
        assert_int_equal(t.calls, 1);
        assert_true(t.forward > 0 && t.backward > 0);
        sx_bench_result_free(&r);
    }
}

static bool always(void *user) {
    (void)user;
    return true;
}

static void test_cancelled(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_network net = small_network("densenet121", classifier);
    const sx_context context = { .threads = 1, .cancel = always };
    const sx_bench_options o = {
        .context = &context, .net = &net, .shape = sx_network_shape(&net, 64, 64), .runs = 100000
    };
    sx_bench_result r;
    CHECK_FAILS(sx_bench_forward(&o, &r, &err), err, SX_ERR_CANCELLED, "");
    sx_bench_result_free(&r);
    CHECK_FAILS(sx_bench_training(&o, &r, &err), err, SX_ERR_CANCELLED, "");
    sx_bench_result_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifier),       cmocka_unit_test(test_detector),
        cmocka_unit_test(test_sizes_of_a_batch), cmocka_unit_test(test_training),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
