/* Work that is left to do: a queue in the database that survives the end of the program.
 *
 * A job has a kind, a key and a destination, and exists once: adding it again does nothing. Whoever
 * works on it holds a lease. If the lease ends before the job does, because the program was killed
 * or hangs, the job is given out again. So a job may run twice, and its result must be the same
 * each time.
 *
 *     ready --lease--> leased --done--> done
 *                        |  \--retry, put_off, hold--> waiting --(not_before)--> leased
 *                        \--bury--> dead --revive--> ready
 *                                       \--drop--> dropped --(new work)--> ready
 *
 * Times are milliseconds since 1970, UTC; the caller gives them, so that tests can. */
#ifndef SX_SERVICE_STORE_JOBS_H
#define SX_SERVICE_STORE_JOBS_H

#include "base/str.h"
#include "service/store/db.h"

/* SX_JOB_PUT_OFFS: a fault that may pass and may be the job's own is taken for its own when it was
 * put off so often in a row, which takes three to four days. */
enum { SX_JOB_KEY = 160, SX_JOB_ERROR = 400, SX_JOB_PUT_OFFS = 300 };

typedef struct sx_job {
    int64_t id;
    char kind[16], key[SX_JOB_KEY], destination[64];
    char state[12];
    int64_t attempts; /* with this one */
    int64_t put_off;  /* how often in a row a fault of the service kept it from being tried */
    int64_t made, not_before, lease_until;
    int64_t hold_time, fault_time; /* ms since `made` in which it was held, or put off */
    int64_t lease;                 /* the number of the lease: an older one is no longer valid */
    char error[SX_JOB_ERROR];
} sx_job;

/* A condition that statements on jobs have in these words, so that the databases read the index of
 * such jobs and not the many that are done; dead jobs count as unfinished. */
#define SX_JOBS_UNFINISHED "state NOT IN ('done', 'dropped')"

/* Adds a job that is ready at `not_before`. Nothing happens if it exists, in whatever state. Call
 * it in the transaction of what makes the job necessary. */
bool sx_jobs_add(sx_db *db, const char *kind, const char *key, const char *destination, int64_t now,
                 int64_t not_before, sx_error *err) SX_MUST_USE;
/* The same, but for new work: a job that is done, dead or dropped becomes ready again. */
bool sx_jobs_add_again(sx_db *db, const char *kind, const char *key, const char *destination,
                       int64_t now, int64_t not_before, sx_error *err) SX_MUST_USE;

/* A job that waits for its time becomes due now. Nothing happens in any other state. */
bool sx_jobs_hasten(sx_db *db, const char *kind, const char *key, const char *destination,
                    int64_t now, sx_error *err) SX_MUST_USE;

/* Leases the job of this kind that is due longest, until now + duration. `destination` NULL: any.
 * `owner` names the worker for people. *found is false if there is none. */
bool sx_jobs_lease(sx_db *db, const char *kind, const char *destination, const char *owner,
                   int64_t now, int64_t duration, sx_job *out, bool *found,
                   sx_error *err) SX_MUST_USE;
/* Its statement, for a test that it uses an index: until, owner, kind, now, now and, if it has one,
 * the destination. */
void sx_jobs_put_lease(sx_db_kind kind, bool has_destination, sx_str *out);
/* Ends the leases of an owner that no longer runs: its jobs are ready, and the attempt does not
 * count. *count: how many. */
bool sx_jobs_release(sx_db *db, const char *owner, int64_t *count, sx_error *err) SX_MUST_USE;
/* Prolongs the lease; *held is false if it was lost meanwhile. */
bool sx_jobs_renew(sx_db *db, const sx_job *job, int64_t until, bool *held,
                   sx_error *err) SX_MUST_USE;

/* Each ends the lease, and does nothing with *held false if the lease was lost meanwhile: the
 * caller then rolls back what belongs to the job. */
bool sx_jobs_done(sx_db *db, const sx_job *job, bool *held, sx_error *err) SX_MUST_USE;
bool sx_jobs_retry(sx_db *db, const sx_job *job, int64_t not_before, const char *error, bool *held,
                   sx_error *err) SX_MUST_USE;
/* For a fault of the service, which says nothing of the job: the attempt does not count. It waits
 * for sx_jobs_backoff of how often that happened in a row. `draw`: 0 to 1. The time from when it
 * was due until it is due again is added to its fault_time. */
bool sx_jobs_put_off(sx_db *db, const sx_job *job, int64_t now, double draw, const char *error,
                     bool *held, sx_error *err) SX_MUST_USE;
/* For a job that the settings keep from being done: the attempt does not count, and the time from
 * when it was due until it is due again is added to its hold_time. It is due again after as long as
 * it has been held already, 5 s to 15 min, and up to a quarter more. `draw`: 0 to 1. */
bool sx_jobs_hold(sx_db *db, const sx_job *job, int64_t now, double draw, const char *error,
                  bool *held, sx_error *err) SX_MUST_USE;
/* How long the job could be tried: the milliseconds since it was made, without those in which it
 * was held or put off. */
int64_t sx_jobs_age(const sx_job *job, int64_t now);
bool sx_jobs_bury(sx_db *db, const sx_job *job, const char *error, bool *held,
                  sx_error *err) SX_MUST_USE;

/* How long to wait after attempt 1, 2, ...: 5 s, doubled each time up to 15 min, and up to a
 * quarter more at random, so that many jobs do not return at the same moment. `draw`: 0 to 1. */
int64_t sx_jobs_backoff(int64_t attempts, double draw);

/* A dead letter becomes ready again, with no attempts and its last error. *found is false if it
 * is not dead. */
bool sx_jobs_revive(sx_db *db, int64_t id, int64_t now, bool *found, sx_error *err) SX_MUST_USE;
/* Gives up a dead letter. It stays, so that sx_jobs_add does not add it again; sx_jobs_add_again
 * does, because what a person gave up was the work of that time. */
bool sx_jobs_drop(sx_db *db, int64_t id, bool *found, sx_error *err) SX_MUST_USE;

/* Receives a job; false, with *err set, stops. */
typedef bool sx_job_fn(void *user, const sx_job *job, sx_error *err);
/* Jobs of a state, or of all with NULL, by id. */
bool sx_jobs_list(sx_db *db, const char *state, sx_job_fn *each, void *user,
                  sx_error *err) SX_MUST_USE;
bool sx_jobs_find(sx_db *db, int64_t id, sx_job *out, bool *found, sx_error *err) SX_MUST_USE;
/* When the next job of this kind is due: the smallest not_before or end of a lease. */
bool sx_jobs_next_due(sx_db *db, const char *kind, int64_t *due, bool *found,
                      sx_error *err) SX_MUST_USE;

#endif
