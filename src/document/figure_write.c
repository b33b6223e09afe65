#include <cairo-pdf.h>
#include <string.h>

#include "base/ascii.h"
#include "base/files.h"
#include "base/writer.h"
#include "document/figure_draw.h"
#include "image/drawing.h"
#include "image/png.h"

/* ---- pixels ---- */

static cairo_status_t draw_on_white(const sx_figure *f, double scale, cairo_surface_t *surface) {
    cairo_t *c = cairo_create(surface);
    cairo_set_source_rgb(c, 1, 1, 1);
    cairo_paint(c);
    cairo_scale(c, scale, scale);
    sx_figure_replay(f, c, true);
    const cairo_status_t status = cairo_status(c);
    cairo_destroy(c);
    cairo_surface_flush(surface);
    return status;
}

bool sx_figure_image(const sx_figure *f, double scale, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (!sx_figure_check(f, err)) return false;
    const double width = f->width * scale, height = f->height * scale;
    if (!(width >= 1 && height >= 1 && width <= 32767 && height <= 32767))
        return sx_fail(err, SX_ERR_LIMIT, "a figure of %.0f x %.0f pixels cannot be drawn", width,
                       height);
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width + 0.5), (int)(height + 0.5));
    const bool ok =
        sx_cairo_ok(draw_on_white(f, scale, surface), err) && sx_drawing_pixels(surface, out, err);
    cairo_surface_destroy(surface);
    return ok;
}

/* ---- PDF ---- */

bool sx_figure_pdf(const sx_figure *f, sx_str *out, sx_error *err) {
    if (!sx_figure_check(f, err)) return false;
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(sx_figure_append, out, f->width, f->height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, f->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT,
                                   sx_str_text(&f->description));
    /* The date of writing would make each file different. */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, NULL);
    return sx_figure_finish(f, surface, true, err) && sx_str_ok(out, err);
}

/* ---- files ---- */

bool sx_figure_named(const char *path) {
    return sx_path_has_ending(path, ".svg") || sx_path_has_ending(path, ".png") ||
           sx_path_has_ending(path, ".pdf");
}

static bool write_image(const sx_figure *f, const char *path, sx_error *err) {
    sx_image im;
    const bool ok = sx_figure_image(f, 2, &im, err) && sx_png_write(&im, SX_PNG_SMALL, path, err);
    sx_image_free(&im);
    return ok;
}

static bool write_svg_file(const sx_figure *f, sx_str *out, sx_error *err) {
    sx_str_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (!sx_figure_svg(f, "figure", out, err)) return false;
    sx_str_add(out, "\n");
    return sx_str_ok(out, err);
}

bool sx_figure_write(const sx_figure *f, const char *path, sx_error *err) {
    if (!sx_figure_named(path))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: figures are written as .svg, .png or .pdf",
                       path);
    if (sx_path_has_ending(path, ".png")) return write_image(f, path, err);
    sx_str bytes = { 0 };
    const bool ok = (sx_path_has_ending(path, ".pdf") ? sx_figure_pdf(f, &bytes, err)
                                                      : write_svg_file(f, &bytes, err)) &&
                    sx_write_file(path, bytes.data, bytes.len, err);
    sx_str_free(&bytes);
    return ok;
}
