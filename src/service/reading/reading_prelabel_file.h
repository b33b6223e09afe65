/* Boxes of networks from report.json of `spinexr predict` (docs/report.md). */
#ifndef SX_SERVICE_READING_READING_PRELABEL_FILE_H
#define SX_SERVICE_READING_READING_PRELABEL_FILE_H

#include "service/reading/reading_prelabel.h"

typedef struct sx_reading_prelabel_counts {
    size_t films, boxes; /* that were added */
    size_t unknown;      /* films of the report that the project lacks */
} sx_reading_prelabel_counts;

/* Adds all boxes of the report's films with a score of `least` or more as a new set, which takes
 * the place of earlier ones. Call it in a transaction. Errors name the file: SX_ERR_FORMAT (no
 * report, no detector, a box that is none), SX_ERR_MISSING (a class that is no label of the
 * project, no film of the project), those of sx_json_read and sx_db_run. */
bool sx_reading_prelabel_read(sx_db *db, const sx_reading_project *project, const char *path,
                              double least, double threshold, int64_t now,
                              sx_reading_prelabel_counts *out, sx_error *err) SX_MUST_USE;

#endif
