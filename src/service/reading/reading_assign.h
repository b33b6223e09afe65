/* Assignment: who reads which study. */
#ifndef SX_SERVICE_READING_READING_ASSIGN_H
#define SX_SERVICE_READING_READING_ASSIGN_H

#include "service/reading/reading_project.h"

enum { SX_READING_ARM = 61 };

typedef struct sx_reading_assignment {
    const char *const *readers; /* [reader_count] logins of accounts with the role reader */
    size_t reader_count;
    int per_study;             /* readers of each study; 0: as the project says */
    int round;                 /* from 1 */
    const char *prelabels;     /* "none", "after", "before"; NULL: as the project says */
    const char *arm;           /* of a reader study; NULL or "": none */
    int session;               /* from 1; 0: 1 */
    double control, rereading; /* shares from 0 to 1 */
    int64_t now;
} sx_reading_assignment;

typedef struct sx_reading_assigned {
    size_t tasks;   /* that are new */
    size_t control; /* of these: without prelabels, though others have them */
    size_t repeats; /* of these: a study that its reader reads a second time */
} sx_reading_assigned;

/* Gives each study of the project to `per_study` of the readers, so that all have the same number,
 * but for one. Who reads what, and in a project of random order each reader's own order, follows
 * from the project's seed. Readers who have a task of the study in this round keep it and count.
 * Studies of a split "test" never get prelabels. `control`: the share of tasks that get none
 * either. `rereading`: the share of each reader's tasks that come a second time, at the end.
 * Call it in a transaction. SX_ERR_VALUE: too few readers, an arm that is no name; SX_ERR_MISSING:
 * a login that is no active reader, or no study; SX_ERR_MISMATCH: sx_reading_round_check. */
bool sx_reading_assign(sx_db *db, const sx_reading_project *project, const sx_reading_assignment *a,
                       sx_reading_assigned *out, sx_error *err) SX_MUST_USE;

#endif
