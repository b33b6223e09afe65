#include "document/stats_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "document/document.h"
#include "document/plot.h"

enum { GROUPS = SX_SPLITS, ROWS = 14, BINS = 20, CELLS = 60 };
static const double panel_width = 540, gap = 36, margin = 24, curve_height = 300;

typedef struct plotting {
    const sx_manifest *m;
    int group_of[SX_SPLITS]; /* -1: has no films */
    const char *name[GROUPS];
    size_t films[GROUPS];
    size_t groups;
    uint32_t class[ROWS]; /* those that are shown, the most frequent first */
    size_t classes;
    size_t *boxes; /* [classes of the set] */
    sx_str *svg;
    double y, tallest; /* of the row of panels that is being drawn */
    int column;
} plotting;

static int group(const plotting *p, const sx_manifest_film *f) {
    return p->group_of[f->split];
}

/* The least round number that is not below v. */
static double round_up(double v) {
    static const double steps[] = { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 };
    const double unit = pow(10, floor(log10(fmax(v, 1e-9))));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * unit >= v * (1 - 1e-12)) return steps[i] * unit;
    return 10 * unit;
}

/* ---- panels ---- */

static void heading(plotting *p, const char *title) {
    const double x = margin + p->column * (panel_width + gap);
    sx_str_printf(p->svg,
                  "<text x='%.1f' y='%.1f' font-size='15' font-weight='bold' fill='#1b1f24'>", x,
                  p->y + 15);
    sx_html_text(p->svg, title);
    sx_str_add(p->svg, "</text>");
}

/* Puts a figure of plot.h, which begins with its size, into the next place. */
static void place(plotting *p, const char *title, sx_str *figure) {
    const char *view = figure->data ? strstr(figure->data, "viewBox='0 0 ") : NULL;
    double w = 0, h = 0;
    if (figure->failed || !view || sscanf(view, "viewBox='0 0 %lf %lf'", &w, &h) != 2) {
        p->svg->failed = true;
    } else {
        heading(p, title);
        sx_str_printf(p->svg, "<svg x='%.1f' y='%.1f' width='%.0f' height='%.0f'>",
                      margin + p->column * (panel_width + gap), p->y + 26, w, h);
        sx_str_append(p->svg, figure->data, figure->len);
        sx_str_add(p->svg, "</svg>\n");
        p->tallest = fmax(p->tallest, h + 26);
    }
    p->column++;
    sx_str_free(figure);
}

static void nothing(plotting *p, const char *title, const char *why) {
    heading(p, title);
    sx_str_printf(p->svg, "<text x='%.1f' y='%.1f' font-size='13' fill='#6b747d'>%s</text>",
                  margin + p->column * (panel_width + gap), p->y + 44, why);
    p->tallest = fmax(p->tallest, 60);
    p->column++;
}

static void next_row(plotting *p) {
    p->y += p->tallest + 22;
    p->tallest = 0;
    p->column = 0;
}

static void put_bars(plotting *p, const char *title, const char *label, const char *const *row,
                     size_t rows, const double *value, const double *low, const double *high,
                     int decimals) {
    sx_str figure = { 0 };
    double most = 0;
    for (size_t i = 0; i < p->groups * rows; i++)
        most =
            fmax(most, fmax(isnan(value[i]) ? 0 : value[i], high && !isnan(high[i]) ? high[i] : 0));
    const sx_bars b = { .title = title,
                        .label = label,
                        .row = row,
                        .rows = rows,
                        .group = p->name,
                        .groups = p->groups,
                        .value = value,
                        .low = low,
                        .high = high,
                        .most = round_up(fmax(most, 1e-6)),
                        .scale = 1,
                        .width = panel_width,
                        .decimals = decimals };
    sx_plot_bars(&figure, &b);
    place(p, title, &figure);
}

/* ---- lesion classes ---- */

static bool choose_classes(plotting *p, sx_error *err) {
    const sx_manifest *m = p->m;
    p->boxes = sx_calloc_for(m->classes.count + 1, sizeof *p->boxes, "counts of boxes", err);
    if (!p->boxes) return false;
    for (size_t b = 0; b < m->box_count; b++)
        p->boxes[m->boxes[b].label]++;
    for (uint32_t c = 0; c < m->classes.count; c++) {
        size_t at = p->classes < ROWS ? p->classes++ : ROWS;
        if (at == ROWS && p->boxes[c] > p->boxes[p->class[ROWS - 1]]) at = ROWS - 1;
        if (at == ROWS) continue;
        for (; at && p->boxes[p->class[at - 1]] < p->boxes[c]; at--)
            p->class[at] = p->class[at - 1];
        p->class[at] = c;
    }
    return true;
}

static double percentile(const double *sorted, size_t n, double q) {
    if (!n) return NAN;
    const double at = q * (double)(n - 1);
    const size_t i = (size_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct found {
    double boxes[GROUPS * ROWS], films[GROUPS * ROWS], size[GROUPS * ROWS], low[GROUPS * ROWS],
        high[GROUPS * ROWS];
} found;

static void count_class(const plotting *p, size_t row, int g, found *f, double *sizes) {
    const sx_manifest *m = p->m;
    const size_t at = (size_t)g * p->classes + row;
    size_t n = 0, films = 0, boxes = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *film = &m->films[i];
        const size_t before = boxes;
        if (group(p, film) != g) continue;
        for (size_t b = film->first_box; b < film->first_box + film->box_count; b++) {
            const float *v = m->boxes[b].xyxy;
            if (m->boxes[b].label != p->class[row]) continue;
            const double area = ((double)v[2] - (double)v[0]) * ((double)v[3] - (double)v[1]);
            boxes++;
            if (area > 0 && isfinite(area)) sizes[n++] = sqrt(area);
        }
        films += boxes > before;
    }
    qsort(sizes, n, sizeof *sizes, by_value);
    f->boxes[at] = (double)boxes;
    f->films[at] = 100 * (double)films / (double)p->films[g];
    f->size[at] = n ? percentile(sizes, n, 0.5) : 0;
    f->low[at] = percentile(sizes, n, 0.1);
    f->high[at] = percentile(sizes, n, 0.9);
}

static bool count_classes(const plotting *p, found *f, sx_error *err) {
    double *sizes = sx_calloc_for(p->m->box_count + 1, sizeof *sizes, "sizes of boxes", err);
    for (size_t row = 0; sizes && row < p->classes; row++)
        for (int g = 0; g < (int)p->groups; g++)
            count_class(p, row, g, f, sizes);
    free(sizes);
    return sizes != NULL;
}

static void put_classes(plotting *p, const char *const *row, const found *f) {
    char title[80];
    const bool some = p->classes < p->m->classes.count;
    snprintf(title, sizeof title, some ? "Boxes of the %zu most frequent of %zu findings" : "Boxes",
             p->classes, p->m->classes.count);
    put_bars(p, title, "boxes", row, p->classes, f->boxes, NULL, NULL, 0);
    put_bars(p, "Films with the finding", "% of the films", row, p->classes, f->films, NULL, NULL,
             1);
    next_row(p);
}

/* ---- ages ---- */

typedef struct histogram {
    double x[2 * BINS], y[2 * BINS], zero[2 * BINS];
    char name[64];
    size_t n;
} histogram;

static void count_ages(const plotting *p, int g, histogram *h) {
    double bin[BINS] = { 0 }, sum = 0;
    for (size_t i = 0; i < p->m->film_count; i++) {
        const sx_manifest_film *f = &p->m->films[i];
        if (group(p, f) != g || !(f->age >= 0)) continue;
        bin[(int)fmin(f->age / 5, BINS - 1)]++; /* the last one holds who is older, too */
        sum += f->age;
        h->n++;
    }
    for (int k = 0; k < BINS; k++) {
        h->x[2 * k] = 5 * k;
        h->x[2 * k + 1] = 5 * k + 5;
        h->y[2 * k] = h->y[2 * k + 1] = h->n ? 100 * bin[k] / (double)h->n : 0;
    }
    if (h->n)
        snprintf(h->name, sizeof h->name, "%s, %zu films, mean %.1f", p->name[g], h->n,
                 sum / (double)h->n);
}

static void put_ages(plotting *p) {
    static const char title[] = "Ages";
    static const double years[] = { 0, 20, 40, 60, 80, 100 };
    histogram *h = sx_calloc(p->groups, sizeof *h);
    sx_series series[GROUPS] = { { 0 } };
    size_t n = 0;
    double most = 0;
    for (size_t g = 0; h && g < p->groups; g++) {
        count_ages(p, (int)g, &h[g]);
        if (!h[g].n) continue;
        for (int k = 0; k < 2 * BINS; k++)
            most = fmax(most, h[g].y[k]);
        series[n++] = (sx_series){ .name = h[g].name,
                                   .x = h[g].x,
                                   .y = h[g].y,
                                   .low = h[g].zero,
                                   .high = h[g].y,
                                   .n = 2 * BINS,
                                   .colour = (int)g };
    }
    if (n) {
        sx_str figure = { 0 };
        const sx_plot plot = { .title = title,
                               .x = { "age, years", 0, 5 * BINS, years, 6, false },
                               .y = { "% of the films", 0, round_up(1.3 * most), NULL, 0, false },
                               .series = series,
                               .count = n,
                               .width = panel_width,
                               .height = curve_height };
        sx_plot_curves(&figure, &plot);
        place(p, title, &figure);
    } else {
        nothing(p, title, "The data set does not say; --headers reads them from the films.");
    }
    if (!h) p->svg->failed = true;
    free(h);
}

/* ---- sexes and labels ---- */

static void put_people(plotting *p) {
    static const char *const names[] = { "women",  "men",      "other",   "sex not known",
                                         "normal", "abnormal", "no label" };
    enum { KINDS = 7 };
    double count[KINDS][GROUPS] = { { 0 } }, value[KINDS * GROUPS];
    const char *row[KINDS];
    size_t rows = 0;
    for (size_t i = 0; i < p->m->film_count; i++) {
        const sx_manifest_film *f = &p->m->films[i];
        const int g = group(p, f), sex = f->sex == 'F' ? 0 : f->sex == 'M' ? 1 : f->sex ? 2 : 3;
        count[sex][g]++;
        count[f->label == 0 ? 4 : f->label == 1 ? 5 : 6][g]++;
    }
    bool shown[KINDS];
    for (int k = 0; k < KINDS; k++) {
        shown[k] = k == 0 || k == 1 || k == 4 || k == 5;
        for (size_t g = 0; g < p->groups; g++)
            shown[k] = shown[k] || count[k][g] > 0;
        if (shown[k]) row[rows++] = names[k];
    }
    for (size_t g = 0, at = 0; g < p->groups; g++)
        for (int k = 0; k < KINDS; k++)
            if (shown[k]) value[at++] = 100 * count[k][g] / (double)p->films[g];
    put_bars(p, "Sexes and labels", "% of the films", row, rows, value, NULL, NULL, 1);
}

/* ---- film sizes ---- */

typedef struct cloud {
    double x[CELLS * CELLS], y[CELLS * CELLS];
    bool taken[CELLS][CELLS];
    size_t n;
} cloud;

/* A mark for each spot where films lie, not for each film: ten thousand would hide each other. */
static void count_sizes(const plotting *p, int g, double most_x, double most_y, cloud *c) {
    for (size_t i = 0; i < p->m->film_count; i++) {
        const sx_manifest_film *f = &p->m->films[i];
        if (group(p, f) != g || !f->width || !f->height) continue;
        const size_t cx = (size_t)((CELLS - 1) * f->width / most_x),
                     cy = (size_t)((CELLS - 1) * f->height / most_y);
        if (c->taken[cy][cx]) continue;
        c->taken[cy][cx] = true;
        c->x[c->n] = f->width;
        c->y[c->n++] = f->height;
    }
}

static void put_sizes(plotting *p) {
    static const char title[] = "Film sizes";
    double width = 0, height = 0;
    for (size_t i = 0; i < p->m->film_count; i++) {
        width = fmax(width, p->m->films[i].width);
        height = fmax(height, p->m->films[i].height);
    }
    cloud *c = sx_calloc(p->groups, sizeof *c);
    sx_series series[GROUPS] = { { 0 } };
    size_t n = 0;
    if (!c) p->svg->failed = true;
    width = round_up(fmax(1.05 * width, 1)); /* no mark on the edge */
    height = round_up(fmax(1.05 * height, 1));
    for (size_t g = 0; c && g < p->groups; g++) {
        count_sizes(p, (int)g, width, height, &c[g]);
        if (!c[g].n) continue;
        series[n++] = (sx_series){ .name = p->name[g],
                                   .x = c[g].x,
                                   .y = c[g].y,
                                   .n = c[g].n,
                                   .colour = (int)g,
                                   .points = true };
    }
    if (n) {
        sx_str figure = { 0 };
        const sx_plot plot = { .title = title,
                               .x = { "width, pixels", 0, width, NULL, 0, false },
                               .y = { "height, pixels", 0, height, NULL, 0, false },
                               .series = series,
                               .count = n,
                               .width = panel_width,
                               .height = curve_height };
        sx_plot_curves(&figure, &plot);
        place(p, title, &figure);
    } else {
        nothing(p, title, "The data set does not say; --headers reads them from the films.");
    }
    free(c);
}

/* ---- the picture ---- */

static void find_groups(plotting *p) {
    static const char *const names[] = { "no split", "train", "val", "test" };
    size_t films[SX_SPLITS] = { 0 };
    for (size_t i = 0; i < p->m->film_count; i++)
        films[p->m->films[i].split]++;
    for (int k = 0; k < SX_SPLITS; k++) {
        p->group_of[k] = films[k] ? (int)p->groups : -1;
        if (!films[k]) continue;
        p->films[p->groups] = films[k];
        p->name[p->groups++] = names[k];
    }
    if (p->groups == 1 && p->group_of[SX_SPLIT_NONE] == 0) p->name[0] = "all";
}

static void put_title(plotting *p, const char *name) {
    sx_str_printf(p->svg, "<text x='%.0f' y='36' font-size='20' font-weight='bold' fill='#1b1f24'>",
                  margin);
    sx_html_text(p->svg, name);
    sx_str_printf(p->svg, "</text><text x='%.0f' y='58' font-size='13' fill='#47505a'>", margin);
    for (size_t g = 0; g < p->groups; g++)
        sx_str_printf(p->svg, "%s%s: %zu films", g ? "; " : "", p->name[g], p->films[g]);
    sx_str_printf(p->svg, "; %zu boxes</text>\n", p->m->box_count);
    p->y = 84;
}

static void put_panels(plotting *p, const found *f) {
    const char *row[ROWS];
    for (size_t i = 0; i < p->classes; i++)
        row[i] = p->m->classes.items[p->class[i]];
    if (p->classes) put_classes(p, row, f);
    put_ages(p);
    put_people(p);
    next_row(p);
    put_sizes(p);
    if (p->classes)
        put_bars(p, "Box sizes: median, 10th to 90th percentile",
                 "square root of width x height, pixels", row, p->classes, f->size, f->low, f->high,
                 0);
    next_row(p);
}

bool sx_stats_plot(const sx_manifest *m, const char *name, sx_str *svg, sx_error *err) {
    sx_str body = { 0 };
    plotting p = { .m = m, .svg = &body };
    found *f = sx_calloc_for(1, sizeof *f, "counts", err);
    bool ok = f && choose_classes(&p, err);
    if (ok) {
        find_groups(&p);
        ok = count_classes(&p, f, err);
    }
    if (ok) {
        const double width = 2 * (margin + panel_width) + gap;
        put_title(&p, name);
        if (p.groups) put_panels(&p, f);
        sx_str_printf(
            svg,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' "
            "height='%.0f' font-family='DejaVu Sans, Helvetica, Arial, sans-serif' role='img'>"
            "<title>",
            width, p.y, width, p.y);
        sx_html_text(svg, name);
        sx_str_printf(svg, "</title><rect width='%.0f' height='%.0f' fill='#fff'/>\n", width, p.y);
        sx_str_append(svg, sx_str_text(&body), body.len);
        sx_str_add(svg, "</svg>\n");
        ok = sx_str_ok(&body, err) && sx_str_ok(svg, err);
    }
    sx_str_free(&body);
    free(p.boxes);
    free(f);
    return ok;
}
