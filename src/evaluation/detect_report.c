#include "evaluation/detect_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

static bool points_from(const sx_eval_input *in, const sx_detect_report_options *o,
                        sx_detector_result *r, sx_error *err) {
    json_t *j, *model, *found = NULL;
    size_t i;
    if (!sx_eval_read_json(o->points_from, "detect", &j, err)) return false;
    json_t *models = json_object_get(j, "models");
    json_array_foreach(models, i, model) {
        const char *name = json_string_value(json_object_get(model, "name"));
        if (json_array_size(models) == 1 || (name && strcmp(name, r->name) == 0)) found = model;
    }
    bool ok = true;
    if (!found) ok = sx_fail(err, SX_ERR_MISSING, "%s: no model named %s", o->points_from, r->name);
    json_t *classes = json_object_get(json_object_get(found, "operating_points"), "classes");
    for (size_t c = 0; ok && c < in->truth->class_names.count; c++) {
        const char *name = in->truth->class_names.items[c];
        json_t *point = json_object_get(classes, name),
               *threshold = json_object_get(point, "threshold");
        if (!point)
            ok = sx_fail(err, SX_ERR_MISSING, "%s: no operating point of class %s", o->points_from,
                         name);
        r->points[c].threshold =
            json_is_number(threshold) ? json_number_value(threshold) : INFINITY;
    }
    const char *origin =
        json_string_value(json_object_get(json_object_get(found, "operating_points"), "origin"));
    snprintf(r->points_origin, sizeof r->points_origin, "from %s: %s", o->points_from,
             origin ? origin : "not said how");
    json_decref(j);
    return ok;
}

/* Every class at its own threshold, as one list in which a box scores 1 when it is kept. */
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
        if (f->score < r->points[f->label].threshold) continue;
        kept.scores[kept.count] = 1;
        kept.films[kept.count] = pooled->films[i];
        kept.hits[kept.count] = pooled->hits[i];
        kept.ignored[kept.count++] = pooled->ignored[i];
    }
    sx_operating_point *p = &r->points[classes];
    if (ok) {
        p->threshold = NAN;
        p->rates = sx_detection_at(&kept, in->truth->films.count, 0, 1, NULL);
        if (in->boot.resamples)
            ok = sx_detect_rates_bootstrap(&kept, draw, 1, &in->boot, &p->intervals, err);
    }
    free(kept.scores);
    free(copy);
    return ok;
}

static bool operating_points(const sx_eval_input *in, const sx_detect_report_options *o,
                             sx_detector_result *r, const sx_groups *draw, sx_error *err) {
    size_t classes = in->truth->class_names.count, films = in->truth->films.count;
    static const sx_interval none = { NAN, NAN };
    double threshold[SX_CLASSES_MAX];
    snprintf(r->points_origin, sizeof r->points_origin,
             "highest sensitivity with at most %g false positives per film and class, chosen on "
             "these %zu films",
             o->fp_per_film, films);
    if (o->points_from && !points_from(in, o, r, err)) return false;
    for (size_t c = 0; c <= classes; c++)
        r->points[c].intervals = (sx_rate_intervals){ none, none, none, none };
    for (size_t c = 0; c < classes; c++) {
        const sx_match_list *l = sx_matches_of(sx_detect_froc_lists(r->lists), (int)c, 0);
        sx_operating_point *p = &r->points[c];
        if (!o->points_from) p->threshold = sx_threshold_for_rate(l, films, 0, o->fp_per_film);
        threshold[c] = p->threshold;
        p->rates = sx_detection_at(l, films, 0, p->threshold, NULL);
        if (in->boot.resamples &&
            !sx_detect_rates_bootstrap(l, draw, p->threshold, &in->boot, &p->intervals, err))
            return false;
    }
    r->confusion =
        sx_calloc_for((classes + 1) * (classes + 1), sizeof *r->confusion, "classes", err);
    return r->confusion &&
           sx_class_confusion(&r->boxes, threshold, o->iou_one, r->confusion, err) &&
           all_at_points(in, r, draw, err);
}

/* ---- one detector ---- */

static bool judge(const sx_eval_input *in, const sx_detect_report_options *o, size_t m,
                  const sx_groups *draw, sx_detector_result *r, sx_error *err) {
    const sx_predictions *p = &in->predictions[m];
    sx_detect_options how = { o->ious, o->iou_count, o->iou_one,
                              o->centre ? SX_MATCH_CENTRE : SX_MATCH_COCO, o->most_per_film };
    r->name = p->name;
    r->boxes =
        (sx_boxes){ in->truth->boxes, in->truth->box_count,   p->boxes,
                    p->box_count,     in->truth->films.count, (int)in->truth->class_names.count };
    if (!p->has_boxes) return sx_fail(err, SX_ERR_MISSING, "there is no box in it");
    r->lists = sx_detect_new(&r->boxes, &how, err);
    if (!r->lists) return false;
    sx_ap_scratch *s = sx_ap_scratch_new(sx_detect_longest(r->lists), err);
    if (!s) return false;
    sx_detect_measure(r->lists, NULL, s, &r->point);
    sx_ap_scratch_free(s);
    for (size_t k = 0; k < r->point.count; k++)
        r->intervals[k] = (sx_interval){ NAN, NAN };
    if (in->boot.resamples) {
        if (!sx_detect_bootstrap(r->lists, draw, &in->boot, &r->boot, err)) return false;
        for (size_t k = 0; k < r->point.count; k++)
            r->intervals[k] = sx_boot_summarise(r->boot.values + k * in->boot.resamples,
                                                in->boot.resamples, in->boot.level)
                                  .interval;
    }
    return sx_coco_evaluate(&r->boxes, o->ious, o->iou_count, &r->own, err) &&
           sx_coco_evaluate(&r->boxes, sx_coco_ious, 10, &r->standard, err) && voc(in, o, r, err) &&
           operating_points(in, o, r, draw, err);
}

void sx_detector_ap_one(const sx_detector_result *r, double *ap) {
    for (int c = 0; c < r->boxes.class_count; c++)
        ap[c] = r->point.values[sx_detect_ap_one(&r->point, c)];
    ap[r->boxes.class_count] = r->point.values[sx_detect_ap_one(&r->point, -1)];
}

static void release(sx_detector_result *r, size_t n) {
    for (size_t m = 0; r && m < n; m++) {
        sx_detect_free(r[m].lists);
        sx_detect_boot_free(&r[m].boot);
        sx_coco_result_free(&r[m].own);
        sx_coco_result_free(&r[m].standard);
        free(r[m].confusion);
    }
    free(r);
}

static void warn_about(const sx_eval_input *in, const sx_detect_report_options *o,
                       sx_eval_output *out) {
    const sx_truth *t = in->truth;
    sx_str without = { 0 };
    size_t count = 0;
    for (size_t c = 0; c < t->class_names.count; c++) {
        bool any = false;
        for (size_t i = 0; i < t->box_count && !any; i++)
            any = t->boxes[i].label == (int)c;
        if (!any) sx_str_printf(&without, "%s%s", count++ ? ", " : "", t->class_names.items[c]);
    }
    if (t->box_count == 0)
        sx_eval_warn(
            out,
            "There is no true box on any film: precision and sensitivity do not exist; only false "
            "positives can be counted.");
    else if (count)
        sx_eval_warn(out, "Without a true box, and so left out of every mean: %s.",
                     sx_str_text(&without));
    sx_str_free(&without);
    if (!o->points_from && t->box_count)
        sx_eval_warn(
            out,
            "The operating points were chosen on the films they are judged on; --points-from takes "
            "them from another set.");
    for (size_t m = 0; m < in->prediction_count; m++)
        if (in->predictions[m].withheld)
            sx_eval_warn(out,
                         "%s: the decision rule had already withheld %zu boxes when it was made.",
                         in->predictions[m].name, in->predictions[m].withheld);
}

bool sx_eval_detect(const sx_eval_input *in, const sx_detect_report_options *o, sx_eval_output *out,
                    sx_error *err) {
    sx_unit draw;
    sx_groups groups;
    if (in->prediction_count == 0 || in->prediction_count > SX_DETECTORS_MAX)
        return sx_fail(err, SX_ERR_USAGE, "%zu predictions; 1 to %d", in->prediction_count,
                       SX_DETECTORS_MAX);
    if (!in->truth->has_boxes)
        return sx_fail(err, SX_ERR_MISSING, "%s: holds labels of films, no boxes", in->truth_path);
    if (!sx_eval_begin(in, "detect", "Detection", out, err)) return false;
    sx_detector_result *r = sx_calloc_for(in->prediction_count, sizeof *r, "results", err);
    bool ok = r && sx_eval_draw_groups(in, out, &draw, &groups, err);
    for (size_t m = 0; ok && m < in->prediction_count; m++)
        ok = judge(in, o, m, &groups, &r[m], err) || sx_fail_in(err, "%s", in->predictions[m].path);
    if (ok) {
        warn_about(in, o, out);
        sx_eval_note_bootstrap(in, out, draw, &groups, "percentiles");
        sx_detect_write(in, o, r, in->prediction_count, out);
        ok = sx_eval_end(out, err);
    }
    release(r, in->prediction_count);
    if (!ok) sx_eval_output_free(out);
    return ok;
}
