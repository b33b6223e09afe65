/* Grayscale Softcopy Presentation State of one film (PS3.3 A.33.1): the boxes and their labels in a
 * layer that a viewer can switch off. The film keeps its own window. */
#include <math.h>

#include "base/str.h"
#include "dicom/results_impl.h"

#define LAYER "SPINEXR"

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

/* Modality LUT and VOI LUT of the film, copied (PS3.3 C.11.1, C.11.8). */
static bool put_grey_scale(sx_object_item *root, const sx_result_film *f, sx_error *err) {
    static const uint32_t table[] = { SX_TAG(0x0028, 0x3000) };
    static const uint32_t rescale[] = { SX_TAG(0x0028, 0x1052), SX_TAG(0x0028, 0x1053),
                                        SX_TAG(0x0028, 0x1054) };
    static const uint32_t window[] = { SX_TAG(0x0028, 0x1050), SX_TAG(0x0028, 0x1051),
                                       SX_TAG(0x0028, 0x1055), SX_TAG(0x0028, 0x1056) };
    static const uint32_t curve[] = { SX_TAG(0x0028, 0x3010) };
    const sx_film_info *info = f->info;
    const sx_sop_ref image = sx_result_image(f);
    if (info->modality_lut.count) {
        if (!sx_object_copy(root, f->file, f->size, table, 1, err)) return false;
    } else if (info->has_slope && info->has_intercept) {
        sx_object_text(root, SX_TAG(0x0028, 0x1054), "US"); /* if the film does not say */
        if (!sx_object_copy(root, f->file, f->size, rescale, 3, err)) return false;
    }
    const bool has_curve = info->voi_lut.count != 0;
    if (has_curve || info->window_count) {
        sx_object_item *voi = sx_object_add(root, SX_TAG(0x0028, 0x3110));
        sx_object_ref(voi, SX_REFERENCED_IMAGE, &image);
        if (!sx_object_copy(voi, f->file, f->size, has_curve ? curve : window, has_curve ? 1 : 4,
                            err))
            return false;
    }
    sx_object_text(root, SX_TAG(0x2050, 0x0020),
                   info->monochrome1 || info->inverse ? "INVERSE" : "IDENTITY");
    return true;
}

static bool put_state(sx_object *o, const sx_result_study *s, const sx_result_film *f,
                      sx_error *err) {
    static const uint32_t place[] = { SX_TAG(0x0018, 0x0015), SX_TAG(0x0020, 0x0060) };
    sx_object_item *root = sx_object_root(o);
    if (!sx_object_copy(root, f->file, f->size, place, 2, err)) return false;
    sx_object_text(root, SX_TAG(0x0070, 0x0080), LAYER);
    sx_object_text(root, SX_TAG(0x0070, 0x0081),
                   s->demonstration ? "NOT FOR CLINICAL USE" : "AI, not for diagnosis");
    sx_object_text(root, SX_TAG(0x0070, 0x0082), s->date);
    sx_object_text(root, SX_TAG(0x0070, 0x0083), s->time);
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
    if (put_state(o, s, &s->films[film], err)) return sx_result_finish(o, bytes, n, err);
    sx_object_free(o);
    return false;
}
