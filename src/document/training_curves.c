#include "document/training_curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "document/panels.h"
#include "document/plot.h"
#include "train/run_curves.h"

static const double panel_width = 640, panel_height = 300;

typedef struct drawing {
    const sx_run_metrics *runs;
    size_t count;
    sx_run_curve *curves; /* [room] */
    sx_series *series;    /* [2 * room] */
    double last;          /* iteration at the right end */
    sx_panels panels;
} drawing;

static void draw_panel(drawing *d, const char *title, sx_axis y, size_t series) {
    /* A short run has whole iterations only. */
    static const double whole[] = { 0, 1, 2, 3, 4, 5, 6 };
    const sx_plot p = { .title = title,
                        .x = { .label = "iteration",
                               .most = d->last,
                               .ticks = d->last <= 6 ? whole : NULL,
                               .tick_count = sizeof whole / sizeof *whole },
                        .y = y,
                        .series = d->series,
                        .series_count = series,
                        .width = panel_width,
                        .height = panel_height };
    sx_plot_draw_curves(sx_panels_begin(&d->panels, title, panel_height), &p);
    sx_panels_end(&d->panels);
}

/* The i-th curve as the i-th series; more than seven share colours. */
static void set_series(drawing *d, size_t i, const char *name, bool band) {
    const sx_run_curve *c = &d->curves[i];
    d->series[i] = (sx_series){ .name = name,
                                .x = c->x,
                                .y = c->y,
                                .low = band ? c->low : NULL,
                                .high = band ? c->high : NULL,
                                .count = c->count,
                                .colour = (int)i,
                                .dashed = i >= 7 };
}

static sx_axis axis_from_0(const drawing *d, const char *label, size_t curves) {
    return (sx_axis){ .label = label, .most = sx_axis_end(sx_run_curves_top(d->curves, curves)) };
}

static void draw_runs(drawing *d, const char *title, const char *axis, int what, double unit) {
    for (size_t i = 0; i < d->count; i++) {
        sx_run_curve_of(&d->runs[i], what, unit, &d->curves[i]);
        set_series(d, i, d->count > 1 ? d->runs[i].name : NULL, what == SX_RUN_LOSS);
        /* Runs often have the same rates; a dashed line shows the one below. */
        if (what == SX_RUN_RATE) d->series[i].dashed = i > 0;
    }
    const sx_axis y = axis_from_0(d, axis, d->count);
    double most = 0;
    for (size_t i = 0; i < d->count; i++)
        most = fmax(most, d->curves[i].most);
    char marked[96];
    snprintf(marked, sizeof marked, "%s (highest %.3g, above the axis)", title, most);
    draw_panel(d, most > 1.02 * y.most ? marked : title, y, d->count);
}

static void draw_parts(drawing *d) {
    const sx_run_metrics *m = &d->runs[0];
    for (size_t i = 0; i < m->part_count; i++) {
        sx_run_curve_of(m, (int)i, 1, &d->curves[i]);
        set_series(d, i, m->part_names[i], false);
    }
    draw_panel(d, "Parts of the loss", axis_from_0(d, "loss", m->part_count), m->part_count);
}

static void draw_scores(drawing *d) {
    double least = INFINITY, most = -INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        const sx_run_metrics *m = &d->runs[i];
        const size_t best = sx_run_metrics_best(m);
        if (best == m->score_count) continue;
        for (size_t k = 0; k < m->score_count; k++) {
            least = fmin(least, m->scores[k]);
            most = fmax(most, m->scores[k]);
        }
        d->series[n++] = (sx_series){ .name = d->count > 1 ? m->name : NULL,
                                      .x = m->scored_at,
                                      .y = m->scores,
                                      .count = m->score_count,
                                      .colour = (int)i,
                                      .dashed = i >= 7 };
        d->series[n++] = (sx_series){ .name = d->count > 1 ? NULL : "best",
                                      .x = &m->scored_at[best],
                                      .y = &m->scores[best],
                                      .count = 1,
                                      .colour = (int)i,
                                      .points = true };
    }
    if (n == 0) return;
    /* Whole tenths. */
    const sx_axis y = { .label = "score",
                        .least = floor(10 * least) / 10,
                        .most = fmax(ceil(10 * most), floor(10 * least) + 1) / 10 };
    draw_panel(d, "Validation", y, n);
}

static void draw_all(drawing *d) {
    draw_runs(d, "Loss", "loss", SX_RUN_LOSS, 1);
    if (d->count == 1 && d->runs[0].part_count > 1) draw_parts(d);
    draw_scores(d);
    const double unit = sx_run_rate_unit(d->runs, d->count);
    char axis[48];
    snprintf(axis, sizeof axis, "rate, times %g", unit);
    draw_runs(d, "Learning rate", axis, SX_RUN_RATE, unit);
}

bool sx_training_curves(const sx_run_metrics *runs, size_t count, sx_figure **figure,
                        sx_error *err) {
    const size_t room = count > 8 ? count : 8;
    drawing d = { .runs = runs, .count = count };
    char several[48];
    snprintf(several, sizeof several, "%zu runs", count);
    *figure = NULL;
    d.curves = sx_calloc_for(room, sizeof *d.curves, "curves", err);
    d.series = sx_calloc_for(2 * room, sizeof *d.series, "curves", err);
    for (size_t i = 0; i < count; i++)
        d.last = fmax(d.last, runs[i].steps[runs[i].step_count - 1].iteration + 1);
    bool ok = d.curves && d.series;
    if (ok && !sx_panels_open(&d.panels, count == 1 ? runs[0].name : several, NULL, panel_width, 1))
        ok = sx_fail(err, SX_ERR_MEMORY, "out of memory for a figure");
    if (ok) {
        draw_all(&d);
        *figure = sx_panels_close(&d.panels);
    }
    free(d.curves);
    free(d.series);
    return ok;
}
