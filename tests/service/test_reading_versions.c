/* The agreement of readers, and versions of a project's annotations. On SQLite, and on the
 * PostgreSQL server that STORE names. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "service/reading_page.h"
#include "support/check.h"

#define SPINE "/api/reading/projects/spine/"

/* ---- agreement ---- */

static void agreement_is_that_of_the_boxes(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_read_all("ben", 2);
    json_t *a = page_json("GET", SPINE "agreement", max, NULL, 200);
    const json_t *pair = json_array_get(json_object_get(a, "pairs"), 0);
    assert_int_equal(json_integer_value(json_object_get(a, "films")), 6);
    assert_true(json_number_value(json_object_get(json_object_get(a, "fleiss"), "kappa")) == 1);
    assert_true(json_number_value(json_object_get(pair, "kappa")) == 1);
    assert_true(json_number_value(json_object_get(pair, "f1")) == 1);
    /* 17 of 21 columns in common */
    assert_true(fabs(json_number_value(json_object_get(pair, "mean_iou")) - 17.0 / 21) < 1e-12);
    json_decref(a);
}

/* ben calls a film abnormal that has none of his boxes; an annotation CSV cannot say that. */
static void a_film_without_a_box_may_be_abnormal(void **state) {
    (void)state;
    sx_error err = { 0 };
    page_read_all("ann", 0);
    page_read_all("ben", 2);
    CHECK_OK(sx_db_run(web_db,
                       "UPDATE reading_film_read SET verdict = 'abnormal' WHERE verdict = 'normal'"
                       " AND task = (SELECT t.id FROM reading_task t JOIN account a"
                       " ON a.id = t.reader WHERE a.login = 'ben' AND t.seq = 1)",
                       NULL, 0, &err),
             err);
    json_t *a = page_json("GET", SPINE "agreement", page_session("max"), NULL, 200);
    const json_t *pair = json_array_get(json_object_get(a, "pairs"), 0),
                 *fleiss = json_object_get(a, "fleiss");
    assert_int_equal(json_integer_value(json_object_get(fleiss, "films")), 6);
    assert_true(fabs(json_number_value(json_object_get(fleiss, "observed")) - 5.0 / 6) < 1e-12);
    assert_int_equal(json_integer_value(json_object_get(pair, "films")), 6);
    assert_true(json_number_value(json_object_get(pair, "f1")) == 1);
    json_decref(a);
}

/* ---- versions ---- */

static void a_version_never_changes(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\"}", 404, "no complete task");
    page_read_all("ann", 0);
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\"}", 200,
                "\"what\":\"readings, all rounds\",\"films\":");
    web_answer before = web_call(web_port, "GET", SPINE "exports/v1/reading.json", max, NULL);
    page_read_all("ben", 1);
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\"}", 409, "a version v1 already");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\",\"round\":1}", 409,
                "version v1 has other contents: readings, all rounds, not readings, round 1");
    web_answer after = web_call(web_port, "GET", SPINE "exports/v1/reading.json", max, NULL);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.body, after.body, after.n);
    web_free(&before);
    web_free(&after);
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"zoe\",\"reader\":\"zoe\"}", 404,
                "zoe: there is no such reader");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"one\",\"round\":1,\"reader\":\"ann\"}",
                200, "\"what\":\"readings, round 1, of ann\"");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"../x\"}", 400, "a tag has");
    page_expect("GET", SPINE "exports/v2/annotations.csv", max, NULL, 404, "no version v2");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v2\",\"reader\":\"ben\"}", 200,
                "\"tag\":\"v2\"");
}

static void wrong_types_are_refused(void **state) {
    (void)state;
    static const char *const bodies[][2] = {
        { "{\"tag\":\"v1\",\"reader\":7}", "reader is missing or is not a string" },
        { "{\"tag\":\"v1\",\"adjudicated\":\"yes\"}", "adjudicated: it must be true or false" },
        { "{\"tag\":\"v1\",\"round\":\"1\"}", "round: a whole number" },
        { "{\"tag\":7}", "tag is missing or is not a string" },
    };
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_read_all("ben", 0);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        page_expect("POST", SPINE "exports", max, bodies[i][0], 400, bodies[i][1]);
    page_expect("POST", SPINE "lock", max, "{\"round\":1,\"adjudicated\":1}", 400,
                "adjudicated: it must be true or false");
    page_expect("POST", "/api/reading/projects", max, "{\"key\":\"hip\",\"confidence\":\"no\"}",
                400, "confidence: it must be true or false");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_export"), 0);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_project"), 1);
    assert_int_equal(
        room_number(web_db, "SELECT COUNT(*) FROM reading_task WHERE state = 'locked'"), 0);
}

static void change(const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, sql, NULL, 0, &err), err);
}

static void a_version_has_one_round(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_expect("POST", SPINE "assign", max,
                "{\"readers\":[\"cho\"],\"per_study\":1,\"round\":2,\"control\":0}", 200, "");
    page_read_all("cho", 1);
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\"}", 400,
                "rounds 1 to 2 are selected");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\",\"round\":1}", 200, "\"films\":6");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v2\",\"round\":2}", 200, "\"films\":6");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v3\",\"reader\":\"cho\"}", 200, "v3");
}

/* What no command could read is no version. */
static void a_version_can_be_read(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_read_all("ann", 0);
    change("UPDATE reading_box SET x1 = x0 + 0.00001");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\"}", 400,
                "annotations.csv:2: not a box");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_export"), 0);
    change("UPDATE reading_box SET x1 = x0 + 1");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"v1\"}", 200, "v1");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, page_start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(agreement_is_that_of_the_boxes), SERVED(a_film_without_a_box_may_be_abnormal),
        SERVED(a_version_never_changes),        SERVED(a_version_has_one_round),
        SERVED(a_version_can_be_read),          SERVED(wrong_types_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
