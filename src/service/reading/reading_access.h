/* Who may see what in the reading room. A reader or adjudicator sees the films of own tasks, a
 * manager those of all projects. What a caller may not see does not exist: status 404, with the
 * same message. */
#ifndef SX_SERVICE_READING_READING_ACCESS_H
#define SX_SERVICE_READING_READING_ACCESS_H

#include "service/reading/reading_project.h"
#include "service/web/web.h"

enum { SX_READING_PATH = 4097 };

/* A film's file. It may have been replaced since it was imported: compare sha256. */
typedef struct sx_reading_film {
    int64_t id, study;
    char path[SX_READING_PATH]; /* absolute */
    char sha256[65];
    int width, height;
} sx_reading_film;

/* The film that {film} of the path names. SX_ERR_MISSING: the caller may not see it, also because
 * it is held, or there is none. */
bool sx_reading_film_find(const sx_web_request *r, sx_reading_film *out, sx_error *err) SX_MUST_USE;

typedef struct sx_reading_task {
    int64_t id, project, study, reader, seq, rev, opened, done;
    int round, repeat;
    char kind[SX_READING_WORD];  /* "read", "reveal", "adjudicate" */
    char state[SX_READING_WORD]; /* "new", "open", "done", "returned", "locked" */
    char prelabels[SX_READING_WORD], split[SX_READING_WORD];
    char hash[65]; /* of the last operation; "": none */
    char returned[1001];
} sx_reading_task;

/* The task that {task} of the path names, of the caller or, for a manager, of anybody.
 * SX_ERR_MISSING: there is none. */
bool sx_reading_task_find(const sx_web_request *r, sx_reading_task *out, sx_error *err) SX_MUST_USE;
/* The same in a transaction that changes the task: no other connection changes it meanwhile. */
bool sx_reading_task_lock(const sx_web_request *r, sx_reading_task *out, sx_error *err) SX_MUST_USE;
/* A task by its id, locked. SX_ERR_MISSING: there is none. */
bool sx_reading_task_lock_id(sx_db *db, int64_t id, sx_reading_task *out,
                             sx_error *err) SX_MUST_USE;

/* A whole number from 1 on of the path; 0: it is none. */
int64_t sx_reading_path_id(const sx_web_request *r, const char *name);

#endif
