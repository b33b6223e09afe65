#include "cli/train_validate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/ap.h"
#include "eval/roc.h"

bool sx_validate_classifier(const sx_train_set *s, sx_model *m, double *score, sx_weights *meta,
                            sx_error *err) {
    unsigned char *label = sx_calloc_for(s->count, 1, "validation", err);
    double *p = sx_calloc_for(s->count, sizeof *p, "validation", err);
    bool ok = label && p;
    for (size_t i = 0; ok && i < s->count; i++) {
        sx_fitted film;
        float logit;
        ok = sx_train_set_film(s, i, &film, err) && sx_model_classify(m, &film.image, &logit, err);
        sx_train_set_done(s, i, &film);
        label[i] = s->films[i].target > 0.5F;
        p[i] = 1 / (1 + exp(-(double)logit));
    }
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    ok = ok && sx_ranking_make(&r, label, p, s->count, err) && sx_levels_make(&l, &r, err);
    if (ok) {
        char text[32];
        *score = sx_auroc(&l);
        const double threshold = sx_youden(&l);
        snprintf(text, sizeof text, "%.6g", threshold <= 1 ? threshold : 1.0);
        ok = isnan(threshold) ||
             (sx_weights_set_meta(meta, "spinexr.threshold", text, err) &&
              sx_weights_set_meta(meta, "spinexr.threshold_chosen_on", "validation (Youden)", err));
    }
    sx_levels_free(&l);
    sx_ranking_free(&r);
    free(p);
    free(label);
    return ok;
}

bool sx_validate_detector(const sx_train_set *s, sx_model *m, double *score, sx_error *err) {
    enum { MOST = 100 };
    static const double iou = 0.5;
    size_t truths = 0, founds = 0;
    sx_found_box *found = sx_calloc_for(s->count * MOST + 1, sizeof *found, "validation", err);
    sx_truth_box *truth = sx_calloc_for(s->manifest.boxes + 1, sizeof *truth, "validation", err);
    bool ok = found && truth;
    for (size_t i = 0; ok && i < s->count; i++) {
        const sx_feed_film *f = &s->films[i];
        sx_fitted film;
        sx_detections d = { 0 };
        ok = sx_train_set_film(s, i, &film, err) &&
             sx_model_detect(m, &film.image, &(sx_detect_options){ .nms = -1, .max_count = MOST }, &d, err);
        const double x = ok ? (double)film.film_width / film.image.width : 1,
                     y = ok ? (double)film.film_height / film.image.height : 1;
        sx_train_set_done(s, i, &film);
        for (int k = 0; ok && k < d.count; k++) {
            const sx_box b = d.items[k].box;
            found[founds++] = (sx_found_box){ .x = x * (double)b.x0,
                                              .y = y * (double)b.y0,
                                              .w = x * (double)(b.x1 - b.x0),
                                              .h = y * (double)(b.y1 - b.y0),
                                              .score = (double)d.items[k].score,
                                              .film = (uint32_t)i,
                                              .label = d.items[k].label };
        }
        sx_detections_free(&d);
        for (size_t k = 0; ok && k < f->count; k++) {
            const sx_film_box b = f->boxes[k];
            truth[truths++] = (sx_truth_box){ .x = b.x0,
                                              .y = b.y0,
                                              .w = b.x1 - b.x0,
                                              .h = b.y1 - b.y0,
                                              .area = (b.x1 - b.x0) * (b.y1 - b.y0),
                                              .film = (uint32_t)i,
                                              .label = f->labels[k] };
        }
    }
    const sx_boxes boxes = { truth, truths, found, founds, s->count, sx_model_get_info(m)->classes };
    sx_coco_result r = { 0 };
    ok = ok && sx_coco_evaluate(&boxes, &iou, 1, &r, err);
    if (ok) *score = sx_coco_mean_ap(&r, 0, 0);
    sx_coco_result_free(&r);
    free(truth);
    free(found);
    return ok;
}
