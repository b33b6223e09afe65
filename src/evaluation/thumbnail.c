/* Small pictures of films with one box marked. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "dicom/dicom_film.h"
#include "evaluation/film_pictures.h"
#include "image/convert.h"
#include "image/jpeg_decode.h"
#include "image/resize.h"

enum { WIDTH = 300, HEIGHT = 440 };

char *sx_eval_find_film(const char *folder, const char *id) {
    char name[600];
    for (size_t i = 0; i <= SX_FILM_ENDINGS; i++) {
        snprintf(name, sizeof name, "%s%s", id, i < SX_FILM_ENDINGS ? sx_film_endings[i] : "");
        char *path = sx_path_join(folder, name), *there = NULL;
        const bool found = path && sx_path_named(path, &there, NULL) && there;
        free(path);
        if (found && !sx_path_is_dir(there)) return there;
        free(there);
    }
    return NULL;
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

static bool small_film(const char *path, sx_image *out, double *scale) {
    sx_film *film = sx_film_open(path, NULL, NULL);
    sx_image grey = { 0 }, small = { 0 };
    bool ok = film && sx_film_to_8bit(film, SX_PIXELS_DICOM, &grey, NULL);
    if (ok) {
        *scale = fmin(fmin((double)WIDTH / grey.width, (double)HEIGHT / grey.height), 1);
        int w = (int)fmax(1, grey.width * *scale), h = (int)fmax(1, grey.height * *scale);
        ok = sx_image_resize(NULL, &grey, w, h, &small, NULL) && sx_image_to_rgb(&small, out, NULL);
    }
    sx_image_free(&grey);
    sx_image_free(&small);
    sx_film_free(film);
    return ok;
}

bool sx_eval_thumbnail(const sx_eval_input *in, sx_eval_output *out, uint32_t film,
                       const sx_truth_box *truth, const sx_found_box *found, const char *detail) {
    static const uint8_t missed[3] = { 86, 180, 233 }, alarm[3] = { 230, 130, 0 };
    char *path = in->films ? sx_eval_find_film(in->films, in->truth->films.items[film]) : NULL;
    sx_image im = { 0 };
    double scale;
    sx_str jpeg = { 0 };
    bool ok = path && small_film(path, &im, &scale);
    if (ok && truth) put_box(&im, scale, truth->x, truth->y, truth->w, truth->h, missed);
    if (ok && found) put_box(&im, scale, found->x, found->y, found->w, found->h, alarm);
    ok = ok && sx_jpeg_encode(&im, 88, &jpeg, NULL);
    if (ok) {
        char *link = realpath(path, NULL);
        sx_doc_thumbnail(out->doc, jpeg.data, jpeg.len, link ? link : path,
                         in->truth->films.items[film], detail);
        free(link);
    }
    sx_str_free(&jpeg);
    sx_image_free(&im);
    free(path);
    return ok;
}
