/* The log of operations: saving a batch, listing. */
#ifndef SX_SERVICE_READING_READING_LOG_H
#define SX_SERVICE_READING_READING_LOG_H

#include "service/reading/reading_access.h"
#include "service/reading/reading_chain.h"
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

typedef bool sx_reading_entry_fn(void *user, const sx_reading_entry *entry, sx_error *err);
/* Those after `after`, in order. */
bool sx_reading_log_list(sx_db *db, int64_t task, int64_t after, sx_reading_entry_fn *each,
                         void *user, sx_error *err) SX_MUST_USE;

#endif
