/* Finds the faults of a data set before training. */
#ifndef SX_DATA_SET_CHECK_H
#define SX_DATA_SET_CHECK_H

#include "base/progress.h"
#include "data/manifest.h"

typedef enum sx_fault_kind {
    SX_FAULT_MISSING,    /* a film is listed but has no file */
    SX_FAULT_AMBIGUOUS,  /* two films have one file, or one film has two */
    SX_FAULT_UNREADABLE, /* its file cannot be decoded, or a folder of annotations be read */
    SX_FAULT_UNUSED,     /* rows of metadata without a film; tables and splits that are not read */
    SX_FAULT_SIZE,       /* the annotations give another size, or two sizes */
    SX_FAULT_AGE,        /* a value in the place of an age that is none, or two ages */
    SX_FAULT_SEX,        /* two sexes */
    SX_FAULT_BOX,        /* a box that is empty, reversed or not finite */
    SX_FAULT_OUTSIDE,    /* a box that extends beyond its film */
    SX_FAULT_REPEATED,   /* a box of the same film, class and reader again: IoU above 0.95; or an id
                          */
    SX_FAULT_READER,     /* a reader has a box on a film and says "No finding" of it */
    SX_FAULT_LESION,     /* an unexpected lesion name */
    SX_FAULT_SHARED,     /* one file in two splits */
    SX_FAULT_DUPLICATE,  /* the same pixels in two splits, in two files */
    SX_FAULT_SIMILAR,    /* likely the same film in two splits, in another size or compression */
    SX_FAULT_PATIENT,    /* a patient, or study, in two splits */
    SX_FAULTS
} sx_fault_kind;

#define SX_NO_FILM UINT32_MAX

typedef struct sx_fault {
    sx_fault_kind kind;
    uint32_t film;         /* place in the manifest; SX_NO_FILM: of the set as a whole */
    uint32_t source, line; /* as in the manifest; the set has none */
    char *text;            /* a sentence without a full stop */
} sx_fault;

typedef struct sx_check {
    sx_fault *faults; /* [fault_count] by kind, then in the order of the manifest */
    size_t fault_count, cap;
    size_t counts[SX_FAULTS];     /* faults of each kind */
    size_t film_count, box_count; /* of the manifest */
} sx_check;

typedef struct sx_check_options {
    size_t class_count;        /* number of expected classes, which come first; 0: all are */
    bool headers_only;         /* pixels are neither decoded nor compared */
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* a step for each film; may be NULL */
} sx_check_options;

/* Reads every film, in parallel, one at a time in each thread. Open the manifest with keep_faults.
 * Faults are a result, not an error; errors are SX_ERR_MEMORY and SX_ERR_CANCELLED. Free *c with
 * sx_check_free, also after an error. */
bool sx_check_films(const sx_manifest *m, const sx_check_options *o, sx_check *c,
                    sx_error *err) SX_MUST_USE;
void sx_check_free(sx_check *c);
const char *sx_fault_name(sx_fault_kind kind); /* "missing", "unreadable", ... */

#endif
