/* What a training that starts from a file takes from it, and what it says of that. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "models/init_names.h"
#include "support/check.h"
#include "support/small_networks.h"
#include "train/start_weights.h"

static void keep_message(void *user, sx_log_level level, const char *message) {
    (void)level;
    sx_str_printf(user, "%s\n", message);
}

/* The parameters with names for which `has` is true, numbered from 1. */
static sx_weights *weights_of(const sx_network *net, bool (*has)(const char *name)) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    sx_graph *g = small_network_graph(net);
    CHECK_OK(w && sx_weights_set_path(w, "start.pth", &err), err);
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        if (p->kind == SX_PARAM_COUNTER || !has(p->name)) continue;
        float *v = sx_weights_add_empty(w, p->name, SX_F32, p->ndim, p->dims, &err);
        CHECK_OK(v, err);
        int64_t n = 1;
        for (int k = 0; k < p->ndim; k++)
            n *= p->dims[k];
        for (int64_t k = 0; k < n; k++)
            v[k] = (float)(k + 1);
    }
    sx_graph_free(g);
    return w;
}

/* The first weights of a training of `net`, with these classes, from `from`; what was said, to
 * *said. */
static sx_weights *start_with(const sx_network *net, const char *classes, sx_weights *from,
                              sx_str *said) {
    sx_error err = { 0 };
    const sx_context context = {
        .threads = 1, .log_level = SX_LOG_INFO, .log = keep_message, .log_user = said
    };
    sx_graph *g = small_network_graph(net);
    const sx_start_options o = { .context = &context, .net = net, .graph = g, .classes = classes };
    CHECK_OK(sx_init_names(net, from, &err), err);
    sx_weights *w = sx_start_weights(&o, from, &err);
    CHECK_OK(w, err);
    sx_graph_free(g);
    return w;
}

static sx_weights *start(const sx_network *net, sx_weights *from, sx_str *said) {
    return start_with(net, NULL, from, said);
}

static void check_said(sx_str *said, const char *text) {
    if (!strstr(sx_str_text(said), text)) fail_msg("not said: %s\nbut:\n%s", text, said->data);
}

/* ---- what is missing ---- */

static bool without_statistics(const char *name) {
    return sx_starts_with(name, "backbone.bottom_up.") && !strstr(name, ".running_");
}

/* A backbone like R-50.pkl: its norms' statistics are no fault, and the head starts new. */
static void test_missing_by_parts(void **state) {
    (void)state;
    sx_str said = { 0 };
    const sx_network net =
        small_network("retinanet_r50", "{\"backbone_stem\": 8, \"backbone_blocks\": "
                                       "[1, 1, 1, 1], \"channels\": 16, \"convs\": 1}");
    sx_weights *from = weights_of(&net, without_statistics), *w = start(&net, from, &said);
    check_said(&said, "start.pth: 51 tensors taken, 0 of the file left\n");
    check_said(&said, "start.pth: 58 tensors start new, not in the file or of another shape there: "
                      "34 statistics of norms that are folded into their weights, 6 of "
                      "backbone.fpn_lateral, 6 of backbone.fpn_output, 4 of backbone.top_block, 2 "
                      "of head.cls_subnet, 2 of head.cls_score, 2 of head.bbox_subnet, 2 of "
                      "head.bbox_pred\n");
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

/* ---- what is adapted ---- */

static bool any(const char *name) {
    (void)name;
    return true;
}

static bool not_first(const char *name) {
    return strcmp(name, "features.conv0.weight") != 0;
}

static void check_grey(bool torchxrayvision, const char *told) {
    sx_error err = { 0 };
    sx_str said = { 0 };
    const sx_network net =
        small_network("densenet121", "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, "
                                     "1, 1], \"torchvision\": 1}");
    sx_weights *from = weights_of(&net, not_first);
    CHECK_OK(sx_weights_add_empty(from, "features.conv0.weight", SX_F32, 4,
                                  (int64_t[]){ 8, 1, 7, 7 }, &err),
             err);
    if (torchxrayvision)
        CHECK_OK(sx_weights_add_empty(from, "op_threshs", SX_F32, 1, (int64_t[]){ 18 }, &err), err);
    sx_weights *w = start(&net, from, &said);
    check_said(&said, told);
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

static void test_adapted(void **state) {
    (void)state;
    check_grey(false, "start.pth: adapted: features.conv0.weight: of one channel, a third of it in "
                      "each of three\n");
    check_grey(true, "start.pth: adapted: features.conv0.weight: of one channel, a third of it in "
                     "each of three, times 2048/255, because its network reads -1024 to 1024 and "
                     "this one 0 to 255\n");
}

static void test_reversed(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str said = { 0 };
    const sx_network net =
        small_network("retinanet_r50", "{\"backbone_stem\": 8, \"backbone_blocks\": "
                                       "[1, 1, 1, 1], \"channels\": 16, \"convs\": 1}");
    sx_weights *from = weights_of(&net, any);
    CHECK_OK(
        sx_weights_set_meta(from, "init.first_layer", "backbone.bottom_up.stem.conv1.weight", &err),
        err);
    sx_weights *w = start(&net, from, &said);
    check_said(&said, "start.pth: adapted: backbone.bottom_up.stem.conv1.weight: its channels "
                      "reversed and each divided by ImageNet's deviation, because this network "
                      "reads blue first and does not divide\n");
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

/* ---- depth and frozen stages ---- */

#define NARROW "{\"backbone_stem\": 8, \"channels\": 16, \"convs\": 1, \"backbone_blocks\": "

static bool backbone(const char *name) {
    return sx_starts_with(name, "backbone.bottom_up.");
}

/* What blocks of two 3x3 convolutions share with those of three. */
static bool of_basic_block(const char *name) {
    return backbone(name) && (!strstr(name, ".res") || strstr(name, ".conv2."));
}

static sx_weights *basic_blocks(const char *config, const int blocks[4]) {
    sx_error err = { 0 };
    const sx_network net = small_network("retinanet_r50", config);
    sx_weights *w = weights_of(&net, of_basic_block);
    for (int stage = 0; stage < 4; stage++)
        for (int block = 0; block < blocks[stage]; block++) {
            char name[80];
            const int64_t n = 8 << stage, in = block || !stage ? n : n / 2;
            snprintf(name, sizeof name, "backbone.bottom_up.res%d.%d.conv1.weight", stage + 2,
                     block);
            CHECK_OK(sx_weights_add_empty(w, name, SX_F32, 4, (int64_t[]){ n, in, 3, 3 }, &err) !=
                         NULL,
                     err);
        }
    return w;
}

/* The error of a training of a ResNet-50 with frozen stages from `from`. */
static void check_frozen(sx_weights *from, const char *told) {
    static const char *const frozen[] = { "bottom_up.stem", "bottom_up.res2", NULL };
    sx_error err = { 0 };
    const sx_network net = small_network("retinanet_r50", NARROW "[3, 4, 6, 3]}");
    sx_graph *g = small_network_graph(&net);
    sx_start_options o = { .net = &net, .graph = g, .frozen = frozen };
    CHECK_OK(sx_init_names(&net, from, &err), err);
    CHECK_FAILS(sx_start_weights(&o, from, &err), err, SX_ERR_MISMATCH, told);
    o.frozen = NULL;
    sx_weights *w = sx_start_weights(&o, from, &err);
    CHECK_OK(w, err);
    sx_weights_free(w);
    sx_graph_free(g);
    sx_weights_free(from);
}

static bool without_res2_norm(const char *name) {
    return backbone(name) && !strstr(name, "res2.1.conv2.norm");
}

static void test_frozen_and_new(void **state) {
    (void)state;
    const sx_network same = small_network("retinanet_r50", NARROW "[3, 4, 6, 3]}"),
                     deep = small_network("retinanet_r50", NARROW "[3, 4, 23, 3]}");
    check_frozen(basic_blocks(NARROW "[2, 2, 2, 2]}", (int[]){ 2, 2, 2, 2 }),
                 "start.pth: backbone.bottom_up.res2.0.shortcut.weight would stay random, because "
                 "it is frozen: the file does not have it (32x8x1x1); the file seems to be a "
                 "ResNet-18, retinanet_r50 has a ResNet-50; --set MODEL.BACKBONE.FREEZE_AT=0 "
                 "trains it");
    check_frozen(basic_blocks(NARROW "[3, 4, 6, 3]}", (int[]){ 3, 4, 6, 3 }),
                 "the file seems to be a ResNet-34, retinanet_r50 has");
    check_frozen(weights_of(&same, without_res2_norm),
                 "start.pth: backbone.bottom_up.res2.1.conv2.norm.weight would stay random, "
                 "because it is frozen: the file does not have it (8); --set");
    sx_error err = { 0 };
    sx_weights *narrower = weights_of(&same, without_res2_norm);
    CHECK_OK(sx_weights_add_empty(narrower, "backbone.bottom_up.res2.1.conv2.norm.weight", SX_F32,
                                  1, (int64_t[]){ 4 }, &err) != NULL,
             err);
    check_frozen(narrower, "it is frozen: it is 4 there, the network needs 8; --set");
    check_frozen(weights_of(&deep, without_res2_norm),
                 "(8); the file seems to be a ResNet-101, retinanet_r50 has a ResNet-50; "
                 "retinanet_r101 fits it (--set MODEL.RESNETS.DEPTH=101); --set MODEL.BACKBONE");
}

/* Folded statistics start new, frozen or not. */
static void test_frozen_and_folded(void **state) {
    (void)state;
    static const char *const frozen[] = { "bottom_up.stem", "bottom_up.res2", NULL };
    sx_error err = { 0 };
    const sx_network net = small_network("retinanet_r50", NARROW "[1, 1, 1, 1]}");
    sx_graph *g = small_network_graph(&net);
    const sx_start_options o = { .net = &net, .graph = g, .frozen = frozen };
    sx_weights *from = weights_of(&net, without_statistics), *w = sx_start_weights(&o, from, &err);
    CHECK_OK(w, err);
    sx_weights_free(w);
    sx_weights_free(from);
    sx_graph_free(g);
}

static void check_depth(const char *blocks, const char *told) {
    sx_str said = { 0 };
    char config[128];
    snprintf(config, sizeof config, NARROW "%s}", blocks);
    const sx_network net = small_network("retinanet_r50", NARROW "[3, 4, 6, 3]}"),
                     theirs = small_network("retinanet_r50", config);
    sx_weights *from = weights_of(&theirs, backbone), *w = start(&net, from, &said);
    if (told)
        check_said(&said, told);
    else if (strstr(sx_str_text(&said), "seems to be"))
        fail_msg("%s", said.data);
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

static void test_depth(void **state) {
    (void)state;
    check_depth("[3, 4, 23, 3]", "start.pth: the file seems to be a ResNet-101, retinanet_r50 has "
                                 "a ResNet-50; retinanet_r101 fits it (--set "
                                 "MODEL.RESNETS.DEPTH=101)\n");
    check_depth("[3, 8, 36, 3]", "start.pth: the file seems to be a ResNet-152, retinanet_r50 has "
                                 "a ResNet-50\n");
    check_depth("[3, 4, 6, 3]", NULL);
    check_depth("[3, 4, 7, 3]", NULL);
}

/* ---- classes ---- */

#define SMALL_RESNET "\"backbone_stem\": 8, \"backbone_blocks\": [1, 1, 1, 1], "

/* A layer whose rows are those of classes: `each` for a class and `extra` at the end. The rows of
 * an anchor stand together in detectors with several anchors. */
typedef struct class_layer {
    const char *arch, *config, *name;
    int each, extra;
    bool anchors_first;
} class_layer;

static const class_layer class_layers[] = {
    { "densenet121", "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]}",
      "head.heads.0.weight", 1, 0, false },
    { "convnext_tiny", "{\"width\": 8, \"blocks\": [1, 1, 1, 1]}", "classifier.2.bias", 1, 0,
      false },
    { "faster_rcnn_r50", "{" SMALL_RESNET "\"channels\": 8, \"fc\": 16}",
      "roi_heads.box_predictor.cls_score.weight", 1, 1, false },
    { "faster_rcnn_r50", "{" SMALL_RESNET "\"channels\": 8, \"fc\": 16}",
      "roi_heads.box_predictor.bbox_pred.bias", 4, 0, false },
    { "retinanet_r50", "{" SMALL_RESNET "\"channels\": 8, \"convs\": 1}", "head.cls_score.weight",
      9, 0, true },
    { "efficientdet_d0", "{\"channels\": 8, \"cells\": 1, \"convs\": 1}",
      "class_net.predict.conv_pw.bias", 9, 0, true },
    { "sparse_rcnn_r50",
      "{" SMALL_RESNET "\"hidden\": 16, \"attention\": 2, \"heads\": 2, "
      "\"dynamic\": 4, \"feedforward\": 16}",
      "head.head_series.1.class_logits.weight", 1, 0, false },
    { "rtmdet_tiny", "{\"width\": 125}", "bbox_head.rtm_cls.2.weight", 1, 0, false },
};

static const float *row(const sx_weights *w, const class_layer *l, int classes, int class, int k,
                        int64_t *inner) {
    const sx_tensor *t = sx_weights_find(w, l->name);
    if (!t) fail_msg("%s has no %s", l->arch, l->name);
    assert_int_equal(t->dims[0], classes * l->each + l->extra);
    *inner = sx_tensor_count(t) / t->dims[0];
    const int at = class == classes   ? classes * l->each + k /* the background */
                   : l->anchors_first ? k * classes + class
                                      : class * l->each + k;
    return (const float *)t->data + at * *inner;
}

/* Whether class `ours` of w (4 classes) has the numbers of class `theirs` of `from` (3 classes). */
static bool is_same(const sx_weights *w, int ours, const sx_weights *from, int theirs,
                    const class_layer *l, int count) {
    int64_t inner;
    for (int k = 0; k < count; k++) {
        const float *a = row(w, l, 4, ours, k, &inner), *b = row(from, l, 3, theirs, k, &inner);
        if (memcmp(a, b, sizeof *a * (size_t)inner) != 0) return false;
    }
    return true;
}

static void check_classes(const class_layer *l) {
    sx_error err = { 0 };
    sx_str said = { 0 };
    sx_network net = small_network(l->arch, l->config), theirs = net;
    CHECK_OK(sx_network_configure(&net, "{\"classes\": 4}", &err), err);
    CHECK_OK(sx_network_configure(&theirs, "{\"classes\": 3}", &err), err);
    sx_weights *from = weights_of(&theirs, any);
    CHECK_OK(sx_weights_set_meta(from, "spinexr.classes", "[\"A\",\"B\",\"C\"]", &err), err);
    sx_weights *w = start_with(&net, "[\"C\",\"D\",\"A\",\"E\"]", from, &said);
    assert_true(is_same(w, 0, from, 2, l, l->each));
    assert_true(is_same(w, 2, from, 0, l, l->each));
    for (int theirs_at = 0; theirs_at < 3; theirs_at++) {
        assert_false(is_same(w, 1, from, theirs_at, l, l->each));
        assert_false(is_same(w, 3, from, theirs_at, l, l->each));
    }
    assert_true(is_same(w, 4, from, 3, l, l->extra));
    check_said(&said, "start.pth: class layers: C, A taken by name; new: D, E\n");
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

static void test_classes_by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof class_layers / sizeof *class_layers; i++)
        check_classes(&class_layers[i]);
}

/* A DenseNet with three classes, which the file calls `names`, starts one with `classes`. `first`:
 * which of the file's classes is the first one now; -1: it starts new. */
static void check_names(const char *names, int count, const char *classes, int first,
                        const char *told) {
    sx_error err = { 0 };
    sx_str said = { 0 };
    sx_network net = small_network(class_layers[0].arch, class_layers[0].config), theirs = net;
    char config[32];
    snprintf(config, sizeof config, "{\"classes\": %d}", count);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    CHECK_OK(sx_network_configure(&theirs, "{\"classes\": 3}", &err), err);
    sx_weights *from = weights_of(&theirs, any);
    if (names) CHECK_OK(sx_weights_set_meta(from, "spinexr.classes", names, &err), err);
    sx_weights *w = start_with(&net, classes, from, &said);
    const sx_tensor *ours = sx_weights_find(w, "head.heads.0.weight"),
                    *of_file = sx_weights_find(from, "head.heads.0.weight");
    const int64_t inner = ours->dims[1];
    int found = -1;
    for (int i = 0; i < 3; i++)
        if (memcmp(ours->data, (const float *)of_file->data + i * inner,
                   sizeof(float) * (size_t)inner) == 0)
            found = i;
    assert_int_equal(found, first);
    check_said(&said, told);
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

static void test_names_of_classes(void **state) {
    (void)state;
    static const char file[] = "[\"A\",\"B\",\"C\"]";
    check_names(file, 3, "[\"B\",\"C\",\"A\"]", 1, "class layers: all 3 classes taken by name\n");
    check_names(file, 2, "[\"X\",\"Y\"]", -1, "class layers: new: X, Y\n");
    check_names(NULL, 3, "[\"B\",\"C\",\"A\"]", 0,
                "class layers taken by position, because the file does not name its classes\n");
    check_names("[\"A\"]", 3, "[\"B\",\"C\",\"A\"]", 0,
                "by position, because the list of its classes does not fit its tensors\n");
    check_names(NULL, 2, "[\"B\",\"C\"]", -1,
                "start new: the file has 3 classes without names, the network 2\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_by_parts),  cmocka_unit_test(test_adapted),
        cmocka_unit_test(test_reversed),          cmocka_unit_test(test_frozen_and_new),
        cmocka_unit_test(test_frozen_and_folded), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_classes_by_name),   cmocka_unit_test(test_names_of_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
