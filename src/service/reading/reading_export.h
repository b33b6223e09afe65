/* What readers said, as documents that the commands for data sets and `eval agreement` read.
 *
 * Only complete tasks count (done or locked). Rows are in the order of studies, films, readers and
 * operations, and corners are rounded to 1/10000 pixel, so that the same readings give the same
 * bytes, also after they were exported and imported. */
#ifndef SX_SERVICE_READING_READING_EXPORT_H
#define SX_SERVICE_READING_READING_EXPORT_H

#include "base/str.h"
#include "service/reading/reading_project.h"

typedef struct sx_reading_selection {
    const char *reader; /* login; NULL: all */
    int round;          /* from 1; 0: all (a version: the only one that there is) */
    bool adjudicated;   /* decisions of adjudicators, otherwise readings */
} sx_reading_selection;

typedef struct sx_reading_export_counts {
    size_t films, boxes; /* films: with rows; a film counts once for each reader */
    size_t rejected;     /* readings without rows, because the film was rejected, */
    size_t unboxed;      /* or is abnormal without a box; both are in the full document */
} sx_reading_export_counts;

/* Appends an annotation CSV (docs/data.md): image_id, study_id, series_id, patient_id, rad_id,
 * lesion_type, xmin, ymin, xmax, ymax, image_width, image_height, split. A normal film has a row
 * "No finding". Errors: those of sx_db_run. */
bool sx_reading_export_csv(sx_db *db, const sx_reading_project *project,
                           const sx_reading_selection *s, sx_str *out,
                           sx_reading_export_counts *counts, sx_error *err) SX_MUST_USE;

/* Appends everything as JSON, docs/reading.md: project, labels, studies and films, and for each
 * task verdicts, tags, confidence, boxes with their attributes and sources, boxes of networks with
 * what the reader did with them, questions, decisions and times. */
bool sx_reading_export_json(sx_db *db, const sx_reading_project *project,
                            const sx_reading_selection *s, sx_str *out, sx_error *err) SX_MUST_USE;

/* "" for none, 15 significant digits at most, 4 decimals at most: "20.25". */
void sx_reading_put_pixel(sx_str *out, double v);
/* Whether the corners of two boxes are equal in an export. */
bool sx_reading_same_pixels(const double a[4], const double b[4]);

#endif
