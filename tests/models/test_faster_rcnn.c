/* The full-size Faster R-CNN against Detectron2 (golden case C, evaluation). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "detect/proposals.h"
#include "models/faster_rcnn.h"
#include "support/check.h"
#include "support/detections.h"
#include "support/reference.h"
#include "support/run_plan.h"

enum { PROPOSALS = 1000, CLASSES = 7 };

/* Proposals of almost equal logits may have changed places: each of ours is looked for near its
 * place. */
static void match_places(const float *boxes, const sx_weights *ref, int place[PROPOSALS]) {
    enum { FAR = 4 };
    static char taken[PROPOSALS];
    const float *want = reference_f32(ref, "eval/proposals", 4 * PROPOSALS);
    double worst = 0;
    int moved = 0;
    for (int i = 0; i < PROPOSALS; i++) {
        place[i] = -1;
        for (int k = i > FAR ? i - FAR : 0; k < PROPOSALS && k <= i + FAR && place[i] < 0; k++) {
            double off = 0;
            for (int c = 0; c < 4; c++)
                off = fmax(off, fabs((double)(boxes[4 * i + c] - want[4 * k + c])));
            if (taken[k] || off > 0.05) continue;
            place[i] = k;
            taken[k] = 1;
            moved += k != i;
            worst = fmax(worst, off);
        }
        if (place[i] < 0)
            fail_msg("proposal %d (%g %g %g %g) is not the reference's (%g %g %g %g)", i,
                     (double)boxes[4 * i], (double)boxes[4 * i + 1], (double)boxes[4 * i + 2],
                     (double)boxes[4 * i + 3], (double)want[4 * i], (double)want[4 * i + 1],
                     (double)want[4 * i + 2], (double)want[4 * i + 3]);
    }
    print_message("%d proposals within %.3g px, %d of them in another place\n", PROPOSALS, worst,
                  moved);
    assert_true(moved < 20);
}

static void check_rows(const sx_plan *p, const char *output, const sx_weights *ref,
                       const char *name, int width, const int place[PROPOSALS]) {
    sx_error err = { 0 };
    float *got = malloc((size_t)PROPOSALS * (size_t)width * sizeof *got),
          *moved = malloc((size_t)PROPOSALS * (size_t)width * sizeof *got);
    assert_true(got && moved);
    CHECK_OK(sx_plan_output(p, output, got, PROPOSALS * width, &err), err);
    const float *want = reference_f32(ref, name, PROPOSALS * width);
    double scale = 0;
    for (int i = 0; i < PROPOSALS * width; i++)
        scale = fmax(scale, fabs((double)want[i]));
    for (int i = 0; i < PROPOSALS; i++)
        for (int k = 0; k < width; k++)
            moved[place[i] * width + k] = got[i * width + k];
    check_close_f32(moved, want, (size_t)(PROPOSALS * width), 1e-4 * scale, name);
    free(moved);
    free(got);
}

/* The logits of the proposals, which the graph keeps to itself, from the same arrays. */
static void check_objectness(const detector_run *r, const sx_weights *ref) {
    sx_error err = { 0 };
    static float logits[PROPOSALS];
    static sx_box boxes[PROPOSALS];
    const sx_anchors a = sx_faster_rcnn_anchors(&sx_faster_rcnn_r50, r->plan);
    sx_proposal_spec spec = { .anchors = &a,
                              .per_level = 1000,
                              .most = PROPOSALS,
                              .iou = 0.7F,
                              .width = 630,
                              .height = 470 };
    float *map[2 * SX_FASTER_LEVELS];
    int count;
    for (int k = 0; k < 2 * SX_FASTER_LEVELS; k++) {
        char name[32];
        snprintf(name, sizeof name, k < SX_FASTER_LEVELS ? "rpn_logits%d" : "rpn_deltas%d",
                 k % SX_FASTER_LEVELS);
        const int64_t n = sx_plan_output_count(r->plan, name);
        map[k] = malloc((size_t)n * sizeof(float));
        assert_non_null(map[k]);
        CHECK_OK(sx_plan_output(r->plan, name, map[k], n, &err), err);
    }
    for (int k = 0; k < SX_FASTER_LEVELS; k++) {
        spec.logits[k] = map[k];
        spec.deltas[k] = map[SX_FASTER_LEVELS + k];
    }
    CHECK_OK(sx_propose(&spec, boxes, logits, &count, &err), err);
    assert_int_equal(count, PROPOSALS);
    check_close_f32(logits, reference_f32(ref, "eval/objectness", PROPOSALS), PROPOSALS, 1e-4,
                    "objectness");
    for (int k = 0; k < 2 * SX_FASTER_LEVELS; k++)
        free(map[k]);
}

static void test_forward(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *ref = reference_open("faster_rcnn_r50_eval.safetensors");
    detector_run r;
    static float boxes[4 * PROPOSALS];
    static int place[PROPOSALS];
    detector_start(&r, "faster_rcnn_r50", (sx_shape){ 1, 480, 640, 3 }, SX_F32,
                   SX_WHOLE_WITH_STAGES);
    reference_fill(r.plan, 0, "input/faster_rcnn_r50/0", 630, 470, false);
    const sx_targets size = { .width = 630, .height = 470 };
    CHECK_OK(sx_targets_fill(r.plan, &size, 1, &err), err);
    check_run(r.plan);
    for (int k = 0; k < SX_FASTER_LEVELS; k++) {
        char name[64], output[16];
        snprintf(output, sizeof output, "p%d", k + 2);
        snprintf(name, sizeof name, "eval/p%d", k + 2);
        reference_check(r.plan, r.graph, output, ref, name, 1e-4);
        snprintf(name, sizeof name, "eval/rpn_logits%d", k);
        reference_check(r.plan, r.graph, name + 5, ref, name, 1e-4);
        snprintf(name, sizeof name, "eval/rpn_deltas%d", k);
        reference_check(r.plan, r.graph, name + 5, ref, name, 1e-4);
    }
    const sx_anchors a = sx_faster_rcnn_anchors(&sx_faster_rcnn_r50, r.plan);
    detector_check_anchors(&a, ref);
    check_objectness(&r, ref);
    CHECK_OK(sx_plan_output(r.plan, "rois", boxes, 4 * PROPOSALS, &err), err);
    match_places(boxes, ref, place);
    check_rows(r.plan, "logits", ref, "eval/cls_score", CLASSES + 1, place);
    check_rows(r.plan, "deltas", ref, "eval/bbox_pred", 4 * CLASSES, place);
    detector_check_found(&r, ref, 630, 470, 0.05, 1e-4);
    detector_stop(&r);
    sx_weights_free(ref);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_forward) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
