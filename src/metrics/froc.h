/* Free-response ROC: sensitivity against false positives per film, and choosing a threshold on it.
 * The threshold keeps boxes scoring at least its value. Weights count each film a number of
 * times. */
#ifndef SX_METRICS_FROC_H
#define SX_METRICS_FROC_H

#include "metrics/box_match.h"

enum { SX_FROC_RATES = 7 };
extern const double
    sx_froc_rates[SX_FROC_RATES]; /* 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives per film */

typedef struct sx_froc {
    /* highest sensitivity of a threshold with at most that many false positives per film (no
     * interpolation: every value is one that a threshold reaches); NaN without a true box */
    double sensitivities[SX_FROC_RATES];
    double mean;      /* of the seven */
    double positives; /* true boxes, weighted */
    double film_count;
} sx_froc;

sx_froc sx_froc_of(const sx_match_list *l, size_t films, size_t t, const uint32_t *weight);

/* The whole curve, thinned to at most `cap` points (first and last kept); returns how many. */
typedef struct sx_froc_point {
    double fp_per_film, sensitivity, threshold;
} sx_froc_point;
size_t sx_froc_curve(const sx_match_list *l, size_t films, size_t t, sx_froc_point *out,
                     size_t cap);

/* What a threshold does. */
typedef struct sx_detection_rates {
    double threshold;
    double tp, fp, positives, film_count;
    double sensitivity, precision, f1, fp_per_film; /* NaN where the denominator is 0 */
} sx_detection_rates;

sx_detection_rates sx_detection_at(const sx_match_list *l, size_t films, size_t t, double threshold,
                                   const uint32_t *weight);
/* The lowest threshold with at most `fp_per_film` (the highest sensitivity that this allows);
 * infinity when even the highest score brings more. */
double sx_threshold_for_rate(const sx_match_list *l, size_t films, size_t t, double fp_per_film);
/* The threshold of the largest F1; infinity without a hit. */
double sx_threshold_for_f1(const sx_match_list *l, size_t films, size_t t);

/* Which class was called what, at one IoU: on each film the boxes at or above their class's
 * threshold, by descending score whatever their class, each take the free true box of the highest
 * IoU (of the same class when several tie). count[(classes + 1) * (classes + 1)], row: the true
 * class, last row "nothing there"; column: the class found, last column "not found". Crowds are
 * left out. */
bool sx_class_confusion(const sx_boxes *b, const double *threshold, double iou, uint32_t *count,
                        sx_error *err) SX_MUST_USE;

#endif
