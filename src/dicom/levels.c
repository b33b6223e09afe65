#include "dicom/levels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "dicom/film_warnings.h"
#include "image/convert.h"

enum { GRAIN = 1 << 18 }; /* pixels per thread; below that a thread costs more than it saves */

static bool is_8bit(const sx_film *f) {
    return f->sample == SX_SAMPLE_U8 || f->sample == SX_SAMPLE_S8;
}

int sx_level_count(const sx_film *f) {
    return is_8bit(f) ? 256 : SX_LEVELS;
}

int32_t sx_level_value(const sx_film *f, int level) {
    switch (f->sample) {
    case SX_SAMPLE_S8:
        return (int8_t)level;
    case SX_SAMPLE_S16:
        return (int16_t)level;
    default:
        return level;
    }
}

typedef struct pass {
    const sx_film *film;
    _Atomic uint8_t *seen;
    const uint8_t *table;
    uint8_t *out;
} pass;

/* Reading before writing keeps the table's cache lines shared among threads. */
static void mark_level(_Atomic uint8_t *seen, unsigned level) {
    if (!atomic_load_explicit(&seen[level], memory_order_relaxed))
        atomic_store_explicit(&seen[level], 1, memory_order_relaxed);
}

static void scan(void *ctx, size_t begin, size_t end) {
    const pass *p = ctx;
    const uint8_t *bytes = p->film->samples;
    const uint16_t *words = p->film->samples;
    if (is_8bit(p->film))
        for (size_t i = begin; i < end; i++)
            mark_level(p->seen, bytes[i]);
    else
        for (size_t i = begin; i < end; i++)
            mark_level(p->seen, words[i]);
}

void sx_levels_scan(const sx_film *f, uint8_t *seen) {
    pass p = { .film = f, .seen = (_Atomic uint8_t *)seen };
    memset(seen, 0, SX_LEVELS);
    sx_parallel_for(f->context, (size_t)f->width * (size_t)f->height, GRAIN, scan, &p);
}

static void apply(void *ctx, size_t begin, size_t end) {
    const pass *p = ctx;
    const uint8_t *restrict bytes = p->film->samples, *restrict table = p->table;
    const uint16_t *restrict words = p->film->samples;
    uint8_t *restrict out = p->out;
    if (is_8bit(p->film))
        for (size_t i = begin; i < end; i++)
            out[i] = table[bytes[i]];
    else
        for (size_t i = begin; i < end; i++)
            out[i] = table[words[i]];
}

void sx_levels_apply(const sx_film *f, const uint8_t *table, uint8_t *out) {
    pass p = { .film = f, .table = table, .out = out };
    sx_parallel_for(f->context, (size_t)f->width * (size_t)f->height, GRAIN, apply, &p);
}

void sx_levels_warn(const sx_film *f, sx_pixels pixels, const char *what, double used) {
    const char *way = pixels == SX_PIXELS_VINDR ? "vindr" : "dicom";
    if (!what || used >= 0.1) return;
    if (used > 0)
        sx_film_warn(f, "after %s the film spans only %.2g %% of the grey range (--pixels %s)",
                     what, 100 * used, way);
    else
        sx_film_warn(f, "%s maps the film to a single grey value (--pixels %s)", what, way);
}

/* ---- pictures ---- */

static bool copy_picture(const sx_image *from, sx_image *out, sx_error *err) {
    const size_t samples = (size_t)from->width * (size_t)from->channels,
                 rows = (size_t)from->height;
    if (!sx_image_new(out, from->width, from->height, from->channels, 8, err)) return false;
    if (from->bits == 8)
        memcpy(out->data, from->data, samples * rows);
    else
        sx_stretch_to_8bit(from->data, 2 * samples, samples, rows, sx_image_u8(out));
    return true;
}

/* ---- both pipelines ---- */

static bool make_table(const sx_film *f, sx_pixels pixels, const uint8_t *seen, uint8_t *table,
                       sx_error *err) {
    if (pixels != SX_PIXELS_VINDR) return sx_dicom_presentation(f, seen, table, err);
    sx_error why = { 0 };
    if (sx_vindr_convert2(f, seen, table, &why)) return true;
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    sx_vindr_convert1(f, seen, table);
    return true;
}

bool sx_film_to_8bit(const sx_film *f, sx_pixels pixels, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (f->kind != SX_FILM_DICOM && f->image.data) return copy_picture(&f->image, out, err);
    if (!f->samples) return sx_fail(err, SX_ERR_USAGE, "the film was opened without its pixels");
    uint8_t *seen = sx_calloc_for(2, SX_LEVELS, "grey levels", err);
    if (!seen) return false;
    uint8_t *table = seen + SX_LEVELS;
    sx_levels_scan(f, seen);
    bool ok = make_table(f, pixels, seen, table, err) &&
              sx_image_new(out, f->width, f->height, 1, 8, err);
    if (ok) sx_levels_apply(f, table, sx_image_u8(out));
    free(seen);
    return ok;
}

bool sx_film_to_8bit_named(const sx_film *f, sx_pixels pixels, sx_image *out, sx_error *err) {
    return sx_film_to_8bit(f, pixels, out, err) || sx_fail_in(err, "%s", f->name);
}
