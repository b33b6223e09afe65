/* A built study on its way to an archive that exists in memory alone, for tests of confirmation. */
#ifndef TESTS_SERVICE_CONFIRM_FIXTURE_H
#define TESTS_SERVICE_CONFIRM_FIXTURE_H

#include "service/node/confirm.h"
#include "service/settings.h"
#include "service/store/outputs.h"

enum { CONFIRM_MOST = 40, CONFIRM_MINUTE = 60000 };

extern struct confirm_archive {
    int64_t now; /* the clock of all jobs, milliseconds */
    char has[CONFIRM_MOST][SX_STORE_UID];
    int count;
    const char *loses;   /* says that it stored this instance, and forgets it */
    const char *refuses; /* does not take this instance */
    bool down;
    sx_error_code asking; /* SX_OK: accepted */
    bool answers_at_once; /* on the association of the request */
    int sends, asks, finds;
    char transaction[SX_STORE_UID]; /* of the last request */
    char asked[CONFIRM_MOST][SX_STORE_UID];
    int asked_count;
} archive;

extern sx_db *confirm_db;
extern char confirm_store[700]; /* where confirm_db is */
extern sx_destination confirm_pacs;

/* ---- set-up and teardown ---- */

/* A study without objects, a job to send it, and an empty archive that offers storage commitment.
 */
void confirm_prepare(void);
/* The same with the objects 1.1 and 1.2. */
int confirm_start(void **state);
int confirm_finish(void **state);
void confirm_add_output(const char *uid, const char *kind, const char *sop_class, const void *bytes,
                        size_t n);

/* ---- work ---- */

int64_t confirm_now(void *user);
double confirm_draw(void *user); /* 0 */
/* Works on one job of the kind that is due; false: there is none. */
bool confirm_work(const sx_deliver_options *o, const char *kind, sx_delivered *outcome,
                  sx_job *job);
/* The same with the archive in memory; the test fails if no job is due. */
sx_delivered confirm_expect(const char *kind, sx_job *job);
/* All that is due up to a time, in steps of a minute, with the archive in memory. */
void confirm_work_until(int64_t time);
/* What delivers to the archive in memory. */
sx_deliver_options confirm_options(void);
/* The archive's answer to a request for storage commitment; false: it is not known. */
bool confirm_report(const char *transaction, const sx_dicom_committed *items, size_t count);

/* ---- what the database says ---- */

sx_delivery confirm_state(const char *uid);
int64_t confirm_number(const char *sql);

#endif
