/* Splits a data set so that a patient's films stay together and lesion classes are spread
 * evenly. */
#ifndef SX_DATA_SPLIT_H
#define SX_DATA_SPLIT_H

#include "data/manifest.h"

typedef struct sx_split_plan {
    const double *shares; /* [part_count] each above 0; their sum need not be 1 */
    int part_count;       /* 2..64: folds, or train, val, test */
    uint64_t seed;
} sx_split_plan;

/* part[film_count]: the part of each film. Iterative stratification (Sechidis, Tsoumakas and
 * Vlahavas 2011, fig. 1) of groups: films that share a patient or a study stay together. The labels
 * are the lesion classes, "abnormal without a box", and "normal"; a group has each label that any
 * of its films has. Groups with the rarest label are assigned first, each to the part that lacks
 * most of that label, then of films; ties are broken at random. The result depends on the seed
 * only. Errors: SX_ERR_USAGE (shares or parts out of range, fewer groups than parts),
 * SX_ERR_MEMORY. */
bool sx_split_films(const sx_manifest *m, const sx_split_plan *plan, int *part,
                    sx_error *err) SX_MUST_USE;

/* group[film_count]: the number of each film's group. Films are in one group if they share a
 * patient (data/patients.h) or a study, directly or through others. */
bool sx_film_groups(const sx_manifest *m, uint32_t *group, size_t *groups,
                    sx_error *err) SX_MUST_USE;
#endif
