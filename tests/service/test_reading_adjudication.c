/* Clusters of readers' boxes, and adjudication. On SQLite, and on the PostgreSQL server that STORE
 * names. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "service/reading/reading_adjudicate.h"
#include "service/reading_page.h"
#include "support/check.h"

#define SPINE "/api/reading/projects/spine/"

/* ---- clusters ---- */

static sx_cluster_box box_of(int reader, int64_t label, double x, double y, double w, double h) {
    return (sx_cluster_box){ { x, y, x + w, y + h }, label, reader, 99 };
}

static void boxes_that_overlap_are_one_cluster(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t count;
    sx_cluster_box b[] = { box_of(0, 1, 0, 0, 10, 10), box_of(1, 1, 2, 0, 10, 10),
                           box_of(2, 1, 1, 0, 10, 10), box_of(0, 1, 50, 50, 10, 10) };
    CHECK_OK(sx_reading_cluster(b, 4, &count, &err), err);
    assert_int_equal(count, 2);
    assert_int_equal(b[0].cluster, 0);
    assert_int_equal(b[1].cluster, 0);
    assert_int_equal(b[2].cluster, 0);
    assert_int_equal(b[3].cluster, 1);
    const sx_cluster_proposal p = sx_reading_propose(b, 4, 0);
    assert_int_equal(p.members, 3);
    assert_true(p.corners[0] == 1 && p.corners[2] == 11);
    assert_false(p.classes_differ);
    assert_true(fabs(p.least_iou - 8.0 / 12.0) < 1e-12);
}

static void what_goes_together(void **state) {
    (void)state;
    static const struct {
        sx_cluster_box a, b;
        bool together;
    } cases[] = {
        /* IoU 0.3 exactly: 6 of 20 */
        { { { 0, 0, 13, 1 }, 1, 0, 0 }, { { 7, 0, 20, 1 }, 1, 1, 0 }, true },
        { { { 0, 0, 13, 1 }, 1, 0, 0 }, { { 7.01, 0, 20.01, 1 }, 1, 1, 0 }, false },
        /* a small box in a large one, with its centre */
        { { { 0, 0, 100, 100 }, 1, 0, 0 }, { { 45, 45, 56, 56 }, 1, 1, 0 }, true },
        { { { 0, 0, 100, 100 }, 1, 0, 0 }, { { 5, 5, 16, 16 }, 1, 1, 0 }, false },
        /* another class needs an IoU of 0.5: 10 of 20 */
        { { { 0, 0, 15, 1 }, 1, 0, 0 }, { { 5, 0, 20, 1 }, 2, 1, 0 }, true },
        { { { 0, 0, 14, 1 }, 1, 0, 0 }, { { 5, 0, 20, 1 }, 2, 1, 0 }, false },
        /* one reader means two lesions */
        { { { 0, 0, 10, 10 }, 1, 0, 0 }, { { 0, 0, 10, 10 }, 1, 0, 0 }, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        size_t count;
        sx_cluster_box b[2] = { cases[i].a, cases[i].b };
        CHECK_OK(sx_reading_cluster(b, 2, &count, &err), err);
        if ((count == 1) != cases[i].together) fail_msg("case %zu", i);
    }
}

/* Boxes in a row, each near the next: complete linkage does not make one lesion of them. */
static void a_chain_is_no_cluster(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t count;
    sx_cluster_box b[] = { box_of(0, 1, 0, 0, 10, 10), box_of(1, 1, 5, 0, 10, 10),
                           box_of(2, 1, 10, 0, 10, 10) };
    CHECK_OK(sx_reading_cluster(b, 3, &count, &err), err);
    assert_int_equal(count, 2);
}

static void the_median_is_a_box(void **state) {
    (void)state;
    sx_error err = { 0 };
    const uint64_t key = sx_rng_key("test.boxes", 3);
    uint64_t drawn = 0;
    for (int t = 0; t < 300; t++) {
        sx_cluster_box b[24];
        size_t count;
        for (int i = 0; i < 24; i++) {
            double v[4];
            for (int k = 0; k < 4; k++)
                v[k] = sx_rng_unit(key, drawn++);
            b[i] = box_of(i % 4, 1 + (i * 7 + t) % 2, 30 * v[0], 30 * v[1], 1 + 20 * v[2],
                          1 + 20 * v[3]);
        }
        CHECK_OK(sx_reading_cluster(b, 24, &count, &err), err);
        for (size_t c = 0; c < count; c++) {
            const sx_cluster_proposal p = sx_reading_propose(b, 24, c);
            assert_true(p.members >= 1 && p.members <= 4);
            assert_true(p.corners[0] < p.corners[2] && p.corners[1] < p.corners[3]);
        }
    }
}

/* ---- adjudication ---- */

static void lock_round(const char *max) {
    page_expect("POST", SPINE "lock", max, "{\"round\":1}", 200, "\"tasks\":6");
}

static void a_round_is_locked_when_all_is_complete(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_expect("POST", SPINE "lock", max, "{\"round\":1}", 409, "3 tasks of round 1 are not");
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 409,
                "round 1 is not locked");
    page_read_all("ben", 1);
    lock_round(max);
    page_expect("POST", page_path(room_task(web_db, "ann", 1), "reopen"), page_session("ann"), NULL,
                403, "locked");
    page_expect("POST", SPINE "lock", max, "{}", 400, "round");
    page_expect("POST", SPINE "lock", max, "{\"round\":0}", 400, "round");
    page_expect("POST", "/api/reading/projects/none/lock", max, "{\"round\":1}", 404,
                "no such project");
}

/* Another reader would change what adjudicators decide on. */
static void a_locked_round_takes_no_more_readers(void **state) {
    (void)state;
    static const char rows[] = "image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                               "s0a,Osteophytes,1,2,20,30\ns0b,No finding,,,,\n";
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_read_all("ben", 1);
    lock_round(max);
    page_expect("POST", SPINE "assign", max,
                "{\"readers\":[\"ann\",\"ben\",\"cho\"],\"per_study\":3}", 409,
                "project spine: round 1 is locked and takes no more readings");
    page_expect("POST", SPINE "readings?reader=cho", max, rows, 409, "round 1 is locked");
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 200,
                "\"tasks\":3");
    page_expect("POST", SPINE "assign", max, "{\"readers\":[\"cho\"],\"per_study\":1}", 409,
                "round 1 is being adjudicated");
    page_expect("POST", SPINE "readings?reader=cho", max, rows, 409, "is being adjudicated");
    /* not even those of the adjudicator, whose task has the same study and round */
    page_expect("POST", SPINE "readings?reader=jo", max, rows, 409, "is being adjudicated");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_task"), 9);
    page_expect("POST", SPINE "assign", max, "{\"readers\":[\"cho\"],\"per_study\":1,\"round\":2}",
                200, "\"tasks\":3");
    page_expect("POST", SPINE "readings?reader=jo&round=2", max, rows, 200, "\"tasks\":1");
}

static void the_audit_log_says_of_whom_and_which_round(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_expect("POST", SPINE "assign", max, "{\"readers\":[\"cho\",\"ann\"],\"round\":2}", 200,
                "");
    page_read_all("ann", 0);
    page_read_all("ben", 1);
    lock_round(max);
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 200, "");
    assert_int_equal(room_number(web_db,
                                 "SELECT COUNT(*) FROM audit WHERE who = 'max' AND object = 'spine'"
                                 " AND action || ': ' || detail IN ("
                                 "'reading assign: 6 new tasks of round 2: cho, ann',"
                                 "'reading lock: readings of round 1',"
                                 "'reading adjudicate: 3 new tasks of round 1: jo')"),
                     3);
}

static void an_arm_has_a_name_that_is_seen(void **state) {
    (void)state;
    static const char body[] = "{\"readers\":[\"cho\"],\"per_study\":1,\"round\":2,\"arm\":\"%s\"}";
    static const char *const arms[] = { " ", "\\u00ad", "\\u2003\\u200b", "a\\u0007" };
    char text[120];
    for (size_t i = 0; i < sizeof arms / sizeof *arms; i++) {
        snprintf(text, sizeof text, body, arms[i]);
        page_expect("POST", SPINE "assign", page_session("max"), text, 400, "an arm has ");
    }
    snprintf(text, sizeof text, body, "with it");
    page_expect("POST", SPINE "assign", page_session("max"), text, 200, "\"tasks\":3");
}

/* ben misses the box of one study and calls it normal; that study comes first. */
static void the_studies_that_differ_most_come_first(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_read_all("ben", 1);
    CHECK_OK(sx_db_run(web_db,
                       "UPDATE reading_film_read SET verdict = 'normal' WHERE task = "
                       "(SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader"
                       " WHERE a.login = 'ben' AND t.seq = 2)",
                       NULL, 0, &err),
             err);
    /* and in another study ben marks nothing */
    CHECK_OK(sx_db_run(web_db,
                       "UPDATE reading_box SET deleted = 1 WHERE task = "
                       "(SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader"
                       " WHERE a.login = 'ben' AND t.seq = 3)",
                       NULL, 0, &err),
             err);
    const int64_t study =
        room_number(web_db, "SELECT t.study FROM reading_task t JOIN account a ON a.id = t.reader"
                            " WHERE a.login = 'ben' AND t.seq = 2");
    lock_round(max);
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 200,
                "\"tasks\":3");
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 200,
                "\"tasks\":0");
    assert_int_equal(room_number(web_db, "SELECT study FROM reading_task WHERE kind = 'adjudicate'"
                                         " AND seq = 1"),
                     study);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_task WHERE why ="
                                         " 'verdicts differ'"),
                     1);
    assert_int_equal(room_number(web_db, "SELECT seq FROM reading_task WHERE why ="
                                         " 'a box of some readers alone'"),
                     2);
    assert_int_equal(
        room_number(web_db, "SELECT COUNT(*) FROM reading_task WHERE why = 'agreement'"), 1);
}

static void an_adjudicator_has_not_read_the_study(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_read_all("ben", 1);
    lock_round(max);
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"cho\"]}", 404,
                "cho: there is no such active adjudicator");
    CHECK_OK(sx_db_run(web_db, "UPDATE account SET role = 'adjudicator' WHERE login = 'ann'", NULL,
                       0, &err),
             err);
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"ann\"]}", 400,
                "did not read it");
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[]}", 400, "adjudicators");
}

static json_t *clusters_of(const char *jo, int64_t task) {
    return page_json("GET", page_path(task, "clusters"), jo, NULL, 200);
}

static void decisions_make_the_final_boxes(void **state) {
    (void)state;
    char body[400];
    const char *max = page_session("max"), *jo = page_session("jo");
    page_read_all("ann", 0);
    page_read_all("ben", 2);
    lock_round(max);
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 200, "");
    const int64_t task = room_task(web_db, "jo", 1), film = room_film(web_db, task, 0);
    json_t *clusters = clusters_of(jo, task);
    const json_t *first = json_array_get(json_object_get(clusters, "clusters"), 0);
    assert_int_equal(json_array_size(json_object_get(clusters, "clusters")), 1);
    assert_int_equal(json_array_size(json_object_get(first, "boxes")), 2);
    assert_true(json_number_value(json_array_get(json_object_get(first, "corners"), 0)) == 2);
    json_decref(clusters);
    /* no names of readers */
    web_answer a = web_call(web_port, "GET", page_path(task, "clusters"), jo, NULL);
    assert_null(strstr(a.body, "ann"));
    assert_non_null(strstr(a.body, "\"R1\""));
    assert_non_null(strstr(a.body, "\"R2\""));
    web_free(&a);
    /* readers have no clusters, not even of their own study */
    page_expect("GET", page_path(room_task(web_db, "ann", 1), "clusters"), page_session("ann"),
                NULL, 404, "");
    snprintf(body, sizeof body,
             "{\"film\":%" PRId64 ",\"cluster\":0,\"decision\":\"take\","
             "\"box\":\"final-001\"}",
             film);
    page_expect("POST", page_path(task, "decisions"), jo, body, 400, "save it as an operation");
    const int64_t label = room_label(web_db, "Osteophytes");
    assert_int_equal(
        page_send(jo, task, 0,
                  page_op(1, "box_put", film, "final-001", page_box(label, 2, 2, 21, 30))),
        200);
    assert_int_equal(
        page_send(jo, task, 1, page_op(2, "verdict", film, "", "{\"verdict\":\"abnormal\"}")), 200);
    assert_int_equal(page_send(jo, task, 2,
                               page_op(3, "verdict", room_film(web_db, task, 1), "",
                                       "{\"verdict\":\"normal\"}")),
                     200);
    page_expect("POST", page_path(task, "complete"), jo, NULL, 409, "1 cluster has no decision");
    page_expect("POST", page_path(task, "decisions"), jo, body, 200, "\"decision\":\"take\"");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_adjudication_source"), 2);
    page_expect("POST", page_path(task, "complete"), jo, NULL, 200, "done");
    page_expect("POST", page_path(task, "decisions"), jo, body, 403, "complete");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"final\",\"adjudicated\":true}", 200,
                "\"boxes\":1");
    page_expect("GET", SPINE "exports/final/annotations.csv", max, NULL, 200,
                ",jo,Osteophytes,2,2,21,30,60,80,");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, page_start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_that_overlap_are_one_cluster),
        cmocka_unit_test(what_goes_together),
        cmocka_unit_test(a_chain_is_no_cluster),
        cmocka_unit_test(the_median_is_a_box),
        SERVED(a_round_is_locked_when_all_is_complete),
        SERVED(a_locked_round_takes_no_more_readers),
        SERVED(the_audit_log_says_of_whom_and_which_round),
        SERVED(an_arm_has_a_name_that_is_seen),
        SERVED(the_studies_that_differ_most_come_first),
        SERVED(an_adjudicator_has_not_read_the_study),
        SERVED(decisions_make_the_final_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
