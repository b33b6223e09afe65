/* The standard's pipeline: stored value, Modality LUT (PS3.3 C.11.1), VOI LUT (C.11.2),
 * presentation. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dicom/levels.h"

/* ---- stored value ---- */

/* The stored bits alone; the bits above them may hold overlays. A lossy decoder's values may lie
 * slightly outside the stored range; they are clamped to it and not wrapped around. */
static int32_t stored(const sx_film_info *f, int32_t v) {
    int bits = f->bits_stored, shift = f->high_bit + 1 - bits;
    int32_t mask = (int32_t)((1U << bits) - 1U);
    if (f->lossy_stream && !f->is_signed) return v > mask ? mask : v;
    v = (v >> shift) & mask;
    if (f->is_signed && v >> (bits - 1)) v -= mask + 1;
    return v;
}

static bool is_padding(const sx_film_info *f, int32_t sample, int32_t value) {
    if (!f->has_padding) return false;
    return (sample >= f->padding_low && sample <= f->padding_high) ||
           (value >= f->padding_low && value <= f->padding_high);
}

/* ---- look-up tables ---- */

static bool check_lut(const sx_film_lut *lut, const char *name, sx_error *err) {
    if (lut->count == 0 || lut->held >= lut->count) return true;
    return sx_fail(err, SX_ERR_FORMAT, "the %s holds %d of %d entries", name, lut->held,
                   lut->count);
}

static double look_up(const sx_film_lut *lut, double v) {
    double i = floor(v + 0.5) - lut->first;
    if (i < 0) i = 0;
    if (i > lut->count - 1) i = lut->count - 1;
    return lut->entries[(size_t)i];
}

/* The largest output value: the descriptor's, unless an entry is larger. */
static double lut_top(const sx_film_lut *lut) {
    int bits = lut->bits > 0 && lut->bits <= 16 ? lut->bits : 16;
    for (int32_t i = 0; i < lut->count; i++)
        while (lut->entries[i] >> bits)
            bits++;
    return ldexp(1, bits) - 1;
}

/* ---- VOI: to 0..1 ---- */

typedef enum voi_kind { VOI_LUT, VOI_WINDOW, VOI_LIMITS } voi_kind;

typedef struct voi {
    voi_kind kind;
    const sx_film_info *film;
    double top;       /* of the table */
    double low, high; /* LIMITS */
} voi;

/* A window that the standard forbids (C.11.2.1.2) is ignored. */
static bool usable_window(const sx_film_info *f) {
    if (f->window_count == 0) return false;
    return f->voi_function == SX_VOI_LINEAR || f->voi_function == SX_VOI_OTHER
               ? f->window_width >= 1
               : f->window_width > 0;
}

static double windowed(const sx_film_info *f, double x) {
    double c = f->window_center, w = f->window_width;
    if (f->voi_function == SX_VOI_SIGMOID) return 1 / (1 + exp(-4 * (x - c) / w));
    if (f->voi_function != SX_VOI_LINEAR_EXACT) {
        c -= 0.5;
        w -= 1;
    }
    if (x <= c - w / 2) return 0;
    if (x > c + w / 2) return 1;
    return (x - c) / w + 0.5;
}

static double apply_voi(const voi *v, double x) {
    switch (v->kind) {
    case VOI_LUT:
        return look_up(&v->film->voi_lut, x) / v->top;
    case VOI_WINDOW:
        return windowed(v->film, x);
    default:
        return v->high > v->low ? (x - v->low) / (v->high - v->low) : 0;
    }
}

static void choose_voi(voi *v, const sx_film *f, const uint8_t *seen, const double *x) {
    *v = (voi){ .film = &f->info, .low = INFINITY, .high = -INFINITY };
    v->kind = f->info.voi_lut.count ? VOI_LUT : usable_window(&f->info) ? VOI_WINDOW : VOI_LIMITS;
    if (v->kind == VOI_LUT) v->top = lut_top(&f->info.voi_lut);
    for (int i = 0; v->kind == VOI_LIMITS && i < sx_level_count(f); i++) {
        if (!seen[i] || isnan(x[i])) continue;
        if (x[i] < v->low) v->low = x[i];
        if (x[i] > v->high) v->high = x[i];
    }
}

/* ---- the whole pipeline ---- */

/* Modality values; NaN for padding. */
static void modality(const sx_film *f, const uint8_t *seen, double *x) {
    const sx_film_info *info = &f->info;
    double slope = info->slope != 0 ? info->slope : 1; /* the standard forbids 0 */
    for (int i = 0; i < sx_level_count(f); i++) {
        if (!seen[i]) continue;
        int32_t sample = sx_level_value(f, i), value = stored(info, sample);
        if (is_padding(info, sample, value))
            x[i] = NAN;
        else if (info->modality_lut.count)
            x[i] = look_up(&info->modality_lut, value);
        else
            x[i] = value * slope + info->intercept;
    }
}

/* A slope may be valid as text and still lead to values, or a range, that are not finite. */
static bool check_finite(const sx_film *f, const uint8_t *seen, const double *x, const voi *v,
                         sx_error *err) {
    const sx_film_info *info = &f->info;
    bool ok = v->kind != VOI_LIMITS || !(v->high > v->low) || isfinite(v->high - v->low);
    for (int i = 0; ok && i < sx_level_count(f); i++)
        ok = !seen[i] || !isinf(x[i]);
    return ok || sx_fail(err, SX_ERR_VALUE,
                         "RescaleSlope %g and RescaleIntercept %g give values that are not finite",
                         info->slope, info->intercept);
}

bool sx_dicom_presentation(const sx_film *f, const uint8_t *seen, uint8_t *table, sx_error *err) {
    const sx_film_info *info = &f->info;
    if (!check_lut(&info->modality_lut, "Modality LUT", err) ||
        !check_lut(&info->voi_lut, "VOI LUT", err))
        return false;
    double *x = sx_calloc_for((size_t)sx_level_count(f), sizeof *x, "grey levels", err);
    if (!x) return false;
    voi v;
    modality(f, seen, x);
    choose_voi(&v, f, seen, x);
    if (!check_finite(f, seen, x, &v, err)) {
        free(x);
        return false;
    }
    bool flat = v.kind == VOI_LIMITS && !(v.high > v.low),
         invert = info->monochrome1 || info->inverse;
    for (int i = 0; i < sx_level_count(f); i++) {
        if (!seen[i]) continue;
        double y = flat || isnan(x[i]) ? 0 : apply_voi(&v, x[i]);
        if (invert && !flat && !isnan(x[i])) y = 1 - y;
        table[i] = (uint8_t)(y * 255 + 0.5);
    }
    free(x);
    return true;
}
