/* The section MODEL. */
#include <stdio.h>
#include <string.h>

#include "experiment/config_impl.h"

static const char by_data[] = "the data set has its classes";
static const char no_download[] = "nothing is downloaded; --init takes ImageNet or COCO weights";
static const char other_network[] = "not of this network";
static const char other_loss[] = "belongs to a loss that is not used";

static const char sparse[] = "sparse_rcnn", faster[] = "faster_rcnn", retina[] = "retinanet";

static void put_family(const sx_train_config *c, sx_str *out) {
    const char *family = sx_train_family(c->preset.arch);
    if (family) sx_str_add(out, family);
}

static void put_depth(const sx_train_config *c, sx_str *out) {
    const char *p = c->preset.arch + strlen(c->preset.arch);
    while (p > c->preset.arch && p[-1] >= '0' && p[-1] <= '9')
        p--;
    sx_str_add(out, p);
}

/* Defines a key that sets one of the network's numbers. */
static bool set_field(sx_train_config *c, const sx_yaml_value *v, const char *field,
                      sx_error *err) {
    long n;
    char json[96];
    const bool flag =
        v->count == 1 && (strcmp(v->items[0], "True") == 0 || strcmp(v->items[0], "False") == 0);
    if (flag)
        n = v->items[0][0] == 'T';
    else if (!sx_key_long(c, v, 0, 0, 65536, &n, err))
        return false;
    snprintf(json, sizeof json, "{\"%s\": %ld}", field, n);
    return sx_network_configure(&c->net, json, err);
}

#define FIELD(function, field)                                                                     \
    static bool function(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {              \
        return set_field(c, v, field, err);                                                        \
    }
FIELD(set_proposals, "proposals")
FIELD(set_heads, "heads")
FIELD(set_hidden, "hidden")
FIELD(set_attention, "attention")
FIELD(set_dynamic, "dynamic")
FIELD(set_feedforward, "feedforward")
FIELD(set_cls, "cls_layers")
FIELD(set_reg, "reg_layers")
FIELD(set_pooled, "pooled")
FIELD(set_stem, "backbone_stem")

static bool set_dropout(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    double rate;
    char json[64];
    if (!sx_key_number(c, v, 0, 0, 0.99, &rate, err)) return false;
    const int percent = (int)(rate * 100 + 0.5);
    if (rate * 100 - percent > 1e-9 || percent - rate * 100 > 1e-9)
        return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "whole percents only");
    snprintf(json, sizeof json, "{\"dropout\": %d}", percent);
    return sx_network_configure(&c->net, json, err);
}
FIELD(set_stride, "backbone_stride_in_1x1")

/* Detectron2's number of frozen stages, the stem first. */
static bool set_freeze(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    long n;
    if (!sx_key_long(c, v, 0, 0, 5, &n, err)) return false;
    if (n != 0 && n != 2)
        return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "%ld; only 0 and 2 are supported", n);
    c->preset.frozen = n == 2;
    return true;
}

static void put_freeze(const sx_train_config *c, sx_str *out) {
    if (c->net.arch->train->frozen[0]) sx_str_add(out, c->preset.frozen ? "2" : "0");
}

/* Defines a key that has no effect on this network. */
#define ELSEWHERE(key, network)                                                                    \
    { .name = (key), .kind = SX_KEY_UNUSED, .arch = (network), .text = other_network }

const sx_key sx_network_keys[] = {
    KEY_BY("MODEL.META_ARCHITECTURE", NULL, sx_key_chosen_before, put_family),
    KEY_PATH("MODEL.WEIGHTS", init),
    KEY_UNUSED("MODEL.DEVICE", SX_KEY_MACHINE),
    KEY_MUST("MODEL.PIXEL_MEAN", NULL, "103.53,116.28,123.675"),
    KEY_MUST("MODEL.PIXEL_STD", NULL, "1,1,1"),
    KEY_MUST("MODEL.MASK_ON", NULL, "False"),
    KEY_MUST("MODEL.KEYPOINT_ON", NULL, "False"),
    KEY_MUST("MODEL.LOAD_PROPOSALS", NULL, "False"),
    KEY_MUST("MODEL.BACKBONE.NAME", SX_KEY_DENSENET, "DenseNet"),
    KEY_MUST("MODEL.BACKBONE.NAME", retina, "build_retinanet_resnet_fpn_backbone"),
    KEY_MUST("MODEL.BACKBONE.NAME", NULL, "build_resnet_fpn_backbone"),
    KEY_UNUSED("MODEL.CLASSIFIER.PRETRAINED", no_download),
    KEY_MUST("MODEL.CLASSIFIER.CLASSES", SX_KEY_CLASSIFIER, "Abnormal"),
    KEY_UNUSED("MODEL.CLASSIFIER.NORM", SX_KEY_NOT_READ),
    KEY_MUST("MODEL.CLASSIFIER.HEAD_NAME", SX_KEY_DENSENET, "SimpleHead"),
    KEY_MUST("MODEL.CLASSIFIER.IN_FEATURES", SX_KEY_DENSENET, "dense4"),
    KEY_MUST("MODEL.CLASSIFIER.LOSS_NAMES", SX_KEY_CLASSIFIER, "BCE"),
    KEY_MUST("MODEL.CLASSIFIER.LOSS_WEIGHTS", SX_KEY_CLASSIFIER, "1"),
    KEY_MUST("MODEL.CLASSIFIER.LOSS_REDUCTION", SX_KEY_CLASSIFIER, "mean"),
    KEY_UNUSED("MODEL.CLASSIFIER.FOCAL_ALPHA", other_loss),
    KEY_UNUSED("MODEL.CLASSIFIER.FOCAL_GAMMA", other_loss),
    { .name = "MODEL.CLASSIFIER.INPUT_SIZE",
      .kind = SX_KEY_INT,
      .arch = SX_KEY_CLASSIFIER,
      KEY_AT(preset.side),
      .min = 32,
      .max = 4096 },
    KEY_MUST("MODEL.DENSENET.OUT_FEATURES", SX_KEY_DENSENET, "dense4"),
    KEY_BY("MODEL.DENSENET.DEPTH", SX_KEY_DENSENET, sx_key_chosen_before, put_depth),
    ELSEWHERE("MODEL.BACKBONE.FREEZE_AT", SX_KEY_CLASSIFIER),
    KEY_BY("MODEL.BACKBONE.FREEZE_AT", NULL, set_freeze, put_freeze),
    ELSEWHERE("MODEL.RESNETS.DEPTH", SX_KEY_CLASSIFIER),
    KEY_BY("MODEL.RESNETS.DEPTH", NULL, sx_key_chosen_before, put_depth),
    ELSEWHERE("MODEL.RESNETS.STRIDE_IN_1X1", SX_KEY_CLASSIFIER),
    KEY_NET("MODEL.RESNETS.STRIDE_IN_1X1", NULL, set_stride),
    ELSEWHERE("MODEL.RESNETS.STEM_OUT_CHANNELS", SX_KEY_CLASSIFIER),
    KEY_NET("MODEL.RESNETS.STEM_OUT_CHANNELS", NULL, set_stem),
    KEY_MUST("MODEL.RESNETS.OUT_FEATURES", retina, "res3,res4,res5"),
    KEY_MUST("MODEL.RESNETS.OUT_FEATURES", NULL, "res2,res3,res4,res5"),
    KEY_MUST("MODEL.RESNETS.NUM_GROUPS", NULL, "1"),
    KEY_MUST("MODEL.RESNETS.NORM", NULL, "FrozenBN"),
    KEY_MUST("MODEL.RESNETS.WIDTH_PER_GROUP", NULL, "64"),
    KEY_MUST("MODEL.RESNETS.RES5_DILATION", NULL, "1"),
    KEY_MUST("MODEL.RESNETS.RES2_OUT_CHANNELS", NULL, "256"),
    KEY_MUST("MODEL.RESNETS.DEFORM_ON_PER_STAGE", NULL, "False,False,False,False"),
    KEY_MUST("MODEL.FPN.IN_FEATURES", retina, "res3,res4,res5"),
    KEY_MUST("MODEL.FPN.IN_FEATURES", NULL, "res2,res3,res4,res5"),
    KEY_MUST("MODEL.FPN.OUT_CHANNELS", NULL, "256"),
    KEY_MUST("MODEL.FPN.NORM", NULL, ""),
    KEY_MUST("MODEL.FPN.FUSE_TYPE", NULL, "sum"),
    KEY_MUST("MODEL.ROI_HEADS.IN_FEATURES", NULL, "p2,p3,p4,p5"),
    KEY_UNUSED("MODEL.ROI_HEADS.NUM_CLASSES", by_data),
    KEY_UNUSED("MODEL.ROI_HEADS.SCORE_THRESH_TEST", SX_KEY_EVALUATION),
    KEY_UNUSED("MODEL.ROI_HEADS.NMS_THRESH_TEST", SX_KEY_EVALUATION),
    KEY_MUST("MODEL.ROI_BOX_HEAD.POOLER_TYPE", NULL, "ROIAlignV2"),
    KEY_NET("MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION", sparse, set_pooled),
    KEY_NET("MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION", faster, set_pooled),
    KEY_MUST("MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO", sparse, "2"),
    KEY_MUST("MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO", faster, "0"),
    KEY_UNUSED("MODEL.RETINANET.NUM_CLASSES", by_data),
    KEY_UNUSED("MODEL.SparseRCNN.NUM_CLASSES", by_data),
    KEY_NET("MODEL.SparseRCNN.NUM_PROPOSALS", sparse, set_proposals),
    KEY_UNUSED("MODEL.SparseRCNN.NMS_THRESH", SX_KEY_EVALUATION),
    KEY_NET("MODEL.SparseRCNN.NHEADS", sparse, set_attention),
    KEY_NET("MODEL.SparseRCNN.DROPOUT", sparse, set_dropout),
    KEY_NET("MODEL.SparseRCNN.DIM_FEEDFORWARD", sparse, set_feedforward),
    KEY_MUST("MODEL.SparseRCNN.ACTIVATION", sparse, "relu"),
    KEY_NET("MODEL.SparseRCNN.HIDDEN_DIM", sparse, set_hidden),
    KEY_NET("MODEL.SparseRCNN.NUM_CLS", sparse, set_cls),
    KEY_NET("MODEL.SparseRCNN.NUM_REG", sparse, set_reg),
    KEY_NET("MODEL.SparseRCNN.NUM_HEADS", sparse, set_heads),
    KEY_MUST("MODEL.SparseRCNN.NUM_DYNAMIC", sparse, "2"),
    KEY_NET("MODEL.SparseRCNN.DIM_DYNAMIC", sparse, set_dynamic),
    KEY_MUST("MODEL.SparseRCNN.CLASS_WEIGHT", sparse, "2"),
    KEY_MUST("MODEL.SparseRCNN.GIOU_WEIGHT", sparse, "2"),
    KEY_MUST("MODEL.SparseRCNN.L1_WEIGHT", sparse, "5"),
    KEY_MUST("MODEL.SparseRCNN.DEEP_SUPERVISION", sparse, "True"),
    KEY_UNUSED("MODEL.SparseRCNN.NO_OBJECT_WEIGHT", other_loss),
    KEY_MUST("MODEL.SparseRCNN.USE_FOCAL", sparse, "True"),
    KEY_MUST("MODEL.SparseRCNN.ALPHA", sparse, "0.25"),
    KEY_MUST("MODEL.SparseRCNN.GAMMA", sparse, "2"),
    KEY_MUST("MODEL.SparseRCNN.PRIOR_PROB", sparse, "0.01"),
    { .name = NULL },
};
