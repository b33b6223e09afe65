/* The standard's pipeline: stored value, Modality LUT (PS3.3 C.11.1), VOI LUT (C.11.2),
 * presentation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dicom/attributes.h"
#include "dicom/film_warnings.h"
#include "dicom/presentation.h"
#include "dicom/stored_bits.h"

/* ---- look-up tables ---- */

bool sx_lut_is_faulty(const sx_film_lut *lut, const char *name, char *why, size_t size) {
    if (lut->undescribed)
        snprintf(why, size, "the %s has no descriptor (0028,3002) of three numbers", name);
    else if (lut->count && lut->held < lut->count)
        snprintf(why, size, "the %s holds %d of %d entries", name, lut->held, lut->count);
    else
        return false;
    return true;
}

/* A window is an alternative to a VOI LUT (PS3.3 C.11.2), and is used if this is faulty. */
static bool check_luts(const sx_film_info *f, sx_error *err) {
    char why[120];
    if (sx_lut_is_faulty(&f->modality_lut, "Modality LUT", why, sizeof why) ||
        (sx_lut_is_faulty(&f->voi_lut, "VOI LUT", why, sizeof why) && !sx_film_window_usable(f)))
        return sx_fail(err, SX_ERR_FORMAT, "%s", why);
    return true;
}

static void warn_of_voi_lut(const sx_film *f) {
    char why[120];
    if (sx_lut_is_faulty(&f->info.voi_lut, "VOI LUT", why, sizeof why))
        sx_film_warn(f, "%s; the window is used (--pixels dicom)", why);
}

static void warn_of_function(const sx_film *f) {
    if (f->info.voi_function == SX_VOI_OTHER && f->info.voi_function_name[0])
        sx_film_warn(f,
                     "VOILUTFunction is \"%s\", which the standard does not have; it is taken as "
                     "LINEAR (--pixels dicom)",
                     f->info.voi_function_name);
}

/* A VOI LUT without data has a warning that says so of the window, too. */
static void warn_of_width(const sx_film *f) {
    if (f->info.window_count && !f->info.voi_lut.without_data)
        sx_film_warn(f,
                     "the window has the width %g, which the standard forbids, and is not used "
                     "(--pixels dicom)",
                     f->info.window_width);
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

static bool maps_any(const sx_film_lut *lut, int32_t first, const sx_presentation *x) {
    for (int i = 0; i < x->count; i++)
        if (x->seen[i] && x->values[i] >= first && x->values[i] < (double)first + lut->count)
            return true;
    return false;
}

/* Many writers state the first mapped value as US although the values that the table maps are
 * signed (PS3.3 C.11.1.1.1, C.11.2.1.1). `is_signed`: the values can be negative. If the table then
 * maps none of the film's values, the first value is read with the other signedness. */
static int32_t first_mapped(const sx_film_lut *lut, bool is_signed, const sx_presentation *x) {
    const int32_t negative = (int16_t)(uint16_t)lut->first, positive = (uint16_t)lut->first;
    const bool prefer_negative = is_signed || lut->first < 0;
    const int32_t likely = prefer_negative ? negative : positive,
                  other = prefer_negative ? positive : negative;
    return maps_any(lut, likely, x) || !maps_any(lut, other, x) ? likely : other;
}

bool sx_voi_input_is_signed(const sx_film_info *f) {
    if (f->modality_lut.count) return false;
    if (f->is_signed) return true;
    const double top = ldexp(1, f->stream_bits ? f->stream_bits : f->bits_stored) - 1;
    return fmin(0, top * f->slope) + f->intercept < 0;
}

/* ---- VOI: to 0..1 ---- */

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

static double apply_voi(const sx_voi *v, double x) {
    switch (v->kind) {
    case SX_VOI_TABLE:
        return look_up(&v->film->voi_lut, v->first, x) / v->top;
    case SX_VOI_WINDOW:
        return windowed(v->film, x);
    default:
        return v->high > v->low ? (x - v->low) / (v->high - v->low) : 0;
    }
}

static void choose_voi(sx_voi *v, const sx_film_info *f, const sx_presentation *x) {
    *v = (sx_voi){ .film = f, .low = INFINITY, .high = -INFINITY };
    v->kind = f->voi_lut.count && f->voi_lut.held >= f->voi_lut.count ? SX_VOI_TABLE
              : sx_film_window_usable(f)                              ? SX_VOI_WINDOW
                                                                      : SX_VOI_LIMITS;
    if (v->kind == SX_VOI_TABLE) {
        v->top = sx_lut_top(&f->voi_lut);
        v->first = first_mapped(&f->voi_lut, sx_voi_input_is_signed(f), x);
    }
    for (int i = 0; v->kind == SX_VOI_LIMITS && i < x->count; i++) {
        if (!x->seen[i] || isnan(x->values[i])) continue;
        v->low = fmin(v->low, x->values[i]);
        v->high = fmax(v->high, x->values[i]);
    }
}

/* ---- the whole pipeline ---- */

/* Stored values; NaN for padding. Returns how many there are without padding. */
static int store_values(const sx_film *f, sx_presentation *x) {
    int count = 0;
    for (int i = 0; i < x->count; i++) {
        if (!x->seen[i]) continue;
        const int32_t sample = sx_level_value(f, i);
        x->values[i] = sx_film_is_padding(&f->info, sample)
                           ? (double)NAN
                           : sx_film_stored_value(&f->info, sample);
        count += !isnan(x->values[i]);
    }
    return count;
}

static void apply_modality(const sx_film_info *f, sx_presentation *x) {
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
static bool check_finite(const sx_film_info *f, const sx_presentation *x, const sx_voi *v,
                         sx_error *err) {
    bool ok = v->kind != SX_VOI_LIMITS || !(v->high > v->low) || isfinite(v->high - v->low);
    for (int i = 0; ok && i < x->count; i++)
        ok = !x->seen[i] || !isinf(x->values[i]);
    return ok || sx_fail(err, SX_ERR_VALUE,
                         "RescaleSlope %g and RescaleIntercept %g give values that are not finite",
                         f->slope, f->intercept);
}

/* Converts to 8 bits. The values of the levels become grey values from 0 to 1; those of padding
 * stay NaN. */
static void fill_table(const sx_film_info *f, sx_presentation *x, const sx_voi *v, uint8_t *table) {
    const bool flat = v->kind == SX_VOI_LIMITS && !(v->high > v->low),
               invert = f->monochrome1 || f->inverse;
    for (int i = 0; i < x->count; i++) {
        if (!x->seen[i]) continue;
        double y = 0;
        if (!isnan(x->values[i])) {
            x->values[i] = flat ? 0 : apply_voi(v, x->values[i]);
            y = invert && !flat ? 1 - x->values[i] : x->values[i];
        }
        table[i] = (uint8_t)(y * 255 + 0.5);
    }
}

static const char *name_of(const sx_film_info *f, const sx_voi *v) {
    static const char *const names[] = {
        [SX_VOI_TABLE] = "the VOI LUT", [SX_VOI_WINDOW] = "the window"
    };
    if (v->kind != SX_VOI_LIMITS) return names[v->kind];
    if (v->high > v->low) return sx_levels_stretching;
    return f->modality_lut.count ? "the Modality LUT" : "the rescale (slope and intercept)";
}

bool sx_presentation_read(const sx_film *f, const uint8_t *seen, sx_presentation *p,
                          sx_error *err) {
    const sx_film_info *info = &f->info;
    *p = (sx_presentation){ .seen = seen, .count = sx_level_count(f) };
    if (!check_luts(info, err)) return false;
    p->values = sx_calloc_for((size_t)p->count, sizeof *p->values, "grey levels", err);
    if (!p->values) return false;
    p->value_count = store_values(f, p);
    apply_modality(info, p);
    choose_voi(&p->voi, info, p);
    if (check_finite(info, p, &p->voi, err)) return true;
    sx_presentation_free(p);
    return false;
}

void sx_presentation_free(sx_presentation *p) {
    free(p->values);
    *p = (sx_presentation){ 0 };
}

bool sx_dicom_presentation(const sx_film *f, const uint8_t *seen, uint8_t *table, sx_error *err) {
    sx_presentation p;
    sx_level_span span;
    if (!sx_presentation_read(f, seen, &p, err)) return false;
    warn_of_voi_lut(f);
    if (p.voi.kind == SX_VOI_WINDOW) warn_of_function(f);
    if (p.voi.kind == SX_VOI_LIMITS) warn_of_width(f);
    fill_table(&f->info, &p, &p.voi, table);
    const bool ok = sx_levels_span(f, seen, p.values, &span, err);
    if (ok && p.value_count > 1)
        sx_levels_warn(f, SX_PIXELS_DICOM, name_of(&f->info, &p.voi), span);
    if (ok && p.value_count == 1)
        sx_levels_warn_flat(f, SX_PIXELS_DICOM,
                            sx_levels_seen(f, seen) == 1 ? "all pixels"
                                                         : "all pixels that are not padding");
    if (f->info.slope == 0 && !f->info.modality_lut.count)
        sx_film_warn(f, "RescaleSlope is 0, which the standard forbids; it is taken as 1 "
                        "(--pixels dicom)");
    if (p.value_count == 0)
        sx_film_warn(f, "all pixels are padding (PixelPaddingValue) and therefore black "
                        "(--pixels dicom)");
    sx_presentation_free(&p);
    return ok;
}
