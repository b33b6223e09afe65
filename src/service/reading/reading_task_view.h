/* A task as its reader sees it. */
#ifndef SX_SERVICE_READING_READING_TASK_VIEW_H
#define SX_SERVICE_READING_READING_TASK_VIEW_H

#include "service/reading/reading_access.h"
#include "service/reading/reading_labels.h"

/* Puts a task into an object (ReadingTask of web/reading_api.json). */
bool sx_reading_task_put(sx_db *db, const sx_reading_task *task, sx_json to,
                         sx_error *err) SX_MUST_USE;
/* Appends a label to a list (ReadingLabel). */
bool sx_reading_put_label(sx_json list, int64_t id, const sx_reading_label *l, bool retired,
                          sx_error *err) SX_MUST_USE;
/* SX_ERR_MISMATCH: a film has no verdict, or the confidence is missing; the message says which. */
bool sx_reading_task_is_complete(sx_db *db, const sx_reading_task *task, sx_error *err) SX_MUST_USE;

#endif
