#include "service/node/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "service/node/withdraw.h"
#include "service/store/outputs.h"

/* ---- what is left to send ---- */

typedef struct work {
    sx_db *db;
    const sx_deliver_options *o;
    char study_uid[SX_STORE_UID];
    int64_t revision;
    sx_store_outputs outputs;
    sx_send_item *items; /* [count]: those to be sent now */
    size_t count;
    size_t unconfirmed, failed; /* of all objects for this destination */
    char reason[200];           /* of the worst failure */
} work;

/* The two reports are one kind for the settings. */
static bool is_wanted(const sx_destination *d, const char *kind) {
    const char *name = strcmp(kind, "sr3d") == 0 ? "sr" : kind;
    for (size_t i = 0; i < d->send.count; i++)
        if (strcmp(d->send.items[i], name) == 0) return true;
    return false;
}

static bool find_kind_state(work *w, const char *kind, sx_delivery *state, sx_error *err) {
    *state = SX_DELIVERY_NONE;
    for (size_t i = 0; i < w->outputs.count; i++)
        if (strcmp(w->outputs.items[i].kind, kind) == 0)
            return sx_store_get_delivery(w->db, w->outputs.items[i].sop_uid,
                                         w->o->destination->name, state, err);
    return true;
}

/* Comprehensive SR goes where Comprehensive 3D SR was refused. */
static bool is_needed(work *w, const sx_store_output *o, bool *needed, sx_error *err) {
    sx_delivery state;
    if (strcmp(o->kind, "withdrawal") == 0) { /* each is for one destination */
        if (!sx_store_get_delivery(w->db, o->sop_uid, w->o->destination->name, &state, err))
            return false;
        *needed = state != SX_DELIVERY_NONE;
        return true;
    }
    *needed = is_wanted(w->o->destination, o->kind);
    if (!*needed || strcmp(o->kind, "sr") != 0) return true;
    if (!find_kind_state(w, "sr3d", &state, err)) return false;
    *needed = state == SX_DELIVERY_FAILED;
    return true;
}

static bool has_twin(const work *w, const sx_store_output *o) {
    if (strcmp(o->kind, "sr3d") != 0) return false;
    for (size_t i = 0; i < w->outputs.count; i++)
        if (strcmp(w->outputs.items[i].kind, "sr") == 0) return true;
    return false;
}

/* Lists what has not arrived, and counts the rest. */
static bool list_open(work *w, sx_error *err) {
    w->count = w->unconfirmed = w->failed = 0;
    for (size_t i = 0; i < w->outputs.count; i++) {
        const sx_store_output *o = &w->outputs.items[i];
        sx_delivery state;
        bool needed;
        if (!is_needed(w, o, &needed, err)) return false;
        if (!needed || o->n == 0) continue; /* its retention time is over */
        if (!sx_store_get_delivery(w->db, o->sop_uid, w->o->destination->name, &state, err))
            return false;
        w->unconfirmed += state == SX_DELIVERY_SENT;
        if (state == SX_DELIVERY_SENT || state == SX_DELIVERY_COMMITTED) continue;
        if (state == SX_DELIVERY_FAILED)
            w->failed += !has_twin(w, o);
        else
            w->items[w->count++] = (sx_send_item){
                .bytes = o->bytes, .n = o->n, .sop_class = o->sop_class, .sop_uid = o->sop_uid
            };
    }
    return true;
}

/* ---- sending ---- */

/* Notes what arrived and what never will; returns in *again whether something may be tried again.
 */
static bool note(work *w, bool *again, sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    *again = false;
    for (size_t i = 0; i < w->count; i++) {
        const sx_send_item *item = &w->items[i];
        const bool never = item->sent == SX_SENT_PERMANENT || item->sent == SX_SENT_NO_CONTEXT;
        if (item->sent != SX_SENT_STORED && (!w->reason[0] || never))
            sx_format(w->reason, sizeof w->reason, "%s", item->reason);
        if (!never && item->sent != SX_SENT_STORED) {
            *again = true;
            continue;
        }
        if (!sx_store_set_delivery(w->db, item->sop_uid, w->o->destination->name,
                                   never ? SX_DELIVERY_FAILED : SX_DELIVERY_SENT, now, err))
            return false;
    }
    return true;
}

/* A second round sends the report in the other class, if the first was refused for its class. */
static bool send_all(work *w, bool *again, sx_error *err) {
    bool ok = list_open(w, err);
    *again = false;
    for (int round = 0; ok && round < 2 && w->count && !*again; round++) {
        sx_destination_send(w->o, w->items, w->count);
        ok = note(w, again, err) && list_open(w, err);
    }
    return ok;
}

static bool load_outputs(work *w, sx_error *err) {
    sx_store_outputs_free(&w->outputs);
    free(w->items);
    w->items = NULL;
    if (!sx_store_list_outputs(w->db, w->study_uid, w->revision, &w->outputs, err)) return false;
    w->items = sx_calloc_for(w->outputs.count + 1, sizeof *w->items, "results to send", err);
    return w->items != NULL;
}

/* Whether the version is there: its report or, where no reports are sent, any object. */
static bool has_arrived(work *w, bool *arrived, sx_error *err) {
    const bool reports = is_wanted(w->o->destination, "sr");
    *arrived = false;
    for (size_t i = 0; !*arrived && i < w->outputs.count; i++) {
        const sx_store_output *o = &w->outputs.items[i];
        const bool report = strcmp(o->kind, "sr3d") == 0 || strcmp(o->kind, "sr") == 0;
        sx_delivery state;
        if ((reports && !report) || strcmp(o->kind, "withdrawal") == 0) continue;
        if (!sx_store_get_delivery(w->db, o->sop_uid, w->o->destination->name, &state, err))
            return false;
        *arrived = state == SX_DELIVERY_SENT || state == SX_DELIVERY_COMMITTED;
    }
    return true;
}

/* When all that is accepted has arrived, what it replaces is withdrawn. */
static bool withdraw_earlier(work *w, bool *again, sx_error *err) {
    bool added = false, busy = false;
    for (size_t i = 0; i < w->outputs.count; i++) {
        if (strcmp(w->outputs.items[i].kind, "sr3d") != 0) continue;
        if (!sx_withdraw_earlier(w->db, w->o->destination, &w->outputs.items[i],
                                 w->o->now(w->o->user), &added, &busy, err))
            return false;
        break;
    }
    if (busy && !w->failed)
        sx_format(w->reason, sizeof w->reason, "an earlier result is being sent");
    *again = busy;
    return !added || (load_outputs(w, err) && send_all(w, again, err));
}

/* ---- the job ---- */

/* For what arrived, also if something else never will. */
static bool add_confirmation(const work *w, const sx_job *job, sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    const sx_destination *to = w->o->destination;
    if (!w->unconfirmed || strcmp(to->confirm, "none") == 0) return true;
    return sx_jobs_add_again(w->db, "confirm", job->key, to->name, now, now, err);
}

/* Whether trying again makes no sense any more. */
static bool is_late(const work *w, const sx_job *job) {
    const int64_t limit = (int64_t)w->o->destination->retry_hours * 3600 * 1000;
    return sx_jobs_age(job, w->o->now(w->o->user)) >= limit;
}

static bool end_job(work *w, const sx_job *job, bool again, sx_delivered *outcome, sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    const char *earlier = job->error[0] ? job->error : "not delivered";
    const char *reason = w->reason[0] ? w->reason : earlier;
    bool held = false, ok;
    if (!again && !w->failed) {
        *outcome = SX_DELIVERED_ALL;
        ok = sx_jobs_done(w->db, job, &held, err) && add_confirmation(w, job, err);
    } else if (again && !is_late(w, job)) {
        *outcome = SX_DELIVERED_LATER;
        ok = sx_jobs_retry(w->db, job, now + sx_jobs_backoff(job->attempts, w->o->draw(w->o->user)),
                           reason, &held, err);
    } else {
        *outcome = SX_DELIVERED_DEAD;
        ok = sx_jobs_bury(w->db, job, reason, &held, err) && add_confirmation(w, job, err);
    }
    if (ok && !held) *outcome = SX_DELIVERED_LOST;
    return ok;
}

/* In a transaction: another thread may have found meanwhile that an object is to be sent again. */
static bool conclude(work *w, const sx_job *job, bool again, sx_delivered *outcome, sx_error *err) {
    if (!sx_db_begin(w->db, err)) return false;
    bool ok = list_open(w, err);
    ok = ok && end_job(w, job, again || w->count, outcome, err) &&
         sx_settle_superseded(w->db, w->o->destination->name, w->study_uid, w->revision,
                              w->o->now(w->o->user), err);
    if (ok && *outcome == SX_DELIVERED_LOST) {
        sx_db_rollback(w->db);
        return true;
    }
    return sx_db_end(w->db, ok, err);
}

/* A job that begins, or that a person has revived, tries everything. */
static bool forget_failures(work *w, sx_error *err) {
    const char *to = w->o->destination->name;
    for (size_t i = 0; i < w->outputs.count; i++) {
        const char *uid = w->outputs.items[i].sop_uid;
        sx_delivery state;
        if (!sx_store_get_delivery(w->db, uid, to, &state, err)) return false;
        if (state == SX_DELIVERY_FAILED &&
            !sx_store_set_delivery(w->db, uid, to, SX_DELIVERY_WAITING, w->o->now(w->o->user), err))
            return false;
    }
    return true;
}

/* A result that a later one replaces is not sent any more. */
static bool pass_over(work *w, const sx_job *job, sx_delivered *outcome, sx_error *err) {
    const int64_t now = w->o->now(w->o->user);
    bool held = false;
    *outcome = SX_DELIVERED_SUPERSEDED;
    if (!sx_db_begin(w->db, err)) return false;
    const bool ok =
        sx_jobs_done(w->db, job, &held, err) &&
        sx_store_event(w->db, now, "superseded", w->study_uid, "", w->o->destination->name, err);
    if (ok && !held) {
        sx_db_rollback(w->db);
        *outcome = SX_DELIVERED_LOST;
        return true;
    }
    return sx_db_end(w->db, ok, err);
}

static bool deliver(work *w, const sx_job *job, sx_delivered *outcome, sx_error *err) {
    bool again = false, superseded = false, arrived = false;
    if (!sx_deliver_read_key(job->key, w->study_uid, &w->revision, err) ||
        !sx_is_superseded(w->db, w->o->destination->name, w->study_uid, w->revision, &superseded,
                          err))
        return false;
    if (superseded) return pass_over(w, job, outcome, err);
    if (!load_outputs(w, err) || (job->attempts == 1 && !forget_failures(w, err)) ||
        !send_all(w, &again, err) || !has_arrived(w, &arrived, err))
        return false;
    const bool settled = !again || is_late(w, job);
    if (settled && arrived && !withdraw_earlier(w, &again, err)) return false;
    return conclude(w, job, again, outcome, err);
}

bool sx_deliver(sx_db *db, const sx_deliver_options *options, const sx_job *job,
                sx_delivered *outcome, sx_error *err) {
    work w = { .db = db, .o = options };
    const bool ok = deliver(&w, job, outcome, err);
    sx_store_outputs_free(&w.outputs);
    free(w.items);
    return ok;
}
