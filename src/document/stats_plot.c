#include "document/stats_plot.h"

#include <math.h>
#include <stdio.h>

#include "document/panels.h"
#include "document/plot.h"

static const double panel_width = 540, curve_height = 300;
static const char not_said[] = "Not in the data set; --headers reads them from the films.";

typedef struct drawing {
    const sx_distributions *d;
    const char *groups[SX_SPLITS]; /* names */
    sx_panels *panels;
} drawing;

static double largest(const double *v, size_t n, double most) {
    for (size_t i = 0; v && i < n; i++)
        if (!isnan(v[i])) most = fmax(most, v[i]);
    return most;
}

/* Draws bars with the style of all panels and the end of the axis. */
static void draw_bars(const drawing *w, sx_bars b) {
    const size_t n = w->d->group_count * b.row_count;
    b.group_names = w->groups;
    b.group_count = w->d->group_count;
    b.most = sx_axis_end(largest(b.highs, n, largest(b.values, n, 0)));
    b.scale = 1;
    b.width = panel_width;
    sx_plot_draw_bars(sx_panels_begin(w->panels, b.title, sx_plot_bars_height(&b)), &b);
    sx_panels_end(w->panels);
}

static void draw_curves(const drawing *w, sx_plot p) {
    p.width = panel_width;
    p.height = curve_height;
    sx_plot_draw_curves(sx_panels_begin(w->panels, p.title, curve_height), &p);
    sx_panels_end(w->panels);
}

static void draw_classes(const drawing *w) {
    const sx_distributions *d = w->d;
    char title[100] = "Boxes";
    if (d->class_count < d->all_class_count)
        snprintf(title, sizeof title, "Boxes of the %zu most frequent of %zu findings",
                 d->class_count, d->all_class_count);
    draw_bars(w, (sx_bars){ .title = title,
                            .label = "boxes",
                            .row_names = d->class_names,
                            .row_count = d->class_count,
                            .values = d->class_boxes });
    draw_bars(w, (sx_bars){ .title = "Films with the finding",
                            .label = "% of the films",
                            .row_names = d->class_names,
                            .row_count = d->class_count,
                            .values = d->film_percents,
                            .decimals = 1 });
}

/* A histogram is a curve with a corner at either end of each bin, and a band down to 0. */
typedef struct histogram {
    double x[2 * SX_DIST_AGES], y[2 * SX_DIST_AGES];
    char name[64];
} histogram;

static void outline(const sx_dist_group *g, histogram *h) {
    for (int k = 0; k < SX_DIST_AGES; k++) {
        h->x[2 * k] = 5 * k;
        h->x[2 * k + 1] = 5 * k + 5;
        h->y[2 * k] = h->y[2 * k + 1] = g->age_percents[k];
    }
    snprintf(h->name, sizeof h->name, "%s, %zu %s, mean %.1f", g->name, g->age_count,
             sx_noun(g->age_count, "film", "films"), g->mean_age);
}

static void draw_ages(const drawing *w) {
    static const char title[] = "Ages";
    static const double years[] = { 0, 20, 40, 60, 80, 100 }, zero[2 * SX_DIST_AGES];
    histogram h[SX_SPLITS];
    sx_series series[SX_SPLITS] = { { 0 } };
    size_t n = 0;
    double most = 0;
    for (size_t g = 0; g < w->d->group_count; g++) {
        if (!w->d->groups[g].age_count) continue;
        outline(&w->d->groups[g], &h[n]);
        most = largest(h[n].y, 2 * SX_DIST_AGES, most);
        series[n] = (sx_series){ .name = h[n].name,
                                 .x = h[n].x,
                                 .y = h[n].y,
                                 .low = zero,
                                 .high = h[n].y,
                                 .count = 2 * SX_DIST_AGES,
                                 .colour = (int)g };
        n++;
    }
    if (n == 0) {
        sx_panels_note(w->panels, title, not_said);
        return;
    }
    /* A third more than the highest bin leaves room for the legend. */
    draw_curves(w, (sx_plot){ .title = title,
                              .x = { "age, years", 0, 5 * SX_DIST_AGES, years, 6, false },
                              .y = { .label = "% of the films", .most = sx_axis_end(1.3 * most) },
                              .series = series,
                              .series_count = n });
}

static void draw_people(const drawing *w) {
    draw_bars(w, (sx_bars){ .title = "Sexes and labels",
                            .label = "% of the films",
                            .row_names = w->d->people_names,
                            .row_count = w->d->people_count,
                            .values = w->d->people_percents,
                            .decimals = 1 });
}

static void draw_film_sizes(const drawing *w) {
    static const char title[] = "Film sizes";
    sx_series series[SX_SPLITS] = { { 0 } };
    size_t n = 0;
    for (size_t g = 0; g < w->d->group_count; g++) {
        const sx_dist_group *k = &w->d->groups[g];
        if (!k->size_count) continue;
        series[n++] = (sx_series){ .name = k->name,
                                   .x = k->widths,
                                   .y = k->heights,
                                   .count = k->size_count,
                                   .colour = (int)g,
                                   .points = true };
    }
    if (n == 0) {
        sx_panels_note(w->panels, title, not_said);
        return;
    }
    /* No mark lies on the edge. */
    draw_curves(
        w, (sx_plot){ .title = title,
                      .x = { .label = "width, pixels", .most = sx_axis_end(1.05 * w->d->width) },
                      .y = { .label = "height, pixels", .most = sx_axis_end(1.05 * w->d->height) },
                      .series = series,
                      .series_count = n });
}

static void draw_box_sizes(const drawing *w) {
    draw_bars(w, (sx_bars){ .title = "Box sizes: median, 10th to 90th percentile",
                            .label = "square root of width x height, pixels",
                            .row_names = w->d->class_names,
                            .row_count = w->d->class_count,
                            .values = w->d->box_sizes,
                            .lows = w->d->box_sizes_low,
                            .highs = w->d->box_sizes_high,
                            .missing = "no boxes" });
}

static void describe_set(const sx_distributions *d, char *text, size_t size) {
    size_t n = 0;
    for (size_t g = 0; g < d->group_count && n < size; g++)
        n += (size_t)snprintf(text + n, size - n, "%s: %zu %s; ", d->groups[g].name,
                              d->groups[g].film_count,
                              sx_noun(d->groups[g].film_count, "film", "films"));
    if (n < size)
        snprintf(text + n, size - n, "%zu %s", d->box_count, sx_noun(d->box_count, "box", "boxes"));
}

sx_figure *sx_stats_plot(const sx_distributions *d, const char *name) {
    char about[200];
    describe_set(d, about, sizeof about);
    sx_panels panels;
    drawing w = { .d = d, .panels = &panels };
    for (size_t g = 0; g < d->group_count; g++)
        w.groups[g] = d->groups[g].name;
    if (!sx_panels_open(&panels, name, about, panel_width, 2)) return NULL;
    if (d->group_count) {
        if (d->class_count) draw_classes(&w);
        draw_ages(&w);
        draw_people(&w);
        draw_film_sizes(&w);
        if (d->class_count) draw_box_sizes(&w);
    }
    return sx_panels_close(&panels);
}
