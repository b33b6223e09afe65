#include <math.h>
#include <stdio.h>

#include "document/plot_impl.h"

static const double row_gap = 13, right_margin = 52, axis_height = 44;
static const double row_size = 12.5, legend_size = 12, value_size = 11.5, bar_alpha = 0.78;

typedef struct layout {
    const sx_bars *b;
    sx_axis axis;
    double left, top, width, bottom; /* of the area of the bars */
    double bar, step;                /* heights of a bar and of a row */
} layout;

static bool has_legend(const sx_bars *b) {
    return b->group_names && b->group_count > 1;
}

static double bar_height(const sx_bars *b) {
    return b->group_count > 1 ? 13 : 17;
}

static double top_of(const sx_bars *b) {
    return has_legend(b) ? 30 : 6;
}

double sx_plot_bars_height(const sx_bars *b) {
    const double step = bar_height(b) * (double)b->group_count + row_gap;
    return top_of(b) + step * (double)b->row_count + axis_height;
}

static layout make_layout(sx_figure *f, const sx_bars *b) {
    layout l = { .b = b, .left = 10, .top = top_of(b), .bar = bar_height(b) };
    const sx_axis axis = { .label = b->label, .least = 0, .most = b->most * b->scale };
    l.axis = sx_axis_valid(&axis);
    for (size_t r = 0; r < b->row_count; r++)
        l.left = fmax(l.left, 14 + sx_figure_text_width(f, row_size, false, b->row_names[r]));
    l.left = fmin(l.left, b->width / 2.6);
    l.width = b->width - l.left - right_margin;
    l.step = l.bar * (double)b->group_count + row_gap;
    l.bottom = l.top + l.step * (double)b->row_count;
    return l;
}

/* The position of a value on the axis, at most the end of the axis. */
static double along(const layout *l, double value) {
    return l->left + l->width * fmin(fmax(sx_axis_at(&l->axis, value * l->b->scale), 0), 1);
}

static void draw_axis(sx_figure *f, const layout *l) {
    sx_text_style style = { .size = 12, .ink = SX_INK_SOFT, .anchor = SX_ANCHOR_MIDDLE };
    double ticks[SX_TICKS_MAX];
    const size_t n = sx_axis_ticks(&l->axis, ticks);
    for (size_t i = 0; i < n; i++) {
        const double x = l->left + l->width * sx_axis_at(&l->axis, ticks[i]);
        char text[40];
        snprintf(text, sizeof text, "%g", ticks[i]);
        sx_figure_text(f, x, l->bottom + 17, &style, text);
        cairo_move_to(f->pen, x, l->top);
        cairo_line_to(f->pen, x, l->bottom);
    }
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_GRID, .line = 1 });
    style = (sx_text_style){ .size = 13, .ink = SX_INK, .anchor = SX_ANCHOR_MIDDLE };
    sx_figure_text(f, l->left + l->width / 2, l->bottom + 36, &style, l->b->label);
}

static void draw_frame(sx_figure *f, const layout *l) {
    cairo_move_to(f->pen, l->left, l->top);
    cairo_line_to(f->pen, l->left, l->bottom);
    cairo_line_to(f->pen, l->left + l->width, l->bottom);
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_INK, .line = 1 });
}

static void draw_legend(sx_figure *f, const layout *l) {
    const sx_text_style style = { .size = legend_size, .ink = SX_INK };
    double x = l->left;
    for (size_t g = 0; g < l->b->group_count; g++) {
        cairo_rectangle(f->pen, x, 4, 12, 12);
        sx_figure_paint(f,
                        &(sx_paint){ .fill = sx_series_colour((int)g), .fill_alpha = bar_alpha });
        sx_figure_text(f, x + 17, 14, &style, l->b->group_names[g]);
        x += 34 + sx_figure_text_width(f, legend_size, false, l->b->group_names[g]);
    }
}

/* A line from low to high with short ends; returns where it ends. */
static double draw_interval(sx_figure *f, const layout *l, double low, double high, double y) {
    const double a = along(l, low), b = along(l, high);
    cairo_move_to(f->pen, a, y);
    cairo_line_to(f->pen, b, y);
    cairo_move_to(f->pen, a, y - 3);
    cairo_line_to(f->pen, a, y + 3);
    cairo_move_to(f->pen, b, y - 3);
    cairo_line_to(f->pen, b, y + 3);
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_INK, .line = 1.2 });
    return b;
}

static void draw_bar(sx_figure *f, const layout *l, size_t g, size_t r, double y) {
    const sx_bars *b = l->b;
    const size_t at = g * b->row_count + r;
    const double height = l->bar - (b->group_count > 1 ? 1.5 : 0);
    sx_text_style style = { .size = value_size, .ink = SX_INK };
    if (!isfinite(b->values[at])) {
        style.ink = SX_INK_FAINT;
        sx_figure_text(f, l->left + 6, y + height / 2 + 4, &style,
                       b->missing ? b->missing : "no value");
        return;
    }
    double end = along(l, b->values[at]);
    cairo_rectangle(f->pen, l->left, y, end - l->left, height);
    sx_figure_paint(f, &(sx_paint){ .fill = sx_series_colour((int)g), .fill_alpha = bar_alpha });
    if (b->lows && b->highs && isfinite(b->lows[at]) && isfinite(b->highs[at]))
        end = fmax(end, draw_interval(f, l, b->lows[at], b->highs[at], y + height / 2));
    char text[64];
    snprintf(text, sizeof text, "%.*f", b->decimals, b->values[at] * b->scale);
    sx_figure_text(f, end + 6, y + height / 2 + 4, &style, text);
}

void sx_plot_draw_bars(sx_figure *f, const sx_bars *b) {
    const layout l = make_layout(f, b);
    const sx_text_style style = { .size = row_size, .ink = SX_INK, .anchor = SX_ANCHOR_END };
    draw_axis(f, &l);
    if (has_legend(b)) draw_legend(f, &l);
    for (size_t r = 0; r < b->row_count; r++) {
        const double y = l.top + l.step * (double)r + 6;
        sx_figure_text(f, l.left - 8, y + l.bar * (double)b->group_count / 2 + 4, &style,
                       b->row_names[r]);
        for (size_t g = 0; g < b->group_count; g++)
            draw_bar(f, &l, g, r, y + l.bar * (double)g);
    }
    draw_frame(f, &l);
    sx_describe_bars(f, b);
}

sx_figure *sx_plot_bars(const sx_bars *b) {
    sx_figure *f = sx_figure_new(b->width, sx_plot_bars_height(b), b->title);
    if (f) sx_plot_draw_bars(f, b);
    return f;
}
