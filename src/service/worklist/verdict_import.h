/* Verdicts that come from another system or go there: opinions of radiologists, as the CSV of
 * verdict_file.h. */
#ifndef SX_SERVICE_WORKLIST_VERDICT_IMPORT_H
#define SX_SERVICE_WORKLIST_VERDICT_IMPORT_H

#include "base/str.h"
#include "service/store/db.h"

typedef struct sx_verdict_counts {
    size_t rows;  /* of the file */
    size_t added; /* the others were there already */
} sx_verdict_counts;

/* Adds the verdicts of a CSV as opinions, all or none. A row that is there already, with the same
 * study, reader, date, verdict, agreement and comment, is left out, so that a file can be imported
 * again. Call it in a transaction, and roll that back on an error. Errors: those of
 * sx_verdicts_read; SX_ERR_FORMAT with line and column also for a study that does not exist, an
 * accession number of several studies or of another study than the UID, and a result that the study
 * does not have; and those of sx_db_run. */
bool sx_verdicts_import(sx_db *db, const void *bytes, size_t n, const char *name,
                        sx_verdict_counts *counts, sx_error *err) SX_MUST_USE;

/* Appends all opinions as CSV, in the order in which they came. */
bool sx_verdicts_export(sx_db *db, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
