#include "models/arch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest_word.h"
#include "detect/nms.h"
#include "models/convnext.h"
#include "models/densenet.h"
#include "models/efficientdet.h"
#include "models/faster_rcnn.h"
#include "models/retinanet.h"
#include "models/rtmdet.h"
#include "models/sparse_rcnn.h"

/* clang-format off */
#define BACKBONE_FIELDS(type) \
    SX_ARCH_NAMED("backbone_blocks", type, backbone.blocks, 1, 64), \
    SX_ARCH_NAMED("backbone_stem", type, backbone.stem, 1, 1024), \
    SX_ARCH_NAMED("backbone_trained_norm", type, backbone.trained_norm, 0, 1), \
    SX_ARCH_NAMED("backbone_stride_in_1x1", type, backbone.stride_in_1x1, 0, 1)
/* clang-format on */

static const sx_arch_field densenet_fields[] = {
    SX_ARCH_FIELD(sx_densenet, growth, 1, 1024),   SX_ARCH_FIELD(sx_densenet, stem, 1, 1024),
    SX_ARCH_FIELD(sx_densenet, bottleneck, 1, 64), SX_ARCH_FIELD(sx_densenet, blocks, 1, 64),
    SX_ARCH_FIELD(sx_densenet, classes, 1, 4096),  SX_ARCH_FIELD(sx_densenet, torchvision, 0, 1),
    SX_ARCH_FIELD(sx_densenet, relu_at_end, 0, 1), { 0 },
};

static void build_densenet(sx_graph *g, const void *config, sx_shape image) {
    sx_densenet_build(g, sx_input(g, "image", image), config);
}

static const char *densenet_classes(const void *config) {
    return ((const sx_densenet *)config)->torchvision ? "classifier.weight" : "head.heads.0.weight";
}

static void adapt_densenet(void *config, const sx_weights *w) {
    sx_densenet *m = config;
    if (!sx_weights_find(w, "features.conv0.weight")) return;
    m->torchvision = 1;
    m->relu_at_end = 1;
}

/* torchvision's names, then the authors' */
static const char *const densenet_anchors[] = { "features.conv0.weight", "features.norm5.weight",
                                                "backbone.stem.0.weight", "backbone.norm5.weight",
                                                NULL };

static const sx_arch_config densenet_config = { .size = sizeof(sx_densenet),
                                                .fields = densenet_fields,
                                                .classes_offset = offsetof(sx_densenet, classes),
                                                .classes_tensor = densenet_classes,
                                                .anchors = densenet_anchors,
                                                .adapt = adapt_densenet };
static const sx_arch_build densenet_build = { .whole = build_densenet,
                                              .features = "norm5",
                                              .pooled = "pooled" };
static const sx_arch_train densenet_train = { .loss = sx_classifier_loss };

#define DENSENET(depth)                                                                            \
    {                                                                                              \
        .name = "densenet" #depth, .meta = "Classifier",                                           \
        .summary = "DenseNet-" #depth " (Huang 2017), logit of each class", .task = SX_CLASSIFIER, \
        .defaults = &sx_densenet##depth, .width = 224, .height = 224, .table_depth = 2,            \
        .usual = (depth) != 161, .config = &densenet_config, .build = &densenet_build,             \
        .train = &densenet_train                                                                   \
    }

#define CONVNEXT_TINY                                                                              \
    {                                                                                              \
        .name = "convnext_tiny", .meta = "Classifier",                                             \
        .summary = "ConvNeXt-Tiny (Liu 2022), logit of each class", .task = SX_CLASSIFIER,         \
        .defaults = &sx_convnext_tiny, .width = 224, .height = 224, .table_depth = 2,              \
        .usual = true, .config = &sx_convnext_config, .build = &sx_convnext_build_parts,           \
        .train = &sx_convnext_train                                                                \
    }

#define RTMDET(size, title)                                                                        \
    {                                                                                              \
        .name = "rtmdet_" #size, .meta = "RTMDet",                                                 \
        .summary = title " (Lyu 2022), CSPNeXt + PAFPN, three levels", .task = SX_DETECTOR,        \
        .defaults = &sx_rtmdet_##size, .width = 800, .height = 1333, .table_depth = 3,             \
        .usual = true, .config = &sx_rtmdet_config, .build = &sx_rtmdet_build_parts,               \
        .detect = &sx_rtmdet_detect, .train = &sx_rtmdet_train                                     \
    }

/* ---- shared by detectors ---- */

/* -log(99): a score of 0.01 (Lin 2017b, sec. 4.1) */
#define RARE (-4.59511985013459)

/* FREEZE_AT 2 */
#define RESNET_FROZEN                                                                              \
    { "bottom_up.stem", "bottom_up.res2" }

/* Detectron2's */
static const char *const resnet_anchors[] = { "backbone.bottom_up.stem.conv1.weight",
                                              "backbone.bottom_up.res3.0.conv1.weight", NULL };

/* ---- Sparse R-CNN ---- */

static const sx_init_rule sparse_init[] = {
    { "init_proposal_boxes.weight", SX_INIT_WHOLE_IMAGE, 0 },
    { "init_proposal_features.weight", SX_INIT_NORMAL, 1 },
    { "class_logits.bias", SX_INIT_CONSTANT, RARE },
    { "fpn_", SX_INIT_UNIFORM, 0 },
    { "head_series", SX_INIT_XAVIER, 0 },
    { "bottom_up", SX_INIT_HE_OUT, 0 },
    { 0 },
};

static const sx_arch_field sparse_fields[] = {
    BACKBONE_FIELDS(sx_sparse_rcnn),
    SX_ARCH_FIELD(sx_sparse_rcnn, proposals, 1, 10000),
    SX_ARCH_FIELD(sx_sparse_rcnn, heads, 1, SX_SPARSE_MAX_HEADS),
    SX_ARCH_FIELD(sx_sparse_rcnn, hidden, 1, 4096),
    SX_ARCH_FIELD(sx_sparse_rcnn, attention, 1, 256),
    SX_ARCH_FIELD(sx_sparse_rcnn, dynamic, 1, 1024),
    SX_ARCH_FIELD(sx_sparse_rcnn, feedforward, 1, 16384),
    SX_ARCH_FIELD(sx_sparse_rcnn, pooled, 1, 32),
    SX_ARCH_FIELD(sx_sparse_rcnn, cls_layers, 0, 16),
    SX_ARCH_FIELD(sx_sparse_rcnn, reg_layers, 0, 16),
    SX_ARCH_FIELD(sx_sparse_rcnn, classes, 1, 4096),
    SX_ARCH_FIELD(sx_sparse_rcnn, dropout, 0, 99),
    { 0 },
};

static void build_sparse(sx_graph *g, const void *config, sx_shape image) {
    sx_node *x = sx_input(g, "image", image);
    sx_sparse_rcnn_build(g, x, sx_input(g, "sizes", (sx_shape){ image.n, 1, 1, 2 }), config);
}

static void build_sparse_pyramid(sx_graph *g, const void *config, sx_shape image) {
    static const char *const names[] = { "p2", "p3", "p4", "p5" };
    sx_node *pyramid[4];
    sx_sparse_rcnn_pyramid(g, sx_input(g, "image", image), config, pyramid);
    for (int i = 0; i < 4; i++)
        sx_output(g, names[i], pyramid[i]);
}

static const char *sparse_classes(const void *config) {
    (void)config;
    return "head.head_series.0.class_logits.weight";
}

static const sx_arch_config sparse_rcnn_config = { .size = sizeof(sx_sparse_rcnn),
                                                   .fields = sparse_fields,
                                                   .classes_offset =
                                                       offsetof(sx_sparse_rcnn, classes),
                                                   .classes_tensor = sparse_classes,
                                                   .anchors = resnet_anchors };
static const sx_arch_build sparse_rcnn_build = { .whole = build_sparse,
                                                 .pyramid = build_sparse_pyramid };
static const sx_arch_detect sparse_rcnn_detect = { .decode = sx_sparse_rcnn_decode, .nms = 0.7F };
static const sx_arch_train sparse_rcnn_train = { .init = sparse_init,
                                                 .frozen = RESNET_FROZEN,
                                                 .loss = sx_sparse_rcnn_loss,
                                                 .loss_by_targets = true };

/* ---- Faster R-CNN ---- */

static const sx_init_rule faster_init[] = {
    { "rpn_head", SX_INIT_NORMAL, 0.01 },
    { "box_head", SX_INIT_UNIFORM, 0 },
    { "cls_score", SX_INIT_NORMAL, 0.01 },
    { "bbox_pred", SX_INIT_NORMAL, 0.001 },
    { "fpn_", SX_INIT_UNIFORM, 0 },
    { "bottom_up", SX_INIT_HE_OUT, 0 },
    { 0 },
};

static const sx_arch_field faster_fields[] = {
    BACKBONE_FIELDS(sx_faster_rcnn),
    SX_ARCH_FIELD(sx_faster_rcnn, channels, 1, 1024),
    SX_ARCH_FIELD(sx_faster_rcnn, anchor, 1, 1024),
    SX_ARCH_FIELD(sx_faster_rcnn, per_level, 1, 10000),
    SX_ARCH_FIELD(sx_faster_rcnn, per_level_train, 1, 10000),
    SX_ARCH_FIELD(sx_faster_rcnn, proposals, 1, 10000),
    SX_ARCH_FIELD(sx_faster_rcnn, sampled, 1, 10000),
    SX_ARCH_FIELD(sx_faster_rcnn, pooled, 1, 32),
    SX_ARCH_FIELD(sx_faster_rcnn, fc, 1, 16384),
    SX_ARCH_FIELD(sx_faster_rcnn, classes, 1, 4096),
    { 0 },
};

static void build_faster(sx_graph *g, const void *config, sx_shape image) {
    sx_node *x = sx_input(g, "image", image);
    sx_faster_rcnn_build(g, x, sx_input(g, "sizes", (sx_shape){ image.n, 1, 1, 2 }), config);
}

static void build_faster_pyramid(sx_graph *g, const void *config, sx_shape image) {
    static const char *const names[] = { "p2", "p3", "p4", "p5", "p6" };
    sx_node *pyramid[SX_FASTER_LEVELS];
    sx_faster_rcnn_pyramid(g, sx_input(g, "image", image), config, pyramid);
    for (int i = 0; i < SX_FASTER_LEVELS; i++)
        sx_output(g, names[i], pyramid[i]);
}

static const char *faster_classes(const void *config) {
    (void)config;
    return "roi_heads.box_predictor.cls_score.weight";
}

static const sx_arch_config faster_rcnn_config = { .size = sizeof(sx_faster_rcnn),
                                                   .fields = faster_fields,
                                                   .classes_offset =
                                                       offsetof(sx_faster_rcnn, classes),
                                                   .classes_tensor = faster_classes,
                                                   .anchors = resnet_anchors,
                                                   .classes_more = 1 };
static const sx_arch_build faster_rcnn_build = { .whole = build_faster,
                                                 .pyramid = build_faster_pyramid };
static const sx_arch_detect faster_rcnn_detect = { .decode = sx_faster_rcnn_decode,
                                                   .candidates = 19000,
                                                   .nms = 0.5F };
static const sx_arch_train faster_rcnn_train = { .init = faster_init,
                                                 .frozen = RESNET_FROZEN,
                                                 .loss = sx_faster_rcnn_loss };

/* ---- RetinaNet ---- */

static const sx_init_rule retinanet_init[] = {
    { "cls_score.bias", SX_INIT_CONSTANT, RARE },
    { "head.", SX_INIT_NORMAL, 0.01 },
    { "fpn_", SX_INIT_UNIFORM, 0 },
    { "top_block", SX_INIT_UNIFORM, 0 },
    { "bottom_up", SX_INIT_HE_OUT, 0 },
    { 0 },
};

static const sx_arch_field retinanet_fields[] = {
    BACKBONE_FIELDS(sx_retinanet),
    SX_ARCH_FIELD(sx_retinanet, channels, 1, 1024),
    SX_ARCH_FIELD(sx_retinanet, convs, 0, 16),
    SX_ARCH_FIELD(sx_retinanet, anchor, 1, 1024),
    SX_ARCH_FIELD(sx_retinanet, classes, 1, 4096),
    { 0 },
};

static void build_retinanet(sx_graph *g, const void *config, sx_shape image) {
    sx_retinanet_build(g, sx_input(g, "image", image), config);
}

static void build_retinanet_pyramid(sx_graph *g, const void *config, sx_shape image) {
    static const char *const names[] = { "p3", "p4", "p5", "p6", "p7" };
    sx_node *pyramid[SX_RETINANET_LEVELS];
    sx_retinanet_pyramid(g, sx_input(g, "image", image), config, pyramid);
    for (int i = 0; i < SX_RETINANET_LEVELS; i++)
        sx_output(g, names[i], pyramid[i]);
}

static const char *retinanet_classes(const void *config) {
    (void)config;
    return "head.cls_score.weight";
}

static const sx_arch_config retinanet_config = { .size = sizeof(sx_retinanet),
                                                 .fields = retinanet_fields,
                                                 .classes_offset = offsetof(sx_retinanet, classes),
                                                 .classes_tensor = retinanet_classes,
                                                 .anchors = resnet_anchors,
                                                 .classes_times = 9 };
static const sx_arch_build retinanet_build = { .whole = build_retinanet,
                                               .pyramid = build_retinanet_pyramid };
static const sx_arch_detect retinanet_detect = { .decode = sx_retinanet_decode,
                                                 .candidates = 5000,
                                                 .nms = 0.5F };
static const sx_arch_train retinanet_train = { .init = retinanet_init,
                                               .frozen = RESNET_FROZEN,
                                               .loss = sx_retinanet_loss };

/* ---- EfficientDet ---- */

#define EFFICIENTDET(phi, side)                                                                    \
    {                                                                                              \
        .name = "efficientdet_d" #phi, .meta = "EfficientDet",                                     \
        .summary =                                                                                 \
            "EfficientDet-D" #phi " (Tan 2020), EfficientNet-B" #phi " + BiFPN, five levels",      \
        .task = SX_DETECTOR, .defaults = &sx_efficientdet_d##phi, .width = (side),                 \
        .height = (side), .table_depth = 3, .usual = (phi) == 0, .config = &efficientdet_config,   \
        .build = &efficientdet_build, .detect = &efficientdet_detect, .train = &efficientdet_train \
    }

/* As in the published code: backbone by He, pyramid by Glorot, heads by fan-in. */
static const sx_init_rule efficientdet_init[] = {
    { "class_net.predict.conv_pw.bias", SX_INIT_CONSTANT, RARE },
    { "edge_weights", SX_INIT_CONSTANT, 1 },
    { "class_net", SX_INIT_FAN_IN, 0 },
    { "box_net", SX_INIT_FAN_IN, 0 },
    { "fpn.", SX_INIT_XAVIER, 0 },
    { "backbone", SX_INIT_HE_OUT, 0 },
    { 0 },
};

static const sx_arch_field efficientdet_fields[] = {
    SX_ARCH_NAMED("backbone_width", sx_efficientdet, backbone.width, 10, 1000),
    SX_ARCH_NAMED("backbone_depth", sx_efficientdet, backbone.depth, 10, 1000),
    SX_ARCH_NAMED("backbone_drop", sx_efficientdet, backbone.drop, 0, 99),
    SX_ARCH_FIELD(sx_efficientdet, channels, 1, 1024),
    SX_ARCH_FIELD(sx_efficientdet, cells, 0, 16),
    SX_ARCH_FIELD(sx_efficientdet, convs, 0, 16),
    SX_ARCH_FIELD(sx_efficientdet, levels, 3, SX_EFFICIENTDET_LEVELS),
    SX_ARCH_FIELD(sx_efficientdet, anchor, 1, 1024),
    SX_ARCH_FIELD(sx_efficientdet, bias, 0, 1),
    SX_ARCH_FIELD(sx_efficientdet, momentum, 1, 1000),
    SX_ARCH_FIELD(sx_efficientdet, classes, 1, 4096),
    { 0 },
};

static void build_efficientdet(sx_graph *g, const void *config, sx_shape image) {
    sx_efficientdet_build(g, sx_input(g, "image", image), config);
}

static void build_efficientdet_pyramid(sx_graph *g, const void *config, sx_shape image) {
    static const char *const names[] = { "p3", "p4", "p5", "p6", "p7" };
    sx_node *pyramid[SX_EFFICIENTDET_LEVELS] = { NULL };
    sx_efficientdet_pyramid(g, sx_input(g, "image", image), config, pyramid);
    for (int i = 0; i < ((const sx_efficientdet *)config)->levels; i++)
        sx_output(g, names[i], pyramid[i]);
}

static const char *efficientdet_classes(const void *config) {
    (void)config;
    return "class_net.predict.conv_pw.bias";
}

static const char *const efficientdet_anchors[] = { "backbone.conv_stem.weight",
                                                    "class_net.predict.conv_pw.bias", NULL };

static const sx_arch_config efficientdet_config = { .size = sizeof(sx_efficientdet),
                                                    .fields = efficientdet_fields,
                                                    .classes_offset =
                                                        offsetof(sx_efficientdet, classes),
                                                    .classes_tensor = efficientdet_classes,
                                                    .anchors = efficientdet_anchors,
                                                    .classes_times = 9 };
static const sx_arch_build efficientdet_build = { .whole = build_efficientdet,
                                                  .pyramid = build_efficientdet_pyramid,
                                                  .stride = sx_efficientdet_stride,
                                                  .norm = &sx_normalisation_imagenet };
static const sx_arch_detect efficientdet_detect = { .decode = sx_efficientdet_decode,
                                                    .candidates = 5000,
                                                    .nms = 0.5F };
static const sx_arch_train efficientdet_train = { .init = efficientdet_init,
                                                  .loss = sx_efficientdet_loss,
                                                  .loss_by_targets = true };

/* ---- the table ---- */

/* The detectors of Detectron2 and Sparse R-CNN's code. */
#define DETECTOR(family, depth, meta_name, title, more)                                            \
    {                                                                                              \
        .name = #family "_r" #depth, .meta = (meta_name),                                          \
        .summary = title ", ResNet-" #depth " + FPN, " more, .task = SX_DETECTOR,                  \
        .defaults = &sx_##family##_r##depth, .width = 800, .height = 1333, .table_depth = 3,       \
        .usual = (depth) == 50, .config = &family##_config, .build = &family##_build,              \
        .detect = &family##_detect, .train = &family##_train                                       \
    }
#define SPARSE_RCNN(depth)                                                                         \
    DETECTOR(sparse_rcnn, depth, "SparseRCNN", "Sparse R-CNN (Sun 2021)", "100 proposals, 6 heads")
#define FASTER_RCNN(depth)                                                                         \
    DETECTOR(faster_rcnn, depth, "GeneralizedRCNN", "Faster R-CNN (Ren 2015)", "1,000 proposals")
#define RETINANET(depth)                                                                           \
    DETECTOR(retinanet, depth, "RetinaNet", "RetinaNet (Lin 2017)", "anchors at five levels")

static const sx_arch archs[] = {
    DENSENET(121),
    DENSENET(161),
    DENSENET(169),
    DENSENET(201),
    CONVNEXT_TINY,
    SPARSE_RCNN(50),
    SPARSE_RCNN(101),
    FASTER_RCNN(50),
    FASTER_RCNN(101),
    RETINANET(50),
    RETINANET(101),
    EFFICIENTDET(0, 512),
    EFFICIENTDET(1, 640),
    EFFICIENTDET(2, 768),
    EFFICIENTDET(3, 896),
    EFFICIENTDET(4, 1024),
    RTMDET(tiny, "RTMDet-tiny"),
    RTMDET(s, "RTMDet-s"),
};

size_t sx_arch_count(void) {
    return sizeof archs / sizeof archs[0];
}

const sx_arch *sx_arch_at(size_t i) {
    return &archs[i];
}

const sx_arch *sx_arch_find(const char *name) {
    for (size_t i = 0; i < sx_arch_count(); i++)
        if (strcmp(archs[i].name, name) == 0) return &archs[i];
    return NULL;
}

static const char *nearest_name(const char *name) {
    const char *best = NULL;
    int distance = strlen(name) / 3 > 2 ? (int)(strlen(name) / 3) : 2;
    for (size_t i = 0; i < sx_arch_count(); i++)
        best = sx_word_nearer(name, archs[i].name, best, &distance);
    return best;
}

void sx_arch_names(const char *name, char text[SX_ARCH_NAMES]) {
    const char *const nearest = nearest_name(name);
    size_t n = 0;
    if (nearest) n = (size_t)snprintf(text, SX_ARCH_NAMES, "nearest: %s; ", nearest);
    n += (size_t)snprintf(text + n, SX_ARCH_NAMES - n, "known: ");
    for (size_t i = 0; i < sx_arch_count(); i++) {
        const char *const known = archs[i].name;
        const size_t more = strlen(known) + 2;
        if (n + more + sizeof "..." > SX_ARCH_NAMES) { /* "spinexr model show" lists them all */
            snprintf(text + n, SX_ARCH_NAMES - n, "%s...", i ? ", " : "");
            return;
        }
        n += (size_t)snprintf(text + n, SX_ARCH_NAMES - n, "%s%s", i ? ", " : "", known);
    }
}
