/* What the tests of the node's pages begin with: a web server with routes of the worklist, people
 * who sign in, and films and results in the database. It builds on web_fixture.h. */
#ifndef TESTS_SERVICE_WORKLIST_FIXTURE_H
#define TESTS_SERVICE_WORKLIST_FIXTURE_H

#include "service/store/outputs.h"
#include "service/web_fixture.h"
#include "service/worklist/worklist.h"

/* How often the routes have woken the node since the start. */
extern int worklist_woken;

/* Opens the server on an empty database; worklist_stop is a teardown of cmocka. */
void worklist_start(const sx_web_route *const *tables);
int worklist_stop(void **state);

/* Adds an account and signs in: the headers of its requests, in a static buffer. The secret of the
 * last session is in worklist_secret. */
extern char worklist_secret[SX_SECRET];
const char *worklist_sign_in(const char *login, sx_role role);

/* A film of the patient P that arrived at `at`; its study is quiet a second later. */
void worklist_add_film(const char *study, const char *uid, int64_t at);
/* The same, with an identity of its own. study_uid, sop_uid and received must be set. */
void worklist_add_film_of(sx_store_film f);
/* What the networks say of a film: `findings` boxes, the worker's report `body`. */
void worklist_score(const char *uid, const sx_store_score *score, const char *body);
/* An object "SR" of revision 1 of a study, and its state at the destination `pacs`. */
void worklist_add_output(const char *study, const char *uid, const char *kind, sx_delivery state);

#endif
