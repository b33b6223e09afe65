/* Agreement between readers of the same films. */
#ifndef SX_METRICS_AGREEMENT_H
#define SX_METRICS_AGREEMENT_H

#include "metrics/bootstrap.h"
#include "metrics/box_match.h"

typedef struct sx_kappa {
    /* NaN when chance agreement is 1 (every reader always gives the same answer) or no film was
     * read. */
    double kappa;
    double observed; /* observed agreement, a fraction */
    double expected; /* agreement expected by chance */
    size_t film_count;
} sx_kappa;

/* Cohen's kappa (1960) of two readers on the same n films. a[i] and b[i] are 0 or 1; film i counts
 * weight[i] times (NULL: once). */
sx_kappa sx_cohen_kappa(const unsigned char *a, const unsigned char *b, size_t n,
                        const uint32_t *weight);
/* Fleiss' kappa (1971) with two categories: positive[i] of the readers[i] readers of film i call it
 * positive. The number of readers may differ between films; films with fewer than two are left
 * out. */
sx_kappa sx_fleiss_kappa(const uint32_t *positive, const uint32_t *readers, size_t n,
                         const uint32_t *weight);

typedef struct sx_box_agreement {
    size_t a, b;    /* boxes of either reader */
    size_t matched; /* pairs; F1 = 2 matched / (a + b) */
    double iou_sum; /* of the pairs */
} sx_box_agreement;
/* Pairs the boxes of two readers on one film and of one class by descending IoU, down to `least`,
 * each box at most once, and adds the counts to *out. Error: SX_ERR_MEMORY. */
bool sx_pair_boxes(const sx_truth_box *a, size_t na, const sx_truth_box *b, size_t nb, double least,
                   sx_box_agreement *out, sx_error *err) SX_MUST_USE;

#endif
