/* The full-size DenseNets against the authors' own code (golden case A, evaluation). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "models/densenet.h"
#include "models/synthetic_weights.h"
#include "nn/plan.h"
#include "support/check.h"
#include "support/reference.h"
#include "support/run_plan.h"

typedef struct run {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} run;

static void start(run *r, const sx_densenet *base, int images, bool probes, sx_plan_options o) {
    sx_error err = { 0 };
    sx_densenet m = *base;
    m.classes = 1;
    r->graph = sx_graph_new(&err);
    if (probes) sx_graph_want_probes(r->graph);
    sx_densenet_build(r->graph, sx_input(r->graph, "image", (sx_shape){ images, 224, 224, 3 }), &m);
    CHECK_OK(sx_graph_finish(r->graph, &err), err);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ 0 }, &err);
    CHECK_OK(r->store != NULL, err);
    r->plan = sx_plan_new(r->graph, r->store, o, &err);
    CHECK_OK(r->plan != NULL, err);
}

static void stop(run *r) {
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

static void fill(run *r, const char *depth) {
    for (int i = 0; i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "input/densenet%s/eval/%d", depth, i);
        reference_fill(r->plan, i, name, 224, 224, i == 1);
    }
}

static void check_weights(const run *r, const sx_weights *ref) {
    for (size_t i = 0; i < sx_weights_count(r->weights); i++) {
        const sx_tensor *t = sx_weights_at(r->weights, i);
        char key[160];
        snprintf(key, sizeof key, "weight_fnv/%s", t->name);
        const sx_tensor *want = sx_weights_find(ref, key);
        if (!want) continue; /* counters */
        uint64_t h = sx_fnv1a(t->data, t->bytes < 65536 ? t->bytes : 65536), expected;
        memcpy(&expected, want->data, sizeof expected);
        if (h != expected) fail_msg("synthetic weights %s differ", t->name);
    }
}

static void check_f32(const char *depth, const sx_densenet *m) {
    static const char *const stages[] = { "stem",        "block1", "transition1", "block2",
                                          "transition2", "block3", "transition3", "block4",
                                          "norm5",       "pooled", "logits" };
    char file[64], name[64];
    snprintf(file, sizeof file, "densenet%s_eval.safetensors", depth);
    sx_weights *ref = reference_open(file);
    run r;
    start(&r, m, 2, true, (sx_plan_options){ .compute = SX_F32 });
    check_weights(&r, ref);
    fill(&r, depth);
    check_run(r.plan);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        snprintf(name, sizeof name, "eval/%s", stages[i]);
        reference_check(r.plan, r.graph, stages[i], ref, name, 1e-4);
    }
    stop(&r);
    sx_weights_free(ref);
}

static void test_f32_121(void **state) {
    (void)state;
    check_f32("121", &sx_densenet121);
}
static void test_f32_169(void **state) {
    (void)state;
    check_f32("169", &sx_densenet169);
}
static void test_f32_201(void **state) {
    (void)state;
    check_f32("201", &sx_densenet201);
}

/* bf16 keeps probabilities within 2e-2 */
static void test_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    static const struct {
        const char *depth;
        const sx_densenet *m;
    } all[] = { { "121", &sx_densenet121 },
                { "169", &sx_densenet169 },
                { "201", &sx_densenet201 } };
    sx_error err = { 0 };
    for (int k = 0; k < 3; k++) {
        char file[64];
        float logits[2], got[2];
        snprintf(file, sizeof file, "densenet%s_eval.safetensors", all[k].depth);
        sx_weights *ref = reference_open(file);
        run r;
        start(&r, all[k].m, 2, false, (sx_plan_options){ .compute = SX_BF16 });
        fill(&r, all[k].depth);
        check_run(r.plan);
        CHECK_OK(sx_plan_output(r.plan, "logits", logits, 2, &err), err);
        for (int i = 0; i < 2; i++)
            got[i] = 1.0F / (1.0F + expf(-logits[i]));
        check_close_f32(got, reference_f32(ref, "eval/probs", 2), 2, 2e-2, "probabilities in bf16");
        stop(&r);
        sx_weights_free(ref);
    }
}

/* What the planner folds changes nothing but rounding. */
static void test_plain_equals_fused(void **state) {
    (void)state;
    sx_error err = { 0 };
    float logits[2][2];
    for (int plain = 0; plain < 2; plain++) {
        run r;
        start(&r, &sx_densenet121, 2, false,
              (sx_plan_options){ .compute = SX_F32, .plain = plain });
        fill(&r, "121");
        check_run(r.plan);
        CHECK_OK(sx_plan_output(r.plan, "logits", logits[plain], 2, &err), err);
        stop(&r);
    }
    check_close_f32(logits[0], logits[1], 2, 1e-4, "fused and plain logits");
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f32_121),
        cmocka_unit_test(test_f32_169),
        cmocka_unit_test(test_f32_201),
        cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_plain_equals_fused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
