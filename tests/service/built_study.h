/* A study whose result is built, and a destination for it, for tests of delivery. */
#ifndef TESTS_SERVICE_BUILT_STUDY_H
#define TESTS_SERVICE_BUILT_STUDY_H

#include "service/fresh_store.h"
#include "service/settings.h"
#include "service/store/outputs.h"

/* An empty database (fresh_store.h), named PREFIX and a number, with the study 1.2.3. Writes where
 * it is to where[size]. */
static inline sx_db *built_study(const char *prefix, char *where, size_t size) {
    static int n;
    char name[40];
    sx_error err = { 0 };
    snprintf(name, sizeof name, "%s%d.sqlite", prefix, n++);
    sx_db *db = fresh_store(check_tmp_path(name), where, size);
    CHECK_OK(sx_db_run(db,
                       "INSERT INTO study (study_uid, patient_id, issuer, state, quiet_until)"
                       " VALUES ('1.2.3', 'P', '', 'built', 0)",
                       NULL, 0, &err),
             err);
    return db;
}

/* The destination "pacs": PACS at the host archive, which gets every kind and confirms nothing. */
static inline sx_destination test_destination(void) {
    static const char *const all_kinds[] = { "sr", "gsps", "capture" };
    return (sx_destination){ .name = "pacs",
                             .host = "archive",
                             .ae_title = "PACS",
                             .port = 104,
                             .url = "",
                             .send = { (const char **)(uintptr_t)all_kinds, 3 },
                             .confirm = "none",
                             .confirm_minutes = 10,
                             .withdraw = "none",
                             .token_file = "",
                             .password_file = "",
                             .trusted = "",
                             .proxy = "",
                             .retry_hours = 72 };
}

/* The row of a result object of the study; its hash is its UID. */
static inline sx_store_output study_output(const char *uid, const char *kind, const char *sop_class,
                                           int64_t revision) {
    sx_store_output o = { .revision = revision, .made = 1 };
    snprintf(o.sop_uid, sizeof o.sop_uid, "%s", uid);
    snprintf(o.sop_class, sizeof o.sop_class, "%s", sop_class);
    snprintf(o.study_uid, sizeof o.study_uid, "1.2.3");
    snprintf(o.kind, sizeof o.kind, "%s", kind);
    snprintf(o.sha256, sizeof o.sha256, "%s", uid);
    return o;
}

#endif
