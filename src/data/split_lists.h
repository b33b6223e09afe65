/* Lists of the films of each part of a split. */
#ifndef SX_DATA_SPLIT_LISTS_H
#define SX_DATA_SPLIT_LISTS_H

#include "data/manifest.h"

typedef struct sx_split_parts {
    const int *part;          /* [film_count] the part of each film; -1: none */
    const char *const *names; /* [count] */
    int count;
} sx_split_parts;

/* Writes NAME.txt with the image ids of each part, one per line, and split.csv with the columns
 * image_id, study_id, patient_id, split, into the folder `dir`. Errors: SX_ERR_IO, SX_ERR_MEMORY.
 */
bool sx_split_lists_write(const sx_manifest *m, const sx_split_parts *p, const char *dir,
                          sx_error *err) SX_MUST_USE;

#endif
