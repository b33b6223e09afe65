#include <math.h>

#include "document/plot_impl.h"

/* The description of a series: its ends and its range. */
typedef struct summary {
    double x[2], y[2], least, most; /* first and last point */
    size_t n;
} summary;

static summary summarise(const sx_plot *p, const sx_series *s) {
    const sx_axis x = sx_axis_valid(&p->x), y = sx_axis_valid(&p->y);
    summary m = { .least = INFINITY, .most = -INFINITY };
    for (size_t i = 0; i < s->count; i++) {
        if (isnan(sx_axis_at(&x, s->x[i])) || isnan(sx_axis_at(&y, s->y[i]))) continue;
        const int end = m.n > 0;
        m.x[end] = s->x[i];
        m.y[end] = s->y[i];
        m.least = fmin(m.least, s->y[i]);
        m.most = fmax(m.most, s->y[i]);
        m.n++;
    }
    return m;
}

static void describe_series(sx_figure *f, const sx_plot *p, const sx_series *s) {
    const summary m = summarise(p, s);
    if (s->name)
        sx_figure_describe(f, " %s: ", s->name);
    else
        sx_figure_describe(f, s->points ? " Marks: " : " A curve: ");
    if (m.n == 0)
        sx_figure_describe(f, "no data.");
    else if (m.n == 1)
        sx_figure_describe(f, "%.4g at %.4g.", m.y[0], m.x[0]);
    else if (s->points)
        sx_figure_describe(f, "%zu points from %.4g to %.4g.", m.n, m.least, m.most);
    else
        sx_figure_describe(f, "from %.4g at %.4g to %.4g at %.4g; lowest %.4g, highest %.4g.",
                           m.y[0], m.x[0], m.y[1], m.x[1], m.least, m.most);
}

void sx_describe_curves(sx_figure *f, const sx_plot *p) {
    const sx_axis x = sx_axis_valid(&p->x), y = sx_axis_valid(&p->y);
    sx_figure_describe(f, "Horizontal axis: %s, %g to %g%s. Vertical axis: %s, %g to %g%s.",
                       x.label, x.least, x.most, x.log2 ? ", logarithmic" : "", y.label, y.least,
                       y.most, y.log2 ? ", logarithmic" : "");
    for (size_t i = 0; i < p->series_count; i++)
        describe_series(f, p, &p->series[i]);
    if (p->series_count == 0) sx_figure_describe(f, " No data.");
}

static void describe_bar(sx_figure *f, const sx_bars *b, size_t at) {
    if (!isfinite(b->values[at])) {
        sx_figure_describe(f, " %s", b->missing ? b->missing : "no value");
        return;
    }
    sx_figure_describe(f, " %.*f", b->decimals, b->values[at] * b->scale);
    if (b->lows && b->highs && isfinite(b->lows[at]) && isfinite(b->highs[at]))
        sx_figure_describe(f, " (%.*f to %.*f)", b->decimals, b->lows[at] * b->scale, b->decimals,
                           b->highs[at] * b->scale);
}

void sx_describe_bars(sx_figure *f, const sx_bars *b) {
    sx_figure_describe(f, "Bar chart. Axis: %s.", b->label);
    for (size_t r = 0; r < b->row_count; r++) {
        sx_figure_describe(f, " %s:", b->row_names[r]);
        for (size_t g = 0; g < b->group_count; g++) {
            if (b->group_names && b->group_count > 1)
                sx_figure_describe(f, "%s %s", g ? "," : "", b->group_names[g]);
            describe_bar(f, b, g * b->row_count + r);
        }
        sx_figure_describe(f, r + 1 < b->row_count ? ";" : ".");
    }
}
