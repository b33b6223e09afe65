/* Fits the threshold of P(abnormal) averaged with the score of the best box. */
#ifndef SX_EXPERIMENT_FIT_FUSED_THRESHOLD_H
#define SX_EXPERIMENT_FIT_FUSED_THRESHOLD_H

#include "base/names.h"
#include "experiment/film_set.h"

/* What the classifiers say of films with a label. Zeros: empty. */
typedef struct sx_film_scores {
    sx_names ids;
    unsigned char *labels; /* [count] 0 or 1 */
    double *scores;        /* [count] P of the ensemble */
    double *classes;       /* [count][class_count] P of each class that they name */
    size_t count;
    int class_count;
} sx_film_scores;

/* Copies `from`, the scores of films without ids. Error: SX_ERR_MEMORY. Free with
 * sx_film_scores_free, also after an error. */
bool sx_film_scores_copy(sx_film_scores *to, const sx_film_set *films, const sx_film_scores *from,
                         sx_error *err) SX_MUST_USE;
void sx_film_scores_free(sx_film_scores *s); /* {0} is allowed */

typedef struct sx_fused_threshold {
    size_t film_count; /* films that have a label and were given to the detectors */
    double threshold;  /* with the largest Youden's J; NaN: these films are all of one class */
    double auroc_alone, auroc; /* of the ensemble's P, and of the mean; NaN likewise */
} sx_fused_threshold;

/* best[film_count]: the highest score of a box on each film of `films`, 0: no box. Error:
 * SX_ERR_MEMORY. */
bool sx_fused_threshold_fit(const sx_film_scores *s, const sx_film_set *films, const double *best,
                            sx_fused_threshold *out, sx_error *err) SX_MUST_USE;

#endif
