/* The headline numbers of a detector: AP, FROC, lesions found, with their bootstrap resamples. */
#ifndef SX_METRICS_DETECTION_H
#define SX_METRICS_DETECTION_H

#include "metrics/ap.h"
#include "metrics/bootstrap.h"
#include "metrics/froc.h"

enum { SX_CLASSES_MAX = 64 };

typedef struct sx_detect_options {
    const double *ious; /* AP is averaged over these */
    size_t iou_count;
    double iou_one;       /* threshold of the second AP, of FROC, operating points and confusion */
    sx_match_rule froc;   /* SX_MATCH_COCO at iou_one, or SX_MATCH_CENTRE */
    size_t most_per_film; /* boxes of a class that count for AP, e.g. 100; 0: all */
} sx_detect_options;

/* The numbers that are resampled, at the indices that the functions below return. Fractions; NaN
 * where undefined. */
typedef struct sx_detect_numbers {
    size_t count;
    int class_count;
    double values[3 + 10 * (SX_CLASSES_MAX + 1)];
} sx_detect_numbers;

/* Label -1 means all classes: their mean for AP, the pooled list for FROC. */
size_t sx_detect_ap(const sx_detect_numbers *n, int label);     /* mean over the thresholds */
size_t sx_detect_ap_one(const sx_detect_numbers *n, int label); /* at iou_one */
/* Sensitivity at sx_froc_rates[rate]; rate -1: the mean of the seven. */
size_t sx_detect_froc(const sx_detect_numbers *n, int label, int rate);
/* With boxes of any score: the share of films without a true box that have no box either; the
 * fraction of true boxes found; false positives per image. */
size_t sx_detect_specificity(const sx_detect_numbers *n);
size_t sx_detect_found_share(const sx_detect_numbers *n);
size_t sx_detect_fp_per_image(const sx_detect_numbers *n);
size_t sx_detect_number_count(int class_count);

/* A detector's matched boxes. Matching is done once; counting under a weight is cheap. The boxes in
 * *b must outlive it. Errors: those of sx_match_boxes; SX_ERR_LIMIT, over SX_CLASSES_MAX
 * classes. */
typedef struct sx_detect sx_detect;
sx_detect *sx_detect_new(const sx_boxes *b, const sx_detect_options *o, sx_error *err) SX_MUST_USE;
void sx_detect_free(sx_detect *d);
/* The same without the found boxes for which keep[index] is false. On each film these must be the
 * boxes below one score, so that the matches of the others do not change. */
sx_detect *sx_detect_filter(const sx_detect *d, const bool *keep, sx_error *err) SX_MUST_USE;
void sx_detect_measure(const sx_detect *d, const uint32_t *film_weight, sx_ap_scratch *s,
                       sx_detect_numbers *out);
size_t sx_detect_longest(const sx_detect *d); /* boxes in the longest list: sx_ap_scratch_new */
/* The lists, owned by d. Threshold 0 of the first two is iou_one. */
const sx_matches *sx_detect_froc_lists(const sx_detect *d);
const sx_match_list *sx_detect_pooled(const sx_detect *d);
const sx_matches *sx_detect_ap_lists(const sx_detect *d);

/* Resamples without a true box of a class that has some. Such a class has no AP there, and means
 * over the classes are those of the others. */
typedef struct sx_lacking {
    size_t any; /* resamples that lack at least one class */
    size_t classes[SX_CLASSES_MAX];
} sx_lacking;

/* With the same seed two detectors get the same resamples. */
typedef struct sx_detect_boot {
    double *values; /* [number_count][resamples] */
    size_t number_count, resamples;
    sx_lacking lacking;
} sx_detect_boot;
bool sx_detect_bootstrap(const sx_detect *d, const sx_groups *groups, const sx_bootstrap *how,
                         sx_detect_boot *out, sx_error *err) SX_MUST_USE;
void sx_detect_boot_free(sx_detect_boot *b);

/* Intervals of the rates of one threshold on a list: Wilson's of sensitivity and precision
 * (metrics/proportion.h, with the units of the bootstrap as clusters), percentiles of the resamples
 * of the others, which are NaN without resamples. */
typedef struct sx_rate_intervals {
    sx_interval sensitivity, precision, f1, fp_per_image;
} sx_rate_intervals;
bool sx_detect_rate_intervals(const sx_match_list *l, const sx_groups *groups, double threshold,
                              const sx_bootstrap *how, sx_rate_intervals *out,
                              sx_error *err) SX_MUST_USE;

#endif
