/* Dead jobs begin again, by the hand of a person. */
#ifndef SX_SERVICE_STORE_RETRY_H
#define SX_SERVICE_STORE_RETRY_H

#include "service/store/jobs.h"

/* A dead job becomes ready. If it sends results, what its destination refused for good is sent
 * again too; if it confirms them, what was given up because the destination had lost it. *found is
 * false if there is no dead job of this id. Begins no transaction: call it in one. Errors: those of
 * sx_db_run. */
bool sx_retry_job(sx_db *db, int64_t id, int64_t now, bool *found, sx_error *err) SX_MUST_USE;

/* The same for all dead jobs that send a study's results or ask whether they are kept. *count: how
 * many. */
bool sx_retry_study(sx_db *db, const char *study_uid, int64_t now, size_t *count,
                    sx_error *err) SX_MUST_USE;

#endif
