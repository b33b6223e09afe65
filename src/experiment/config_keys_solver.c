/* The sections SOLVER, TEST and SPINEXR. */
#include <stdio.h>
#include <string.h>

#include "experiment/config_impl.h"

static const char never_built[] =
    "the authors' code never builds that optimizer, it trains with SGD (SPINEXR.OPTIMIZER chooses)";

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

const sx_key sx_solver_keys[] = {
    { .name = "SOLVER.LR_SCHEDULER_NAME",
      .kind = SX_KEY_CHOICE,
      KEY_AT(preset.schedule.kind),
      .text = "WarmupMultiStepLR|WarmupCosineLR|WarmupPolyLR" },
    KEY_BY("SOLVER.MAX_ITER", NULL, set_iterations, put_iterations),
    KEY_NUMBER("SOLVER.BASE_LR", preset.schedule.base, 0, 100),
    KEY_BY("SOLVER.STEPS", NULL, set_steps, put_steps),
    KEY_NUMBER("SOLVER.GAMMA", preset.schedule.gamma, 0, 1),
    KEY_LONG("SOLVER.WARMUP_ITERS", preset.schedule.warmup, 0, 1e9),
    KEY_NUMBER("SOLVER.WARMUP_FACTOR", preset.schedule.warmup_factor, 0, 1),
    KEY_MUST("SOLVER.WARMUP_METHOD", NULL, "linear"),
    { .name = "SOLVER.IMS_PER_BATCH",
      .kind = SX_KEY_INT,
      KEY_AT(preset.batch),
      .min = 1,
      .max = 4096 },
    KEY_NUMBER("SOLVER.MOMENTUM", preset.optim.momentum, 0, 1),
    KEY_MUST("SOLVER.NESTEROV", NULL, "False"),
    KEY_NUMBER("SOLVER.WEIGHT_DECAY", preset.optim.decay, 0, 10),
    KEY_NUMBER("SOLVER.WEIGHT_DECAY_NORM", preset.optim.decay_norm, 0, 10),
    KEY_NUMBER("SOLVER.WEIGHT_DECAY_BIAS", preset.optim.decay_bias, 0, 10),
    KEY_MUST("SOLVER.BIAS_LR_FACTOR", NULL, "1"),
    KEY_UNUSED("SOLVER.OPTIMIZER", never_built),
    KEY_UNUSED("SOLVER.BACKBONE_MULTIPLIER", never_built),
    KEY_UNUSED("SOLVER.REFERENCE_WORLD_SIZE", SX_KEY_MACHINE),
    KEY_NET("SOLVER.AMP.ENABLED", NULL, set_amp),
    KEY_BY("SOLVER.CLIP_GRADIENTS.ENABLED", NULL, set_clip, put_clip),
    KEY_BY("SOLVER.CLIP_GRADIENTS.CLIP_TYPE", NULL, set_clip_type, put_clip_type),
    KEY_NUMBER("SOLVER.CLIP_GRADIENTS.CLIP_VALUE", preset.optim.clip_limit, 0, 1e9),
    KEY_MUST("SOLVER.CLIP_GRADIENTS.NORM_TYPE", NULL, "2"),
    KEY_LONG("SOLVER.CHECKPOINT_PERIOD", checkpoint, 1, 1e9),
    KEY_LONG("TEST.EVAL_PERIOD", validate, 0, 1e9),
    KEY_UNUSED("TEST.DETECTIONS_PER_IMAGE", SX_KEY_EVALUATION),
    KEY_UNUSED("TEST.EXPECTED_RESULTS", SX_KEY_EVALUATION),
    KEY_UNUSED("TEST.AUG.ENABLED", SX_KEY_EVALUATION),
    KEY_UNUSED("TEST.PRECISE_BN.ENABLED", SX_KEY_NOT_READ),
    KEY_UNUSED("TEST.PRECISE_BN.NUM_ITER", SX_KEY_NOT_READ),

    KEY_BY("SPINEXR.PRESET", NULL, sx_key_chosen_before, put_preset),
    KEY_PATH("SPINEXR.TRAIN_LIST", train_list),
    KEY_PATH("SPINEXR.VAL", val),
    KEY_PATH("SPINEXR.VAL_LIST", val_list),
    KEY_CHOICE("SPINEXR.OPTIMIZER", preset.optim.kind, "SGD|ADAMW"),
    KEY_NUMBER("SPINEXR.BACKBONE_MULTIPLIER", preset.optim.backbone_rate, 0, 100),
    KEY_NUMBER("SPINEXR.EMA", preset.optim.ema, 0, 1),
    KEY_NUMBER("SPINEXR.POLY_POWER", preset.schedule.power, 0, 10),
    KEY_CHOICE("SPINEXR.PRECISION", precision, "auto|f32|bf16"),
    KEY_LONG("SPINEXR.ACCUMULATE", accumulate, 1, 4096),
    { .name = "SPINEXR.RECOMPUTE", .kind = SX_KEY_BOOL, KEY_AT(recompute) },
    { .name = "SPINEXR.PICTURES", .kind = SX_KEY_BOOL, KEY_AT(pictures) },
    KEY_CHOICE("SPINEXR.ON_NAN", on_nan, "stop|skip"),
    { .name = "SPINEXR.SKIP_UNREADABLE", .kind = SX_KEY_BOOL, KEY_AT(skip_unreadable) },
    { .name = "SPINEXR.MULTI_LABEL",
      .kind = SX_KEY_BOOL,
      .arch = SX_KEY_CLASSIFIER,
      KEY_AT(multi_label) },
    KEY_MUST("SPINEXR.MULTI_LABEL", NULL, "False"),
    { .name = "SPINEXR.MIXUP",
      .kind = SX_KEY_NUMBER,
      .arch = SX_KEY_CLASSIFIER,
      KEY_AT(preset.mixup),
      .max = 1 },
    KEY_MUST("SPINEXR.MIXUP", NULL, "0"),
    { .name = "SPINEXR.MILD_AUGMENT",
      .kind = SX_KEY_BOOL,
      .arch = SX_KEY_CLASSIFIER,
      KEY_AT(preset.mild) },
    KEY_MUST("SPINEXR.MILD_AUGMENT", NULL, "False"),
    { .name = "SPINEXR.LETTERBOX",
      .kind = SX_KEY_BOOL,
      .arch = SX_KEY_CLASSIFIER,
      KEY_AT(preset.letterbox) },
    KEY_MUST("SPINEXR.LETTERBOX", NULL, "False"),
    KEY_MUST("SPINEXR.EMPTY_SHARE", SX_KEY_CLASSIFIER, "0"),
    KEY_NUMBER("SPINEXR.EMPTY_SHARE", preset.empty_share, 0, 0.95),
    KEY_MUST("SPINEXR.COPY_PASTE", SX_KEY_CLASSIFIER, "0"),
    KEY_NUMBER("SPINEXR.COPY_PASTE", preset.copy_paste, 0, 1),
    { .name = "SPINEXR.SYNC_BN", .kind = SX_KEY_BOOL, KEY_AT(sync_norm) },
    { .name = NULL },
};
