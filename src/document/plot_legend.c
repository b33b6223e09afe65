#include <math.h>
#include <stdint.h>

#include "document/plot_impl.h"

static const double text_size = 12, line_height = 18, margin = 8;

typedef struct box {
    double x, y, width, height;
} box;

/* Counts points at every 2 units of a line that lie in a box or within 4 units of it. */
static size_t count_points(const sx_frame *frame, sx_spot from, sx_spot to, const box *b) {
    const double x0 = sx_frame_x(frame, from.u), y0 = sx_frame_y(frame, from.v);
    const double dx = sx_frame_x(frame, to.u) - x0, dy = sx_frame_y(frame, to.v) - y0;
    const int steps = 1 + (int)(hypot(dx, dy) / 2);
    size_t n = 0;
    for (int j = 1; j <= steps; j++) {
        const double x = x0 + dx * j / steps, y = y0 + dy * j / steps;
        n +=
            x >= b->x - 4 && x <= b->x + b->width + 4 && y >= b->y - 4 && y <= b->y + b->height + 4;
    }
    return n;
}

/* How much of the data a box would hide. */
static size_t count_hidden(const sx_frame *frame, const box *b) {
    size_t n = 0;
    for (size_t i = 0; i < frame->p->series_count; i++) {
        const sx_series *s = &frame->p->series[i];
        sx_spot last = { NAN, NAN };
        for (size_t k = 0; k < s->count; k++) {
            const sx_spot at = sx_frame_spot(frame, s->x[k], s->y[k]);
            sx_spot from = s->points || sx_spot_missing(last) ? at : last, to = at;
            if (sx_clip_line(&from, &to)) n += count_points(frame, from, to, b);
            last = at;
        }
    }
    return n;
}

/* Moves the box to the corner where it hides least; returns how much. */
static size_t place_legend(const sx_frame *frame, box *b) {
    size_t least = SIZE_MAX;
    const box size = *b;
    /* Lower right, upper right, lower left, upper left. */
    for (int corner = 0; corner < 4; corner++) {
        box c = size;
        c.x = frame->left + (corner < 2 ? frame->width - size.width - margin : margin);
        c.y = frame->top + (corner % 2 ? margin : frame->height - size.height - margin);
        const size_t hidden = count_hidden(frame, &c);
        if (hidden >= least) continue;
        least = hidden;
        *b = c;
    }
    return least;
}

static void draw_sample(sx_figure *f, const sx_series *s, size_t i, double x, double y) {
    const uint32_t colour = sx_series_colour(s->colour);
    if (s->points) {
        sx_add_dot(f, x + 10, y, 3.4);
        sx_figure_paint(f, &(sx_paint){ .fill = colour, .fill_alpha = 1 });
        return;
    }
    cairo_move_to(f->pen, x, y);
    cairo_line_to(f->pen, x + 20, y);
    sx_figure_paint(f, &(sx_paint){ .stroke = colour, .line = 2.2, .dash = sx_series_dash(s, i) });
}

static double entry_width(sx_figure *f, const sx_series *s) {
    return sx_figure_text_width(f, text_size, false, s->name) + 42;
}

/* Of a box with one entry a line; without entries its width is 0. */
static box measure_box(sx_figure *f, const sx_plot *p) {
    box b = { .height = margin };
    for (size_t i = 0; i < p->series_count; i++) {
        if (!p->series[i].name) continue;
        b.width = fmax(b.width, entry_width(f, &p->series[i]));
        b.height += line_height;
    }
    return b;
}

static void draw_entry(sx_figure *f, const sx_series *s, size_t i, double x, double y) {
    const sx_text_style style = { .size = text_size, .ink = SX_INK };
    draw_sample(f, s, i, x + 7, y - 4);
    sx_figure_text(f, x + 34, y, &style, s->name);
}

/* The entries side by side in lines from `top` on; without `draw` only measured. Returns the
 * height. */
static double flow(sx_figure *f, const sx_frame *frame, double top, bool draw) {
    const sx_plot *p = frame->p;
    double x = frame->left, y = top + 13;
    for (size_t i = 0; i < p->series_count; i++) {
        const sx_series *s = &p->series[i];
        if (!s->name) continue;
        const double width = entry_width(f, s);
        if (x > frame->left && x + width > frame->left + frame->width) {
            x = frame->left;
            y += line_height;
        }
        if (draw) draw_entry(f, s, i, x, y);
        x += width + 10;
    }
    return y - top + margin;
}

void sx_make_room_for_legend(sx_figure *f, sx_frame *frame) {
    box b = measure_box(f, frame->p);
    if (b.width <= 0 || place_legend(frame, &b) == 0) return;
    const double height = flow(f, frame, frame->top, false);
    frame->legend_above = true;
    frame->top += height;
    frame->height -= height;
}

static void draw_box(sx_figure *f, const sx_frame *frame, const box *b) {
    const sx_plot *p = frame->p;
    cairo_rectangle(f->pen, b->x, b->y, b->width, b->height);
    sx_figure_paint(
        f, &(sx_paint){ .fill = SX_WHITE, .fill_alpha = 0.88, .stroke = 0xd6dbe1, .line = 1 });
    double y = b->y + 17;
    for (size_t i = 0; i < p->series_count; i++) {
        if (!p->series[i].name) continue;
        draw_entry(f, &p->series[i], i, b->x, y);
        y += line_height;
    }
}

void sx_plot_legend(sx_figure *f, const sx_frame *frame) {
    box b = measure_box(f, frame->p);
    if (b.width <= 0) return;
    if (frame->legend_above) {
        flow(f, frame, frame->top - flow(f, frame, 0, false), true);
        return;
    }
    place_legend(frame, &b);
    draw_box(f, frame, &b);
}
