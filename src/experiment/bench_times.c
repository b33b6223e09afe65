#include "experiment/bench_times.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool run_once(const sx_bench_work *w, double *seconds, sx_error *err) {
    if (w->prepare) w->prepare(w->user);
    const double start = sx_now();
    const bool ok = w->timed(w->user, err);
    *seconds = sx_now() - start;
    return ok;
}

bool sx_bench_time(const sx_bench_work *work, const sx_context *context, long runs,
                   sx_bench_result *out, sx_error *err) {
    double *seconds = sx_calloc_for((size_t)runs, sizeof *seconds, "times", err);
    bool ok = seconds && run_once(work, &seconds[0], err);
    for (long i = 0; ok && i < runs; i++)
        ok = sx_context_check(context, err) && run_once(work, &seconds[i], err);
    if (ok) {
        qsort(seconds, (size_t)runs, sizeof *seconds, compare_doubles);
        out->ms = seconds[0] * 1e3;
        out->median_ms = seconds[runs / 2] * 1e3;
    }
    free(seconds);
    return ok;
}

void sx_bench_result_free(sx_bench_result *r) {
    free(r->outputs);
    *r = (sx_bench_result){ 0 };
}
