/* The metrics of the node, in the text format of Prometheus (version 0.0.4). docs/node.md lists
 * them. */
#ifndef SX_SERVICE_NODE_METRICS_H
#define SX_SERVICE_NODE_METRICS_H

#include <stdatomic.h>

#include "base/str.h"
#include "service/node/receive.h"
#include "service/store/db.h"

typedef enum sx_stage {
    SX_STAGE_RECEIVE,
    SX_STAGE_PREDICT,
    SX_STAGE_BUILD,
    SX_STAGE_SEND,
    SX_STAGES
} sx_stage;

/* What is counted from the start of the process. Any thread. */
typedef struct sx_counters {
    atomic_ullong received[SX_RECEIVED_FAILED + 1];
    struct {
        atomic_ullong count, microseconds;
    } stages[SX_STAGES];
} sx_counters;

/* Notes work of a stage that began at `started` (sx_now). */
void sx_counters_stage(sx_counters *c, sx_stage stage, double started);

struct sx_node;
/* Appends counters of the process, the numbers of the database, and the disk. Errors: those of
 * sx_db_query. */
bool sx_metrics_put(sx_db *db, struct sx_node *node, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
