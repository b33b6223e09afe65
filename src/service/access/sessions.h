/* Sessions of people, in the database. The browser holds a random secret in a cookie; the database
 * has its SHA-256. A session ends 12 hours after its last request, at sign-out, and when password
 * or role of the account change or it is disabled.
 *
 * Times are milliseconds since 1970. Errors of all calls: those of sx_db_run, SX_ERR_MEMORY. */
#ifndef SX_SERVICE_ACCESS_SESSIONS_H
#define SX_SERVICE_ACCESS_SESSIONS_H

#include "service/access/accounts.h"
#include "service/access/secret.h"

enum { SX_SESSION_IDLE = 12 * 3600 * 1000 };

/* Begins a session and puts its secret in out[]. Sessions that have ended are deleted. */
bool sx_sessions_begin(sx_db *db, int64_t account, const char *address, int64_t now,
                       char out[SX_SECRET], sx_error *err) SX_MUST_USE;
/* The active account whose session this is. Changes nothing in the database. */
bool sx_sessions_find(sx_db *db, const char *secret, int64_t now, sx_account *out, int64_t *seen,
                      bool *found, sx_error *err) SX_MUST_USE;
/* Notes that the session is in use. */
bool sx_sessions_touch(sx_db *db, const char *secret, int64_t now, sx_error *err) SX_MUST_USE;
bool sx_sessions_end(sx_db *db, const char *secret, sx_error *err) SX_MUST_USE;

/* What the pages of a session send in the header X-CSRF: it follows from the secret, which scripts
 * cannot read and other origins do not know. */
bool sx_sessions_csrf(const char *secret, sx_sha256 *out, sx_error *err) SX_MUST_USE;

#endif
