/* metrics.jsonl of a training run: steps and validations rise, and their numbers are numbers. */
#include <math.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "train/run_metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_run_metrics m = { 0 };
    const bool ok = sx_run_metrics_parse("metrics.jsonl", data, size, &m, &err);
    if (!ok && (err.code == SX_OK || !err.message[0])) abort();
    if (ok && !m.step_count) abort();
    for (size_t i = 0; i < m.step_count; i++)
        if (!isfinite(m.steps[i].iteration) ||
            (i && m.steps[i].iteration <= m.steps[i - 1].iteration))
            abort();
    for (size_t i = 1; i < m.score_count; i++)
        if (!(m.scored_at[i] > m.scored_at[i - 1])) abort();
    if (m.part_count > SX_RUN_PARTS || sx_run_metrics_best(&m) > m.score_count) abort();
    sx_run_metrics_free(&m);
    return 0;
}
