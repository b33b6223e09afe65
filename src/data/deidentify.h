/* De-identifies a folder of DICOM files. */
#ifndef SX_DATA_DEIDENTIFY_H
#define SX_DATA_DEIDENTIFY_H

#include "base/files.h"
#include "base/names.h"
#include "base/progress.h"
#include "dicom/deid.h"

typedef struct sx_deidentify {
    const sx_paths *files;
    /* Folders that could not be read: each is refused as one file. NULL: none */
    const sx_paths *unread;
    const char *out; /* folder: <new SOP Instance UID>.dicom */
    /* [files->count] a folder below `out` for each file; NULL: `out` itself, for all */
    const char *const *folders;
    /* CSV file with columns kind, was, now and mode 0600, which must not exist (data/deid_map.h);
     * NULL: none */
    const char *map;
    /* CSV file with columns file, result, new_file, note and mode 0600: a row for each file, with
     * the reason or the place of blanked text as the note; NULL: none */
    const char *report;
    sx_deid_options options;
    /* The key is random, of SX_DEID_KEY bytes, or that of an unfinished map (sx_deid_map_key). It
     * is kept in an unfinished map only: a folder with films of an earlier run is SX_ERR_IO
     * unless the map is that run's. */
    bool new_key;
    /* Lesion names of a data set that may have other words than those of data/lesion_words.h. The
     * caller has read them: they identify nobody. NULL: none */
    const sx_names *lesion_names;
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* a step for each file; may be NULL */
    /* Called for each file that is not de-identified, from any thread, one call at a time. */
    void (*refused)(void *ctx, const sx_error *why);
    /* Called for each file in which text was blanked. */
    void (*cleaned)(void *ctx, const char *path, const char *where);
    /* Called for each result that exists now; pairs[SX_DEID_PAIRS] are valid during the call. */
    void (*written)(void *ctx, size_t file, const sx_deid_pair *pairs);
    /* Called when all films are written, before the map is complete; NULL: none. If it fails, the
     * run fails, too. */
    bool (*done)(void *ctx, sx_error *err);
    void *ctx;         /* of refused and cleaned */
    void *written_ctx; /* of written and done */
} sx_deidentify;

typedef struct sx_deidentify_totals {
    size_t written, refused, cleaned;
    size_t existing; /* results of an earlier run with the same key */
} sx_deidentify_totals;

/* De-identifies the files in parallel. Each result is written whole or not at all. A result that
 * exists is kept, so that an interrupted run with the same key can be continued; SX_ERR_MISMATCH:
 * it was made with other options. A file that cannot be de-identified is refused and nothing of it
 * is written; so is the second of two files with one SOP Instance UID. Errors: SX_ERR_IO (writing),
 * SX_ERR_USAGE, SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_deidentify_run(const sx_deidentify *d, sx_deidentify_totals *totals,
                       sx_error *err) SX_MUST_USE;

#endif
