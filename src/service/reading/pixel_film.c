#include "service/reading/pixel_film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/presentation.h"
#include "dicom/stored_bits.h"
#include "image/convert.h"
#include "service/reading/pixel_description.h"

/* ---- samples of a DICOM film ---- */

/* By level: the integer that becomes the sample. NULL: the level is padding or does not occur. */
typedef struct level_codes {
    int32_t *values;
    bool *used;
    int count;
    int32_t smallest, largest;
} level_codes;

static void codes_free(level_codes *c) {
    free(c->values);
    free(c->used);
}

static bool codes_find(const sx_film *f, const sx_presentation *p, level_codes *c, sx_error *err) {
    *c = (level_codes){ .count = p->count, .smallest = INT32_MAX, .largest = INT32_MIN };
    c->values = sx_calloc_for((size_t)p->count, sizeof *c->values, "grey levels", err);
    c->used = c->values ? sx_calloc_for((size_t)p->count, sizeof *c->used, "grey levels", err) : 0;
    if (!c->used) return false;
    for (int i = 0; i < p->count; i++) {
        c->used[i] = p->seen[i] && !isnan(p->values[i]);
        if (!c->used[i]) continue;
        const int32_t v = f->info.modality_lut.count
                              ? (int32_t)p->values[i]
                              : sx_film_stored_value(&f->info, sx_level_value(f, i));
        c->values[i] = v;
        if (v < c->smallest) c->smallest = v;
        if (v > c->largest) c->largest = v;
    }
    if (c->smallest > c->largest) c->smallest = c->largest = 0; /* a film of padding alone */
    return true;
}

/* A sample that no level has: one of the 65,536 is free, since padding is a level too. */
static uint16_t free_sample(const level_codes *c) {
    uint8_t taken[SX_LEVELS] = { 0 };
    for (int i = 0; i < c->count; i++)
        if (c->used[i]) taken[c->values[i] - c->smallest] = 1;
    int sample = SX_LEVELS - 1;
    while (sample > 0 && taken[sample])
        sample--;
    return (uint16_t)sample;
}

static bool any_padding(const sx_presentation *p) {
    for (int i = 0; i < p->count; i++)
        if (p->seen[i] && isnan(p->values[i])) return true;
    return false;
}

/* Gives the samples their place in 0..65535, with padding below all others where there is room. */
static void place_samples(level_codes *c, const sx_presentation *p, sx_pixel_film *out,
                          int32_t *offset) {
    out->has_padding = any_padding(p);
    const bool room = c->largest - c->smallest < SX_LEVELS - 1;
    *offset = c->smallest - (out->has_padding && room);
    if (out->has_padding) out->padding = room ? 0 : free_sample(c);
}

static void fill_samples(const sx_film *f, const level_codes *c, int32_t offset,
                         sx_pixel_film *out) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    uint16_t table[SX_LEVELS] = { 0 };
    for (int i = 0; i < c->count; i++)
        table[i] = c->used[i] ? (uint16_t)(c->values[i] - offset) : out->padding;
    if (c->count == SX_LEVELS) {
        const uint16_t *words = f->samples;
        for (size_t i = 0; i < n; i++)
            out->samples[i] = table[words[i]];
    } else {
        const uint8_t *bytes = f->samples;
        for (size_t i = 0; i < n; i++)
            out->samples[i] = table[bytes[i]];
    }
}

static bool read_presented(const sx_film *f, const sx_presentation *p, sx_pixel_film *out,
                           sx_error *err) {
    level_codes c;
    int32_t offset = 0;
    bool ok = codes_find(f, p, &c, err);
    if (ok) {
        place_samples(&c, p, out, &offset);
        fill_samples(f, &c, offset, out);
        ok = sx_pixel_describe_film(f, p, offset, out, err);
    }
    codes_free(&c);
    return ok;
}

static bool read_dicom(const sx_film *f, sx_pixel_film *out, sx_error *err) {
    sx_presentation p;
    uint8_t *seen = sx_calloc_for(1, SX_LEVELS, "grey levels", err);
    if (!seen) return false;
    sx_levels_scan(f, seen);
    bool ok = sx_presentation_read(f, seen, &p, err);
    if (ok) {
        ok = read_presented(f, &p, out, err);
        sx_presentation_free(&p);
    }
    free(seen);
    return ok;
}

/* ---- samples of a picture ---- */

static bool grey_picture(const sx_film *f, sx_image *grey, sx_error *err) {
    sx_image shown;
    if (!sx_film_to_8bit(f, SX_PIXELS_DICOM, &shown, err)) return false;
    const bool ok = sx_image_to_grey(&shown, grey, err);
    sx_image_free(&shown);
    return ok;
}

static bool read_picture(const sx_film *f, sx_pixel_film *out, sx_error *err) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    if (f->image.channels == 1 && f->image.bits == 16) {
        memcpy(out->samples, f->image.data, n * sizeof *out->samples);
        return sx_pixel_describe_picture(f, 16, out, err);
    }
    sx_image grey = { 0 };
    if (!grey_picture(f, &grey, err)) return false;
    for (size_t i = 0; i < n; i++)
        out->samples[i] = sx_image_u8(&grey)[i];
    sx_image_free(&grey);
    return sx_pixel_describe_picture(f, 8, out, err);
}

bool sx_pixel_film_of(const sx_film *f, sx_pixel_film *out, sx_error *err) {
    *out = (sx_pixel_film){ .width = f->width, .height = f->height };
    out->samples = sx_calloc_for((size_t)f->width * (size_t)f->height, sizeof *out->samples,
                                 "film pixels", err);
    const bool ok =
        out->samples && (f->kind == SX_FILM_DICOM ? read_dicom : read_picture)(f, out, err);
    if (!ok) sx_pixel_film_free(out);
    return ok;
}

bool sx_pixel_film_read(const void *bytes, size_t n, const char *name, const sx_context *context,
                        sx_pixel_film *out, sx_error *err) {
    *out = (sx_pixel_film){ 0 };
    const sx_film_options o = { .context = context };
    sx_film *f = sx_film_from_memory(bytes, n, name, &o, err);
    if (!f) return false;
    const bool ok = sx_pixel_film_of(f, out, err);
    sx_film_free(f);
    return ok;
}

void sx_pixel_film_free(sx_pixel_film *p) {
    free(p->samples);
    sx_str_free(&p->description);
    *p = (sx_pixel_film){ 0 };
}
