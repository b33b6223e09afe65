#include "data/fit.h"

#include "dicom/dicom_film.h"
#include "image/letterbox.h"
#include "image/resize.h"

void sx_fit_size(const sx_fit *fit, int width, int height, int *new_width, int *new_height) {
    *new_width = width;
    *new_height = height;
    if (fit->width > 0 && fit->letterbox) {
        sx_letterbox_size(width, height, fit->width, fit->height, new_width, new_height);
    } else if (fit->width > 0) {
        *new_width = fit->width;
        *new_height = fit->height;
    } else if (fit->shorter > 0) {
        int w, h;
        sx_resize_shortest(width, height, fit->shorter, fit->longest, &w, &h);
        if (w >= width || h >= height) return;
        *new_width = w < 1 ? 1 : w;
        *new_height = h < 1 ? 1 : h;
    }
}

bool sx_fit_film(const char *path, sx_pixels pixels, const sx_fit *fit, sx_film_notes *notes,
                 sx_fitted *out, sx_error *err) {
    int width, height;
    sx_image whole = { 0 };
    sx_film_warnings warnings = { 0 };
    *out = (sx_fitted){ 0 };
    sx_film *film = sx_film_open(path, &(sx_film_options){ .warnings = &warnings }, err);
    bool ok = film && sx_film_to_8bit_named(film, pixels, &whole, err);
    sx_film_notes_add(notes, path, &warnings);
    sx_film_free(film);
    if (!ok) return false;
    out->film_width = whole.width;
    out->film_height = whole.height;
    sx_fit_size(fit, whole.width, whole.height, &width, &height);
    if (width == whole.width && height == whole.height) {
        out->image = whole;
        return true;
    }
    ok = sx_image_resize(NULL, &whole, width, height, &out->image, err);
    sx_image_free(&whole);
    return ok;
}
