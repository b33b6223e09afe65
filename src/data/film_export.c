#include "data/film_export.h"

#include <math.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "dicom/stored_bits.h"
#include "image/image_file.h"
#include "image/resize.h"

const char *sx_film_export_ending(sx_film_format format) {
    return format == SX_EXPORT_JPEG ? ".jpg" : format == SX_EXPORT_DICOM ? ".dcm" : ".png";
}

/* The size of a film whose longer side becomes `side`, if it is longer. */
static void fit_size(int side, int width, int height, int *to_width, int *to_height) {
    const int longer = width > height ? width : height;
    const double scale = side > 0 && longer > side ? (double)side / longer : 1.0;
    *to_width = (int)fmax(1.0, floor(width * scale + 0.5));
    *to_height = (int)fmax(1.0, floor(height * scale + 0.5));
}

static bool shrink(int side, sx_image *im, sx_error *err) {
    int width, height;
    sx_image smaller = { 0 };
    fit_size(side, im->width, im->height, &width, &height);
    if (width == im->width && height == im->height) return true;
    if (im->bits == 16 ? !sx_image_resize_16bit(im, width, height, &smaller, err)
                       : !sx_image_resize(NULL, im, width, height, &smaller, err))
        return false;
    sx_image_free(im);
    *im = smaller;
    return true;
}

/* Smallest..largest stored value to 0..65535; a film of one value is black. Padding is black, and
 * not part of the range. */
static bool to_16bit(const sx_film *f, sx_image *out, sx_error *err) {
    const size_t count = (size_t)f->width * (size_t)f->height;
    int32_t low, high;
    if (f->kind != SX_FILM_DICOM)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: not a DICOM file; it has no stored values",
                       f->name);
    if (!sx_image_new(out, f->width, f->height, 1, 16, err)) return false;
    (void)sx_film_stored_range(f, &low, &high);
    const bool inverted = f->info.monochrome1 != f->info.inverse;
    const double scale = high > low ? 65535.0 / (high - low) : 0.0;
    for (size_t i = 0; i < count; i++) {
        const int32_t sample = sx_film_value(f, i), v = sx_film_stored_value(&f->info, sample);
        if (sx_film_is_padding(&f->info, sample)) continue; /* black, as a new image is */
        const double above = inverted ? (double)high - v : (double)v - low;
        sx_image_u16(out)[i] = (uint16_t)(above * scale + 0.5);
    }
    return true;
}

static bool open_dicom(const char *path, sx_file *file, sx_error *err) {
    sx_film *film = sx_film_open(path, &(sx_film_options){ .header_only = true }, err);
    const bool dicom = film && film->kind == SX_FILM_DICOM;
    if (film && !dicom) (void)sx_fail(err, SX_ERR_UNSUPPORTED, "%s: not a DICOM file", path);
    sx_film_free(film);
    return dicom && sx_file_open(file, path, err);
}

static bool copy_bytes(const char *from, const char *to, bool *film_failed, sx_error *err) {
    sx_file file;
    *film_failed = !open_dicom(from, &file, err);
    if (*film_failed) return false;
    const bool ok = sx_write_file(to, file.data, file.size, err);
    sx_file_close(&file);
    return ok;
}

static bool make_picture(const sx_context *context, const sx_film_export *e, const char *from,
                         sx_image *im, sx_error *err) {
    sx_film *film = sx_film_open(from, &(sx_film_options){ .context = context }, err);
    if (!film) return false;
    const bool ok = e->format == SX_EXPORT_PNG16 ? to_16bit(film, im, err)
                                                 : sx_film_to_8bit_named(film, e->pixels, im, err);
    sx_film_free(film);
    return ok && shrink(e->side, im, err);
}

bool sx_film_export_one(const sx_context *context, const sx_film_export *e, const char *from,
                        const char *to, bool *film_failed, sx_error *err) {
    bool unused;
    sx_image im = { 0 };
    if (!film_failed) film_failed = &unused;
    if (e->format == SX_EXPORT_DICOM) return copy_bytes(from, to, film_failed, err);
    *film_failed = !make_picture(context, e, from, &im, err);
    const bool ok = !*film_failed && sx_image_write(&im, to, err);
    sx_image_free(&im);
    return ok;
}

static void fit_box(sx_manifest_box *b, double x, double y) {
    for (int k = 0; k < 4; k++) {
        const double by = k % 2 ? y : x;
        b->xyxy[k] = (float)((double)b->xyxy[k] * by);
        b->xywh[k] *= by;
    }
    b->area *= x * y;
}

bool sx_film_export_fit(sx_manifest *m, int side, sx_error *err) {
    for (size_t i = 0; i < m->film_count; i++) {
        sx_manifest_film *f = &m->films[i];
        int width, height;
        if (f->width <= 0 || f->height <= 0) {
            if (f->box_count)
                return sx_fail(err, SX_ERR_MISSING,
                               "%s: its size is not known, so that its boxes "
                               "cannot be made smaller",
                               f->id);
            continue;
        }
        fit_size(side, f->width, f->height, &width, &height);
        for (size_t k = 0; k < f->box_count; k++)
            fit_box(&m->boxes[f->first_box + k], (double)width / f->width,
                    (double)height / f->height);
        f->width = width;
        f->height = height;
    }
    return true;
}
