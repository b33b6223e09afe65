/* Decisions of an adjudicator. On SQLite, and on the PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "service/reading_page.h"
#include "support/check.h"

#define SPINE "/api/reading/projects/spine/"

static int64_t rev_of(int64_t task) {
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT rev FROM reading_task WHERE id = %" PRId64, task);
    return room_number(web_db, sql);
}

/* One operation on a film of a task. */
static void send_op(const char *jo, int64_t task, int film, const char *kind, const char *box,
                    const char *body) {
    assert_int_equal(page_send(jo, task, rev_of(task),
                               page_op(++page_seq, kind, room_film(web_db, task, film), box, body)),
                     200);
}

/* An adjudication of jo: two readers, who mark one lesion on each first film. */
static int64_t adjudication(const char *jo) {
    const char *max = page_session("max");
    page_read_all("ann", 0);
    page_read_all("ben", 2);
    page_expect("POST", SPINE "lock", max, "{\"round\":1}", 200, "\"tasks\":6");
    page_expect("POST", SPINE "adjudication", max, "{\"adjudicators\":[\"jo\"]}", 200, "");
    const int64_t task = room_task(web_db, "jo", 1);
    send_op(jo, task, 0, "verdict", "", "{\"verdict\":\"abnormal\"}");
    send_op(jo, task, 1, "verdict", "", "{\"verdict\":\"normal\"}");
    return task;
}

static void draw(const char *jo, int64_t task, const char *box, const char *label, double x0) {
    send_op(jo, task, 0, "box_put", box, page_box(room_label(web_db, label), x0, 2, x0 + 19, 30));
}

static void remove_box(const char *jo, int64_t task, const char *box) {
    send_op(jo, task, 0, "box_delete", box, "{}");
}

/* `what`: the members of the decision after its film. */
static void decide(const char *jo, int64_t task, const char *what, int status, const char *text) {
    char body[300];
    snprintf(body, sizeof body, "{\"film\":%" PRId64 ",%s}", room_film(web_db, task, 0), what);
    page_expect("POST", page_path(task, "decisions"), jo, body, status, text);
}

#define TAKE(box)      "\"cluster\":0,\"decision\":\"take\",\"box\":\"" box "\""
#define REJECT         "\"cluster\":0,\"decision\":\"reject\",\"reason\":\"no lesion\""
#define DRAWN(box)     "\"decision\":\"draw\",\"box\":\"" box "\",\"reason\":\"missed\""
#define WITHDRAWN(box) "\"decision\":\"withdraw\",\"box\":\"" box "\""

static void expect_complete(const char *jo, int64_t task, int status, const char *text) {
    page_expect("POST", page_path(task, "complete"), jo, NULL, status, text);
}

static void wrong_decisions_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *rest, *text;
    } cases[] = {
        { "\"cluster\":0,\"decision\":\"keep\",\"box\":\"final-001\"", "decision" },
        { "\"cluster\":0,\"decision\":\"reject\"", "reason" },
        { "\"cluster\":0,\"decision\":\"reject\",\"box\":\"final-001\",\"reason\":\"x\"", "none" },
        { "\"cluster\":0,\"decision\":\"take\"", "box" },
        { "\"decision\":\"take\",\"box\":\"final-001\"", "cluster" },
        { "\"cluster\":7,\"decision\":\"reject\",\"reason\":\"x\"", "no cluster 7" },
        { "\"cluster\":0,\"decision\":\"withdraw\",\"box\":\"final-001\"", "none" },
        { "\"cluster\":0,\"decision\":\"withdraw\"", "cluster: number 0 is not rejected" },
        { "\"decision\":\"withdraw\"", "cluster: it is missing" },
        { "\"cluster\":-1,\"decision\":\"reject\",\"reason\":\"x\"", "cluster" },
    };
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decide(jo, task, cases[i].rest, 400, cases[i].text);
    }
    page_expect("POST", page_path(task, "decisions"), jo,
                "{\"film\":999,\"cluster\":0,\"decision\":\"reject\",\"reason\":\"x\"}", 400,
                "no such film");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_adjudication"), 0);
}

static void a_decision_holds_while_its_box_does(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    draw(jo, task, "final-001", "Osteophytes", 2);
    decide(jo, task, TAKE("final-001"), 200, "\"unexplained\":[]");
    /* undone */
    remove_box(jo, task, "final-001");
    page_expect("GET", page_path(task, "clusters"), jo, NULL, 200, "\"decided\":null");
    expect_complete(jo, task, 409, "1 cluster has no decision");
    /* done again, then moved to another place */
    draw(jo, task, "final-001", "Osteophytes", 2);
    page_expect("GET", page_path(task, "clusters"), jo, NULL, 200, "\"decision\":\"take\"");
    draw(jo, task, "final-001", "Osteophytes", 35);
    expect_complete(jo, task, 409, "1 cluster has no decision");
    /* rejected: the box, which is elsewhere, needs a reason of its own, or goes */
    decide(jo, task, REJECT, 200, "\"unexplained\":[{\"film\":");
    expect_complete(jo, task, 409, "1 box was taken for no cluster, without a reason");
    remove_box(jo, task, "final-001");
    expect_complete(jo, task, 200, "done");
}

#define DECIDED(decision) "\"decided\":{\"decision\":\"" decision "\""

static void expect_clusters(const char *jo, int64_t task, const char *text) {
    page_expect("GET", page_path(task, "clusters"), jo, NULL, 200, text);
}

/* Undoing is done by operations: the box of the earlier decision comes back, and it with it. */
static void an_undone_decision_gives_way_to_the_one_before(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    draw(jo, task, "first-001", "Osteophytes", 2);
    decide(jo, task, TAKE("first-001"), 200, DECIDED("take") ",\"box\":\"first-001\"");
    /* a rejection would leave the box */
    decide(jo, task, REJECT, 400, "box: delete the one of cluster 0 first");
    remove_box(jo, task, "first-001");
    draw(jo, task, "second-01", "Osteophytes", 3);
    decide(jo, task, TAKE("second-01"), 200, DECIDED("take") ",\"box\":\"second-01\"");
    remove_box(jo, task, "second-01");
    draw(jo, task, "first-001", "Osteophytes", 2);
    expect_clusters(jo, task, DECIDED("take") ",\"box\":\"first-001\"");
    expect_clusters(jo, task, "\"taken\":[\"first-001\",\"second-01\"]");
    expect_clusters(jo, task, "\"unexplained\":[]");
    remove_box(jo, task, "first-001");
    decide(jo, task, REJECT, 200, DECIDED("reject"));
    draw(jo, task, "first-001", "Osteophytes", 2);
    expect_clusters(jo, task, DECIDED("take") ",\"box\":\"first-001\"");
    remove_box(jo, task, "first-001");
    expect_clusters(jo, task, DECIDED("reject"));
    expect_complete(jo, task, 200, "done");
}

#define WITHDRAW "\"cluster\":0,\"decision\":\"withdraw\""

/* A rejection without a box is undone by another decision; what was decided before it holds. */
static void a_rejection_is_withdrawn(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    decide(jo, task, REJECT, 200, DECIDED("reject"));
    decide(jo, task, WITHDRAW, 200, "\"decided\":null");
    decide(jo, task, WITHDRAW, 400, "cluster: number 0 is not rejected");
    expect_complete(jo, task, 409, "1 cluster has no decision");
    decide(jo, task, REJECT, 200, DECIDED("reject"));
    decide(jo, task, WITHDRAW, 200, "\"decided\":null");
    draw(jo, task, "first-001", "Osteophytes", 2);
    decide(jo, task, TAKE("first-001"), 200, DECIDED("take") ",\"box\":\"first-001\"");
    decide(jo, task, WITHDRAW, 400, "cluster: number 0 is not rejected");
    remove_box(jo, task, "first-001");
    expect_clusters(jo, task, "\"decided\":null");
    decide(jo, task, REJECT, 200, DECIDED("reject"));
    decide(jo, task, WITHDRAW, 200, "\"decided\":null");
    draw(jo, task, "first-001", "Osteophytes", 2);
    expect_clusters(jo, task, DECIDED("take") ",\"box\":\"first-001\"");
    expect_complete(jo, task, 200, "done");
    const char *max = page_session("max");
    page_expect("POST", SPINE "exports", max, "{\"tag\":\"final\",\"adjudicated\":true}", 200, "");
    page_expect("GET", SPINE "exports/final/reading.json", max, NULL, 200,
                "\"decision\": \"withdraw\"");
}

/* A box that was moved away and explained still stands for its cluster when it is back. */
static void an_explained_box_stays_the_taken_one(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    draw(jo, task, "first-001", "Osteophytes", 2);
    decide(jo, task, TAKE("first-001"), 200, DECIDED("take") ",\"box\":\"first-001\"");
    decide(jo, task, DRAWN("first-001"), 200, "");
    expect_clusters(jo, task, DECIDED("take") ",\"box\":\"first-001\"");
    expect_clusters(jo, task, "\"taken\":[\"first-001\"]");
}

static json_t *clusters_of(const char *jo, int64_t task) {
    return page_json("GET", page_path(task, "clusters"), jo, NULL, 200);
}

/* A box that appears among those of the readers gives clusters other numbers. A round that is
 * locked gets none; here it is written into the database. */
static void a_decision_stays_with_its_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    decide(jo, task, REJECT, 200, DECIDED("reject"));
    CHECK_OK(
        sx_db_run(web_db,
                  "INSERT INTO reading_box (task, box, film, label, x0, y0, x1, y1, attributes,"
                  " source, rev, deleted) SELECT task, 'box-00000', film, label, 40, 0,"
                  " 50, 1, attributes, source, rev, 0 FROM reading_box"
                  " WHERE box = 'box-00001' AND task IN (SELECT t.id FROM reading_task t"
                  " JOIN account a ON a.id = t.reader WHERE a.login = 'ann')",
                  NULL, 0, &err),
        err);
    json_t *clusters = clusters_of(jo, task);
    const json_t *list = json_object_get(clusters, "clusters");
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *c = json_array_get(list, i);
        assert_int_equal(json_array_size(json_object_get(c, "boxes")), i + 1);
        assert_int_equal(json_is_object(json_object_get(c, "decided")), i == 1);
    }
    json_decref(clusters);
    expect_complete(jo, task, 409, "1 cluster has no decision");
}

static void a_taken_box_is_like_those_of_its_cluster(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    draw(jo, task, "other-one", "Disc space narrowing", 2);
    decide(jo, task, TAKE("other-one"), 400, "class or place");
    draw(jo, task, "other-one", "Osteophytes", 35);
    decide(jo, task, TAKE("other-one"), 400, "class or place");
    decide(jo, task, "\"cluster\":0,\"decision\":\"merge\",\"box\":\"other-one\"", 400,
           "class or place");
    /* the adjudicator may say with a reason that it is that lesion */
    decide(jo, task,
           "\"cluster\":0,\"decision\":\"draw\",\"box\":\"other-one\",\"reason\":\"higher\"", 200,
           "\"unexplained\":[]");
    expect_complete(jo, task, 200, "done");
}

/* It was in use while the readers marked. */
static void a_box_of_a_retired_label_is_taken(void **state) {
    (void)state;
    const char *max = page_session("max"), *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    static const char *const retired[] = { "Osteophytes", "Fracture" };
    for (int i = 0; i < 2; i++) {
        char path[120];
        snprintf(path, sizeof path, SPINE "labels/%" PRId64, room_label(web_db, retired[i]));
        page_expect("POST", path, max, "{\"retired\":true}", 200, "");
    }
    const char *op = page_op(++page_seq, "box_put", room_film(web_db, task, 0), "final-000",
                             page_box(room_label(web_db, "Fracture"), 2, 2, 21, 30));
    char body[900];
    snprintf(body, sizeof body, "{\"client\":\"page-0009\",\"base_rev\":%" PRId64 ",\"ops\":%s}",
             rev_of(task), op);
    page_expect("POST", page_path(task, "ops"), jo, body, 400, "label: it is retired");
    draw(jo, task, "final-001", "Osteophytes", 2);
    decide(jo, task, TAKE("final-001"), 200, "\"unexplained\":[]");
    expect_complete(jo, task, 200, "done");
}

static void a_drawn_box_needs_a_reason(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    decide(jo, task, REJECT, 200, "");
    draw(jo, task, "missed-01", "Osteophytes", 35);
    expect_complete(jo, task, 409, "1 box was taken for no cluster, without a reason");
    decide(jo, task, DRAWN("missed-01"), 200, "\"unexplained\":[]");
    expect_complete(jo, task, 200, "done");
}

/* Undone, the box needs a reason again; the decision on a cluster is another thing. */
static void a_reason_is_withdrawn(void **state) {
    (void)state;
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    decide(jo, task, REJECT, 200, "");
    draw(jo, task, "missed-01", "Osteophytes", 35);
    decide(jo, task, WITHDRAWN("missed-01"), 400, "box: it has no reason that could be withdrawn");
    decide(jo, task, DRAWN("missed-01"), 200, "\"unexplained\":[]");
    decide(jo, task, WITHDRAWN("missed-01"), 200, DECIDED("reject"));
    expect_clusters(jo, task, "\"unexplained\":[{\"film\":");
    expect_complete(jo, task, 409, "1 box was taken for no cluster, without a reason");
    decide(jo, task, WITHDRAWN("missed-01"), 400, "box: it has no reason that could be withdrawn");
    decide(jo, task, DRAWN("missed-01"), 200, "\"unexplained\":[]");
    remove_box(jo, task, "missed-01");
    decide(jo, task, WITHDRAWN("missed-01"), 400, "box: save it");
    /* a box that was taken, and moved away, needs the reason only while it is there */
    decide(jo, task, WITHDRAW, 200, "\"decided\":null");
    draw(jo, task, "taken-001", "Osteophytes", 2);
    decide(jo, task, TAKE("taken-001"), 200, DECIDED("take"));
    decide(jo, task, WITHDRAWN("taken-001"), 400, "box: it has no reason that could be withdrawn");
    decide(jo, task, DRAWN("taken-001"), 200, DECIDED("take"));
    decide(jo, task, WITHDRAWN("taken-001"), 200, DECIDED("take"));
    expect_clusters(jo, task, "\"unexplained\":[]");
    expect_complete(jo, task, 200, "done");
}

/* Two lesions of ann and ben, and one box for both. */
static void a_box_is_taken_for_one_cluster(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    CHECK_OK(
        sx_db_run(web_db,
                  "INSERT INTO reading_box (task, box, film, label, x0, y0, x1, y1, attributes,"
                  " source, rev, deleted) SELECT task, 'box-00002', film, label, x0, y0 + 1,"
                  " x1, y1 + 1, attributes, source, rev, 0 FROM reading_box"
                  " WHERE box = 'box-00001'",
                  NULL, 0, &err),
        err);
    draw(jo, task, "final-001", "Osteophytes", 2);
    decide(jo, task, TAKE("final-001"), 200, "");
    decide(jo, task, "\"cluster\":1,\"decision\":\"take\",\"box\":\"final-001\"", 400,
           "taken for another cluster");
}

#define SEEN(rev) ",\"rev\":" rev

/* A decision that came after what the page has seen is not replaced unawares. */
static void a_newer_decision_is_not_replaced(void **state) {
    (void)state;
    static const char text[] = "it was decided otherwise meanwhile";
    const char *jo = page_session("jo");
    const int64_t task = adjudication(jo);
    expect_clusters(jo, task, "\"rev\":0");
    decide(jo, task, REJECT SEEN("0"), 200, "\"rev\":1");
    decide(jo, task, REJECT SEEN("0"), 200, "\"rev\":1"); /* its answer was lost */
    decide(jo, task, "\"cluster\":0,\"decision\":\"reject\",\"reason\":\"x\"" SEEN("0"), 409, text);
    decide(jo, task, WITHDRAW SEEN("0"), 409, text);
    draw(jo, task, "final-001", "Osteophytes", 2);
    decide(jo, task, TAKE("final-001") SEEN("0"), 409, text);
    expect_clusters(jo, task, DECIDED("reject"));
    decide(jo, task, WITHDRAW SEEN("1"), 200, "\"rev\":2");
    decide(jo, task, WITHDRAW SEEN("1"), 200, "\"rev\":2");
    decide(jo, task, TAKE("final-001") SEEN("2"), 200, "\"rev\":3");
    decide(jo, task, "\"cluster\":0,\"decision\":\"merge\",\"box\":\"final-001\"" SEEN("2"), 200,
           "\"rev\":3"); /* the same box */
    /* with its box, the decision has gone */
    remove_box(jo, task, "final-001");
    decide(jo, task, REJECT SEEN("2"), 200, "\"rev\":4");
    /* decisions on other things do not count; on the same box they do */
    draw(jo, task, "missed-01", "Osteophytes", 35);
    decide(jo, task, DRAWN("missed-01") SEEN("0"), 200, "\"rev\":5");
    decide(jo, task, DRAWN("missed-01") SEEN("4"), 200, "\"rev\":5");
    decide(jo, task, WITHDRAWN("missed-01") SEEN("4"), 409, text);
    decide(jo, task, WITHDRAWN("missed-01") SEEN("5"), 200, "\"rev\":6");
    decide(jo, task, WITHDRAWN("missed-01") SEEN("5"), 200, "\"rev\":6");
    decide(jo, task, DRAWN("missed-01") SEEN("6"), 200, "\"rev\":7");
    decide(jo, task, REJECT ",\"rev\":-1", 400, "rev");
    expect_complete(jo, task, 200, "done");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, page_start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(wrong_decisions_are_refused),
        SERVED(a_decision_holds_while_its_box_does),
        SERVED(an_undone_decision_gives_way_to_the_one_before),
        SERVED(a_rejection_is_withdrawn),
        SERVED(a_decision_stays_with_its_boxes),
        SERVED(a_taken_box_is_like_those_of_its_cluster),
        SERVED(a_box_of_a_retired_label_is_taken),
        SERVED(a_drawn_box_needs_a_reason),
        SERVED(a_reason_is_withdrawn),
        SERVED(a_box_is_taken_for_one_cluster),
        SERVED(an_explained_box_stays_the_taken_one),
        SERVED(a_newer_decision_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
