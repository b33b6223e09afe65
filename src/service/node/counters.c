#include "service/node/counters.h"

#include "base/clock.h"

void sx_counters_stage(sx_counters *c, sx_stage stage, double started) {
    const double seconds = sx_now() - started;
    atomic_fetch_add(&c->stages[stage].count, 1);
    atomic_fetch_add(&c->stages[stage].microseconds, (unsigned long long)(seconds * 1e6));
}
