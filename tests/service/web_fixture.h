/* A web server for tests, with an SQLite file of its own, routes of every kind and a clock that the
 * test sets. */
#ifndef TESTS_SERVICE_WEB_FIXTURE_H
#define TESTS_SERVICE_WEB_FIXTURE_H

#include <stdatomic.h>

#include "service/access/secret.h"
#include "service/web/web_server.h"

#define TEST_PASSWORD "correct horse battery"

extern sx_web_server *web_server;
extern sx_db *web_db;
extern int web_port;
extern _Atomic int64_t web_clock; /* milliseconds */

/* Options with the test's routes:
 *
 *     GET    /open              all       {"who": "", ...}
 *     POST   /open/echo         all       JSON of up to 64 KiB; its text "say" comes back
 *     GET    /node/jobs/{id}    node      {"id": ..., "q": ..., "who": ..., "role": ...}
 *     POST   /node/jobs/{id}    admin     JSON
 *     GET    /reading/{task}    reading
 *     PUT    /reading/{task}    reader    JSON
 *     POST   /reading/{task}/file  manager  file of up to 1 MiB; {"bytes": n, "sha256": ...}
 *     GET    /dicom-web/studies device
 *     POST   /dicom-web/studies device    file of up to 16 MiB; {"bytes": n, "sha256": ...}
 *     GET    /open/fail/{code}  all       fails with that sx_error_code
 *     GET    /open/stream       all       300,000 bytes of unknown number
 *     GET    /open/file         all       a file
 *     GET    /open/slow         all       after 0.4 s */
sx_web_options web_test_options(void);
/* Makes an empty database (fresh_store.h) and opens the server. */
void web_start(const sx_web_options *options);
/* Where the database is, for other connections. */
const char *web_store(void);
void web_stop(void);
/* The same for cmocka, with web_test_options. */
int web_setup(void **state);
int web_teardown(void **state);

/* Adds an account; the password is TEST_PASSWORD if `password`, which takes a while. */
int64_t web_add_account(const char *login, sx_role role, bool password);
/* Begins a session and puts the headers of its requests in a static buffer: cookie, origin, CSRF
 * and content type. */
const char *web_session(const char *login, char secret[SX_SECRET]);
/* The headers for a secret. */
const char *web_session_headers(const char *secret);
/* Adds a bearer token and gives its header line in a static buffer. */
const char *web_bearer(const char *name);
/* Headers of a page of the server itself, without a session: origin and content type. */
const char *web_page_headers(void);
/* POST /api/session; the answer must be freed. */
struct web_answer web_sign_in(const char *from, const char *login, const char *password);

#endif
