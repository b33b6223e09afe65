/* Boxes of networks from report.json of `spinexr predict` (docs/report.md). */
#ifndef SX_SERVICE_READING_READING_PRELABEL_FILE_H
#define SX_SERVICE_READING_READING_PRELABEL_FILE_H

#include "service/reading/reading_prelabel.h"

/* Scores from 0 to 1; NaN: not given. */
typedef struct sx_reading_prelabel_choice {
    double least;     /* of the boxes that are added */
    double threshold; /* of those that readers see at first */
} sx_reading_prelabel_choice;

typedef struct sx_reading_prelabel_counts {
    size_t films, boxes; /* that were added */
    size_t unknown;      /* films of the report that the project lacks */
    size_t test;         /* films of a test split, which never show boxes; left out */
    double threshold;    /* in force */
} sx_reading_prelabel_counts;

/* Adds boxes of the report's films as a new set, which takes the place of earlier ones. If neither
 * score is given and the report was made with operating points, they are its findings, and the
 * threshold is the lowest score that makes one; otherwise all boxes of `least` (0.05) or more, and
 * the threshold is 0.3 unless it is given. Call it in a transaction. Errors name the file:
 * SX_ERR_FORMAT (no report, no detector, a box that is none), SX_ERR_MISSING (a class that is no
 * label of the project, no film of the project), those of sx_json_read and sx_db_run. */
bool sx_reading_prelabel_read(sx_db *db, const sx_reading_project *project, const char *path,
                              const sx_reading_prelabel_choice *choice, int64_t now,
                              sx_reading_prelabel_counts *out, sx_error *err) SX_MUST_USE;

#endif
