/* The area under the ROC curve of cases that come in clusters, such as the films of a patient. */
#ifndef SX_METRICS_CLUSTERED_AUROC_H
#define SX_METRICS_CLUSTERED_AUROC_H

#include "base/fail.h"
#include "metrics/bootstrap.h"

typedef struct sx_folds {
    const uint32_t *of; /* [cases] below count; NULL: one fold */
    size_t count;
} sx_folds;

typedef struct sx_clustered_auroc {
    double auroc; /* NaN without a pair of a positive and a negative case */
    /* NaN with fewer than two clusters of either label, or if the estimate is not positive */
    double variance;
} sx_clustered_auroc;

/* The share of pairs of a positive and a negative case of the same fold in which the positive one
 * has the higher score; ties count half. Scores of different folds, which may come from different
 * fits, are never compared. The variance is Obuchowski's (Biometrics 1997, 53:567) of the placement
 * values of clusters; it is DeLong's if each cluster has one case and there is one fold. The scores
 * are taken as given. labels and scores are those of the groups' cases. Error: SX_ERR_MEMORY. */
bool sx_auroc_of_clusters(const unsigned char *labels, const double *scores,
                          const sx_groups *groups, const sx_folds *folds, sx_clustered_auroc *out,
                          sx_error *err) SX_MUST_USE;

/* Divides the cases into folds, a whole group in each, with nearly the same number of positive and
 * of negative cases in each fold. It reads nothing but labels, groups and the seed. fold_of:
 * [case_count]. Error: SX_ERR_MEMORY. */
bool sx_balanced_folds(const unsigned char *labels, const sx_groups *groups, size_t fold_count,
                       uint64_t seed, uint32_t *fold_of, sx_error *err) SX_MUST_USE;

#endif
