#include "data/deidentify.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/writer.h"
#include "data/deid_map.h"
#include "data/manifest_build.h"
#include "data/parallel_each.h"
#include "dicom/dicom_film.h"

typedef struct result {
    bool ok, there, cleaned;
    char *uid, *note; /* for the report: the new UID; why it was rejected, what was blanked */
} result;

typedef struct job {
    const sx_deidentify *d;
    result *results;  /* [files] */
    sx_deid_map *map; /* NULL: none */
    bool resumed;     /* results of an earlier run exist */
    sx_names claimed; /* new UIDs that belong to a file of this run; under lock */
    pthread_mutex_t lock;
} job;

static void tell_refused(job *j, const sx_error *why) {
    pthread_mutex_lock(&j->lock);
    if (j->d->refused) j->d->refused(j->d->ctx, why);
    pthread_mutex_unlock(&j->lock);
}

/* Keeps a text for the report. */
static bool keep(const job *j, char **to, const char *text, sx_error *err) {
    if (!j->d->report) return true;
    free(*to);
    *to = sx_strdup(text);
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for the report");
}

static bool refuse(job *j, size_t i, const sx_error *why, sx_error *err) {
    tell_refused(j, why);
    return keep(j, &j->results[i].note, why->message, err);
}

/* A faulty film is rejected and the run continues; out of memory ends it. */
static bool refuse_or_fail(job *j, size_t i, const sx_error *why, sx_error *err) {
    if (why->code == SX_ERR_MEMORY) return sx_fail(err, why->code, "%s", why->message);
    return refuse(j, i, why, err);
}

/* Whether this file is the first of the run with its UID. */
static bool claim(job *j, size_t i, const char *uid, bool *first, sx_error *err) {
    pthread_mutex_lock(&j->lock);
    bool ok = sx_names_put(&j->claimed, uid, (uint32_t)i, first, err);
    const long earlier = ok ? sx_names_find(&j->claimed, uid) : 0;
    pthread_mutex_unlock(&j->lock);
    if (!ok || *first) return ok;
    sx_error twice = { 0 };
    sx_fail(&twice, SX_ERR_MISMATCH, "%s: %.400s has the same SOP Instance UID",
            j->d->files->items[i], j->d->files->items[earlier]);
    return refuse(j, i, &twice, err);
}

/* A film that exists, and whose rows are in the map. */
static bool remember(job *j, size_t i, const sx_deid_pair *pairs, sx_error *err) {
    pthread_mutex_lock(&j->lock);
    if (j->d->written) j->d->written(j->d->written_ctx, i, pairs);
    pthread_mutex_unlock(&j->lock);
    return keep(j, &j->results[i].uid, pairs[3].now, err);
}

static bool path_of_result(const job *j, size_t i, const char *uid, char path[4096],
                           sx_error *err) {
    const char *folder = j->d->folders ? j->d->folders[i] : "";
    int length =
        snprintf(path, 4096, "%s/%s%s%s.dicom", j->d->out, folder, folder[0] ? "/" : "", uid);
    return (length > 0 && length < 4096) ||
           sx_fail(err, SX_ERR_USAGE, "%.60s...: the path is too long", j->d->out);
}

/* A result of an earlier run is kept if it is complete: after a loss of power a file may have its
 * name but not its bytes. */
static bool find_result(const job *j, size_t i, const char *uid, bool *there, sx_error *err) {
    char path[4096];
    sx_file f;
    *there = false;
    if (!path_of_result(j, i, uid, path, err)) return false;
    if (!sx_path_exists(path) || !sx_file_open(&f, path, NULL)) return true;
    sx_film *film =
        sx_film_from_memory(f.data, f.size, path, &(sx_film_options){ .header_only = true }, NULL);
    bool ok = true;
    if (film && film->info.has_pixels) {
        ok = sx_deid_same_options(f.data, f.size, path, &j->d->options, err);
        *there = ok;
    }
    sx_film_free(film);
    sx_file_close(&f);
    return ok;
}

static bool store(job *j, size_t i, const sx_deid_pair *pairs, const uint8_t *bytes, size_t n,
                  sx_error *err) {
    char path[4096];
    bool first;
    const char *uid = pairs[3].now;
    if (!claim(j, i, uid, &first, err) || !path_of_result(j, i, uid, path, err)) return false;
    if (!first) return true;
    j->results[i].ok = (!j->map || sx_deid_map_add(j->map, pairs, err)) &&
                       sx_write_file_unsynced(path, bytes, n, err) && remember(j, i, pairs, err);
    return j->results[i].ok;
}

/* *done: an earlier run has written the result. */
static bool take_up(job *j, size_t i, const sx_file *f, bool *done, sx_error *err) {
    result *r = &j->results[i];
    sx_deid_pair pairs[SX_DEID_PAIRS];
    bool there, first;
    *done = false;
    if (!sx_deid_pairs(f->data, f->size, j->d->files->items[i], &j->d->options, pairs, NULL))
        return true;
    if (!find_result(j, i, pairs[3].now, &there, err)) return false;
    if (!there) return true;
    *done = true;
    if (!claim(j, i, pairs[3].now, &first, err)) return false;
    r->ok = r->there = first;
    return !first ||
           ((!j->map || sx_deid_map_add(j->map, pairs, err)) && remember(j, i, pairs, err));
}

static bool tell_cleaned(job *j, size_t i, const char *where, sx_error *err) {
    j->results[i].cleaned = true;
    pthread_mutex_lock(&j->lock);
    if (j->d->cleaned) j->d->cleaned(j->d->ctx, j->d->files->items[i], where);
    pthread_mutex_unlock(&j->lock);
    return keep(j, &j->results[i].note, where, err);
}

static bool deidentify_film(void *ctx, size_t i, sx_error *err) {
    job *j = ctx;
    const char *path = j->d->files->items[i];
    sx_error why = { 0 };
    sx_file f;
    uint8_t *bytes = NULL;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    size_t n = 0;
    if (!sx_file_open(&f, path, &why)) return refuse_or_fail(j, i, &why, err);
    bool done = false, ok = !j->resumed || take_up(j, i, &f, &done, err);
    if (!ok || done) {
        sx_file_close(&f);
        return ok;
    }
    bool made =
        sx_deid_file(f.data, f.size, path, &j->d->options, &bytes, &n, pairs, cleaned, &why);
    sx_file_close(&f);
    if (!made) return refuse_or_fail(j, i, &why, err);
    ok = store(j, i, pairs, bytes, n, err);
    if (ok && cleaned[0] && j->results[i].ok) ok = tell_cleaned(j, i, cleaned, err);
    free(bytes);
    return ok;
}

static void put_row(sx_str *s, const char *file, const char *outcome, const char *new_file,
                    const char *note) {
    const char *const cells[] = { file, outcome, new_file, note };
    for (size_t i = 0; i < 4; i++) {
        sx_csv_put(s, cells[i]);
        sx_str_add(s, i < 3 ? "," : "\n");
    }
}

static void put_result(const job *j, size_t i, sx_str *s) {
    const result *r = &j->results[i];
    const char *folder = j->d->folders ? j->d->folders[i] : "", *note = r->note ? r->note : "";
    sx_str now = { 0 };
    if (r->ok) sx_str_printf(&now, "%s%s%s.dicom", folder, folder[0] ? "/" : "", r->uid);
    if (r->there && j->d->options.text == SX_DEID_TEXT_CLEAN)
        note = "the run that wrote it reported whether text was blanked";
    put_row(s, j->d->files->items[i],
            !r->ok       ? "rejected"
            : r->there   ? "already there"
            : r->cleaned ? "blanked"
                         : "written",
            sx_str_text(&now), note);
    s->failed = s->failed || now.failed;
    sx_str_free(&now);
}

/* The files' names may name the patients, so that only the report's owner may read it. */
static bool write_report(const job *j, sx_error *err) {
    sx_str s = { 0 };
    sx_str_add(&s, "file,result,new_file,note\n");
    for (size_t i = 0; i < j->d->files->count; i++)
        put_result(j, i, &s);
    for (size_t i = 0; j->d->unread && i < j->d->unread->count; i++) {
        sx_error why = { 0 };
        sx_paths_unread_error(j->d->unread->items[i], &why);
        put_row(&s, j->d->unread->items[i], "rejected", "", why.message);
    }
    const bool ok = sx_str_ok(&s, err) && sx_write_private_file(j->d->report, s.data, s.len, err);
    sx_str_free(&s);
    return ok;
}

static bool holds_films(const char *dir) {
    sx_film_files films = { 0 };
    const bool ok = sx_film_files_add(&films, dir, NULL) && films.paths.count > 0;
    sx_film_files_free(&films);
    return ok;
}

static bool folder_path(const sx_deidentify *d, size_t file, char path[4096], sx_error *err) {
    const int length = snprintf(path, 4096, "%s/%s", d->out, d->folders[file]);
    return (length >= 0 && length < 4096) ||
           sx_fail(err, SX_ERR_USAGE, "%.60s...: the path is too long", d->out);
}

/* A run without a result leaves no empty folders. */
static void remove_empty_folders(const sx_deidentify *d) {
    char path[4096];
    for (size_t i = 0; d->folders && i < d->files->count; i++)
        if (folder_path(d, i, path, NULL)) rmdir(path); /* fails if it holds anything */
}

/* Makes the folders; *resumed: one of them holds films. */
static bool make_folders(const sx_deidentify *d, bool *resumed, sx_error *err) {
    const char *last = NULL;
    *resumed = holds_films(d->out);
    for (size_t i = 0; d->folders && i < d->files->count; i++) {
        char path[4096];
        if (last && strcmp(last, d->folders[i]) == 0) continue;
        last = d->folders[i];
        if (!folder_path(d, i, path, err) || !sx_make_dirs(path, err)) return false;
        *resumed = *resumed || holds_films(path);
    }
    return true;
}

/* The folders that could not be read; returns how many. */
static size_t refuse_unread(job *j) {
    const size_t count = j->d->unread ? j->d->unread->count : 0;
    for (size_t i = 0; i < count; i++) {
        sx_error why = { 0 };
        sx_paths_unread_error(j->d->unread->items[i], &why);
        tell_refused(j, &why);
    }
    return count;
}

static void free_result(result *r) {
    free(r->uid);
    free(r->note);
}

/* With a random key, an unfinished map is the only record of an earlier run's ids. */
static bool open_map(job *j, sx_error *err) {
    const sx_deidentify *d = j->d;
    bool resumed = false;
    if (d->map && !(j->map = sx_deid_map_open(d->map, &d->options, d->new_key, &resumed, err)))
        return false;
    if (!make_folders(d, &j->resumed, err)) return false;
    if (j->resumed && d->new_key && !resumed)
        return sx_fail(
            err, SX_ERR_IO,
            "%s: already holds films; without --key they would be written again under new ids",
            d->out);
    return !j->map || sx_deid_map_begin(j->map, err);
}

static bool run_job(job *j, sx_deidentify_totals *totals, sx_error *err) {
    const sx_deidentify *d = j->d;
    if (!open_map(j, err)) return false;
    j->results = sx_calloc_for(d->files->count + 1, sizeof *j->results, "a list of films", err);
    bool ok = j->results &&
              sx_parallel_each(d->context, d->files->count, deidentify_film, j, d->progress, err);
    for (size_t i = 0; ok && i < d->files->count; i++) {
        totals->refused += !j->results[i].ok;
        totals->cleaned += j->results[i].cleaned;
        totals->existing += j->results[i].there;
        totals->written += j->results[i].ok && !j->results[i].there;
    }
    if (ok) totals->refused += refuse_unread(j);
    if (ok && totals->written + totals->existing == 0) remove_empty_folders(d);
    ok = ok && (!d->done || d->done(d->written_ctx, err)) && sx_sync_folder(d->out, err) &&
         (!d->report || write_report(j, err)) && (!j->map || sx_deid_map_finish(j->map, err));
    for (size_t i = 0; j->results && i < d->files->count; i++)
        free_result(&j->results[i]);
    free(j->results);
    return ok;
}

static bool run_claimed(const sx_deidentify *d, sx_deidentify_totals *totals, sx_error *err) {
    job j = { .d = d };
    *totals = (sx_deidentify_totals){ 0 };
    pthread_mutex_init(&j.lock, NULL);
    const bool ok = run_job(&j, totals, err);
    sx_deid_map_free(j.map);
    pthread_mutex_destroy(&j.lock);
    sx_names_free(&j.claimed);
    return ok;
}

bool sx_deidentify_run(const sx_deidentify *d, sx_deidentify_totals *totals, sx_error *err) {
    sx_claim *claim = sx_claim_open(d->out, "data deidentify", err);
    const bool ok = claim && run_claimed(d, totals, err);
    sx_claim_close(claim);
    return ok;
}
