#include "service/reading/pixel_description.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "dicom/attributes.h"

/* Of the samples that are no padding. */
typedef struct sample_range {
    int low, high;      /* smallest, largest */
    int percentiles[2]; /* 1 and 99 per cent */
} sample_range;

static int sample_at_rank(const size_t *counts, size_t rank) {
    size_t below = 0;
    for (int s = 0; s < SX_LEVELS; s++) {
        below += counts[s];
        if (below > rank) return s;
    }
    return 0;
}

static bool find_range(const sx_pixel_film *p, sample_range *r, sx_error *err) {
    size_t *counts = sx_calloc_for(SX_LEVELS, sizeof *counts, "grey levels", err);
    if (!counts) return false;
    const size_t n = (size_t)p->width * (size_t)p->height;
    size_t all = 0;
    for (size_t i = 0; i < n; i++)
        counts[p->samples[i]]++;
    if (p->has_padding) counts[p->padding] = 0;
    for (int s = 0; s < SX_LEVELS; s++)
        all += counts[s];
    const size_t last = all ? all - 1 : 0;
    *r = (sample_range){ sample_at_rank(counts, 0),
                         sample_at_rank(counts, last),
                         { sample_at_rank(counts, last / 100),
                           sample_at_rank(counts, last - last / 100) } };
    free(counts);
    return true;
}

/* How samples become values. */
typedef struct value_scale {
    double offset, slope, intercept;
} value_scale;

static double value_of(const value_scale *s, int sample) {
    return (sample + s->offset) * s->slope + s->intercept;
}

static void put_pair(sx_json at, const char *key, double a, double b) {
    const sx_json pair = sx_json_array(at, key);
    sx_json_number(pair, NULL, fmin(a, b)); /* a slope may be negative */
    sx_json_number(pair, NULL, fmax(a, b));
}

static void put_orientation(sx_json at, const sx_film_info *f) {
    if (!f->orientation[0][0]) {
        sx_json_null(at, "orientation");
        return;
    }
    const sx_json pair = sx_json_array(at, "orientation");
    sx_json_text(pair, NULL, f->orientation[0]);
    sx_json_text(pair, NULL, f->orientation[1]);
}

static void put_common(sx_json at, const sx_film *f, const sx_pixel_film *p, const value_scale *s,
                       const sample_range *r) {
    const double *spacing = f->info.spacing;
    sx_json_integer(at, "width", p->width);
    sx_json_integer(at, "height", p->height);
    if (spacing[0] > 0 && spacing[1] > 0) {
        const sx_json pair = sx_json_array(at, "spacing");
        sx_json_number(pair, NULL, spacing[0]);
        sx_json_number(pair, NULL, spacing[1]);
    } else
        sx_json_null(at, "spacing");
    put_orientation(at, &f->info);
    sx_json_number(at, "offset", s->offset);
    sx_json_number(at, "slope", s->slope);
    sx_json_number(at, "intercept", s->intercept);
    if (p->has_padding)
        sx_json_integer(at, "padding", p->padding);
    else
        sx_json_null(at, "padding");
    put_pair(at, "limits", value_of(s, r->low), value_of(s, r->high));
    put_pair(at, "percentiles", value_of(s, r->percentiles[0]), value_of(s, r->percentiles[1]));
}

static void put_one_window(sx_json window, const sx_film_info *f, double center, double width) {
    static const char *const functions[] = { [SX_VOI_LINEAR] = "linear",
                                             [SX_VOI_LINEAR_EXACT] = "linear_exact",
                                             [SX_VOI_SIGMOID] = "sigmoid",
                                             [SX_VOI_OTHER] = "linear" };
    sx_json_text(window, "function", functions[f->voi_function]);
    sx_json_number(window, "center", center);
    sx_json_number(window, "width", width);
}

static void put_windows(sx_json at, const sx_film_info *f) {
    if (sx_film_window_usable(f))
        put_one_window(sx_json_object(at, "window"), f, f->window_center, f->window_width);
    else
        sx_json_null(at, "window");
    const sx_json others = sx_json_array(at, "windows");
    for (int i = 0; i < f->other_window_count; i++) {
        const sx_film_window *w = &f->other_windows[i];
        if (sx_voi_width_usable(f->voi_function, w->width))
            put_one_window(sx_json_object(others, NULL), f, w->center, w->width);
    }
}

static void put_table(sx_json at, const sx_voi *v) {
    if (v->kind != SX_VOI_TABLE) {
        sx_json_null(at, "table");
        return;
    }
    const sx_film_lut *lut = &v->film->voi_lut;
    const sx_json table = sx_json_object(at, "table");
    sx_json_integer(table, "first", v->first);
    sx_json_number(table, "top", v->top);
    const sx_json entries = sx_json_array(table, "entries");
    for (int32_t i = 0; i < lut->count; i++)
        sx_json_integer(entries, NULL, lut->entries[i]);
}

static bool print_description(sx_json_doc *doc, sx_pixel_film *out, sx_error *err) {
    const bool ok = sx_json_print(doc, SX_JSON_COMPACT, &out->description, err);
    sx_json_free(doc);
    return ok;
}

bool sx_pixel_describe_film(const sx_film *f, const sx_presentation *p, int32_t offset,
                            sx_pixel_film *out, sx_error *err) {
    static const char *const kinds[] = {
        [SX_VOI_TABLE] = "table", [SX_VOI_WINDOW] = "window", [SX_VOI_LIMITS] = "limits"
    };
    const bool lut = f->info.modality_lut.count > 0;
    const double slope = f->info.slope != 0 ? f->info.slope : 1; /* the standard forbids 0 */
    const value_scale s = { offset, lut ? 1 : slope, lut ? 0 : f->info.intercept };
    sample_range r;
    if (!find_range(out, &r, err)) return false;
    sx_json_doc doc;
    const sx_json at = sx_json_new_object(&doc);
    put_common(at, f, out, &s, &r);
    sx_json_bool(at, "inverted", f->info.monochrome1 || f->info.inverse);
    sx_json_text(at, "voi", kinds[p->voi.kind]);
    put_windows(at, &f->info);
    put_table(at, &p->voi);
    return print_description(&doc, out, err);
}

bool sx_pixel_describe_picture(const sx_film *f, int bits, sx_pixel_film *out, sx_error *err) {
    const value_scale s = { 0, 1, 0 };
    sample_range r;
    if (!find_range(out, &r, err)) return false;
    if (bits == 8) r.low = 0, r.high = 255;
    sx_json_doc doc;
    const sx_json at = sx_json_new_object(&doc);
    put_common(at, f, out, &s, &r);
    sx_json_bool(at, "inverted", false);
    sx_json_text(at, "voi", "limits");
    sx_json_null(at, "window");
    sx_json_array(at, "windows");
    sx_json_null(at, "table");
    return print_description(&doc, out, err);
}
