/* EfficientDet, for which no reference can run here: sizes against the paper's table 1, names and
 * shapes against the public port's, anchors, matching and losses by hand. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "detect/anchor_match.h"
#include "detect/box_coder.h"
#include "models/efficientdet.h"
#include "models/losses.h"
#include "models/summary.h"
#include "models/synthetic_weights.h"
#include "nn/plan.h"
#include "support/check.h"
#include "support/run_plan.h"
#include "support/small_efficientdet.h"

/* ---- sizes and names ---- */

/* Tan 2020, tables 1 and 2: millions of parameters and 1e9 multiply-adds (of convolutions and
 * norms), as the paper rounds them, with COCO's 90 classes; `exact` are the published code's. */
static const struct {
    const char *arch;
    int side, channels, cells, convs;
    double params, products;
    int64_t exact;
} table1[] = {
    { "efficientdet_d0", 512, 64, 3, 3, 3.9, 2.5, 3880067 },
    { "efficientdet_d1", 640, 88, 4, 3, 6.6, 6.1, 6625898 },
    { "efficientdet_d2", 768, 112, 5, 3, 8.1, 11, 8097039 },
    { "efficientdet_d3", 896, 160, 6, 4, 12, 25, 12032296 },
    { "efficientdet_d4", 1024, 224, 7, 4, 21, 55, 20723675 },
};

static void test_table1(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (size_t i = 0; i < sizeof table1 / sizeof table1[0]; i++) {
        sx_network net;
        sx_summary s;
        sx_network_default(&net, sx_arch_find(table1[i].arch), 90);
        const sx_efficientdet *m = (const void *)net.config;
        assert_int_equal(m->channels, table1[i].channels);
        assert_int_equal(m->cells, table1[i].cells);
        assert_int_equal(m->convs, table1[i].convs);
        sx_graph *g = sx_network_build(&net, (sx_shape){ 1, table1[i].side, table1[i].side, 3 },
                                       SX_WHOLE, &err);
        CHECK_OK(g && sx_summarise(g, 1, &s, &err), err);
        print_message("%s: %lld parameters, %.3f 1e9 products\n", table1[i].arch,
                      (long long)s.params, s.flops / 2e9);
        assert_int_equal(s.params, table1[i].exact);
        /* two figures of the paper */
        assert_true(fabs((double)s.params / 1e6 - table1[i].params) <=
                    (table1[i].params < 10 ? 0.05 : 0.5));
        assert_true(fabs(s.flops / 2e9 - table1[i].products) <=
                    (table1[i].products < 10 ? 0.05 : 0.5));
        sx_summary_free(&s);
        sx_graph_free(g);
    }
}

/* tf_efficientdet_d0 of the public port. */
static const struct {
    const char *name;
    int ndim;
    int64_t dims[4];
} tensors[] = {
    { "backbone.conv_stem.weight", 4, { 32, 3, 3, 3 } },
    { "backbone.bn1.running_mean", 1, { 32 } },
    { "backbone.blocks.0.0.conv_dw.weight", 4, { 32, 1, 3, 3 } },
    { "backbone.blocks.0.0.se.conv_reduce.weight", 4, { 8, 32, 1, 1 } },
    { "backbone.blocks.0.0.se.conv_expand.bias", 1, { 32 } },
    { "backbone.blocks.0.0.conv_pw.weight", 4, { 16, 32, 1, 1 } },
    { "backbone.blocks.0.0.bn2.num_batches_tracked", 0, { 0 } },
    { "backbone.blocks.1.0.conv_pw.weight", 4, { 96, 16, 1, 1 } },
    { "backbone.blocks.1.0.se.conv_reduce.weight", 4, { 4, 96, 1, 1 } },
    { "backbone.blocks.2.1.conv_dw.weight", 4, { 240, 1, 5, 5 } },
    { "backbone.blocks.5.3.bn3.weight", 1, { 192 } },
    { "backbone.blocks.6.0.conv_pwl.weight", 4, { 320, 1152, 1, 1 } },
    { "fpn.resample.3.conv.conv.weight", 4, { 64, 320, 1, 1 } },
    { "fpn.resample.3.conv.bn.running_var", 1, { 64 } },
    { "fpn.cell.0.fnode.0.combine.edge_weights", 1, { 2 } },
    { "fpn.cell.0.fnode.1.combine.resample.2.conv.conv.bias", 1, { 64 } },
    { "fpn.cell.0.fnode.4.combine.edge_weights", 1, { 3 } },
    { "fpn.cell.0.fnode.4.combine.resample.1.conv.conv.weight", 4, { 64, 112, 1, 1 } },
    { "fpn.cell.0.fnode.5.combine.resample.2.conv.bn.weight", 1, { 64 } },
    { "fpn.cell.2.fnode.7.after_combine.conv.conv_dw.weight", 4, { 64, 1, 3, 3 } },
    { "fpn.cell.2.fnode.7.after_combine.conv.conv_pw.bias", 1, { 64 } },
    { "fpn.cell.2.fnode.7.after_combine.conv.bn.bias", 1, { 64 } },
    { "class_net.conv_rep.2.conv_pw.bias", 1, { 64 } },
    { "class_net.bn_rep.2.4.bn.weight", 1, { 64 } },
    { "class_net.predict.conv_dw.weight", 4, { 64, 1, 3, 3 } },
    { "class_net.predict.conv_pw.weight", 4, { 810, 64, 1, 1 } },
    { "box_net.conv_rep.0.conv_dw.weight", 4, { 64, 1, 3, 3 } },
    { "box_net.bn_rep.0.0.bn.num_batches_tracked", 0, { 0 } },
    { "box_net.predict.conv_pw.bias", 1, { 36 } },
};

static const sx_param *find_param(const sx_graph *g, const char *name) {
    for (size_t i = 0; i < sx_graph_param_count(g); i++)
        if (strcmp(sx_graph_param(g, i)->name, name) == 0) return sx_graph_param(g, i);
    fail_msg("no parameter %s", name);
    return NULL;
}

static void test_names(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find("efficientdet_d0"), 90);
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 128, 128, 3 }, SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        const sx_param *p = find_param(g, tensors[i].name);
        assert_int_equal(p->ndim, tensors[i].ndim);
        for (int k = 0; k < p->ndim; k++)
            if (p->dims[k] != tensors[i].dims[k]) fail_msg("%s has another shape", p->name);
    }
    /* weights without metadata are recognised by these */
    sx_weights *w = sx_synthetic_weights(g, &err);
    CHECK_OK(w && sx_network_recognise(&net, w, &err), err);
    assert_string_equal(net.arch->name, "efficientdet_d0");
    assert_int_equal(sx_network_classes(&net), 90);
    sx_weights_free(w);
    sx_graph_free(g);
}

static double sigmoid(double v) {
    return 1 / (1 + exp(-v));
}

/* ---- anchors, boxes, matching ---- */

static void test_anchors(void **state) {
    (void)state;
    sx_error err = { 0 };
    small_run r;
    small_start(&r, 1, SX_WHOLE, (sx_plan_options){ .compute = SX_F32 });
    const sx_anchors a = sx_efficientdet_anchors((const void *)r.net.config, r.plan);
    assert_int_equal(a.level_count, LEVELS);
    assert_int_equal(sx_anchors_count(&a), 9 * (8 * 16 + 4 * 8 + 2 * 4 + 1 * 2));
    /* level 1: stride 16, size 32; row 2, column 3: around (56, 40); the second size is 2^(1/3)
     * larger; 1.4 wide and 0.7 high is the second shape */
    const sx_box b = sx_anchor_at(&a.levels[1], (2 * 8 + 3) * 9 + 3 + 1);
    const double side = 32 * cbrt(2);
    assert_true(fabs((double)b.x0 - (56 - 0.7 * side)) < 1e-4 &&
                fabs((double)b.x1 - (56 + 0.7 * side)) < 1e-4);
    assert_true(fabs((double)b.y0 - (40 - 0.35 * side)) < 1e-4 &&
                fabs((double)b.y1 - (40 + 0.35 * side)) < 1e-4);
    small_stop(&r);
    /* D0 at 512: 49,104 of them */
    sx_network net;
    sx_network_default(&net, sx_arch_find("efficientdet_d0"), 0);
    assert_int_equal(sx_network_stride(&net), 128);
    int64_t n = 0;
    for (int k = 0; k < 5; k++)
        n += (int64_t)(64 >> k) * (64 >> k) * 9;
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 512, 512, 3 }, SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    int64_t outputs = 0;
    for (int k = 0; k < 5; k++)
        outputs += sx_shape_count(sx_node_shape(sx_graph_find_output(
                       g, (char[]){ 'd', 'e', 'l', 't', 'a', 's', (char)('0' + k), 0 }))) /
                   4;
    assert_int_equal(n, 49104);
    assert_int_equal(outputs, 49104);
    sx_graph_free(g);
}

static void test_box(void **state) {
    (void)state;
    const sx_box anchor = { 10, 20, 50, 100 }; /* 40 x 80 around (30, 60) */
    const sx_box b =
        sx_efficientdet_box(anchor, (const float[]){ 0.25F, -0.5F, logf(0.5F), logf(2) });
    /* down by a quarter of 80, left by half of 40; half as high, twice as wide */
    assert_true(fabsf(b.x0 - (10 - 40)) < 1e-4F && fabsf(b.x1 - (10 + 40)) < 1e-4F);
    assert_true(fabsf(b.y0 - (80 - 20)) < 1e-4F && fabsf(b.y1 - (80 + 20)) < 1e-4F);
}

/* The best of all pairs in order, for any number of them, against a plain sort. */
typedef struct ranked {
    float logit;
    int index, level;
    int64_t pair;
} ranked;

static int by_logit(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return x->logit != y->logit ? (x->logit < y->logit ? 1 : -1) : x->index - y->index;
}

static void test_decode(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    enum { CAP = 5000, MANY = 30000 };
    sx_error err = { 0 };
    small_run r;
    small_start(&r, 2, SX_WHOLE,
                (sx_plan_options){ .compute = SX_BF16 }); /* few different numbers: many ties */
    check_run(r.plan);
    const sx_efficientdet *m = (const void *)r.net.config;
    const sx_anchors a = sx_efficientdet_anchors(m, r.plan);
    ranked *all = calloc(MANY, sizeof *all);
    sx_candidates c = { .boxes = calloc(CAP, sizeof *c.boxes),
                        .scores = calloc(CAP, sizeof *c.scores),
                        .labels = calloc(CAP, sizeof *c.labels),
                        .cap = CAP };
    assert_true(all && c.boxes && c.scores && c.labels);
    CHECK_OK(sx_efficientdet_decode(m, r.plan, 1, 0, &c, &err), err);
    int n = 0;
    float *deltas[LEVELS];
    for (int k = 0; k < LEVELS; k++) {
        int64_t count;
        float *logits = sx_loss_output(r.plan, small_join("logits", (char[]){ (char)('0' + k), 0 }),
                                       &count, &err);
        deltas[k] = sx_loss_output(r.plan, small_join("deltas", (char[]){ (char)('0' + k), 0 }),
                                   &(int64_t){ 0 }, &err);
        assert_true(logits && deltas[k]);
        for (int64_t i = 0; i < count / 2; i++)
            if (logits[count / 2 + i] > -5) {
                all[n] = (ranked){ logits[count / 2 + i], n, k, i };
                n++;
            }
        free(logits);
    }
    qsort(all, (size_t)n, sizeof *all, by_logit);
    assert_in_range(n, CAP + 500, MANY);
    assert_int_equal(c.count, CAP);
    for (size_t i = 0; i < c.count; i++) {
        const int64_t anchor = all[i].pair / CLASSES,
                      each = sx_anchor_level_count(&a.levels[all[i].level]);
        const sx_box b = sx_efficientdet_box(sx_anchor_at(&a.levels[all[i].level], anchor),
                                             deltas[all[i].level] + 4 * (each + anchor));
        assert_memory_equal(&b, &c.boxes[i], sizeof b);
        assert_int_equal(c.labels[i], all[i].pair % CLASSES);
        assert_true(fabs((double)c.scores[i] - sigmoid((double)all[i].logit)) < 1e-6);
    }
    for (int k = 0; k < LEVELS; k++)
        free(deltas[k]);
    free(c.boxes);
    free(c.scores);
    free(c.labels);
    free(all);
    small_stop(&r);
}

static void test_first_best(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_anchor_rule rule = { .low = 0.5F, .high = 0.5F, .first_best = true };
    /* 0 and 1 overlap the first true box alike, 2 the second and a little less the third, 3 fits
     * the fourth, 4 nothing; the fifth true box lies alone */
    const sx_box boxes[] = { { 0, 0, 10, 10 },
                             { 0, 0, 10, 10 },
                             { 100, 0, 110, 10 },
                             { 200, 0, 210, 10 },
                             { 500, 500, 510, 510 } };
    const sx_box truth[] = { { 0, 0, 5, 8 },
                             { 100, 0, 104, 10 },
                             { 104, 0, 109, 9 },
                             { 200, 0, 209, 10 },
                             { 300, 300, 310, 310 } };
    int truth_of[5];
    int8_t label[5];
    sx_anchor_match m = { truth, 5, boxes, 5, rule, 2 };
    CHECK_OK(sx_match_anchors(&m, truth_of, label, &err), err);
    const int8_t labels[] = { 1, 0, 1, 1, 0 };
    assert_memory_equal(label, labels, sizeof labels);
    assert_int_equal(truth_of[0], 0);
    assert_int_equal(truth_of[2], 1); /* it overlaps the third most, but is the second's first */
    assert_int_equal(truth_of[3], 3);
    m.truth_count = 0;
    CHECK_OK(sx_match_anchors(&m, truth_of, label, &err), err);
    for (int i = 0; i < 5; i++)
        assert_int_equal(label[i], 0);
}

/* ---- losses ---- */

static double focal(double x, bool object) {
    const double p = sigmoid(x), right = object ? p : 1 - p;
    return (object ? 0.25 : 0.75) * pow(1 - right, 1.5) * -log(right);
}

static double huber(double d) {
    return fabs(d) < 0.1 ? 0.5 * d * d : 0.1 * (fabs(d) - 0.05);
}

/* Computed only from the outputs, the anchors and the matches. */
static void expected(small_run *r, const sx_targets *truth, int images, double *classes,
                     double *boxes) {
    sx_error err = { 0 };
    const sx_anchors a = sx_efficientdet_anchors((const void *)r->net.config, r->plan);
    const int64_t all = sx_anchors_count(&a);
    sx_box *anchor = calloc((size_t)all, sizeof *anchor);
    int *truth_of = calloc((size_t)all, sizeof *truth_of);
    int8_t *label = calloc((size_t)all, sizeof *label);
    assert_true(anchor && truth_of && label);
    int64_t objects = 0;
    sx_anchors_list(&a, anchor);
    *classes = *boxes = 0;
    for (int i = 0; i < images; i++) {
        const sx_anchor_match m = { truth[i].boxes,
                                    truth[i].count,
                                    anchor,
                                    all,
                                    { .low = 0.5F, .high = 0.5F, .first_best = true },
                                    1 };
        CHECK_OK(sx_match_anchors(&m, truth_of, label, &err), err);
        int64_t first = 0;
        for (int k = 0; k < a.level_count; k++) {
            char name[32];
            int64_t n;
            const int64_t count = sx_anchor_level_count(&a.levels[k]);
            snprintf(name, sizeof name, "logits%d", k);
            float *logits = sx_loss_output(r->plan, name, &n, &err);
            snprintf(name, sizeof name, "deltas%d", k);
            float *deltas = sx_loss_output(r->plan, name, &n, &err);
            assert_true(logits && deltas);
            for (int64_t j = 0; j < count; j++) {
                const bool object = label[first + j] == SX_MATCH_OBJECT;
                const sx_box t = truth[i].boxes[truth_of[first + j]], b = anchor[first + j];
                const double w = (double)b.x1 - (double)b.x0, h = (double)b.y1 - (double)b.y0;
                const double want[4] = {
                    ((double)t.y0 + (double)t.y1 - (double)b.y0 - (double)b.y1) / 2 / h,
                    ((double)t.x0 + (double)t.x1 - (double)b.x0 - (double)b.x1) / 2 / w,
                    log(((double)t.y1 - (double)t.y0) / h), log(((double)t.x1 - (double)t.x0) / w)
                };
                for (int c = 0; c < CLASSES; c++)
                    *classes += focal((double)logits[((int64_t)i * count + j) * CLASSES + c],
                                      object && truth[i].labels[truth_of[first + j]] == c);
                for (int c = 0; object && c < 4; c++)
                    *boxes += huber((double)deltas[((int64_t)i * count + j) * 4 + c] - want[c]);
                objects += object;
            }
            free(logits);
            free(deltas);
            first += count;
        }
    }
    *classes /= (double)(objects + 1);
    *boxes *= 50 / (4 * (double)(objects + 1));
    free(anchor);
    free(truth_of);
    free(label);
}

static void test_loss(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_box first[] = { { 10.5F, 12, 30, 41 }, { 60, 3, 101, 33 } },
                 second[] = { { 70, 20, 75, 26 } };
    const int labels[] = { 2, 0 };
    const sx_targets truth[] = {
        { .boxes = first, .labels = labels, .count = 2, .width = W, .height = H, .draw = 5 },
        { .boxes = second, .labels = labels, .count = 1, .width = W, .height = H, .draw = 6 }
    };
    small_run r;
    sx_losses losses;
    sx_loss_state carried = { 0 };
    double classes, boxes;
    small_start(&r, 2, SX_FOR_TRAINING, (sx_plan_options){ .compute = SX_F32, .training = true });
    CHECK_OK(sx_targets_fill(r.plan, truth, 2, &err), err);
    check_run(r.plan);
    CHECK_OK(sx_efficientdet_loss(r.net.config, r.plan, truth, 2, &carried, &losses, &err), err);
    expected(&r, truth, 2, &classes, &boxes);
    assert_int_equal(losses.count, 2);
    assert_true(fabs(losses.items[0].value - classes) < 1e-5 * classes);
    assert_true(fabs(losses.items[1].value - boxes) < 1e-5 * boxes);
    small_stop(&r);
}

/* ---- stochastic depth ---- */

static void test_drop_path(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    enum { IMAGES = 2000 };
    sx_error err = { 0 };
    sx_graph *g = sx_graph_new(&err);
    sx_node *draw = sx_input(g, "draw", (sx_shape){ IMAGES, 1, 1, 4 });
    sx_output(g, "a", sx_drop_path(g, draw, 3, 0.25F));
    sx_output(g, "b", sx_drop_path(g, draw, 4, 0.25F));
    CHECK_OK(sx_graph_finish(g, &err), err);
    sx_weights *w = sx_weights_new(&err);
    sx_store *store = sx_store_open(g, w, (sx_store_options){ 0 }, &err);
    CHECK_OK(store != NULL, err);
    sx_plan *p = sx_plan_new(g, store, (sx_plan_options){ .compute = SX_BF16 }, &err);
    CHECK_OK(p != NULL, err);
    float a[IMAGES], b[IMAGES], *to = sx_plan_input(p, "draw", NULL, NULL);
    for (int i = 0; i < 4 * IMAGES; i++)
        to[i] = (float)(sx_rng_u64(1, (uint64_t)i) & 0xFFFF);
    /* the last two have one key */
    memcpy(to + 4 * (IMAGES - 1), to + 4 * (IMAGES - 2), 4 * sizeof *to);
    check_run(p);
    CHECK_OK(sx_plan_output(p, "a", a, IMAGES, &err) && sx_plan_output(p, "b", b, IMAGES, &err),
             err);
    int left_out = 0, differ = 0;
    for (int i = 0; i < IMAGES; i++) {
        assert_true(a[i] == 0 || a[i] == 1 / 0.75F);
        left_out += a[i] == 0;
        differ += a[i] != b[i];
    }
    assert_in_range(left_out, 420, 580); /* 500, four standard deviations */
    assert_in_range(differ, 670, 830);   /* 2000 * 2 * 0.25 * 0.75 */
    assert_true(a[IMAGES - 1] == a[IMAGES - 2]);
    sx_plan_free(p);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table1),     cmocka_unit_test(test_names),
        cmocka_unit_test(test_anchors),    cmocka_unit_test(test_box),
        cmocka_unit_test(test_first_best), cmocka_unit_test(test_loss),
        cmocka_unit_test(test_decode),     cmocka_unit_test(test_drop_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
