/* What the node counts from the start of its process, for the metrics. */
#ifndef SX_SERVICE_NODE_COUNTERS_H
#define SX_SERVICE_NODE_COUNTERS_H

#include <stdatomic.h>

#include "service/node/receive.h"

typedef enum sx_stage {
    SX_STAGE_RECEIVE,
    SX_STAGE_PREDICT,
    SX_STAGE_BUILD,
    SX_STAGE_SEND,
    SX_STAGE_CONFIRM,
    SX_STAGES
} sx_stage;

/* Any thread. */
typedef struct sx_counters {
    atomic_ullong received[SX_RECEIVED_FAILED + 1];
    struct {
        atomic_ullong count, microseconds;
    } stages[SX_STAGES];
} sx_counters;

/* Notes work of a stage that began at `started` (sx_now). */
void sx_counters_stage(sx_counters *c, sx_stage stage, double started);

#endif
