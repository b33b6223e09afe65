/* A data set of phantoms on disk in the layout of the published VinDr-SpineXR. */
#ifndef SX_PHANTOM_PHANTOM_SET_H
#define SX_PHANTOM_PHANTOM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "dicom/write.h"
#include "phantom/phantom.h"

typedef struct sx_phantom_set {
    /* folder, created if necessary; one that already holds annotations is rejected; an interrupted
     * run with the same arguments is continued */
    const char *out;
    size_t count; /* films, 1.. ; an odd last one is a frontal film without its lateral */
    uint64_t seed;
    double test; /* share of the studies that go to test_images, 0..1 */
    int syntax;  /* of sx_write_syntax, or -1: mixed */
    sx_phantom_options film;
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* started here; may be NULL */
} sx_phantom_set;

typedef struct sx_phantom_totals {
    size_t films, abnormal, test_films, bytes;
    size_t there; /* films that were already complete on disk */
    size_t boxes[SX_PHANTOM_FINDINGS];
} sx_phantom_totals;

/* Writes <out>/{train,test}_images/<image_id>.dicom in parallel, then {train,test}_meta.csv and
 * last, at once, the folder annotations with {train,test}.csv: a set without annotations is
 * unfinished. Until then <out>/unfinished records the arguments, and a run with other arguments is
 * rejected. Ids are the DICOM UIDs. The same arguments give the same set, with any number of
 * threads and interruptions. Errors: SX_ERR_USAGE, SX_ERR_IO, SX_ERR_MISMATCH (a run with other
 * arguments is unfinished), SX_ERR_MEMORY, SX_ERR_CANCELLED. */
bool sx_phantom_write_set(const sx_phantom_set *set, sx_phantom_totals *totals,
                          sx_error *err) SX_MUST_USE;

#endif
