/* The numbers of `eval detect`. */
#ifndef SX_EVALUATION_DETECT_REPORT_H
#define SX_EVALUATION_DETECT_REPORT_H

#include "evaluation/eval_cases.h"
#include "metrics/detection.h"

enum {
    SX_DETECTORS_MAX = 8,
    SX_PAGE_CLASSES = 7,
    SX_PAGE_MISTAKES = 8,
    SX_PAGE_MISTAKES_MAX = 100,
    SX_PAGE_POINTS = 240
};

typedef struct sx_operating_point {
    double threshold; /* infinity: no threshold has a rate this low, every box is dropped */
    sx_detection_rates rates;
    sx_rate_intervals intervals;
} sx_operating_point;

typedef struct sx_detector_result {
    const char *name;
    sx_boxes boxes;
    sx_detect *lists;
    sx_detect_numbers point;
    sx_interval intervals[3 + 10 * (SX_CLASSES_MAX + 1)]; /* as point.values; NaN: none */
    sx_lacking lacking;                                   /* resamples */
    sx_coco_result own, standard; /* at the IoU thresholds of the options; at COCO's */
    /* AP of `own` by class; the last class: mean over the classes with true boxes */
    double ious_ap[SX_CLASSES_MAX + 1][SX_IOUS_MAX]; /* at each IoU threshold */
    double sizes_ap[SX_CLASSES_MAX + 1][3];          /* of small, medium, large boxes */
    /* [class_count + 1] the last: mean over the classes with true boxes */
    sx_voc_ap voc[SX_CLASSES_MAX + 1];
    /* [class_count + 1] the last: all classes, each at its own threshold */
    sx_operating_point operating_points[SX_CLASSES_MAX + 1];
    char points_origin[400]; /* in words */
    uint32_t *confusion;     /* [(class_count + 1)^2] as sx_class_confusion counts */
} sx_detector_result;

/* Content of the page of a single detector. */
typedef struct sx_detect_page {
    struct {
        int label;
        double precisions[SX_RECALL_POINTS];
    } pr[SX_PAGE_CLASSES];
    size_t pr_count;
    struct {
        int label;
        size_t count;
        double rates[SX_PAGE_POINTS]; /* false positives per image, from 1/32 on */
        double sensitivities[SX_PAGE_POINTS];
    } froc[SX_PAGE_CLASSES];
    size_t froc_count;
    const sx_truth_box
        *misses[SX_PAGE_MISTAKES_MAX]; /* the largest true boxes that were not found */
    size_t miss_count;
    const sx_found_box *false_positives[SX_PAGE_MISTAKES_MAX]; /* those of the highest scores */
    size_t false_positive_count;
} sx_detect_page;

typedef struct sx_detect_result {
    sx_eval_draw draw;
    sx_detector_result *models;
    size_t model_count;
    bool absent[SX_CLASSES_MAX]; /* classes without a true box */
    size_t absent_count;
    sx_detect_page *page; /* NULL: no page, or several detectors */
} sx_detect_result;

/* Names and boxes in the result belong to the input. NULL on failure; free with
 * sx_detect_result_free. */
sx_detect_result *sx_detect_compute(const sx_eval_input *in, const sx_detect_report_options *o,
                                    sx_error *err) SX_MUST_USE;
void sx_detect_result_free(sx_detect_result *r); /* NULL is allowed */

/* On the heap; from detect_page.c. */
sx_detect_page *sx_detect_page_compute(const sx_eval_input *in, const sx_detect_report_options *o,
                                       const sx_detector_result *r, sx_error *err) SX_MUST_USE;

#endif
