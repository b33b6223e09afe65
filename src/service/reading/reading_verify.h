/* Checks of the log of operations and of what follows from it. */
#ifndef SX_SERVICE_READING_READING_VERIFY_H
#define SX_SERVICE_READING_READING_VERIFY_H

#include "service/reading/reading_log.h"

typedef struct sx_reading_verified {
    size_t tasks, ops;
} sx_reading_verified;
/* Checks every task of a project: the chain of hashes, that the operations are of the task's
 * reader, and that boxes, verdicts and tags are what they make of an empty task. Not checked: what
 * the database only refuses to change, such as decisions, names of labels and comments.
 * SX_ERR_FORMAT names the first task and revision that are not. Changes nothing; begins and ends a
 * transaction for each task. */
bool sx_reading_verify(sx_db *db, int64_t project, sx_reading_verified *out,
                       sx_error *err) SX_MUST_USE;

#endif
