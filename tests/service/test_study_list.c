/* The list of studies: search, order and pages, over all studies. On SQLite, and on the PostgreSQL
 * server that STORE names. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "service/store/jobs.h"
#include "service/web_client.h"
#include "service/worklist_fixture.h"
#include "support/check.h"

static const char *headers;

static void add_study(const char *uid, const char *patient, const char *accession, int64_t at) {
    sx_store_film f = { .received = at };
    snprintf(f.sop_uid, sizeof f.sop_uid, "%s.1", uid);
    snprintf(f.study_uid, sizeof f.study_uid, "%s", uid);
    snprintf(f.patient_id, sizeof f.patient_id, "%s", patient);
    snprintf(f.accession, sizeof f.accession, "%s", accession);
    snprintf(f.study_date, sizeof f.study_date, "202611%02d", (int)(28 - at));
    worklist_add_film_of(f);
}

static void score(const char *film, double p, int findings) {
    worklist_score(film, &(sx_store_score){ p, NAN, p > 0.5, findings }, "{}");
}

/* Four studies, named a to d by the last part of their UIDs in the order of their arrival. */
static int start_server(void **state) {
    static const sx_web_route *const tables[] = { sx_worklist_routes, NULL };
    sx_error err = { 0 };
    bool held, found;
    sx_job job;
    (void)state;
    worklist_start(tables);
    add_study("1.2.10", "Meier", "ACC1", 1);
    add_study("1.2.11", "100%", "acc2", 2);
    add_study("1.2.12", "1000", "X_3", 3);
    add_study("1.2.13", "adam", "XY3", 4);
    score("1.2.10.1", 0.9, 3);
    score("1.2.11.1", 0.2, 0);
    worklist_add_film_of((sx_store_film){
        .sop_uid = "1.2.11.2", .study_uid = "1.2.11", .patient_id = "100%", .received = 2 });
    CHECK_OK(sx_store_set_film_state(web_db, "1.2.12.1", "failed", "damaged", &err) &&
                 sx_jobs_add(web_db, "send", "1.2.10/1", "pacs", 1, 1, &err) &&
                 sx_jobs_lease(web_db, "send", NULL, "me", 2, 100, &job, &found, &err) &&
                 sx_jobs_bury(web_db, &job, "refused", &held, &err),
             err);
    headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    return 0;
}

/* The studies of an answer as letters, and the number of all that match: "dcba 4". */
static void expect_studies(const char *query, const char *expected) {
    char target[300], have[40];
    size_t n = 0;
    sx_error err = { 0 };
    snprintf(target, sizeof target, "/api/studies?%s", query);
    web_answer a = web_call(web_port, "GET", target, headers, NULL);
    if (a.status != 200) fail_msg("%s: %s", query, a.text);
    json_t *root = sx_json_parse(a.body, strlen(a.body), false, NULL, &err);
    CHECK_OK(root != NULL, err);
    const json_t *studies = json_object_get(root, "studies");
    for (size_t i = 0; i < json_array_size(studies) && n < 20; i++) {
        const json_t *uid = json_object_get(json_array_get(studies, i), "study_uid");
        have[n++] = (char)('a' + strtol(json_string_value(uid) + 4, NULL, 10) - 10);
    }
    snprintf(have + n, sizeof have - n, " %d",
             (int)json_integer_value(json_object_get(root, "count")));
    if (strcmp(have, expected) != 0) fail_msg("%s: %s, not %s", query, have, expected);
    json_decref(root);
    web_free(&a);
}

static void studies_are_sorted_by_each_column(void **state) {
    (void)state;
    expect_studies("", "dcba 4");
    expect_studies("order=ascending", "abcd 4");
    expect_studies("sort=patient_id&order=ascending", "bcda 4");
    expect_studies("sort=study_date", "abcd 4");
    expect_studies("sort=state", "dcba 4");
    expect_studies("sort=probability", "abdc 4");
    expect_studies("sort=findings", "adcb 4");
    expect_studies("sort=films", "bdca 4");
    expect_studies("sort=dead_jobs", "adcb 4");
    expect_studies("sort=opinions&order=ascending", "dcba 4");
    expect_studies("sort=undelivered&order=ascending", "dcba 4");
}

static void a_study_that_is_dead_has_no_probability(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, "UPDATE study SET state = 'dead' WHERE study_uid = '1.2.10'", NULL,
                       0, &err),
             err);
    expect_studies("sort=probability", "bdca 4");
}

/* Nothing is in progress there, and the list says what is wrong. */
static void a_study_that_cannot_be_built_has_stopped(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db,
                       "INSERT INTO job (kind, key, destination, state, made, not_before, error)"
                       " VALUES ('build', '1.2.12', '', 'dead', 1, 1, 'no film can be read')",
                       NULL, 0, &err),
             err);
    expect_studies("state=dead", "c 1");
    expect_studies("state=open&text=2.12", " 0");
    expect_studies("sort=probability", "abdc 4");
    web_expect(web_call(web_port, "GET", "/api/studies?state=dead", headers, NULL), 200,
               "\"reason\":\"no film can be read\"");
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.12", headers, NULL), 200,
               "\"state\":\"dead\"");
}

static void studies_are_found_by_a_part_of_their_names(void **state) {
    (void)state;
    expect_studies("text=EIE", "a 1");
    expect_studies("text=Acc", "ba 2");
    expect_studies("text=100", "cb 2");
    expect_studies("text=100%25", "b 1"); /* no wildcards */
    expect_studies("text=X_3", "c 1");
    expect_studies("text=%5C", " 0");
    expect_studies("text=2.13", "d 1");
    expect_studies("text=1.2.1&before=3", "ba 2");
    expect_studies("text=nobody", " 0");
}

static void studies_are_chosen_by_state(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, "UPDATE study SET state = 'built' WHERE study_uid = '1.2.13'", NULL,
                       0, &err),
             err);
    expect_studies("state=built", "d 1");
    expect_studies("state=open&sort=received&order=ascending", "abc 3");
    expect_studies("state=dead", " 0");
    expect_studies("state=problems", "ca 2"); /* a film failed; a job is dead */
    expect_studies("state=problems&text=meier", "a 1");
}

static void run_sql(const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, sql, NULL, 0, &err), err);
}

/* With its reason, also when the files were deleted after their retention time. */
static void retention_hides_no_film_without_a_verdict(void **state) {
    (void)state;
    run_sql("DELETE FROM job");
    run_sql("UPDATE instance SET outcome = CASE sop_uid WHEN '1.2.10.1' THEN 'scored'"
            " WHEN '1.2.12.1' THEN 'unscored' WHEN '1.2.13.1' THEN 'refused' ELSE '' END");
    run_sql("UPDATE instance SET state = 'deleted' WHERE outcome <> ''");
    expect_studies("state=problems", "dc 2");
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.12", headers, NULL), 200,
               "\"not_scored\":1,");
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.10", headers, NULL), 200,
               "\"not_scored\":0,");
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.12", headers, NULL), 200,
               "\"state\":\"deleted\",\"reason\":\"damaged\"");
}

static void pages_are_parts_of_the_whole_list(void **state) {
    (void)state;
    expect_studies("most=3", "dcb 4");
    expect_studies("most=3&first=3", "a 4");
    expect_studies("most=3&first=4", " 4");
    expect_studies("most=1&first=1&text=acc", "a 2");
    for (int i = 0; i < 10; i++) {
        char uid[30];
        snprintf(uid, sizeof uid, "1.2.%d", 14 + i);
        add_study(uid, "same", "", 5);
    }
    expect_studies("most=6&sort=patient_id&first=0&text=same", "efghij 10");
    expect_studies("most=6&sort=patient_id&first=6&text=same", "klmn 10");
}

static void wrong_questions_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *query, *text;
    } cases[] = {
        { "sort=name", "sort must be a column of the list" },
        { "order=up", "order must be one of ascending|descending" },
        { "state=ill", "state must be one of open|built|dead|problems" },
        { "first=-1", "first" },
        { "most=501", "most" },
    };
    char target[400], text[220];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(target, sizeof target, "/api/studies?%s", cases[i].query);
        web_expect(web_call(web_port, "GET", target, headers, NULL), 400, cases[i].text);
    }
    memset(text, 'x', 201);
    text[201] = '\0';
    snprintf(target, sizeof target, "/api/studies?text=%s", text);
    web_expect(web_call(web_port, "GET", target, headers, NULL), 400, "text has more than 200");
}

/* ---- deliveries ---- */

static void add_version(const char *study) {
    sx_error err = { 0 };
    const sx_db_value value = sx_db_text(study);
    CHECK_OK(
        sx_db_run(web_db, "UPDATE study SET revision = 1 WHERE study_uid = ?", &value, 1, &err),
        err);
}

/* The archive has the report, in the class that it takes. */
static void a_report_that_went_in_the_other_class_is_delivered(void **state) {
    (void)state;
    add_version("1.2.10");
    worklist_add_output("1.2.10", "1.2.10.7", "sr3d", SX_DELIVERY_FAILED);
    worklist_add_output("1.2.10", "1.2.10.9", "gsps", SX_DELIVERY_SENT);
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.10", headers, NULL), 200,
               "\"delivered\":1,\"undelivered\":1");
    worklist_add_output("1.2.10", "1.2.10.8", "sr", SX_DELIVERY_COMMITTED);
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.10", headers, NULL), 200,
               "\"delivered\":2,\"undelivered\":0");
    web_expect(web_call(web_port, "GET", "/api/studies/1.2.10/versions", headers, NULL), 200,
               "\"sent\":1,\"committed\":1,\"failed\":0");
}

/* Another archive that took neither class lacks the report. */
static void a_report_that_was_refused_in_both_classes_is_not(void **state) {
    (void)state;
    sx_error err = { 0 };
    add_version("1.2.10");
    worklist_add_output("1.2.10", "1.2.10.7", "sr3d", SX_DELIVERY_FAILED);
    worklist_add_output("1.2.10", "1.2.10.8", "sr", SX_DELIVERY_FAILED);
    CHECK_OK(sx_store_set_delivery(web_db, "1.2.10.8", "other", SX_DELIVERY_SENT, 60, &err), err);
    web_expect(web_call(web_port, "GET", "/api/studies?text=1.2.10", headers, NULL), 200,
               "\"delivered\":1,\"undelivered\":2");
    web_expect(web_call(web_port, "GET", "/api/studies?sort=undelivered&most=1", headers, NULL),
               200, "1.2.10");
}

int main(void) {
#define SERVED(name) cmocka_unit_test_setup_teardown(name, start_server, worklist_stop)
    const struct CMUnitTest tests[] = {
        SERVED(studies_are_sorted_by_each_column),
        SERVED(a_study_that_is_dead_has_no_probability),
        SERVED(a_study_that_cannot_be_built_has_stopped),
        SERVED(studies_are_found_by_a_part_of_their_names),
        SERVED(studies_are_chosen_by_state),
        SERVED(retention_hides_no_film_without_a_verdict),
        SERVED(pages_are_parts_of_the_whole_list),
        SERVED(wrong_questions_are_refused),
        SERVED(a_report_that_went_in_the_other_class_is_delivered),
        SERVED(a_report_that_was_refused_in_both_classes_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
