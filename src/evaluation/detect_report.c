#include "evaluation/detect_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/earlier_result.h"

static const sx_size_range every_size = { 0, INFINITY };

static bool voc(const sx_eval_input *in, const sx_detect_report_options *o, sx_detector_result *r,
                sx_error *err) {
    sx_match_options how = { SX_MATCH_VOC, &o->iou_one, 1, &every_size, 1, 0 };
    sx_matches m;
    size_t classes = in->truth->class_names.count, present = 0;
    if (!sx_match_boxes(&r->boxes, &how, &m, err)) return false;
    sx_ap_scratch *s = sx_ap_scratch_new(r->boxes.found_box_count, err);
    r->voc[classes] = (sx_voc_ap){ 0, 0 };
    for (size_t c = 0; s && c < classes; c++) {
        r->voc[c] = sx_voc_accumulate(sx_matches_of(&m, (int)c, 0), m.film_count, 0, NULL, s);
        if (isnan(r->voc[c].all_point)) continue;
        r->voc[classes].all_point += r->voc[c].all_point;
        r->voc[classes].eleven_point += r->voc[c].eleven_point;
        present++;
    }
    r->voc[classes].all_point = present ? r->voc[classes].all_point / (double)present : NAN;
    r->voc[classes].eleven_point = present ? r->voc[classes].eleven_point / (double)present : NAN;
    sx_matches_free(&m);
    sx_ap_scratch_free(s);
    return s != NULL;
}

/* ---- operating points ---- */

/* Every class at its own threshold, as one list of the boxes that are kept, each with score 1. */
static bool all_at_points(const sx_eval_input *in, sx_detector_result *r, const sx_groups *draw,
                          sx_error *err) {
    const sx_match_list *pooled = sx_detect_pooled(r->lists);
    size_t classes = in->truth->class_names.count;
    sx_match_list kept = *pooled;
    kept.count = 0;
    kept.scores = sx_calloc_for(pooled->count + 1, sizeof *kept.scores, "boxes", err);
    uint32_t *copy = sx_calloc_for(pooled->count + 1, 3 * sizeof *copy, "boxes", err);
    bool ok = kept.scores && copy;
    kept.films = copy;
    kept.hits = copy ? copy + pooled->count + 1 : NULL;
    kept.ignored = copy ? kept.hits + pooled->count + 1 : NULL;
    for (size_t i = 0; ok && i < pooled->count; i++) {
        const sx_found_box *f = &r->boxes.found_boxes[pooled->indices[i]];
        if (f->score < r->operating_points[f->label].threshold) continue;
        kept.scores[kept.count] = 1;
        kept.films[kept.count] = pooled->films[i];
        kept.hits[kept.count] = pooled->hits[i];
        kept.ignored[kept.count++] = pooled->ignored[i];
    }
    sx_operating_point *p = &r->operating_points[classes];
    if (ok) {
        p->threshold = NAN;
        p->rates = sx_detection_at(&kept, in->truth->films.count, 0, 1, NULL);
        ok = sx_detect_rate_intervals(&kept, draw, 1, &in->boot, &p->intervals, err);
    }
    free(kept.scores);
    free(copy);
    return ok;
}

/* Without a true box on any film, no found box can be a hit: precision is undefined, not 0. */
static void leave_undefined(const sx_truth *t, sx_operating_point *points) {
    for (size_t c = 0; t->box_count == 0 && c <= t->class_names.count; c++) {
        points[c].rates.precision = points[c].rates.f1 = NAN;
        points[c].intervals.precision = points[c].intervals.f1 = (sx_interval){ NAN, NAN };
    }
}

/* The thresholds of the classes, from an earlier evaluation or chosen here. */
static bool choose_points(const sx_eval_input *in, const sx_detect_report_options *o,
                          sx_detector_result *r, double *thresholds, sx_error *err) {
    const size_t films = in->truth->films.count;
    if (o->points_from)
        return sx_earlier_points(o->points_from, r->name, &in->truth->class_names, thresholds,
                                 r->points_origin, sizeof r->points_origin, err);
    snprintf(r->points_origin, sizeof r->points_origin,
             "highest sensitivity with at most %g %s per image and class, chosen on %s %zu %s",
             o->fp_per_image, o->fp_per_image == 1 ? "false positive" : "false positives",
             sx_noun(films, "this", "these"), films, sx_noun(films, "film", "films"));
    for (size_t c = 0; c < in->truth->class_names.count; c++)
        thresholds[c] = sx_threshold_for_rate(
            sx_matches_of(sx_detect_froc_lists(r->lists), (int)c, 0), films, 0, o->fp_per_image);
    return true;
}

static bool operating_points(const sx_eval_input *in, const sx_detect_report_options *o,
                             sx_detector_result *r, const sx_groups *draw, sx_error *err) {
    const size_t classes = in->truth->class_names.count, films = in->truth->films.count;
    static const sx_interval none = { NAN, NAN };
    double thresholds[SX_CLASSES_MAX];
    if (!choose_points(in, o, r, thresholds, err)) return false;
    for (size_t c = 0; c <= classes; c++)
        r->operating_points[c].intervals = (sx_rate_intervals){ none, none, none, none };
    for (size_t c = 0; c < classes; c++) {
        const sx_match_list *l = sx_matches_of(sx_detect_froc_lists(r->lists), (int)c, 0);
        sx_operating_point *p = &r->operating_points[c];
        p->threshold = thresholds[c];
        p->rates = sx_detection_at(l, films, 0, p->threshold, NULL);
        if (!sx_detect_rate_intervals(l, draw, p->threshold, &in->boot, &p->intervals, err))
            return false;
    }
    r->confusion =
        sx_calloc_for((classes + 1) * (classes + 1), sizeof *r->confusion, "classes", err);
    const bool ok = r->confusion &&
                    sx_class_confusion(&r->boxes, thresholds, o->iou_one, r->confusion, err) &&
                    all_at_points(in, r, draw, err);
    if (ok) leave_undefined(in->truth, r->operating_points);
    return ok;
}

/* ---- one detector ---- */

static void class_numbers(const sx_detect_report_options *o, sx_detector_result *r) {
    const int classes = r->boxes.class_count;
    for (int c = 0; c <= classes; c++) {
        for (size_t k = 0; k < o->iou_count; k++)
            r->ious_ap[c][k] =
                c < classes ? sx_coco_class_ap(&r->own, c, 0, k) : sx_coco_mean_ap(&r->own, 0, k);
        for (size_t k = 0; k < 3; k++)
            r->sizes_ap[c][k] = c < classes ? sx_coco_class_ap(&r->own, c, k + 1, o->iou_count)
                                            : sx_coco_mean_ap(&r->own, k + 1, o->iou_count);
    }
}

static bool headline_numbers(const sx_eval_input *in, const sx_groups *draw, sx_detector_result *r,
                             sx_error *err) {
    const size_t resamples = in->boot.resamples;
    sx_ap_scratch *s = sx_ap_scratch_new(sx_detect_longest(r->lists), err);
    if (!s) return false;
    sx_detect_measure(r->lists, NULL, s, &r->point);
    sx_ap_scratch_free(s);
    for (size_t k = 0; k < r->point.count; k++)
        r->intervals[k] = (sx_interval){ NAN, NAN };
    if (!resamples) return true;
    sx_detect_boot boot;
    if (!sx_detect_bootstrap(r->lists, draw, &in->boot, &boot, err)) return false;
    for (size_t k = 0; k < r->point.count; k++)
        r->intervals[k] =
            sx_boot_summarise(boot.values + k * resamples, resamples, in->boot.level).interval;
    r->lacking = boot.lacking;
    sx_detect_boot_free(&boot);
    return true;
}

static bool evaluate(const sx_eval_input *in, const sx_detect_report_options *o, size_t m,
                     const sx_groups *draw, sx_detector_result *r, sx_error *err) {
    const sx_truth *t = in->truth;
    const sx_predictions *p = &in->predictions[m];
    const sx_detect_options how = { o->ious, o->iou_count, o->iou_one,
                                    o->centre ? SX_MATCH_CENTRE : SX_MATCH_COCO, o->most_per_film };
    r->name = p->name;
    r->boxes = (sx_boxes){ t->boxes,     t->box_count,   p->boxes,
                           p->box_count, t->films.count, (int)t->class_names.count };
    if (!p->has_boxes)
        return sx_fail(err, SX_ERR_MISSING,
                       "the file has no boxes: its films were not predicted by a detector");
    if (!sx_eval_check_predicted(in, p, err)) return false;
    r->lists = sx_detect_new(&r->boxes, &how, err);
    if (!r->lists || !headline_numbers(in, draw, r, err) ||
        !sx_coco_evaluate(&r->boxes, o->ious, o->iou_count, &r->own, err) ||
        !sx_coco_evaluate(&r->boxes, sx_coco_ious, 10, &r->standard, err))
        return false;
    class_numbers(o, r);
    return voc(in, o, r, err) && operating_points(in, o, r, draw, err);
}

/* ---- */

static void find_absent(const sx_truth *t, sx_detect_result *r) {
    r->absent_count = t->class_names.count;
    for (size_t c = 0; c < t->class_names.count; c++)
        r->absent[c] = true;
    for (size_t i = 0; i < t->box_count; i++) {
        bool *absent = &r->absent[t->boxes[i].label];
        r->absent_count -= *absent;
        *absent = false;
    }
}

static bool compute(const sx_eval_input *in, const sx_detect_report_options *o, sx_detect_result *r,
                    sx_error *err) {
    r->models = sx_calloc_for(in->prediction_count, sizeof *r->models, "results", err);
    if (!r->models || !sx_eval_draw_make(in, &r->draw, err)) return false;
    r->model_count = in->prediction_count;
    for (size_t m = 0; m < r->model_count; m++)
        if (!evaluate(in, o, m, &r->draw.groups, &r->models[m], err))
            return sx_fail_in(err, "%s", in->predictions[m].path);
    find_absent(in->truth, r);
    if (!in->page || r->model_count > 1) return true;
    r->page = sx_detect_page_compute(in, o, &r->models[0], err);
    return r->page != NULL;
}

sx_detect_result *sx_detect_compute(const sx_eval_input *in, const sx_detect_report_options *o,
                                    sx_error *err) {
    if (in->prediction_count == 0 || in->prediction_count > SX_DETECTORS_MAX) {
        sx_fail(err, SX_ERR_USAGE, "%zu predictions; 1 to %d", in->prediction_count,
                SX_DETECTORS_MAX);
        return NULL;
    }
    if (!in->truth->has_boxes) {
        sx_fail(err, SX_ERR_MISSING, "%s: has image labels but no boxes", in->truth_path);
        return NULL;
    }
    sx_detect_result *r = sx_calloc_for(1, sizeof *r, "results", err);
    if (r && compute(in, o, r, err)) return r;
    sx_detect_result_free(r);
    return NULL;
}

void sx_detect_result_free(sx_detect_result *r) {
    if (!r) return;
    for (size_t m = 0; m < r->model_count; m++) {
        sx_detector_result *x = &r->models[m];
        sx_detect_free(x->lists);
        sx_coco_result_free(&x->own);
        sx_coco_result_free(&x->standard);
        free(x->confusion);
    }
    free(r->models);
    free(r->page);
    free(r);
}
