#include "dicom/levels.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "dicom/attributes.h"
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

int sx_levels_seen(const sx_film *f, const uint8_t *seen) {
    int count = 0;
    for (int i = 0; i < sx_level_count(f); i++)
        count += seen[i];
    return count;
}

/* ---- the range that is used ---- */

const char *const sx_levels_stretching = "stretching from the smallest to the largest value";

/* counts[SX_LEVELS] */
static void count_levels(const sx_film *f, uint32_t *counts) {
    enum { ENOUGH = 1 << 20 };
    const size_t width = (size_t)f->width, height = (size_t)f->height,
                 step = width * height / ENOUGH + 1;
    const uint8_t *bytes = f->samples;
    const uint16_t *words = f->samples;
    for (size_t y = 0; y < height; y += step)
        for (size_t i = y * width; i < (y + 1) * width; i++)
            counts[is_8bit(f) ? bytes[i] : words[i]]++;
}

/* Pixels by value, in cells of equal width. */
typedef struct cell {
    uint64_t pixels;
    double low, high;
} cell;
enum { CELLS = 4096 };

/* The first cell from one end after which more than `most` pixels are passed. */
static const cell *cell_after(const cell *cells, bool from_top, uint64_t most) {
    uint64_t passed = 0;
    for (int i = 0; i < CELLS; i++) {
        const cell *c = &cells[from_top ? CELLS - 1 - i : i];
        passed += c->pixels;
        if (passed > most) return c;
    }
    return NULL;
}

static void fill_cells(cell *cells, const uint32_t *counts, const double *values, int count,
                       double low, double high) {
    const double scale = high > low ? (CELLS - 1) / (high - low) : 0;
    for (int i = 0; i < count; i++) {
        if (!counts[i] || isnan(values[i])) continue;
        cell *c = &cells[(int)((values[i] - low) * scale)];
        if (!c->pixels) c->low = c->high = values[i];
        c->low = fmin(c->low, values[i]);
        c->high = fmax(c->high, values[i]);
        c->pixels += counts[i];
    }
}

bool sx_levels_span(const sx_film *f, const uint8_t *seen, const double *values,
                    sx_level_span *span, sx_error *err) {
    const int count = sx_level_count(f);
    double low = INFINITY, high = -INFINITY;
    uint64_t pixels = 0;
    *span = (sx_level_span){ 0 };
    uint32_t *counts = sx_calloc_for(SX_LEVELS, sizeof *counts, "grey levels", err);
    cell *cells = sx_calloc_for(CELLS, sizeof *cells, "grey levels", err);
    if (counts && cells) count_levels(f, counts);
    for (int i = 0; counts && cells && i < count; i++) {
        if (!seen[i] || isnan(values[i])) continue;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
        pixels += counts[i];
    }
    if (pixels > 0 && isfinite(high - low)) {
        fill_cells(cells, counts, values, count, low, high);
        const uint64_t cut = pixels / 200; /* half a percent at each end */
        span->all = high - low;
        span->most = cell_after(cells, true, cut)->high - cell_after(cells, false, cut)->low;
    }
    const bool ok = counts && cells;
    free(counts);
    free(cells);
    return ok;
}

static const char *way_of(sx_pixels pixels) {
    return pixels == SX_PIXELS_VINDR ? "vindr" : "dicom";
}

void sx_levels_warn_flat(const sx_film *f, sx_pixels pixels, const char *which) {
    sx_film_warn(f, "%s have the same value (--pixels %s)", which, way_of(pixels));
}

void sx_levels_warn(const sx_film *f, sx_pixels pixels, const char *what, sx_level_span span) {
    const char *way = way_of(pixels);
    const double least = 0.1;
    if (span.most >= least) return;
    const char *part = span.most > 0  ? span.all < least ? "the film" : "99 % of the film"
                       : span.all > 0 ? "99 % of the film"
                                      : "the film";
    if (span.most > 0)
        sx_film_warn(f, "after %s %s spans only %.2g %% of the grey range (--pixels %s)", what,
                     part, 100 * span.most, way);
    else
        sx_film_warn(f, "%s maps %s to a single grey value (--pixels %s)", what, part, way);
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

/* A stretched picture uses the whole range, if only by a few samples. */
static void warn_of_outliers(const sx_film *f, sx_pixels pixels, const sx_image *im) {
    const size_t n = (size_t)im->width * (size_t)im->height * (size_t)im->channels, cut = n / 200;
    size_t counts[256] = { 0 }, below = 0, above = 0;
    int low = 0, high = 255;
    for (size_t i = 0; i < n; i++)
        counts[sx_image_u8(im)[i]]++;
    while (low < 255 && (below += counts[low]) <= cut)
        low++;
    while (high > low && (above += counts[high]) <= cut)
        high--;
    if (counts[255] > 0) /* otherwise all samples are equal (is_flat) */
        sx_levels_warn(f, pixels, sx_levels_stretching, (sx_level_span){ 1, (high - low) / 255.0 });
}

static bool is_flat(const sx_image *im) {
    const size_t n = sx_image_bytes(im), pixel = (size_t)(im->channels * im->bits / 8);
    const uint8_t *bytes = im->data;
    return memcmp(bytes, bytes + pixel, n - pixel) == 0;
}

/* ---- both pipelines ---- */

/* The authors' script passes over a table without a descriptor. If the window cannot be applied
 * either, its own warning says what is used. */
static void warn_of_vindr_luts(const sx_film *f) {
    const bool usable = sx_film_window_usable(&f->info) && f->info.voi_function != SX_VOI_OTHER;
    char why[120];
    if (f->info.modality_lut.undescribed &&
        sx_lut_is_faulty(&f->info.modality_lut, "Modality LUT", why, sizeof why))
        sx_film_warn(f, "%s and is not used (--pixels vindr)", why);
    if (f->info.voi_lut.undescribed &&
        sx_lut_is_faulty(&f->info.voi_lut, "VOI LUT", why, sizeof why))
        sx_film_warn(f, "%s%s used (--pixels vindr)", why,
                     !f->info.window_count ? "; the stored values are"
                     : usable              ? "; the window is"
                                           : " and is not");
}

static bool make_table(const sx_film *f, sx_pixels pixels, const uint8_t *seen, uint8_t *table,
                       sx_error *err) {
    if (pixels != SX_PIXELS_VINDR) return sx_dicom_presentation(f, seen, table, err);
    sx_error why = { 0 };
    warn_of_vindr_luts(f);
    if (sx_vindr_convert2(f, seen, table, &why)) return true;
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    sx_film_warn(f,
                 "%s; the stored values are equalised, as the authors' script does "
                 "(--pixels vindr)",
                 why.message);
    sx_vindr_convert1(f, seen, table);
    return true;
}

bool sx_film_to_8bit(const sx_film *f, sx_pixels pixels, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (f->kind != SX_FILM_DICOM && f->image.data) {
        if (!copy_picture(&f->image, out, err)) return false;
        if (is_flat(out))
            sx_levels_warn_flat(f, pixels, "all pixels");
        else if (f->image.bits == 16)
            warn_of_outliers(f, pixels, out);
        return true;
    }
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
