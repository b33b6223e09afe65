/* Free-response ROC (FROC): sensitivity against false positives per image, and thresholds chosen on
 * it. A threshold keeps the boxes that score at least its value. A weight counts each film a number
 * of times; t is an IoU threshold of the list. */
#ifndef SX_METRICS_FROC_H
#define SX_METRICS_FROC_H

#include "metrics/box_match.h"

enum { SX_FROC_RATES = 7 };
/* 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives per image */
extern const double sx_froc_rates[SX_FROC_RATES];

typedef struct sx_froc {
    /* The highest sensitivity that a threshold reaches with at most that many false positives per
     * image, without interpolation; NaN without a true box. */
    double sensitivities[SX_FROC_RATES];
    double mean;      /* of the seven */
    double positives; /* true boxes */
    double film_count;
} sx_froc;

sx_froc sx_froc_of(const sx_match_list *l, size_t film_count, size_t t, const uint32_t *weight);

typedef struct sx_froc_point {
    double fp_per_image, sensitivity, threshold;
} sx_froc_point;
/* The curve, thinned to at most `cap` points including the first and the last; returns their
 * count. */
size_t sx_froc_curve(const sx_match_list *l, size_t film_count, size_t t, sx_froc_point *out,
                     size_t cap);

/* The rates of a threshold. Counts are weighted; NaN where a denominator is 0. */
typedef struct sx_detection_rates {
    double threshold;
    double tp, fp, positives, film_count;
    double sensitivity, precision, f1, fp_per_image;
} sx_detection_rates;

sx_detection_rates sx_detection_at(const sx_match_list *l, size_t film_count, size_t t,
                                   double threshold, const uint32_t *weight);
/* The lowest threshold with at most `fp_per_image` false positives per image, and so the highest
 * sensitivity; infinity when even the highest score gives more. */
double sx_threshold_for_rate(const sx_match_list *l, size_t film_count, size_t t,
                             double fp_per_image);
/* The threshold of the largest F1; infinity without a hit. */
double sx_threshold_for_f1(const sx_match_list *l, size_t film_count, size_t t);

/* Confusion between classes at one IoU. On each film the boxes that reach their class's threshold,
 * by descending score and regardless of their class, each take the free true box of the highest IoU
 * (of equal ones the one of the same class). count[(class_count + 1)^2]: rows are true classes, the
 * last row is no true box; columns are classes found, the last column for no box. Crowds are left
 * out. Error: SX_ERR_MEMORY. */
bool sx_class_confusion(const sx_boxes *b, const double *threshold, double iou, uint32_t *count,
                        sx_error *err) SX_MUST_USE;

#endif
