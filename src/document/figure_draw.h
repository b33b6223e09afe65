/* Functions that draw a figure, for the files of this folder that make figures, and for tests.
 *
 * Paths are built with cairo on the figure's pen (cairo_move_to, cairo_arc ...) and end with one of
 * the calls below. Units are those of the page: 96 to the inch in SVG. y points down. Coordinates
 * must be finite. Only cairo_translate may change the pen's matrix. */
#ifndef SX_DOCUMENT_FIGURE_DRAW_H
#define SX_DOCUMENT_FIGURE_DRAW_H

#include <cairo.h>
#include <stdint.h>

#include "document/figure.h"

typedef struct sx_paint {
    uint32_t fill, stroke; /* 0xRRGGBB */
    double fill_alpha;     /* 0: not filled */
    double line;           /* width of the stroke; 0: none */
    int dash;              /* 0: solid, 1..3: patterns */
} sx_paint;

typedef enum sx_anchor { SX_ANCHOR_START, SX_ANCHOR_MIDDLE, SX_ANCHOR_END } sx_anchor;

typedef struct sx_text_style {
    double size; /* of the font */
    uint32_t ink;
    sx_anchor anchor;  /* the part of the text that is at x */
    bool bold, upward; /* upward: turned by 90 degrees, reads from below */
} sx_text_style;

typedef struct sx_shape {
    sx_paint paint;
    cairo_path_t *path;
} sx_shape;

typedef struct sx_label {
    sx_text_style style;
    double x, y; /* of the baseline */
    char *text;  /* UTF-8 without control characters */
} sx_label;

struct sx_figure {
    cairo_t *pen; /* on a surface whose pixels are not used: holds the path and measures texts */
    double width, height;
    char *title;
    sx_str description;
    sx_shape *shapes; /* in the order in which they are painted; all texts lie above them */
    size_t shape_count, shape_room;
    sx_label *labels;
    size_t label_count, label_room;
    bool failed; /* memory ran out */
};

/* NULL when out of memory. `title` is read first by a screen reader. */
sx_figure *sx_figure_new(double width, double height, const char *title) SX_MUST_USE;

/* Ends the pen's path and paints it. */
void sx_figure_paint(sx_figure *f, const sx_paint *paint);
/* A text in which bytes that are not UTF-8 and control characters become U+FFFD. */
void sx_figure_text(sx_figure *f, double x, double y, const sx_text_style *style, const char *text);
/* The width of a text in DejaVu Sans, which is wider than most fonts of a page. */
double sx_figure_text_width(sx_figure *f, double size, bool bold, const char *text);
/* Adds to the description that a screen reader reads after the title. */
void sx_figure_describe(sx_figure *f, const char *fmt, ...) SX_PRINTF(2, 3);

/* Sets the font on any cairo context in the same way for measuring and for painting. */
void sx_figure_font(cairo_t *c, double size, bool bold);
/* Paints all shapes on `c`; the texts too if `texts`. */
void sx_figure_replay(const sx_figure *f, cairo_t *c, bool texts);
/* The same on a vector surface, which is finished and destroyed, also after an error. */
bool sx_figure_finish(const sx_figure *f, cairo_surface_t *surface, bool texts,
                      sx_error *err) SX_MUST_USE;
/* For vector surfaces: appends to an sx_str. */
cairo_status_t sx_figure_append(void *str, const unsigned char *bytes, unsigned int n);

/* False if memory ran out or cairo failed while the figure was drawn. */
bool sx_figure_check(const sx_figure *f, sx_error *err) SX_MUST_USE;
/* cairo's status as an error. */
bool sx_cairo_ok(cairo_status_t status, sx_error *err) SX_MUST_USE;

#endif
