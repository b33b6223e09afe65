/* Internal to sx_manifest_merge: what is the same in several sets. */
#ifndef SX_DATA_MERGE_COLLISIONS_H
#define SX_DATA_MERGE_COLLISIONS_H

#include "data/merge_types.h"

/* Appends a sentence to totals->collisions for each kind of name that films of several sets have,
 * except the films with drop[set][film]. */
bool sx_merge_collisions(const sx_merge_options *o, bool *const *drop, sx_merge_totals *totals,
                         sx_error *err) SX_MUST_USE;
/* Appends a sentence if studies of the result are in several splits. */
bool sx_merge_split_studies(const sx_manifest *m, sx_merge_totals *totals,
                            sx_error *err) SX_MUST_USE;
/* Appends a sentence for each two classes of the result that differ only in case, spaces,
 * punctuation or a plural s. */
bool sx_merge_similar_classes(const sx_manifest *m, sx_merge_totals *totals,
                              sx_error *err) SX_MUST_USE;

/* Finds films of different sets whose files have the same bytes: totals->same_films, and
 * drop[set][film] for each film that an earlier set has. The files are read, in parallel, if their
 * sizes are equal. */
bool sx_merge_same_films(const sx_merge_options *o, bool *const *drop, sx_merge_totals *totals,
                         sx_error *err) SX_MUST_USE;

#endif
