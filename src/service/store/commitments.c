#include "service/store/commitments.h"

bool sx_store_add_commitment(sx_db *db, const sx_store_commitment *c, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(c->transaction), sx_db_text(c->study_uid),
                                   sx_db_int(c->revision), sx_db_text(c->destination),
                                   sx_db_int(c->asked) };
    return sx_db_run(db,
                     "INSERT INTO commitment (transaction_uid, study_uid, revision, destination,"
                     " asked) VALUES (?, ?, ?, ?, ?)",
                     values, 5, err);
}

bool sx_store_remove_commitment(sx_db *db, const char *transaction, sx_error *err) {
    const sx_db_value uid = sx_db_text(transaction);
    return sx_db_run(db, "DELETE FROM commitment WHERE transaction_uid = ?", &uid, 1, err);
}

typedef struct found_commitment {
    sx_store_commitment *commitment;
    bool found;
} found_commitment;

static bool take_commitment(void *user, const sx_db_row *row, sx_error *err) {
    found_commitment *f = user;
    sx_store_commitment *c = f->commitment;
    (void)err;
    *c = (sx_store_commitment){ .revision = sx_db_get_int(row, 3),
                                .asked = sx_db_get_int(row, 4),
                                .answered = sx_db_get_int(row, 5) };
    sx_db_copy_text(row, 0, c->transaction, sizeof c->transaction);
    sx_db_copy_text(row, 1, c->study_uid, sizeof c->study_uid);
    sx_db_copy_text(row, 2, c->destination, sizeof c->destination);
    f->found = true;
    return true;
}

bool sx_store_find_commitment(sx_db *db, const char *transaction, sx_store_commitment *out,
                              bool *found, sx_error *err) {
    found_commitment f = { out, false };
    const sx_db_value uid = sx_db_text(transaction);
    const bool ok = sx_db_query(db,
                                "SELECT transaction_uid, study_uid, destination, revision, asked,"
                                " answered FROM commitment WHERE transaction_uid = ?",
                                &uid, 1, take_commitment, &f, err);
    *found = f.found;
    return ok;
}

bool sx_store_set_answered(sx_db *db, const char *transaction, int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(transaction) };
    return sx_db_run(db, "UPDATE commitment SET answered = ? WHERE transaction_uid = ?", values, 2,
                     err);
}

static bool take_counts(void *user, const sx_db_row *row, sx_error *err) {
    int64_t *counts = user;
    (void)err;
    counts[0] = sx_db_get_int(row, 0);
    counts[1] = sx_db_get_int(row, 1);
    return true;
}

bool sx_store_count_commitments(sx_db *db, const char *study_uid, int64_t revision,
                                const char *destination, int64_t since, int64_t *count,
                                int64_t *last, sx_error *err) {
    int64_t counts[2] = { 0, 0 };
    const sx_db_value values[] = { sx_db_text(study_uid), sx_db_int(revision),
                                   sx_db_text(destination), sx_db_int(since) };
    const bool ok = sx_db_query(db,
                                "SELECT COUNT(*), MAX(asked) FROM commitment WHERE study_uid = ?"
                                " AND revision = ? AND destination = ? AND asked >= ?",
                                values, 4, take_counts, counts, err);
    *count = counts[0];
    *last = counts[1];
    return ok;
}
