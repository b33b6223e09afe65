#include "document/plot_forest.h"

#include <math.h>
#include <stdio.h>

#include "document/plot_impl.h"

static const double row_height = 21, top = 28, axis_height = 46, text_size = 12.5;
static const double right_room = 190;

typedef struct layout {
    const sx_forest *p;
    sx_axis axis;
    double left, width, bottom, count_at; /* count_at: right end of the column n */
} layout;

static double height_of(const sx_forest *p) {
    return top + row_height * (double)p->row_count + axis_height;
}

/* From the tenth below the lowest value to the tenth above the highest. */
static sx_axis make_axis(const sx_forest *p) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < p->row_count; i++) {
        const sx_forest_row *r = &p->rows[i];
        if (r->heading || isnan(r->value)) continue;
        least = fmin(least, isnan(r->interval.low) ? r->value : r->interval.low);
        most = fmax(most, isnan(r->interval.high) ? r->value : r->interval.high);
    }
    if (!(least <= most)) least = 0, most = 1;
    const sx_axis axis = { .label = p->label,
                           .least = fmax(floor(least * 10 + 1e-9) / 10, 0),
                           .most = fmin(ceil(most * 10 - 1e-9) / 10, 1) };
    return sx_axis_valid(&axis);
}

static layout make_layout(sx_figure *f, const sx_forest *p) {
    layout l = { .p = p, .axis = make_axis(p) };
    double names = 80;
    for (size_t i = 0; i < p->row_count; i++)
        names =
            fmax(names, sx_figure_text_width(f, text_size, p->rows[i].heading, p->rows[i].name) +
                            (p->rows[i].heading ? 0 : 14));
    l.count_at = 10 + fmin(names, p->width / 3) + 56;
    l.left = l.count_at + 20;
    l.width = p->width - l.left - right_room;
    l.bottom = top + row_height * (double)p->row_count;
    return l;
}

static double along(const layout *l, double v) {
    return l->left + l->width * fmin(fmax(sx_axis_at(&l->axis, v), 0), 1);
}

static void draw_axis(sx_figure *f, const layout *l) {
    sx_text_style style = { .size = 12, .ink = SX_INK_SOFT, .anchor = SX_ANCHOR_MIDDLE };
    double ticks[SX_TICKS_MAX];
    const size_t n = sx_axis_ticks(&l->axis, ticks);
    for (size_t i = 0; i < n; i++) {
        const double x = along(l, ticks[i]);
        char text[40];
        snprintf(text, sizeof text, "%g", ticks[i]);
        sx_figure_text(f, x, l->bottom + 18, &style, text);
        cairo_move_to(f->pen, x, top);
        cairo_line_to(f->pen, x, l->bottom);
    }
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_GRID, .line = 1 });
    cairo_move_to(f->pen, l->left, l->bottom);
    cairo_line_to(f->pen, l->left + l->width, l->bottom);
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_INK, .line = 1 });
    if (!isnan(l->p->overall)) {
        cairo_move_to(f->pen, along(l, l->p->overall), top);
        cairo_line_to(f->pen, along(l, l->p->overall), l->bottom);
        sx_figure_paint(f, &(sx_paint){ .stroke = SX_INK_FAINT, .line = 1.2, .dash = 2 });
    }
    style = (sx_text_style){ .size = 13, .ink = SX_INK, .anchor = SX_ANCHOR_MIDDLE };
    sx_figure_text(f, l->left + l->width / 2, l->bottom + 38, &style, l->p->label);
}

static void print_p(double p, char *text, size_t size) {
    snprintf(text, size, p < 0.0001 ? "p < 0.0001" : "p = %.4f", p);
}

static void draw_heading(sx_figure *f, const sx_forest_row *r, double y, double right) {
    sx_text_style style = { .size = text_size, .ink = SX_INK, .bold = true };
    char text[40];
    sx_figure_text(f, 10, y, &style, r->name);
    if (isnan(r->p)) return;
    style = (sx_text_style){ .size = text_size, .ink = SX_INK_SOFT };
    print_p(r->p, text, sizeof text);
    sx_figure_text(f, right, y, &style, text);
}

/* The estimate's square has the same size in all rows: its interval shows the weight. */
static void draw_estimate(sx_figure *f, const layout *l, const sx_forest_row *r, double y) {
    const double middle = y - 4;
    if (!isnan(r->interval.low)) {
        cairo_move_to(f->pen, along(l, r->interval.low), middle);
        cairo_line_to(f->pen, along(l, r->interval.high), middle);
        sx_figure_paint(f, &(sx_paint){ .stroke = SX_INK, .line = 1.4 });
    }
    cairo_rectangle(f->pen, along(l, r->value) - 4, middle - 4, 8, 8);
    sx_figure_paint(f, &(sx_paint){ .fill = sx_series_colour(0), .fill_alpha = 1 });
}

static void draw_row(sx_figure *f, const layout *l, const sx_forest_row *r, double y) {
    const double right = l->left + l->width + 14;
    sx_text_style style = { .size = text_size, .ink = SX_INK };
    char text[80];
    if (r->heading) {
        draw_heading(f, r, y, right);
        return;
    }
    sx_figure_text(f, 24, y, &style, r->name);
    snprintf(text, sizeof text, "%zu", r->n);
    style.anchor = SX_ANCHOR_END;
    sx_figure_text(f, l->count_at, y, &style, text);
    style.anchor = SX_ANCHOR_START;
    if (isnan(r->value))
        snprintf(text, sizeof text, "-");
    else if (isnan(r->interval.low))
        snprintf(text, sizeof text, "%.3f", r->value);
    else
        snprintf(text, sizeof text, "%.3f (%.3f, %.3f)", r->value, r->interval.low,
                 r->interval.high);
    sx_figure_text(f, right, y, &style, text);
    if (!isnan(r->value)) draw_estimate(f, l, r, y);
}

static void describe(sx_figure *f, const sx_forest *p) {
    sx_figure_describe(f, "Forest plot of %s; n is the number of %s.", p->label, p->counted);
    if (!isnan(p->overall)) sx_figure_describe(f, " The dotted line is at %.3f.", p->overall);
    for (size_t i = 0; i < p->row_count; i++) {
        const sx_forest_row *r = &p->rows[i];
        char text[40];
        print_p(r->p, text, sizeof text);
        if (r->heading && isnan(r->p))
            sx_figure_describe(f, " %s:", r->name);
        else if (r->heading)
            sx_figure_describe(f, " %s (%s):", r->name, text);
        else if (isnan(r->value))
            sx_figure_describe(f, " %s: n %zu, no value.", r->name, r->n);
        else if (isnan(r->interval.low))
            sx_figure_describe(f, " %s: n %zu, %.3f.", r->name, r->n, r->value);
        else
            sx_figure_describe(f, " %s: n %zu, %.3f from %.3f to %.3f.", r->name, r->n, r->value,
                               r->interval.low, r->interval.high);
    }
}

sx_figure *sx_plot_forest(const sx_forest *p) {
    sx_figure *f = sx_figure_new(p->width, height_of(p), p->title);
    if (!f) return NULL;
    const layout l = make_layout(f, p);
    const sx_text_style head = { .size = 12, .ink = SX_INK_SOFT, .anchor = SX_ANCHOR_END };
    sx_figure_text(f, l.count_at, 16, &head, p->counted);
    draw_axis(f, &l);
    for (size_t i = 0; i < p->row_count; i++)
        draw_row(f, &l, &p->rows[i], top + row_height * (double)i + 15);
    describe(f, p);
    return f;
}
