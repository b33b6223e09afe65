#include <math.h>
#include <stdio.h>

#include "document/plot_impl.h"

static const double tick_size = 12, name_size = 13, mark_radius = 3.4;

uint32_t sx_series_colour(int i) {
    static const uint32_t colours[] = { 0x0072b2, 0xd55e00, 0x009e73, 0xb8568c,
                                        0x5b3fa0, 0xb97d00, 0x333333 };
    return i < 0 ? 0xc8cfd6 : colours[(unsigned)i % (sizeof colours / sizeof *colours)];
}

int sx_series_dash(const sx_series *s, size_t i) {
    return s->dashed ? 1 + (int)((i + 2) % 3) : 0;
}

/* ---- from values to places ---- */

sx_spot sx_frame_spot(const sx_frame *f, double x, double y) {
    return (sx_spot){ sx_axis_at(&f->x, x), sx_axis_at(&f->y, y) };
}

bool sx_spot_missing(sx_spot s) {
    return isnan(s.u) || isnan(s.v);
}

bool sx_spot_inside(sx_spot s) {
    const double slack = 1e-9;
    return s.u >= -slack && s.u <= 1 + slack && s.v >= -slack && s.v <= 1 + slack;
}

double sx_frame_x(const sx_frame *f, double u) {
    return f->left + f->width * u;
}

double sx_frame_y(const sx_frame *f, double v) {
    return f->top + f->height * (1 - v);
}

/* Liang and Barsky 1984: narrows [t0, t1] to where p * t <= q. */
static bool clip_side(double p, double q, double *t0, double *t1) {
    if (p == 0) return q >= 0;
    const double t = q / p;
    if (p < 0)
        *t0 = fmax(*t0, t);
    else
        *t1 = fmin(*t1, t);
    return *t0 <= *t1;
}

bool sx_clip_line(sx_spot *a, sx_spot *b) {
    if (sx_spot_missing(*a) || sx_spot_missing(*b)) return false;
    const double du = b->u - a->u, dv = b->v - a->v;
    const sx_spot from = *a;
    double t0 = 0, t1 = 1;
    if (!clip_side(-du, from.u, &t0, &t1) || !clip_side(du, 1 - from.u, &t0, &t1) ||
        !clip_side(-dv, from.v, &t0, &t1) || !clip_side(dv, 1 - from.v, &t0, &t1))
        return false;
    if (t0 > 0) *a = (sx_spot){ from.u + t0 * du, from.v + t0 * dv };
    if (t1 < 1) *b = (sx_spot){ from.u + t1 * du, from.v + t1 * dv };
    return true;
}

/* ---- the frame ---- */

static void tick_text(char *text, size_t size, const sx_axis *a, double v) {
    if (a->log2 && v < 1 && exp2(round(log2(v))) == v)
        snprintf(text, size, "1/%g", 1 / v);
    else
        snprintf(text, size, fabs(v) >= 1e6 && fabs(v) < 1e9 ? "%.0f" : "%g", v);
}

/* The width of the widest tick's text. */
static double widest_tick(sx_figure *f, const sx_axis *a) {
    double ticks[SX_TICKS_MAX], widest = 0;
    const size_t n = sx_axis_ticks(a, ticks);
    for (size_t i = 0; i < n; i++) {
        char text[40];
        tick_text(text, sizeof text, a, ticks[i]);
        widest = fmax(widest, sx_figure_text_width(f, tick_size, false, text));
    }
    return widest;
}

static sx_frame make_frame(sx_figure *f, const sx_plot *p) {
    sx_frame frame = { .p = p, .x = sx_axis_valid(&p->x), .y = sx_axis_valid(&p->y), .top = 12 };
    /* The minimum width aligns the frames of several plots. */
    frame.left = fmax(58, widest_tick(f, &frame.y) + 30);
    frame.width = p->width - frame.left - fmax(16, widest_tick(f, &frame.x) / 2 + 2);
    frame.height = p->height - frame.top - 48;
    return frame;
}

static void draw_grid(sx_figure *f, const sx_frame *frame) {
    double ticks[SX_TICKS_MAX];
    const double right = frame->left + frame->width, bottom = frame->top + frame->height;
    size_t n = sx_axis_ticks(&frame->x, ticks);
    for (size_t i = 0; i < n; i++) {
        const double x = sx_frame_x(frame, sx_axis_at(&frame->x, ticks[i]));
        cairo_move_to(f->pen, x, frame->top);
        cairo_line_to(f->pen, x, bottom);
    }
    n = sx_axis_ticks(&frame->y, ticks);
    for (size_t i = 0; i < n; i++) {
        const double y = sx_frame_y(frame, sx_axis_at(&frame->y, ticks[i]));
        cairo_move_to(f->pen, frame->left, y);
        cairo_line_to(f->pen, right, y);
    }
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_GRID, .line = 1 });
    if (!frame->p->diagonal) return;
    cairo_move_to(f->pen, frame->left, bottom);
    cairo_line_to(f->pen, right, frame->top);
    sx_figure_paint(f, &(sx_paint){ .stroke = 0x9aa4ae, .line = 1, .dash = 1 });
}

static void draw_axes(sx_figure *f, const sx_frame *frame) {
    const double right = frame->left + frame->width, bottom = frame->top + frame->height;
    const double ticks_end = frame->left - 7;
    sx_text_style style = { .size = tick_size, .ink = SX_INK_SOFT, .anchor = SX_ANCHOR_MIDDLE };
    double ticks[SX_TICKS_MAX];
    char text[40];
    size_t n = sx_axis_ticks(&frame->x, ticks);
    for (size_t i = 0; i < n; i++) {
        tick_text(text, sizeof text, &frame->x, ticks[i]);
        const double x = sx_frame_x(frame, sx_axis_at(&frame->x, ticks[i]));
        sx_figure_text(f, x, bottom + 17, &style, text);
    }
    style.anchor = SX_ANCHOR_END;
    n = sx_axis_ticks(&frame->y, ticks);
    for (size_t i = 0; i < n; i++) {
        tick_text(text, sizeof text, &frame->y, ticks[i]);
        const double y = sx_frame_y(frame, sx_axis_at(&frame->y, ticks[i]));
        sx_figure_text(f, ticks_end, y + 4, &style, text);
    }
    style = (sx_text_style){ .size = name_size, .ink = SX_INK, .anchor = SX_ANCHOR_MIDDLE };
    sx_figure_text(f, frame->left + frame->width / 2, bottom + 37, &style, frame->x.label);
    style.upward = true;
    const double x = fmin(frame->left - 40, ticks_end - widest_tick(f, &frame->y) - 7);
    sx_figure_text(f, x, frame->top + frame->height / 2, &style, frame->y.label);
    cairo_move_to(f->pen, frame->left, frame->top);
    cairo_line_to(f->pen, frame->left, bottom);
    cairo_line_to(f->pen, right, bottom);
    sx_figure_paint(f, &(sx_paint){ .stroke = SX_INK, .line = 1 });
}

/* ---- the data ---- */

static double within(double v) {
    return fmin(fmax(v, 0), 1);
}

static bool has_band(const sx_frame *frame, const sx_series *s, size_t i) {
    return !sx_spot_missing(sx_frame_spot(frame, s->x[i], s->low[i])) &&
           !sx_spot_missing(sx_frame_spot(frame, s->x[i], s->high[i]));
}

static void add_band_edge(sx_figure *f, const sx_frame *frame, double x, double y) {
    const sx_spot at = sx_frame_spot(frame, x, y);
    cairo_line_to(f->pen, sx_frame_x(frame, within(at.u)), sx_frame_y(frame, within(at.v)));
}

static void draw_band(sx_figure *f, const sx_frame *frame, const sx_series *s) {
    for (size_t i = 0, end; i < s->count; i = end + 1) {
        for (end = i; end < s->count && has_band(frame, s, end);)
            end++;
        if (end - i < 2) continue;
        for (size_t k = i; k < end; k++)
            add_band_edge(f, frame, s->x[k], s->high[k]);
        for (size_t k = end; k-- > i;)
            add_band_edge(f, frame, s->x[k], s->low[k]);
        cairo_close_path(f->pen);
    }
    sx_figure_paint(f, &(sx_paint){ .fill = sx_series_colour(s->colour), .fill_alpha = 0.15 });
}

void sx_add_dot(sx_figure *f, double x, double y, double radius) {
    cairo_new_sub_path(f->pen);
    cairo_arc(f->pen, x, y, radius, 0, 6.283185307179586);
}

static void draw_marks(sx_figure *f, const sx_frame *frame, const sx_series *s) {
    const uint32_t colour = sx_series_colour(s->colour);
    for (size_t i = 0; s->low && s->high && i < s->count; i++) {
        sx_spot a = sx_frame_spot(frame, s->x[i], s->low[i]),
                b = sx_frame_spot(frame, s->x[i], s->high[i]);
        if (!sx_clip_line(&a, &b)) continue;
        cairo_move_to(f->pen, sx_frame_x(frame, a.u), sx_frame_y(frame, a.v));
        cairo_line_to(f->pen, sx_frame_x(frame, b.u), sx_frame_y(frame, b.v));
    }
    sx_figure_paint(f, &(sx_paint){ .stroke = colour, .line = 1.3 });
    for (size_t i = 0; i < s->count; i++) {
        const sx_spot at = sx_frame_spot(frame, s->x[i], s->y[i]);
        if (sx_spot_missing(at) || !sx_spot_inside(at)) continue;
        sx_add_dot(f, sx_frame_x(frame, at.u), sx_frame_y(frame, at.v), mark_radius);
    }
    sx_figure_paint(f,
                    &(sx_paint){ .fill = colour, .fill_alpha = 1, .stroke = SX_WHITE, .line = 1 });
}

static void draw_line(sx_figure *f, const sx_frame *frame, const sx_series *s, int dash) {
    sx_spot last = { NAN, NAN };
    bool open = false;
    for (size_t i = 0; i < s->count; i++) {
        const sx_spot at = sx_frame_spot(frame, s->x[i], s->y[i]);
        sx_spot a = last, b = at;
        last = at;
        if (!sx_clip_line(&a, &b)) {
            open = false;
            continue;
        }
        if (!open) cairo_move_to(f->pen, sx_frame_x(frame, a.u), sx_frame_y(frame, a.v));
        cairo_line_to(f->pen, sx_frame_x(frame, b.u), sx_frame_y(frame, b.v));
        open = sx_spot_inside(at);
    }
    sx_figure_paint(
        f, &(sx_paint){ .stroke = sx_series_colour(s->colour), .line = 1.9, .dash = dash });
}

/* Points of a line with gaps on both sides, which would otherwise be invisible. */
static void draw_lone_points(sx_figure *f, const sx_frame *frame, const sx_series *s) {
    bool before = false;
    for (size_t i = 0; i < s->count; i++) {
        const sx_spot at = sx_frame_spot(frame, s->x[i], s->y[i]);
        const bool here = !sx_spot_missing(at);
        const bool after =
            i + 1 < s->count && !sx_spot_missing(sx_frame_spot(frame, s->x[i + 1], s->y[i + 1]));
        if (here && !before && !after && sx_spot_inside(at))
            sx_add_dot(f, sx_frame_x(frame, at.u), sx_frame_y(frame, at.v), 2.4);
        before = here;
    }
    sx_figure_paint(f, &(sx_paint){ .fill = sx_series_colour(s->colour), .fill_alpha = 1 });
}

static bool has_data(const sx_frame *frame) {
    for (size_t i = 0; i < frame->p->series_count; i++) {
        const sx_series *s = &frame->p->series[i];
        for (size_t k = 0; k < s->count; k++)
            if (!sx_spot_missing(sx_frame_spot(frame, s->x[k], s->y[k]))) return true;
    }
    return false;
}

void sx_plot_draw_shapes(sx_figure *f, const sx_plot *p) {
    sx_frame frame = make_frame(f, p);
    if (has_data(&frame)) sx_make_room_for_legend(f, &frame);
    draw_grid(f, &frame);
    for (size_t i = 0; i < p->series_count; i++)
        if (p->series[i].low && p->series[i].high && !p->series[i].points)
            draw_band(f, &frame, &p->series[i]);
    for (size_t i = 0; i < p->series_count; i++) {
        const sx_series *s = &p->series[i];
        if (s->points) {
            draw_marks(f, &frame, s);
        } else {
            draw_line(f, &frame, s, sx_series_dash(s, i));
            draw_lone_points(f, &frame, s);
        }
    }
    draw_axes(f, &frame);
    if (has_data(&frame)) {
        sx_plot_legend(f, &frame);
    } else {
        const sx_text_style style = { .size = 13, .ink = SX_INK_FAINT, .anchor = SX_ANCHOR_MIDDLE };
        sx_figure_text(f, frame.left + frame.width / 2, frame.top + frame.height / 2, &style,
                       "no data");
    }
}

void sx_plot_draw_curves(sx_figure *f, const sx_plot *p) {
    sx_plot_draw_shapes(f, p);
    sx_describe_curves(f, p);
}

sx_figure *sx_plot_curves(const sx_plot *p) {
    sx_figure *f = sx_figure_new(p->width, p->height, p->title);
    if (f) sx_plot_draw_curves(f, p);
    return f;
}
