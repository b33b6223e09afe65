#include "pipeline/film_views.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "dicom/dicom_film.h"
#include "image/convert.h"
#include "pipeline/predictor_impl.h"

/* ---- files, on disk and in memory ---- */

static bool set_image_id(const sx_film_source *s, sx_film_views *out, sx_error *err) {
    char stem[SX_FILM_STEM];
    sx_film_name_stem(s->path ? s->path : "", stem, sizeof stem);
    out->image_id = sx_strdup(s->id ? s->id : stem);
    return out->image_id || sx_fail(err, SX_ERR_MEMORY, "out of memory for the film's name");
}

static void describe(sx_film_views *out, const sx_film *film) {
    memcpy(out->study_id, film->info.study_uid, sizeof out->study_id);
    memcpy(out->series_id, film->info.series_uid, sizeof out->series_id);
    out->projection = film->info.projection;
    out->frame = film->frame;
    out->width = film->info.columns;
    out->height = film->info.rows;
    out->halvings = film->halvings;
}

/* The shorter side that the network with the largest input needs. */
static int wanted_side(const sx_bundle_info *info) {
    int side = 0;
    for (int i = 0; i < info->network_count; i++) {
        const sx_network_info *n = &info->networks[i];
        const bool fixed = n->task == SX_CLASSIFIER;
        const int part =
            fixed && n->input_height > n->input_width ? n->input_height : n->input_width;
        const int wanted = fixed || info->tiles < 2 ? part : part * info->tiles;
        if (wanted > side) side = wanted;
    }
    return side;
}

static bool wants(const sx_bundle_info *info, sx_pixels way) {
    for (int i = 0; i < info->network_count; i++)
        if (info->networks[i].pixels == way) return true;
    return false;
}

/* The limit of a file's size also applies to bytes in memory. */
static bool check_size(const sx_film_source *s, sx_error *err) {
    if (!s->bytes || s->size <= SX_FILE_MAX_BYTES) return true;
    return sx_fail(err, SX_ERR_LIMIT, "%s: %zu bytes, more than %zu",
                   s->path ? s->path : "film in memory", s->size, SX_FILE_MAX_BYTES);
}

static sx_film *open_film(const sx_film_source *s, const sx_film_options *o, sx_error *err) {
    if (!s->bytes) return sx_film_open(s->path, o, err);
    return sx_film_from_memory(s->bytes, s->size, s->path ? s->path : "film in memory", o, err);
}

/* A header that cannot be read refuses nothing: the error then comes from reading the film. */
static bool accept(const sx_film_source *s, sx_error *err) {
    sx_film_refusal why;
    sx_film *film = open_film(s, &(sx_film_options){ .header_only = true }, NULL);
    const bool ok = !film ||
                    sx_film_rules_accept(&sx_film_rules_builtin, &film->info.subject, &why) ||
                    sx_fail(err, SX_ERR_REFUSED, "%s: refused: %s", film->name, why.reason);
    sx_film_free(film);
    return ok;
}

bool sx_film_views_convert(const sx_bundle_info *info, const sx_film *film, sx_film_views *out,
                           sx_error *err) {
    return (!wants(info, SX_PIXELS_DICOM) ||
            sx_film_to_8bit_named(film, SX_PIXELS_DICOM, &out->dicom, err)) &&
           (!wants(info, SX_PIXELS_VINDR) ||
            sx_film_to_8bit_named(film, SX_PIXELS_VINDR, &out->vindr, err));
}

static bool read_file(const sx_predictor *p, const sx_context *context, const sx_film_source *s,
                      const sx_predict_options *o, sx_film_views *out, sx_error *err) {
    const sx_bundle_info *info = p->info;
    const sx_film_options options = { .frame = o->frame,
                                      .least_side = p->reduced ? wanted_side(info) : 0,
                                      .context = context,
                                      .warnings = &out->warnings };
    if (!check_size(s, err) || (!o->any_film && !accept(s, err))) return false;
    sx_film *film = open_film(s, &options, err);
    if (!film) return false;
    describe(out, film);
    const bool ok = sx_film_views_convert(info, film, out, err);
    sx_film_free(film);
    return ok;
}

/* ---- pixels in memory ---- */

static bool check_pixels(const sx_pixel_view *v, int frame, size_t *row, sx_error *err) {
    if (!v->data) return sx_fail(err, SX_ERR_USAGE, "no pixels are given");
    if (frame < 0 || frame > 1)
        return sx_fail(err, SX_ERR_USAGE, "there is no frame %d among pixels in memory", frame);
    if (v->width < 1 || v->height < 1 || v->width > SX_IMAGE_MAX_SIDE ||
        v->height > SX_IMAGE_MAX_SIDE)
        return sx_fail(err, v->width < 1 || v->height < 1 ? SX_ERR_USAGE : SX_ERR_LIMIT,
                       "%d x %d pixels: sides are from 1 to %d", v->width, v->height,
                       SX_IMAGE_MAX_SIDE);
    if (v->channels != 1 && v->channels != 3)
        return sx_fail(err, SX_ERR_USAGE, "channels is %d, not 1 (grey) or 3 (RGB)", v->channels);
    if (v->bits != 8 && v->bits != 16)
        return sx_fail(err, SX_ERR_USAGE, "bits is %d, not 8 or 16", v->bits);
    *row = (size_t)v->width * (size_t)v->channels * (size_t)(v->bits / 8);
    if (v->stride && v->stride < *row)
        return sx_fail(err, SX_ERR_USAGE, "a stride of %zu bytes is less than a row of %zu",
                       v->stride, *row);
    if (v->stride && (size_t)v->height > (SIZE_MAX / 2 - *row) / v->stride)
        return sx_fail(err, SX_ERR_USAGE,
                       "a height of %d with a stride of %zu bytes fits no memory", v->height,
                       v->stride);
    return true;
}

static bool read_pixels(const sx_pixel_view *v, int frame, sx_film_views *out, sx_error *err) {
    size_t row = 0;
    if (!check_pixels(v, frame, &row, err) ||
        !sx_image_new(&out->dicom, v->width, v->height, v->channels, 8, err))
        return false;
    const size_t stride = v->stride ? v->stride : row, rows = (size_t)v->height;
    const unsigned char *from = v->data;
    if (v->bits == 16)
        sx_stretch_to_8bit(from, stride, row / 2, rows, sx_image_u8(&out->dicom));
    else
        for (size_t y = 0; y < rows; y++)
            memcpy(sx_image_u8(&out->dicom) + y * row, from + y * stride, row);
    out->frame = 1;
    out->width = v->width;
    out->height = v->height;
    return true;
}

/* ---- both ---- */

bool sx_film_views_read(const sx_predictor *p, const sx_context *context,
                        const sx_film_source *source, const sx_predict_options *options,
                        sx_film_views *out, sx_error *err) {
    const double start = sx_now();
    *out = (sx_film_views){ 0 };
    bool ok = !source->fault || sx_fail(err, SX_ERR_MISSING, "%s", source->fault);
    ok = ok && set_image_id(source, out, err) &&
         (source->pixels ? read_pixels(source->pixels, options->frame, out, err)
                         : read_file(p, context, source, options, out, err));
    out->seconds = sx_now() - start;
    if (!ok) sx_film_views_free(out);
    return ok;
}

void sx_film_views_free(sx_film_views *v) {
    sx_image_free(&v->dicom);
    sx_image_free(&v->vindr);
    free(v->image_id);
    v->image_id = NULL;
}

sx_image *sx_film_views_for(sx_film_views *v, sx_pixels way) {
    const bool vindr = v->vindr.data && (way == SX_PIXELS_VINDR || !v->dicom.data);
    return vindr ? &v->vindr : &v->dicom;
}

/* Bytes per pixel of the film: the decoder needs four, the stored values two, and each 8-bit
 * picture one (in colour three). The drawn picture is smaller than the film. */
enum { PIXEL_BYTES = 9 };

size_t sx_film_source_bytes(const sx_film_source *source) {
    if (source->pixels) return 3 * (size_t)source->pixels->width * (size_t)source->pixels->height;
    struct stat s;
    size_t bytes = source->size;
    if (!source->bytes)
        bytes = stat(source->path, &s) == 0 && s.st_size > 0 ? (size_t)s.st_size : 0;
    sx_film *film = open_film(source, &(sx_film_options){ .header_only = true }, NULL);
    if (film && film->info.columns > 0 && film->info.rows > 0)
        bytes += PIXEL_BYTES * (size_t)film->info.columns * (size_t)film->info.rows;
    sx_film_free(film);
    return bytes;
}
