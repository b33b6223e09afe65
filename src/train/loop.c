#include "train/loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/str.h"
#include "train/record.h"

/* After this many batches in a row without a usable gradient the weights are the cause, and further
 * batches would fail too. */
enum { MOST_LEFT_OUT = 100 };

typedef struct loop {
    sx_trainer *t;
    sx_comm *comm;
    sx_loader *loader;
    const sx_loop_options *o;
    sx_loop_result *r;
    bool first;       /* this is rank 0 */
    int left_out;     /* batches in a row */
    uint64_t batches; /* batches so far; more than the steps where batches were skipped */
    sx_record *record;
} loop;

static bool path_in(const loop *l, const char *name, char *out, size_t size, sx_error *err) {
    return (size_t)snprintf(out, size, "%s/%s", l->o->out, name) < size ||
           sx_fail(err, SX_ERR_LIMIT, "%s: the folder's name is too long", l->o->out);
}

static bool copy_meta(const sx_weights *from, sx_weights *to, sx_error *err) {
    const char *key, *value;
    for (size_t i = 0; from && sx_weights_meta_at(from, i, &key, &value); i++)
        if (!sx_weights_set_meta(to, key, value, err)) return false;
    return true;
}

/* ---- checkpoints ---- */

static bool write_checkpoint(const loop *l, sx_error *err) {
    char path[1024], text[32];
    sx_weights *w = sx_weights_new(err);
    snprintf(text, sizeof text, "%llu", (unsigned long long)l->batches);
    bool ok =
        w && sx_trainer_save(l->t, w, err) && sx_weights_set_meta(w, "train.batches", text, err);
    sx_format(text, sizeof text, "%.17g", l->r->best);
    ok = ok && sx_weights_set_meta(w, "train.best", text, err);
    snprintf(text, sizeof text, "%ld", l->r->best_at);
    ok = ok && sx_weights_set_meta(w, "train.best_at", text, err) &&
         path_in(l, "last.ckpt.safetensors", path, sizeof path, err) &&
         sx_weights_save(w, path, err);
    sx_weights_free(w);
    return ok;
}

static bool save_checkpoint(loop *l, sx_error *err) {
    sx_trainer_share(l->t);
    return sx_comm_all_succeeded(l->comm, !l->first || write_checkpoint(l, err), err);
}

/* Whether there is a checkpoint to resume. Ranks that disagree would train different networks. */
static bool find_checkpoint(const loop *l, char *path, size_t size, bool *found, sx_error *err) {
    bool ok = path_in(l, "last.ckpt.safetensors", path, size, err);
    double there = ok && l->o->resume && sx_path_exists(path), all = there;
    sx_comm_max(l->comm, &all, 1);
    if (ok && there < all)
        ok = sx_fail(
            err, SX_ERR_MISSING,
            "%s: other ranks see this file, this one does not: all ranks need one file system",
            path);
    *found = there > 0;
    return sx_comm_all_succeeded(l->comm, ok, err);
}

static bool load_checkpoint(loop *l, sx_error *err) {
    char path[1024];
    bool found;
    if (!find_checkpoint(l, path, sizeof path, &found, err)) return false;
    if (!found) return true;
    sx_weights *w = sx_weights_open(path, err);
    const char *batches = w ? sx_weights_meta(w, "train.batches") : NULL,
               *best = w ? sx_weights_meta(w, "train.best") : NULL;
    const char *best_at = w ? sx_weights_meta(w, "train.best_at") : NULL;
    long n = 0, at = 0;
    double score = 0;
    bool ok = w && sx_trainer_load(l->t, w, err);
    if (ok && (!batches || !sx_parse_long(batches, 0, 1L << 40, &n) || !best ||
               !sx_parse_printed_double(best, &score) || !best_at ||
               !sx_parse_long(best_at, -1, 1L << 40, &at)))
        ok = sx_fail(err, SX_ERR_FORMAT, "%s: not a checkpoint of this program", path);
    if (ok) {
        l->batches = (uint64_t)n;
        l->r->best = score;
        l->r->best_at = at;
        sx_log(l->o->context, SX_LOG_INFO, "%s: resuming after iteration %ld", path,
               sx_trainer_iteration(l->t));
    }
    sx_weights_free(w);
    return ok;
}

/* Writes the model file, with the moving average if there is one. */
static bool save_weights(loop *l, const char *name, const sx_weights *more, char *path, size_t size,
                         sx_error *err) {
    sx_weights *w = sx_trainer_weights(l->t, true, err);
    bool ok = w && copy_meta(l->o->meta, w, err) && copy_meta(more, w, err) &&
              path_in(l, name, path, size, err) && sx_weights_save(w, path, err);
    sx_weights_free(w);
    return ok;
}

static void tell_score(const loop *l, double score) {
    const long done = sx_trainer_iteration(l->t);
    const char *why = l->o->no_score;
    if (!isnan(score))
        sx_log(l->o->context, SX_LOG_INFO, "iteration %ld: validation %.4f", done, score);
    else
        sx_log(l->o->context, SX_LOG_INFO, "iteration %ld: no score%s%s", done,
               why && why[0] ? ": " : "", why ? why : "");
}

static bool validate_here(loop *l, sx_error *err) {
    char path[1024];
    double score = NAN;
    if (!save_weights(l, "last.safetensors", NULL, path, sizeof path, err)) return false;
    if (!l->o->validate) return true;
    sx_weights *meta = sx_weights_new(err);
    bool ok = meta && l->o->validate(l->o->ctx, path, &score, meta, err);
    if (ok) {
        const char *name = l->o->score_name ? l->o->score_name : "score";
        ok = sx_record_validation(l->record, sx_trainer_iteration(l->t), name, score, err);
        tell_score(l, score);
        ok = ok && save_weights(l, "last.safetensors", meta, path, sizeof path, err);
        if (ok && !isnan(score) && (isnan(l->r->best) || score > l->r->best)) {
            l->r->best = score;
            l->r->best_at = sx_trainer_iteration(l->t);
            ok = save_weights(l, "best.safetensors", meta, path, sizeof path, err);
        }
    }
    sx_weights_free(meta);
    return ok;
}

static bool validate(loop *l, sx_error *err) {
    const bool ok = sx_comm_all_succeeded(l->comm, !l->first || validate_here(l, err), err);
    double best[] = { l->r->best, (double)l->r->best_at };
    sx_comm_share(l->comm, best, sizeof best, 0);
    l->r->best = best[0];
    l->r->best_at = (long)best[1];
    return ok;
}

/* The weights of a run that was stopped before its first validation. Later ones are kept, since
 * they have what the validation found. */
static bool save_stopped_here(loop *l, sx_error *err) {
    char path[1024];
    if (!path_in(l, "last.safetensors", path, sizeof path, err)) return false;
    return sx_path_exists(path) ||
           save_weights(l, "last.safetensors", NULL, path, sizeof path, err);
}

static bool save_last(loop *l, sx_error *err) {
    if (!l->r->stopped) return validate(l, err);
    return sx_comm_all_succeeded(l->comm, !l->first || save_stopped_here(l, err), err);
}

/* ---- the loop ---- */

/* The films that may have caused the error: those of the failed rank, or the first ones of all
 * ranks. */
static void name_films(const loop *l, const sx_example *batch, int count, char *out, size_t size) {
    sx_str films = { 0 };
    for (int i = 0; i < count; i++)
        sx_str_printf(&films, "%s%s", i ? ", " : "", batch[i].name);
    snprintf(out, size, "%s", sx_str_text(&films));
    sx_str_free(&films);
    sx_comm_share(l->comm, out, size, l->comm && l->comm->error_shared ? l->comm->failed : 0);
}

/* False: the run must end with *err. */
static bool train_step(loop *l, sx_train_report *r, int count, sx_error *err) {
    const sx_example *batch = sx_loader_next(l->loader, err);
    if (!sx_comm_all_succeeded(l->comm, batch != NULL, err)) return false;
    l->batches++;
    if (sx_trainer_step(l->t, batch, count, r, err)) {
        l->left_out = 0;
        const bool told = !l->first || sx_record_step(l->record, r, err);
        if (!sx_comm_all_succeeded(l->comm, told, err)) return false;
        if (!l->first) return true;
        if (l->o->progress) l->o->progress(l->o->ctx, r);
        return true;
    }
    char films[201];
    name_films(l, batch, count, films, sizeof films);
    const long at = sx_trainer_iteration(l->t);
    const bool skip =
        err->code == SX_ERR_VALUE && l->o->skip_not_a_number && ++l->left_out < MOST_LEFT_OUT;
    if (skip)
        sx_log(l->o->context, SX_LOG_WARNING, "iteration %ld: %s (films %s); left out", at,
               err->message, films);
    else
        sx_fail_in(err, "iteration %ld (films %s)", at, films);
    if (skip) *err = (sx_error){ 0 };
    return sx_comm_all_succeeded(l->comm, skip, err);
}

static bool run_iterations(loop *l, int count, sx_error *err) {
    const sx_loop_options *o = l->o;
    sx_train_report r;
    while (sx_trainer_iteration(l->t) < o->iterations && !l->r->stopped) {
        if (!train_step(l, &r, count, err)) return false;
        const long done = sx_trainer_iteration(l->t);
        if (o->validate_every > 0 && done % o->validate_every == 0 && done < o->iterations &&
            !validate(l, err))
            return false;
        if (o->checkpoint_every > 0 && done % o->checkpoint_every == 0 && !save_checkpoint(l, err))
            return false;
        double stop = sx_context_cancelled(o->context);
        sx_comm_max(l->comm, &stop, 1);
        l->r->stopped = stop > 0;
    }
    return true;
}

bool sx_train_loop(sx_trainer *t, sx_loader *loader, const sx_loop_options *o, sx_loop_result *out,
                   sx_error *err) {
    sx_error here = { 0 };
    if (!err) err = &here;
    *out = (sx_loop_result){ .best = NAN };
    loop l = { .t = t, .comm = sx_trainer_comm(t), .loader = loader, .o = o, .r = out };
    l.first = sx_comm_rank(l.comm) == 0;
    bool ok =
        sx_comm_all_succeeded(l.comm, sx_make_dirs(o->out, err), err) && load_checkpoint(&l, err);
    if (ok && l.first)
        ok = (l.record = sx_record_open(o->out, sx_trainer_iteration(t), o->iterations, err)) !=
             NULL;
    ok = sx_comm_all_succeeded(l.comm, ok, err);
    if (ok) {
        sx_loader_seek(loader, l.batches);
        ok = run_iterations(&l, sx_loader_batch(loader), err);
    }
    ok = ok && save_last(&l, err) && save_checkpoint(&l, err);
    sx_record_close(l.record);
    out->iterations = sx_trainer_iteration(t);
    return ok;
}
