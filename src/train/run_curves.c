#include "train/run_curves.h"

#include <math.h>

static double value_of(const sx_run_step *s, int what) {
    return what == SX_RUN_RATE ? s->rate : what == SX_RUN_LOSS ? s->loss : s->parts[what];
}

void sx_run_curve_of(const sx_run_metrics *m, int what, double unit, sx_run_curve *c) {
    const size_t bins = m->step_count < SX_RUN_CURVE_POINTS ? m->step_count : SX_RUN_CURVE_POINTS;
    c->count = 0;
    c->most = -INFINITY;
    for (size_t b = 0; b < bins; b++) {
        const size_t from = b * m->step_count / bins, to = (b + 1) * m->step_count / bins;
        double sum = 0, squares = 0, x = 0, n = 0;
        for (size_t i = from; i < to; i++) {
            const double v = value_of(&m->steps[i], what) / unit;
            if (isnan(v)) continue;
            sum += v;
            squares += v * v;
            x += m->steps[i].iteration + 1;
            n++;
        }
        if (n == 0) continue;
        const double mean = sum / n, spread = sqrt(fmax(squares / n - mean * mean, 0));
        c->x[c->count] = x / n;
        c->y[c->count] = mean;
        c->low[c->count] = mean - spread;
        c->high[c->count++] = mean + spread;
        c->most = fmax(c->most, mean);
    }
}

static size_t points_beyond(const sx_run_curve *curves, size_t count, double top) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < curves[i].count; k++)
            n += curves[i].y[k] > top;
    return n;
}

double sx_run_curves_top(const sx_run_curve *curves, size_t count) {
    double all = 0;
    size_t points = 0;
    for (size_t i = 0; i < count; i++) {
        all = fmax(all, curves[i].most);
        points += curves[i].count;
    }
    for (double top = all; points >= 50 && top > 1e-12; top *= 0.9)
        if (50 * points_beyond(curves, count, top) > points) return top / 0.9;
    return 1.02 * all;
}

double sx_run_rate_unit(const sx_run_metrics *runs, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < runs[i].step_count; k++)
            most = fmax(most, runs[i].steps[k].rate);
    return most > 0 ? pow(10, floor(log10(most))) : 1;
}
