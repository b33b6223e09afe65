#include "pipeline/tta.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/augment.h"
#include "detect/fuse.h"

enum {
    DEFAULT_BOXES = 100
}; /* boxes of a film if the options give no number, as for a single view */

static const float scales[] = { 1, 0.8F, 1.25F };

static bool mirror(const sx_image *film, sx_image *out, sx_error *err) {
    if (!sx_image_new(out, film->width, film->height, film->channels, film->bits, err))
        return false;
    memcpy(out->data, film->data, sx_image_bytes(film));
    sx_flip_image(out);
    return true;
}

static bool mirrors(sx_tta tta) {
    return tta == SX_TTA_FLIP || tta == SX_TTA_BOTH;
}

static size_t scale_count(sx_tta tta) {
    return tta == SX_TTA_SCALES || tta == SX_TTA_BOTH ? sizeof scales / sizeof *scales : 1;
}

bool sx_tta_classify(sx_model *m, const sx_image *film, sx_tta tta, float *logits, double *distance,
                     sx_error *err) {
    if (!sx_model_classify_film(m, film, logits, distance, err)) return false;
    if (!mirrors(tta)) return true;
    const int classes = sx_model_get_info(m)->classes;
    sx_image mirrored = { 0 };
    float *other = sx_calloc_for((size_t)classes, sizeof *other, "logits", err);
    const bool ok =
        other && mirror(film, &mirrored, err) && sx_model_classify(m, &mirrored, other, err);
    for (int c = 0; ok && c < classes; c++)
        logits[c] = (logits[c] + other[c]) / 2;
    sx_image_free(&mirrored);
    free(other);
    return ok;
}

static bool append_detections(sx_detections *all, const sx_detections *more, float width,
                              sx_error *err) {
    if (!more->count) return true;
    sx_detection *items =
        sx_realloc(all->items, (size_t)all->count + (size_t)more->count, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    all->items = items;
    for (int i = 0; i < more->count; i++) {
        sx_detection d = more->items[i];
        if (width > 0) { /* mirrored */
            const float x0 = d.box.x0;
            d.box.x0 = width - d.box.x1;
            d.box.x1 = width - x0;
        }
        items[all->count++] = d;
    }
    return true;
}

static bool detect_view(sx_model *m, const sx_image *film, bool mirrored,
                        const sx_model_detect_options *o, sx_detections *all, sx_error *err) {
    sx_detections one = { 0 };
    const bool ok = sx_model_detect(m, film, o, &one, err) &&
                    append_detections(all, &one, mirrored ? (float)film->width : 0, err);
    sx_detections_free(&one);
    return ok;
}

bool sx_tta_detect(sx_model *m, const sx_image *film, sx_tta tta,
                   const sx_model_detect_options *options, sx_detections *out, sx_error *err) {
    if (tta == SX_TTA_NONE) return sx_model_detect(m, film, options, out, err);
    sx_image mirrored = { 0 };
    size_t views = 0, fused = 0;
    *out = (sx_detections){ 0 };
    bool ok = !mirrors(tta) || mirror(film, &mirrored, err);
    for (size_t s = 0; ok && s < scale_count(tta); s++) {
        sx_model_detect_options o = *options;
        o.scale = scales[s];
        ok = detect_view(m, film, false, &o, out, err);
        views++;
        if (!mirrors(tta)) continue;
        ok = ok && detect_view(m, &mirrored, true, &o, out, err);
        views++;
    }
    sx_image_free(&mirrored);
    const sx_fuse_options how = { .view_count = views, .iou = sx_fuse_iou };
    ok = ok && sx_fuse_boxes(out->items, (size_t)out->count, &how, &fused, err);
    if (ok) {
        const int most = options->max_count > 0 ? options->max_count : DEFAULT_BOXES;
        out->count = (int)fused < most ? (int)fused : most;
        return true;
    }
    sx_detections_free(out);
    return false;
}
