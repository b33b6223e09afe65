/* A figure: shapes and texts that are drawn once and can be rendered as SVG, PDF and pixels. The
 * functions of plot.h, stats_plot.h and training_curves.h make figures.
 *
 * If memory runs out while a figure is drawn, the error is reported when it is rendered. Several
 * threads may render a complete figure at once. On one machine, the same figure always gives the
 * same bytes. Other machines may have other fonts and another version of cairo. */
#ifndef SX_DOCUMENT_FIGURE_H
#define SX_DOCUMENT_FIGURE_H

#include "base/str.h"
#include "image/image.h"

typedef struct sx_figure sx_figure;

void sx_figure_free(sx_figure *f); /* NULL is allowed */

/* Appends an <svg> element with role="img", title and description. `id` begins the ids in it, so
 * that one page can contain several figures; letters, digits and '-'. Texts are <text> elements in
 * the font of the page. Errors: SX_ERR_MEMORY, SX_ERR_INTERNAL (cairo). */
bool sx_figure_svg(const sx_figure *f, const char *id, sx_str *out, sx_error *err) SX_MUST_USE;

/* Appends a PDF of one page with one point to a unit and without a date. Errors: as above. */
bool sx_figure_pdf(const sx_figure *f, sx_str *out, sx_error *err) SX_MUST_USE;

/* Makes *out, RGB, 8 bits, on white, `scale` pixels to a unit. Errors: as above; SX_ERR_LIMIT (over
 * 32767 pixels a side). */
bool sx_figure_image(const sx_figure *f, double scale, sx_image *out, sx_error *err) SX_MUST_USE;

/* Whether a figure can be written to a file of this name: it ends in .svg, .png or .pdf. */
bool sx_figure_named(const char *path) SX_MUST_USE;

/* Writes the figure in the format that the file's name says; PNG with two pixels to a unit. Errors:
 * as above; SX_ERR_UNSUPPORTED (another ending), SX_ERR_IO. */
bool sx_figure_write(const sx_figure *f, const char *path, sx_error *err) SX_MUST_USE;

#endif
