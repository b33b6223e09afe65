#include "service/node/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/dicom_film.h"
#include "dicom/results.h"
#include "dicom/site_rules.h"
#include "service/node/deliver.h"
#include "service/node/film_result.h"
#include "service/store/films.h"
#include "service/store/outputs.h"
#include "service/store/picture_file.h"

/* ---- the films ---- */

/* A film, and what its part of the result points to. */
typedef struct film_part {
    sx_file file;
    sx_film_picture picture;
    sx_film *film;      /* NULL: the file can no longer be read, or is gone */
    sx_film_info known; /* what the database says of such a film */
    sx_film_result result;
    char reason[200]; /* ASCII */
} film_part;

typedef struct work {
    sx_db *db;
    const sx_build_options *o;
    const sx_job *job;
    sx_store_study study;
    sx_store_films films;
    film_part *parts;        /* [films.count] */
    sx_result_film *results; /* [films.count] */
    sx_result_study result;
    char configuration[65], predecessor[SX_STORE_UID];
    bool any_result; /* a film was scored, or the reader must know that it was not */
    bool same;       /* the last revision says the same */
} work;

static void put_ascii(const char *text, char *out, size_t size) {
    sx_format(out, size, "%s", text);
    for (char *p = out; *p; p++)
        if (*p < ' ' || *p > '~' || *p == '\\') *p = '?';
}

static bool open_film(work *w, size_t i, sx_error *err) {
    const sx_store_film *f = &w->films.items[i];
    film_part *part = &w->parts[i];
    if (sx_store_film_is_deleted(f))
        return sx_fail(err, SX_ERR_MISSING, "its file was deleted after its retention time");
    char *path = sx_path_join(w->o->folder, f->path);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    const bool ok = sx_file_open(&part->file, path, err);
    free(path);
    sx_film_fault fault = SX_FILM_FAULT_PASSES;
    if (!ok && !sx_store_film_fault(w->o->folder, f, w->job->put_off, &fault, err)) return false;
    if (fault) return sx_fail(err, SX_ERR_MISSING, "%s", sx_store_film_fault_text(fault));
    if (!ok) return false;
    part->film = sx_film_from_memory(part->file.data, part->file.size, f->sop_uid,
                                     &(sx_film_options){ .header_only = true }, err);
    return part->film != NULL;
}

/* The report names the film, and says why it has no result. What may be better the next time is an
 * error of the job. */
static bool accept_unreadable(work *w, size_t i, const sx_error *why, sx_error *err) {
    const sx_store_film *f = &w->films.items[i];
    film_part *part = &w->parts[i];
    sx_film_info *info = &part->known;
    const bool deleted = sx_store_film_is_deleted(f);
    char reason[sizeof part->reason];
    if (why->code != SX_ERR_FORMAT && why->code != SX_ERR_LIMIT && why->code != SX_ERR_MISSING)
        return sx_fail(err, why->code, "%s", why->message);
    sx_file_close(&part->file);
    part->file = (sx_file){ .data = NULL };
    sx_format(info->sop_class, sizeof info->sop_class, "%s", f->sop_class);
    sx_format(info->sop_uid, sizeof info->sop_uid, "%s", f->sop_uid);
    sx_format(info->series_uid, sizeof info->series_uid, "%s", f->series_uid);
    sx_format(info->study_uid, sizeof info->study_uid, "%s", f->study_uid);
    sx_format(reason, sizeof reason, "%s%s", deleted ? "" : "its file can no longer be read: ",
              deleted && f->reason[0] ? f->reason : why->message);
    put_ascii(reason, part->reason, sizeof part->reason);
    return true;
}

/* Without a picture there is no capture. */
static bool open_picture(work *w, size_t i, sx_error *err) {
    const sx_store_film *f = &w->films.items[i];
    return sx_film_picture_open(&w->parts[i].picture, w->db, w->o->folder, f->path, f->sop_uid,
                                w->study.revision, w->o->weights, err);
}

/* The codes of the settings in place of our own. */
static void map_codes(const sx_settings *s, sx_film_result *r) {
    for (size_t i = 0; i < r->box_count; i++) {
        const sx_settings_code *c = sx_settings_find_code(s, r->boxes[i].label);
        if (c) r->boxes[i].code = (sx_code){ c->value, c->scheme, c->meaning };
    }
}

static bool read_result(work *w, size_t i, sx_error *err) {
    const sx_film_info *info = &w->parts[i].film->info;
    char *body = NULL;
    bool ok = sx_store_get_prediction(w->db, w->films.items[i].sop_uid, w->o->weights, SX_VERSION,
                                      &body, err);
    if (ok && !body)
        ok = sx_fail(err, SX_ERR_MISSING, "%s: there is no prediction by the weights in use",
                     w->films.items[i].sop_uid);
    ok = ok && sx_film_result_parse(body, strlen(body), info->columns, info->rows,
                                    &w->parts[i].result, err);
    free(body);
    if (ok) map_codes(w->o->settings, &w->parts[i].result);
    return ok;
}

/* Also if the file was deleted since. */
static bool is_refused(const sx_store_film *f) {
    return strcmp(sx_store_film_is_deleted(f) ? f->outcome : f->state, "refused") == 0;
}

static bool describe_film(work *w, size_t i, sx_error *err) {
    const sx_store_film *f = &w->films.items[i];
    film_part *part = &w->parts[i];
    sx_result_film *r = &w->results[i];
    sx_error why = { 0 };
    if (!open_film(w, i, &why) && !accept_unreadable(w, i, &why, err)) return false;
    const bool scored = part->film && strcmp(f->state, "scored") == 0;
    *r = (sx_result_film){ .file = part->file.data,
                           .size = part->file.size,
                           .digest = f->sha256,
                           .info = part->film ? &part->film->info : &part->known,
                           .outcome = scored ? SX_OUTCOME_SCORED : SX_OUTCOME_NOT_SCORED,
                           .probability = NAN };
    w->any_result = w->any_result || !is_refused(f);
    if (!scored) {
        if (part->film)
            put_ascii(f->reason[0] ? f->reason : f->state, part->reason, sizeof part->reason);
        r->reason = part->reason;
        return true;
    }
    if (!read_result(w, i, err) || !open_picture(w, i, err)) return false;
    r->probability = part->result.probability;
    r->abnormal = part->result.abnormal;
    r->boxes = part->result.boxes;
    r->box_count = part->result.box_count;
    return true;
}

static void free_parts(work *w) {
    for (size_t i = 0; w->parts && i < w->films.count; i++) {
        sx_film_free(w->parts[i].film);
        sx_film_result_free(&w->parts[i].result);
        sx_file_close(&w->parts[i].file);
        sx_film_picture_close(&w->parts[i].picture);
    }
    free(w->parts);
    free(w->results);
    free(w->films.items);
}

/* ---- the study ---- */

/* What of the settings changes the bytes of results. */
static bool digest_settings(work *w, sx_error *err) {
    const sx_settings *s = w->o->settings;
    sx_str text = { 0 };
    sx_sha256 hash;
    sx_str_printf(&text, "says_normal=%d", (int)s->study.says_normal);
    for (size_t i = 0; i < s->code_count; i++) {
        const sx_settings_code *c = &s->codes[i];
        sx_str_printf(&text, "\n%s=%s\\%s\\%s", c->label, c->value, c->scheme, c->meaning);
    }
    const bool ok = sx_str_ok(&text, err) && sx_sha256_of(sx_str_text(&text), text.len, &hash, err);
    if (ok) memcpy(w->configuration, hash.hex, 65);
    sx_str_free(&text);
    return ok;
}

static bool take_text(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    sx_db_copy_text(row, 0, user, SX_STORE_UID);
    return true;
}

/* Of a revision's report: its UID or hash, "" if there is none. */
static bool find_report(const work *w, const char *column, int64_t revision, char out[65],
                        sx_error *err) {
    char sql[120];
    const sx_db_value values[] = { sx_db_text(w->job->key), sx_db_int(revision) };
    *out = '\0';
    sx_format(sql, sizeof sql,
              "SELECT %s FROM output WHERE study_uid = ? AND revision = ? AND kind = 'sr3d'",
              column);
    return sx_db_query(w->db, sql, values, 2, take_text, out, err);
}

/* `completed`: milliseconds. The date of a result is that of the event that completed the study,
 * not of its building. */
static bool describe_study(work *w, int64_t revision, int64_t completed, sx_error *err) {
    if (!find_report(w, "sop_uid", revision - 1, w->predecessor, err)) return false;
    w->result = (sx_result_study){ .films = w->results,
                                   .film_count = w->films.count,
                                   .version = SX_VERSION,
                                   .weights = w->o->weights,
                                   .configuration = w->configuration,
                                   .device_uid = w->o->device_uid,
                                   .serial = w->o->serial,
                                   .completed = completed / 1000,
                                   .revision = (int)revision,
                                   .demonstration = w->o->demonstration,
                                   .says_normal = w->o->settings->study.says_normal,
                                   .predecessor = w->predecessor[0] ? w->predecessor : NULL };
    return true;
}

/* Builds the report of the last revision again, with the weights, the program and the settings of
 * today. If its bytes are the same, there is nothing new to say. */
static bool compare_with_last(work *w, sx_error *err) {
    char last[65];
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_sha256 hash;
    if (!w->study.revision || w->study.forced || !w->any_result) return true;
    if (!find_report(w, "sha256", w->study.revision, last, err) ||
        !describe_study(w, w->study.revision, w->study.completed, err))
        return false;
    const bool ok = sx_result_report(&w->result, SX_RESULT_SR_3D, &bytes, &n, err) &&
                    sx_sha256_of(bytes, n, &hash, err);
    w->same = ok && strcmp(hash.hex, last) == 0;
    free(bytes);
    return ok;
}

static bool load_films(work *w, sx_error *err) {
    w->parts = sx_calloc_for(w->films.count + 1, sizeof *w->parts, "films of a study", err);
    w->results = sx_calloc_for(w->films.count + 1, sizeof *w->results, "films of a study", err);
    bool ok = w->parts && w->results && digest_settings(w, err);
    for (size_t i = 0; ok && i < w->films.count; i++)
        ok = describe_film(w, i, err);
    return ok && compare_with_last(w, err) &&
           describe_study(w, w->study.revision + 1, w->study.quiet_until, err);
}

/* ---- the objects ---- */

static const char *const kind_names[SX_RESULT_KINDS] = { [SX_RESULT_SR_3D] = "sr3d",
                                                         [SX_RESULT_SR] = "sr",
                                                         [SX_RESULT_GSPS] = "gsps",
                                                         [SX_RESULT_CAPTURE] = "capture" };

static bool encode(const work *w, sx_result_kind kind, size_t i, uint8_t **bytes, size_t *n,
                   sx_error *err) {
    if (kind == SX_RESULT_GSPS) return sx_result_gsps(&w->result, i, bytes, n, err);
    if (kind != SX_RESULT_CAPTURE) return sx_result_report(&w->result, kind, bytes, n, err);
    const sx_film_picture *p = &w->parts[i].picture;
    return sx_result_capture(&w->result, i, p->rgb, p->height, p->width, bytes, n, err);
}

static bool add_object(const work *w, sx_result_kind kind, size_t i, sx_error *err) {
    sx_store_output o = { .revision = w->result.revision, .made = w->o->now(w->o->user) };
    sx_sha256 hash;
    uint8_t *bytes = NULL;
    bool ok = encode(w, kind, i, &bytes, &o.n, err);
    o.bytes = bytes;
    sx_format(o.kind, sizeof o.kind, "%s", kind_names[kind]);
    sx_format(o.sop_class, sizeof o.sop_class, "%s", sx_result_sop_class(kind));
    sx_format(o.study_uid, sizeof o.study_uid, "%s", w->job->key);
    sx_format(o.weights, sizeof o.weights, "%s", w->o->weights);
    sx_format(o.configuration, sizeof o.configuration, "%s", w->configuration);
    o.demonstration = w->o->demonstration;
    if (kind == SX_RESULT_GSPS || kind == SX_RESULT_CAPTURE)
        sx_format(o.film_uid, sizeof o.film_uid, "%s", w->films.items[i].sop_uid);
    ok = ok && sx_results_uid(&w->result, kind, i, false, o.sop_uid, err) &&
         sx_results_uid(&w->result, kind, i, true, o.series_uid, err) &&
         sx_sha256_of(bytes, o.n, &hash, err);
    if (ok) memcpy(o.sha256, hash.hex, sizeof o.sha256);
    ok = ok && sx_store_add_output(w->db, &o, err);
    if (bytes) free(bytes);
    return ok;
}

static bool add_objects(const work *w, sx_error *err) {
    if (!add_object(w, SX_RESULT_SR_3D, 0, err) || !add_object(w, SX_RESULT_SR, 0, err))
        return false;
    for (size_t i = 0; i < w->films.count; i++) {
        if (w->results[i].outcome != SX_OUTCOME_SCORED) continue;
        if (w->results[i].box_count && !add_object(w, SX_RESULT_GSPS, i, err)) return false;
        if (w->parts[i].picture.rgb && !add_object(w, SX_RESULT_CAPTURE, i, err)) return false;
    }
    return true;
}

static bool has_word(const sx_settings_list *list, const char *word) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], word) == 0) return true;
    return false;
}

/* By what the result says; a film that was refused says nothing. */
static bool is_of_kind(const work *w, const sx_destination *d) {
    bool abnormal = false, unscored = false;
    for (size_t i = 0; i < w->films.count; i++) {
        const bool scored = w->results[i].outcome == SX_OUTCOME_SCORED;
        abnormal = abnormal || (scored && w->results[i].abnormal);
        unscored = unscored || (!scored && !is_refused(&w->films.items[i]));
    }
    return (abnormal && has_word(&d->only, "abnormal")) ||
           (unscored && has_word(&d->only, "unscored")) ||
           (!abnormal && !unscored && has_word(&d->only, "normal"));
}

/* A film with a part in the result, from where the destination wants it and as it wants it. */
static bool has_film_for(const work *w, const sx_destination *d) {
    for (size_t i = 0; i < w->films.count; i++) {
        const sx_store_film *f = &w->films.items[i];
        if (!is_refused(f) && (!d->sources.count || has_word(&d->sources, f->source)) &&
            (!d->films.count ||
             sx_site_rules_find(d->films.items, d->films.count, &w->results[i].info->subject)))
            return true;
    }
    return false;
}

/* Who was to get an earlier version gets each later one, which replaces it. */
static bool is_wanted(const work *w, const sx_destination *d, bool *wanted, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(d->name), sx_db_text(w->job->key) };
    int64_t earlier = 0;
    bool found;
    *wanted = is_of_kind(w, d) && has_film_for(w, d);
    if (*wanted) return true;
    if (!sx_db_query_int(w->db,
                         "SELECT COUNT(*) FROM job WHERE kind = 'send' AND destination = ?"
                         " AND key LIKE ? || '/%'",
                         values, 2, &earlier, &found, err))
        return false;
    *wanted = earlier > 0;
    return true;
}

/* Results of demonstration weights go to test destinations alone. */
static bool add_jobs(const work *w, sx_error *err) {
    const sx_settings *s = w->o->settings;
    const int64_t now = w->o->now(w->o->user);
    char key[SX_JOB_KEY];
    sx_deliver_key(w->job->key, w->result.revision, key);
    for (size_t i = 0; !s->shadow && i < s->destination_count; i++) {
        const sx_destination *d = &s->destinations[i];
        bool wanted = false;
        if (w->o->demonstration && !d->test) continue;
        if (!is_wanted(w, d, &wanted, err)) return false;
        if (!wanted) continue;
        if (!sx_jobs_add(w->db, "send", key, d->name, now, now, err)) return false;
    }
    return true;
}

/* ---- the job ---- */

static bool wait_until(const work *w, int64_t when, const char *why, sx_built *outcome,
                       sx_error *err) {
    bool held;
    *outcome = SX_BUILT_LATER;
    if (!sx_jobs_retry(w->db, w->job, when, why, &held, err)) return false;
    if (!held) *outcome = SX_BUILT_LOST;
    return true;
}

static bool give_up(const work *w, sx_built *outcome, sx_error *err) {
    bool held;
    *outcome = SX_BUILT_DEAD;
    if (!sx_jobs_bury(w->db, w->job, w->study.reason, &held, err)) return false;
    if (!held) *outcome = SX_BUILT_LOST;
    return true;
}

/* What lists say of a film is what this version says. A scored film whose file is lost has failed.
 */
static bool note_outcomes(const work *w, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < w->films.count; i++) {
        const sx_store_film *f = &w->films.items[i];
        const bool scored = w->results[i].outcome == SX_OUTCOME_SCORED;
        const char *outcome = scored ? "scored" : is_refused(f) ? "refused" : "unscored";
        ok = sx_store_set_film_outcome(w->db, f->sop_uid, outcome, err);
        if (scored || is_refused(f) || w->parts[i].film) continue;
        ok = ok && sx_store_set_film_state(w->db, f->sop_uid,
                                           sx_store_film_is_deleted(f) ? "deleted" : "failed",
                                           w->parts[i].reason, err);
    }
    return ok;
}

/* In a transaction: all of it, or nothing if the lease was lost or a film has come. */
static bool store_result(const work *w, sx_built *outcome, sx_error *err) {
    const bool is_new = w->any_result && !w->same;
    const int64_t revision = w->study.revision + is_new, now = w->o->now(w->o->user);
    bool still = false, held = false;
    if (!sx_db_begin(w->db, err)) return false;
    bool ok = sx_store_study_built(w->db, w->job->key, &w->study, revision, &still, err);
    ok = ok && (!still || note_outcomes(w, err));
    if (ok && still && is_new) ok = add_objects(w, err) && add_jobs(w, err);
    if (ok && still)
        ok = sx_store_event(w->db, now,
                            is_new    ? "built"
                            : w->same ? "the same result"
                                      : "no result",
                            w->job->key, "", "", err) &&
             sx_jobs_done(w->db, w->job, &held, err);
    if (!ok || !still || !held) {
        sx_db_rollback(w->db);
        *outcome = SX_BUILT_LOST;
        return ok && (still || wait_until(w, now, "a film has come", outcome, err));
    }
    *outcome = is_new ? SX_BUILT_DONE : w->same ? SX_BUILT_SAME : SX_BUILT_NOTHING;
    return sx_db_commit(w->db, err);
}

/* The pictures are in the captures of the result. One that cannot be removed now is not lost. */
static void remove_pictures(const work *w) {
    sx_error ignored = { 0 };
    for (size_t i = 0; i < w->films.count; i++)
        (void)!sx_film_picture_remove(w->o->folder, w->films.items[i].path, &ignored);
}

/* Whether there is a prediction by the weights in use that can be read. One that was damaged in the
 * database counts as none. */
static bool is_predicted(const work *w, const sx_store_film *f, bool *is, sx_error *err) {
    char *body = NULL;
    sx_film_result r;
    sx_error why = { 0 };
    *is = false;
    if (!sx_store_get_prediction(w->db, f->sop_uid, w->o->weights, SX_VERSION, &body, err))
        return false;
    if (body) {
        *is = sx_film_result_parse(body, strlen(body), SX_FILM_RESULT_SIDE, SX_FILM_RESULT_SIDE, &r,
                                   &why);
        free(body);
    }
    if (*is) sx_film_result_free(&r);
    return !why.code || why.code == SX_ERR_FORMAT || sx_fail(err, why.code, "%s", why.message);
}

/* Films that other weights have scored, or whose result is damaged, are predicted again. *count:
 * how many. */
static bool predict_again(const work *w, size_t *count, sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    *count = 0;
    for (size_t i = 0; i < w->films.count; i++) {
        const sx_store_film *f = &w->films.items[i];
        bool is;
        if (strcmp(f->state, "scored") != 0) continue;
        if (!is_predicted(w, f, &is, err)) return false;
        if (is) continue;
        if (!sx_store_set_film_state(w->db, f->sop_uid, "new", "", err) ||
            !sx_jobs_add_again(w->db, "predict", f->sop_uid, "", now, now, err))
            return false;
        ++*count;
    }
    return true;
}

static bool has_new_film(const work *w) {
    for (size_t i = 0; i < w->films.count; i++)
        if (strcmp(w->films.items[i].state, "new") == 0) return true;
    return false;
}

static bool build(work *w, sx_built *outcome, sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    bool found;
    if (!sx_store_find_study(w->db, w->job->key, &w->study, &found, err)) return false;
    if (!found) return sx_fail(err, SX_ERR_INTERNAL, "there is no study %s", w->job->key);
    if (strcmp(w->study.state, "dead") == 0) return give_up(w, outcome, err);
    if (now < w->study.quiet_until)
        return wait_until(w, w->study.quiet_until, "waits for further films", outcome, err);
    if (!sx_store_list_films(w->db, w->job->key, &w->films, err)) return false;
    size_t again = 0;
    if (!sx_db_begin(w->db, err) || !sx_db_end(w->db, predict_again(w, &again, err), err))
        return false;
    if (again || has_new_film(w))
        return wait_until(w, now + 5000, "films are being predicted", outcome, err);
    if (!load_films(w, err) || !store_result(w, outcome, err)) return false;
    if (*outcome == SX_BUILT_DONE || *outcome == SX_BUILT_SAME) remove_pictures(w);
    return true;
}

bool sx_build_study(sx_db *db, const sx_build_options *options, const sx_job *job,
                    sx_built *outcome, sx_error *err) {
    work w = { .db = db, .o = options, .job = job };
    const bool ok = build(&w, outcome, err);
    free_parts(&w);
    return ok;
}
