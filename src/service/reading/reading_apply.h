/* What operations do: boxes, verdicts and tags of a task follow from its operations. */
#ifndef SX_SERVICE_READING_READING_APPLY_H
#define SX_SERVICE_READING_READING_APPLY_H

#include "service/reading/reading_access.h"
#include "service/reading/reading_op.h"

/* Whether the operation may be saved now: film, label, box and prelabel exist and belong together,
 * corners are on the film, and a film called normal has no boxes. SX_ERR_VALUE or SX_ERR_REFUSED
 * (boxes of networks that must not be shown) says what is wrong. */
bool sx_reading_op_check(sx_db *db, const sx_reading_task *task, const sx_reading_op *op,
                         sx_error *err) SX_MUST_USE;
/* Changes what follows from the operations, without checks. */
bool sx_reading_op_apply(sx_db *db, int64_t task, int64_t rev, int64_t at, const sx_reading_op *op,
                         sx_error *err) SX_MUST_USE;
/* Deletes all that follows from the operations of a task, to make it again. */
bool sx_reading_views_clear(sx_db *db, int64_t task, sx_error *err) SX_MUST_USE;

#endif
