/* The page of one detector: curves of its classes, and its worst mistakes. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "evaluation/detect_report.h"

static const sx_match_list *list_of(const sx_detector_result *r, size_t label) {
    return sx_matches_of(sx_detect_froc_lists(r->lists), (int)label, 0);
}

static bool pr_curves(const sx_eval_input *in, const sx_detect_report_options *o,
                      const sx_detector_result *r, sx_detect_page *page, sx_error *err) {
    const sx_truth *t = in->truth;
    sx_ap_scratch *scratch = sx_ap_scratch_new(sx_detect_longest(r->lists), err);
    if (!scratch) return false;
    for (size_t c = 0; c < t->class_names.count && page->pr_count < SX_PAGE_CLASSES; c++) {
        sx_pr_curve curve;
        sx_pr_accumulate(list_of(r, c), t->films.count, 0, o->most_per_film, NULL, scratch, &curve);
        if (curve.positives <= 0) continue;
        page->pr[page->pr_count].label = (int)c;
        for (int i = 0; i < SX_RECALL_POINTS; i++)
            page->pr[page->pr_count].precisions[i] = curve.precisions[i];
        page->pr_count++;
    }
    sx_ap_scratch_free(scratch);
    return true;
}

static void froc_curves(const sx_eval_input *in, const sx_detector_result *r,
                        sx_detect_page *page) {
    const double left = 1.0 / 32;
    const sx_truth *t = in->truth;
    sx_froc_point points[SX_PAGE_POINTS];
    for (size_t c = 0; c < t->class_names.count && page->froc_count < SX_PAGE_CLASSES; c++) {
        const size_t n = sx_froc_curve(list_of(r, c), t->films.count, 0, points, SX_PAGE_POINTS);
        if (n < 2) continue;
        double *x = page->froc[page->froc_count].rates,
               *y = page->froc[page->froc_count].sensitivities;
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            /* Of the points left of the axis only the last is kept. */
            if (i + 1 < n && points[i + 1].fp_per_image <= left) continue;
            x[kept] = fmax(points[i].fp_per_image, left);
            y[kept++] = points[i].sensitivity;
        }
        page->froc[page->froc_count].label = (int)c;
        page->froc[page->froc_count++].count = kept;
    }
}

/* By the rule that FROC and the operating points use. */
static bool covers(const sx_found_box *f, const sx_truth_box *t,
                   const sx_detect_report_options *o) {
    const double x = f->x + f->w / 2, y = f->y + f->h / 2;
    if (o->centre) return x >= t->x && x <= t->x + t->w && y >= t->y && y <= t->y + t->h;
    return sx_box_iou_xywh(f, t, false) >= o->iou_one;
}

static bool is_found(const sx_detector_result *r, const sx_truth_box *t,
                     const sx_detect_report_options *o) {
    for (size_t i = 0; i < r->boxes.found_box_count; i++) {
        const sx_found_box *f = &r->boxes.found_boxes[i];
        if (f->film == t->film && f->label == t->label &&
            f->score >= r->operating_points[f->label].threshold && covers(f, t, o))
            return true;
    }
    return false;
}

static int by_area(const void *a, const void *b) {
    const sx_truth_box *x = *(const sx_truth_box *const *)a, *y = *(const sx_truth_box *const *)b;
    return (x->area < y->area) - (x->area > y->area);
}

static size_t most_mistakes(const sx_detect_report_options *o) {
    const size_t wanted = o->worst_count ? o->worst_count : SX_PAGE_MISTAKES;
    return wanted < SX_PAGE_MISTAKES_MAX ? wanted : SX_PAGE_MISTAKES_MAX;
}

/* The largest true boxes without a found box of their class: the misses that matter most. */
static bool find_misses(const sx_eval_input *in, const sx_detect_report_options *o,
                        const sx_detector_result *r, sx_detect_page *page, sx_error *err) {
    const sx_truth *t = in->truth;
    const sx_truth_box **order = sx_calloc_for(t->box_count + 1, sizeof *order, "boxes", err);
    if (!order) return false;
    for (size_t i = 0; i < t->box_count; i++)
        order[i] = &t->boxes[i];
    qsort(order, t->box_count, sizeof *order, by_area);
    for (size_t i = 0; i < t->box_count && page->miss_count < most_mistakes(o); i++)
        if (!order[i]->crowd && !is_found(r, order[i], o))
            page->misses[page->miss_count++] = order[i];
    free(order);
    return true;
}

static void find_false_positives(const sx_detect_report_options *o, const sx_detector_result *r,
                                 sx_detect_page *page) {
    const sx_match_list *l = sx_detect_pooled(r->lists);
    for (size_t i = 0; i < l->count && page->false_positive_count < most_mistakes(o); i++)
        if (!((l->hits[i] | l->ignored[i]) & 1))
            page->false_positives[page->false_positive_count++] =
                &r->boxes.found_boxes[l->indices[i]];
}

sx_detect_page *sx_detect_page_compute(const sx_eval_input *in, const sx_detect_report_options *o,
                                       const sx_detector_result *r, sx_error *err) {
    sx_detect_page *page = sx_calloc_for(1, sizeof *page, "results", err);
    if (page && pr_curves(in, o, r, page, err) && find_misses(in, o, r, page, err)) {
        froc_curves(in, r, page);
        find_false_positives(o, r, page);
        return page;
    }
    free(page);
    return NULL;
}
