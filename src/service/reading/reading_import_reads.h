/* Annotations of a data set become the readings of a person: what was read elsewhere, or exported
 * before. */
#ifndef SX_SERVICE_READING_READING_IMPORT_READS_H
#define SX_SERVICE_READING_READING_IMPORT_READS_H

#include <jansson.h>

#include "data/manifest.h"
#include "service/reading/reading_project.h"

typedef struct sx_reading_import_reads_options {
    const char *reader; /* login of the person */
    int round;          /* from 1 */
    /* reading.json of an export, of which *m is annotations.csv: verdicts and confidences that no
     * row can say. NULL: none. `rad_id`: of this reader; NULL: of all, the first counts. */
    const json_t *full;
    const char *rad_id;
    int64_t now;
    /* Called in the transaction when all is done; false, with *err set, rolls it back. NULL: none.
     */
    bool (*note)(void *user, sx_error *err);
    void *user;
} sx_reading_import_reads_options;

typedef struct sx_reading_reads_counts {
    size_t tasks, complete; /* tasks that got readings; of these, complete ones */
    size_t films, boxes;
    size_t rejected, unboxed; /* films of reading.json: rejected, abnormal without a box */
    size_t copies;  /* boxes with the class and corners of another one of the film; left out */
    size_t unknown; /* films of the data set that the project lacks; left out */
} sx_reading_reads_counts;

/* Reads reading.json beside the annotations of a data set, a folder or one of its files. *out is
 * NULL if there is none, or it is no export of a reading room; json_decref it. */
bool sx_reading_full_open(const char *data_set, json_t **out, sx_error *err) SX_MUST_USE;

/* Adds the boxes and verdicts of *m, which must have the rows of one reader alone
 * (sx_manifest_options.reader), as operations of the person: a film with boxes is abnormal, one
 * with "No finding" or label 0 normal. A task that does not exist is made; a study whose films all
 * have a verdict is complete. All or none, in a transaction of its own. SX_ERR_MISMATCH: a task of
 * the reader has operations already, or *m states another size of a film; SX_ERR_MISSING: no such
 * person, a lesion that is no label of the project, or the project has none of the films;
 * SX_ERR_VALUE: a box beyond its film. Messages name the film. */
bool sx_reading_import_reads(sx_db *db, const sx_reading_project *project, const sx_manifest *m,
                             const sx_reading_import_reads_options *o, sx_reading_reads_counts *out,
                             sx_error *err) SX_MUST_USE;

#endif
