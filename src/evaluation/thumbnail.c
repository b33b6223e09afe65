/* Small pictures of films with one box marked. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/dicom_film.h"
#include "evaluation/eval_write.h"
#include "evaluation/film_pictures.h"
#include "image/convert.h"
#include "image/jpeg_decode.h"
#include "image/resize.h"

enum { WIDTH = 300, HEIGHT = 440 };

const char *sx_eval_film_path(const sx_eval_input *in, uint32_t film) {
    return in->films ? in->films->paths[film] : NULL;
}

bool sx_eval_count_picture(const sx_eval_input *in, bool drawn, const sx_error *why) {
    sx_eval_films *f = in->films;
    f->shown += drawn;
    if (!drawn && f->lost++ == 0) f->first_lost = *why;
    return drawn;
}

void sx_eval_warn_about_pictures(const sx_eval_input *in, sx_eval_output *out) {
    const sx_eval_films *f = in->films;
    if (f && f->lost)
        sx_eval_warn(out, "%zu of %zu %s could not be drawn, the first: %s.", f->lost,
                     f->lost + f->shown, sx_noun(f->lost + f->shown, "picture", "pictures"),
                     f->first_lost.message);
}

static void put_pixel(const sx_image *im, long x, long y, const uint8_t rgb[3]) {
    if (x < 0 || y < 0 || x >= im->width || y >= im->height) return;
    memcpy(sx_image_u8(im) + 3 * ((size_t)y * (size_t)im->width + (size_t)x), rgb, 3);
}

/* The frame of a box, `inset` pixels inside it. */
static void put_frame(const sx_image *im, double x0, double y0, double x1, double y1, long inset,
                      const uint8_t rgb[3]) {
    long left = lround(x0) + inset, top = lround(y0) + inset, right = lround(x1) - inset,
         bottom = lround(y1) - inset;
    for (long x = left; x <= right; x++) {
        put_pixel(im, x, top, rgb);
        put_pixel(im, x, bottom, rgb);
    }
    for (long y = top; y <= bottom; y++) {
        put_pixel(im, left, y, rgb);
        put_pixel(im, right, y, rgb);
    }
}

static void put_box(const sx_image *im, double scale, double x, double y, double w, double h,
                    const uint8_t rgb[3]) {
    static const uint8_t dark[3] = { 0, 0, 0 };
    double x0 = x * scale, y0 = y * scale, x1 = (x + w) * scale, y1 = (y + h) * scale;
    /* A dark edge keeps the line legible on bright bone. */
    put_frame(im, x0, y0, x1, y1, -1, dark);
    put_frame(im, x0, y0, x1, y1, 0, rgb);
    put_frame(im, x0, y0, x1, y1, 1, rgb);
    put_frame(im, x0, y0, x1, y1, 2, dark);
}

static bool small_film(const char *path, sx_film_notes *notes, sx_image *out, double *scale,
                       sx_error *err) {
    sx_film_warnings warnings = { 0 };
    sx_film *film = sx_film_open(path, &(sx_film_options){ .warnings = &warnings }, err);
    sx_image grey = { 0 }, small = { 0 };
    bool ok = film && sx_film_to_8bit_named(film, SX_PIXELS_DICOM, &grey, err);
    sx_film_notes_add(notes, path, &warnings);
    if (ok) {
        *scale = fmin(fmin((double)WIDTH / grey.width, (double)HEIGHT / grey.height), 1);
        int w = (int)fmax(1, grey.width * *scale), h = (int)fmax(1, grey.height * *scale);
        ok = sx_image_resize(NULL, &grey, w, h, &small, err) && sx_image_to_rgb(&small, out, err);
    }
    sx_image_free(&grey);
    sx_image_free(&small);
    sx_film_free(film);
    return ok;
}

bool sx_eval_thumbnail(const sx_eval_input *in, sx_eval_output *out, uint32_t film,
                       const sx_truth_box *truth, const sx_found_box *found, const char *detail) {
    static const uint8_t missed[3] = { 86, 180, 233 }, alarm[3] = { 230, 130, 0 };
    const char *path = sx_eval_film_path(in, film);
    sx_image im = { 0 };
    double scale;
    sx_str jpeg = { 0 };
    sx_error why = { 0 };
    if (!path) return false;
    bool ok = small_film(path, in->films->notes, &im, &scale, &why);
    if (ok && truth) put_box(&im, scale, truth->x, truth->y, truth->w, truth->h, missed);
    if (ok && found) put_box(&im, scale, found->x, found->y, found->w, found->h, alarm);
    ok = ok && sx_jpeg_encode(&im, 88, &jpeg, &why);
    if (ok) {
        const char *name = in->truth->films.items[film],
                   *marked = truth   ? ", missed and marked"
                             : found ? ", a false positive, marked"
                                     : "";
        char alt[400], *link = sx_eval_film_link(in, film);
        snprintf(alt, sizeof alt, "Film %.150s: %.150s%s", name, detail, marked);
        sx_doc_film(out->doc, &(sx_doc_picture){ .bytes = jpeg.data,
                                                 .size = jpeg.len,
                                                 .alt = alt,
                                                 .title = name,
                                                 .detail = detail,
                                                 .link = link });
        free(link);
    }
    sx_str_free(&jpeg);
    sx_image_free(&im);
    return sx_eval_count_picture(in, ok, &why);
}
