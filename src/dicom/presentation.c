/* The standard's pipeline: stored value, Modality LUT (PS3.3 C.11.1), VOI LUT (C.11.2),
 * presentation. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dicom/levels.h"
#include "dicom/stored_bits.h"

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

static double look_up(const sx_film_lut *lut, int32_t first, double v) {
    double i = floor(v + 0.5) - first;
    if (i < 0) i = 0;
    if (i > lut->count - 1) i = lut->count - 1;
    return lut->entries[(size_t)i];
}

double sx_lut_top(const sx_film_lut *lut) {
    uint16_t largest = 0;
    int bits = 0;
    for (int32_t i = 0; i < lut->count && i < lut->held; i++)
        if (lut->entries[i] > largest) largest = lut->entries[i];
    while (largest >> bits)
        bits++;
    if (bits == 0) bits = lut->bits > 0 && lut->bits <= 16 ? lut->bits : 16;
    return ldexp(1, bits) - 1;
}

/* ---- the sign of a look-up table's first mapped value ---- */

/* The grey levels of a film: values of the levels that occur, NaN for padding. */
typedef struct grey_levels {
    const uint8_t *seen;
    double *values;
    int count;
} grey_levels;

static bool maps_any(const sx_film_lut *lut, int32_t first, const grey_levels *x) {
    for (int i = 0; i < x->count; i++)
        if (x->seen[i] && x->values[i] >= first && x->values[i] < (double)first + lut->count)
            return true;
    return false;
}

/* Many writers state the first mapped value as US although the values that the table maps are
 * signed (PS3.3 C.11.1.1.1, C.11.2.1.1). `is_signed`: the values can be negative. If the table then
 * maps none of the film's values, the first value is read with the other signedness. */
static int32_t first_mapped(const sx_film_lut *lut, bool is_signed, const grey_levels *x) {
    const int32_t negative = (int16_t)(uint16_t)lut->first, positive = (uint16_t)lut->first;
    const bool prefer_negative = is_signed || lut->first < 0;
    const int32_t likely = prefer_negative ? negative : positive,
                  other = prefer_negative ? positive : negative;
    return maps_any(lut, likely, x) || !maps_any(lut, other, x) ? likely : other;
}

/* Whether the values that a VOI LUT maps can be negative; a Modality LUT's output is unsigned. */
static bool voi_input_is_signed(const sx_film_info *f) {
    if (f->modality_lut.count) return false;
    if (f->is_signed) return true;
    const double top = ldexp(1, f->stream_bits ? f->stream_bits : f->bits_stored) - 1;
    return fmin(0, top * f->slope) + f->intercept < 0;
}

/* ---- VOI: to 0..1 ---- */

typedef enum voi_kind { VOI_LUT, VOI_WINDOW, VOI_LIMITS } voi_kind;

typedef struct voi {
    voi_kind kind;
    const sx_film_info *film;
    double top;       /* of the table */
    int32_t first;    /* of the table */
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
        return look_up(&v->film->voi_lut, v->first, x) / v->top;
    case VOI_WINDOW:
        return windowed(v->film, x);
    default:
        return v->high > v->low ? (x - v->low) / (v->high - v->low) : 0;
    }
}

static void choose_voi(voi *v, const sx_film_info *f, const grey_levels *x) {
    *v = (voi){ .film = f, .low = INFINITY, .high = -INFINITY };
    v->kind = f->voi_lut.count ? VOI_LUT : usable_window(f) ? VOI_WINDOW : VOI_LIMITS;
    if (v->kind == VOI_LUT) {
        v->top = sx_lut_top(&f->voi_lut);
        v->first = first_mapped(&f->voi_lut, voi_input_is_signed(f), x);
    }
    for (int i = 0; v->kind == VOI_LIMITS && i < x->count; i++) {
        if (!x->seen[i] || isnan(x->values[i])) continue;
        v->low = fmin(v->low, x->values[i]);
        v->high = fmax(v->high, x->values[i]);
    }
}

/* ---- the whole pipeline ---- */

/* Stored values; NaN for padding. Returns how many there are without padding. */
static int store_values(const sx_film *f, grey_levels *x) {
    int count = 0;
    for (int i = 0; i < x->count; i++) {
        if (!x->seen[i]) continue;
        int32_t sample = sx_level_value(f, i), value = sx_film_stored_value(&f->info, sample);
        x->values[i] = is_padding(&f->info, sample, value) ? (double)NAN : value;
        count += !isnan(x->values[i]);
    }
    return count;
}

static void apply_modality(const sx_film_info *f, grey_levels *x) {
    const sx_film_lut *lut = &f->modality_lut;
    const double slope = f->slope != 0 ? f->slope : 1; /* the standard forbids 0 */
    const int32_t first = lut->count ? first_mapped(lut, f->is_signed, x) : 0;
    for (int i = 0; i < x->count; i++) {
        double *v = &x->values[i];
        if (x->seen[i] && !isnan(*v))
            *v = lut->count ? look_up(lut, first, *v) : *v * slope + f->intercept;
    }
}

/* A slope may be valid as text and still lead to values, or a range, that are not finite. */
static bool check_finite(const sx_film_info *f, const grey_levels *x, const voi *v, sx_error *err) {
    bool ok = v->kind != VOI_LIMITS || !(v->high > v->low) || isfinite(v->high - v->low);
    for (int i = 0; ok && i < x->count; i++)
        ok = !x->seen[i] || !isinf(x->values[i]);
    return ok || sx_fail(err, SX_ERR_VALUE,
                         "RescaleSlope %g and RescaleIntercept %g give values that are not finite",
                         f->slope, f->intercept);
}

/* Converts to 8 bits. Returns the part of the grey range that the film's levels span, 0..1. */
static double fill_table(const sx_film_info *f, const grey_levels *x, const voi *v,
                         uint8_t *table) {
    const bool flat = v->kind == VOI_LIMITS && !(v->high > v->low),
               invert = f->monochrome1 || f->inverse;
    double low = 1, high = 0;
    for (int i = 0; i < x->count; i++) {
        if (!x->seen[i]) continue;
        const bool blank = flat || isnan(x->values[i]);
        double y = blank ? 0 : apply_voi(v, x->values[i]);
        if (!blank) low = fmin(low, y), high = fmax(high, y);
        if (invert && !blank) y = 1 - y;
        table[i] = (uint8_t)(y * 255 + 0.5);
    }
    return fmax(0, high - low);
}

static const char *name_of(const sx_film_info *f, const voi *v) {
    static const char *const names[] = { [VOI_LUT] = "the VOI LUT", [VOI_WINDOW] = "the window" };
    if (v->kind != VOI_LIMITS) return names[v->kind];
    return f->modality_lut.count ? "the Modality LUT" : "the rescale (slope and intercept)";
}

bool sx_dicom_presentation(const sx_film *f, const uint8_t *seen, uint8_t *table, sx_error *err) {
    const sx_film_info *info = &f->info;
    if (!check_lut(&info->modality_lut, "Modality LUT", err) ||
        !check_lut(&info->voi_lut, "VOI LUT", err))
        return false;
    grey_levels x = { .seen = seen, .count = sx_level_count(f) };
    x.values = sx_calloc_for((size_t)x.count, sizeof *x.values, "grey levels", err);
    if (!x.values) return false;
    voi v;
    const int values = store_values(f, &x);
    apply_modality(info, &x);
    choose_voi(&v, info, &x);
    const bool ok = check_finite(info, &x, &v, err);
    if (ok) {
        const double used = fill_table(info, &x, &v, table);
        if (values > 1) sx_levels_warn(f, SX_PIXELS_DICOM, name_of(info, &v), used);
    }
    free(x.values);
    return ok;
}
