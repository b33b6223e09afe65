/* The first training steps of the full-size networks against the authors' own code (golden cases A
 * and B). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/noise.h"
#include "models/densenet.h"
#include "models/input.h"
#include "models/sparse_rcnn.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/reference.h"
#include "support/run_plan.h"
#include "train/trainer.h"

typedef struct run {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} run;

/* What the authors freeze: FREEZE_AT 2. */
static const char *const frozen[] = { "bottom_up.stem", "bottom_up.res2", NULL };

static void start_with(run *r, const sx_network *net, sx_shape shape, bool plain) {
    sx_error err = { 0 };
    r->graph = sx_network_build(net, shape, SX_FOR_TRAINING, &err);
    CHECK_OK(r->graph != NULL, err);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ .own = true }, &err);
    CHECK_OK(r->store != NULL, err);
    for (size_t i = 0; i < sx_graph_param_count(r->graph); i++)
        for (const char *const *f = frozen; *f; f++)
            if (strstr(sx_graph_param(r->graph, i)->name, *f))
                sx_store_set_trainable(r->store, sx_graph_param(r->graph, i), false);
    r->plan =
        sx_plan_new(r->graph, r->store,
                    (sx_plan_options){ .compute = SX_F32, .training = true, .plain = plain }, &err);
    CHECK_OK(r->plan != NULL, err);
}

static void start(run *r, const sx_network *net, sx_shape shape) {
    start_with(r, net, shape, false);
}

static void stop(run *r) {
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

static double number(const sx_weights *ref, const char *name, int i) {
    const sx_tensor *t = sx_weights_find(ref, name);
    if (!t || i >= sx_tensor_count(t)) fail_msg("reference %s is absent", name);
    if (t->dtype == SX_I64) return (double)((const int64_t *)t->data)[i];
    return t->dtype == SX_F64 ? ((const double *)t->data)[i] : (double)((const float *)t->data)[i];
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Norms of all gradients. The reference's own f32 and f64 runs differ, because a ReLU near zero may
 * change sides (GOLDEN.md: 1e-4 in the median, at most `noise`). Tolerances: 2.5 times that median,
 * 1e-3 for nine in ten, 4 times the largest. */
static void check_gradients(const run *r, const sx_weights *ref, double noise) {
    static double off[2048];
    size_t n = 0;
    for (size_t i = 0; i < sx_graph_param_count(r->graph); i++) {
        const sx_param *p = sx_graph_param(r->graph, i);
        char key[256];
        snprintf(key, sizeof key, "train/grad_l2/%s", p->name);
        if (!sx_weights_find(ref, key)) {
            if (sx_store_trainable(r->store, p))
                fail_msg("the reference has no gradient of %s", p->name);
            continue;
        }
        const float *g = sx_store_grad(r->store, p);
        assert_non_null(g);
        int64_t count = 1;
        double sum = 0;
        for (int d = 0; d < p->ndim; d++)
            count *= p->dims[d];
        for (int64_t k = 0; k < count; k++)
            sum += (double)g[k] * (double)g[k];
        const double want = number(ref, key, 0);
        off[n] =
            want > 0 ? fabs(sqrt(sum) - want) / want : sqrt(sum); /* a level without a sample: 0 */
        if (!(off[n] <= fmax(4 * noise, 1e-3)))
            fail_msg("gradient of %s: norm %g, reference %g", p->name, sqrt(sum), want);
        n++;
    }
    assert_true(n > 60);
    qsort(off, n, sizeof *off, by_value);
    print_message("%zu gradient norms: median off by %.3g, nine in ten by %.3g, the most %.3g\n", n,
                  off[n / 2], off[n * 9 / 10], off[n - 1]);
    if (!(off[n / 2] <= 2.5e-4 && off[n * 9 / 10] <= 1e-3))
        fail_msg("gradient norms: median off by %g, nine in ten by %g", off[n / 2],
                 off[n * 9 / 10]);
}

/* Gradients at sixteen places of some parameters, as parts of the parameter's largest: how far this
 * run's are from the reference's, or from another run's. In rising order. */
enum { SAMPLES = 320 };

static size_t sample_distances(const run *r, const sx_weights *ref, const run *other,
                               double off[SAMPLES]) {
    size_t n = 0;
    for (size_t i = 0; i < sx_graph_param_count(r->graph); i++) {
        const sx_param *p = sx_graph_param(r->graph, i);
        char key[256];
        snprintf(key, sizeof key, "train/grad_samples/%s", p->name);
        const sx_tensor *want = sx_weights_find(ref, key);
        if (!want) continue;
        const float *g = sx_store_grad(r->store, p),
                    *o = other ? sx_store_grad(other->store, p) : NULL;
        int64_t count = 1;
        for (int d = 0; d < p->ndim; d++)
            count *= p->dims[d];
        snprintf(key, sizeof key, "train/grad_l2/%s", p->name);
        const int64_t samples = sx_tensor_count(want); /* 16, or all */
        for (int64_t k = 0; k < samples && n < SAMPLES; k++, n++) {
            const int64_t at = samples > 1 ? k * (count - 1) / (samples - 1) : 0;
            const float from = o ? o[at] : ((const float *)want->data)[k];
            off[n] = fabs((double)g[at] - (double)from) / number(ref, key, 1);
        }
    }
    assert_true(n >= 250);
    qsort(off, n, sizeof *off, by_value);
    print_message("%zu samples of gradients, from %s: median off by %.3g of the largest, nine in "
                  "ten by %.3g, the most "
                  "%.3g\n",
                  n, other ? "the same with other rounding" : "the reference", off[n / 2],
                  off[n * 9 / 10], off[n - 1]);
    return n;
}

/* A ReLU near zero that changes sides changes single gradients. The tolerance is 1e-3, or a
 * multiple of the difference from the same gradients with other rounding (`other`; NULL: none)
 * where that is larger. */
static void check_samples(const run *r, const sx_weights *ref, const run *other) {
    double off[SAMPLES], noise[SAMPLES] = { 0 };
    const size_t n = sample_distances(r, ref, NULL, off);
    if (other) sample_distances(r, ref, other, noise);
    const size_t at[] = { n / 2, n * 9 / 10, n * 99 / 100, n - 1 };
    const double times[] = { 4, 4, 4, 10 }; /* the largest of 300 varies most */
    for (int k = 0; k < 4; k++)
        if (!(off[at[k]] <= fmax(times[k] * noise[at[k]], k < 2 ? 1e-3 : 4e-3)))
            fail_msg("gradients are %g of their largest away, %g with other rounding", off[at[k]],
                     noise[at[k]]);
}

/* The reference gives (mean, norm). */
static void check_running(const run *r, const sx_weights *ref) {
    int n = 0;
    for (size_t i = 0; i < sx_graph_param_count(r->graph); i++) {
        const sx_param *p = sx_graph_param(r->graph, i);
        char key[256];
        snprintf(key, sizeof key, "train/bn_stat/%s", p->name);
        if (p->kind != SX_PARAM_BUFFER || !sx_weights_find(ref, key)) continue;
        const float *v = sx_store_f32(r->store, p);
        double sum = 0;
        for (int64_t k = 0; k < p->dims[0]; k++)
            sum += (double)v[k] * (double)v[k];
        const double want = number(ref, key, 1);
        if (!(fabs(sqrt(sum) - want) <= 1e-4 * want))
            fail_msg("%s: norm %g, reference %g", p->name, sqrt(sum), want);
        n++;
    }
    assert_true(n > 200);
}

typedef struct densenet_case {
    const char *depth;
    double noise; /* grad_l2_rel_max of the reference's f32 against its f64 */
} densenet_case;

static const densenet_case densenets[] = {
    { "121", 1.83e-3 },
    { "169", 4.43e-3 },
    { "201", 2.87e-3 },
};

static void load_films(const char *depth, sx_example *batch) {
    sx_error err = { 0 };
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "input/densenet%s/train/s0/%d", depth, i);
        sx_image_free(&batch[i].image);
        CHECK_OK(sx_noise_image(name, 224, 224, false, &batch[i].image, &err), err);
    }
}

/* Up to the gradients. */
static void run_first_step(run *r, sx_example *batch, float logits[4], sx_losses *losses) {
    sx_error err = { 0 };
    sx_targets truth[4];
    for (int i = 0; i < 4; i++) {
        sx_input_fill(r->plan, i, &batch[i].image, &sx_normalisation_detectron2);
        truth[i] = (sx_targets){ .classes = batch[i].classes };
    }
    check_run(r->plan);
    CHECK_OK(sx_plan_output(r->plan, "logits", logits, 4, &err), err);
    CHECK_OK(sx_classifier_loss(NULL, r->plan, truth, 4, &(sx_loss_state){ 0 }, losses, &err), err);
    check_backward(r->plan);
}

/* In `plain` plans a transition's convolution comes before its pool: the same sums in another
 * order. */
static void check_first_step(const densenet_case *c, const sx_network *net, const sx_weights *ref,
                             sx_example *batch) {
    run r, plain;
    sx_losses losses;
    float logits[4], same[4];
    start(&r, net, (sx_shape){ 4, 224, 224, 3 });
    start_with(&plain, net, (sx_shape){ 4, 224, 224, 3 }, true);
    load_films(c->depth, batch);
    run_first_step(&plain, batch, same, &losses);
    run_first_step(&r, batch, logits, &losses);
    check_close_f32(logits, reference_f32(ref, "train/logits0", 4), 4, 1e-4, "logits");
    assert_true(fabs(losses.total - number(ref, "train/loss0", 0)) <= 1e-5);
    check_running(&r, ref);
    check_gradients(&r, ref, c->noise);
    check_samples(&r, ref, &plain);
    stop(&plain);
    stop(&r);
}

static void check_densenet(const densenet_case *c) {
    char name[64];
    float classes[4];
    sx_example batch[4] = { 0 };
    sx_network net;
    snprintf(name, sizeof name, "densenet%s_train.safetensors", c->depth);
    sx_weights *ref = reference_open(name);
    for (int i = 0; i < 4; i++) {
        classes[i] = (float)number(ref, "train/classes", i);
        batch[i].classes = &classes[i];
        batch[i].name = "reference";
    }
    snprintf(name, sizeof name, "densenet%s", c->depth);
    sx_network_default(&net, sx_arch_find(name), 1);
    check_first_step(c, &net, ref, batch);
    for (int i = 0; i < 4; i++)
        sx_image_free(&batch[i].image);
    sx_weights_free(ref);
}

static void test_densenet121(void **state) {
    (void)state;
    check_densenet(&densenets[0]);
}
static void test_densenet169(void **state) {
    (void)state;
    check_densenet(&densenets[1]);
}
static void test_densenet201(void **state) {
    (void)state;
    check_densenet(&densenets[2]);
}

/* ---- Sparse R-CNN
 * ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int width, height;
    bool color;
} images[] = { { "input/sparse/0", 630, 470, false }, { "input/sparse/1", 384, 512, true } };

static void read_targets(const sx_weights *ref, sx_targets truth[2], int labels[2][16]) {
    for (int i = 0; i < 2; i++) {
        char key[64];
        snprintf(key, sizeof key, "train/target%d_boxes", i);
        const sx_tensor *boxes = sx_weights_find(ref, key);
        assert_non_null(boxes);
        snprintf(key, sizeof key, "train/target%d_classes", i);
        const int n = (int)boxes->dims[0];
        assert_true(n <= 16);
        for (int k = 0; k < n; k++)
            labels[i][k] = (int)number(ref, key, k);
        truth[i] = (sx_targets){ .boxes = boxes->data,
                                 .labels = labels[i],
                                 .count = n,
                                 .width = images[i].width,
                                 .height = images[i].height };
    }
}

/* Row 0 of the reference's matches holds proposals, row 1 targets. */
static void check_matches(const run *r, const sx_weights *ref, const sx_targets truth[2]) {
    sx_error err = { 0 };
    for (int s = 0; s < 6; s++) {
        float logits[1400], boxes[800];
        char key[64];
        snprintf(key, sizeof key, "logits%d", s);
        CHECK_OK(sx_plan_output(r->plan, key, logits, 1400, &err), err);
        snprintf(key, sizeof key, "boxes%d", s);
        CHECK_OK(sx_plan_output(r->plan, key, boxes, 800, &err), err);
        for (int i = 0; i < 2; i++) {
            int chosen[16];
            CHECK_OK(sx_sparse_rcnn_match(logits + 700 * i, boxes + 400 * i, 100, 7, &truth[i],
                                          chosen, &err),
                     err);
            if (s < 5)
                snprintf(key, sizeof key, "train/match/stage%d/%d", s, i);
            else
                snprintf(key, sizeof key, "train/match/last/%d", i);
            for (int k = 0; k < truth[i].count; k++)
                assert_int_equal(chosen[(int)number(ref, key, truth[i].count + k)],
                                 (int)number(ref, key, k));
        }
    }
}

static void test_sparse_rcnn(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *ref = reference_open("sparse_rcnn_r50_train.safetensors");
    sx_targets truth[2];
    int labels[2][16];
    sx_network net;
    run r;
    sx_losses losses;
    read_targets(ref, truth, labels);
    sx_network_default(&net, sx_arch_find("sparse_rcnn_r50"), 7);
    start(&r, &net, (sx_shape){ 2, 512, 640, 3 });
    float *sizes = sx_plan_input(r.plan, "sizes", NULL, NULL);
    for (int i = 0; i < 2; i++) {
        reference_fill(r.plan, i, images[i].name, images[i].width, images[i].height,
                       images[i].color);
        sizes[2 * i] = (float)images[i].width;
        sizes[2 * i + 1] = (float)images[i].height;
    }
    check_run(r.plan);
    check_matches(&r, ref, truth);
    CHECK_OK(
        sx_sparse_rcnn_loss(net.config, r.plan, truth, 2, &(sx_loss_state){ 0 }, &losses, &err),
        err);
    assert_int_equal(losses.count, 18);
    for (int i = 0; i < losses.count; i++) {
        char key[64];
        snprintf(key, sizeof key, "train/loss/%s", losses.items[i].name);
        const double want = number(ref, key, 0);
        if (!(fabs(losses.items[i].value - want) <= 1e-4 * want))
            fail_msg("%s is %g, reference %g", key, losses.items[i].value, want);
    }
    check_backward(r.plan);
    check_gradients(&r, ref, 1e-3);
    check_samples(&r, ref, NULL);
    stop(&r);
    sx_weights_free(ref);
}

/* ---- RetinaNet
 * ------------------------------------------------------------------------------------- */

static void read_case_c(const sx_weights *ref, sx_targets *truth, int labels[16]) {
    const sx_tensor *boxes = sx_weights_find(ref, "train/target0_boxes");
    assert_non_null(boxes);
    const int n = (int)boxes->dims[0];
    assert_true(n <= 16);
    for (int k = 0; k < n; k++)
        labels[k] = (int)number(ref, "train/target0_classes", k);
    *truth = (sx_targets){
        .boxes = boxes->data, .labels = labels, .count = n, .width = 630, .height = 470
    };
}

static void check_losses(const sx_losses *losses, const sx_weights *ref, double bound) {
    for (int i = 0; i < losses->count; i++) {
        char key[64];
        snprintf(key, sizeof key, "train/loss/%s", losses->items[i].name);
        const double want = number(ref, key, 0);
        print_message("%s: %.9g, reference %.9g\n", key, losses->items[i].value, want);
        if (!(fabs(losses->items[i].value - want) <= bound * want))
            fail_msg("%s is %g, reference %g", key, losses->items[i].value, want);
    }
}

static void test_retinanet(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *ref = reference_open("retinanet_r50_train.safetensors");
    sx_targets truth;
    int labels[16];
    sx_network net;
    run r;
    sx_losses losses;
    sx_loss_state carried = { 0 };
    read_case_c(ref, &truth, labels);
    sx_network_default(&net, sx_arch_find("retinanet_r50"), 7);
    start(&r, &net, (sx_shape){ 1, 480, 640, 3 });
    reference_fill(r.plan, 0, "input/retinanet_r50/0", 630, 470, false);
    check_run(r.plan);
    CHECK_OK(sx_retinanet_loss(net.config, r.plan, &truth, 1, &carried, &losses, &err), err);
    assert_int_equal(losses.count, 2);
    check_losses(&losses, ref, 1e-5);
    assert_true(fabs(carried.normaliser - 103.9) <
                1e-9); /* loss_normalizer of the reference's description */
    check_backward(r.plan);
    check_gradients(&r, ref, 1e-3);
    stop(&r);
    sx_weights_free(ref);
}

/* ---- Faster R-CNN
 * ---------------------------------------------------------------------------------- */

/* Without a key the sample is the first in order, as the reference's. */
static void test_faster_rcnn(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *ref = reference_open("faster_rcnn_r50_train.safetensors");
    sx_targets truth;
    int labels[16];
    sx_network net;
    run r;
    sx_losses losses;
    sx_loss_state carried = { 0 };
    read_case_c(ref, &truth, labels);
    sx_network_default(&net, sx_arch_find("faster_rcnn_r50"), 7);
    start(&r, &net, (sx_shape){ 1, 480, 640, 3 });
    reference_fill(r.plan, 0, "input/faster_rcnn_r50/0", 630, 470, false);
    CHECK_OK(sx_targets_fill(r.plan, &truth, 1, &err), err);
    check_run(r.plan);
    CHECK_OK(sx_faster_rcnn_loss(net.config, r.plan, &truth, 1, &carried, &losses, &err), err);
    assert_int_equal(losses.count, 4);
    check_losses(&losses, ref, 1e-5);
    check_backward(r.plan);
    check_gradients(&r, ref, 1e-3);
    stop(&r);
    sx_weights_free(ref);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_densenet121), cmocka_unit_test(test_densenet169),
        cmocka_unit_test(test_densenet201), cmocka_unit_test(test_sparse_rcnn),
        cmocka_unit_test(test_retinanet),   cmocka_unit_test(test_faster_rcnn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
