/* Grayscale Softcopy Presentation State of one film (PS3.3 A.33.1): the boxes and their labels in a
 * layer that a viewer can switch off. The film keeps its own window. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "dicom/attributes.h"
#include "dicom/presentation.h"
#include "dicom/results_impl.h"

#define LAYER "SPINEXR"

enum { MODALITY_LUT = SX_TAG(0x0028, 0x3000), VOI_LUT = SX_TAG(0x0028, 0x3010) };

static void put_relationship(sx_object_item *root, const sx_result_film *f) {
    const sx_sop_ref image = sx_result_image(f);
    sx_object_item *series = sx_object_add(root, SX_REFERENCED_SERIES);
    sx_object_text(series, SX_SERIES_UID, f->info->series_uid);
    sx_object_ref(series, SX_REFERENCED_IMAGE, &image);
}

/* The height of a pixel to its width, as two whole numbers. */
static void pixel_aspect(const sx_film_info *info, char *out, size_t size) {
    const double v = info->spacing[0], h = info->spacing[1];
    const bool known =
        v > 0.0 && h > 0.0 && fabs(v / h - 1.0) > 1e-6 && v / h < 1000.0 && h / v < 1000.0;
    if (known)
        sx_format(out, size, "%.0f\\10000", 10000.0 * v / h);
    else
        sx_format(out, size, "1\\1");
}

static void put_displayed_area(sx_object_item *root, const sx_result_film *f) {
    const sx_sop_ref image = sx_result_image(f);
    const int32_t corner[2] = { 1, 1 }, opposite[2] = { f->info->columns, f->info->rows };
    char aspect[48];
    pixel_aspect(f->info, aspect, sizeof aspect);
    sx_object_item *area = sx_object_add(root, SX_TAG(0x0070, 0x005A));
    sx_object_ref(area, SX_REFERENCED_IMAGE, &image);
    sx_object_slongs(area, SX_TAG(0x0070, 0x0052), corner, 2);
    sx_object_slongs(area, SX_TAG(0x0070, 0x0053), opposite, 2);
    sx_object_text(area, SX_TAG(0x0070, 0x0100), "SCALE TO FIT");
    sx_object_text(area, SX_TAG(0x0070, 0x0102), aspect);
}

static const uint16_t box_color[3] = { 0xD49C, 0x8CCC, 0xC2F4 }; /* CIELab of a yellow */

static void put_layer(sx_object_item *root) {
    sx_object_item *layer = sx_object_add(root, SX_TAG(0x0070, 0x0060));
    sx_object_text(layer, SX_TAG(0x0070, 0x0002), LAYER);
    sx_object_int(layer, SX_TAG(0x0070, 0x0062), 1);
    sx_object_text(layer, SX_TAG(0x0070, 0x0068), "Boxes of spinexr. AI, not for diagnosis.");
    sx_object_words(layer, SX_TAG(0x0070, 0x0401), box_color, 3);
}

static void put_line_style(sx_object_item *graphic, bool solid) {
    sx_object_item *style = sx_object_add(graphic, SX_TAG(0x0070, 0x0232));
    const float full = 1.0f, none = 0.0f, thickness = 1.0f;
    sx_object_words(style, SX_TAG(0x0070, 0x0251), box_color, 3);
    sx_object_floats(style, SX_TAG(0x0070, 0x0284), &full, 1);
    sx_object_floats(style, SX_TAG(0x0070, 0x0253), &thickness, 1);
    sx_object_text(style, SX_TAG(0x0070, 0x0254), solid ? "SOLID" : "DASHED");
    sx_object_text(style, SX_TAG(0x0070, 0x0244), "OFF"); /* no shadow; its values must be there */
    sx_object_floats(style, SX_TAG(0x0070, 0x0245), &none, 1);
    sx_object_floats(style, SX_TAG(0x0070, 0x0246), &none, 1);
    sx_object_words(style, SX_TAG(0x0070, 0x0247), box_color, 3);
    sx_object_floats(style, SX_TAG(0x0070, 0x0258), &none, 1);
    if (solid) return;
    sx_object_floats(style, SX_TAG(0x0070, 0x0285), &none, 1);
    /* 1 where the line is drawn: eight on, eight off */
    sx_object_int(style, SX_TAG(0x0070, 0x0255), 0x00FF00FFL);
}

static void put_outline(sx_object_item *annotation, const sx_result_box *b) {
    float points[2 * SX_BOX_POINTS];
    sx_result_outline(b, points);
    sx_object_item *graphic = sx_object_add(annotation, SX_TAG(0x0070, 0x0009));
    sx_object_text(graphic, SX_TAG(0x0070, 0x0005), "PIXEL");
    sx_object_int(graphic, SX_TAG(0x0070, 0x0020), 2);
    sx_object_int(graphic, SX_TAG(0x0070, 0x0021), SX_BOX_POINTS);
    sx_object_floats(graphic, SX_TAG(0x0070, 0x0022), points, 2 * SX_BOX_POINTS);
    sx_object_text(graphic, SX_TAG(0x0070, 0x0023), "POLYLINE");
    sx_object_text(graphic, SX_TAG(0x0070, 0x0024), "N");
    put_line_style(graphic, b->specific);
}

/* The label stands above its box, or below it where there is no room; in the film. */
static void put_label(sx_object_item *annotation, const sx_result_box *b,
                      const sx_film_info *info) {
    const float w = (float)info->columns, h = (float)info->rows;
    const float height = fmaxf(8.0f, h / 50.0f), width = fminf(w, 16.0f * height);
    const float left = fmaxf(0.0f, fminf(b->x0, w - width));
    const float top = b->y0 >= height ? b->y0 - height : fminf(b->y1, h - height);
    const float upper[2] = { left, top }, lower[2] = { left + width, top + height };
    char text[128];
    sx_result_label(b, text, sizeof text);
    sx_object_item *label = sx_object_add(annotation, SX_TAG(0x0070, 0x0008));
    sx_object_text(label, SX_TAG(0x0070, 0x0003), "PIXEL");
    sx_object_text(label, SX_TAG(0x0070, 0x0006), text);
    sx_object_floats(label, SX_TAG(0x0070, 0x0010), upper, 2);
    sx_object_floats(label, SX_TAG(0x0070, 0x0011), lower, 2);
    sx_object_text(label, SX_TAG(0x0070, 0x0012), "LEFT");
}

static void put_annotation(sx_object_item *root, const sx_result_film *f) {
    const sx_sop_ref image = sx_result_image(f);
    if (f->box_count == 0) return;
    sx_object_item *annotation = sx_object_add(root, SX_TAG(0x0070, 0x0001));
    sx_object_ref(annotation, SX_REFERENCED_IMAGE, &image);
    sx_object_text(annotation, SX_TAG(0x0070, 0x0002), LAYER);
    for (size_t i = 0; i < f->box_count; i++) {
        put_label(annotation, &f->boxes[i], f->info);
        put_outline(annotation, &f->boxes[i]);
    }
    put_layer(root);
}

/* A state has entries of 8 or 16 bits in a Modality LUT and of 8 to 16 in a VOI LUT (PS3.3
 * C.11.1.1.1, C.11.2.1.1); films have others, too. All are written with 16. `scale`: to each
 * entry. */
static bool put_table(sx_object_item *root, uint32_t sequence, const sx_film_lut *lut,
                      bool is_signed, double scale, sx_error *err) {
    static const uint32_t descriptor = SX_TAG(0x0028, 0x3002);
    const uint16_t shape[3] = { (uint16_t)lut->count, (uint16_t)lut->first, 16 };
    uint16_t *entries = sx_calloc_for((size_t)lut->count, sizeof *entries, "a look-up table", err);
    if (!entries) return false;
    for (int32_t i = 0; i < lut->count; i++)
        entries[i] = (uint16_t)lround(fmin(scale * lut->entries[i], 65535));
    sx_object_item *item = sx_object_add(root, sequence);
    if (is_signed || lut->first < 0)
        sx_object_shorts(item, descriptor, shape, 3);
    else
        sx_object_words(item, descriptor, shape, 3);
    sx_object_other_words(item, SX_TAG(0x0028, 0x3006), entries, (size_t)lut->count);
    if (sequence == MODALITY_LUT) sx_object_text(item, SX_TAG(0x0028, 0x3004), "US");
    free(entries);
    return true;
}

/* The largest entry that the table can have: the descriptor may state too few bits. */
static double top_of(const sx_film_lut *lut) {
    const double used = sx_lut_top(lut);
    const double stated = lut->bits >= 1 && lut->bits <= 16 ? ldexp(1, lut->bits) - 1 : 0;
    return fmax(used, stated);
}

static bool is_usable(const sx_film_lut *lut) {
    return lut->count > 0 && lut->held >= lut->count;
}

/* Of the values after a Modality LUT, which use all 16 bits, whatever the film's table has:
 * dciodvfy takes a table of 16 bits with smaller entries for one that states too many bits. What
 * follows is scaled as well, so that the grey values are the same. 1: there is no table. */
static double scale_of(const sx_film_info *info) {
    const double used = is_usable(&info->modality_lut) ? sx_lut_top(&info->modality_lut) : 0;
    return used > 0 ? 65535 / used : 1;
}

/* PS3.3 C.11.1. A slope of 0 is taken as 1, as in pictures. */
static bool put_modality(sx_object_item *root, const sx_result_film *f, sx_error *err) {
    static const uint32_t type[] = { SX_TAG(0x0028, 0x1054) };
    const sx_film_info *info = f->info;
    if (is_usable(&info->modality_lut))
        return put_table(root, MODALITY_LUT, &info->modality_lut, info->is_signed, scale_of(info),
                         err);
    if (!info->has_slope || !info->has_intercept) return true;
    sx_object_text(root, type[0], "US"); /* if the film does not say */
    if (!sx_object_copy(root, f->file, f->size, type, 1, err)) return false;
    sx_object_decimal(root, SX_TAG(0x0028, 0x1052), info->intercept);
    sx_object_decimal(root, SX_TAG(0x0028, 0x1053), info->slope != 0 ? info->slope : 1);
    return true;
}

static sx_object_item *add_voi(sx_object_item *root, const sx_result_film *f) {
    const sx_sop_ref image = sx_result_image(f);
    sx_object_item *voi = sx_object_add(root, SX_TAG(0x0028, 0x3110));
    sx_object_ref(voi, SX_REFERENCED_IMAGE, &image);
    return voi;
}

static void put_window(sx_object_item *voi, double center, double width) {
    sx_object_decimal(voi, SX_TAG(0x0028, 0x1050), center);
    sx_object_decimal(voi, SX_TAG(0x0028, 0x1051), width);
}

/* A table for values that were scaled has an entry for each of them. */
static bool put_wide_table(sx_object_item *voi, const sx_film_lut *lut, double scale, double top,
                           sx_error *err) {
    enum { WIDE = 65536 };
    uint16_t *entries = sx_calloc_for(WIDE, sizeof *entries, "a look-up table", err);
    if (!entries) return false;
    for (long i = 0; i < WIDE; i++) {
        const long at = lround((double)i / scale) - lut->first;
        entries[i] = lut->entries[at < 0 ? 0 : at < lut->count ? at : lut->count - 1];
    }
    const sx_film_lut wide = { .count = WIDE, .held = WIDE, .bits = 16, .entries = entries };
    const bool ok = put_table(voi, VOI_LUT, &wide, false, 65535 / top, err);
    free(entries);
    return ok;
}

/* For values that were scaled; PS3.3 C.11.2.1.2 and C.11.2.1.3. */
static void put_scaled_window(sx_object_item *voi, const sx_film_info *info, double scale) {
    static const char *const functions[] = {
        [SX_VOI_LINEAR_EXACT] = "LINEAR_EXACT", [SX_VOI_SIGMOID] = "SIGMOID", [SX_VOI_OTHER] = NULL
    };
    const char *function = functions[info->voi_function];
    const double less = function ? 0 : 1; /* of the width, for LINEAR */
    put_window(voi, scale * (info->window_center - less / 2) + less / 2,
               scale * (info->window_width - less) + less);
    if (function) sx_object_text(voi, SX_TAG(0x0028, 0x1056), function);
}

/* PS3.3 C.11.8: one table or one window, of those that the standard allows. */
static bool put_voi(sx_object_item *root, const sx_result_film *f, sx_error *err) {
    const sx_film_info *info = f->info;
    const sx_film_lut *table = &info->voi_lut;
    const bool is_scaled = is_usable(&info->modality_lut);
    const double scale = scale_of(info),
                 white = is_scaled ? scale * top_of(&info->modality_lut) : 65535;
    if (is_usable(table) && is_scaled)
        return put_wide_table(add_voi(root, f), table, scale, top_of(table), err);
    if (is_usable(table))
        return put_table(add_voi(root, f), VOI_LUT, table, sx_voi_input_is_signed(info),
                         65535 / top_of(table), err);
    if (sx_film_window_usable(info))
        put_scaled_window(add_voi(root, f), info, scale);
    else if (white > 65535.5) /* else the largest value is white without a window */
        put_window(add_voi(root, f), (white + 1) / 2, white + 1);
    return true;
}

/* The grey scale of the film, as far as it is valid. */
static bool put_grey_scale(sx_object_item *root, const sx_result_film *f, sx_error *err) {
    const sx_film_info *info = f->info;
    if (!put_modality(root, f, err) || !put_voi(root, f, err)) return false;
    sx_object_text(root, SX_TAG(0x2050, 0x0020),
                   info->monochrome1 || info->inverse ? "INVERSE" : "IDENTITY");
    return true;
}

static bool put_state(sx_object *o, const sx_result_study *s, size_t film, sx_error *err) {
    static const uint32_t place[] = { SX_TAG(0x0018, 0x0015), SX_TAG(0x0020, 0x0060) };
    const sx_result_film *f = &s->films[film];
    const sx_result_time when = sx_result_when(s, film);
    sx_object_item *root = sx_object_root(o);
    if (!sx_object_copy(root, f->file, f->size, place, 2, err)) return false;
    sx_object_text(root, SX_TAG(0x0070, 0x0080), LAYER);
    sx_object_text(root, SX_TAG(0x0070, 0x0081),
                   s->demonstration ? "NOT FOR CLINICAL USE" : "AI, not for diagnosis");
    sx_object_text(root, SX_TAG(0x0070, 0x0082), when.date);
    sx_object_text(root, SX_TAG(0x0070, 0x0083), when.time);
    sx_object_text(root, SX_TAG(0x0070, 0x0084), "spinexr^");
    put_relationship(root, f);
    put_displayed_area(root, f);
    put_annotation(root, f);
    return put_grey_scale(root, f, err);
}

bool sx_result_gsps(const sx_result_study *s, size_t film, uint8_t **bytes, size_t *n,
                    sx_error *err) {
    sx_object *o = sx_result_begin(s, SX_RESULT_GSPS, film, err);
    if (!o) return false;
    if (put_state(o, s, film, err)) return sx_result_finish(o, bytes, n, err);
    sx_object_free(o);
    return false;
}
