/* The metrics of the node, in the text format of Prometheus (version 0.0.4). docs/node.md lists
 * them. */
#ifndef SX_SERVICE_NODE_METRICS_H
#define SX_SERVICE_NODE_METRICS_H

#include "base/str.h"
#include "service/store/db.h"

struct sx_node;
/* Appends counters of the process, the numbers of the database, and the disk. Errors: those of
 * sx_db_query. */
bool sx_metrics_put(sx_db *db, struct sx_node *node, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
