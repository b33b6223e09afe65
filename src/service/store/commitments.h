/* Requests of storage commitment (PS3.4 J), in the database: the answer may come on another
 * association, to another process, after a restart. */
#ifndef SX_SERVICE_STORE_COMMITMENTS_H
#define SX_SERVICE_STORE_COMMITMENTS_H

#include "service/store/db.h"
#include "service/store/films.h"

/* A request for the objects of a study's revision at a destination. */
typedef struct sx_store_commitment {
    char transaction[SX_STORE_UID]; /* UID */
    char study_uid[SX_STORE_UID], destination[64];
    int64_t revision, asked;
    int64_t answered; /* 0: not yet */
} sx_store_commitment;

bool sx_store_add_commitment(sx_db *db, const sx_store_commitment *c, sx_error *err) SX_MUST_USE;
/* One that was not asked after all. */
bool sx_store_remove_commitment(sx_db *db, const char *transaction, sx_error *err) SX_MUST_USE;
bool sx_store_find_commitment(sx_db *db, const char *transaction, sx_store_commitment *out,
                              bool *found, sx_error *err) SX_MUST_USE;
bool sx_store_set_answered(sx_db *db, const char *transaction, int64_t now,
                           sx_error *err) SX_MUST_USE;

/* How many requests were made since a time, and when the last of them was (0: none). */
bool sx_store_count_commitments(sx_db *db, const char *study_uid, int64_t revision,
                                const char *destination, int64_t since, int64_t *count,
                                int64_t *last, sx_error *err) SX_MUST_USE;

#endif
