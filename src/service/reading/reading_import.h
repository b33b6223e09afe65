/* Films of a data set's folder become films of a project. They stay where they are; the database
 * has their path and the SHA-256 of their bytes, and a file that was replaced is not shown. */
#ifndef SX_SERVICE_READING_READING_IMPORT_H
#define SX_SERVICE_READING_READING_IMPORT_H

#include "base/context_impl.h"
#include "base/progress.h"
#include "data/manifest.h"
#include "service/reading/reading_project.h"

typedef struct sx_reading_import_counts {
    size_t films, studies; /* that are new */
    size_t known;          /* films that the project had already */
    size_t without_file;   /* films of the data set whose file was not found, left out */
    size_t held;           /* of the new films: readers do not get them; the leader decides */
} sx_reading_import_counts;

/* Adds the films of *m, all or none. A film without a study is a study of its own. A film whose
 * header says that text is burned into the image is held. Reads every file once, before the
 * transaction, which this call begins and ends. `progress` may be NULL. Errors: those of a film
 * that cannot be read, with its path; SX_ERR_MISMATCH: the project has a film or study of this id
 * with other bytes, another study or another split; SX_ERR_MISSING: no film has a file. */
bool sx_reading_import(sx_db *db, const sx_context *context, const sx_reading_project *project,
                       const sx_manifest *m, sx_progress *progress,
                       sx_reading_import_counts *counts, sx_error *err) SX_MUST_USE;

#endif
