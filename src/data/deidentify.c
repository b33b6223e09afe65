#include "data/deidentify.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/mem.h"
#include "data/each.h"

typedef struct result {
    bool ok, there, cleaned;
    sx_deid_pair pairs[SX_DEID_PAIRS];
} result;

typedef struct job {
    const sx_deidentify *d;
    result *results;     /* [files] */
    char (*claimed)[65]; /* new UIDs that a file of this run has, under lock */
    size_t claims;
    pthread_mutex_t lock;
} job;

static void refuse(job *j, const sx_error *why) {
    pthread_mutex_lock(&j->lock);
    if (j->d->refused) j->d->refused(j->d->ctx, why);
    pthread_mutex_unlock(&j->lock);
}

/* False if another file of this run has the UID. */
static bool claim(job *j, const char *uid) {
    pthread_mutex_lock(&j->lock);
    bool is_new = true;
    for (size_t i = 0; i < j->claims && is_new; i++)
        is_new = strcmp(j->claimed[i], uid) != 0;
    if (is_new) memcpy(j->claimed[j->claims++], uid, 65);
    pthread_mutex_unlock(&j->lock);
    return is_new;
}

static bool store(job *j, size_t i, const uint8_t *bytes, size_t n, sx_error *err) {
    result *r = &j->results[i];
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s.dicom", j->d->out, r->pairs[3].now);
    if (length < 0 || (size_t)length >= sizeof path)
        return sx_fail(err, SX_ERR_USAGE, "%.60s...: the path is too long", j->d->out);
    if (!claim(j, r->pairs[3].now)) {
        sx_error twice = { 0 };
        sx_fail(&twice, SX_ERR_MISMATCH, "%s: another file has the same SOP Instance UID",
                j->d->files->items[i]);
        refuse(j, &twice);
        return true;
    }
    r->there = sx_path_exists(path);
    if (!r->there && !sx_write_file(path, bytes, n, err)) return false;
    r->ok = true;
    return true;
}

static void tell_cleaned(job *j, size_t i, const char *where) {
    j->results[i].cleaned = true;
    pthread_mutex_lock(&j->lock);
    if (j->d->cleaned) j->d->cleaned(j->d->ctx, j->d->files->items[i], where);
    pthread_mutex_unlock(&j->lock);
}

static bool one(void *ctx, size_t i, sx_error *err) {
    job *j = ctx;
    const char *path = j->d->files->items[i];
    sx_error why = { 0 };
    sx_file f;
    uint8_t *bytes = NULL;
    char cleaned[SX_DEID_NOTE];
    size_t n = 0;
    if (!sx_file_open(&f, path, &why)) {
        refuse(j, &why);
        return true;
    }
    bool made =
        sx_deid_file(f.data, f.size, path, &j->d->options, &bytes, &n, j->results[i].pairs, cleaned, &why);
    sx_file_close(&f);
    if (!made && why.code == SX_ERR_MEMORY) {
        if (err) *err = why;
        return false;
    }
    if (!made) refuse(j, &why);
    bool ok = !made || store(j, i, bytes, n, err);
    if (ok && made && cleaned[0] && j->results[i].ok) tell_cleaned(j, i, cleaned);
    free(bytes);
    return ok;
}

static int by_pair(const void *a, const void *b) {
    const sx_deid_pair *p = *(const sx_deid_pair *const *)a, *q = *(const sx_deid_pair *const *)b;
    int c = strcmp(p->kind, q->kind);
    if (!c) c = strcmp(p->was, q->was);
    return c ? c : strcmp(p->now, q->now);
}

/* Whoever has the table can undo the work: it is for its owner's eyes only, from its first byte on. */
static bool write_map(const job *j, sx_error *err) {
    const size_t n = j->d->files->count;
    size_t count = 0;
    const sx_deid_pair **all = sx_calloc_for(n * SX_DEID_PAIRS + 1, sizeof *all, "the mapping table", err);
    if (!all) return false;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < SX_DEID_PAIRS && j->results[i].ok; k++)
            all[count++] = &j->results[i].pairs[k];
    if (count) qsort(all, count, sizeof *all, by_pair);
    sx_str s = { 0 };
    sx_str_add(&s, "kind,was,now\n");
    for (size_t i = 0; i < count; i++) {
        if (i && by_pair(&all[i - 1], &all[i]) == 0) continue;
        sx_csv_put(&s, all[i]->kind);
        sx_str_add(&s, ",");
        sx_csv_put(&s, all[i]->was);
        sx_str_printf(&s, ",%s\n", all[i]->now);
    }
    mode_t mask = umask(077);
    bool ok = sx_str_ok(&s, err) && sx_write_file(j->d->map, s.data, s.len, err);
    umask(mask);
    sx_str_free(&s);
    free(all);
    return ok;
}

bool sx_deidentify_run(const sx_deidentify *d, sx_deidentify_totals *totals, sx_error *err) {
    job j = { .d = d };
    *totals = (sx_deidentify_totals){ 0 };
    if (!sx_make_dirs(d->out, err)) return false;
    j.results = sx_calloc_for(d->files->count + 1, sizeof *j.results, "a list of films", err);
    j.claimed = sx_calloc_for(d->files->count + 1, sizeof *j.claimed, "a list of films", err);
    pthread_mutex_init(&j.lock, NULL);
    bool ok = j.results && j.claimed && sx_each(d->files->count, one, &j, d->progress, d->stop, err);
    for (size_t i = 0; ok && i < d->files->count; i++) {
        totals->refused += !j.results[i].ok;
        totals->cleaned += j.results[i].cleaned;
        totals->there += j.results[i].there;
        totals->written += j.results[i].ok && !j.results[i].there;
    }
    ok = ok && (!d->map || write_map(&j, err));
    pthread_mutex_destroy(&j.lock);
    free(j.results);
    free(j.claimed);
    return ok;
}
