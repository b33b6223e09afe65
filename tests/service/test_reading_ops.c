/* Operations of readers: saved once, in one transaction, without loss; what is refused; the log.
 * On SQLite, and on the PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/reading/reading_verify.h"
#include "service/reading_page.h"
#include "support/check.h"

static int64_t task, film, label;
static const char *ann;

static int start(void **state) {
    page_start(state);
    task = page_task_of("ann", "s0");
    film = room_film(web_db, task, 0);
    label = room_label(web_db, "Fracture");
    ann = page_session("ann");
    return 0;
}

static void expect_op(const char *kind, int64_t of, const char *box, const char *body, int status,
                      const char *text) {
    page_expect_op(ann, task, page_op(page_seq++, kind, of, box, body), status, text);
}

static int64_t boxes(void) {
    return room_number(web_db, "SELECT COUNT(*) FROM reading_box WHERE deleted = 0");
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
    page_verify();
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
    page_verify();
}

static void a_deleted_box_comes_back(void **state) {
    (void)state;
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "\"rev\":1");
    expect_op("box_delete", film, "box-00001", "{}", 200, "\"rev\":2");
    assert_int_equal(boxes(), 0);
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 21, 30), 200, "\"rev\":3");
    assert_int_equal(boxes(), 1);
    page_verify();
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
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,1.00001,4]}", "at least 0.1" },
        { "box_put", "box-00001", "{\"label\":1,\"corners\":[1,2,9,2.09]}", "at least 0.1" },
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
        { "verdict", "", "{\"verdict\":\"rejected\",\"reason\":\" \\t\"}", "blanks only" },
        { "verdict", "", "{\"verdict\":\"rejected\",\"reason\":\"\\u00a0\\u2003\\u200b\"}",
          "blanks only" },
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

/* An export could not tell them apart. */
static void a_film_has_no_equal_boxes(void **state) {
    (void)state;
    const int64_t other = room_label(web_db, "Osteophytes"), next = room_film(web_db, task, 1);
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30.00004), 200, "");
    expect_op("box_put", film, "box-00002", page_box(label, 1, 2, 20, 30), 400,
              "box: the film has an equal one");
    expect_op("box_put", film, "box-00002", page_box(label, 1, 2, 20, 30.0001), 200, "");
    expect_op("box_put", film, "box-00003", page_box(other, 1, 2, 20, 30), 200, "");
    expect_op("box_put", next, "box-00004", page_box(label, 1, 2, 20, 30), 200, "");
    /* the box itself, and one that takes the place of a deleted one */
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("box_put", film, "box-00003", page_box(label, 1, 2, 20, 30), 400, "equal");
    expect_op("box_delete", film, "box-00001", "{}", 200, "");
    expect_op("box_put", film, "box-00003", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 400, "equal");
    page_verify();
}

static void a_rejected_film_has_no_boxes(void **state) {
    (void)state;
    static const char rejected[] = "{\"verdict\":\"rejected\",\"reason\":\"dark\"}";
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("verdict", film, "", rejected, 400, "with boxes is not rejected");
    expect_op("box_delete", film, "box-00001", "{}", 200, "");
    expect_op("verdict", film, "", rejected, 200, "");
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 400,
              "the verdict rejected, which excludes boxes");
    expect_op("verdict", film, "", "{\"verdict\":\"abnormal\"}", 200, "");
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    page_verify();
}

static void a_normal_film_has_no_boxes(void **state) {
    (void)state;
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"normal\"}", 400, "with boxes is not normal");
    expect_op("box_delete", film, "box-00001", "{}", 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"normal\"}", 200, "");
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 400, "excludes boxes");
    page_verify();
}

static void a_retired_label_stays_on_its_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    CHECK_OK(sx_reading_label_retire(web_db, page_project.id, "box", "Fracture", true, &err), err);
    expect_op("box_put", film, "box-00001", page_box(label, 2, 2, 20, 30), 200, "");
    expect_op("box_put", film, "box-00002", page_box(label, 2, 2, 20, 30), 400, "retired");
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

/* SQLite alone has it, and deletes rows that are in the way without a trigger of DELETE. */
static void rows_cannot_be_replaced(void **state) {
    (void)state;
    static const char of_another_page[] =
        "INSERT OR REPLACE INTO reading_op SELECT id + 99, task, rev, film, account, 'page-000x',"
        " client_seq, kind, box, body, at_client, at_server, prev_hash, hash FROM reading_op";
    static const char of_equal_name[] =
        "INSERT OR REPLACE INTO reading_label (project, kind, name, color, code, ord, attributes)"
        " SELECT project, kind, name, '', '', 1, '[]' FROM reading_label";
    static const char *const changes[] = {
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "INSERT OR REPLACE INTO reading_op SELECT * FROM reading_op",
        of_another_page,
        "INSERT OR REPLACE INTO reading_task SELECT * FROM reading_task",
        "INSERT OR REPLACE INTO reading_label SELECT * FROM reading_label",
        of_equal_name,
        "INSERT OR REPLACE INTO reading_study SELECT * FROM reading_study",
        "INSERT OR REPLACE INTO reading_film SELECT * FROM reading_film",
        "UPDATE OR REPLACE reading_label SET id = id + 1",
        "UPDATE OR REPLACE reading_film SET id = id + 1",
        "UPDATE reading_label SET rowid = rowid + 1000",
        "UPDATE reading_film SET _rowid_ = _rowid_ + 1000",
        "UPDATE reading_study SET oid = oid + 1000",
        "UPDATE reading_task SET \"RowId\" = id + 1000",
    };
    sx_error err = { 0 };
    if (sx_db_kind_of(web_db) != SX_DB_SQLITE) skip();
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    CHECK_OK(sx_db_run(web_db,
                       "INSERT INTO audit (at, who, address, action, object, detail)"
                       " VALUES (1, 'a', '', 'b', '', '')",
                       NULL, 0, &err),
             err);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (sx_db_run(web_db, changes[i], NULL, 0, &err) || !strstr(err.message, "never changed"))
            fail_msg("%s: %s", changes[i], err.message);
    page_verify();
}

static void what_operations_mean_cannot_be_changed(void **state) {
    (void)state;
    static const char *const rows[] = {
        "INSERT INTO reading_adjudication (task, film, cluster, decision, box, account, reason, at)"
        " SELECT t.id, b.film, 'c', 'reject', '', t.reader, 'a', 5"
        " FROM reading_task t JOIN reading_box b ON b.task = t.id",
        "INSERT INTO reading_adjudication_source (adjudication, task, box)"
        " SELECT (SELECT MAX(id) FROM reading_adjudication), task, box FROM reading_box",
        "INSERT INTO reading_comment (task, number, film, box, author, text, at)"
        " SELECT id, 1, NULL, '', reader, 'a', 5 FROM reading_task",
        "INSERT INTO reading_export (project, tag, sha256, what, films, boxes, version, made)"
        " SELECT id, 'v1', '', '', 1, 1, '', 5 FROM reading_project",
    };
    static const char *const changes[] = {
        "UPDATE reading_task SET reader = (SELECT MAX(id) FROM account)",
        "UPDATE reading_task SET round = 2",
        "UPDATE reading_label SET name = 'Fracture (old)' WHERE name = 'Fracture'",
        "DELETE FROM reading_label WHERE name = 'Sclerotic lesion'",
        "UPDATE reading_study SET study_id = 'other' WHERE study_id = 's0'",
        "UPDATE reading_film SET study = (SELECT MAX(id) FROM reading_study)",
        "DELETE FROM reading_film",
        "DELETE FROM reading_study",
        "DELETE FROM reading_task",
        "UPDATE reading_comment SET text = 'b'",
        "DELETE FROM reading_comment",
        "UPDATE reading_adjudication SET reason = 'x'",
        "DELETE FROM reading_adjudication",
        "UPDATE reading_adjudication_source SET box = 'x'",
        "DELETE FROM reading_adjudication_source",
        "UPDATE reading_export SET tag = 'v2'",
        "DELETE FROM reading_export",
        "UPDATE reading_export_file SET name = 'x'",
        "DELETE FROM reading_export_file",
    };
    sx_error err = { 0 };
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_OK(sx_db_run(web_db, rows[i], NULL, 0, &err), err);
    const sx_db_value bytes = sx_db_bytes("a", 1);
    CHECK_OK(sx_db_run(web_db,
                       "INSERT INTO reading_export_file (export, name, bytes)"
                       " SELECT id, 'a.csv', ? FROM reading_export",
                       &bytes, 1, &err),
             err);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        CHECK_FAILS(sx_db_run(web_db, changes[i], NULL, 0, &err), err, SX_ERR_MISMATCH,
                    "what was read is never changed");
}

static void drop_triggers(void) {
    sx_error err = { 0 };
    if (sx_db_kind_of(web_db) == SX_DB_SQLITE)
        CHECK_OK(sx_db_run(web_db, "DROP TRIGGER reading_task_update", NULL, 0, &err) &&
                     sx_db_run(web_db, "DROP TRIGGER reading_op_update", NULL, 0, &err) &&
                     sx_db_run(web_db, "DROP TRIGGER reading_op_delete", NULL, 0, &err),
                 err);
    else
        CHECK_OK(
            sx_db_run(web_db, "DROP TRIGGER reading_task_update ON reading_task", NULL, 0, &err) &&
                sx_db_run(web_db, "DROP TRIGGER reading_op_change ON reading_op", NULL, 0, &err),
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
        { "UPDATE reading_task SET reader = (SELECT id FROM account WHERE login = 'cho')"
          " WHERE rev > 0",
          "UPDATE reading_task SET reader = (SELECT id FROM account WHERE login = 'ann')"
          " WHERE rev > 0",
          "operation 1: it is of another person than the task" },
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
    page_verify();
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
                 ",\"corners\":[%d,%d,50,50]}}]}",
                 client, i + 1, film, box, label, id, i);
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

/* The copy opens, and all that it has fits: it is the database of one moment. */
static int64_t back_up(int number) {
    char name[40];
    sx_error err = { 0 };
    sx_reading_verified n = { 0 };
    snprintf(name, sizeof name, "backup-%d.sqlite", number);
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_db_backup(web_db, path, &err), err);
    sx_db *copy = sx_db_open(path, &err);
    CHECK_OK(copy && sx_db_verify(copy, &err) && sx_reading_verify(copy, page_project.id, &n, &err),
             err);
    sx_db_close(copy);
    return (int64_t)n.ops;
}

static void no_update_of_many_pages_is_lost(void **state) {
    (void)state;
    pthread_t threads[WRITERS];
    int ids[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_boxes, &ids[i]), 0);
    }
    int64_t before = 0;
    for (int i = 0; i < 5 && sx_db_kind_of(web_db) == SX_DB_SQLITE; i++) {
        const int64_t ops = back_up(i);
        assert_true(ops >= before);
        before = ops;
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(boxes(), WRITERS * EACH);
    assert_int_equal(room_number(web_db, "SELECT MAX(rev) FROM reading_task"), WRITERS * EACH);
    page_verify();
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
        SERVED(a_rejected_film_has_no_boxes),
        SERVED(a_film_has_no_equal_boxes),
        SERVED(a_retired_label_stays_on_its_boxes),
        SERVED(the_log_cannot_be_changed),
        SERVED(rows_cannot_be_replaced),
        SERVED(what_operations_mean_cannot_be_changed),
        SERVED(a_changed_row_is_found),
        SERVED(no_update_of_many_pages_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
