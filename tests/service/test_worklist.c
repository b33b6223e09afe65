/* The data of the worklist page, in a database with two studies. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "service/access/audit.h"
#include "service/store/jobs.h"
#include "service/web_client.h"
#include "service/worker_report.h"
#include "service/worklist/reader_comparison.h"
#include "service/worklist_fixture.h"
#include "support/check.h"

static void score(const char *uid, double p, int abnormal, const char *body) {
    worklist_score(uid, &(sx_store_score){ p, NAN, abnormal, 2 }, body);
}

#define NETWORK(note) "{\"sha256\": \"" HASH64 "\", \"note\": " note "}"

static int start_server(void **state) {
    static const sx_web_route *const routes[] = { sx_worklist_routes, sx_job_routes, NULL };
    (void)state;
    worklist_start(routes);
    worklist_add_film("1.2.3", "1.2.3.1", 1000);
    worklist_add_film("1.2.3", "1.2.3.2", 2000);
    worklist_add_film("1.2.4", "1.2.4.1", 3000);
    score("1.2.3.1", 0.25, 0, REPORT("0.25", "false", ""));
    score("1.2.3.2", 0.75, 1,
          "{\"studies\": [{\"films\": [{\"probability\": 0.75, \"abnormal\": true,"
          " \"findings\": []}]}], \"models\": [" NETWORK("\"n\"") ", " NETWORK("null") ", " NETWORK(
              "\"n\"") ", " NETWORK("\"m\"") "]}");
    return 0;
}

/* ---- tests ---- */

static void studies_are_listed_newest_first(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    web_answer a = web_call(web_port, "GET", "/api/studies", headers, NULL);
    assert_int_equal(a.status, 200);
    const char *first = strstr(a.body, "1.2.4"), *second = strstr(a.body, "1.2.3");
    assert_true(first && second && first < second);
    assert_non_null(strstr(second, "\"films\":2,\"probability\":0.75,\"abnormal\":true"));
    assert_non_null(strstr(second, "\"delivered\":0,\"undelivered\":0"));
    assert_non_null(strstr(first, "\"probability\":null,\"abnormal\":null"));
    web_free(&a);
    web_expect(web_call(web_port, "GET", "/api/studies?before=3000&most=1", headers, NULL), 200,
               "1.2.3");
    web_expect(web_call(web_port, "GET", "/api/studies?state=dead", headers, NULL), 200,
               "{\"studies\":[],\"count\":0}");
    web_expect(web_call(web_port, "GET", "/api/studies?most=0", headers, NULL), 400, "most");
}

/* A film that could not be judged is not taken for a normal one. */
static void a_film_without_a_verdict_leaves_the_study_without_one(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    worklist_add_film("1.2.5", "1.2.5.1", 5000);
    worklist_add_film("1.2.5", "1.2.5.2", 6000);
    score("1.2.5.1", 0.25, 0, "{}");
    CHECK_OK(sx_store_set_film_state(web_db, "1.2.5.2", "failed", "damaged", &err), err);
    web_expect(web_call(web_port, "GET", "/api/studies?most=1", headers, NULL), 200,
               "\"abnormal\":null");
    CHECK_OK(sx_store_set_film_state(web_db, "1.2.5.2", "refused", "a hand", &err), err);
    web_expect(web_call(web_port, "GET", "/api/studies?most=1", headers, NULL), 200,
               "\"abnormal\":false");
    CHECK_OK(sx_store_set_film_state(web_db, "1.2.5.2", "unfamiliar", "", &err), err);
    web_expect(web_call(web_port, "GET", "/api/studies?most=1", headers, NULL), 200,
               "\"abnormal\":null");
}

/* As in its report. */
static void an_unfamiliar_film_has_no_findings(void **state) {
    (void)state;
    static const char body[] = "{\"models\": [" NETWORK(
        "null") "], \"studies\": [{\"films\": ["
                "{\"probability\": 0.9, \"unfamiliar\": true, \"abnormal\": null,"
                " \"findings\": [" BOX "], \"boxes\": [{\"score\": 0.5}]}]}]}";
    sx_error err = { 0 };
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    worklist_add_film("1.2.5", "1.2.5.1", 5000);
    worklist_add_film("1.2.5", "1.2.5.2", 6000);
    worklist_score("1.2.5.1", &(sx_store_score){ 0.25, NAN, 0, 2 }, REPORT("0.25", "false", ""));
    worklist_score("1.2.5.2", &(sx_store_score){ 0.9, 3.0, -1, 9 }, body);
    CHECK_OK(sx_store_set_film_state(web_db, "1.2.5.2", "unfamiliar", "", &err), err);
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.5", headers, NULL), 200,
               "\"probability\":0.25,\"abnormal\":null,\"findings\":2,");
    web_expect(web_call(web_port, "GET", "/api/studies?most=1&sort=findings", headers, NULL), 200,
               "\"study_uid\":\"1.2.3\"");
    web_expect(web_call(web_port, "GET", "/api/studies?most=1&sort=probability", headers, NULL),
               200, "\"study_uid\":\"1.2.3\"");
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.5", headers, NULL), 200,
               "\"findings\":[],\"boxes\":[{\"score\":0.5}]}");
}

static void a_study_has_its_films_and_what_is_left_to_do(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    CHECK_OK(sx_jobs_add(web_db, "send", "1.2.3/1", "pacs", 1, 1, &err) &&
                 sx_jobs_add(web_db, "predict", "1.2.4.1", "", 1, 1, &err) &&
                 sx_store_event(web_db, 7, "built", "1.2.3", "", "", &err),
             err);
    web_answer a = web_call(web_port, "GET", "/api/studies/1.2.3", headers, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"sop_uid\":\"1.2.3.2\""));
    assert_non_null(strstr(a.body, "\"result\":{\"probability\":0.75,\"abnormal\":true,"
                                   "\"findings\":[]},\"notes\":[\"n\",\"m\"]"));
    assert_non_null(strstr(a.body, "\"kind\":\"send\",\"destination\":\"pacs\""));
    assert_null(strstr(a.body, "predict")); /* of the other study */
    assert_non_null(strstr(a.body, "{\"at\":7,\"kind\":\"built\""));
    web_free(&a);
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.9", headers, NULL), 404,
               "there is no such study");
}

/* What is damaged in the database is said of the film; the other films are shown. */
static void a_damaged_result_hides_no_film(void **state) {
    (void)state;
    static const char *const bad[] = { "",
                                       "{}",
                                       "nonsense",
                                       "[1]",
                                       "{\"studies\": 1}",
                                       "{\"studies\": [{\"films\": [[]]}]}",
                                       REPORT("0.9", "true", "1"),
                                       REPORT("0.9", "null", "") };
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        score("1.2.3.1", 0.25, 0, bad[i]);
        web_answer a = web_call(web_port, "GET", "/api/studies/1.2.3", headers, NULL);
        if (a.status != 200) fail_msg("%s: status %d", bad[i], a.status);
        const char *first = strstr(a.body, "1.2.3.1"), *second = strstr(a.body, "1.2.3.2");
        assert_true(first && second);
        const char *damaged = strstr(a.body, "\"damaged\":\""),
                   *result = strstr(first, "\"result\"");
        assert_true(damaged > first && damaged < second && result > second);
        assert_null(strstr(damaged + 1, "\"damaged\""));
        web_free(&a);
    }
}

static void opinions_are_kept_and_compared(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    const char *path = "/api/studies/1.2.3/opinion";
    assert_int_equal(web_status(web_port, "POST", path, headers,
                                "{\"agrees\": false, \"verdict\": \"normal\", \"comment\": "
                                "\"=SUM(A1), an artefact\"}"),
                     204);
    web_expect(web_call(web_port, "POST", path, headers, "{}"), 400, "an opinion needs");
    web_expect(web_call(web_port, "POST", path, headers, "{\"verdict\": \"ill\"}"), 400,
               "a verdict is abnormal, normal or unsure");
    web_expect(web_call(web_port, "POST", path, headers, "{\"agrees\": 1}"), 400, "agrees must be");
    web_expect(web_call(web_port, "POST", "/api/studies/9/opinion", headers, "{\"agrees\": true}"),
               404, "there is no such study");
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.3", headers, NULL), 200,
               "\"who\":\"ada\",\"revision\":0,\"agrees\":false,\"verdict\":\"normal\"");
    web_answer a = web_call(web_port, "GET", "/api/opinions.csv", headers, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "study_uid,revision,probability,verdict,films_without_verdict,"
                                   "reader,agrees,reader_verdict,comment\n"
                                   "1.2.3,0,0.7500,abnormal,0,ada,no,normal,"));
    assert_null(strstr(a.body, ",=SUM"));   /* a spreadsheet must not run it */
    assert_null(strstr(a.body, "\n1.2.4")); /* neither scored nor commented */
    web_free(&a);
}

static void set_state(const char *uid, const char *state) {
    sx_error err = { 0 };
    CHECK_OK(sx_store_set_film_state(web_db, uid, state, "", &err), err);
}

/* Neither the probability of a film that has no verdict nor an earlier one counts. */
static void opinions_are_compared_with_films_that_have_a_verdict(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    worklist_add_film("1.2.5", "1.2.5.1", 5000);
    worklist_add_film("1.2.5", "1.2.5.2", 6000);
    score("1.2.5.1", 0.25, 0, REPORT("0.25", "false", ""));
    worklist_score("1.2.5.2", &(sx_store_score){ 0.9, 3.0, -1, 9 }, "{}");
    static const char *const without[] = { "unfamiliar", "failed", "new", "deleted" };
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        set_state("1.2.5.2", without[i]);
        web_expect(web_call(web_port, "GET", "/api/opinions.csv", headers, NULL), 200,
                   "\n1.2.5,0,0.2500,,1,,,,\n");
    }
    score("1.2.5.2", 0.9, 1, REPORT("0.9", "true", ""));
    set_state("1.2.5.2", "refused"); /* by a rule of today */
    web_expect(web_call(web_port, "GET", "/api/opinions.csv", headers, NULL), 200,
               "\n1.2.5,0,0.2500,normal,0,,,,\n");
    set_state("1.2.5.1", "unfamiliar");
    web_expect(web_call(web_port, "GET", "/api/opinions.csv", headers, NULL), 200,
               "\n1.2.5,0,,,1,,,,\n");
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.5", headers, NULL), 200,
               "\"probability\":null,\"abnormal\":null,\"findings\":0,");
}

static void set_outcome(const char *uid, const char *outcome) {
    sx_error err = { 0 };
    CHECK_OK(sx_store_set_film_outcome(web_db, uid, outcome, &err), err);
}

static void run_sql(const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, sql, NULL, 0, &err), err);
}

/* List, page and comparison say one thing of the film 1.2.5.1, which is abnormal in its newest
 * prediction. */
static void expect_in_result(const char *headers, bool in, const char *what) {
    web_answer list = web_call(web_port, "GET", "/api/studies?text=1.2.5", headers, NULL),
               page = web_call(web_port, "GET", "/api/studies/1.2.5", headers, NULL),
               csv = web_call(web_port, "GET", "/api/opinions.csv", headers, NULL);
    sx_reader_comparison c;
    sx_error err = { 0 };
    CHECK_OK(sx_reader_compare(web_db, NULL, &c, &err), err);
    const char *verdict =
        in ? "\"probability\":0.75,\"abnormal\":true" : "\"probability\":null,\"abnormal\":null";
    if (!strstr(list.body, verdict) || !strstr(page.body, verdict))
        fail_msg("%s: the list says %s, the page %s", what, list.body, page.body);
    if (!strstr(list.body, in ? "\"findings\":2," : "\"findings\":0,") ||
        (strstr(page.body, "Osteophytes") != NULL) != in ||
        (strstr(csv.body, "\n1.2.5,0,0.7500,abnormal,0,") != NULL) != in)
        fail_msg("%s: findings: %s\n%s\n%s", what, list.body, page.body, csv.body);
    assert_int_equal(c.without_readers, in ? 2 : 1); /* and 1.2.3 */
    sx_reader_comparison_free(&c);
    web_free(&list);
    web_free(&page);
    web_free(&csv);
}

static void a_study_has_only_what_its_result_says(void **state) {
    (void)state;
    static const char *const without[] = { "new", "failed", "refused", "deleted" };
    sx_error err = { 0 };
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    worklist_add_film("1.2.5", "1.2.5.1", 5000);
    score("1.2.5.1", 0.75, 1, REPORT("0.75", "true", BOX));
    expect_in_result(headers, true, "scored");
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        set_state("1.2.5.1", without[i]); /* for instance after redo */
        expect_in_result(headers, false, without[i]);
    }
    set_outcome("1.2.5.1", "scored");
    expect_in_result(headers, true, "deleted after its retention time");
    set_outcome("1.2.5.1", "unscored");
    expect_in_result(headers, false, "not in the newest version");
    set_state("1.2.5.1", "scored");
    CHECK_OK(sx_jobs_add(web_db, "build", "1.2.5", "", 1, 1, &err), err);
    expect_in_result(headers, true, "to be built");
    run_sql("UPDATE job SET state = 'dead', error = 'no film can be read'");
    expect_in_result(headers, false, "not built");
    run_sql("UPDATE job SET state = 'dropped'");
    expect_in_result(headers, false, "dropped");
    web_expect(web_call(web_port, "GET", "/api/studies?state=problems", headers, NULL), 200,
               "\"study_uid\":\"1.2.5\",\"state\":\"dead\",\"reason\":\"dropped: no film can");
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.5", headers, NULL), 200,
               "\"state\":\"dead\",\"reason\":\"dropped: no film can");
    run_sql("UPDATE job SET state = 'done'");
    expect_in_result(headers, true, "built");
    run_sql("UPDATE study SET state = 'dead', reason = 'two patients' WHERE study_uid = '1.2.5'");
    expect_in_result(headers, false, "two patients");
}

static void a_dead_job_is_tried_again_by_an_administrator(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    bool found, held;
    char path[60];
    CHECK_OK(sx_jobs_add(web_db, "send", "1.2.3/1", "pacs", 1, 1, &err) &&
                 sx_jobs_lease(web_db, "send", NULL, "me", 2, 100, &job, &found, &err),
             err);
    snprintf(path, sizeof path, "/api/jobs/%lld/retry", (long long)job.id);
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    web_expect(web_call(web_port, "POST", path, headers, NULL), 409, "only a dead job");
    CHECK_OK(sx_jobs_bury(web_db, &job, "refused", &held, &err), err);
    web_expect(web_call(web_port, "GET", "/api/studies", headers, NULL), 200, "\"dead_jobs\":1");
    assert_int_equal(web_status(web_port, "POST", path, headers, NULL), 204);
    assert_int_equal(worklist_woken, 1);
    assert_int_equal(web_status(web_port, "POST", "/api/jobs/x/retry", headers, NULL), 404);
    headers = worklist_sign_in("bob", SX_ROLE_PHYSICIAN);
    assert_int_equal(web_status(web_port, "POST", path, headers, NULL), 404);
}

static void a_film_has_a_picture(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    const uint32_t bytes[3] = { 1, 1, 0x00FFFFFF };
    sx_error err = { 0 };
    char folder[600], path[700];
    snprintf(folder, sizeof folder, "%s/pictures/00", check_tmp());
    snprintf(path, sizeof path, "%s/1.2.3.1.dcm.rgb", folder);
    CHECK_OK(sx_make_dirs(folder, &err) && sx_write_file(path, bytes, 11, &err), err);
    web_answer a = web_call(web_port, "GET", "/api/films/1.2.3.1/picture", headers, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_header(&a, "Content-Type"), "image/png");
    assert_memory_equal(a.body, "\x89PNG", 4);
    web_free(&a);
    assert_int_equal(web_status(web_port, "GET", "/api/films/1.2.3.2/picture", headers, NULL), 404);
    assert_int_equal(web_status(web_port, "GET", "/api/films/9/picture", headers, NULL), 404);
    snprintf(folder, sizeof folder, "%s/pictures/00/1.2.3.1.dcm.png", check_tmp());
    CHECK_OK(sx_write_file(folder, "PNG!", 4, &err), err);
    web_expect(web_call(web_port, "GET", "/api/films/1.2.3.1/image", headers, NULL), 200, "PNG!");
    assert_int_equal(web_status(web_port, "GET", "/api/films/1.2.3.2/image", headers, NULL), 404);
    assert_int_equal(web_status(web_port, "GET", "/api/films/9/image", headers, NULL), 404);
}

/* Whoever is not on the node does not learn that there are such addresses. */
static void readers_see_nothing(void **state) {
    (void)state;
    static const char *const paths[] = { "/api/studies", "/api/studies/1.2.3",
                                         "/api/films/1.2.3.1/picture", "/api/films/1.2.3.1/image",
                                         "/api/opinions.csv" };
    const char *headers = worklist_sign_in("eve", SX_ROLE_READER);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(web_status(web_port, "GET", paths[i], headers, NULL), 404);
        assert_int_equal(web_status(web_port, "GET", paths[i], "", NULL), 401);
    }
}

int main(void) {
#define SERVED(name) cmocka_unit_test_setup_teardown(name, start_server, worklist_stop)
    const struct CMUnitTest tests[] = {
        SERVED(studies_are_listed_newest_first),
        SERVED(a_film_without_a_verdict_leaves_the_study_without_one),
        SERVED(an_unfamiliar_film_has_no_findings),
        SERVED(a_study_has_its_films_and_what_is_left_to_do),
        SERVED(a_damaged_result_hides_no_film),
        SERVED(opinions_are_kept_and_compared),
        SERVED(opinions_are_compared_with_films_that_have_a_verdict),
        SERVED(a_study_has_only_what_its_result_says),
        SERVED(a_dead_job_is_tried_again_by_an_administrator),
        SERVED(a_film_has_a_picture),
        SERVED(readers_see_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
