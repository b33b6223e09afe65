/* Projects of the reading room, in the database.
 *
 * Times are milliseconds since 1970. Errors of all calls: also those of sx_db_run. */
#ifndef SX_SERVICE_READING_READING_PROJECT_H
#define SX_SERVICE_READING_READING_PROJECT_H

#include "service/reading/reading_labels.h"

/* Bytes: of a key with the NUL, of a guide without it. */
enum { SX_READING_KEY = 41, SX_READING_GUIDE = 65536 };

typedef struct sx_reading_project {
    int64_t id, made;
    char key[SX_READING_KEY]; /* "spine-1": lower-case letters, digits and - */
    char name[SX_READING_NAME];
    int readers;                     /* of each study */
    bool random_order;               /* of a reader's tasks; otherwise as imported */
    char prelabels[SX_READING_WORD]; /* "none", "after" or "before" */
    bool confidence;                 /* a study needs one, from 0 to 100 */
    int64_t seed;                    /* of assignment and order */
} sx_reading_project;

/* Adds a project with the standard labels: a box label for each of the 13 categories of
 * VinDr-SpineXR. `guide`: plain text for readers. *id is its id. SX_ERR_MISMATCH: the key exists;
 * SX_ERR_VALUE: what a field must be. Call it in a transaction. */
bool sx_reading_project_add(sx_db *db, const sx_reading_project *p, const char *guide, int64_t *id,
                            sx_error *err) SX_MUST_USE;
/* SX_ERR_MISSING: there is no such project. */
bool sx_reading_project_find(sx_db *db, const char *key, sx_reading_project *out,
                             sx_error *err) SX_MUST_USE;
/* The same by its id. */
bool sx_reading_project_get(sx_db *db, int64_t id, sx_reading_project *out,
                            sx_error *err) SX_MUST_USE;

/* Fails with SX_ERR_MISMATCH if a round takes no more readings: it is locked, or its adjudication
 * has begun. Another reading would change what adjudicators decide on. In a transaction, no other
 * connection adds a reading or locks a round of the project until its end. */
bool sx_reading_round_check(sx_db *db, const sx_reading_project *project, int round,
                            sx_error *err) SX_MUST_USE;
/* Keeps other connections from calling these two on the project until the end of the
 * transaction. */
bool sx_reading_rounds_hold(sx_db *db, const sx_reading_project *project,
                            sx_error *err) SX_MUST_USE;

enum { SX_READING_NOTE = 401 }; /* as long as a text of the audit log */
/* Who got how many new tasks, for the audit log: "2 new tasks of round 1: ann, ben". Logins that
 * have no room are counted: "ann, ben and 150 others". */
void sx_reading_note(char out[SX_READING_NOTE], size_t tasks, int round, const char *const *logins,
                     size_t count);

#endif
