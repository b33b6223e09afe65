/* dicom2png of the VinDr-SpineXR authors, including the behaviour of pydicom 2.3, NumPy and OpenCV.
 * Each step is computed once per level instead of once per pixel, in their order of operations,
 * because results are truncated. docs/films.md lists the quirks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/attributes.h"
#include "dicom/levels.h"

/* The types that NumPy computes in. Integers wrap around. */
typedef enum number_type { U8, S8, U16, S16, F64 } number_type;

static double wrap(double v, number_type t) {
    if (t == F64) return v; /* may exceed every integer type */
    const int64_t i = (int64_t)v;
    switch (t) {
    case U8:
        return (uint8_t)i;
    case S8:
        return (int8_t)i;
    case U16:
        return (uint16_t)i;
    default:
        return (int16_t)i;
    }
}

/* GDCM clears bits above BitsStored of lossy JPEG. They are kept where they are part of the
 * image. */
static int32_t stored(const sx_film *f, int level) {
    int32_t v = sx_level_value(f, level);
    if (f->info.lossy_stream && !f->info.is_signed && f->info.bits_stored < 16 &&
        !f->info.stream_bits)
        v &= (1 << f->info.bits_stored) - 1;
    return v;
}

/* astype(uint8) on x86: truncated to a 32-bit integer, whose low byte stays; NaN and infinities
 * become 0. */
static uint8_t to_byte(double v) {
    if (!isfinite(v) || fabs(v) >= 2147483648.0) return 0;
    const int32_t i = (int32_t)v;
    return (uint8_t)(i & 0xFF);
}

/* ---- pydicom.pixel_data_handlers.util.apply_voi ---- */

static bool apply_lut(const sx_film *f, const uint8_t *seen, double *v, number_type *type,
                      sx_error *err) {
    const sx_film_lut *lut = &f->info.voi_lut;
    bool bytes = lut->bits == 8;
    if (!bytes && (lut->bits < 10 || lut->bits > 16))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "a VOI LUT of %d bits", lut->bits);
    if (lut->ow && (lut->packed || lut->held != lut->count))
        return sx_fail(err, SX_ERR_FORMAT, "the VOI LUT has %d words, not %d", lut->held,
                       lut->count);
    number_type t = bytes ? U8 : U16;
    for (int i = 0; i < sx_level_count(f); i++) {
        if (!seen[i]) continue;
        int32_t p = stored(f, i);
        /* the index has the type of the result */
        int32_t index = p < lut->first ? 0 : (int32_t)wrap(p - lut->first, t);
        if (index > lut->count - 1) index = lut->count - 1;
        if (index >= lut->held)
            return sx_fail(err, SX_ERR_FORMAT, "the VOI LUT has no entry %d", index);
        v[i] = wrap(lut->entries[index], t);
    }
    *type = t;
    return true;
}

/* ---- apply_windowing ---- */

typedef struct window {
    double center, width, low, range, high;
    sx_voi_function function;
} window;

static bool make_window(window *w, const sx_film_info *f, sx_error *err) {
    *w = (window){ .center = f->window_center,
                   .width = f->window_width,
                   .function = f->voi_function };
    if (f->modality_lut.count) {
        w->high = ldexp(1, f->modality_lut.bits) - 1;
    } else if (f->is_signed) {
        w->low = -ldexp(1, f->bits_stored - 1);
        w->high = ldexp(1, f->bits_stored - 1) - 1;
    } else {
        w->high = ldexp(1, f->bits_stored) - 1;
    }
    if (f->has_slope && f->has_intercept) {
        w->low = w->low * f->slope + f->intercept;
        w->high = w->high * f->slope + f->intercept;
    }
    w->range = w->high - w->low;
    if (w->function == SX_VOI_OTHER)
        return sx_fail(err, SX_ERR_VALUE,
                       "VOILUTFunction is \"%s\", which the standard does not have",
                       f->voi_function_name);
    if (!sx_voi_width_usable(w->function, w->width))
        return sx_fail(err, SX_ERR_VALUE, "a window of width %g cannot be applied", w->width);
    if (w->function == SX_VOI_LINEAR) {
        w->center -= 0.5;
        w->width -= 1;
    }
    return true;
}

static double windowed(const window *w, double p) {
    if (w->function == SX_VOI_SIGMOID)
        return w->range / (1 + exp(-4 * (p - w->center) / w->width)) + w->low;
    if (p <= w->center - w->width / 2) return w->low;
    if (p > w->center + w->width / 2) return w->high;
    return ((p - w->center) / w->width + 0.5) * w->range + w->low;
}

static bool apply_voi(const sx_film *f, const uint8_t *seen, double *v, number_type *type,
                      sx_error *err) {
    static const number_type types[] = {
        [SX_SAMPLE_U8] = U8, [SX_SAMPLE_S8] = S8, [SX_SAMPLE_U16] = U16, [SX_SAMPLE_S16] = S16
    };
    window w;
    if (f->info.voi_lut.count) return apply_lut(f, seen, v, type, err);
    bool windows = f->info.window_count > 0;
    if (windows && !make_window(&w, &f->info, err)) return false;
    *type = windows ? F64 : types[f->sample];
    for (int i = 0; i < sx_level_count(f); i++)
        if (seen[i]) v[i] = windows ? windowed(&w, stored(f, i)) : stored(f, i);
    return true;
}

/* ---- convert2: VOI, inversion, smallest..largest to 0..255 ---- */

static void limits(const sx_film *f, const uint8_t *seen, const double *v, double *low,
                   double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < sx_level_count(f); i++) {
        if (!seen[i]) continue;
        if (v[i] < *low) *low = v[i];
        if (v[i] > *high) *high = v[i];
    }
}

/* The fraction of its output range to which the LUT or window maps the film; stretching hides
 * it. */
static bool warn(const sx_film *f, const uint8_t *seen, const double *v, sx_error *err) {
    const sx_film_info *info = &f->info;
    const char *what = "the window";
    sx_level_span span;
    window w;
    if (sx_levels_seen(f, seen) < 2) {
        sx_levels_warn_flat(f, SX_PIXELS_VINDR, "all pixels");
        return true;
    }
    if (!sx_levels_span(f, seen, v, &span, err)) return false;
    double range = span.all;
    if (info->voi_lut.count) {
        what = "the VOI LUT";
        range = sx_lut_top(&info->voi_lut);
    } else if (info->window_count > 0 && make_window(&w, info, NULL)) {
        range = fabs(w.range);
    } else {
        what = sx_levels_stretching;
    }
    if (range > 0) span = (sx_level_span){ span.all / range, span.most / range };
    sx_levels_warn(f, SX_PIXELS_VINDR, what, span);
    return true;
}

static void stretch(const sx_film *f, const uint8_t *seen, double *v, number_type type,
                    uint8_t *table) {
    int n = sx_level_count(f);
    double low, high;
    if (f->info.monochrome1) {
        limits(f, seen, v, &low, &high);
        for (int i = 0; i < n; i++)
            if (seen[i]) v[i] = wrap(high - v[i], type);
    }
    limits(f, seen, v, &low, &high);
    for (int i = 0; i < n; i++)
        if (seen[i]) v[i] = wrap(v[i] - low, type);
    limits(f, seen, v, &low, &high);
    for (int i = 0; i < n; i++)
        if (seen[i])
            table[i] =
                high != 0 ? to_byte(v[i] / high * 255) : 0; /* 0 / 0 is NaN, which becomes 0 */
}

bool sx_vindr_convert2(const sx_film *f, const uint8_t *seen, uint8_t *table, sx_error *err) {
    double *v = sx_calloc_for((size_t)sx_level_count(f), sizeof *v, "grey levels", err);
    number_type type = F64;
    if (!v) return false;
    bool ok = apply_voi(f, seen, v, &type, err);
    ok = ok && warn(f, seen, v, err);
    if (ok) stretch(f, seen, v, type, table);
    free(v);
    return ok;
}

/* ---- convert1: convertScaleAbs by 255 / max, inversion, equalizeHist ---- */

static void equalize(const size_t counts[256], size_t total, uint8_t lut[256]) {
    int first = 0;
    size_t sum = 0;
    while (first < 255 && !counts[first])
        first++;
    if (counts[first] == total) {
        memset(lut, first, 256);
        return;
    }
    memset(lut, 0, 256);
    float scale = 255.0F / (float)(total - counts[first]);
    for (int k = first + 1; k < 256; k++) {
        sum += counts[k];
        lut[k] = (uint8_t)lrintf((float)sum * scale);
    }
}

void sx_vindr_convert1(const sx_film *f, const uint8_t *seen, uint8_t *table) {
    int n = sx_level_count(f);
    int32_t max = INT32_MIN;
    for (int i = 0; i < n; i++)
        if (seen[i] && sx_level_value(f, i) > max) max = sx_level_value(f, i);
    float scale = (float)(255.0 / max);
    for (int i = 0; i < n; i++) {
        if (!seen[i]) continue;
        /* OpenCV ignores byte order: it reads the words of a big-endian array as native */
        int level = f->info.big_endian && n == SX_LEVELS ? (i << 8 | i >> 8) & 0xFFFF : i;
        float y = fabsf((float)sx_level_value(f, level) * scale);
        table[i] = !isfinite(y) ? 0 : y > 255 ? 255 : (uint8_t)lrintf(y);
        if (f->info.monochrome1) table[i] = (uint8_t)(255 - table[i]);
    }
    size_t counts[256] = { 0 }, total = (size_t)f->width * (size_t)f->height;
    for (size_t i = 0; i < total; i++) {
        int level =
            n == SX_LEVELS ? ((const uint16_t *)f->samples)[i] : ((const uint8_t *)f->samples)[i];
        counts[table[level]]++;
    }
    uint8_t lut[256];
    equalize(counts, total, lut);
    for (int i = 0; i < n; i++)
        if (seen[i]) table[i] = lut[table[i]];
}
