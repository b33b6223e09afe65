/* The sections SPINE, CLASSIFICATION, DATASETS, DATALOADER and INPUT. */
#include <stdio.h>
#include <string.h>

#include "experiment/config_impl.h"

static const char by_shape[] = "films and annotations are found by themselves";
static const char no_test_set[] =
    "the authors validate on the test set; --val names the validation set here";
static const char always_flips[] =
    "the authors' code flips left and right with probability 0.5 in any case";
static const char grey[] = "films are grey";
static const char fixed_size[] = "MODEL.CLASSIFIER.INPUT_SIZE sets it";

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
        if (strchr(v->items[i], ',')) {
            sx_str_free(&text);
            return sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "a comma in %s", v->items[i]);
        }
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

const sx_key sx_film_keys[] = {
    KEY_PATH("SPINE.TRAIN_ANNOTATION", data),
    KEY_PATH("SPINE.TRAIN_DATA_FOLDER", images),
    KEY_UNUSED("SPINE.TRAIN_METADATA", by_shape),
    KEY_UNUSED("SPINE.TEST_METADATA", no_test_set),
    KEY_UNUSED("SPINE.TEST_ANNOTATION", no_test_set),
    KEY_UNUSED("SPINE.TEST_DATA_FOLDER", no_test_set),
    KEY_MUST("SPINE.TASK", SX_KEY_CLASSIFIER, "classification"),
    KEY_MUST("SPINE.TASK", NULL, "detection"),
    KEY_UNUSED("SPINE.ARCH", "MODEL.META_ARCHITECTURE sets it"),
    KEY_MUST("SPINE.DATA_MAPPER", SX_KEY_CLASSIFIER, "SpineClsDatasetMapper2"),
    KEY_BY("SPINE.DATA_MAPPER", NULL, set_mapper, put_mapper),
    KEY_NET("SPINE.AUTO_AUGMENT", NULL, set_augment),
    KEY_MUST("SPINE.DATASET_DICT_FN", NULL, "SpineDatasetFunction"),
    KEY_UNUSED("SPINE.INCLUDE_NF", SX_KEY_NOT_READ),
    KEY_UNUSED("SPINE.IOU_THRESHOLD", SX_KEY_EVALUATION),
    KEY_BY("SPINE.FINDINGS", NULL, set_findings, put_findings),
    KEY_UNUSED("CLASSIFICATION.BOOTSTRAP", SX_KEY_EVALUATION),
    KEY_UNUSED("CLASSIFICATION.BOOTSTRAP_SAMPLES", SX_KEY_EVALUATION),
    KEY_UNUSED("CLASSIFICATION.BOOTSTRAP_CI", SX_KEY_EVALUATION),

    KEY_UNUSED("DATASETS.TRAIN", by_shape),
    KEY_UNUSED("DATASETS.TEST", no_test_set),
    KEY_MUST("DATALOADER.SAMPLER_TRAIN", SX_KEY_CLASSIFIER, "TrainingSampler"),
    KEY_BY("DATALOADER.SAMPLER_TRAIN", NULL, set_sampler, put_sampler),
    KEY_BY("DATALOADER.REPEAT_THRESHOLD", NULL, set_repeat, put_repeat),
    KEY_UNUSED("DATALOADER.NUM_WORKERS", SX_KEY_MACHINE),
    { .name = "DATALOADER.ASPECT_RATIO_GROUPING", .kind = SX_KEY_BOOL, KEY_AT(preset.group) },
    { .name = "DATALOADER.FILTER_EMPTY_ANNOTATIONS",
      .kind = SX_KEY_UNUSED,
      .arch = SX_KEY_CLASSIFIER,
      .text = "classifiers take all films" },
    KEY_BY("DATALOADER.FILTER_EMPTY_ANNOTATIONS", NULL, set_filter, put_filter),

    { .name = "INPUT.MIN_SIZE_TRAIN",
      .kind = SX_KEY_UNUSED,
      .arch = SX_KEY_CLASSIFIER,
      .text = fixed_size },
    { .name = "INPUT.MAX_SIZE_TRAIN",
      .kind = SX_KEY_UNUSED,
      .arch = SX_KEY_CLASSIFIER,
      .text = fixed_size },
    { .name = "INPUT.MIN_SIZE_TEST",
      .kind = SX_KEY_UNUSED,
      .arch = SX_KEY_CLASSIFIER,
      .text = fixed_size },
    { .name = "INPUT.MAX_SIZE_TEST",
      .kind = SX_KEY_UNUSED,
      .arch = SX_KEY_CLASSIFIER,
      .text = fixed_size },
    KEY_BY("INPUT.MIN_SIZE_TRAIN", NULL, set_sizes, put_sizes),
    KEY_MUST("INPUT.MIN_SIZE_TRAIN_SAMPLING", NULL, "choice"),
    { .name = "INPUT.MAX_SIZE_TRAIN",
      .kind = SX_KEY_INT,
      KEY_AT(preset.longest),
      .min = 32,
      .max = 16384 },
    { .name = "INPUT.MIN_SIZE_TEST",
      .kind = SX_KEY_INT,
      KEY_AT(preset.shortest),
      .min = 0,
      .max = 8192 },
    KEY_BY("INPUT.MAX_SIZE_TEST", NULL, set_longest, NULL),
    KEY_UNUSED("INPUT.RANDOM_FLIP", always_flips),
    KEY_UNUSED("INPUT.FORMAT", grey),
    KEY_MUST("INPUT.CROP.ENABLED", NULL, "False"),
    KEY_UNUSED("INPUT.CROP.TYPE", SX_KEY_NOT_READ),
    KEY_UNUSED("INPUT.CROP.SIZE", SX_KEY_NOT_READ),
    KEY_UNUSED("INPUT.MASK_FORMAT", SX_KEY_NOT_READ),
    { .name = NULL },
};
