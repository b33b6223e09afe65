/* Operations of readers: saved once, in one transaction, without loss; what is refused; what a
 * reader can see of others. On SQLite, and on the PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/reading/reading_verify.h"
#include "service/reading_page.h"
#include "support/check.h"

static int64_t task, film, other, label;
static const char *ann;

static int start(void **state) {
    page_start(state);
    task = room_number(web_db, "SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader"
                               " JOIN reading_study s ON s.id = t.study WHERE a.login = 'ann'"
                               " AND s.study_id = 's0'");
    film = room_film(web_db, task, 0);
    other = room_film(web_db, task, 1);
    label = room_label(web_db, "Fracture");
    ann = page_session("ann");
    return 0;
}

static void expect_op(const char *kind, int64_t of, const char *box, const char *body, int status,
                      const char *text) {
    static int seq = 1000;
    char all[2000];
    snprintf(all, sizeof all, "{\"client\":\"page-0009\",\"base_rev\":%" PRId64 ",\"ops\":%s}",
             room_number(web_db, "SELECT MAX(rev) FROM reading_task"),
             page_op(seq++, kind, of, box, body));
    page_expect("POST", page_path(task, "ops"), ann, all, status, text);
}

static int64_t boxes(void) {
    return room_number(web_db, "SELECT COUNT(*) FROM reading_box WHERE deleted = 0");
}

static void verify(void) {
    sx_error err = { 0 };
    sx_reading_verified n;
    CHECK_OK(sx_reading_verify(web_db, page_project.id, &n, &err), err);
}

/* ---- saving ---- */

static void operations_are_saved_once(void **state) {
    (void)state;
    char put[600];
    snprintf(put, sizeof put, "%s",
             page_op(1, "box_put", film, "box-00001", page_box(label, 1.25, 2, 20, 30)));
    assert_int_equal(page_send(ann, task, 0, put), 200);
    assert_int_equal(page_send(ann, task, 0, put), 200); /* the answer was lost */
    assert_int_equal(boxes(), 1);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_op"), 1);
    /* it comes again beside a new one */
    snprintf(put, sizeof put,
             "[{\"seq\":1,\"kind\":\"box_put\",\"at\":1,\"film\":%" PRId64
             ",\"box\":\"box-00001\",\"body\":%s},{\"seq\":2,\"kind\":\"commit\",\"at\":1,"
             "\"film\":%" PRId64 "}]",
             film, page_box(label, 1.25, 2, 20, 30), film);
    assert_int_equal(page_send(ann, task, 0, put), 200);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_op"), 2);
    /* another operation under a number that was used would be lost */
    assert_int_equal(
        page_send(ann, task, 1,
                  page_op(1, "box_put", film, "box-00002", page_box(label, 1, 2, 20, 30))),
        400);
    assert_int_equal(boxes(), 1);
    verify();
}

static void a_batch_is_saved_whole_or_not(void **state) {
    (void)state;
    char ops[1500];
    snprintf(ops, sizeof ops,
             "[{\"seq\":1,\"kind\":\"box_put\",\"at\":1,\"film\":%" PRId64
             ",\"box\":\"box-00001\",\"body\":%s},{\"seq\":2,\"kind\":\"box_put\",\"at\":1,"
             "\"film\":%" PRId64 ",\"box\":\"box-00002\",\"body\":%s}]",
             film, page_box(label, 1, 2, 20, 30), film, page_box(label, 1, 2, 20, 300));
    assert_int_equal(page_send(ann, task, 0, ops), 400);
    assert_int_equal(boxes(), 0);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_op"), 0);
    assert_int_equal(room_number(web_db, "SELECT MAX(rev) FROM reading_task"), 0);
}

static void two_pages_lose_nothing(void **state) {
    (void)state;
    char body[900];
    assert_int_equal(
        page_send_as("page-000a", ann, task, 0,
                     page_op(1, "box_put", film, "box-0000a", page_box(label, 1, 2, 20, 30))),
        200);
    snprintf(body, sizeof body, "{\"client\":\"page-000b\",\"base_rev\":0,\"ops\":%s}",
             page_op(1, "box_put", film, "box-0000b", page_box(label, 3, 4, 20, 30)));
    json_t *conflict = page_json("POST", page_path(task, "ops"), ann, body, 409);
    assert_int_equal(json_integer_value(json_object_get(conflict, "rev")), 1);
    const json_t *op = json_array_get(json_object_get(conflict, "ops"), 0);
    assert_string_equal(json_string_value(json_object_get(op, "box")), "box-0000a");
    json_decref(conflict);
    assert_int_equal(boxes(), 1);
    /* what is merged is saved on top of it */
    assert_int_equal(
        page_send_as("page-000b", ann, task, 1,
                     page_op(1, "box_put", film, "box-0000b", page_box(label, 3, 4, 20, 30))),
        200);
    assert_int_equal(boxes(), 2);
    /* the first page's own operations are no conflict for it */
    assert_int_equal(
        page_send_as("page-000b", ann, task, 1, page_op(2, "box_delete", film, "box-0000a", "{}")),
        200);
    assert_int_equal(boxes(), 1);
    verify();
}

static void a_deleted_box_comes_back(void **state) {
    (void)state;
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "\"rev\":1");
    expect_op("box_delete", film, "box-00001", "{}", 200, "\"rev\":2");
    assert_int_equal(boxes(), 0);
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 21, 30), 200, "\"rev\":3");
    assert_int_equal(boxes(), 1);
    verify();
}

/* ---- what is refused ---- */

static void wrong_operations_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *kind, *box, *body, *text;
    } cases[] = {
        { "box_put", "box-00001", "{}", "label" },
        { "box_put", "box-00001", "{\"label\":99999,\"corners\":[1,2,3,4]}", "no such label" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,3]}", "corners" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[3,2,1,4]}", "corners" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,1,4]}", "corners" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[-1,2,3,4]}", "beyond the film" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,60.01,4]}", "beyond the film" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,3,80.5]}", "beyond the film" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,3,4],\"attributes\":[\"odd\"]}",
          "no attribute odd" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,3,4],\"source\":\"prelabel\"}",
          "source_id" },
        { "box_put", "box-00001",
          "{\"label\":1,\"corners\":[1,2,3,4],\"source\":\"prelabel\",\"source_id\":1}",
          "no boxes of networks" },
        { "box_put", "short", "{\"label\":1,\"corners\":[1,2,3,4]}", "box" },
        { "box_put", "box'; --", "{\"label\":1,\"corners\":[1,2,3,4]}", "box" },
        { "box_delete", "box-00001", "{}", "no such box" },
        { "verdict", "", "{\"verdict\":\"ill\"}", "verdict" },
        { "verdict", "", "{\"verdict\":\"rejected\"}", "with a reason" },
        { "verdict", "", "{\"verdict\":\"normal\",\"reason\":\"x\"}", "only a rejected" },
        { "film_tags", "", "{\"tags\":[1]}", "none of a film" },
        { "film_tags", "", "{\"tags\":[\"a\"]}", "labels" },
        { "study", "", "{\"confidence\":50}", "is of the study" },
        { "prelabels_shown", "", "{\"set\":1,\"threshold\":0.5}", "no boxes of networks" },
        { "prelabel_choice", "", "{\"prelabel\":1,\"choice\":\"accept\"}", "no boxes of networks" },
        { "erase", "", "{}", "no operation erase" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool shown = strstr(cases[i].text, "networks") != NULL;
        expect_op(cases[i].kind, film, cases[i].box, cases[i].body, shown ? 403 : 400,
                  cases[i].text);
    }
    expect_op("box_put", 999999, "box-00001", page_box(label, 1, 2, 3, 4), 400, "no such film");
    expect_op("study", 0, "", "{\"confidence\":101}", 400, "confidence");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_op"), 0);
    assert_int_equal(page_send_as("short", ann, task, 0, page_op(1, "commit", film, "", "{}")),
                     400);
    assert_int_equal(page_send(ann, task, 5, page_op(1, "commit", film, "", "{}")), 400);
    assert_int_equal(page_send(ann, task, 0, "[]"), 400);
    assert_int_equal(page_send(ann, task, 0, "[1]"), 400);
    assert_int_equal(page_send(ann, task, 0, "{}"), 400);
}

static void a_normal_film_has_no_boxes(void **state) {
    (void)state;
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"normal\"}", 400, "with boxes is not normal");
    expect_op("box_delete", film, "box-00001", "{}", 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"normal\"}", 200, "");
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 400, "excludes boxes");
    verify();
}

static void a_retired_label_stays_on_its_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    CHECK_OK(sx_reading_label_retire(web_db, page_project.id, "box", "Fracture", true, &err), err);
    expect_op("box_put", film, "box-00001", page_box(label, 2, 2, 20, 30), 200, "");
    expect_op("box_put", film, "box-00002", page_box(label, 2, 2, 20, 30), 400, "retired");
}

/* ---- states ---- */

static void a_task_is_complete_with_a_verdict_for_each_film(void **state) {
    (void)state;
    page_expect("POST", page_path(task, "complete"), ann, NULL, 409, "2 films have no verdict");
    expect_op("verdict", film, "", "{\"verdict\":\"abnormal\"}", 200, "");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 409, "1 film has no verdict");
    expect_op("verdict", other, "", "{\"verdict\":\"rejected\",\"reason\":\"dark\"}", 200, "");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 200, "\"done\"");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 200, "\"done\"");
    expect_op("commit", film, "", "{}", 403, "the task is complete");
    page_expect("POST", page_path(task, "reopen"), ann, NULL, 200, "\"open\"");
    expect_op("commit", film, "", "{}", 200, "");
}

static void the_leader_returns_a_complete_task(void **state) {
    (void)state;
    const char *max = page_session("max");
    page_expect("POST", page_path(task, "return"), max, "{\"reason\":\"why?\"}", 409,
                "only a complete one");
    expect_op("verdict", film, "", "{\"verdict\":\"normal\"}", 200, "");
    expect_op("verdict", other, "", "{\"verdict\":\"normal\"}", 200, "");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 200, "");
    page_expect("POST", page_path(task, "return"), max, "{\"reason\":\"\"}", 400, "reason");
    page_expect("POST", page_path(task, "return"), max, "{\"reason\":\"look at L4\"}", 200,
                "\"returned\"");
    /* its reader keeps it, with the reason */
    page_expect("GET", page_path(task, ""), ann, NULL, 200, "\"returned\":\"look at L4\"");
    char next[60];
    snprintf(next, sizeof next, "\"task\":%" PRId64, task);
    page_expect("POST", "/api/reading/tasks/next", ann, "{}", 200, next);
    page_expect("POST", page_path(task, "complete"), ann, NULL, 200, "\"done\"");
}

static void a_locked_task_stays_as_it_is(void **state) {
    (void)state;
    sx_error err = { 0 };
    expect_op("verdict", film, "", "{\"verdict\":\"normal\"}", 200, "");
    CHECK_OK(sx_db_run(web_db, "UPDATE reading_task SET state = 'locked'", NULL, 0, &err), err);
    expect_op("verdict", other, "", "{\"verdict\":\"normal\"}", 403, "locked");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 403, "locked");
    page_expect("POST", page_path(task, "reopen"), ann, NULL, 403, "locked");
}

static void boxes_of_networks_come_after_ones_own(void **state) {
    (void)state;
    sx_error err = { 0 };
    page_expect("GET", page_path(task, "prelabels"), ann, NULL, 403, "no boxes of networks");
    CHECK_OK(sx_db_run(web_db, "UPDATE reading_task SET prelabels = 'after' WHERE split = 'train'",
                       NULL, 0, &err),
             err);
    const sx_db_value values[] = { sx_db_int(page_project.id), sx_db_int(film), sx_db_int(label) };
    CHECK_OK(sx_db_run(web_db,
                       "INSERT INTO reading_prelabel_set (project, weights, threshold,"
                       " made) VALUES (?, 'w', 0.3, 1)",
                       values, 1, &err) &&
                 sx_db_run(web_db,
                           "INSERT INTO reading_prelabel (prelabel_set, film, label, score,"
                           " x0, y0, x1, y1) VALUES (1, ?, ?, 0.8, 1, 2, 30, 40)",
                           values + 1, 2, &err),
             err);
    page_expect("GET", page_path(task, "prelabels"), ann, NULL, 200, "\"prelabels\":[]");
    expect_op("verdict", film, "", "{\"verdict\":\"abnormal\"}", 200, "");
    page_expect("GET", page_path(task, "prelabels"), ann, NULL, 200, "\"prelabels\":[]");
    const char *accepted = "{\"label\":1,\"corners\":[1,2,3,4],\"source\":\"prelabel\","
                           "\"source_id\":1}";
    expect_op("box_put", film, "box-00001", accepted, 403, "own boxes come first");
    expect_op("commit", film, "", "{}", 200, "");
    page_expect("GET", page_path(task, "prelabels"), ann, NULL, 200, "\"score\":0.8");
    expect_op("box_put", film, "box-00001", accepted, 200, "");
    expect_op("prelabels_shown", film, "", "{\"set\":1,\"threshold\":0.3}", 200, "");
    expect_op("prelabel_choice", film, "", "{\"prelabel\":1,\"choice\":\"edit\"}", 200, "");
    expect_op("prelabel_choice", film, "", "{\"prelabel\":2,\"choice\":\"edit\"}", 400, "no such");
    verify();
}

/* ---- blindness ---- */

/* All that a reader can fetch, with the status of each call. */
static void fetch_all(const char *headers, int64_t of, sx_str *out) {
    static const char *const parts[] = { "", "ops", "comments", "prelabels" };
    web_answer a = web_call(web_port, "GET", "/api/reading/tasks", headers, NULL);
    sx_str_printf(out, "%d %s\n", a.status, a.body);
    web_free(&a);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        a = web_call(web_port, "GET", page_path(of, parts[i]), headers, NULL);
        sx_str_printf(out, "%s %d %s\n", parts[i], a.status, a.body);
        web_free(&a);
    }
}

static void one_reader_sees_nothing_of_another(void **state) {
    (void)state;
    const char *ben = page_session("ben");
    sx_str before = { 0 }, after = { 0 };
    char body[200];
    const int64_t his = room_number(
        web_db, "SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader JOIN"
                " reading_study s ON s.id = t.study WHERE a.login = 'ben' AND s.study_id = 's0'");
    fetch_all(ben, his, &before);
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"abnormal\"}", 200, "");
    expect_op("verdict", other, "", "{\"verdict\":\"normal\"}", 200, "");
    page_expect("POST", page_path(task, "comments"), ann, "{\"text\":\"a cyst?\"}", 200, "cyst");
    snprintf(body, sizeof body, "{\"film\":%" PRId64 ",\"active_ms\":1000,\"visible_ms\":2000}",
             film);
    page_expect("POST", page_path(task, "activity"), ann, body, 204, "");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 200, "");
    fetch_all(ben, his, &after);
    assert_string_equal(sx_str_text(&before), sx_str_text(&after));
    /* the same box id and client as the other reader has are his own */
    assert_int_equal(
        page_send_as("page-0009", ben, his, 0,
                     page_op(1000, "box_put", film, "box-00001", page_box(label, 5, 6, 20, 30))),
        200);
    sx_str_free(&before);
    sx_str_free(&after);
}

static void a_foreign_task_does_not_exist(void **state) {
    (void)state;
    static const struct {
        const char *method, *what, *body;
    } calls[] = {
        { "GET", "", NULL },
        { "GET", "ops", NULL },
        { "POST", "complete", NULL },
        { "POST", "reopen", NULL },
        { "GET", "prelabels", NULL },
        { "GET", "comments", NULL },
        { "POST", "comments", "{\"text\":\"x\"}" },
        { "POST", "comments/1/resolve", NULL },
        { "POST", "activity", "{\"film\":1,\"active_ms\":1,\"visible_ms\":1}" },
        { "POST", "ops",
          "{\"client\":\"page-0001\",\"base_rev\":0,\"ops\":[{\"seq\":1,\"kind\":\"study\","
          "\"at\":1,\"body\":{}}]}" },
    };
    const char *people[] = { page_session("ben"), page_session("cho"), page_session("jo") };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t k = 0; k < 3; k++) {
            web_answer theirs = web_call(web_port, calls[i].method, page_path(task, calls[i].what),
                                         people[k], calls[i].body),
                       none = web_call(web_port, calls[i].method, page_path(99999, calls[i].what),
                                       people[k], calls[i].body);
            if (theirs.status != 404) fail_msg("%s: %s", calls[i].what, theirs.text);
            assert_int_equal(none.status, 404);
            assert_string_equal(theirs.body, none.body);
            web_free(&theirs);
            web_free(&none);
        }
    page_expect("GET", "/api/reading/tasks/1x", ann, NULL, 404, "");
    page_expect("GET", "/api/reading/tasks/-1", ann, NULL, 404, "");
    page_expect("GET", "/api/reading/tasks/9999999999999999999999", ann, NULL, 404, "");
}

/* ---- roles ---- */

/* Each row of the tables, each role: 404 or 405 where the table does not name the role, something
 * else where it does; 401 without a session. */
static void the_table_decides_who_may_call(void **state) {
    (void)state;
    static const char *const logins[] = { "ann", "jo", "max", "ada", "pam" };
    static const sx_role roles[] = { SX_ROLE_READER, SX_ROLE_ADJUDICATOR, SX_ROLE_MANAGER,
                                     SX_ROLE_ADMIN, SX_ROLE_PHYSICIAN };
    room_person(web_db, "ada", SX_ROLE_ADMIN);
    room_person(web_db, "pam", SX_ROLE_PHYSICIAN);
    for (const sx_web_route *const *t = page_reading_tables; *t; t++)
        for (const sx_web_route *r = *t; r->method; r++) {
            char target[200];
            snprintf(target, sizeof target, "%s", r->path);
            for (char *p = target; *p; p++)
                if (*p == '{') memmove(p + 1, strchr(p, '}') + 1, strlen(strchr(p, '}'))), *p = '0';
            const char *body = r->body == SX_WEB_JSON ? "{}" : NULL;
            assert_int_equal(web_status(web_port, r->method, target, web_page_headers(), body),
                             401);
            for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
                web_answer a = web_call(web_port, r->method, target, page_session(logins[i]), body);
                /* a handler's own 404 says what there is none of */
                const bool hidden =
                    a.status == 405 || (a.status == 404 && strstr(a.body, "nothing at this"));
                const bool may = (r->roles & roles[i]) != 0;
                if (hidden == may)
                    fail_msg("%s %s as %s: %s", r->method, target, logins[i], a.text);
                web_free(&a);
            }
        }
}

/* ---- the log ---- */

static void the_log_cannot_be_changed(void **state) {
    (void)state;
    sx_error err = { 0 };
    expect_op("commit", film, "", "{}", 200, "");
    CHECK_FAILS(sx_db_run(web_db, "UPDATE reading_op SET body = '{}'", NULL, 0, &err), err,
                SX_ERR_MISMATCH, "operations are never changed");
    CHECK_FAILS(sx_db_run(web_db, "DELETE FROM reading_op", NULL, 0, &err), err, SX_ERR_MISMATCH,
                "operations are never changed");
}

static void drop_triggers(void) {
    sx_error err = { 0 };
    if (sx_db_kind_of(web_db) == SX_DB_SQLITE)
        CHECK_OK(sx_db_run(web_db, "DROP TRIGGER reading_op_update", NULL, 0, &err) &&
                     sx_db_run(web_db, "DROP TRIGGER reading_op_delete", NULL, 0, &err),
                 err);
    else
        CHECK_OK(sx_db_run(web_db, "DROP TRIGGER reading_op_change ON reading_op", NULL, 0, &err),
                 err);
}

static void a_changed_row_is_found(void **state) {
    (void)state;
    static const struct {
        const char *change, *undo, *text;
    } cases[] = {
        { "UPDATE reading_box SET x1 = 21", "UPDATE reading_box SET x1 = 20",
          "are not what its operations say" },
        { "UPDATE reading_film_read SET verdict = 'normal'",
          "UPDATE reading_film_read SET verdict = 'abnormal'", "are not what its operations say" },
        { "UPDATE reading_op SET at_client = 2 WHERE rev = 1",
          "UPDATE reading_op SET at_client = 1 WHERE rev = 1", "operation 1: the row was changed" },
        { "UPDATE reading_op SET prev_hash = 'x' WHERE rev = 2", NULL,
          "operation 2: it does not follow" },
        { "DELETE FROM reading_op WHERE rev = 2", NULL, "operation 2: it is missing" },
    };
    sx_error err = { 0 };
    sx_reading_verified n;
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"abnormal\"}", 200, "");
    verify();
    drop_triggers();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(sx_db_run(web_db, cases[i].change, NULL, 0, &err), err);
        CHECK_FAILS(sx_reading_verify(web_db, page_project.id, &n, &err), err, SX_ERR_FORMAT,
                    cases[i].text);
        if (cases[i].undo) CHECK_OK(sx_db_run(web_db, cases[i].undo, NULL, 0, &err), err);
    }
}

/* ---- many at once ---- */

enum { WRITERS = 8, EACH = 10 };

static void *write_boxes(void *user) {
    const int id = *(const int *)user;
    char client[20], box[20];
    snprintf(client, sizeof client, "page-%04d", id);
    for (int i = 0; i < EACH; i++) {
        char body[700];
        snprintf(box, sizeof box, "box-%04d-%d", id, i);
        snprintf(body, sizeof body,
                 "{\"client\":\"%s\",\"base_rev\":0,\"ops\":[{\"seq\":%d,\"kind\":\"box_put\","
                 "\"at\":1,\"film\":%" PRId64 ",\"box\":\"%s\",\"body\":{\"label\":%" PRId64
                 ",\"corners\":[1,2,3,4]}}]}",
                 client, i + 1, film, box, label);
        int status = 409;
        /* the page merges, and sends again on top of what it was told */
        while (status == 409) {
            web_answer a = web_call(web_port, "POST", page_path(task, "ops"), ann, body);
            status = a.status;
            char *rev = status == 409 ? strstr(a.body, "\"rev\":") : NULL;
            if (rev) {
                char rest[600];
                snprintf(rest, sizeof rest, "%s", strstr(body, ",\"ops\""));
                snprintf(body, sizeof body, "{\"client\":\"%s\",\"base_rev\":%ld%s", client,
                         strtol(rev + 6, NULL, 10), rest);
            }
            web_free(&a);
        }
        assert_int_equal(status, 200);
    }
    return NULL;
}

static void no_update_of_many_pages_is_lost(void **state) {
    (void)state;
    pthread_t threads[WRITERS];
    int ids[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_boxes, &ids[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(boxes(), WRITERS * EACH);
    assert_int_equal(room_number(web_db, "SELECT MAX(rev) FROM reading_task"), WRITERS * EACH);
    verify();
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(operations_are_saved_once),
        SERVED(a_batch_is_saved_whole_or_not),
        SERVED(two_pages_lose_nothing),
        SERVED(a_deleted_box_comes_back),
        SERVED(wrong_operations_are_refused),
        SERVED(a_normal_film_has_no_boxes),
        SERVED(a_retired_label_stays_on_its_boxes),
        SERVED(a_task_is_complete_with_a_verdict_for_each_film),
        SERVED(the_leader_returns_a_complete_task),
        SERVED(a_locked_task_stays_as_it_is),
        SERVED(boxes_of_networks_come_after_ones_own),
        SERVED(one_reader_sees_nothing_of_another),
        SERVED(a_foreign_task_does_not_exist),
        SERVED(the_table_decides_who_may_call),
        SERVED(the_log_cannot_be_changed),
        SERVED(a_changed_row_is_found),
        SERVED(no_update_of_many_pages_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
