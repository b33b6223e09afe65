#include "support/detections.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "detect/box_coder.h"
#include "detect/nms.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/reference.h"

void detector_start(detector_run *r, const char *arch, sx_shape shape, sx_dtype compute,
                    sx_part part) {
    sx_error err = { 0 };
    sx_network_default(&r->net, sx_arch_find(arch), 7);
    r->graph = sx_network_build(&r->net, shape, part, &err);
    CHECK_OK(r->graph != NULL, err);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ 0 }, &err);
    CHECK_OK(r->store != NULL, err);
    r->plan = sx_plan_new(r->graph, r->store, (sx_plan_options){ .compute = compute }, &err);
    CHECK_OK(r->plan != NULL, err);
}

void detector_stop(detector_run *r) {
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

void detector_check_anchors(const sx_anchors *a, const sx_weights *ref) {
    for (int k = 0; k < a->level_count; k++) {
        char name[64];
        snprintf(name, sizeof name, "eval/anchors%d/shape", k);
        const sx_tensor *shape = sx_weights_find(ref, name);
        assert_non_null(shape);
        const int64_t n = sx_anchor_level_count(&a->levels[k]);
        assert_int_equal(((const int64_t *)shape->data)[0], n);
        snprintf(name, sizeof name, "eval/anchors%d/stride", k);
        const float *want = reference_f32(ref, name, 64);
        for (int i = 0; i < 64; i++) {
            const int64_t at = i * (4 * n - 1) / 63;
            const sx_box b = sx_anchor_at(&a->levels[k], at / 4);
            const float side[4] = { b.x0, b.y0, b.x1, b.y1 };
            if (side[at % 4] != want[i])
                fail_msg("anchor %lld of level %d: side %d is %.9g, reference %.9g",
                         (long long)at / 4, k, (int)(at % 4), (double)side[at % 4],
                         (double)want[i]);
        }
    }
}

static double apart(const sx_box *a, const float *b) {
    return fmax(fmax(fabs((double)(a->x0 - b[0])), fabs((double)(a->y0 - b[1]))),
                fmax(fabs((double)(a->x1 - b[2])), fabs((double)(a->y1 - b[3]))));
}

typedef struct reference_found {
    int count;
    const float *boxes, *scores;
    const int64_t *labels;
    char taken[100];
} reference_found;

static reference_found read_found(const sx_weights *ref) {
    const sx_tensor *classes = sx_weights_find(ref, "eval/det0/classes");
    assert_non_null(classes);
    const int n = (int)sx_tensor_count(classes);
    assert_true(n <= 100);
    return (reference_found){ .count = n,
                              .boxes = reference_f32(ref, "eval/det0/boxes", 4 * (int64_t)n),
                              .scores = reference_f32(ref, "eval/det0/scores", n),
                              .labels = classes->data };
}

/* The reference's detection that this one is, near place i. */
static int find(reference_found *f, int i, sx_box b, float score, int label, double box_bound,
                double score_bound) {
    for (int k = 0; k < f->count; k++)
        if (!f->taken[k] && f->labels[k] == label &&
            fabs((double)(f->scores[k] - score)) <= score_bound &&
            apart(&b, f->boxes + 4 * k) <= box_bound &&
            (k == i || fabs((double)(f->scores[k] - f->scores[i])) <= 2 * score_bound))
            return k;
    return -1;
}

void detector_check_found(const detector_run *r, const sx_weights *ref, int width, int height,
                          double box_bound, double score_bound) {
    sx_error err = { 0 };
    const size_t cap =
        r->net.arch->detect->candidates > 0 ? (size_t)r->net.arch->detect->candidates : 100;
    sx_candidates c = { .boxes = malloc(cap * sizeof(sx_box)),
                        .scores = malloc(cap * sizeof(float)),
                        .labels = malloc(cap * sizeof(int)),
                        .cap = cap };
    int *keep = malloc(cap * sizeof *keep);
    assert_true(c.boxes && c.scores && c.labels && keep);
    size_t kept;
    double worst_box = 0, worst_score = 0;
    CHECK_OK(r->net.arch->detect->decode(r->net.config, r->plan, 0, 100, &c, &err), err);
    CHECK_OK(sx_nms(c.boxes, c.scores, c.labels, c.count,
                    &(sx_nms_options){ .iou = r->net.arch->detect->nms, .max_kept = 100 }, keep,
                    &kept, &err),
             err);
    reference_found f = read_found(ref);
    assert_int_equal(kept, f.count);
    for (int i = 0; i < f.count; i++) {
        sx_box b = c.boxes[keep[i]];
        b = sx_box_clip((sx_box){ 2 * b.x0, 2 * b.y0, 2 * b.x1, 2 * b.y1 }, 2 * (float)width,
                        2 * (float)height);
        const int k = find(&f, i, b, c.scores[keep[i]], c.labels[keep[i]], box_bound, score_bound);
        if (k < 0)
            fail_msg("detection %d (%g %g %g %g, class %d, score %g) is not the reference's (%g %g "
                     "%g %g, class "
                     "%d, score %g)",
                     i, (double)b.x0, (double)b.y0, (double)b.x1, (double)b.y1, c.labels[keep[i]],
                     (double)c.scores[keep[i]], (double)f.boxes[4 * i], (double)f.boxes[4 * i + 1],
                     (double)f.boxes[4 * i + 2], (double)f.boxes[4 * i + 3], (int)f.labels[i],
                     (double)f.scores[i]);
        f.taken[k] = 1;
        worst_box = fmax(worst_box, apart(&b, f.boxes + 4 * k));
        worst_score = fmax(worst_score, fabs((double)(c.scores[keep[i]] - f.scores[k])));
    }
    print_message("%d detections of %zu candidates: boxes within %.3g px, scores within %.3g\n",
                  f.count, c.count, worst_box, worst_score);
    free(keep);
    free(c.labels);
    free(c.scores);
    free(c.boxes);
}
