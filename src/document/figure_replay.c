#include <cairo.h>

#include "document/figure_draw.h"

static const double pi = 3.14159265358979323846;

static void set_colour(cairo_t *c, uint32_t rgb, double alpha) {
    cairo_set_source_rgba(c, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
                          (rgb & 255) / 255.0, alpha);
}

static void set_dash(cairo_t *c, int dash) {
    static const double dashes[3][4] = { { 6, 3, 6, 3 }, { 2, 2.5, 2, 2.5 }, { 8, 2, 2, 2 } };
    cairo_set_dash(c, dash ? dashes[(dash - 1) % 3] : NULL, dash ? 4 : 0, 0);
}

static void replay_shape(cairo_t *c, const sx_shape *s) {
    cairo_append_path(c, s->path);
    if (s->paint.fill_alpha > 0) {
        set_colour(c, s->paint.fill, s->paint.fill_alpha);
        cairo_fill_preserve(c);
    }
    if (s->paint.line > 0) {
        set_colour(c, s->paint.stroke, 1);
        cairo_set_line_width(c, s->paint.line);
        set_dash(c, s->paint.dash);
        cairo_stroke_preserve(c);
    }
    cairo_new_path(c);
}

/* Metrics that are not rounded to pixels make a text as wide on every surface as it was
 * measured. */
void sx_figure_font(cairo_t *c, double size, bool bold) {
    cairo_font_options_t *o = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(c, o);
    cairo_font_options_destroy(o);
    cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, size);
}

static void replay_label(cairo_t *c, const sx_label *l) {
    cairo_text_extents_t e;
    sx_figure_font(c, l->style.size, l->style.bold);
    cairo_text_extents(c, l->text, &e);
    const double back = l->style.anchor == SX_ANCHOR_START    ? 0
                        : l->style.anchor == SX_ANCHOR_MIDDLE ? e.x_advance / 2
                                                              : e.x_advance;
    cairo_save(c);
    cairo_translate(c, l->x, l->y);
    if (l->style.upward) cairo_rotate(c, -pi / 2);
    set_colour(c, l->style.ink, 1);
    cairo_move_to(c, -back, 0);
    cairo_show_text(c, l->text);
    cairo_restore(c);
    cairo_new_path(c);
}

void sx_figure_replay(const sx_figure *f, cairo_t *c, bool texts) {
    cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < f->shape_count; i++)
        replay_shape(c, &f->shapes[i]);
    for (size_t i = 0; texts && i < f->label_count; i++)
        replay_label(c, &f->labels[i]);
}

bool sx_figure_finish(const sx_figure *f, cairo_surface_t *surface, bool texts, sx_error *err) {
    cairo_t *c = cairo_create(surface);
    sx_figure_replay(f, c, texts);
    cairo_status_t status = cairo_status(c);
    cairo_destroy(c);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return sx_cairo_ok(status, err);
}

cairo_status_t sx_figure_append(void *str, const unsigned char *bytes, unsigned int n) {
    sx_str *s = str;
    sx_str_append(s, bytes, n);
    return s->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}
