#include "service/node/predict_job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "service/node/film_result.h"
#include "service/store/films.h"
#include "service/store/picture_file.h"

typedef struct work {
    sx_db *db;
    const sx_predict_job_options *o;
    const sx_job *job;
    const sx_film_answer *a;
    char weights[65];
    sx_store_score score;
    bool unfamiliar;
} work;

/* ---- the picture ---- */

/* `path`: on the heap; NULL when out of memory. */
static bool write_picture(char *path, const sx_str *bytes, sx_error *err) {
    char *folder = path ? sx_path_folder(path) : NULL;
    const bool ok = (folder || sx_fail(err, SX_ERR_MEMORY, "out of memory for a picture")) &&
                    sx_str_ok(bytes, err) && sx_make_dirs(folder, err) &&
                    sx_write_file(path, bytes->data, bytes->len, err);
    free(folder);
    free(path);
    return ok;
}

static bool keep_film(const work *w, sx_error *err) {
    return w->a->picture.film.len == 0 ||
           write_picture(sx_film_png_path(w->o->folder, w->a->film.path), &w->a->picture.film, err);
}

static bool keep_picture(const work *w, sx_error *err) {
    const uint32_t size[2] = { (uint32_t)w->a->picture.width, (uint32_t)w->a->picture.height };
    sx_str bytes = { 0 };
    if (!w->a->picture.width) return true;
    sx_str_append(&bytes, size, sizeof size);
    sx_str_append(&bytes, w->a->picture.bytes.data, w->a->picture.bytes.len);
    const bool ok = write_picture(sx_picture_path(w->o->folder, w->a->film.path), &bytes, err);
    sx_str_free(&bytes);
    return ok;
}

/* ---- what is noted ---- */

/* State and end of the job, in one transaction. `error`: for the job, NULL if it is done. */
static bool finish(const work *w, const char *state, const char *reason, bool dead, bool *held,
                   sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    const bool scored = strcmp(state, "scored") == 0 || strcmp(state, "unfamiliar") == 0;
    *held = false;
    if (!sx_db_begin(w->db, err)) return false;
    bool ok = !scored || sx_store_put_prediction(w->db, w->a->film.sop_uid, w->weights, SX_VERSION,
                                                 sx_str_text(&w->a->json), &w->score, now, err);
    ok = ok && sx_store_set_film_state(w->db, w->a->film.sop_uid, state, reason, err) &&
         sx_store_event(w->db, now, state, w->a->film.study_uid, w->a->film.sop_uid, reason, err) &&
         (dead ? sx_jobs_bury(w->db, w->job, reason, held, err)
               : sx_jobs_done(w->db, w->job, held, err));
    if (ok && *held) return sx_db_commit(w->db, err);
    sx_db_rollback(w->db);
    return ok;
}

static bool finish_as(const work *w, const char *state, const char *reason, sx_predicted as,
                      sx_predicted *outcome, sx_error *err) {
    bool held;
    if (!finish(w, state, reason, as == SX_PREDICTED_DEAD, &held, err)) return false;
    *outcome = held ? as : SX_PREDICTED_LOST;
    return true;
}

static bool try_again(const work *w, const char *reason, sx_predicted *outcome, sx_error *err) {
    const int64_t pause = sx_jobs_backoff(w->job->attempts, w->o->draw(w->o->user));
    bool held;
    if (!sx_jobs_retry(w->db, w->job, w->o->now(w->o->user) + pause, reason, &held, err))
        return false;
    *outcome = held ? SX_PREDICTED_LATER : SX_PREDICTED_LOST;
    return true;
}

/* The film is not to blame, so that this is none of its attempts. */
static bool put_off(const work *w, const char *reason, sx_predicted *outcome, sx_error *err) {
    bool held;
    if (!sx_jobs_put_off(w->db, w->job, w->o->now(w->o->user), w->o->draw(w->o->user), reason,
                         &held, err))
        return false;
    *outcome = held ? SX_PREDICTED_LATER : SX_PREDICTED_LOST;
    return true;
}

/* ---- outcomes ---- */

/* A worker whose report is not valid is treated like one that crashed. */
static bool is_valid(work *w, sx_error *note) {
    sx_film_result r;
    if (!sx_film_result_parse(sx_str_text(&w->a->json), w->a->json.len, SX_FILM_RESULT_SIDE,
                              SX_FILM_RESULT_SIDE, &r, note))
        return false;
    memcpy(w->weights, r.weights, sizeof w->weights);
    w->unfamiliar = r.unfamiliar;
    w->score = (sx_store_score){ .probability = r.probability,
                                 .distance = r.distance,
                                 .abnormal = isnan(r.probability) || r.unfamiliar ? -1 : r.abnormal,
                                 .findings = (int)r.box_count };
    sx_film_result_free(&r);
    return true;
}

static bool take_result(work *w, sx_predicted *outcome, sx_error *err) {
    if (!keep_film(w, err)) return false;
    if (w->unfamiliar)
        return finish_as(w, "unfamiliar", "unlike the films that the weights know",
                         SX_PREDICTED_UNFAMILIAR, outcome, err);
    return keep_picture(w, err) && finish_as(w, "scored", "", SX_PREDICTED_SCORED, outcome, err);
}

/* What may be better the next time, and may be the film's fault. */
static bool take_attempt(const work *w, const sx_error *note, sx_predicted *outcome,
                         sx_error *err) {
    if (w->job->attempts < w->o->attempts) return try_again(w, note->message, outcome, err);
    return finish_as(w, "failed", note->message, SX_PREDICTED_DEAD, outcome, err);
}

/* An error of the film is final; one of the machine is not. A film may need more memory than a
 * worker process may have. */
static bool take_error(const work *w, const sx_error *note, sx_predicted *outcome, sx_error *err) {
    if (note->code == SX_ERR_REFUSED)
        return finish_as(w, "refused", note->message, SX_PREDICTED_REFUSED, outcome, err);
    if (note->code == SX_ERR_MEMORY || w->a->fault == SX_FILM_FAULT_MISSING)
        return take_attempt(w, note, outcome, err);
    if (w->a->fault == SX_FILM_FAULT_UNREADABLE)
        return finish_as(w, "failed", note->message, SX_PREDICTED_DEAD, outcome, err);
    if (note->code == SX_ERR_IO || note->code == SX_ERR_CANCELLED)
        return put_off(w, note->message, outcome, err);
    return finish_as(w, "failed", note->message, SX_PREDICTED_FAILED, outcome, err);
}

static bool judge(work *w, sx_pool_outcome is, sx_predicted *outcome, sx_error *note,
                  sx_error *err) {
    switch (is) {
    case SX_POOL_PREDICTED:
        return is_valid(w, note) ? take_result(w, outcome, err)
                                 : take_attempt(w, note, outcome, err);
    case SX_POOL_FILM_FAILED:
        return take_error(w, note, outcome, err);
    case SX_POOL_CRASHED:
        return take_attempt(w, note, outcome, err);
    default:
        return put_off(w, note->message, outcome, err);
    }
}

/* Reasons are shown on pages and to archives; the folders of this machine are not. */
static void remove_path(sx_error *note, const char *path) {
    const size_t n = strlen(path);
    if (strncmp(note->message, path, n) != 0 || strncmp(note->message + n, ": ", 2) != 0) return;
    memmove(note->message, note->message + n + 2, strlen(note->message + n + 2) + 1);
}

/* A file may seem to be missing for a moment on a network file system. */
static bool look_for_file(const sx_predict_job_options *o, const sx_job *job, sx_film_answer *a,
                          sx_error *err) {
    if (a->outcome != SX_POOL_FILM_FAILED || a->note.code != SX_ERR_IO) return true;
    if (!sx_store_film_fault(o->folder, &a->film, job->put_off, &a->fault, err)) return false;
    if (a->fault) sx_fail(&a->note, SX_ERR_MISSING, "%s", sx_store_film_fault_text(a->fault));
    return true;
}

bool sx_predict_ask(sx_db *db, const sx_predict_job_options *options, sx_pool_worker *worker,
                    const sx_job *job, sx_film_answer *answer, sx_error *err) {
    bool found = false;
    memset(answer, 0, sizeof *answer);
    if (!sx_store_find_film(db, job->key, &answer->film, &found, err)) return false;
    answer->gone = !found || sx_store_film_is_deleted(&answer->film);
    if (answer->gone) return true;
    char *path = sx_path_join(options->folder, answer->film.path);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    answer->outcome = sx_pool_predict(worker, path, &answer->json, &answer->picture, &answer->note);
    remove_path(&answer->note, path);
    free(path);
    return look_for_file(options, job, answer, err);
}

bool sx_predict_store(sx_db *db, const sx_predict_job_options *options, const sx_job *job,
                      const sx_film_answer *answer, char weights[65], sx_predicted *outcome,
                      sx_error *note, sx_error *err) {
    work w = { .db = db, .o = options, .job = job, .a = answer };
    bool held, ok;
    *note = answer->note;
    if (answer->gone) {
        *outcome = SX_PREDICTED_GONE;
        ok = sx_jobs_done(db, job, &held, err);
    } else {
        ok = judge(&w, answer->outcome, outcome, note, err);
    }
    memcpy(weights, w.weights, sizeof w.weights);
    return ok;
}

void sx_film_answer_free(sx_film_answer *a) {
    sx_str_free(&a->json);
    sx_str_free(&a->picture.bytes);
    sx_str_free(&a->picture.film);
}
