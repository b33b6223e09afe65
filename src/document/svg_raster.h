/* The figures of plot.h as a picture: the part of SVG that this program writes, drawn with
 * cairo. */
#ifndef SX_DOCUMENT_SVG_RASTER_H
#define SX_DOCUMENT_SVG_RASTER_H

#include "base/str.h"
#include "image/image.h"

/* svg[n]: elements svg (also nested, with x, y, width, height and viewBox), g, rect, path (M L H V
 * h v Z), circle, text, title; attributes fill, stroke and their opacity, width and dashes,
 * font-size, font-weight, text-anchor, and transform with one rotate(angle x y). Makes *out, RGB, 8
 * bits, `scale` pixels to one unit, on white. Errors: SX_ERR_FORMAT (not XML), SX_ERR_UNSUPPORTED
 * (other elements, other paths), SX_ERR_LIMIT (size), SX_ERR_MEMORY. */
bool sx_svg_raster(const char *svg, size_t n, double scale, sx_image *out,
                   sx_error *err) SX_MUST_USE;

/* Whether a figure can be written to a file of this name: it ends in .svg or .png. */
bool sx_figure_named(const char *path) SX_MUST_USE;

/* As SVG or, where the name ends in .png, as a picture of three pixels to two units. Errors: those
 * of sx_svg_raster, and SX_ERR_IO. */
bool sx_figure_write(const sx_str *svg, const char *path, sx_error *err) SX_MUST_USE;

#endif
