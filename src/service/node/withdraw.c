#include "service/node/withdraw.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/result_withdrawal.h"
#include "service/node/delivery_key.h"

static const char kind[] = "withdrawal";

/* Objects that are withdrawn, and the texts that the list points to. */
typedef struct earlier_object {
    char sop_class[SX_STORE_UID], sop_uid[SX_STORE_UID], series_uid[SX_STORE_UID];
} earlier_object;

typedef struct work {
    sx_db *db;
    const char *destination;
    const sx_store_output *report;
    int64_t now;
    earlier_object *objects; /* [count] */
    sx_withdrawn *items;     /* [count] */
    size_t count;
} work;

/* ---- what is withdrawn ---- */

static bool add_object(void *user, const sx_db_row *row, sx_error *err) {
    work *w = user;
    earlier_object *objects = sx_realloc(w->objects, w->count + 1, sizeof *objects);
    if (!objects) return sx_fail(err, SX_ERR_MEMORY, "out of memory for results");
    w->objects = objects;
    earlier_object *o = &objects[w->count++];
    sx_db_copy_text(row, 0, o->sop_class, sizeof o->sop_class);
    sx_db_copy_text(row, 1, o->sop_uid, sizeof o->sop_uid);
    sx_db_copy_text(row, 2, o->series_uid, sizeof o->series_uid);
    return true;
}

/* A note withdraws all that was there, so only what came since the last one is left. */
static bool list_earlier(work *w, sx_error *err) {
    const sx_store_output *r = w->report;
    int64_t since = 0;
    bool found;
    const sx_db_value which[] = { sx_db_text(w->destination), sx_db_text(r->study_uid),
                                  sx_db_int(r->revision) };
    if (!sx_db_query_int(w->db,
                         "SELECT COALESCE(MAX(o.revision), 0) FROM output o JOIN delivery d"
                         " ON d.sop_uid = o.sop_uid AND d.destination = ? WHERE o.study_uid = ?"
                         " AND o.revision < ? AND o.kind = 'withdrawal'",
                         which, 3, &since, &found, err))
        return false;
    const sx_db_value values[] = { which[0], which[1], which[2], sx_db_int(since) };
    return sx_db_query(w->db,
                       "SELECT o.sop_class, o.sop_uid, o.series_uid FROM output o JOIN delivery d"
                       " ON d.sop_uid = o.sop_uid AND d.destination = ? WHERE o.study_uid = ?"
                       " AND o.revision < ? AND o.revision >= ? AND o.kind <> 'withdrawal'"
                       " AND d.state IN ('sent', 'committed') ORDER BY o.revision, o.sop_uid",
                       values, 4, add_object, w, err);
}

static bool is_true(work *w, const char *sql, const sx_db_value *values, size_t count, bool *is,
                    sx_error *err) {
    int64_t unused;
    return sx_db_query_int(w->db, sql, values, count, &unused, is, err);
}

static bool has_note(work *w, bool *has, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(w->destination), sx_db_text(w->report->study_uid),
                                   sx_db_int(w->report->revision) };
    return is_true(w,
                   "SELECT 1 FROM output o JOIN delivery d ON d.sop_uid = o.sop_uid"
                   " AND d.destination = ? WHERE o.study_uid = ? AND o.revision = ?"
                   " AND o.kind = 'withdrawal'",
                   values, 3, has, err);
}

static bool lacks_films(work *w, bool *lacks, sx_error *err) {
    const sx_db_value study = sx_db_text(w->report->study_uid);
    return is_true(w, "SELECT 1 FROM instance WHERE study_uid = ? AND state = 'deleted'", &study, 1,
                   lacks, err);
}

static bool is_busy(work *w, bool *busy, sx_error *err) {
    char key[SX_JOB_KEY];
    *busy = false;
    for (int64_t r = 1; !*busy && r < w->report->revision; r++) {
        sx_deliver_key(w->report->study_uid, r, key);
        const sx_db_value values[] = { sx_db_text(key), sx_db_text(w->destination),
                                       sx_db_int(w->now) };
        if (!is_true(w,
                     "SELECT 1 FROM job WHERE kind = 'send' AND key = ? AND destination = ?"
                     " AND state = 'leased' AND lease_until > ?",
                     values, 3, busy, err))
            return false;
    }
    return true;
}

/* ---- the note ---- */

static bool encode(work *w, sx_store_output *out, sx_error *err) {
    const sx_store_output *r = w->report;
    sx_sha256 hash;
    uint8_t *bytes = NULL;
    w->items = sx_calloc_for(w->count, sizeof *w->items, "results", err);
    if (!w->items) return false;
    for (size_t i = 0; i < w->count; i++)
        w->items[i] = (sx_withdrawn){ w->objects[i].sop_class, w->objects[i].sop_uid,
                                      w->objects[i].series_uid };
    const sx_withdrawal note = { .file = r->bytes,
                                 .size = r->n,
                                 .study_uid = r->study_uid,
                                 .successor = r->sop_uid,
                                 .items = w->items,
                                 .count = w->count,
                                 .number = (int)r->revision };
    *out = *r;
    out->bytes = NULL;
    out->made = w->now;
    sx_format(out->kind, sizeof out->kind, "%s", kind);
    sx_format(out->sop_class, sizeof out->sop_class, "%s", SX_WITHDRAWAL_CLASS);
    const bool ok = sx_withdrawal_uid(&note, false, out->sop_uid, err) &&
                    sx_withdrawal_uid(&note, true, out->series_uid, err) &&
                    sx_withdrawal_encode(&note, &bytes, &out->n, err);
    out->bytes = bytes;
    if (!ok || !sx_sha256_of(bytes, out->n, &hash, err)) return false;
    memcpy(out->sha256, hash.hex, sizeof out->sha256);
    return true;
}

static bool store_note(work *w, const sx_store_output *note, sx_error *err) {
    if (!sx_db_begin(w->db, err)) return false;
    return sx_db_end(w->db,
                     sx_store_add_output(w->db, note, err) &&
                         sx_store_set_delivery(w->db, note->sop_uid, w->destination,
                                               SX_DELIVERY_WAITING, w->now, err) &&
                         sx_store_event(w->db, w->now, "withdrawn", note->study_uid, note->sop_uid,
                                        w->destination, err),
                     err);
}

static bool withdraw(work *w, bool *added, bool *busy, sx_error *err) {
    sx_store_output note = { .bytes = NULL };
    bool has = false, lacks = false;
    if (!has_note(w, &has, err) || !lacks_films(w, &lacks, err) || !is_busy(w, busy, err))
        return false;
    if (has || lacks || *busy) return true;
    if (!list_earlier(w, err)) return false;
    if (w->count == 0) return true;
    *added = true;
    const bool ok = encode(w, &note, err) && store_note(w, &note, err);
    free(note.bytes);
    return ok;
}

bool sx_withdraw_earlier(sx_db *db, const sx_destination *destination,
                         const sx_store_output *report, int64_t now, bool *added, bool *busy,
                         sx_error *err) {
    work w = { .db = db, .destination = destination->name, .report = report, .now = now };
    *added = *busy = false;
    if (strcmp(destination->withdraw, "iocm") != 0 || report->revision < 2 || report->n == 0)
        return true;
    const bool ok = withdraw(&w, added, busy, err);
    free(w.objects);
    free(w.items);
    return ok;
}

bool sx_is_superseded(sx_db *db, const char *destination, const char *study_uid, int64_t revision,
                      bool *is, sx_error *err) {
    int64_t newest = 0, unused;
    bool found;
    char key[SX_JOB_KEY];
    const sx_db_value uid = sx_db_text(study_uid);
    *is = false;
    if (!sx_db_query_int(db, "SELECT COALESCE(MAX(revision), 0) FROM output WHERE study_uid = ?",
                         &uid, 1, &newest, &found, err))
        return false;
    for (int64_t r = revision + 1; !*is && r <= newest; r++) {
        sx_deliver_key(study_uid, r, key);
        const sx_db_value values[] = { sx_db_text(key), sx_db_text(destination) };
        if (!sx_db_query_int(db,
                             "SELECT 1 FROM job WHERE kind = 'send' AND key = ?"
                             " AND destination = ?",
                             values, 2, &unused, is, err))
            return false;
    }
    return true;
}

bool sx_settle_superseded(sx_db *db, const char *destination, const char *study_uid,
                          int64_t revision, int64_t now, sx_error *err) {
    char key[SX_JOB_KEY];
    for (int64_t r = 1; r < revision; r++) {
        sx_deliver_key(study_uid, r, key);
        const sx_db_value values[] = { sx_db_text(key), sx_db_text(destination) };
        if (!sx_db_run(db,
                       "UPDATE job SET state = 'done', error = '' WHERE kind IN ('send', 'confirm')"
                       " AND key = ? AND destination = ? AND state = 'dead'",
                       values, 2, err) ||
            (sx_db_changes(db) &&
             !sx_store_event(db, now, "superseded", study_uid, "", destination, err)))
            return false;
    }
    return true;
}
