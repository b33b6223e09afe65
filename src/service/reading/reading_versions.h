/* Exports with a name: their bytes are kept, so that a version never changes. */
#ifndef SX_SERVICE_READING_READING_VERSIONS_H
#define SX_SERVICE_READING_READING_VERSIONS_H

#include "base/hash.h"
#include "service/reading/reading_export.h"

enum { SX_READING_TAG = 41 }; /* bytes, with the NUL */

typedef struct sx_reading_version {
    int64_t made;
    sx_str csv, json; /* the files annotations.csv and reading.json */
    sx_sha256 sha256; /* over both, one after the other */
    sx_reading_export_counts counts;
    bool kept; /* it existed before */
} sx_reading_version;

/* Exports what is selected. With a tag (1 to 40 lower-case letters, digits, dots and -; NULL: none)
 * the version is stored; if the project has it already, that one is given.
 * Call it in a transaction. Free *out in any case. Errors: SX_ERR_VALUE (the tag; without a
 * round, tasks of several), SX_ERR_MISSING (no complete task is selected), SX_ERR_FORMAT (the
 * stored bytes do not have their SHA-256), SX_ERR_MISMATCH (the version holds another selection),
 * those of sx_reading_csv_check and sx_db_run. */
bool sx_reading_version_make(sx_db *db, const sx_reading_project *project,
                             const sx_reading_selection *s, const char *tag, int64_t now,
                             sx_reading_version *out, sx_error *err) SX_MUST_USE;
/* A stored version. SX_ERR_MISSING: there is none. */
bool sx_reading_version_find(sx_db *db, const sx_reading_project *project, const char *tag,
                             sx_reading_version *out, sx_error *err) SX_MUST_USE;
void sx_reading_version_free(sx_reading_version *v);

#endif
