#include "pipeline/detect_film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/fuse.h"
#include "models/arch.h"
#include "pipeline/tiles.h"

static bool check_boxes(const sx_model *m, const sx_detections *boxes, sx_error *err) {
    for (int i = 0; i < boxes->count; i++) {
        const sx_detection *d = &boxes->items[i];
        if (!isfinite(d->score) || !sx_box_is_finite(d->box))
            return sx_fail(err, SX_ERR_VALUE, "%s gives a box that is not finite",
                           sx_model_get_info(m)->path);
    }
    return true;
}

static bool append(sx_detector_boxes *to, const sx_detections *from, const sx_detector_use *use,
                   int detector, sx_error *err) {
    const size_t wanted = to->count + (size_t)from->count + 1;
    sx_detection *items = sx_realloc(to->items, wanted, sizeof *items);
    if (items) to->items = items;
    int *detectors = items ? sx_realloc(to->detectors, wanted, sizeof *detectors) : NULL;
    if (detectors) to->detectors = detectors;
    if (!detectors) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    for (int i = 0; i < from->count; i++) {
        sx_detection d = from->items[i];
        d.label = use->labels[d.label];
        to->detectors[to->count] = detector;
        to->items[to->count++] = d;
    }
    return true;
}

bool sx_detect_each(const sx_bundle_info *info, const sx_bundle *b, sx_film_views *views,
                    sx_tta tta, sx_detector_boxes *out, sx_error *err) {
    bool ok = true;
    for (int d = 0; ok && d < b->detector_count; d++) {
        const sx_detector_use *use = &info->detectors[d];
        const sx_network_info *network = &info->networks[info->classifier_count + d];
        const sx_model_detect_options o = { .nms = (float)use->nms };
        sx_detections boxes = { 0 };
        ok = sx_tiles_detect(b->detectors[d], sx_film_views_for(views, network->pixels), tta,
                             info->tiles, &o, &boxes, err) &&
             check_boxes(b->detectors[d], &boxes, err) && append(out, &boxes, use, d, err);
        sx_detections_free(&boxes);
    }
    return ok;
}

void sx_detector_boxes_free(sx_detector_boxes *b) {
    free(b->items);
    free(b->detectors);
    *b = (sx_detector_boxes){ 0 };
}

bool sx_fuse_detectors(const sx_bundle_info *info, const float *weights,
                       const sx_detector_boxes *each, sx_detections *out, sx_error *err) {
    const sx_fuse_options how = { .view_count = (size_t)info->detector_count,
                                  .iou = sx_fuse_iou,
                                  .weights = weights,
                                  .label_count = info->label_count,
                                  .views = each->detectors };
    size_t count = each->count;
    *out = (sx_detections){ .items = sx_calloc_for(count + 1, sizeof *out->items, "boxes", err) };
    if (!out->items) return false;
    if (count) memcpy(out->items, each->items, count * sizeof *out->items);
    if (info->detector_count > 1 && !sx_fuse_boxes(out->items, count, &how, &count, err)) {
        sx_detections_free(out);
        return false;
    }
    if (info->detector_count > 1 && count > SX_MOST_DETECTIONS) count = SX_MOST_DETECTIONS;
    out->count = (int)count;
    return true;
}
