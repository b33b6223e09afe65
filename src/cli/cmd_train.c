/* spinexr train classifier | detector */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/train_presets.h"
#include "cli/train_set.h"
#include "cli/train_validate.h"
#include "models/model.h"
#include "train/loop.h"

typedef struct train_args {
    const char *data, *train_list, *val, *val_list, *out, *preset, *init, *network, *cache;
    long iterations, batch, validate, checkpoint, seed;
    double rate;
    int precision;
    bool resume, skip_unreadable, skip_nan, no_cache;
} train_args;

typedef struct job {
    sx_call *call;
    const train_args *args;
    const sx_preset *preset;
    sx_network net;
    sx_train_set train, val;
    sx_progress *bar;
    bool begun;
} job;

static bool validates(const train_args *a) {
    return a->val || a->val_list;
}

static bool validate(void *ctx, const char *weights, double *score, sx_weights *meta, sx_error *err) {
    job *j = ctx;
    sx_model *m = sx_model_open(weights, SX_PRECISION_AUTO, err);
    if (!m) return false;
    bool ok = j->net.arch->task == SX_CLASSIFIER ? sx_validate_classifier(&j->val, m, score, meta, err)
                                                 : sx_validate_detector(&j->val, m, score, err);
    sx_model_free(m);
    return ok;
}

/* ---- the run --------------------------------------------------------------------------------------- */

static void progress(void *ctx, const sx_train_report *r) {
    job *j = ctx;
    if (!j->begun) sx_progress_resume(j->bar, (size_t)r->iteration);
    j->begun = true;
    sx_progress_note(j->bar, "loss %.4f  rate %.2g  %.0f MB", r->losses.total, r->rate,
                     (double)sx_peak_memory() * 1e-6);
    sx_progress_step(j->bar, 1);
}

static sx_trainer_options trainer_options(const job *j) {
    const train_args *a = j->args;
    const sx_preset *p = j->preset;
    sx_trainer_options o = { .optim = p->optim,
                             .schedule = p->schedule,
                             .frozen = p->frozen ? j->net.arch->frozen : NULL,
                             .seed = (uint64_t)a->seed };
    o.compute = a->precision == SX_PRECISION_BF16 ? SX_BF16 : SX_F32;
    if (a->rate > 0) o.schedule.base = a->rate;
    const long n = a->iterations > 0 ? a->iterations : p->iterations;
    o.schedule.iterations = n;
    for (int i = 0; i < SX_MAX_STEPS; i++) /* a shorter run drops at the same shares of its length */
        o.schedule.steps[i] = (long)((double)p->schedule.steps[i] * (double)n / (double)p->iterations);
    if (o.schedule.warmup > n / 5) o.schedule.warmup = n / 5;
    if (p->sizes[0]) o.pad = 64;
    return o;
}

static sx_feed_options feed_options(const job *j) {
    const sx_preset *p = j->preset;
    sx_feed_options o = { .batch = j->args->batch > 0 ? (int)j->args->batch : p->batch,
                          .seed = (uint64_t)j->args->seed,
                          .skip_unreadable = j->args->skip_unreadable,
                          .classes = sx_network_classes(&j->net),
                          .augment = { .flip = 0.5 } };
    if (j->net.arch->task == SX_CLASSIFIER) {
        o.width = j->net.arch->width;
        o.height = j->net.arch->height;
        return o;
    }
    o.augment.min_sizes = p->sizes;
    while (o.augment.min_count < SX_PRESET_SIZES && p->sizes[o.augment.min_count])
        o.augment.min_count++;
    o.augment.max_size = p->longest;
    o.augment.policy = p->policy;
    o.repeat_threshold = p->repeat;
    o.group_by_aspect = true;
    return o;
}

/* What the weight files say besides the architecture. */
static bool describe(const job *j, sx_weights *meta, sx_error *err) {
    char size[32];
    json_t *names = json_array();
    if (j->net.arch->task == SX_CLASSIFIER)
        json_array_append_new(names, json_string("Abnormal"));
    else
        for (size_t i = 0; i < j->train.manifest.classes.count; i++)
            json_array_append_new(names, json_string(j->train.manifest.classes.item[i]));
    char *text = json_dumps(names, JSON_COMPACT);
    json_decref(names);
    const sx_preset *p = j->preset;
    if (p->sizes[0])
        snprintf(size, sizeof size, "%dx%d",
                 p->shortest   ? p->shortest
                 : p->sizes[1] ? p->sizes[1]
                               : p->sizes[0],
                 p->longest);
    else
        snprintf(size, sizeof size, "%dx%d", j->net.arch->width, j->net.arch->height);
    bool ok = text && sx_weights_set_meta(meta, "spinexr.classes", text, err) &&
              sx_weights_set_meta(meta, "spinexr.input", size, err) &&
              sx_weights_set_meta(meta, "spinexr.pixels", "dicom", err) &&
              sx_weights_set_meta(meta, "spinexr.trained_by", j->preset->name, err);
    free(text);
    return ok;
}

static bool stop(void *ctx) {
    return sx_cli_stop(ctx);
}

/* Decoded films on disk, unless the run is too short to see each film once: reading all would take longer. */
static bool open_caches(job *j, const sx_feed_options *o, long iterations, sx_error *err) {
    const train_args *a = j->args;
    sx_feed_options seen = *o; /* in validation: at the one size that the weight file names (describe()) */
    if (seen.augment.min_count > 1) seen.augment.min_sizes++;
    if (seen.augment.min_count > 0) seen.augment.min_count = 1;
    j->train.fit = sx_feed_fit(o);
    j->val.fit = sx_feed_fit(&seen);
    if (a->no_cache) return true;
    char *dir = a->cache ? sx_strdup(a->cache) : sx_path_join(a->out, "cache");
    bool ok = dir || sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (ok && (a->cache || (size_t)iterations * (size_t)o->batch >= j->train.count))
        ok = sx_train_set_cache(j->call, &j->train, dir, err);
    if (ok && validates(a)) ok = sx_train_set_cache(j->call, &j->val, dir, err);
    free(dir);
    return ok;
}

static bool run_job(job *j, sx_loop_result *r, sx_error *err) {
    const train_args *a = j->args;
    const sx_trainer_options to = trainer_options(j);
    sx_feed_options fo = feed_options(j);
    const long n = to.schedule.iterations;
    sx_weights *start = NULL, *meta = sx_weights_new(err);
    sx_trainer *t = NULL;
    sx_feed *feed = NULL;
    bool ok = meta && describe(j, meta, err) && (!a->init || (start = sx_weights_open(a->init, err))) &&
              (t = sx_trainer_new(&j->net, start, &to, err)) && open_caches(j, &fo, n, err);
    fo.store = j->train.cache;
    ok = ok && (feed = sx_feed_new(j->train.films, j->train.count, &fo, err));
    if (ok) {
        sx_log(SX_LOG_INFO, "%s: %zu films, %.2f million parameters learn", j->preset->name, j->train.count,
               (double)sx_trainer_params(t) * 1e-6);
        j->bar = sx_cli_progress(j->call, "steps", (size_t)n);
        ok = sx_train_loop(t, feed,
                           &(sx_loop_options){ .iterations = n,
                                               .out = a->out,
                                               .checkpoint_every = a->checkpoint,
                                               .validate_every = validates(a) ? a->validate : 0,
                                               .resume = a->resume,
                                               .skip_not_a_number = a->skip_nan,
                                               .validate = validates(a) ? validate : NULL,
                                               .progress = progress,
                                               .stop = stop,
                                               .ctx = j,
                                               .meta = meta },
                           r, err);
        sx_cli_progress_end();
    }
    sx_feed_free(feed);
    sx_trainer_free(t);
    sx_weights_free(start);
    sx_weights_free(meta);
    return ok;
}

static bool prepare(job *j, bool detector, sx_error *err) {
    const train_args *a = j->args;
    sx_network_default(&j->net, sx_arch_find(j->preset->arch), 0);
    if ((j->net.arch->task == SX_DETECTOR) != detector)
        return sx_fail(err, SX_ERR_USAGE, "--preset %s is no %s", a->preset,
                       detector ? "detector" : "classifier");
    if (!sx_network_configure(&j->net, j->preset->config, err) ||
        (a->network && !sx_network_configure(&j->net, a->network, err)))
        return false;
    const sx_task task = j->net.arch->task;
    if (!sx_train_set_open(a->data, a->train_list, task, j->preset->keep_empty, &j->train, err)) return false;
    if (detector) {
        char classes[48];
        snprintf(classes, sizeof classes, "{\"classes\": %zu}", (size_t)j->train.manifest.classes.count);
        if (!sx_network_configure(&j->net, classes, err)) return false;
    }
    return !validates(a) ||
           sx_train_set_open(a->val ? a->val : a->data, a->val_list, task, true, &j->val, err);
}

static int run(sx_call *call, bool detector) {
    const train_args *a = call->args;
    sx_error err = { 0 };
    sx_loop_result r = { 0 };
    job j = { .call = call, .args = a, .preset = sx_preset_find(a->preset) };
    if (a->cache && a->no_cache) return sx_cli_usage(call, "--cache and --no-cache contradict each other");
    if (!j.preset) return sx_cli_usage(call, "--preset %s is not known", a->preset);
    bool ok = prepare(&j, detector, &err) && run_job(&j, &r, &err);
    sx_train_set_close(&j.train);
    sx_train_set_close(&j.val);
    if (!ok) return sx_cli_fail(&err);
    if (r.stopped)
        sx_cli_print("stopped after %ld iterations; --resume goes on\n", r.iterations);
    else if (isnan(r.best))
        sx_cli_print("%ld iterations; %s/last.safetensors\n", r.iterations, a->out);
    else
        sx_cli_print("%ld iterations; best %s %.4f after %ld; %s/best.safetensors\n", r.iterations,
                     detector ? "mAP@0.5" : "AUROC", r.best, r.best_at, a->out);
    return SX_EXIT_OK;
}

static int run_classifier(sx_call *call) {
    return run(call, false);
}
static int run_detector(sx_call *call) {
    return run(call, true);
}

static const sx_option options[] = {
    { "data", SX_OPT_TEXT, offsetof(train_args, data), "PATH", "training set: folder or annotation file",
      .required = true },
    { "out", SX_OPT_TEXT, offsetof(train_args, out), "DIR", "weights, checkpoint, metrics.jsonl",
      .required = true },
    { "val", SX_OPT_TEXT, offsetof(train_args, val), "PATH", "validation set (not the test set)" },
    { "train-list", SX_OPT_TEXT, offsetof(train_args, train_list), "FILE",
      "only these films of --data (ids, as data split)" },
    { "val-list", SX_OPT_TEXT, offsetof(train_args, val_list), "FILE",
      "validate on these (of --val or --data)" },
    { "preset", SX_OPT_TEXT, offsetof(train_args, preset), "NAME", "set-up, see above" },
    { "network", SX_OPT_TEXT, offsetof(train_args, network), "JSON",
      "numbers of the network, {\"growth\": 16}" },
    { "init", SX_OPT_TEXT, offsetof(train_args, init), "FILE", "weights to start from (from scratch)" },
    { "iterations", SX_OPT_INT, offsetof(train_args, iterations), "N", "steps (the preset's)", .min = 1,
      .max = 1e9 },
    { "batch", SX_OPT_INT, offsetof(train_args, batch), "N", "films a step (the preset's)", .min = 1,
      .max = 4096 },
    { "rate", SX_OPT_NUMBER, offsetof(train_args, rate), "X", "learning rate (the preset's)", .min = 1e-12,
      .max = 100 },
    { "precision", SX_OPT_CHOICE, offsetof(train_args, precision), "auto|f32|bf16",
      "f32 unless bf16 is asked for" },
    { "validate", SX_OPT_INT, offsetof(train_args, validate), "N", "validate every N steps (500)", .min = 1,
      .max = 1e9 },
    { "checkpoint", SX_OPT_INT, offsetof(train_args, checkpoint), "N", "checkpoint every N steps (250)",
      .min = 1, .max = 1e9 },
    { "seed", SX_OPT_INT, offsetof(train_args, seed), "N", "first weights, order, augmentation (0)",
      .max = 1e15 },
    { "resume", SX_OPT_FLAG, offsetof(train_args, resume), NULL, "go on from --out's checkpoint" },
    { "cache", SX_OPT_TEXT, offsetof(train_args, cache), "DIR", "where decoded films are kept (OUT/cache)" },
    { "no-cache", SX_OPT_FLAG, offsetof(train_args, no_cache), NULL, "keep no decoded films" },
    { "skip-unreadable", SX_OPT_FLAG, offsetof(train_args, skip_unreadable), NULL,
      "leave films out that cannot be read" },
    { "skip-nan", SX_OPT_FLAG, offsetof(train_args, skip_nan), NULL,
      "leave batches out whose loss is no number" },
    { 0 },
};

const sx_command sx_cmd_train_classifier = {
    .name = "train classifier",
    .summary = "Learn to tell abnormal films from normal ones",
    .help = "--preset: densenet121, densenet169, densenet201 (the authors'), densenet_small.",
    .example = "spinexr train classifier --data set --out run --preset densenet_small",
    .options = options,
    .defaults = &(const train_args){ .preset = "densenet121", .validate = 500, .checkpoint = 250 },
    .args_size = sizeof(train_args),
    .run = run_classifier,
};

const sx_command sx_cmd_train_detector = {
    .name = "train detector",
    .summary = "Learn to find lesions and their boxes",
    .help = "--preset: sparse_rcnn_r50 (the authors'), faster_rcnn_r50, retinanet_r50; for\n"
            "films of some 300 pixels sparse_small, faster_small, retinanet_small;\n"
            "sparse_demo (the smallest).",
    .example = "spinexr train detector --data set --out run --preset sparse_small",
    .options = options,
    .defaults = &(const train_args){ .preset = "sparse_rcnn_r50", .validate = 500, .checkpoint = 250 },
    .args_size = sizeof(train_args),
    .run = run_detector,
};
