/* De-identifies a folder of DICOM files. */
#ifndef SX_DATA_DEIDENTIFY_H
#define SX_DATA_DEIDENTIFY_H

#include "base/files.h"
#include "base/progress.h"
#include "dicom/deid.h"

typedef struct sx_deidentify {
    const sx_paths *files;
    const char *out; /* folder: <new SOP Instance UID>.dicom */
    const char *map; /* CSV kind, was, now with mode 0600; NULL: none is written */
    sx_deid_options options;
    bool new_key; /* nobody will have this key again: a folder with films of an earlier run is
                     refused (SX_ERR_USAGE) */
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* a step for each file; may be NULL */
    /* Told of each file that was not taken over, from any thread, one at a time. */
    void (*refused)(void *ctx, const sx_error *why);
    void (*cleaned)(void *ctx, const char *path,
                    const char *where); /* likewise: text was blanked */
    void *ctx;
} sx_deidentify;

typedef struct sx_deidentify_totals {
    size_t written, refused, cleaned,
        there; /* there: the result was on disk already, from a run with the same key */
} sx_deidentify_totals;

/* In parallel; each result is whole or not there, and one that is there is left alone, so that a
 * run with the same key can be taken up; SX_ERR_MISMATCH if it was made with other options. A file
 * that cannot be de-identified is refused, and nothing of it is written; so is the second of two
 * files with one SOP Instance UID. Errors: SX_ERR_IO (writing), SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_deidentify_run(const sx_deidentify *d, sx_deidentify_totals *totals,
                       sx_error *err) SX_MUST_USE;

#endif
