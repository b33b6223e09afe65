#include "experiment/training_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run_folder.h"
#include "base/str.h"
#include "base/vindr_classes.h"
#include "base/writer.h"
#include "experiment/film_set.h"
#include "experiment/resume_config.h"
#include "experiment/set_labels.h"
#include "experiment/validation.h"
#include "models/init_names.h"
#include "models/model.h"
#include "nn/plan.h"

typedef struct run {
    const sx_training_job *job;
    const sx_train_config *config;
    sx_network net; /* with the data's classes */
    sx_film_set train, val;
    char no_score[96];     /* why validations have no score; empty: they have one */
    sx_run_folder *folder; /* of rank 0 */
    sx_progress bar;
    bool begun;
    long done; /* steps */
} run;

const char *sx_train_score_name(const sx_train_config *c) {
    return c->net.arch->task == SX_DETECTOR ? "mAP@0.5" : "AUROC";
}

/* The classes of the boxes count. */
static bool names_classes(const sx_train_config *c) {
    return c->net.arch->task == SX_DETECTOR || c->multi_label;
}

static bool validates(const sx_train_config *c) {
    return c->val || c->val_list;
}

/* ---- the folder ---- */

/* The first three are worth keeping: replacing them needs --overwrite. Decoded films (cache/) are
 * not listed, because they stay valid. */
static const char *const results[] = { "last.ckpt.safetensors", "best.safetensors",
                                       "last.safetensors",      "config.yaml",
                                       "metrics.jsonl",         "events.out.tfevents.spinexr",
                                       "result.json",           "pictures/*.png" };
enum { LASTING = 3, FIXED = 7, RESULTS = sizeof results / sizeof results[0] };
static const char *const picture_folder = "pictures";

static sx_run_folder_rules folder_rules(const sx_training_job *job) {
    const bool detector = job->config->net.arch->task == SX_DETECTOR;
    return (sx_run_folder_rules){ .command = detector ? "train detector" : "train classifier",
                                  .patterns = results,
                                  .pattern_count = RESULTS,
                                  .folders = &picture_folder,
                                  .folder_count = 1,
                                  .lasting_count = LASTING,
                                  .advice = "--resume continues that run, --overwrite replaces it",
                                  .overwrite = job->overwrite,
                                  .resume = job->resume };
}

static bool write_config(const sx_train_config *c, sx_error *err) {
    sx_str text = { 0 };
    char *path = sx_path_join(c->out, "config.yaml");
    bool ok = path || sx_fail(err, SX_ERR_MEMORY, "out of memory");
    ok = ok && sx_train_config_text(c, &text, err) && sx_write_file(path, text.data, text.len, err);
    sx_str_free(&text);
    free(path);
    return ok;
}

static bool begin_folder(const run *j, sx_error *err) {
    return !j->folder ||
           (sx_run_folder_begin(j->folder, err) &&
            sx_run_folder_list(j->folder, results, FIXED, err) && write_config(j->config, err));
}

/* ---- callbacks of the loop ---- */

/* Writes the pictures of a validation. An error is logged and does not end the run. */
static void write_pictures(const run *j, const sx_sheet *sheet) {
    sx_error err = { 0 };
    char name[64];
    const size_t columns = j->net.arch->task == SX_DETECTOR ? 4 : SX_SHOWN_FILMS / 2;
    snprintf(name, sizeof name, "pictures/%07ld.png", j->done);
    char *path = sx_path_join(j->config->out, name),
         *dir = sx_path_join(j->config->out, "pictures");
    const char *listed = name;
    if (path && dir && sheet->count > 0 &&
        (!sx_run_folder_list(j->folder, &listed, 1, &err) || !sx_make_dirs(dir, &err) ||
         !sx_sheet_write(sheet, columns, path, &err)))
        sx_log(j->job->context, SX_LOG_WARNING, "%s", err.message);
    free(path);
    free(dir);
}

static bool validate(void *ctx, const char *weights, double *score, sx_weights *meta,
                     sx_error *err) {
    run *j = ctx;
    sx_sheet sheet = { 0 }, *pictures = j->config->pictures ? &sheet : NULL;
    sx_model *m = sx_model_open(j->job->context, weights, SX_PRECISION_AUTO, err);
    if (!m) return false;
    bool ok = j->net.arch->task == SX_CLASSIFIER
                  ? sx_validate_classifier(&j->val, m, score, meta, pictures, err)
                  : sx_validate_detector(&j->val, m, score, pictures, err);
    if (ok) write_pictures(j, &sheet);
    sx_sheet_free(&sheet);
    sx_model_free(m);
    return ok;
}

static void progress(void *ctx, const sx_train_report *r) {
    run *j = ctx;
    if (!j->begun) sx_progress_resume(&j->bar, (size_t)r->iteration);
    j->begun = true;
    j->done = r->iteration + 1;
    sx_progress_note(&j->bar, "loss %.4f  rate %.2g  peak %.0f MB", r->losses.total, r->rate,
                     (double)sx_peak_memory() * 1e-6);
    sx_progress_step(&j->bar, 1);
}

/* ---- options of trainer and loader ---- */

static sx_trainer_options trainer_options(const run *j) {
    const sx_train_config *c = j->config;
    sx_trainer_options o = { .context = j->job->context,
                             .optim = c->preset.optim,
                             .schedule = c->preset.schedule,
                             .frozen = c->preset.frozen ? j->net.arch->train->frozen : NULL,
                             .seed = (uint64_t)c->seed,
                             .accumulate = (int)c->accumulate,
                             .recompute = c->recompute,
                             .comm = j->job->comm,
                             .sync_norm = c->sync_norm };
    o.compute = c->precision == SX_PRECISION_BF16 ? SX_BF16 : SX_F32;
    o.schedule.iterations = c->preset.iterations;
    if (c->preset.sizes[0]) o.pad = 64;
    return o;
}

/* The shorter side for prediction, which is stored in the weight file. */
static int used_side(const sx_preset *p) {
    if (p->shortest) return p->shortest;
    return p->sizes[1] ? p->sizes[1] : p->sizes[0];
}

static sx_loader_options loader_options(const run *j) {
    const sx_preset *p = &j->config->preset;
    sx_loader_options o = { .context = j->job->context,
                            .rank = sx_comm_rank(j->job->comm),
                            .ranks = sx_comm_size(j->job->comm),
                            .batch = p->batch * (int)j->config->accumulate,
                            .seed = (uint64_t)j->config->seed,
                            .skip_unreadable = j->config->skip_unreadable,
                            .classes = sx_network_classes(&j->net),
                            .group_by_aspect = p->group,
                            .augment = { .flip = 0.5 } };
    if (j->net.arch->task == SX_CLASSIFIER) {
        o.width = o.height = p->side;
        o.mixup = p->mixup;
        o.mild = p->mild;
        o.letterbox = p->letterbox;
        return o;
    }
    o.augment.min_sizes = p->sizes;
    while (o.augment.min_count < SX_PRESET_SIZES && p->sizes[o.augment.min_count])
        o.augment.min_count++;
    o.augment.max_size = p->longest;
    o.augment.policy = p->policy;
    o.repeat_threshold = p->repeat;
    o.empty_share = p->empty_share;
    o.copy_paste = p->copy_paste;
    return o;
}

/* The metadata of the weight files except the architecture. */
static bool describe(const run *j, const sx_loader_options *fo, sx_weights *meta, sx_error *err) {
    char size[32];
    const sx_preset *p = &j->config->preset;
    sx_json_doc doc;
    sx_json names = sx_json_new_array(&doc);
    if (j->net.arch->task == SX_CLASSIFIER) sx_json_text(names, NULL, SX_ABNORMAL);
    for (size_t i = 0; names_classes(j->config) && i < j->train.manifest.classes.count; i++)
        sx_json_text(names, NULL, j->train.manifest.classes.items[i]);
    sx_str text = { 0 };
    bool ok = sx_json_print(&doc, SX_JSON_COMPACT, &text, err);
    sx_json_free(&doc);
    if (j->net.arch->task == SX_DETECTOR)
        snprintf(size, sizeof size, "%dx%d", used_side(p), p->longest);
    else
        snprintf(size, sizeof size, "%dx%d", fo->width, fo->height);
    ok = ok && sx_weights_set_meta(meta, "spinexr.classes", text.data, err) &&
         sx_weights_set_meta(meta, "spinexr.input", size, err) &&
         (!fo->letterbox || sx_weights_set_meta(meta, "spinexr.resize", "letterbox", err)) &&
         sx_weights_set_meta(meta, "spinexr.pixels", "dicom", err) &&
         sx_weights_set_meta(meta, "spinexr.trained_by", p->name, err);
    sx_str_free(&text);
    return ok;
}

/* ---- the run ---- */

/* Opens the cache. Rank 0 creates the file. On each other machine, the first rank creates it if it
 * is missing. The other ranks only open it. */
static bool cache_in_turn(run *j, const char *dir, bool ok, sx_error *err) {
    sx_comm *c = j->job->comm;
    const int mine = sx_comm_rank(c) == 0 ? 0 : c->local_rank == 0 ? 1 : 2;
    for (int turn = 0; turn < (c ? 3 : 1); turn++) {
        if (ok && turn == mine) ok = sx_film_set_cache(&j->train, dir, err);
        ok = sx_comm_all_succeeded(c, ok, err);
    }
    return ok;
}

/* Opens the cache of decoded films, unless the run is too short to use each film once. Decoding all
 * of them would then take longer than reading the films of the run. */
static bool open_caches(run *j, const sx_loader_options *o, sx_error *err) {
    const sx_train_config *c = j->config;
    const int side = used_side(&c->preset);
    sx_loader_options seen =
        *o; /* in validation: at the one size that the weight file names (describe()) */
    if (seen.augment.min_count > 0) {
        seen.augment.min_sizes = &side;
        seen.augment.min_count = 1;
    }
    j->train.fit = sx_loader_fit(o);
    j->val.fit = sx_loader_fit(&seen);
    if (j->job->no_cache) return true;
    char *dir = j->job->cache ? sx_strdup(j->job->cache) : sx_path_join(c->out, "cache");
    bool ok = dir || sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (j->job->cache || (size_t)c->preset.iterations * (size_t)o->batch >= j->train.count)
        ok = cache_in_turn(j, dir, ok, err);
    if (ok && validates(c) && sx_comm_rank(j->job->comm) == 0)
        ok = sx_film_set_cache(&j->val, dir, err);
    free(dir);
    return ok;
}

/* The file of weights to start from; NULL: none, or the run continues from its checkpoint, which
 * has all of them. */
static const char *first_weights(const sx_training_job *job) {
    return job->resume && sx_resume_has_checkpoint(job->config->out) ? NULL : job->config->init;
}

static void report_origin(const run *j, const sx_weights *start) {
    const char *origin = start ? sx_init_origin(start) : NULL;
    if (origin) sx_log(j->job->context, SX_LOG_INFO, "%s: %s", sx_weights_path(start), origin);
    if (start && sx_init_other_strides(&j->net, start))
        sx_log(j->job->context, SX_LOG_WARNING,
               "%s: this ResNet halves the size in its 3x3 convolutions, the network in its 1x1 "
               "convolutions; --network '{\"backbone_stride_in_1x1\": 0}' makes them equal",
               sx_weights_path(start));
}

static void report_size(const run *j, const sx_trainer *t) {
    const size_t films = j->train.count, abnormal = sx_set_abnormal_count(&j->train);
    sx_log(j->job->context, SX_LOG_INFO, "%s: %zu %s, %.2f million trainable parameters",
           j->config->preset.name, films, sx_noun(films, "film", "films"),
           (double)sx_trainer_params(t) * 1e-6);
    if (j->net.arch->task == SX_CLASSIFIER)
        sx_log(j->job->context, SX_LOG_INFO, "training films: %zu abnormal, %zu normal", abnormal,
               films - abnormal);
}

static bool train(run *j, sx_loop_result *r, sx_error *err) {
    const sx_train_config *c = j->config;
    sx_trainer_options to = trainer_options(j);
    const char *init = first_weights(j->job);
    sx_loader_options fo = loader_options(j);
    sx_weights *start = NULL, *meta = sx_weights_new(err);
    sx_trainer *t = NULL;
    sx_loader *loader = NULL;
    bool ok = meta && describe(j, &fo, meta, err) &&
              (!init || ((start = sx_weights_open_trained(init, err)) &&
                         sx_init_names(&j->net, start, err)));
    if (ok) to.classes = sx_weights_meta(meta, "spinexr.classes");
    ok = ok && (t = sx_trainer_new(&j->net, start, &to, err)) && begin_folder(j, err);
    if (ok) report_origin(j, start);
    ok = sx_comm_all_succeeded(to.comm, ok, err) && open_caches(j, &fo, err);
    fo.store = j->train.cache;
    fo.notes = j->train.notes;
    ok = ok && (loader = sx_loader_new(j->train.films, j->train.count, &fo, err));
    ok = sx_comm_all_succeeded(to.comm, ok, err);
    if (ok) {
        report_size(j, t);
        sx_progress_start(&j->bar, j->job->context, "steps", (size_t)c->preset.iterations);
        ok = sx_train_loop(t, loader,
                           &(sx_loop_options){ .context = j->job->context,
                                               .iterations = c->preset.iterations,
                                               .out = c->out,
                                               .checkpoint_every = c->checkpoint,
                                               .validate_every = validates(c) ? c->validate : 0,
                                               .resume = j->job->resume,
                                               .skip_not_a_number = c->on_nan == SX_ON_NAN_SKIP,
                                               .validate = validates(c) ? validate : NULL,
                                               .score_name = sx_train_score_name(c),
                                               .no_score = j->no_score,
                                               .progress = progress,
                                               .ctx = j,
                                               .meta = meta },
                           r, err);
        sx_progress_end(&j->bar);
        ok = sx_comm_all_succeeded(to.comm, ok, err);
        if (ok) r->films = sx_loader_count_films(loader, to.comm);
    }
    sx_loader_free(loader);
    sx_trainer_free(t);
    sx_weights_free(start);
    sx_weights_free(meta);
    return ok;
}

/* The training set's classes. The validation set is read with them, so that it numbers the classes
 * the same way even if one of them does not occur there. */
static bool join_classes(const sx_manifest *m, sx_str *out, sx_error *err) {
    for (size_t i = 0; i < m->classes.count; i++) {
        if (strchr(m->classes.items[i], ','))
            return sx_fail(err, SX_ERR_UNSUPPORTED, "a class name with a comma: %s",
                           m->classes.items[i]);
        sx_str_printf(out, "%s%s", i ? "," : "", m->classes.items[i]);
    }
    return sx_str_ok(out, err);
}

static void warn_of_no_score(run *j) {
    const sx_task task = j->net.arch->task;
    sx_set_no_score(&j->val, task, j->no_score, sizeof j->no_score);
    if (j->no_score[0])
        sx_log(j->job->context, SX_LOG_WARNING, "no validation scores: %s; there will be no %s",
               j->no_score,
               task == SX_DETECTOR ? "best.safetensors"
                                   : "best.safetensors, temperature or threshold");
}

static bool open_validation(run *j, sx_error *err) {
    const sx_train_config *c = j->config;
    sx_str classes = { 0 };
    const bool other = c->val != NULL;
    bool ok = !names_classes(c) || join_classes(&j->train.manifest, &classes, err);
    const sx_manifest_options mo = { .classes = classes.len ? classes.data : NULL,
                                     .classes_from = "the training set",
                                     .images = other ? NULL : c->images };
    ok = ok && sx_film_set_open(j->job->context, other ? c->val : c->data, &mo, c->val_list,
                                j->net.arch->task, true, &j->val, err);
    sx_str_free(&classes);
    if (ok) warn_of_no_score(j);
    return ok;
}

static bool prepare(run *j, sx_error *err) {
    const sx_train_config *c = j->config;
    const bool detector = c->net.arch->task == SX_DETECTOR, named = names_classes(c);
    const sx_manifest_options mo = { .classes = named ? c->classes : NULL,
                                     .classes_from = "SPINE.FINDINGS",
                                     .images = c->images };
    j->net = c->net;
    if (!sx_film_set_open(j->job->context, c->data, &mo, c->train_list, j->net.arch->task,
                          c->preset.keep_empty || c->preset.empty_share > 0, &j->train, err))
        return false;
    if (!sx_set_check_training(&j->train, c->data, c->net.arch->task, named, err)) return false;
    if (named && !detector && sx_names_find(&j->train.manifest.classes, SX_ABNORMAL) >= 0)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "%s: a finding is called " SX_ABNORMAL
                       ", as is the classifier's first output; rename it",
                       c->data);
    char classes[48];
    snprintf(classes, sizeof classes, "{\"classes\": %zu}",
             !detector + (named ? (size_t)j->train.manifest.classes.count : 0));
    if (!sx_network_configure(&j->net, classes, err)) return false;
    return !validates(c) || open_validation(j, err);
}

/* The weights to start from can be opened. */
static bool check_start(const sx_training_job *job, sx_error *err) {
    const char *init = first_weights(job);
    sx_weights *w = init ? sx_weights_open_trained(init, err) : NULL;
    const bool ok = w || !init;
    sx_weights_free(w);
    return ok;
}

bool sx_training_run(const sx_training_job *job, sx_loop_result *r, sx_error *err) {
    run j = { .job = job, .config = job->config, .done = job->config->preset.iterations };
    const sx_run_folder_rules rules = folder_rules(job);
    const bool first = sx_comm_rank(job->comm) == 0;
    bool ok =
        sx_plan_check_compute(job->config->precision == SX_PRECISION_BF16 ? SX_BF16 : SX_F32, err);
    ok = sx_comm_all_succeeded(job->comm, ok, err);
    if (!ok) return false;
    /* faults of the inputs come first, so that those of the folder do not hide them */
    ok = prepare(&j, err) && check_start(job, err) &&
         (!first || (j.folder = sx_run_folder_open(job->config->out, &rules, err)) != NULL);
    ok = sx_comm_all_succeeded(job->comm, ok, err) && train(&j, r, err);
    sx_film_set_close(&j.train);
    sx_film_set_close(&j.val);
    sx_run_folder_close(j.folder, ok);
    return ok;
}
