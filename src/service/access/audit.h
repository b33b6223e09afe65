/* The audit log: who did what, when and from where. Rows are only added; the database refuses to
 * change or delete them. Details contain no data of patients. */
#ifndef SX_SERVICE_ACCESS_AUDIT_H
#define SX_SERVICE_ACCESS_AUDIT_H

#include "service/store/db.h"

typedef struct sx_audit_entry {
    int64_t id;          /* given by the database */
    int64_t at;          /* milliseconds since 1970 */
    const char *who;     /* a login, the name of a token, or "command line" */
    const char *address; /* IP address; "": none */
    const char *action;  /* "sign in", "role" */
    const char *object;  /* a login, a UID, a job */
    const char *detail;
} sx_audit_entry;

/* Adds a row. Texts are cut to 400 bytes; NULL is "". Call it in the transaction of what it
 * describes. Errors: those of sx_db_run. */
bool sx_audit(sx_db *db, const sx_audit_entry *entry, sx_error *err) SX_MUST_USE;

/* Receives an entry, valid during the call; false, with *err set, stops. */
typedef bool sx_audit_fn(void *user, const sx_audit_entry *entry, sx_error *err);
/* The newest `most` entries with an id below `before`, newest first. */
bool sx_audit_list(sx_db *db, int64_t before, int most, sx_audit_fn *each, void *user,
                   sx_error *err) SX_MUST_USE;

#endif
