/* The full-size ConvNeXt-Tiny against torchvision (golden case H): forward pass, loss and
 * gradients. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/arch.h"
#include "models/convnext.h"
#include "models/losses.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/golden_check.h"
#include "support/reference.h"
#include "support/run_plan.h"

typedef struct network_run {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} network_run;

static void start(network_run *r, sx_part part, sx_plan_options o) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find("convnext_tiny"), 1);
    CHECK_OK(sx_network_configure(&net, "{\"drop\": 0}", &err), err);
    r->graph = sx_network_build(&net, (sx_shape){ 2, 224, 224, 3 }, part, &err);
    CHECK_OK(r->graph != NULL, err);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ .own = o.training }, &err);
    CHECK_OK(r->store != NULL, err);
    r->plan = sx_plan_new(r->graph, r->store, o, &err);
    CHECK_OK(r->plan != NULL, err);
    reference_fill(r->plan, 0, "input/convnext_tiny/eval/0", 224, 224, false);
    reference_fill(r->plan, 1, "input/convnext_tiny/eval/1", 224, 224, true);
}

static void stop(network_run *r) {
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

static void test_forward(void **state) {
    (void)state;
    static const char *const stages[] = { "stem",          "stage1_block0_branch",
                                          "stage1_block0", "stage1",
                                          "down1",         "stage2",
                                          "down2",         "stage3",
                                          "down3",         "stage4",
                                          "pooled",        "norm",
                                          "logits" };
    sx_weights *ref = reference_open("convnext_tiny.safetensors");
    network_run r;
    start(&r, SX_WHOLE_WITH_STAGES, (sx_plan_options){ .compute = SX_F32 });
    golden_check_weights(r.weights, ref);
    check_run(r.plan);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "eval/%s", stages[i]);
        reference_check(r.plan, r.graph, stages[i], ref, name, 1e-4);
    }
    stop(&r);
    sx_weights_free(ref);
}

static void test_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    sx_error err = { 0 };
    sx_weights *ref = reference_open("convnext_tiny.safetensors");
    network_run r;
    float p[2];
    start(&r, SX_WHOLE, (sx_plan_options){ .compute = SX_BF16 });
    check_run(r.plan);
    CHECK_OK(sx_plan_output(r.plan, "logits", p, 2, &err), err);
    for (int i = 0; i < 2; i++)
        p[i] = 1.0F / (1.0F + expf(-p[i]));
    check_close_f32(p, reference_f32(ref, "eval/probs", 2), 2, 2e-2, "probabilities in bf16");
    stop(&r);
    sx_weights_free(ref);
}

static void test_gradients(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *ref = reference_open("convnext_tiny.safetensors");
    network_run r;
    sx_losses losses;
    const float classes[2] = { 1, 0 };
    const sx_targets truth[2] = { { .classes = &classes[0] }, { .classes = &classes[1] } };
    start(&r, SX_FOR_TRAINING, (sx_plan_options){ .compute = SX_F32, .training = true });
    check_run(r.plan);
    CHECK_OK(sx_classifier_loss(NULL, r.plan, truth, 2, &(sx_loss_state){ 0 }, &losses, &err), err);
    assert_true(fabs(losses.total - golden_number(ref, "train/loss0", 0)) <= 1e-5);
    check_backward(r.plan);
    golden_check_gradients(r.graph, r.store, ref, "train", (golden_bounds){ 1e-4, 1e-4 });
    stop(&r);
    sx_weights_free(ref);
}

/* torchvision's counts: with 1,000 classes 28,589,128 parameters. */
static void test_parameters(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find("convnext_tiny"), 1000);
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 32, 64, 3 }, SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    int64_t sum = 0;
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        int64_t count = 1;
        for (int d = 0; d < p->ndim; d++)
            count *= p->dims[d];
        sum += count;
    }
    assert_int_equal(sum, 28589128);
    sx_graph_free(g);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
