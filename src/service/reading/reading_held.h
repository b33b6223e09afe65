/* Films that readers do not get because text in them may name the patient (reading_import.h); the
 * manager looks at them, and releases or rejects each. */
#ifndef SX_SERVICE_READING_READING_HELD_H
#define SX_SERVICE_READING_READING_HELD_H

#include "service/reading/reading_project.h"

typedef struct sx_reading_held_film {
    int64_t film;
    const char *image_id, *study_id;
    const char *why;      /* it is held */
    const char *rejected; /* the manager's reason; "": not decided */
} sx_reading_held_film;
/* Receives a film, valid during the call; false, with *err set, stops. */
typedef bool sx_reading_held_fn(void *user, const sx_reading_held_film *f, sx_error *err);
/* The project's held films in the order of the import. */
bool sx_reading_held_list(sx_db *db, const sx_reading_project *project, sx_reading_held_fn *each,
                          void *user, sx_error *err) SX_MUST_USE;

/* The held film with this image id. SX_ERR_MISSING: there is none. */
bool sx_reading_held_find(sx_db *db, const sx_reading_project *project, const char *image_id,
                          int64_t *film, sx_error *err) SX_MUST_USE;

/* Before readers get one more film of a study. Complete tasks of the study, which lack its verdict,
 * are returned; *returned is increased by their number. Call it in the transaction that adds the
 * film, after sx_reading_rounds_hold: until its end no other connection completes or locks a task
 * of the study. SX_ERR_MISMATCH: a task of the study is locked. */
bool sx_reading_study_grows(sx_db *db, int64_t study, size_t *returned, sx_error *err) SX_MUST_USE;

/* Readers get the film from now on, as by sx_reading_study_grows. Call it in a transaction.
 * SX_ERR_MISSING: the project has no such held film; SX_ERR_MISMATCH: a task of its study is
 * locked. */
bool sx_reading_held_release(sx_db *db, const sx_reading_project *project, int64_t film,
                             sx_error *err) SX_MUST_USE;
/* The film stays held, and is no longer to be decided on. `reason`: 1 to 1000 bytes, otherwise
 * SX_ERR_VALUE; SX_ERR_MISSING as above. */
bool sx_reading_held_reject(sx_db *db, const sx_reading_project *project, int64_t film,
                            const char *reason, sx_error *err) SX_MUST_USE;

#endif
