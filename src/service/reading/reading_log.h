/* The log of operations: saving a batch, listing, checking the chain of hashes. */
#ifndef SX_SERVICE_READING_READING_LOG_H
#define SX_SERVICE_READING_READING_LOG_H

#include "service/reading/reading_access.h"
#include "service/reading/reading_op.h"

enum { SX_READING_BATCH = 500 };

typedef struct sx_reading_batch {
    int64_t account;          /* who sends it */
    const char *client;       /* random id of the page */
    int64_t base_rev;         /* the last revision that the page knows */
    const sx_reading_op *ops; /* [count], ascending seq */
    size_t count;
    int64_t now;
} sx_reading_batch;

/* Saves a batch of one task, which the caller has locked in a transaction; all or none.
 * Operations of this account, client and seq that the log has already are left out, so that a page
 * may send again what was not acknowledged. *conflict: another page has saved operations after
 * base_rev, and nothing is saved. On success task->rev, hash and state are the new ones; a new or
 * returned task becomes open. SX_ERR_REFUSED: the task is done or locked. SX_ERR_VALUE: an
 * operation is wrong, or its seq was used for another one. */
bool sx_reading_log_append(sx_db *db, sx_reading_task *task, const sx_reading_batch *batch,
                           bool *conflict, sx_error *err) SX_MUST_USE;

/* An operation of the log; valid during the call. */
typedef struct sx_reading_entry {
    int64_t rev, film, account, client_seq, at_client, at_server; /* film 0: none */
    const char *client, *kind, *box, *body, *prev_hash, *hash;
} sx_reading_entry;
typedef bool sx_reading_entry_fn(void *user, const sx_reading_entry *entry, sx_error *err);
/* Those after `after`, in order. */
bool sx_reading_log_list(sx_db *db, int64_t task, int64_t after, sx_reading_entry_fn *each,
                         void *user, sx_error *err) SX_MUST_USE;

typedef struct sx_reading_verified {
    size_t tasks, ops;
} sx_reading_verified;
/* Checks every task of a project: the chain of hashes, and that boxes, verdicts and tags are what
 * the operations make of an empty task. SX_ERR_FORMAT names the first task and revision that are
 * not. Changes nothing; begins and ends a transaction for each task. */
bool sx_reading_verify(sx_db *db, int64_t project, sx_reading_verified *out,
                       sx_error *err) SX_MUST_USE;

#endif
