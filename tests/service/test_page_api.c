/* web/api.json says what the routes take and answer; each is called here, and its answer compared
 * with that description. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "service/api_schema.h"
#include "service/store/jobs.h"
#include "service/worker_report.h"
#include "service/worklist_fixture.h"
#include "support/check.h"

static const char *description;
static char secret[SX_SECRET];
static const sx_web_route *const tables[] = { sx_session_routes,  sx_account_routes,
                                              sx_worklist_routes, sx_job_routes,
                                              sx_verdict_routes,  NULL };

/* ---- a study with all there is ---- */

/* %s: the view */
static const char report[] =
    "{\"studies\": [{\"films\": [{\"path\": \"f.dcm\", \"image_id\": \"f\", \"series_id\": \"1.2\","
    " \"view\": %s, \"frame\": 1, \"width\": 896, \"height\": 1250, \"reduced\": 1, "
    "\"probability\": 0.75,"
    " \"classifiers\": [0.7, 0.8], \"distance\": 1.6, \"unfamiliar\": false, \"abnormal\": true,"
    " \"findings\": [{\"name\": \"Osteophytes\", \"label\": 3, \"score\": 0.5,"
    " \"box\": [1.5, 2, 30, 40], \"operating_point\": \"sensitive\", \"despite_verdict\": false}],"
    " \"withheld\": 1, \"boxes\": [{\"label\": 3, \"score\": 0.5, \"box\": [1.5, 2, 30, 40]}],"
    " \"warnings\": [\"w\"], \"overlay\": null, \"heat_map\": null, \"seconds\": {\"read\": 0.1,"
    " \"classify\": 0.1, \"detect\": 0.1, \"overlay\": 0}}]}],"
    " \"models\": [{\"sha256\": \"" HASH64 "\", \"note\": \"trained on few films\"}]}";

static void add_result(const char *film, const char *view) {
    char body[sizeof report + 20];
    sx_format(body, sizeof body, report, view);
    worklist_score(film, &(sx_store_score){ 0.75, 1.6, 1, 1 }, body);
}

static int64_t bury_job(const char *kind) {
    sx_error err = { 0 };
    sx_job job;
    bool found = false, held = false;
    CHECK_OK(sx_jobs_lease(web_db, kind, NULL, "me", web_clock, 100, &job, &found, &err) &&
                 sx_jobs_bury(web_db, &job, "the destination refused it", &held, &err),
             err);
    assert_true(found && held);
    return job.id;
}

static int64_t add_dead_job(const char *kind, const char *key, const char *destination) {
    sx_error err = { 0 };
    CHECK_OK(sx_jobs_add(web_db, kind, key, destination, 1, 1, &err), err);
    return bury_job(kind);
}

static void add_picture(const char *film) {
    const uint32_t bytes[3] = { 1, 1, 0x00FFFFFF };
    sx_error err = { 0 };
    char folder[600], path[700];
    snprintf(folder, sizeof folder, "%s/pictures/00", check_tmp());
    snprintf(path, sizeof path, "%s/%s.dcm.rgb", folder, film);
    CHECK_OK(sx_make_dirs(folder, &err) && sx_write_file(path, bytes, 11, &err), err);
    snprintf(path, sizeof path, "%s/%s.dcm.png", folder, film);
    CHECK_OK(sx_write_file(path, "PNG", 3, &err), err);
}

static int start_server(void **state) {
    (void)state;
    sx_error err = { 0 };
    worklist_start(tables);
    worklist_add_film("1.2.3", "1.2.3.1", 1000);
    worklist_add_film("1.2.3", "1.2.3.2", 2000);
    worklist_add_film("1.2.4", "1.2.4.1", 3000);
    worklist_add_film("1.2.3", "1.2.3.3", 2000);
    add_result("1.2.3.1", "\"lateral\"");
    add_result("1.2.3.2", "null");
    add_result("1.2.3.3", "\"AP\"");
    worklist_score("1.2.4.1", &(sx_store_score){ 0.75, 1.6, 1, 1 }, "{}"); /* damaged */
    add_picture("1.2.3.1");
    worklist_add_output("1.2.3", "1.2.3.7", "sr3d", SX_DELIVERY_SENT);
    CHECK_OK(sx_store_event(web_db, 7, "built", "1.2.3", "", "", &err), err);
    api_load(description);
    return 0;
}

static int stop_server(void **state) {
    api_free();
    return worklist_stop(state);
}

/* ---- tests ---- */

static void call(const char *method, const char *path, const char *target, const char *headers,
                 const char *body) {
    web_answer a = api_call(method, path, target, headers, body);
    web_free(&a);
}

static void call_session_routes(void) {
    call("POST", "/api/session", "/api/session", web_page_headers(),
         "{\"login\": \"ada\", \"password\": \"" TEST_PASSWORD "\"}");
    const char *headers = web_session("ada", secret);
    call("GET", "/api/session", "/api/session", headers, NULL);
    call("POST", "/api/password", "/api/password", headers,
         "{\"old\": \"" TEST_PASSWORD "\", \"new\": \"another " TEST_PASSWORD "\"}");
    call("DELETE", "/api/session", "/api/session", web_session("ada", secret), NULL);
    call("GET", "/api/audit", "/api/audit?most=3&before=100", web_session("ada", secret), NULL);
}

static void call_study_routes(const char *headers) {
    call("POST", "/api/studies/{study}/opinion", "/api/studies/1.2.3/opinion", headers,
         "{\"agrees\": false, \"verdict\": \"normal\", \"comment\": \"an artefact\"}");
    call("GET", "/api/studies", "/api/studies?most=2&state=open&before=99999&text=P", headers,
         NULL);
    call("GET", "/api/studies", "/api/studies?sort=films&order=ascending&first=1", headers, NULL);
    call("GET", "/api/studies/{study}", "/api/studies/1.2.3", headers, NULL);
    call("GET", "/api/studies/{study}", "/api/studies/1.2.4", headers, NULL);
    call("GET", "/api/films/{film}/picture", "/api/films/1.2.3.1/picture", headers, NULL);
    call("GET", "/api/films/{film}/image", "/api/films/1.2.3.1/image", headers, NULL);
    call("GET", "/api/opinions.csv", "/api/opinions.csv", headers, NULL);
}

static void call_verdict_routes(const char *headers) {
    call("POST", "/api/verdicts", "/api/verdicts", headers,
         "{\"csv\": \"study_uid,verdict,reader,date\\n1.2.4,normal,r,2026-11-28\\n\"}");
    call("GET", "/api/verdicts.csv", "/api/verdicts.csv", headers, NULL);
    call("GET", "/api/comparison", "/api/comparison", headers, NULL);
    call("GET", "/api/comparison", "/api/comparison?reader=r", headers, NULL);
}

static void call_job_routes(const char *headers) {
    char target[60];
    const int64_t job = add_dead_job("send", "1.2.3/1", "pacs");
    call("GET", "/api/studies/{study}", "/api/studies/1.2.3", headers, NULL);
    call("GET", "/api/studies/{study}/versions", "/api/studies/1.2.3/versions", headers, NULL);
    call("GET", "/api/jobs", "/api/jobs?state=dead&most=5&before=999", headers, NULL);
    snprintf(target, sizeof target, "/api/jobs/%lld", (long long)job);
    call("GET", "/api/jobs/{job}", target, headers, NULL);
    snprintf(target, sizeof target, "/api/jobs/%lld/retry", (long long)job);
    call("POST", "/api/jobs/{job}/retry", target, headers, NULL);
    bury_job("send");
    call("POST", "/api/studies/{study}/retry", "/api/studies/1.2.3/retry", headers, NULL);
    bury_job("send");
    snprintf(target, sizeof target, "/api/jobs/%lld/drop", (long long)job);
    call("POST", "/api/jobs/{job}/drop", target, headers, NULL);
}

static void call_account_routes(const char *headers) {
    call("POST", "/api/accounts", "/api/accounts", headers,
         "{\"login\": \"Bob\", \"name\": \"Bob\", \"role\": \"reader\","
         " \"password\": \"" TEST_PASSWORD "\"}");
    call("GET", "/api/accounts", "/api/accounts", headers, NULL);
    call("PUT", "/api/accounts/{login}", "/api/accounts/bob", headers,
         "{\"name\": \"Robert\", \"role\": \"physician\", \"active\": false}");
    call("POST", "/api/accounts/{login}/password", "/api/accounts/bob/password", headers,
         "{\"password\": \"the second password\"}");
    call("POST", "/api/tokens", "/api/tokens", headers, "{\"name\": \"the archive/2\"}");
    call("GET", "/api/tokens", "/api/tokens", headers, NULL);
    call("POST", "/api/tokens/revoke", "/api/tokens/revoke", headers,
         "{\"name\": \"the archive/2\"}");
    call("GET", "/api/tokens", "/api/tokens", headers, NULL);
}

static void each_route_answers_as_described(void **state) {
    (void)state;
    web_add_account("ada", SX_ROLE_ADMIN, true);
    api_check_tables(tables);
    call_session_routes();
    const char *headers = web_session("ada", secret);
    call_study_routes(headers);
    call_verdict_routes(headers);
    call_job_routes(headers);
    call_account_routes(headers);
    web_answer a = web_call(web_port, "GET", "/api/studies/9", headers, NULL);
    assert_int_equal(a.status, 404);
    assert_null(api_fault("Error", a.body));
    web_free(&a);
    api_check_complete();
}

/* By UID the lateral film would come first. */
static void frontal_films_come_first(void **state) {
    (void)state;
    web_add_account("ada", SX_ROLE_ADMIN, true);
    web_answer a =
        web_call(web_port, "GET", "/api/studies/1.2.3", web_session("ada", secret), NULL);
    assert_int_equal(a.status, 200);
    const char *ap = strstr(a.body, "\"1.2.3.3\""), *unknown = strstr(a.body, "\"1.2.3.2\""),
               *lateral = strstr(a.body, "\"1.2.3.1\"");
    assert_true(ap && unknown && lateral && ap < unknown && unknown < lateral);
    web_free(&a);
}

/* The comparison itself must be able to fail. */
static void other_answers_are_found(void **state) {
    (void)state;
    static const struct {
        const char *type, *json, *fault;
    } cases[] = {
        { "Error", "{}", "Error.error is absent" },
        { "Error", "{\"error\": 1}", "no string" },
        { "Error", "{\"error\": null}", "is null" },
        { "Error", "{\"error\": \"\"}", "below its range" },
        { "Error", "{\"error\": \"e\", \"code\": 1}", "Error.code is not described" },
        { "Error", "[1]", "no object" },
        { "NewOpinion", "{\"verdict\": \"ill\"}", "another word: ill" },
        { "NewOpinion", "{\"agrees\": 1}", "no boolean" },
        { "AuditList", "{\"entries\": [{}]}", "AuditEntry.id is absent" },
        { "StudyList", "{\"studies\": {}}", "no array" },
        { "Nothing", "{}", "is no type" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *fault = api_fault(cases[i].type, cases[i].json);
        assert_non_null(fault);
        if (!strstr(fault, cases[i].fault)) fail_msg("%s: %s", cases[i].json, fault);
    }
    assert_null(api_fault("NewOpinion", "{\"agrees\": null}"));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_route_answers_as_described, start_server, stop_server),
        cmocka_unit_test_setup_teardown(frontal_films_come_first, start_server, stop_server),
        cmocka_unit_test_setup_teardown(other_answers_are_found, start_server, stop_server),
    };
    if (argc != 2) return 2;
    description = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
