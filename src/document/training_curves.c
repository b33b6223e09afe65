#include "document/training_curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "document/document.h"
#include "document/plot.h"

enum { BINS = 150 };
static const double panel_width = 640, panel_height = 300, gap = 30, margin = 24;

/* A curve that is thinned out to at most BINS points. */
typedef struct curve {
    double x[BINS], y[BINS], low[BINS], high[BINS];
    size_t n;
    double least, most; /* of y */
} curve;

typedef struct drawing {
    const sx_run_metrics *runs;
    size_t count;
    curve *c;          /* [room] */
    sx_series *series; /* [2 * room] */
    double last;       /* iteration at the right end */
    sx_str *svg;
    double unit; /* values are drawn as multiples of it */
    int panel;
} drawing;

/* The number of a step that is drawn; -2 the rate, -1 the whole loss, else a part. */
static double value_of(const struct sx_run_step *s, int what) {
    return what == -2 ? s->rate : what == -1 ? s->loss : s->part[what];
}

/* Means of neighbouring steps, and one standard deviation about them. */
static void thin(const sx_run_metrics *m, int what, double unit, curve *c) {
    const size_t bins = m->steps < BINS ? m->steps : BINS;
    c->n = 0;
    c->least = INFINITY;
    c->most = -INFINITY;
    for (size_t b = 0; b < bins; b++) {
        const size_t from = b * m->steps / bins, to = (b + 1) * m->steps / bins;
        double sum = 0, squares = 0, x = 0, n = 0;
        for (size_t i = from; i < to; i++) {
            const double v = value_of(&m->step[i], what) / unit;
            if (isnan(v)) continue;
            sum += v;
            squares += v * v;
            x += m->step[i].iteration;
            n++;
        }
        if (n == 0) continue;
        const double mean = sum / n, spread = sqrt(fmax(squares / n - mean * mean, 0));
        c->x[c->n] = x / n;
        c->y[c->n] = mean;
        c->low[c->n] = mean - spread;
        c->high[c->n++] = mean + spread;
        c->least = fmin(c->least, mean);
        c->most = fmax(c->most, mean);
    }
}

/* The least round number that is not below v and that five ticks divide well. */
static double round_up(double v) {
    static const double steps[] = { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 };
    if (!(v > 0)) return 1;
    const double unit = pow(10, floor(log10(v)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * unit >= v * (1 - 1e-12)) return steps[i] * unit;
    return 10 * unit;
}

static void put_panel(drawing *d, const char *title, const char *axis, double least, double most,
                      size_t series) {
    sx_str figure = { 0 };
    const double y = 48 + d->panel * (panel_height + gap + 24);
    const sx_plot plot = { .title = title,
                           .x = { .label = "iteration", .most = d->last },
                           .y = { .label = axis, .least = least, .most = most },
                           .series = d->series,
                           .count = series,
                           .width = panel_width,
                           .height = panel_height };
    sx_plot_curves(&figure, &plot);
    sx_str_printf(d->svg,
                  "<text x='%.0f' y='%.0f' font-size='15' font-weight='bold' fill='#1b1f24'>",
                  margin, y + 14);
    sx_html_text(d->svg, title);
    sx_str_printf(d->svg, "</text><svg x='%.0f' y='%.0f' width='%.0f' height='%.0f'>", margin,
                  y + 24, panel_width, panel_height);
    sx_str_append(d->svg, sx_str_text(&figure), figure.len);
    sx_str_add(d->svg, "</svg>\n");
    d->svg->failed |= figure.failed;
    d->panel++;
    sx_str_free(&figure);
}

/* The start of a run may lie far above the rest: the axis ends where a fiftieth of the points is
 * beyond it. */
static double top_of(const drawing *d, size_t curves) {
    double all = 0, low = INFINITY;
    size_t points = 0;
    for (size_t i = 0; i < curves; i++) {
        all = fmax(all, d->c[i].most);
        low = fmin(low, d->c[i].most);
        points += d->c[i].n;
    }
    for (double top = all; points >= 50 && top > 1e-12; top *= 0.9) {
        size_t beyond = 0;
        for (size_t i = 0; i < curves; i++)
            for (size_t k = 0; k < d->c[i].n; k++)
                beyond += d->c[i].y[k] > top;
        if (50 * beyond > points) return round_up(top / 0.9);
    }
    return round_up(1.02 * all);
}

static void put_curves(drawing *d, const char *title, const char *axis, int what, bool band) {
    for (size_t i = 0; i < d->count; i++) {
        curve *c = &d->c[i];
        thin(&d->runs[i], what, d->unit, c);
        d->series[i] = (sx_series){ .name = d->count > 1 ? d->runs[i].name : NULL,
                                    .x = c->x,
                                    .y = c->y,
                                    .low = band ? c->low : NULL,
                                    .high = band ? c->high : NULL,
                                    .n = c->n,
                                    .colour = (int)i,
                                    .dashed = i >= 7 };
    }
    put_panel(d, title, axis, 0, top_of(d, d->count), d->count);
}

static void put_parts(drawing *d) {
    const sx_run_metrics *m = &d->runs[0];
    for (size_t i = 0; i < m->parts; i++) {
        thin(m, (int)i, 1, &d->c[i]);
        d->series[i] = (sx_series){ .name = m->part[i],
                                    .x = d->c[i].x,
                                    .y = d->c[i].y,
                                    .n = d->c[i].n,
                                    .colour = (int)i,
                                    .dashed = i >= 7 };
    }
    put_panel(d, "Parts of the loss", "loss", 0, top_of(d, m->parts), m->parts);
}

static void put_scores(drawing *d) {
    double least = INFINITY, most = -INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        const sx_run_metrics *m = &d->runs[i];
        const size_t best = sx_run_metrics_best(m);
        if (best == m->scores) continue;
        for (size_t k = 0; k < m->scores; k++) {
            least = fmin(least, m->score[k]);
            most = fmax(most, m->score[k]);
        }
        d->series[n++] = (sx_series){ .name = d->count > 1 ? m->name : NULL,
                                      .x = m->at,
                                      .y = m->score,
                                      .n = m->scores,
                                      .colour = (int)i,
                                      .dashed = i >= 7 };
        d->series[n++] = (sx_series){ .name = d->count > 1 ? NULL : "best",
                                      .x = &m->at[best],
                                      .y = &m->score[best],
                                      .n = 1,
                                      .colour = (int)i,
                                      .points = true };
    }
    if (n)
        put_panel(d, "Validation", "score", floor(10 * least) / 10,
                  fmax(ceil(10 * most), floor(10 * least) + 1) / 10, n);
}

/* A power of ten, so that few digits stand at the axis. */
static double rate_unit(const drawing *d) {
    double most = 0;
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->runs[i].steps; k++)
            most = fmax(most, d->runs[i].step[k].rate);
    return most > 0 ? pow(10, floor(log10(most))) : 1;
}

static void put_head(const drawing *d, sx_str *svg) {
    const double width = 2 * margin + panel_width,
                 height = 48 + d->panel * (panel_height + gap + 24);
    sx_str_printf(
        svg,
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' "
        "height='%.0f' "
        "font-family='DejaVu Sans, Helvetica, Arial, sans-serif' role='img'><title>Training</title>"
        "<rect width='%.0f' height='%.0f' fill='#fff'/>\n<text x='%.0f' y='32' font-size='18' "
        "font-weight='bold' fill='#1b1f24'>",
        width, height, width, height, width, height, margin);
    if (d->count == 1)
        sx_html_text(svg, d->runs[0].name);
    else
        sx_str_printf(svg, "%zu runs", d->count);
    sx_str_add(svg, "</text>\n");
}

bool sx_curves_plot(const sx_run_metrics *runs, size_t count, sx_str *svg, sx_error *err) {
    sx_str body = { 0 };
    const size_t room = count > 8 ? count : 8;
    drawing d = { .runs = runs, .count = count, .svg = &body, .unit = 1 };
    d.c = sx_calloc_for(room, sizeof *d.c, "curves", err);
    d.series = sx_calloc_for(2 * room, sizeof *d.series, "curves", err);
    bool ok = d.c && d.series;
    for (size_t i = 0; i < count; i++)
        d.last = fmax(d.last, runs[i].step[runs[i].steps - 1].iteration + 1);
    d.last = round_up(d.last);
    if (ok) {
        put_curves(&d, "Loss", "loss", -1, true);
        if (count == 1 && runs[0].parts > 1) put_parts(&d);
        put_scores(&d);
        char axis[32];
        d.unit = rate_unit(&d);
        snprintf(axis, sizeof axis, "rate, times %g", d.unit);
        put_curves(&d, "Learning rate", axis, -2, false);
        put_head(&d, svg);
        sx_str_append(svg, sx_str_text(&body), body.len);
        sx_str_add(svg, "</svg>\n");
        ok = sx_str_ok(&body, err) && sx_str_ok(svg, err);
    }
    sx_str_free(&body);
    free(d.c);
    free(d.series);
    return ok;
}
