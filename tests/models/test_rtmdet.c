/* The full-size RTMDet-tiny and -s against MMDetection (golden case G): forward pass, detections,
 * assignment, losses, gradients and three steps of AdamW. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/nms.h"
#include "image/noise.h"
#include "models/arch.h"
#include "models/rtmdet.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/golden_check.h"
#include "support/reference.h"
#include "support/run_plan.h"
#include "train/trainer.h"

typedef struct film {
    const char *name;
    int width, height;
    bool color;
} film;

static const film evals[] = { { "eval/0", 352, 416, false }, { "eval/1", 512, 320, true } };
static const film trains[] = { { "train/0", 320, 270, false }, { "train/1", 300, 288, true } };

typedef struct network_run {
    sx_network net;
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} network_run;

static sx_image read_film(const char *size, const film *f) {
    sx_error err = { 0 };
    sx_image image;
    char name[64];
    snprintf(name, sizeof name, "input/rtmdet_%s/%s", size, f->name);
    CHECK_OK(sx_noise_image(name, f->width, f->height, f->color, &image, &err), err);
    return image;
}

static void start(network_run *r, const char *size, sx_part part, sx_plan_options o,
                  const film *films, int count, int width, int height) {
    sx_error err = { 0 };
    char name[32];
    snprintf(name, sizeof name, "rtmdet_%s", size);
    sx_network_default(&r->net, sx_arch_find(name), 7);
    r->graph = sx_network_build(&r->net, (sx_shape){ count, height, width, 3 }, part, &err);
    CHECK_OK(r->graph != NULL, err);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ .own = o.training }, &err);
    CHECK_OK(r->store != NULL, err);
    r->plan = sx_plan_new(r->graph, r->store, o, &err);
    CHECK_OK(r->plan != NULL, err);
    for (int i = 0; i < count; i++) {
        sx_image image = read_film(size, &films[i]);
        sx_input_fill(r->plan, i, &image, sx_network_normalisation(&r->net));
        sx_image_free(&image);
    }
    check_run(r->plan);
}

static void stop(network_run *r) {
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

static sx_weights *open_reference(const char *size) {
    char name[64];
    snprintf(name, sizeof name, "rtmdet_%s.safetensors", size);
    return reference_open(name);
}

/* ---- forward ---- */

static void check_outputs(const network_run *r, const sx_weights *ref, const char *place,
                          double bound) {
    for (int k = 0; k < SX_RTMDET_LEVELS; k++) {
        char name[64], output[16];
        snprintf(name, sizeof name, "%s/cls_logits%d", place, k);
        snprintf(output, sizeof output, "logits%d", k);
        reference_check(r->plan, r->graph, output, ref, name, bound);
        snprintf(name, sizeof name, "%s/bbox_pred%d", place, k);
        snprintf(output, sizeof output, "distances%d", k);
        reference_check_times(r->plan, r->graph, output, (float)(SX_RTMDET_STRIDE << k), ref, name,
                              bound);
    }
}

/* A detection of class and box as the reference's number i; its number, or -1. */
static int find_detection(const sx_candidates *c, const int *keep, size_t kept, const float *box,
                          int label) {
    for (size_t k = 0; k < kept; k++) {
        const sx_box b = c->boxes[keep[k]];
        if (c->labels[keep[k]] == label && fabsf(b.x0 - box[0]) < 0.05F &&
            fabsf(b.y0 - box[1]) < 0.05F && fabsf(b.x1 - box[2]) < 0.05F &&
            fabsf(b.y1 - box[3]) < 0.05F)
            return (int)k;
    }
    return -1;
}

/* The reference's 300 detections; `missing` of them may lie at the threshold of suppression. */
static void check_detections(const network_run *r, const sx_weights *ref, const char *place,
                             int image, int missing) {
    sx_error err = { 0 };
    const size_t cap = (size_t)r->net.arch->detect->candidates;
    sx_candidates c = { .boxes = calloc(cap, sizeof(sx_box)),
                        .scores = calloc(cap, sizeof(float)),
                        .labels = calloc(cap, sizeof(int)),
                        .cap = cap };
    int *keep = calloc(cap, sizeof *keep), absent = 0;
    size_t kept = 0;
    assert_true(c.boxes && c.scores && c.labels && keep);
    CHECK_OK(sx_rtmdet_decode(r->net.config, r->plan, image, 100, &c, &err), err);
    CHECK_OK(sx_nms(c.boxes, c.scores, c.labels, c.count,
                    &(sx_nms_options){ .iou = 0.65F, .max_kept = 300 }, keep, &kept, &err),
             err);
    assert_int_equal(kept, 300);
    char key[64], classes[64];
    snprintf(key, sizeof key, "%s/det%d/boxes", place, image);
    snprintf(classes, sizeof classes, "%s/det%d/classes", place, image);
    const float *boxes = reference_f32(ref, key, 1200);
    snprintf(key, sizeof key, "%s/det%d/scores", place, image);
    const float *scores = reference_f32(ref, key, 300);
    for (int i = 0; i < 300; i++) {
        const int at =
            find_detection(&c, keep, kept, boxes + 4 * i, (int)golden_number(ref, classes, i));
        absent += at < 0;
        if (at >= 0 && fabsf(c.scores[keep[at]] - scores[i]) > 1e-4F)
            fail_msg("%s: detection %d scores %g, reference %g", place, i,
                     (double)c.scores[keep[at]], (double)scores[i]);
    }
    if (absent > missing) fail_msg("%s: %d detections of %d are absent", place, absent, 300);
    free(c.boxes);
    free(c.scores);
    free(c.labels);
    free(keep);
}

static void check_forward(const char *size) {
    static const char *const stages[] = { "stem",
                                          "stage1_blocks",
                                          "stage1_attention",
                                          "stage1",
                                          "stage2",
                                          "stage3",
                                          "stage4_spp",
                                          "stage4",
                                          "neck_reduce0",
                                          "neck_top_down0",
                                          "neck_reduce1",
                                          "neck_top_down1",
                                          "neck_down0",
                                          "neck_bottom_up0",
                                          "neck_down1",
                                          "neck_bottom_up1",
                                          "p3",
                                          "p4",
                                          "p5" };
    sx_weights *ref = open_reference(size);
    for (int i = 0; i < 2; i++) {
        network_run r;
        char place[16], name[64];
        snprintf(place, sizeof place, "eval_%d", i);
        start(&r, size, SX_WHOLE_WITH_STAGES, (sx_plan_options){ .compute = SX_F32 }, &evals[i], 1,
              evals[i].width, evals[i].height);
        golden_check_weights(r.weights, ref);
        for (size_t k = 0; k < sizeof stages / sizeof stages[0]; k++) {
            snprintf(name, sizeof name, "%s/%s", place, stages[k]);
            reference_check(r.plan, r.graph, stages[k], ref, name, 1e-4);
        }
        check_outputs(&r, ref, place, 1e-4);
        check_detections(&r, ref, place, 0, 0);
        stop(&r);
    }
    network_run both; /* padded with grey */
    start(&both, size, SX_WHOLE, (sx_plan_options){ .compute = SX_F32 }, evals, 2, 512, 416);
    check_outputs(&both, ref, "eval_batch", 1e-4);
    check_detections(&both, ref, "eval_batch", 0, 1);
    check_detections(&both, ref, "eval_batch", 1, 1);
    stop(&both);
    sx_weights_free(ref);
}

static void test_forward_tiny(void **state) {
    (void)state;
    check_forward("tiny");
}
static void test_forward_s(void **state) {
    (void)state;
    check_forward("s");
}

/* ---- training ---- */

enum { MOST_TARGETS = 8 };

static void read_targets(const sx_weights *ref, sx_targets truth[2], int labels[2][MOST_TARGETS]) {
    for (int i = 0; i < 2; i++) {
        char key[64];
        snprintf(key, sizeof key, "train/target%d_boxes", i);
        const sx_tensor *boxes = sx_weights_find(ref, key);
        assert_non_null(boxes);
        snprintf(key, sizeof key, "train/target%d_classes", i);
        const int n = (int)boxes->dims[0];
        assert_true(n <= MOST_TARGETS);
        for (int k = 0; k < n; k++)
            labels[i][k] = (int)golden_number(ref, key, k);
        truth[i] = (sx_targets){ .boxes = boxes->data, .labels = labels[i], .count = n };
    }
}

/* The cells of one image, from the plan's outputs. */
static void read_cells(const network_run *r, int image, sx_rtmdet_cells *c) {
    sx_error err = { 0 };
    enum { MOST = 1890, CLASSES = 7 };
    *c = (sx_rtmdet_cells){ .classes = CLASSES,
                            .x = calloc(MOST, sizeof(float)),
                            .y = calloc(MOST, sizeof(float)),
                            .stride = calloc(MOST, sizeof(float)),
                            .boxes = calloc(MOST, sizeof(sx_box)),
                            .logits = calloc(MOST * CLASSES, sizeof(float)) };
    float *out = calloc(2 * MOST * CLASSES, sizeof *out);
    assert_true(c->x && c->y && c->stride && c->boxes && c->logits && out);
    for (int k = 0; k < SX_RTMDET_LEVELS; k++) {
        char name[16];
        snprintf(name, sizeof name, "logits%d", k);
        const sx_shape s = sx_plan_output_shape(r->plan, name);
        const int n = s.h * s.w, stride = SX_RTMDET_STRIDE << k;
        CHECK_OK(sx_plan_output(r->plan, name, out, sx_shape_count(s), &err), err);
        memcpy(c->logits + c->count * CLASSES, out + image * n * CLASSES,
               (size_t)(n * CLASSES) * sizeof *out);
        snprintf(name, sizeof name, "distances%d", k);
        CHECK_OK(sx_plan_output(r->plan, name, out, 2 * n * 4, &err), err);
        for (int i = 0; i < n; i++, c->count++) {
            c->x[c->count] = (float)(i % s.w * stride);
            c->y[c->count] = (float)(i / s.w * stride);
            c->stride[c->count] = (float)stride;
            c->boxes[c->count] = sx_rtmdet_box(i % s.w, i / s.w, stride, out + 4 * (image * n + i));
        }
    }
    assert_int_equal(c->count, MOST);
    free(out);
}

static void check_assignment(const network_run *r, const sx_weights *ref,
                             const sx_targets truth[2]) {
    sx_error err = { 0 };
    for (int i = 0; i < 2; i++) {
        sx_rtmdet_cells c;
        char prior[64], target[64], iou[64];
        read_cells(r, i, &c);
        sx_rtmdet_match *match = calloc((size_t)c.count, sizeof *match);
        assert_non_null(match);
        CHECK_OK(sx_rtmdet_assign(&c, &truth[i], match, &err), err);
        snprintf(prior, sizeof prior, "train/assign%d/prior", i);
        snprintf(target, sizeof target, "train/assign%d/target", i);
        snprintf(iou, sizeof iou, "train/assign%d/iou", i);
        const int count = (int)sx_tensor_count(sx_weights_find(ref, prior));
        int n = 0;
        for (int64_t k = 0; k < c.count; k++) {
            if (match[k].target < 0) continue;
            assert_true(n < count);
            assert_int_equal(k, (int)golden_number(ref, prior, n));
            assert_int_equal(match[k].target, (int)golden_number(ref, target, n));
            assert_true(fabs((double)match[k].iou - golden_number(ref, iou, n)) <= 1e-4);
            n++;
        }
        assert_int_equal(n, count);
        free(match);
        free(c.x);
        free(c.y);
        free(c.stride);
        free(c.boxes);
        free(c.logits);
    }
}

static void check_statistics(const network_run *r, const sx_weights *ref) {
    int n = 0;
    for (size_t i = 0; i < sx_graph_param_count(r->graph); i++) {
        const sx_param *p = sx_graph_param(r->graph, i);
        char key[256];
        snprintf(key, sizeof key, "train/bn_stat/%s", p->name);
        if (p->kind != SX_PARAM_BUFFER) continue;
        const float *v = sx_store_f32(r->store, p);
        double sum = 0;
        for (int64_t k = 0; k < p->dims[0]; k++)
            sum += (double)v[k] * (double)v[k];
        const double want = golden_number(ref, key, 1);
        if (!(fabs(sqrt(sum) - want) <= 1e-4 * want))
            fail_msg("%s: norm %g, reference %g", p->name, sqrt(sum), want);
        n++;
    }
    assert_true(n > 100);
}

static void check_training(const char *size) {
    sx_error err = { 0 };
    sx_weights *ref = open_reference(size);
    sx_targets truth[2];
    int labels[2][MOST_TARGETS];
    network_run r;
    sx_losses losses;
    char name[64];
    read_targets(ref, truth, labels);
    start(&r, size, SX_FOR_TRAINING, (sx_plan_options){ .compute = SX_F32, .training = true },
          trains, 2, 320, 288);
    check_outputs(&r, ref, "train", 1e-3);
    check_statistics(&r, ref);
    check_assignment(&r, ref, truth);
    CHECK_OK(sx_rtmdet_loss(r.net.config, r.plan, truth, 2, &(sx_loss_state){ 0 }, &losses, &err),
             err);
    assert_int_equal(losses.count, 2);
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "f64/train/loss/%s", losses.items[i].name);
        const double want = golden_number(ref, name, 0);
        print_message("%s: %.9g, reference %.9g\n", name, losses.items[i].value, want);
        assert_true(fabs(losses.items[i].value - want) <= 1e-4 * want);
    }
    check_backward(r.plan);
    golden_check_gradients(r.graph, r.store, ref, "f64/train", (golden_bounds){ 1e-3, 1e-3 });
    stop(&r);
    sx_weights_free(ref);
}

static void test_training_tiny(void **state) {
    (void)state;
    check_training("tiny");
}
static void test_training_s(void **state) {
    (void)state;
    check_training("s");
}

/* Losses before each step of AdamW and after the third; tolerances: three times the reference's own
 * distance between f32 and f64 (GOLDEN_GH.md's table). */
static void check_steps(const char *size) {
    static const double bounds[] = { 3 * 5e-5, 3 * 6e-4, 3 * 0.024, 3 * 0.054 };
    sx_error err = { 0 };
    sx_weights *ref = open_reference(size);
    sx_targets truth[2];
    int labels[2][MOST_TARGETS];
    sx_network net;
    sx_example batch[2];
    char name[32];
    read_targets(ref, truth, labels);
    snprintf(name, sizeof name, "rtmdet_%s", size);
    sx_network_default(&net, sx_arch_find(name), 7);
    for (int i = 0; i < 2; i++)
        batch[i] = (sx_example){ .image = read_film(size, &trains[i]),
                                 .boxes = (sx_box *)truth[i].boxes,
                                 .labels = labels[i],
                                 .count = truth[i].count,
                                 .name = "reference" };
    sx_weights *weights = sx_synthetic_model(&net, &err);
    CHECK_OK(weights != NULL, err);
    const sx_trainer_options o = {
        .compute = SX_F32,
        .optim = { .kind = SX_OPTIM_ADAMW, .decay = 0.05 },
        .schedule = { .base = 1e-3 },
        .pad = 32,
    };
    sx_trainer *t = sx_trainer_new(&net, weights, &o, &err);
    CHECK_OK(t != NULL, err);
    for (int i = 0; i < 4; i++) {
        sx_train_report report;
        CHECK_OK(sx_trainer_step(t, batch, 2, &report, &err), err);
        const double want = golden_number(ref, "f64/train/adamw/loss_total", i);
        print_message("loss %d: %.7g, reference %.7g\n", i, report.losses.total, want);
        if (!(fabs(report.losses.total - want) <= bounds[i]))
            fail_msg("loss %d is %g, reference %g", i, report.losses.total, want);
    }
    sx_trainer_free(t);
    sx_weights_free(weights);
    sx_image_free(&batch[0].image);
    sx_image_free(&batch[1].image);
    sx_weights_free(ref);
}

static void test_steps_tiny(void **state) {
    (void)state;
    check_steps("tiny");
}
static void test_steps_s(void **state) {
    (void)state;
    check_steps("s");
}

/* ---- counts, and films without boxes ---- */

static int64_t parameters(const char *arch, int classes) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), classes);
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 64, 64, 3 }, SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    int64_t sum = 0;
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        int64_t count = p->kind == SX_PARAM_BUFFER || p->kind == SX_PARAM_COUNTER ? 0 : 1;
        for (int d = 0; d < p->ndim; d++)
            count *= p->dims[d];
        sum += count;
    }
    sx_graph_free(g);
    return sum;
}

static void test_parameters(void **state) {
    (void)state;
    assert_int_equal(parameters("rtmdet_tiny", 80), 4896168);
    assert_int_equal(parameters("rtmdet_s", 80), 8886924);
    assert_int_equal(parameters("rtmdet_tiny", 7), 4874925);
    assert_int_equal(parameters("rtmdet_s", 7), 8858673);
}

/* Without true boxes every cell is background, and the divisor is 1. */
static void test_no_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_targets truth[2] = { { 0 } };
    network_run r;
    sx_losses losses;
    start(&r, "tiny", SX_FOR_TRAINING, (sx_plan_options){ .compute = SX_F32, .training = true },
          trains, 2, 320, 288);
    CHECK_OK(sx_rtmdet_loss(r.net.config, r.plan, truth, 2, &(sx_loss_state){ 0 }, &losses, &err),
             err);
    assert_true(losses.items[0].value > 1 && losses.items[1].value == 0);
    check_backward(r.plan);
    stop(&r);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_forward_tiny),
        cmocka_unit_test(test_forward_s),  cmocka_unit_test(test_training_tiny),
        cmocka_unit_test(test_training_s), cmocka_unit_test(test_steps_tiny),
        cmocka_unit_test(test_steps_s),    cmocka_unit_test(test_no_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
