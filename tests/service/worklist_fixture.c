#include "service/worklist_fixture.h"

#include <stdio.h>

#include "service/web_client.h"
#include "support/check.h"

int worklist_woken;
char worklist_secret[SX_SECRET];

static sx_worklist worklist;

static void wake(void *unused) {
    (void)unused;
    worklist_woken++;
}

void worklist_start(const sx_web_route *const *tables) {
    worklist = (sx_worklist){ .folder = check_tmp(), .wake = wake };
    sx_web_options o = web_test_options();
    o.routes = tables;
    o.user = &worklist;
    web_start(&o);
    worklist_woken = 0;
}

int worklist_stop(void **state) {
    (void)state;
    web_stop();
    return 0;
}

const char *worklist_sign_in(const char *login, sx_role role) {
    web_add_account(login, role, false);
    return web_session(login, worklist_secret);
}

void worklist_add_film_of(sx_store_film f) {
    sx_error err = { 0 };
    bool mixed;
    snprintf(f.state, sizeof f.state, "new");
    f.size = 1;
    snprintf(f.series_uid, sizeof f.series_uid, "%.60s.9", f.study_uid);
    snprintf(f.path, sizeof f.path, "films/00/%s.dcm", f.sop_uid);
    CHECK_OK(sx_store_add_film(web_db, &f, &err) &&
                 sx_store_touch_study(web_db, &f, f.received + 1000, &mixed, &err),
             err);
}

void worklist_add_film(const char *study, const char *uid, int64_t at) {
    sx_store_film f = { .received = at, .patient_id = "P" };
    snprintf(f.sop_uid, sizeof f.sop_uid, "%s", uid);
    snprintf(f.study_uid, sizeof f.study_uid, "%s", study);
    worklist_add_film_of(f);
}

void worklist_score(const char *uid, const sx_store_score *score, const char *body) {
    sx_error err = { 0 };
    CHECK_OK(sx_store_put_prediction(web_db, uid, "w", "c", body, score, 5, &err) &&
                 sx_store_set_film_state(web_db, uid, "scored", "", &err),
             err);
}

void worklist_add_output(const char *study, const char *uid, const char *kind, sx_delivery state) {
    sx_error err = { 0 };
    char bytes[] = "SR";
    sx_store_output o = {
        .revision = 1, .made = 50, .bytes = bytes, .n = 2, .weights = "w", .configuration = "c0ffee"
    };
    snprintf(o.sop_uid, sizeof o.sop_uid, "%s", uid);
    snprintf(o.study_uid, sizeof o.study_uid, "%s", study);
    snprintf(o.kind, sizeof o.kind, "%s", kind);
    CHECK_OK(sx_store_add_output(web_db, &o, &err) &&
                 sx_store_set_delivery(web_db, uid, "pacs", state, 60, &err),
             err);
}
