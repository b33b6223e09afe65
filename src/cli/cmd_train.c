/* spinexr train, train classifier, train detector */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/str.h"
#include "cli/command.h"
#include "experiment/presets.h"
#include "experiment/resume_config.h"
#include "experiment/training_run.h"

typedef struct train_args {
    const char *data, *train_list, *val, *val_list, *out, *preset, *init, *network, *config, *cache;
    sx_texts set;
    long iterations, batch, accumulate, validate, checkpoint, seed;
    double rate;
    int precision, on_nan;
    bool resume, overwrite, skip_unreadable, no_cache, sync_bn, recompute;
} train_args;

static bool set_keys(const train_args *a, sx_yaml *y, sx_error *err) {
    for (int i = 0; i < a->set.count; i++) {
        char key[256];
        const size_t n = strcspn(a->set.items[i], "=");
        if (!a->set.items[i][n] || n == 0 || n >= sizeof key)
            return sx_fail(err, SX_ERR_USAGE, "--set %s: expected KEY=VALUE", a->set.items[i]);
        memcpy(key, a->set.items[i], n);
        key[n] = '\0';
        if (!sx_yaml_set(y, key, a->set.items[i] + n + 1, err)) return false;
    }
    return true;
}

/* The folder of the run: --out or, as in the authors' program, OUTPUT_DIR/NAME for NAME.yaml. The
 * text is an argument or belongs to y. */
static bool find_out(const train_args *a, const sx_yaml *y, const char **out, sx_error *err) {
    const sx_yaml_value *v = sx_yaml_find(y, "OUTPUT_DIR");
    const char *parent = v && v->count == 1 && !v->null && v->items[0][0] ? v->items[0] : NULL;
    *out = a->out ? a->out : parent;
    if (!*out && a->resume)
        return sx_fail(err, SX_ERR_USAGE, "--resume needs --out DIR, the folder of the run");
    if (!*out) return sx_fail(err, SX_ERR_USAGE, "--out DIR is missing");
    if (a->out || !a->config) return true;
    const char *name = sx_path_base(a->config);
    const size_t n = sx_path_has_ending(name, ".yaml") ? strlen(name) - 5 : strlen(name);
    *out = sx_arena_printf(y->memory, "%s/%.*s", parent, (int)n, name);
    return *out || sx_fail(err, SX_ERR_MEMORY, "out of memory");
}

/* The run's own configuration takes the place of --config if that is not given. */
static bool read_recorded(const train_args *a, const char *recorded, sx_yaml *y, sx_error *err) {
    sx_yaml_free(y);
    if (!sx_yaml_open(recorded, y, err)) return false;
    const sx_yaml_value *preset = sx_yaml_find(y, "SPINEXR.PRESET");
    if (a->preset && preset && preset->count == 1 && strcmp(preset->items[0], a->preset) != 0)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%s: SPINEXR.PRESET is %s; a run that is resumed cannot change it to %s",
                       recorded, preset->items[0], a->preset);
    return set_keys(a, y, err);
}

/* Reads the keys of the configuration file, then those of --set. *recorded: the configuration of
 * the run that --resume continues, on the heap. */
static bool read_keys(const train_args *a, sx_yaml *y, char **recorded, sx_error *err) {
    const char *out;
    *recorded = NULL;
    if (a->config && !sx_yaml_open(a->config, y, err)) return false;
    if (!set_keys(a, y, err)) return false;
    if (!a->resume) return true;
    if (!find_out(a, y, &out, err) || !sx_resume_find_config(out, recorded, err)) return false;
    return !*recorded || a->config || read_recorded(a, *recorded, y, err);
}

/* What is trained; the last: what the configuration of the run to continue says. */
typedef enum task { TASK_CLASSIFIER, TASK_DETECTOR, TASK_OF_RUN } task;

/* Applies the options of the command line, which override the file. */
static bool override(const train_args *a, sx_train_config *c, sx_error *err) {
    if (a->data) c->data = a->data, c->images = NULL;
    if (a->val) c->val = a->val;
    if (a->train_list) c->train_list = a->train_list;
    if (a->val_list) c->val_list = a->val_list;
    if (a->init) c->init = a->init[0] ? a->init : NULL;
    if (a->iterations > 0) sx_train_config_iterations(c, a->iterations);
    if (a->batch > 0) c->preset.batch = (int)a->batch;
    if (a->accumulate > 0) c->accumulate = a->accumulate;
    if (a->rate > 0) c->preset.schedule.base = a->rate;
    if (a->validate > 0) c->validate = a->validate;
    if (a->checkpoint > 0) c->checkpoint = a->checkpoint;
    if (a->seed >= 0) c->seed = a->seed;
    if (a->precision != SX_PRECISION_AUTO) c->precision = a->precision;
    if (a->on_nan >= 0) c->on_nan = a->on_nan;
    if (a->skip_unreadable) c->skip_unreadable = true;
    if (a->sync_bn) c->sync_norm = true;
    if (a->recompute) c->recompute = true;
    if (a->network && !sx_network_configure(&c->net, a->network, err)) return false;
    if (!c->data) return sx_fail(err, SX_ERR_USAGE, "--data PATH is missing");
    return find_out(a, &c->file, &c->out, err);
}

/* recorded NULL: there is none. */
static bool make_config(const sx_call *call, task wanted, sx_yaml *y, const char *recorded,
                        sx_train_config *c, sx_error *err) {
    const train_args *a = call->args;
    const char *usual = wanted == TASK_DETECTOR ? "sparse_rcnn_r50" : "densenet121";
    if (!recorded && wanted == TASK_OF_RUN)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s: the run's config.yaml is missing; give its options to train classifier "
                       "or train detector",
                       a->out);
    const char *name = a->config  ? a->config
                       : recorded ? sx_arena_strdup(y->memory, recorded)
                                  : "--set";
    if (!name) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (!sx_train_config_make(call->context, name, y, a->preset, usual, c, err)) return false;
    const bool detector = c->net.arch->task == SX_DETECTOR;
    if (wanted != TASK_OF_RUN && detector != (wanted == TASK_DETECTOR))
        return sx_fail(err, SX_ERR_USAGE, "%s %s is no %s", a->preset ? "--preset" : "preset",
                       c->preset_name, detector ? "classifier" : "detector");
    return override(a, c, err) && (!recorded || sx_resume_check_config(c, recorded, err));
}

static bool configure(const sx_call *call, task wanted, sx_train_config *c, sx_error *err) {
    const train_args *a = call->args;
    sx_yaml y = { 0 };
    char *recorded = NULL;
    const bool ok =
        read_keys(a, &y, &recorded, err) && make_config(call, wanted, &y, recorded, c, err);
    sx_yaml_free(&y);
    free(recorded);
    if (!ok) return false;
    if (a->config && wanted == TASK_CLASSIFIER && !c->init &&
        !sx_yaml_find(&c->file, "SPINEXR.PRESET"))
        sx_log(call->context, SX_LOG_INFO,
               "%s: the authors' program starts from ImageNet weights; --init FILE loads them here",
               a->config);
    return true;
}

static void tell_films(const sx_loader_counts *n) {
    if (n->unreadable)
        sx_cli_print("%zu %s read; left out: %zu %s that cannot be read\n", n->read,
                     sx_noun(n->read, "film", "films"), n->unreadable,
                     sx_noun(n->unreadable, "film", "films"));
}

static void tell(const sx_train_config *c, const sx_loop_result *r) {
    tell_films(&r->films);
    const char *iterations = sx_noun((size_t)r->iterations, "iteration", "iterations");
    if (r->stopped) {
        sx_cli_print("stopped after %ld %s; --resume continues\n", r->iterations, iterations);
        return;
    }
    const bool scored = !isnan(r->best), validated = c->val || c->val_list;
    const char *none = validated ? "(no score: no best weights or threshold)"
                                 : "(no --val: no best weights or threshold)";
    sx_str text = { 0 }, weights = { 0 };
    sx_str_printf(&text, "%ld %s", r->iterations, iterations);
    if (scored)
        sx_str_printf(&text, "; best %s %.4f after %ld", sx_train_score_name(c), r->best,
                      r->best_at);
    sx_str_printf(&weights, "%s/%s.safetensors", c->out, scored ? "best" : "last");
    sx_cli_print_parts((const sx_line_part[]){ { sx_str_text(&text), "; " },
                                               { sx_str_text(&weights), scored ? "" : " ", true },
                                               { none } },
                       scored ? 2 : 3);
    sx_str_free(&text);
    sx_str_free(&weights);
}

/* Warns if the validation set is the training set, whose scores say nothing about other films. */
static void warn_of_validation(const sx_call *call, const sx_train_config *c) {
    if (c->val && c->data && !c->val_list && !c->train_list && sx_same_file(c->val, c->data))
        sx_log(call->context, SX_LOG_WARNING,
               "--val is the training set: its scores say nothing about other films, and the best "
               "weights and the threshold are chosen on them");
}

static int run_train(sx_call *call, task wanted) {
    const train_args *a = call->args;
    sx_error err = { 0 };
    sx_loop_result r = { 0 };
    sx_train_config c = { 0 };
    if (a->cache && a->no_cache)
        return sx_cli_usage(call, "--cache and --no-cache contradict each other");
    if (a->resume && a->overwrite)
        return sx_cli_usage(call, "--resume and --overwrite contradict each other");
    const sx_training_job job = { .context = call->context,
                                  .comm = call->comm,
                                  .config = &c,
                                  .cache = a->cache,
                                  .no_cache = a->no_cache,
                                  .resume = a->resume,
                                  .overwrite = a->overwrite };
    if (!configure(call, wanted, &c, &err)) {
        sx_train_config_free(&c);
        return err.code == SX_ERR_USAGE ? sx_cli_usage(call, "%s", err.message) : sx_cli_fail(&err);
    }
    warn_of_validation(call, &c);
    const bool ok = sx_training_run(&job, &r, &err);
    if (!ok)
        sx_cli_fail(&err);
    else if (sx_comm_rank(call->comm) == 0)
        tell(&c, &r);
    sx_train_config_free(&c);
    return ok && !r.stopped ? SX_EXIT_OK : SX_EXIT_BAD;
}

static int run_classifier(sx_call *call) {
    return run_train(call, TASK_CLASSIFIER);
}
static int run_detector(sx_call *call) {
    return run_train(call, TASK_DETECTOR);
}
static int run_resumed(sx_call *call) {
    const train_args *a = call->args;
    if (!a->resume)
        return sx_cli_usage(call, "it only continues a run (--resume); train classifier and "
                                  "train detector begin one");
    if (!a->out) return sx_cli_usage(call, "--resume needs --out DIR, the folder of the run");
    return run_train(call, TASK_OF_RUN);
}

/* The names of the presets of a task; NULL after the last. */
static const char *preset_at(sx_task wanted, size_t index) {
    for (size_t i = 0; i < sx_preset_count(); i++) {
        const sx_preset *p = sx_preset_at(i);
        if (sx_arch_find(p->arch)->task == wanted && index-- == 0) return p->name;
    }
    return NULL;
}

static const char *classifier_preset(size_t index) {
    return preset_at(SX_CLASSIFIER, index);
}

static const char *detector_preset(size_t index) {
    return preset_at(SX_DETECTOR, index);
}

/* sx_option.commands */
enum { CLASSIFIER = 1, DETECTOR = 2 };

static const sx_option options[] = {
    { "data", SX_OPT_TEXT, offsetof(train_args, data), "PATH",
      "training set: folder or annotation file" },
    { "out", SX_OPT_TEXT, offsetof(train_args, out), "DIR",
      "weights, checkpoint, config.yaml, metrics.jsonl" },
    { "val", SX_OPT_TEXT, offsetof(train_args, val), "PATH", "validation set; not the test set" },
    { "train-list", SX_OPT_TEXT, offsetof(train_args, train_list), "FILE",
      "use only these films of --data; ids as in data split" },
    { "val-list", SX_OPT_TEXT, offsetof(train_args, val_list), "FILE",
      "validate on these films of --val, or --data without --val" },
    { "preset", SX_OPT_TEXT, offsetof(train_args, preset), "NAME",
      "network and solver (default: densenet121)", .commands = CLASSIFIER,
      .name_at = classifier_preset },
    { "preset", SX_OPT_TEXT, offsetof(train_args, preset), "NAME",
      "network and solver (default: sparse_rcnn_r50)", .commands = DETECTOR,
      .name_at = detector_preset },
    { "config", SX_OPT_TEXT, offsetof(train_args, config), "FILE.yaml",
      "configuration, see docs/configuration.md" },
    { "set", SX_OPT_LIST, offsetof(train_args, set), "KEY=VALUE",
      "set one key of it; may be repeated" },
    { "network", SX_OPT_TEXT, offsetof(train_args, network), "JSON",
      "its numbers, {\"growth\": 16} (default: the preset's)" },
    { "init", SX_OPT_TEXT, offsetof(train_args, init), "FILE",
      "weights to start from (default: none, from scratch)" },
    { "iterations", SX_OPT_INT, offsetof(train_args, iterations), "N",
      "steps (default: the preset's)", .min = 1, .max = 1e9 },
    { "batch", SX_OPT_INT, offsetof(train_args, batch), "N",
      "films per batch (default: the preset's)", .min = 1, .max = 4096 },
    { "accumulate", SX_OPT_INT, offsetof(train_args, accumulate), "N",
      "batches per step (default: 1)", .min = 1, .max = 4096 },
    { "rate", SX_OPT_NUMBER, offsetof(train_args, rate), "X",
      "learning rate (default: the preset's)", .min = 1e-12, .max = 100 },
    { "precision", SX_OPT_CHOICE, offsetof(train_args, precision), "auto|f32|bf16",
      "of the training; auto is f32 (default: auto)" },
    { "validate", SX_OPT_INT, offsetof(train_args, validate), "N",
      "validate every N steps (default: 500)", .min = 1, .max = 1e9 },
    { "checkpoint", SX_OPT_INT, offsetof(train_args, checkpoint), "N",
      "checkpoint every N steps (default: 250)", .min = 1, .max = 1e9 },
    { "seed", SX_OPT_INT, offsetof(train_args, seed), "N",
      "seed of weights, order, augmentation (default: 0)", .max = 1e15 },
    { "resume", SX_OPT_FLAG, offsetof(train_args, resume), NULL,
      "continue the run in --out, with its configuration" },
    { "overwrite", SX_OPT_FLAG, offsetof(train_args, overwrite), NULL, "replace the run in --out" },
    { "cache", SX_OPT_TEXT, offsetof(train_args, cache), "DIR",
      "folder of decoded films (default: OUT/cache)" },
    { "no-cache", SX_OPT_FLAG, offsetof(train_args, no_cache), NULL, "keep no decoded films" },
    { "recompute", SX_OPT_FLAG, offsetof(train_args, recompute), NULL,
      "less memory, slightly slower, the same weights" },
    { "sync-bn", SX_OPT_FLAG, offsetof(train_args, sync_bn), NULL,
      "with mpirun: batch norm over all ranks" },
    { "skip-unreadable", SX_OPT_FLAG, offsetof(train_args, skip_unreadable), NULL,
      "leave out films that cannot be read" },
    { "on-nan", SX_OPT_CHOICE, offsetof(train_args, on_nan), "stop|skip",
      "if a loss is NaN: stop, or skip the batch (default: stop)" },
    { 0 },
};

static const sx_option resume_options[] = {
    { "out", SX_OPT_TEXT, offsetof(train_args, out), "DIR",
      "the folder of the run; always needed" },
    { "resume", SX_OPT_FLAG, offsetof(train_args, resume), NULL, "continue it" },
    { "iterations", SX_OPT_INT, offsetof(train_args, iterations), "N", "steps (default: the run's)",
      .min = 1, .max = 1e9 },
    { "validate", SX_OPT_INT, offsetof(train_args, validate), "N",
      "validate every N steps (default: the run's)", .min = 1, .max = 1e9 },
    { "checkpoint", SX_OPT_INT, offsetof(train_args, checkpoint), "N",
      "checkpoint every N steps (default: the run's)", .min = 1, .max = 1e9 },
    { "cache", SX_OPT_TEXT, offsetof(train_args, cache), "DIR",
      "folder of decoded films (default: OUT/cache)" },
    { "no-cache", SX_OPT_FLAG, offsetof(train_args, no_cache), NULL, "keep no decoded films" },
    { 0 },
};

static const train_args defaults = { .seed = -1, .on_nan = -1 };

const sx_command sx_cmd_train = {
    .name = "train",
    .summary = "Continue a training run with the configuration in its folder",
    .example = "spinexr train --out run --resume",
    .options = resume_options,
    .defaults = &defaults,
    .args_size = sizeof(train_args),
    .ranks = true,
    .run = run_resumed,
};

const sx_command sx_cmd_train_classifier = {
    .name = "train classifier",
    .summary = "Train a classifier of abnormal and normal films",
    .help = "--preset: densenet121, densenet169, densenet201 (the authors'),\n"
            "densenet121_384, densenet121_512, convnext_tiny, convnext_tiny_384 (for\n"
            "pretrained weights), densenet_small.",
    .example = "spinexr train classifier --data set --out run --preset densenet_small",
    .options = options,
    .option_bit = CLASSIFIER,
    .defaults = &defaults,
    .args_size = sizeof(train_args),
    .ranks = true,
    .run = run_classifier,
};

const sx_command sx_cmd_train_detector = {
    .name = "train detector",
    .summary = "Train a detector of lesions and their boxes",
    .help = "--preset: sparse_rcnn_r50, faster_rcnn_r50, efficientdet_d0, efficientdet_d1,\n"
            "efficientdet_d2, efficientdet_d3, efficientdet_d4, retinanet_r50, rtmdet_s,\n"
            "rtmdet_s_1024, rtmdet_s_1333, rtmdet_tiny; small films: sparse_small,\n"
            "sparse_demo, faster_small, retinanet_small, efficientdet_small, rtmdet_small.",
    .example = "spinexr train detector --data set --out run --preset sparse_small",
    .options = options,
    .option_bit = DETECTOR,
    .defaults = &defaults,
    .args_size = sizeof(train_args),
    .ranks = true,
    .run = run_detector,
};
