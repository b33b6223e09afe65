/* Agreement between readers of the same films. */
#ifndef SX_METRICS_AGREEMENT_H
#define SX_METRICS_AGREEMENT_H

#include "metrics/bootstrap.h"
#include "metrics/box_match.h"

typedef struct sx_kappa {
    double kappa; /* NaN when chance agreement is 1 (everyone always says the same) or nothing was
                     read */
    double observed; /* share of agreement */
    double expected; /* by chance */
    size_t films;
} sx_kappa;

/* Cohen's kappa (1960) of two readers; weight counts films (NULL: once). */
sx_kappa sx_cohen_kappa(const unsigned char *a, const unsigned char *b, size_t n,
                        const uint32_t *weight);
/* Fleiss' kappa (1971), two categories: positive[i] of readers[i] said yes. Films with fewer than
 * two readers are left out; readers may differ in number from film to film. */
sx_kappa sx_fleiss_kappa(const uint32_t *positive, const uint32_t *readers, size_t n,
                         const uint32_t *weight);

/* Boxes of two readers on one film and class paired by descending IoU, each at most once, from
 * `least` on: matched pairs. F1 = 2 matched / (boxes of a + boxes of b). */
typedef struct sx_box_agreement {
    size_t a, b, matched;
    double iou_sum; /* of the matched */
} sx_box_agreement;
/* Adds to *out. */
bool sx_pair_boxes(const sx_truth_box *a, size_t na, const sx_truth_box *b, size_t nb, double least,
                   sx_box_agreement *out, sx_error *err) SX_MUST_USE;

#endif
