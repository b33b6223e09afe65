/* Splitting a data set: patients never torn apart, lesion classes spread evenly. */
#ifndef SX_DATA_SPLIT_H
#define SX_DATA_SPLIT_H

#include "data/manifest.h"

typedef struct sx_split_plan {
    const double *shares; /* [parts], each above 0; need not add up to 1 */
    int parts;            /* 2..64: folds, or train, val, test */
    uint64_t seed;
} sx_split_plan;

/* part[films] of each film. Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, fig.
 * 1) over groups of films: those that share a patient or a study stay together. Its labels are the
 * lesion classes, "abnormal without a box", and "normal"; a group counts once for each that any of
 * its films has. The rarest label's groups are dealt first, each to the part that wants that label
 * most, then the one that wants films most, then by chance. The same for the same seed.
 * SX_ERR_USAGE: shares or parts out of range, fewer groups than parts. */
bool sx_split_films(const sx_manifest *m, const sx_split_plan *plan, int *part,
                    sx_error *err) SX_MUST_USE;

/* group[films]: number of the group (patient, else study, joined where films share either) of each
 * film. */
bool sx_film_groups(const sx_manifest *m, uint32_t *group, size_t *groups,
                    sx_error *err) SX_MUST_USE;

#endif
