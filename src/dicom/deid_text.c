#include "dicom/deid_text.h"

#include <stdlib.h>

#include "base/mem.h"
#include "dicom/attributes.h"
#include "dicom/deid_bits.h"
#include "dicom/film_text.h"
#include "dicom/stored_bits.h"

typedef struct text_search {
    sx_film_text text; /* of all frames */
    int frames;
    sx_deid_bits bits;
} text_search;

/* A frame without a picture is an error also where no text is searched for. */
static bool examine_frame(text_search *l, const sx_film *f, bool search, sx_error *err) {
    sx_image shown = { 0 };
    const bool ok = sx_film_to_8bit(f, SX_PIXELS_DICOM, &shown, err) &&
                    (!search || sx_film_text_add(&l->text, f, &shown, err));
    sx_image_free(&shown);
    return ok;
}

static sx_film *frame(const void *bytes, size_t n, const char *name, int number, sx_error *err) {
    sx_film *f = sx_film_from_memory(bytes, n, name, &(sx_film_options){ .frame = number }, err);
    if (!f || f->kind == SX_FILM_DICOM || sx_deid_refuse_picture(name, err)) return f;
    sx_film_free(f);
    return NULL;
}

/* Which of the bits above BitsStored are part of the image cannot be decided for every pixel. */
static bool check_stored_bits(const sx_film *f, sx_error *err) {
    const sx_film_info *info = &f->info;
    if (!info->stream_bits) return true;
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "BitsStored is %d, but the image uses bits above it (the compressed stream has "
                   "%d): they may hold more than the image, and cannot be cleared",
                   info->bits_stored, info->stream_bits);
}

static bool look(text_search *l, const void *bytes, size_t n, const sx_deid_pixel_options *o,
                 sx_error *err) {
    bool ok = true;
    l->frames = 1;
    for (int k = 1; ok && k <= l->frames; k++) {
        sx_film *f = frame(bytes, n, o->name, k, err);
        ok = f && check_stored_bits(f, err) && examine_frame(l, f, o->search, err) &&
             sx_deid_bits_add(&l->bits, f, err);
        if (f) l->frames = f->info.frames > 1 ? f->info.frames : 1;
        if (ok && k == l->frames) sx_deid_bits_choose(&l->bits, &f->info);
        sx_film_free(f);
    }
    return ok;
}

/* ---- blanking ---- */

static int by_value(const void *a, const void *b) {
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The median of the stored values around an area, as they are written; 0 if the area fills the
 * film. */
static int32_t around(const text_search *l, const sx_film *f, const sx_used_bits *used,
                      const sx_text_area *a) {
    int32_t v[1024];
    size_t n = 0;
    const int length = 2 * (a->x1 - a->x0 + a->y1 - a->y0), step = length / 1000 + 1;
    for (int i = 0; i < length && n < 1024; i += step) {
        const int w = a->x1 - a->x0, h = a->y1 - a->y0;
        const int x = i < 2 * w ? a->x0 + i % w : i < 2 * w + h ? a->x0 - 1 : a->x1;
        const int y = i < w ? a->y0 - 1 : i < 2 * w ? a->y1 : a->y0 + (i - 2 * w) % h;
        if (x < 0 || y < 0 || x >= f->width || y >= f->height) continue;
        const int32_t sample = sx_film_value(f, (size_t)y * (size_t)f->width + (size_t)x);
        v[n++] = sx_film_stored_value(&f->info, sx_deid_bits_clear(&l->bits, used, sample));
    }
    if (n) qsort(v, n, sizeof *v, by_value);
    return n ? v[n / 2] : 0;
}

static void set_value(void *samples, int bits, size_t i, int32_t v) {
    if (bits == 8)
        ((uint8_t *)samples)[i] = (uint8_t)v;
    else
        ((uint16_t *)samples)[i] = (uint16_t)v;
}

static void blank_frame(const text_search *l, const sx_film *f, void *to, size_t first) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    const int bits = f->info.bits_allocated;
    const sx_used_bits used = sx_used_bits_of(f);
    for (size_t i = 0; i < n; i++)
        set_value(to, bits, first + i, sx_deid_bits_clear(&l->bits, &used, sx_film_value(f, i)));
    for (size_t k = 0; k < l->text.count; k++) {
        const sx_text_area *a = &l->text.areas[k];
        const int32_t v = sx_used_bits_sample(&used, around(l, f, &used, a));
        for (int y = a->y0; y < a->y1; y++)
            for (int x = a->x0; x < a->x1; x++)
                set_value(to, bits, first + (size_t)y * (size_t)f->width + (size_t)x, v);
    }
}

static void put_bits(sx_deid_pixels *out, const sx_film_info *info) {
    out->stored = info->bits_stored;
    if (info->high_bit > out->high) out->high = info->high_bit;
    out->is_signed = info->is_signed;
}

static bool blank(const text_search *l, const void *bytes, size_t n, const char *name,
                  sx_deid_pixels *out, sx_error *err) {
    bool ok = true;
    for (int k = 1; ok && k <= l->frames; k++) {
        sx_film *f = frame(bytes, n, name, k, err);
        const size_t pixels = f ? (size_t)f->width * (size_t)f->height : 0;
        ok = f != NULL;
        if (ok && k == 1) {
            out->bits = f->info.bits_allocated;
            ok = sx_mul_size(pixels, (size_t)l->frames, &out->count) ||
                 sx_fail(err, SX_ERR_LIMIT, "%s: too many pixels", name);
            out->samples =
                ok ? sx_calloc_for(out->count, (size_t)out->bits / 8, "pixels", err) : NULL;
            ok = out->samples != NULL;
        }
        if (ok) blank_frame(l, f, out->samples, (size_t)(k - 1) * pixels);
        if (ok) put_bits(out, &f->info);
        sx_film_free(f);
    }
    return ok;
}

bool sx_deid_search_pixels(const void *bytes, size_t n, const sx_deid_pixel_options *o,
                           sx_deid_pixels *out, sx_error *err) {
    text_search l = { 0 };
    *out = (sx_deid_pixels){ 0 };
    bool ok = look(&l, bytes, n, o, err);
    if (ok && l.text.count) {
        sx_film_text_merge(&l.text);
        out->areas = l.text.count;
        sx_film_text_describe(&l.text, out->where, sizeof out->where);
    }
    if (ok && !o->blank) l.text.count = 0;
    out->changed = l.text.count || l.bits.beyond;
    out->padding_moved = l.bits.padding_beyond;
    out->padding = (uint16_t)l.bits.padding;
    ok = ok && blank(&l, bytes, n, o->name, out, err);
    sx_film_text_free(&l.text);
    sx_deid_bits_free(&l.bits);
    if (ok) return true;
    free(out->samples);
    *out = (sx_deid_pixels){ 0 };
    return false;
}

static bool same_samples(const sx_film *f, const sx_deid_pixels *px, size_t first) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    if (f->info.bits_allocated != px->bits || first > px->count || px->count - first < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const int32_t v = sx_film_value(f, i);
        const bool same = px->bits == 8 ? ((const uint8_t *)px->samples)[first + i] == (uint8_t)v
                                        : ((const uint16_t *)px->samples)[first + i] == (uint16_t)v;
        if (!same) return false;
    }
    return true;
}

bool sx_deid_same_pixels(const void *bytes, size_t n, const sx_deid_pixels *px, bool *same,
                         sx_error *err) {
    sx_error why = { 0 };
    size_t done = 0;
    int frames = 1;
    *same = true;
    for (int k = 1; *same && k <= frames; k++) {
        sx_film *f = frame(bytes, n, "the result", k, &why);
        *same = f && same_samples(f, px, done);
        if (f) {
            frames = f->info.frames > 1 ? f->info.frames : 1;
            done += (size_t)f->width * (size_t)f->height;
        }
        sx_film_free(f);
    }
    *same = *same && done == px->count;
    return why.code != SX_ERR_MEMORY || sx_fail(err, why.code, "%s", why.message);
}
