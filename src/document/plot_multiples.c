#include <stdlib.h>

#include "base/mem.h"
#include "document/plot_impl.h"

static const double heading_height = 20;

/* Every other series in grey, and on top of them this one. */
static void draw_small(sx_figure *f, const sx_plot *p, size_t shown, sx_series *series) {
    size_t n = 0;
    for (size_t i = 0; i < p->series_count; i++) {
        if (i == shown) continue;
        series[n] = p->series[i];
        series[n].name = NULL;
        series[n].dashed = false;
        series[n++].colour = -1;
    }
    series[n] = p->series[shown];
    series[n].name = NULL;
    series[n++].dashed = false;
    sx_plot small = *p;
    small.series = series;
    small.series_count = n;
    const sx_text_style style = { .size = 13, .ink = SX_INK, .bold = true };
    sx_figure_text(f, 58, 13, &style, p->series[shown].name);
    cairo_save(f->pen);
    cairo_translate(f->pen, 0, heading_height);
    sx_plot_draw_shapes(f, &small);
    cairo_restore(f->pen);
}

sx_figure *sx_plot_multiples(const sx_plot *p, int columns) {
    const int count = (int)p->series_count, rows = (count + columns - 1) / columns;
    const double row_height = p->height + heading_height;
    sx_series *series = sx_calloc(p->series_count + 1, sizeof *series);
    sx_figure *f = series ? sx_figure_new(p->width * (count < columns ? count : columns),
                                          row_height * rows, p->title)
                          : NULL;
    for (int i = 0; f && i < count; i++) {
        const int row = i / columns, column = i % columns;
        cairo_save(f->pen);
        cairo_translate(f->pen, p->width * column, row_height * row);
        draw_small(f, p, (size_t)i, series);
        cairo_restore(f->pen);
    }
    if (f) sx_describe_curves(f, p);
    free(series);
    return f;
}
