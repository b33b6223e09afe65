/* Repeats a study: its films are predicted again. If the result then differs from the last
 * revision, a new one is built and sent. */
#ifndef SX_SERVICE_NODE_REDO_H
#define SX_SERVICE_NODE_REDO_H

#include "base/fail.h"
#include "service/store/db.h"

/* `force`: a new revision is built in any case. *films: how many are predicted again; 0: there is
 * no such study, or it has no films any longer. Errors: SX_ERR_VALUE (a study that can have no
 * result), those of sx_db_run. */
bool sx_node_redo(sx_db *db, const char *study_uid, bool force, int64_t now, size_t *films,
                  sx_error *err) SX_MUST_USE;

#endif
