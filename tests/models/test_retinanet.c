/* The full-size RetinaNet against Detectron2 (golden case C, evaluation). */
#include <stdio.h>

#include "models/retinanet.h"
#include "support/check.h"
#include "support/detections.h"
#include "support/reference.h"
#include "support/run_plan.h"

static void test_forward(void **state) {
    (void)state;
    static const char *const stages[] = { "p3", "p4", "p5", "p6", "p7" };
    sx_weights *ref = reference_open("retinanet_r50_eval.safetensors");
    detector_run r;
    detector_start(&r, "retinanet_r50", (sx_shape){ 1, 480, 640, 3 }, SX_F32, SX_WHOLE_WITH_STAGES);
    reference_fill(r.plan, 0, "input/retinanet_r50/0", 630, 470, false);
    check_run(r.plan);
    for (int k = 0; k < 5; k++) {
        char name[64], output[16];
        snprintf(name, sizeof name, "eval/%s", stages[k]);
        reference_check(r.plan, r.graph, stages[k], ref, name, 1e-4);
        snprintf(name, sizeof name, "eval/cls_logits%d", k);
        snprintf(output, sizeof output, "logits%d", k);
        reference_check(r.plan, r.graph, output, ref, name, 1e-4);
        snprintf(name, sizeof name, "eval/bbox_deltas%d", k);
        snprintf(output, sizeof output, "deltas%d", k);
        reference_check(r.plan, r.graph, output, ref, name, 1e-4);
    }
    const sx_anchors a = sx_retinanet_anchors(&sx_retinanet_r50, r.plan);
    detector_check_anchors(&a, ref);
    detector_check_found(&r, ref, 630, 470, 0.05, 1e-4);
    detector_stop(&r);
    sx_weights_free(ref);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_forward) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
