/* Evaluating a detector, one or two at a time: every headline number with its bootstrap
 * resamples. */
#ifndef SX_METRICS_DETECTION_H
#define SX_METRICS_DETECTION_H

#include "metrics/ap.h"
#include "metrics/bootstrap.h"
#include "metrics/froc.h"

enum { SX_CLASSES_MAX = 64 };

typedef struct sx_detect_options {
    const double *ious; /* AP is averaged over these */
    size_t iou_count;
    double iou_one;       /* the one threshold of "AP at ...", FROC, operating points, confusion */
    sx_match_rule froc;   /* SX_MATCH_COCO at iou_one, or SX_MATCH_CENTRE */
    size_t most_per_film; /* for AP: 100; 0: all */
} sx_detect_options;

/* The numbers that are resampled; index them with the functions below. Fractions, NaN where
 * undefined. */
typedef struct sx_detect_numbers {
    size_t count;
    int class_count;
    double values[2 + 10 * (SX_CLASSES_MAX + 1)];
} sx_detect_numbers;

/* label -1: all classes (the mean for AP; the pooled list for FROC). */
size_t sx_detect_ap(const sx_detect_numbers *n, int label);     /* mean over the thresholds */
size_t sx_detect_ap_one(const sx_detect_numbers *n, int label); /* at iou_one */
size_t sx_detect_froc(const sx_detect_numbers *n, int label,
                      int rate); /* rate -1: the mean of seven */
/* Of all boxes there are, whatever their score: the share of true boxes found, and false
 * positives. */
size_t sx_detect_found_share(const sx_detect_numbers *n);
size_t sx_detect_false_per_film(const sx_detect_numbers *n);
size_t sx_detect_number_count(int classes);

/* Lists made once; counting them is cheap. */
typedef struct sx_detect sx_detect;
sx_detect *sx_detect_new(const sx_boxes *b, const sx_detect_options *o, sx_error *err) SX_MUST_USE;
void sx_detect_free(sx_detect *d);
/* The same with some boxes left out: keep[] by the index of a found box. On every film the boxes
 * left out must be those below one score, so that what the others were matched with stays. */
sx_detect *sx_detect_filter(const sx_detect *d, const bool *keep, sx_error *err) SX_MUST_USE;
void sx_detect_measure(const sx_detect *d, const uint32_t *film_weight, sx_ap_scratch *s,
                       sx_detect_numbers *out);
size_t sx_detect_longest(const sx_detect *d);               /* for sx_ap_scratch_new */
const sx_matches *sx_detect_froc_lists(const sx_detect *d); /* threshold 0 of these is iou_one */
const sx_match_list *sx_detect_pooled(const sx_detect *d);  /* likewise */
const sx_matches *sx_detect_ap_lists(const sx_detect *d);

/* value[k * resamples + b]: number k in resample b. Two detectors with one seed see the same
 * resamples. */
typedef struct sx_detect_boot {
    double *values;
    size_t number_count, resamples;
} sx_detect_boot;
bool sx_detect_bootstrap(const sx_detect *d, const sx_groups *films, const sx_bootstrap *how,
                         sx_detect_boot *out, sx_error *err) SX_MUST_USE;
void sx_detect_boot_free(sx_detect_boot *b);

/* Sensitivity and false positives per film at one threshold of one class (label -1: pooled, a
 * threshold for each class), with percentile intervals. */
typedef struct sx_rate_intervals {
    sx_interval sensitivity, precision, f1, fp_per_film;
} sx_rate_intervals;
bool sx_detect_rates_bootstrap(const sx_match_list *l, const sx_groups *films, double threshold,
                               const sx_bootstrap *how, sx_rate_intervals *out,
                               sx_error *err) SX_MUST_USE;

#endif
