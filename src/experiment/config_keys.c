/* The keys of a configuration: those of Detectron2 (February 2021) and of the VinDr-SpineXR
 * authors' program, with the effect that they have in that program; SPINEXR.* are this program's
 * own keys. */
#include <stdio.h>
#include <string.h>

#include "experiment/config.h"

#define AT(member) .offset = offsetof(sx_train_config, member)

/* ---- why a key has no effect ---- */

static const char by_shape[] = "films and annotations are found by themselves";
static const char by_data[] = "the data set has its classes";
static const char no_test_set[] =
    "the authors validate on the test set; --val names the validation set here";
static const char evaluation[] = "concerns evaluation (spinexr eval) or prediction";
static const char machine[] = "the machine and --threads decide";
static const char not_read[] = "the authors' code does not read it";
static const char never_built[] =
    "the authors' code never builds that optimizer, it trains with SGD (SPINEXR.OPTIMIZER chooses)";
static const char always_flips[] =
    "the authors' code flips left and right with probability 0.5 in any case";
static const char grey[] = "films are grey";
static const char no_download[] = "nothing is downloaded; --init takes ImageNet or COCO weights";
static const char other_network[] = "not of this network";
static const char fixed_size[] = "MODEL.CLASSIFIER.INPUT_SIZE sets it";
static const char other_loss[] = "belongs to a loss that is not used";

/* ---- films ---- */

static bool set_mapper(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    const char *name = v->count == 1 ? v->items[0] : "";
    c->preset.policy = strcmp(name, "SpineAutoAugmentMapper") == 0;
    return c->preset.policy || strcmp(name, "SpineDatasetMapper") == 0 ||
           sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err,
                       "%s is neither SpineAutoAugmentMapper nor SpineDatasetMapper", name);
}

static void put_mapper(const sx_train_config *c, sx_str *out) {
    sx_str_add(out, c->preset.policy ? "SpineAutoAugmentMapper" : "SpineDatasetMapper");
}

static bool set_augment(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    const char *name = v->count == 1 ? v->items[0] : "";
    return !c->preset.policy || strcmp(name, "v2") == 0 ||
           sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "policy %s; only v2 is supported", name);
}

static bool set_findings(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    sx_str text = { 0 };
    for (size_t i = 0; i < v->count; i++) {
        if (strchr(v->items[i], ','))
            return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "a comma in %s", v->items[i]);
        sx_str_printf(&text, "%s%s", i ? "," : "", v->items[i]);
    }
    c->classes = v->count ? sx_arena_strdup(c->file.memory, sx_str_text(&text)) : NULL;
    const bool ok = sx_str_ok(&text, err) &&
                    (c->classes || !v->count || sx_fail(err, SX_ERR_MEMORY, "out of memory"));
    sx_str_free(&text);
    return ok;
}

static void put_findings(const sx_train_config *c, sx_str *out) {
    for (const char *p = c->classes; p;) {
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, ","), p);
        sx_str_add(out, p == c->classes ? "[" : ", ");
        sx_yaml_put(out, name);
        p += strcspn(p, ",");
        p = *p ? p + 1 : NULL;
    }
    if (c->classes) sx_str_add(out, "]");
}

static bool repeats(const sx_train_config *c) {
    const sx_yaml_value *s = sx_yaml_find(&c->file, "DATALOADER.SAMPLER_TRAIN");
    return s && s->count ? strcmp(s->items[0], "RepeatFactorTrainingSampler") == 0
                         : c->preset.repeat > 0;
}

static bool set_sampler(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    const char *name = v->count == 1 ? v->items[0] : "";
    const bool plain = strcmp(name, "TrainingSampler") == 0;
    if (!plain && !repeats(c))
        return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "%s is not known", name);
    if (plain) c->preset.repeat = 0;
    return true;
}

static void put_sampler(const sx_train_config *c, sx_str *out) {
    sx_str_add(out, c->preset.repeat > 0 ? "RepeatFactorTrainingSampler" : "TrainingSampler");
}

static bool set_repeat(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    double d;
    if (!sx_key_number(c, v, 0, 0, 1, &d, err)) return false;
    if (repeats(c)) c->preset.repeat = d;
    return true;
}

static void put_repeat(const sx_train_config *c, sx_str *out) {
    if (c->preset.repeat > 0) sx_str_printf(out, "%.9g", c->preset.repeat);
}

static bool set_filter(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    const char *word = v->count == 1 ? v->items[0] : "";
    const bool yes = strcmp(word, "True") == 0 || strcmp(word, "true") == 0;
    if (!yes && strcmp(word, "False") != 0 && strcmp(word, "false") != 0)
        return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s is not true or false", word);
    c->preset.keep_empty = !yes;
    return true;
}

static void put_filter(const sx_train_config *c, sx_str *out) {
    sx_str_add(out, c->preset.keep_empty ? "False" : "True");
}

static bool set_sizes(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    if (v->count < 1 || v->count > SX_PRESET_SIZES)
        return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "%zu sizes, from 1 to %d are taken",
                           v->count, SX_PRESET_SIZES);
    memset(c->preset.sizes, 0, sizeof c->preset.sizes);
    for (size_t i = 0; i < v->count; i++) {
        long n;
        if (!sx_key_long(c, v, i, 32, 8192, &n, err)) return false;
        if (i && n <= c->preset.sizes[i - 1])
            return sx_key_fail(c, v, SX_ERR_VALUE, err, "%ld does not rise", n);
        c->preset.sizes[i] = (int)n;
    }
    return true;
}

/* The longest side is the same in training and in use. */
static bool set_longest(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    long n;
    if (!sx_key_long(c, v, 0, 32, 16384, &n, err)) return false;
    return n == c->preset.longest ||
           sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "%ld; it is %d, as in training", n,
                       c->preset.longest);
}

static void put_sizes(const sx_train_config *c, sx_str *out) {
    for (int i = 0; i < SX_PRESET_SIZES && c->preset.sizes[i]; i++)
        sx_str_printf(out, "%s%d", i ? ", " : "[", c->preset.sizes[i]);
    sx_str_add(out, "]");
}

/* ---- network ---- */

static bool chosen_before(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    (void)c;
    (void)v;
    (void)err;
    return true;
}

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

/* A key that is one of the network's numbers. */
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
    if (c->net.arch->frozen[0]) sx_str_add(out, c->preset.frozen ? "2" : "0");
}

/* ---- solver ---- */

static bool set_iterations(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    long n;
    if (!sx_key_long(c, v, 0, 1, 1e9, &n, err)) return false;
    sx_train_config_iterations(c, n);
    return true;
}

static void put_iterations(const sx_train_config *c, sx_str *out) {
    sx_str_printf(out, "%ld", c->preset.iterations);
}

static bool set_steps(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    long *steps = c->preset.schedule.steps;
    if (v->count > SX_MAX_STEPS)
        return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "%zu steps, at most %d are taken",
                           v->count, SX_MAX_STEPS);
    memset(steps, 0, sizeof c->preset.schedule.steps);
    for (size_t i = 0; i < v->count && !v->null; i++) {
        if (!sx_key_long(c, v, i, 1, 1e9, &steps[i], err)) return false;
        if (i && steps[i] < steps[i - 1])
            return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s falls", v->items[i]);
    }
    return true;
}

static void put_steps(const sx_train_config *c, sx_str *out) {
    const long *steps = c->preset.schedule.steps;
    sx_str_add(out, "[");
    for (int i = 0; i < SX_MAX_STEPS && steps[i]; i++)
        sx_str_printf(out, "%s%ld", i ? ", " : "", steps[i]);
    sx_str_add(out, "]");
}

static bool clips(const sx_train_config *c) {
    const sx_yaml_value *v = sx_yaml_find(&c->file, "SOLVER.CLIP_GRADIENTS.ENABLED");
    if (!v || !v->count) return c->preset.optim.clip != SX_CLIP_NONE;
    return strcmp(v->items[0], "True") == 0 || strcmp(v->items[0], "true") == 0;
}

static bool set_clip(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    const char *word = v->count == 1 ? v->items[0] : "";
    if (!clips(c) && strcmp(word, "False") != 0 && strcmp(word, "false") != 0)
        return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s is not true or false", word);
    if (!clips(c)) c->preset.optim.clip = SX_CLIP_NONE;
    if (clips(c) && c->preset.optim.clip == SX_CLIP_NONE) {
        c->preset.optim.clip = SX_CLIP_VALUE; /* Detectron2's defaults */
        c->preset.optim.clip_limit = 1;
    }
    return true;
}

static void put_clip(const sx_train_config *c, sx_str *out) {
    sx_str_add(out, c->preset.optim.clip == SX_CLIP_NONE ? "False" : "True");
}

static const char *const clip_names[] = { "none", "value", "norm", "full_model" };

static bool set_clip_type(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    for (int i = SX_CLIP_VALUE; i <= SX_CLIP_FULL_NORM; i++)
        if (v->count == 1 && strcmp(v->items[0], clip_names[i]) == 0) {
            if (clips(c)) c->preset.optim.clip = (sx_clip_kind)i;
            return true;
        }
    return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "not one of value, norm, full_model");
}

static void put_clip_type(const sx_train_config *c, sx_str *out) {
    if (c->preset.optim.clip != SX_CLIP_NONE) sx_str_add(out, clip_names[c->preset.optim.clip]);
}

static bool set_amp(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    (void)err;
    c->precision =
        v->count && strcmp(v->items[0], "True") == 0 ? SX_PRECISION_BF16 : SX_PRECISION_F32;
    return true;
}

static void put_preset(const sx_train_config *c, sx_str *out) {
    sx_yaml_put(out, c->preset_name);
}

/* ---- the table ---- */

#define UNUSED(key, why)                                                                           \
    { .name = key, .kind = SX_KEY_UNUSED, .text = why }
#define MUST(key, network, values)                                                                 \
    { .name = key, .kind = SX_KEY_MUST, .arch = network, .text = values, .read_only = true }
#define NUMBER(key, member, least, most)                                                           \
    { .name = key, .kind = SX_KEY_NUMBER, AT(member), .min = least, .max = most }
#define LONG(key, member, least, most)                                                             \
    { .name = key, .kind = SX_KEY_LONG, AT(member), .min = least, .max = most }
#define TEXT(key, member)                                                                          \
    { .name = key, .kind = SX_KEY_TEXT, AT(member) }
#define CHOICE(key, member, words)                                                                 \
    { .name = key, .kind = SX_KEY_CHOICE, AT(member), .text = words }
#define BY(key, network, setter, putter)                                                           \
    { .name = key, .kind = SX_KEY_OTHER, .arch = network, .set = setter, .put = putter }
#define NET(key, network, setter)                                                                  \
    { .name = key, .kind = SX_KEY_OTHER, .arch = network, .set = setter, .read_only = true }

static const char dense[] = "densenet", sparse[] = "sparse_rcnn", faster[] = "faster_rcnn",
                  retina[] = "retinanet";

/* A key that does not concern this network. */
#define ELSEWHERE(key, network)                                                                    \
    { .name = key, .kind = SX_KEY_UNUSED, .arch = network, .text = other_network }

const sx_key sx_train_keys[] = {
    UNUSED("VERSION", not_read),
    LONG("SEED", seed, -1, 2147483647),
    { .name = "OUTPUT_DIR", .kind = SX_KEY_TEXT, AT(out), .read_only = true },
    UNUSED("CUDNN_BENCHMARK", machine),
    UNUSED("VIS_PERIOD", not_read),
    UNUSED("GLOBAL.HACK", not_read),

    BY("MODEL.META_ARCHITECTURE", NULL, chosen_before, put_family),
    TEXT("MODEL.WEIGHTS", init),
    UNUSED("MODEL.DEVICE", machine),
    MUST("MODEL.PIXEL_MEAN", NULL, "103.53,116.28,123.675"),
    MUST("MODEL.PIXEL_STD", NULL, "1,1,1"),
    MUST("MODEL.MASK_ON", NULL, "False"),
    MUST("MODEL.KEYPOINT_ON", NULL, "False"),
    MUST("MODEL.LOAD_PROPOSALS", NULL, "False"),
    MUST("MODEL.BACKBONE.NAME", dense, "DenseNet"),
    MUST("MODEL.BACKBONE.NAME", retina, "build_retinanet_resnet_fpn_backbone"),
    MUST("MODEL.BACKBONE.NAME", NULL, "build_resnet_fpn_backbone"),
    UNUSED("MODEL.CLASSIFIER.PRETRAINED", no_download),
    MUST("MODEL.CLASSIFIER.CLASSES", dense, "Abnormal"),
    UNUSED("MODEL.CLASSIFIER.NORM", not_read),
    MUST("MODEL.CLASSIFIER.HEAD_NAME", dense, "SimpleHead"),
    MUST("MODEL.CLASSIFIER.IN_FEATURES", dense, "dense4"),
    MUST("MODEL.CLASSIFIER.LOSS_NAMES", dense, "BCE"),
    MUST("MODEL.CLASSIFIER.LOSS_WEIGHTS", dense, "1"),
    MUST("MODEL.CLASSIFIER.LOSS_REDUCTION", dense, "mean"),
    UNUSED("MODEL.CLASSIFIER.FOCAL_ALPHA", other_loss),
    UNUSED("MODEL.CLASSIFIER.FOCAL_GAMMA", other_loss),
    { .name = "MODEL.CLASSIFIER.INPUT_SIZE",
      .kind = SX_KEY_INT,
      .arch = dense,
      AT(preset.side),
      .min = 32,
      .max = 4096 },
    MUST("MODEL.DENSENET.OUT_FEATURES", dense, "dense4"),
    BY("MODEL.DENSENET.DEPTH", dense, chosen_before, put_depth),
    ELSEWHERE("MODEL.BACKBONE.FREEZE_AT", dense),
    BY("MODEL.BACKBONE.FREEZE_AT", NULL, set_freeze, put_freeze),
    ELSEWHERE("MODEL.RESNETS.DEPTH", dense),
    BY("MODEL.RESNETS.DEPTH", NULL, chosen_before, put_depth),
    ELSEWHERE("MODEL.RESNETS.STRIDE_IN_1X1", dense),
    NET("MODEL.RESNETS.STRIDE_IN_1X1", NULL, set_stride),
    ELSEWHERE("MODEL.RESNETS.STEM_OUT_CHANNELS", dense),
    NET("MODEL.RESNETS.STEM_OUT_CHANNELS", NULL, set_stem),
    MUST("MODEL.RESNETS.OUT_FEATURES", retina, "res3,res4,res5"),
    MUST("MODEL.RESNETS.OUT_FEATURES", NULL, "res2,res3,res4,res5"),
    MUST("MODEL.RESNETS.NUM_GROUPS", NULL, "1"),
    MUST("MODEL.RESNETS.NORM", NULL, "FrozenBN"),
    MUST("MODEL.RESNETS.WIDTH_PER_GROUP", NULL, "64"),
    MUST("MODEL.RESNETS.RES5_DILATION", NULL, "1"),
    MUST("MODEL.RESNETS.RES2_OUT_CHANNELS", NULL, "256"),
    MUST("MODEL.RESNETS.DEFORM_ON_PER_STAGE", NULL, "False,False,False,False"),
    MUST("MODEL.FPN.IN_FEATURES", retina, "res3,res4,res5"),
    MUST("MODEL.FPN.IN_FEATURES", NULL, "res2,res3,res4,res5"),
    MUST("MODEL.FPN.OUT_CHANNELS", NULL, "256"),
    MUST("MODEL.FPN.NORM", NULL, ""),
    MUST("MODEL.FPN.FUSE_TYPE", NULL, "sum"),
    MUST("MODEL.ROI_HEADS.IN_FEATURES", NULL, "p2,p3,p4,p5"),
    UNUSED("MODEL.ROI_HEADS.NUM_CLASSES", by_data),
    UNUSED("MODEL.ROI_HEADS.SCORE_THRESH_TEST", evaluation),
    UNUSED("MODEL.ROI_HEADS.NMS_THRESH_TEST", evaluation),
    MUST("MODEL.ROI_BOX_HEAD.POOLER_TYPE", NULL, "ROIAlignV2"),
    NET("MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION", sparse, set_pooled),
    NET("MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION", faster, set_pooled),
    MUST("MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO", sparse, "2"),
    MUST("MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO", faster, "0"),
    UNUSED("MODEL.RETINANET.NUM_CLASSES", by_data),
    UNUSED("MODEL.SparseRCNN.NUM_CLASSES", by_data),
    NET("MODEL.SparseRCNN.NUM_PROPOSALS", sparse, set_proposals),
    UNUSED("MODEL.SparseRCNN.NMS_THRESH", evaluation),
    NET("MODEL.SparseRCNN.NHEADS", sparse, set_attention),
    NET("MODEL.SparseRCNN.DROPOUT", sparse, set_dropout),
    NET("MODEL.SparseRCNN.DIM_FEEDFORWARD", sparse, set_feedforward),
    MUST("MODEL.SparseRCNN.ACTIVATION", sparse, "relu"),
    NET("MODEL.SparseRCNN.HIDDEN_DIM", sparse, set_hidden),
    NET("MODEL.SparseRCNN.NUM_CLS", sparse, set_cls),
    NET("MODEL.SparseRCNN.NUM_REG", sparse, set_reg),
    NET("MODEL.SparseRCNN.NUM_HEADS", sparse, set_heads),
    MUST("MODEL.SparseRCNN.NUM_DYNAMIC", sparse, "2"),
    NET("MODEL.SparseRCNN.DIM_DYNAMIC", sparse, set_dynamic),
    MUST("MODEL.SparseRCNN.CLASS_WEIGHT", sparse, "2"),
    MUST("MODEL.SparseRCNN.GIOU_WEIGHT", sparse, "2"),
    MUST("MODEL.SparseRCNN.L1_WEIGHT", sparse, "5"),
    MUST("MODEL.SparseRCNN.DEEP_SUPERVISION", sparse, "True"),
    UNUSED("MODEL.SparseRCNN.NO_OBJECT_WEIGHT", other_loss),
    MUST("MODEL.SparseRCNN.USE_FOCAL", sparse, "True"),
    MUST("MODEL.SparseRCNN.ALPHA", sparse, "0.25"),
    MUST("MODEL.SparseRCNN.GAMMA", sparse, "2"),
    MUST("MODEL.SparseRCNN.PRIOR_PROB", sparse, "0.01"),

    TEXT("SPINE.TRAIN_ANNOTATION", data),
    TEXT("SPINE.TRAIN_DATA_FOLDER", images),
    UNUSED("SPINE.TRAIN_METADATA", by_shape),
    UNUSED("SPINE.TEST_METADATA", no_test_set),
    UNUSED("SPINE.TEST_ANNOTATION", no_test_set),
    UNUSED("SPINE.TEST_DATA_FOLDER", no_test_set),
    MUST("SPINE.TASK", dense, "classification"),
    MUST("SPINE.TASK", NULL, "detection"),
    UNUSED("SPINE.ARCH", "MODEL.META_ARCHITECTURE sets it"),
    MUST("SPINE.DATA_MAPPER", dense, "SpineClsDatasetMapper2"),
    BY("SPINE.DATA_MAPPER", NULL, set_mapper, put_mapper),
    NET("SPINE.AUTO_AUGMENT", NULL, set_augment),
    MUST("SPINE.DATASET_DICT_FN", NULL, "SpineDatasetFunction"),
    UNUSED("SPINE.INCLUDE_NF", not_read),
    UNUSED("SPINE.IOU_THRESHOLD", evaluation),
    BY("SPINE.FINDINGS", NULL, set_findings, put_findings),
    UNUSED("CLASSIFICATION.BOOTSTRAP", evaluation),
    UNUSED("CLASSIFICATION.BOOTSTRAP_SAMPLES", evaluation),
    UNUSED("CLASSIFICATION.BOOTSTRAP_CI", evaluation),

    UNUSED("DATASETS.TRAIN", by_shape),
    UNUSED("DATASETS.TEST", no_test_set),
    MUST("DATALOADER.SAMPLER_TRAIN", dense, "TrainingSampler"),
    BY("DATALOADER.SAMPLER_TRAIN", NULL, set_sampler, put_sampler),
    BY("DATALOADER.REPEAT_THRESHOLD", NULL, set_repeat, put_repeat),
    UNUSED("DATALOADER.NUM_WORKERS", machine),
    { .name = "DATALOADER.ASPECT_RATIO_GROUPING", .kind = SX_KEY_BOOL, AT(preset.group) },
    { .name = "DATALOADER.FILTER_EMPTY_ANNOTATIONS",
      .kind = SX_KEY_UNUSED,
      .arch = dense,
      .text = "classifiers take all films" },
    BY("DATALOADER.FILTER_EMPTY_ANNOTATIONS", NULL, set_filter, put_filter),

    { .name = "INPUT.MIN_SIZE_TRAIN", .kind = SX_KEY_UNUSED, .arch = dense, .text = fixed_size },
    { .name = "INPUT.MAX_SIZE_TRAIN", .kind = SX_KEY_UNUSED, .arch = dense, .text = fixed_size },
    { .name = "INPUT.MIN_SIZE_TEST", .kind = SX_KEY_UNUSED, .arch = dense, .text = fixed_size },
    { .name = "INPUT.MAX_SIZE_TEST", .kind = SX_KEY_UNUSED, .arch = dense, .text = fixed_size },
    BY("INPUT.MIN_SIZE_TRAIN", NULL, set_sizes, put_sizes),
    MUST("INPUT.MIN_SIZE_TRAIN_SAMPLING", NULL, "choice"),
    { .name = "INPUT.MAX_SIZE_TRAIN",
      .kind = SX_KEY_INT,
      AT(preset.longest),
      .min = 32,
      .max = 16384 },
    { .name = "INPUT.MIN_SIZE_TEST",
      .kind = SX_KEY_INT,
      AT(preset.shortest),
      .min = 0,
      .max = 8192 },
    BY("INPUT.MAX_SIZE_TEST", NULL, set_longest, NULL),
    UNUSED("INPUT.RANDOM_FLIP", always_flips),
    UNUSED("INPUT.FORMAT", grey),
    MUST("INPUT.CROP.ENABLED", NULL, "False"),
    UNUSED("INPUT.CROP.TYPE", not_read),
    UNUSED("INPUT.CROP.SIZE", not_read),
    UNUSED("INPUT.MASK_FORMAT", not_read),

    { .name = "SOLVER.LR_SCHEDULER_NAME",
      .kind = SX_KEY_CHOICE,
      AT(preset.schedule.kind),
      .text = "WarmupMultiStepLR|WarmupCosineLR|WarmupPolyLR" },
    BY("SOLVER.MAX_ITER", NULL, set_iterations, put_iterations),
    NUMBER("SOLVER.BASE_LR", preset.schedule.base, 0, 100),
    BY("SOLVER.STEPS", NULL, set_steps, put_steps),
    NUMBER("SOLVER.GAMMA", preset.schedule.gamma, 0, 1),
    LONG("SOLVER.WARMUP_ITERS", preset.schedule.warmup, 0, 1e9),
    NUMBER("SOLVER.WARMUP_FACTOR", preset.schedule.warmup_factor, 0, 1),
    MUST("SOLVER.WARMUP_METHOD", NULL, "linear"),
    { .name = "SOLVER.IMS_PER_BATCH", .kind = SX_KEY_INT, AT(preset.batch), .min = 1, .max = 4096 },
    NUMBER("SOLVER.MOMENTUM", preset.optim.momentum, 0, 1),
    MUST("SOLVER.NESTEROV", NULL, "False"),
    NUMBER("SOLVER.WEIGHT_DECAY", preset.optim.decay, 0, 10),
    NUMBER("SOLVER.WEIGHT_DECAY_NORM", preset.optim.decay_norm, 0, 10),
    NUMBER("SOLVER.WEIGHT_DECAY_BIAS", preset.optim.decay_bias, 0, 10),
    MUST("SOLVER.BIAS_LR_FACTOR", NULL, "1"),
    UNUSED("SOLVER.OPTIMIZER", never_built),
    UNUSED("SOLVER.BACKBONE_MULTIPLIER", never_built),
    UNUSED("SOLVER.REFERENCE_WORLD_SIZE", machine),
    NET("SOLVER.AMP.ENABLED", NULL, set_amp),
    BY("SOLVER.CLIP_GRADIENTS.ENABLED", NULL, set_clip, put_clip),
    BY("SOLVER.CLIP_GRADIENTS.CLIP_TYPE", NULL, set_clip_type, put_clip_type),
    NUMBER("SOLVER.CLIP_GRADIENTS.CLIP_VALUE", preset.optim.clip_limit, 0, 1e9),
    MUST("SOLVER.CLIP_GRADIENTS.NORM_TYPE", NULL, "2"),
    LONG("SOLVER.CHECKPOINT_PERIOD", checkpoint, 1, 1e9),
    LONG("TEST.EVAL_PERIOD", validate, 0, 1e9),
    UNUSED("TEST.DETECTIONS_PER_IMAGE", evaluation),
    UNUSED("TEST.EXPECTED_RESULTS", evaluation),
    UNUSED("TEST.AUG.ENABLED", evaluation),
    UNUSED("TEST.PRECISE_BN.ENABLED", not_read),
    UNUSED("TEST.PRECISE_BN.NUM_ITER", not_read),

    BY("SPINEXR.PRESET", NULL, chosen_before, put_preset),
    TEXT("SPINEXR.TRAIN_LIST", train_list),
    TEXT("SPINEXR.VAL", val),
    TEXT("SPINEXR.VAL_LIST", val_list),
    CHOICE("SPINEXR.OPTIMIZER", preset.optim.kind, "SGD|ADAMW"),
    NUMBER("SPINEXR.BACKBONE_MULTIPLIER", preset.optim.backbone_rate, 0, 100),
    NUMBER("SPINEXR.EMA", preset.optim.ema, 0, 1),
    NUMBER("SPINEXR.POLY_POWER", preset.schedule.power, 0, 10),
    CHOICE("SPINEXR.PRECISION", precision, "auto|f32|bf16"),
    LONG("SPINEXR.ACCUMULATE", accumulate, 1, 4096),
    { .name = "SPINEXR.RECOMPUTE", .kind = SX_KEY_BOOL, AT(recompute) },
    { .name = "SPINEXR.PICTURES", .kind = SX_KEY_BOOL, AT(pictures) },
    CHOICE("SPINEXR.ON_NAN", on_nan, "stop|skip"),
    { .name = "SPINEXR.SKIP_UNREADABLE", .kind = SX_KEY_BOOL, AT(skip_unreadable) },
    { .name = "SPINEXR.SYNC_BN", .kind = SX_KEY_BOOL, AT(sync_norm) },
    { .name = NULL },
};
