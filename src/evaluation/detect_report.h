/* Inside the evaluation of detectors: its results, and what writes them. */
#ifndef SX_EVALUATION_DETECT_REPORT_H
#define SX_EVALUATION_DETECT_REPORT_H

#include "evaluation/evaluation_impl.h"
#include "metrics/detection.h"

enum { SX_DETECTORS_MAX = 8 };

typedef struct sx_operating_point {
    double threshold; /* infinity: no threshold keeps to the rate, no box is kept */
    sx_detection_rates rates;
    sx_rate_intervals intervals;
} sx_operating_point;

typedef struct sx_detector_result {
    const char *name;
    sx_boxes boxes;
    sx_detect *lists;
    sx_detect_numbers point;
    sx_detect_boot boot;
    sx_interval intervals[2 + 10 * (SX_CLASSES_MAX + 1)]; /* as point.value */
    sx_coco_result own, standard;                         /* the thresholds asked for; COCO's */
    sx_voc_ap voc[SX_CLASSES_MAX + 1]; /* the last: mean over the classes with true boxes */
    sx_operating_point
        points[SX_CLASSES_MAX + 1]; /* the last: all classes, each at its threshold */
    char points_origin[400];
    uint32_t *confusion; /* [(classes + 1)^2] */
} sx_detector_result;

void sx_detect_write(const sx_eval_input *in, const sx_detect_report_options *o,
                     const sx_detector_result *r, size_t n, sx_eval_output *out);
void sx_detect_figures(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_detector_result *r, size_t n, sx_eval_output *out);

/* AP at one IoU of every class, then their mean: ap[classes + 1]. */
void sx_detector_ap_one(const sx_detector_result *r, double *ap);

#endif
