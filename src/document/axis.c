#include "document/axis.h"

#include <math.h>

/* The least of 1, 2, 2.5, 5 times a power of ten that divides `span` into at most six. */
static double round_step(double span) {
    static const double steps[] = { 1, 2, 2.5, 5, 10 };
    const double least = span / 6, unit = pow(10, floor(log10(least)));
    size_t i = 0;
    while (i < 4 && steps[i] * unit < least * (1 - 1e-9))
        i++;
    return steps[i] * unit;
}

double sx_axis_end(double v) {
    if (!(v > 0) || !isfinite(v)) return 1;
    const double step = round_step(v);
    return ceil(v / step * (1 - 1e-9)) * step;
}

sx_axis sx_axis_valid(const sx_axis *a) {
    sx_axis v = *a;
    if (!isfinite(v.least) || (v.log2 && v.least <= 0)) v.least = v.log2 ? 1 : 0;
    if (!isfinite(v.most) || v.most <= v.least) v.most = v.log2 ? 2 * v.least : v.least + 1;
    return v;
}

static size_t powers_of_two(const sx_axis *a, double ticks[SX_TICKS_MAX]) {
    const int first = (int)ceil(log2(a->least) - 1e-9), last = (int)floor(log2(a->most) + 1e-9);
    const int step = last - first > 8 ? (last - first) / 8 + 1 : 1;
    size_t n = 0;
    for (int k = first; k <= last; k += step)
        ticks[n++] = ldexp(1, k);
    return n;
}

size_t sx_axis_ticks(const sx_axis *a, double ticks[SX_TICKS_MAX]) {
    size_t n = 0;
    if (a->ticks) {
        const double slack = 1e-9;
        for (size_t i = 0; i < a->tick_count && n < SX_TICKS_MAX; i++) {
            const double at = sx_axis_at(a, a->ticks[i]);
            if (at >= -slack && at <= 1 + slack) ticks[n++] = a->ticks[i];
        }
        return n;
    }
    if (a->log2) return powers_of_two(a, ticks);
    const double step = round_step(a->most - a->least);
    const double first = ceil(a->least / step - 1e-9), last = floor(a->most / step + 1e-9);
    for (double k = first; k <= last && n < SX_TICKS_MAX; k++)
        ticks[n++] = k * step + 0.0; /* no -0 */
    return n;
}

double sx_axis_at(const sx_axis *a, double v) {
    if (!isfinite(v) || (a->log2 && v <= 0)) return NAN;
    if (a->log2) return (log2(v) - log2(a->least)) / (log2(a->most) - log2(a->least));
    return (v - a->least) / (a->most - a->least);
}
