#include "document/panels.h"

#include <math.h>

#include "document/plot_impl.h"

static const double margin = 24, gap = 36, row_gap = 22, heading_height = 26;

bool sx_panels_open(sx_panels *p, const char *title, const char *about, double width, int columns) {
    const double all = 2 * margin + columns * width + (columns - 1) * gap;
    *p = (sx_panels){ .figure = sx_figure_new(all, 0, title), .width = width, .columns = columns };
    if (!p->figure) return false;
    sx_text_style style = { .size = 20, .ink = SX_INK, .bold = true };
    sx_figure_text(p->figure, margin, 36, &style, title);
    p->y = 56;
    if (!about) return true;
    style = (sx_text_style){ .size = 13, .ink = SX_INK_SOFT };
    sx_figure_text(p->figure, margin, 58, &style, about);
    sx_figure_describe(p->figure, "%s.", about);
    p->y = 84;
    return true;
}

sx_figure *sx_panels_begin(sx_panels *p, const char *heading, double height) {
    if (p->column == p->columns) {
        p->y += p->tallest + row_gap;
        p->tallest = 0;
        p->column = 0;
    }
    const double x = margin + p->column * (p->width + gap);
    const sx_text_style style = { .size = 15, .ink = SX_INK, .bold = true };
    sx_figure_text(p->figure, x, p->y + 15, &style, heading);
    sx_figure_describe(p->figure, "%s%s. ", p->figure->description.len ? " " : "", heading);
    p->tallest = fmax(p->tallest, heading_height + height);
    p->column++;
    cairo_save(p->figure->pen);
    cairo_translate(p->figure->pen, x, p->y + heading_height);
    return p->figure;
}

void sx_panels_end(sx_panels *p) {
    cairo_restore(p->figure->pen);
}

void sx_panels_note(sx_panels *p, const char *heading, const char *why) {
    const sx_text_style style = { .size = 13, .ink = SX_INK_FAINT };
    sx_figure_text(sx_panels_begin(p, heading, 34), 0, 18, &style, why);
    sx_figure_describe(p->figure, "%s", why);
    sx_panels_end(p);
}

sx_figure *sx_panels_close(sx_panels *p) {
    p->figure->height = p->y + p->tallest + row_gap;
    return p->figure;
}
