/* Numbers that overflow somewhere in a network are an error that names file and architecture; they
 * never become a probability or vanish from the boxes. */
#include <string.h>

#include "image/noise.h"
#include "models/arch.h"
#include "models/model.h"
#include "models/synthetic_weights.h"
#include "support/check.h"

#define RESNET "\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 32"

static const struct {
    const char *arch, *config;
    const char *first, *scores, *boxes; /* weights that are made too large; NULL: there are none */
} networks[] = {
    { "densenet121", "{\"growth\": 8, \"stem\": 16, \"blocks\": [1, 1, 1, 1]}",
      "backbone.stem.0.weight", "head.heads.0.weight", NULL },
    { "retinanet_r50", "{" RESNET ", \"channels\": 32, \"convs\": 1}",
      "backbone.bottom_up.stem.conv1.weight", "head.cls_score.weight", "head.bbox_pred.weight" },
    { "faster_rcnn_r50", "{" RESNET ", \"channels\": 32, \"fc\": 64, \"proposals\": 50}",
      "backbone.bottom_up.stem.conv1.weight", "roi_heads.box_predictor.cls_score.weight",
      "roi_heads.box_predictor.bbox_pred.weight" },
    { "faster_rcnn_r50", "{" RESNET ", \"channels\": 32, \"fc\": 64, \"proposals\": 50}",
      "backbone.bottom_up.res3.0.conv2.weight",
      "proposal_generator.rpn_head.objectness_logits.weight",
      "proposal_generator.rpn_head.anchor_deltas.weight" },
    { "sparse_rcnn_r50",
      "{" RESNET ", \"proposals\": 20, \"heads\": 2, \"hidden\": 64, \"dynamic\": 16, "
      "\"feedforward\": 64}",
      "backbone.bottom_up.stem.conv1.weight", "head.head_series.1.class_logits.weight",
      "head.head_series.0.bboxes_delta.weight" },
    { "efficientdet_d0",
      "{\"backbone_depth\": 30, \"cells\": 1, \"convs\": 1, \"levels\": 3, \"channels\": 32}",
      "backbone.conv_stem.weight", "class_net.predict.conv_pw.weight",
      "box_net.predict.conv_pw.weight" },
};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

/* A weight file of networks[i]; the tensor `large` is multiplied until products overflow. */
static const char *make_file(int i, const char *large) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(networks[i].arch), 0);
    CHECK_OK(sx_network_configure(&net, networks[i].config, &err), err);
    sx_graph *g = sx_network_build(&net, sx_network_shape(&net, 64, 64), SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    sx_weights *w = sx_synthetic_weights(g, &err);
    CHECK_OK(w && sx_weights_set_meta(w, "spinexr.arch", networks[i].arch, &err) &&
                 sx_weights_set_meta(w, "spinexr.config", networks[i].config, &err),
             err);
    if (large) {
        const sx_tensor *t = sx_weights_find(w, large);
        if (!t) fail_msg("%s has no tensor %s", networks[i].arch, large);
        for (int64_t k = 0; k < sx_tensor_count(t); k++)
            ((float *)(uintptr_t)t->data)[k] = k % 2 ? 3e38F : -3e38F;
    }
    const char *path = check_tmp_path("large.safetensors");
    CHECK_OK(sx_weights_save(w, path, &err), err);
    sx_weights_free(w);
    sx_graph_free(g);
    return path;
}

static bool run_model(sx_model *m, sx_error *err) {
    sx_image film;
    float logits[8];
    sx_detections d = { 0 };
    bool ok = sx_noise_image("film", 320, 256, false, &film, err);
    if (ok && sx_model_get_info(m)->task == SX_CLASSIFIER)
        ok = sx_model_classify(m, &film, logits, err);
    else
        ok = ok && sx_model_detect(
                       m, &film, &(sx_model_detect_options){ .nms = -1, .scale = 0.25F }, &d, err);
    sx_detections_free(&d);
    sx_image_free(&film);
    return ok;
}

static void check_network(int i, const char *large, sx_precision precision) {
    sx_error err = { 0 };
    sx_model *m = sx_model_open(NULL, make_file(i, large), precision, &err);
    CHECK_OK(m != NULL, err);
    if (!large) {
        CHECK_OK(run_model(m, &err), err);
    } else if (run_model(m, &err)) {
        fail_msg("%s with a large %s gave a result", networks[i].arch, large);
    } else {
        check_error(&err, SX_ERR_VALUE, "large.safetensors (");
        check_error(&err, SX_ERR_VALUE, networks[i].arch);
    }
    sx_model_free(m);
}

static void check_all(sx_precision precision) {
    for (int i = 0; i < NETWORKS; i++) {
        check_network(i, NULL, precision);
        check_network(i, networks[i].first, precision);
        check_network(i, networks[i].scores, precision);
        if (networks[i].boxes) check_network(i, networks[i].boxes, precision);
    }
}

static void test_f32(void **state) {
    (void)state;
    check_all(SX_PRECISION_F32);
}

static void test_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    check_all(SX_PRECISION_BF16);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_f32), cmocka_unit_test(test_bf16) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
