/* Converts a detector's outputs to boxes. */
#include <stdlib.h>

#include "base/mem.h"
#include "models/arch.h"

static bool new_candidates(sx_candidates *c, size_t cap, sx_error *err) {
    *c = (sx_candidates){ .cap = cap };
    c->boxes = sx_calloc_for(cap, sizeof *c->boxes, "detections", err);
    c->scores = c->boxes ? sx_calloc_for(cap, sizeof *c->scores, "detections", err) : NULL;
    c->labels = c->scores ? sx_calloc_for(cap, sizeof *c->labels, "detections", err) : NULL;
    return c->labels != NULL;
}

static void free_candidates(sx_candidates *c) {
    free(c->boxes);
    free(c->scores);
    free(c->labels);
}

static bool suppress(const sx_candidates *c, const sx_nms_options *options, sx_detections *out,
                     sx_error *err) {
    sx_nms_options o = *options;
    if (!(o.iou > 0)) o.iou = 1;
    if (o.max_kept == 0 || o.max_kept > SX_MOST_DETECTIONS) o.max_kept = SX_MOST_DETECTIONS;
    int *keep = sx_calloc_for(c->count + 1, sizeof *keep, "detections", err);
    sx_detection *items = keep ? sx_calloc_for(o.max_kept, sizeof *items, "detections", err) : NULL;
    size_t kept = 0;
    const bool ok = items && sx_nms(c->boxes, c->scores, c->labels, c->count, &o, keep, &kept, err);
    for (size_t i = 0; ok && i < kept; i++)
        items[i] = (sx_detection){ c->boxes[keep[i]], c->scores[keep[i]], c->labels[keep[i]] };
    free(keep);
    if (!ok) {
        free(items);
        return false;
    }
    *out = (sx_detections){ items, (int)kept };
    return true;
}

static bool check_finite(const sx_candidates *c, sx_error *err) {
    for (size_t i = 0; i < c->count; i++) {
        if (!isfinite(c->scores[i]))
            return sx_fail(err, SX_ERR_VALUE, "a box has the score %g", (double)c->scores[i]);
        if (!sx_box_is_finite(c->boxes[i]))
            return sx_fail(err, SX_ERR_VALUE, "a box is not finite");
    }
    return true;
}

bool sx_network_detections(const sx_network *net, const sx_plan *p, int image,
                           const sx_nms_options *nms, sx_detections *out, sx_error *err) {
    const sx_arch *a = net->arch;
    sx_candidates c;
    *out = (sx_detections){ 0 };
    const bool ok = new_candidates(&c,
                                   a->detect->candidates > 0 ? (size_t)a->detect->candidates
                                                             : SX_MOST_DETECTIONS,
                                   err) &&
                    a->detect->decode(net->config, p, image, SX_MOST_DETECTIONS, &c, err) &&
                    check_finite(&c, err) && suppress(&c, nms, out, err);
    free_candidates(&c);
    return ok;
}
