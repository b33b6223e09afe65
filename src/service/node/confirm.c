#include "service/node/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/str.h"
#include "dicom/write.h"
#include "service/node/withdraw.h"
#include "service/store/commitments.h"
#include "service/store/outputs.h"

/* Seconds for an answer on the association of the request. */
enum { MOST_REQUESTS = 3, MOST_SENDS = 3, ANSWER_SECONDS = 2 };

/* Failure reasons (0008,1197) that another sending may remove. */
enum { NO_SUCH_INSTANCE = 0x0112, CLASS_CONFLICT = 0x0119 };

typedef struct work {
    sx_db *db;
    const sx_deliver_options *o;
    const sx_job *job;
    char study_uid[SX_STORE_UID];
    int64_t revision;
    sx_store_outputs outputs;
    sx_send_item *items; /* [count]: objects that were sent and are not confirmed */
    const sx_store_output **rows;
    sx_store_delivery *deliveries;
    size_t count;
    bool never; /* nothing will confirm them */
    char reason[200];
} work;

static const char *destination_of(const work *w) {
    return w->o->destination->name;
}

static int64_t time_of(const work *w) {
    return w->o->now(w->o->user);
}

static int64_t pause_of(const work *w) {
    return (int64_t)w->o->destination->confirm_minutes * 60 * 1000;
}

/* ---- what is to be confirmed ---- */

static bool list_open(work *w, sx_error *err) {
    w->count = 0;
    for (size_t i = 0; i < w->outputs.count; i++) {
        const sx_store_output *o = &w->outputs.items[i];
        sx_store_delivery *d = &w->deliveries[w->count];
        if (!sx_store_find_delivery(w->db, o->sop_uid, destination_of(w), d, err)) return false;
        if (d->state != SX_DELIVERY_SENT) continue;
        w->rows[w->count] = o;
        w->items[w->count++] = (sx_send_item){ .sop_class = o->sop_class, .sop_uid = o->sop_uid };
    }
    return true;
}

/* ---- asking the archive ---- */

static bool note_transient(work *w, const sx_error *why) {
    sx_format(w->reason, sizeof w->reason, "%s", why->message);
    w->never = why->code == SX_ERR_UNSUPPORTED || why->code == SX_ERR_VALUE;
    return true;
}

/* Looks for each object. */
static bool find_all(work *w, sx_error *err) {
    for (size_t i = 0; i < w->count; i++) {
        sx_error why = { 0 };
        const sx_store_output *o = w->rows[i];
        bool found = false;
        if (!sx_destination_find(w->o, o->study_uid, o->series_uid, o->sop_uid, &found, &why))
            return note_transient(w, &why);
        if (found && !sx_store_set_delivery(w->db, o->sop_uid, destination_of(w),
                                            SX_DELIVERY_COMMITTED, time_of(w), err))
            return false;
        if (!found)
            sx_format(w->reason, sizeof w->reason, "%s: the archive does not have it", o->sop_uid);
        w->items[i].status = found ? 0 : NO_SUCH_INSTANCE;
    }
    return true;
}

typedef struct answer_to {
    sx_db *db;
    int64_t now;
} answer_to;

static bool take_answer(void *user, const char *transaction, const sx_dicom_committed *items,
                        size_t count) {
    const answer_to *a = user;
    bool known = false;
    return sx_confirm_answer(a->db, a->now, transaction, items, count, &known, NULL) && known;
}

static bool new_transaction(char out[SX_STORE_UID], sx_error *err) {
    uint64_t words[2];
    if (!sx_random_bytes(words, sizeof words, err)) return false;
    sx_uid_from_words(words[0], words[1], out);
    return true;
}

/* The request is in the database before it is made: its answer may be quicker than the response. */
static bool ask(work *w, bool *accepted, sx_error *err) {
    sx_store_commitment c = { .revision = w->revision, .asked = time_of(w) };
    sx_error why = { 0 };
    answer_to to = { w->db, c.asked };
    const sx_commitment_wait wait = { ANSWER_SECONDS, take_answer, &to };
    sx_format(c.study_uid, sizeof c.study_uid, "%s", w->study_uid);
    sx_format(c.destination, sizeof c.destination, "%s", destination_of(w));
    if (!new_transaction(c.transaction, err) || !sx_store_add_commitment(w->db, &c, err))
        return false;
    *accepted = sx_destination_ask(w->o, c.transaction, w->items, w->count, &wait, &why);
    if (*accepted) {
        sx_format(w->reason, sizeof w->reason, "waits for the answer of storage commitment");
        return true;
    }
    note_transient(w, &why);
    return sx_store_remove_commitment(w->db, c.transaction, err);
}

/* *next: when the job is to run again; 0: after a pause that grows. */
static bool confirm_by_commitment(work *w, int64_t *next, sx_error *err) {
    const int64_t now = time_of(w);
    int64_t requests = 0, last = 0;
    bool accepted = false;
    if (!sx_store_count_commitments(w->db, w->study_uid, w->revision, destination_of(w),
                                    w->job->made, &requests, &last, err))
        return false;
    if (requests && now < last + pause_of(w)) {
        *next = last + pause_of(w);
        sx_format(w->reason, sizeof w->reason, "waits for the answer of storage commitment");
        return true;
    }
    if (requests >= MOST_REQUESTS) return find_all(w, err);
    if (!ask(w, &accepted, err)) return false;
    if (accepted) *next = now + pause_of(w);
    if (accepted || !w->never) return true;
    w->never = false; /* it is not offered: looking may do */
    return find_all(w, err);
}

static bool confirm_all(work *w, int64_t *next, sx_error *err) {
    const sx_destination *d = w->o->destination;
    *next = 0;
    if (w->count == 0) return true;
    if (strcmp(d->confirm, "commitment") == 0 && !*d->url)
        return confirm_by_commitment(w, next, err);
    return find_all(w, err);
}

/* ---- what follows ---- */

static bool is_missing(const work *w, size_t i) {
    return w->items[i].status == NO_SUCH_INSTANCE &&
           time_of(w) - w->deliveries[i].at >= pause_of(w);
}

/* Objects that the archive lost are sent again. Those that were sent too often are failed, once
 * nothing else is to be sent. */
static bool send_missing(work *w, size_t *again, size_t *failed, sx_error *err) {
    const int64_t now = time_of(w);
    *again = *failed = 0;
    for (size_t i = 0; i < w->count; i++) {
        sx_store_delivery d;
        if (!is_missing(w, i)) continue;
        if (!sx_store_find_delivery(w->db, w->items[i].sop_uid, destination_of(w), &d, err))
            return false;
        if (d.state != SX_DELIVERY_SENT) w->items[i].status = 0; /* an answer came meanwhile */
        if (d.state != SX_DELIVERY_SENT || d.sends >= MOST_SENDS) continue;
        ++*again;
        if (!sx_store_set_delivery(w->db, w->items[i].sop_uid, destination_of(w),
                                   SX_DELIVERY_WAITING, now, err))
            return false;
    }
    for (size_t i = 0; *again == 0 && i < w->count; i++) {
        if (!is_missing(w, i)) continue;
        ++*failed;
        if (!sx_store_set_delivery(w->db, w->items[i].sop_uid, destination_of(w),
                                   SX_DELIVERY_FAILED, now, err))
            return false;
    }
    return true;
}

static bool end_job(work *w, int64_t next, bool sends, size_t failed, sx_delivered *outcome,
                    sx_error *err) {
    const int64_t now = time_of(w);
    const int64_t limit = (int64_t)w->o->destination->retry_hours * 3600 * 1000;
    bool held = false, superseded = false, ok;
    if (!sx_is_superseded(w->db, destination_of(w), w->study_uid, w->revision, &superseded, err))
        return false;
    if (sends || (w->count == 0 && !failed)) {
        *outcome = sends ? SX_DELIVERED_AGAIN : SX_DELIVERED_ALL;
        ok = (!sends ||
              sx_jobs_add_again(w->db, "send", w->job->key, destination_of(w), now, now, err)) &&
             sx_jobs_done(w->db, w->job, &held, err);
    } else if (failed || w->never || sx_jobs_age(w->job, now) >= limit) {
        *outcome = superseded ? SX_DELIVERED_SUPERSEDED : SX_DELIVERED_DEAD;
        ok = superseded ? sx_jobs_done(w->db, w->job, &held, err)
                        : sx_jobs_bury(w->db, w->job, w->reason, &held, err);
    } else {
        *outcome = SX_DELIVERED_LATER;
        if (next <= now) next = now + sx_jobs_backoff(w->job->attempts, w->o->draw(w->o->user));
        ok = sx_jobs_retry(w->db, w->job, next, w->reason, &held, err);
    }
    if (ok && !held) *outcome = SX_DELIVERED_LOST;
    return ok;
}

/* In a transaction: an answer may have come meanwhile, and what is to be sent again has its job. */
static bool conclude(work *w, int64_t next, sx_delivered *outcome, sx_error *err) {
    size_t again = 0, failed = 0;
    if (!sx_db_begin(w->db, err)) return false;
    bool ok = send_missing(w, &again, &failed, err) && list_open(w, err) &&
              end_job(w, next, again, failed, outcome, err);
    if (ok && *outcome == SX_DELIVERED_LOST) {
        sx_db_rollback(w->db);
        return true;
    }
    return sx_db_end(w->db, ok, err);
}

static bool confirm(work *w, sx_delivered *outcome, sx_error *err) {
    int64_t next = 0;
    if (!sx_deliver_read_key(w->job->key, w->study_uid, &w->revision, err) ||
        !sx_store_list_output_names(w->db, w->study_uid, w->revision, &w->outputs, err))
        return false;
    const size_t n = w->outputs.count + 1;
    w->items = sx_calloc_for(n, sizeof *w->items, "results to confirm", err);
    w->rows = sx_calloc_for(n, sizeof *w->rows, "results to confirm", err);
    w->deliveries = sx_calloc_for(n, sizeof *w->deliveries, "results to confirm", err);
    if (!w->items || !w->rows || !w->deliveries) return false;
    return list_open(w, err) && confirm_all(w, &next, err) && conclude(w, next, outcome, err);
}

bool sx_confirm(sx_db *db, const sx_deliver_options *options, const sx_job *job,
                sx_delivered *outcome, sx_error *err) {
    work w = { .db = db, .o = options, .job = job };
    const bool ok = confirm(&w, outcome, err);
    sx_store_outputs_free(&w.outputs);
    free(w.items);
    free(w.rows);
    free(w.deliveries);
    return ok;
}

/* ---- an answer ---- */

/* An object that was sent again after the request is not what the answer is about. */
static bool take_item(sx_db *db, int64_t now, const sx_store_commitment *c,
                      const sx_dicom_committed *item, bool *again, sx_error *err) {
    sx_store_delivery d;
    char detail[120];
    if (!sx_store_find_delivery(db, item->sop_uid, c->destination, &d, err)) return false;
    if (d.state == SX_DELIVERY_NONE) return true;
    if (item->committed)
        return sx_store_set_delivery(db, item->sop_uid, c->destination, SX_DELIVERY_COMMITTED, now,
                                     err);
    sx_format(detail, sizeof detail, "%s: failure reason %04X", c->destination,
              (unsigned)item->reason);
    if (!sx_store_event(db, now, "not committed", c->study_uid, item->sop_uid, detail, err))
        return false;
    const bool lost = item->reason == NO_SUCH_INSTANCE || item->reason == CLASS_CONFLICT;
    if (!lost || d.state != SX_DELIVERY_SENT || d.at > c->asked || d.sends >= MOST_SENDS)
        return true;
    *again = true;
    return sx_store_set_delivery(db, item->sop_uid, c->destination, SX_DELIVERY_WAITING, now, err);
}

static bool take_items(sx_db *db, int64_t now, const sx_store_commitment *c,
                       const sx_dicom_committed *items, size_t count, sx_error *err) {
    char key[SX_JOB_KEY];
    bool again = false;
    sx_deliver_key(c->study_uid, c->revision, key);
    for (size_t i = 0; i < count; i++)
        if (!take_item(db, now, c, &items[i], &again, err)) return false;
    return sx_store_set_answered(db, c->transaction, now, err) &&
           (!again || sx_jobs_add_again(db, "send", key, c->destination, now, now, err)) &&
           sx_jobs_hasten(db, "confirm", key, c->destination, now, err);
}

bool sx_confirm_answer(sx_db *db, int64_t now, const char *transaction,
                       const sx_dicom_committed *items, size_t count, bool *known, sx_error *err) {
    sx_store_commitment c;
    if (!sx_db_begin(db, err)) return false;
    bool ok = sx_store_find_commitment(db, transaction, &c, known, err);
    if (ok && *known && !c.answered) ok = take_items(db, now, &c, items, count, err);
    return sx_db_end(db, ok, err);
}
