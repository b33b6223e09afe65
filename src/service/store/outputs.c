#include "service/store/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* ---- objects ---- */

static bool same_bytes(sx_db *db, const sx_store_output *o, bool *exists, sx_error *err) {
    int64_t same = 0;
    const sx_db_value values[] = { sx_db_text(o->sha256), sx_db_text(o->sop_uid) };
    if (!sx_db_query_int(db,
                         "SELECT CASE WHEN sha256 = ? THEN 1 ELSE 0 END FROM output"
                         " WHERE sop_uid = ?",
                         values, 2, &same, exists, err))
        return false;
    return !*exists || same ||
           sx_fail(err, SX_ERR_MISMATCH, "the result %s exists with other contents", o->sop_uid);
}

bool sx_store_add_output(sx_db *db, const sx_store_output *o, sx_error *err) {
    bool exists = false;
    const sx_db_value values[] = {
        sx_db_text(o->sop_uid),    sx_db_text(o->sop_class),     sx_db_text(o->study_uid),
        sx_db_text(o->series_uid), sx_db_text(o->kind),          sx_db_int(o->revision),
        sx_db_text(o->weights),    sx_db_text(o->sha256),        sx_db_bytes(o->bytes, o->n),
        sx_db_int(o->made),        sx_db_text(o->configuration), sx_db_int(o->demonstration),
        sx_db_text(o->film_uid),
    };
    if (!same_bytes(db, o, &exists, err)) return false;
    return exists || sx_db_run(db,
                               "INSERT INTO output (sop_uid, sop_class, study_uid, series_uid,"
                               " kind, revision, weights, sha256, bytes, made,"
                               " configuration, demonstration, film_uid)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                               values, sizeof values / sizeof *values, err);
}

static bool copy_bytes(sx_store_output *o, const sx_db_row *row, int column, sx_error *err) {
    const void *bytes = sx_db_get_bytes(row, column, &o->n);
    o->bytes = sx_calloc_for(o->n + 1, 1, "a result", err);
    if (o->bytes && o->n) memcpy(o->bytes, bytes, o->n);
    return o->bytes != NULL;
}

static bool add_item(void *user, const sx_db_row *row, sx_error *err) {
    sx_store_outputs *list = user;
    sx_store_output *items = sx_realloc(list->items, list->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for results");
    list->items = items;
    sx_store_output *o = &items[list->count];
    *o = (sx_store_output){ .revision = sx_db_get_int(row, 5), .made = sx_db_get_int(row, 8) };
    sx_db_copy_text(row, 0, o->sop_uid, sizeof o->sop_uid);
    sx_db_copy_text(row, 1, o->sop_class, sizeof o->sop_class);
    sx_db_copy_text(row, 2, o->study_uid, sizeof o->study_uid);
    sx_db_copy_text(row, 3, o->series_uid, sizeof o->series_uid);
    sx_db_copy_text(row, 4, o->kind, sizeof o->kind);
    sx_db_copy_text(row, 6, o->weights, sizeof o->weights);
    sx_db_copy_text(row, 7, o->sha256, sizeof o->sha256);
    list->count++;
    return true;
}

static bool add_item_with_bytes(void *user, const sx_db_row *row, sx_error *err) {
    sx_store_outputs *list = user;
    return add_item(user, row, err) && copy_bytes(&list->items[list->count - 1], row, 9, err);
}

#define OUTPUT_COLUMNS                                                                             \
    "sop_uid, sop_class, study_uid, series_uid, kind, revision, weights, sha256, made"
#define OF_REVISION " FROM output WHERE study_uid = ? AND revision = ? ORDER BY kind, sop_uid"

static bool list_outputs(sx_db *db, const char *sql, sx_db_row_fn *add, const char *study_uid,
                         int64_t revision, sx_store_outputs *out, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(study_uid), sx_db_int(revision) };
    *out = (sx_store_outputs){ NULL, 0 };
    if (sx_db_query(db, sql, values, 2, add, out, err)) return true;
    sx_store_outputs_free(out);
    return false;
}

bool sx_store_list_outputs(sx_db *db, const char *study_uid, int64_t revision,
                           sx_store_outputs *out, sx_error *err) {
    return list_outputs(db, "SELECT " OUTPUT_COLUMNS ", bytes" OF_REVISION, add_item_with_bytes,
                        study_uid, revision, out, err);
}

bool sx_store_list_output_names(sx_db *db, const char *study_uid, int64_t revision,
                                sx_store_outputs *out, sx_error *err) {
    return list_outputs(db, "SELECT " OUTPUT_COLUMNS OF_REVISION, add_item, study_uid, revision,
                        out, err);
}

void sx_store_outputs_free(sx_store_outputs *outputs) {
    for (size_t i = 0; i < outputs->count; i++)
        free(outputs->items[i].bytes);
    free(outputs->items);
    *outputs = (sx_store_outputs){ NULL, 0 };
}

/* ---- deliveries ---- */

static const char *const states[] = { [SX_DELIVERY_NONE] = "",
                                      [SX_DELIVERY_WAITING] = "waiting",
                                      [SX_DELIVERY_SENT] = "sent",
                                      [SX_DELIVERY_COMMITTED] = "committed",
                                      [SX_DELIVERY_FAILED] = "failed" };
enum { STATES = sizeof states / sizeof *states };

static bool take_delivery(void *user, const sx_db_row *row, sx_error *err) {
    sx_store_delivery *d = user;
    (void)err;
    for (int i = 0; i < STATES; i++)
        if (strcmp(states[i], sx_db_get_text(row, 0)) == 0) d->state = (sx_delivery)i;
    d->at = sx_db_get_int(row, 1);
    d->sends = sx_db_get_int(row, 2);
    return true;
}

bool sx_store_find_delivery(sx_db *db, const char *sop_uid, const char *destination,
                            sx_store_delivery *out, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(sop_uid), sx_db_text(destination) };
    *out = (sx_store_delivery){ .state = SX_DELIVERY_NONE };
    return sx_db_query(
        db, "SELECT state, at, sends FROM delivery WHERE sop_uid = ? AND destination = ?", values,
        2, take_delivery, out, err);
}

bool sx_store_get_delivery(sx_db *db, const char *sop_uid, const char *destination,
                           sx_delivery *state, sx_error *err) {
    sx_store_delivery d;
    if (!sx_store_find_delivery(db, sop_uid, destination, &d, err)) return false;
    *state = d.state;
    return true;
}

bool sx_store_set_delivery(sx_db *db, const char *sop_uid, const char *destination,
                           sx_delivery state, int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(sop_uid), sx_db_text(destination),
                                   sx_db_text(states[state]), sx_db_int(now),
                                   sx_db_int(state == SX_DELIVERY_SENT) };
    return sx_db_run(db,
                     "INSERT INTO delivery (sop_uid, destination, state, at, sends)"
                     " VALUES (?, ?, ?, ?, ?)"
                     " ON CONFLICT (sop_uid, destination) DO UPDATE SET state = excluded.state,"
                     " at = excluded.at, sends = delivery.sends + excluded.sends",
                     values, 5, err);
}
