#include "service/reading_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "service/reading/pixel_routes.h"
#include "service/reading/reading_routes.h"
#include "service/reading/reading_verify.h"
#include "service/worklist/worklist.h"
#include "support/check.h"

sx_reading_project page_project;
const sx_web_route *const page_reading_tables[] = { sx_reading_task_routes,
                                                    sx_reading_op_routes,
                                                    sx_reading_comment_routes,
                                                    sx_reading_pixel_routes,
                                                    sx_reading_project_routes,
                                                    sx_reading_import_routes,
                                                    sx_reading_manager_routes,
                                                    sx_reading_version_routes,
                                                    sx_reading_adjudication_routes,
                                                    sx_reading_agreement_routes,
                                                    sx_reading_held_routes,
                                                    sx_reading_label_routes,
                                                    NULL };
const sx_web_route *const page_tables[] = {
    sx_session_routes,           sx_reading_task_routes,
    sx_reading_op_routes,        sx_reading_comment_routes,
    sx_reading_pixel_routes,     sx_reading_project_routes,
    sx_reading_import_routes,    sx_reading_manager_routes,
    sx_reading_version_routes,   sx_reading_adjudication_routes,
    sx_reading_agreement_routes, sx_reading_held_routes,
    sx_reading_label_routes,     NULL
};

enum { RING = 8 };

int page_start(void **state) {
    static int count;
    char name[40];
    (void)state;
    static sx_worklist folder;
    sx_web_options o = web_test_options();
    o.routes = page_tables;
    folder.folder = check_tmp();
    o.user = &folder;
    web_start(&o);
    snprintf(name, sizeof name, "page%d/films", count++);
    page_project = room_project(web_db, room_data_set(name, 3));
    room_person(web_db, "ann", SX_ROLE_READER);
    room_person(web_db, "ben", SX_ROLE_READER);
    room_person(web_db, "cho", SX_ROLE_READER);
    room_person(web_db, "jo", SX_ROLE_ADJUDICATOR);
    room_person(web_db, "max", SX_ROLE_MANAGER);
    room_assign(web_db, &page_project, "ann ben");
    return 0;
}

int page_stop(void **state) {
    static const char *const made[] = { "reading", "received", "pixels" };
    char path[700];
    sx_error err = { 0 };
    (void)state;
    web_stop();
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        snprintf(path, sizeof path, "%s/%s", check_tmp(), made[i]);
        CHECK_OK(sx_remove_folder(path, &err), err);
    }
    return 0;
}

const char *page_session(const char *login) {
    static _Thread_local char texts[RING][700];
    static _Thread_local int turn;
    char secret[SX_SECRET];
    turn = (turn + 1) % RING;
    snprintf(texts[turn], sizeof texts[0], "%s", web_session(login, secret));
    return texts[turn];
}

void page_expect(const char *method, const char *target, const char *headers, const char *body,
                 int status, const char *text) {
    web_answer a = web_call(web_port, method, target, headers, body);
    if (a.status != status || !strstr(a.text, text))
        fail_msg("%s %s %s: %s\nnot %d, %s", method, target, body ? body : "", a.text, status,
                 text);
    web_free(&a);
}

json_t *page_json(const char *method, const char *target, const char *headers, const char *body,
                  int status) {
    sx_error err = { 0 };
    web_answer a = web_call(web_port, method, target, headers, body);
    if (a.status != status) fail_msg("%s %s: %s\nnot %d", method, target, a.text, status);
    json_t *value = sx_json_parse(a.body, a.n, true, NULL, &err);
    CHECK_OK(value != NULL, err);
    web_free(&a);
    return value;
}

const char *page_path(int64_t task, const char *what) {
    static _Thread_local char texts[RING][120];
    static _Thread_local int turn;
    turn = (turn + 1) % RING;
    snprintf(texts[turn], sizeof texts[0], "/api/reading/tasks/%" PRId64 "%s%s", task,
             *what ? "/" : "", what);
    return texts[turn];
}

int page_send_as(const char *client, const char *headers, int64_t task, int64_t base_rev,
                 const char *ops) {
    sx_str body = { 0 };
    sx_str_printf(&body, "{\"client\":\"%s\",\"base_rev\":%" PRId64 ",\"ops\":", client, base_rev);
    sx_str_add(&body, ops);
    sx_str_add(&body, "}");
    const int status =
        web_status(web_port, "POST", page_path(task, "ops"), headers, sx_str_text(&body));
    sx_str_free(&body);
    return status;
}

int page_send(const char *headers, int64_t task, int64_t base_rev, const char *ops) {
    return page_send_as("page-0001", headers, task, base_rev, ops);
}

const char *page_op(int seq, const char *kind, int64_t film, const char *box, const char *body) {
    static _Thread_local char texts[RING][1500];
    static _Thread_local int turn;
    char film_text[40] = "", box_text[90] = "";
    turn = (turn + 1) % RING;
    if (film) snprintf(film_text, sizeof film_text, ",\"film\":%" PRId64, film);
    if (*box) snprintf(box_text, sizeof box_text, ",\"box\":\"%s\"", box);
    snprintf(texts[turn], sizeof texts[0],
             "[{\"seq\":%d,\"kind\":\"%s\",\"at\":1%s%s,\"body\":%s}]", seq, kind, film_text,
             box_text, body);
    return texts[turn];
}

const char *page_box(int64_t label, double x0, double y0, double x1, double y1) {
    static _Thread_local char texts[RING][200];
    static _Thread_local int turn;
    turn = (turn + 1) % RING;
    snprintf(texts[turn], sizeof texts[0], "{\"label\":%" PRId64 ",\"corners\":[%g,%g,%g,%g]}",
             label, x0, y0, x1, y1);
    return texts[turn];
}

int64_t page_task_of(const char *login, const char *study) {
    char sql[400];
    snprintf(sql, sizeof sql,
             "SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader"
             " JOIN reading_study s ON s.id = t.study WHERE a.login = '%s'"
             " AND s.study_id = '%s'",
             login, study);
    return room_number(web_db, sql);
}

int page_seq = 1000;

void page_expect_op(const char *headers, int64_t task, const char *op, int status,
                    const char *text) {
    char all[2000];
    snprintf(all, sizeof all, "{\"client\":\"page-0009\",\"base_rev\":%" PRId64 ",\"ops\":%s}",
             room_number(web_db, "SELECT MAX(rev) FROM reading_task"), op);
    page_expect("POST", page_path(task, "ops"), headers, all, status, text);
}

void page_verify(void) {
    sx_error err = { 0 };
    sx_reading_verified n;
    CHECK_OK(sx_reading_verify(web_db, page_project.id, &n, &err), err);
}

void page_read_all(const char *login, double shift) {
    const char *headers = page_session(login);
    const int64_t label = room_label(web_db, "Osteophytes");
    for (int seq = 1; seq <= 3; seq++) {
        const int64_t task = room_task(web_db, login, seq), film = room_film(web_db, task, 0);
        char client[40];
        snprintf(client, sizeof client, "reader-%s-%d", login, seq);
        assert_int_equal(page_send_as(client, headers, task, 0,
                                      page_op(1, "box_put", film, "box-00001",
                                              page_box(label, 1 + shift, 2, 20 + shift, 30))),
                         200);
        assert_int_equal(
            page_send_as(client, headers, task, 1,
                         page_op(2, "verdict", film, "", "{\"verdict\":\"abnormal\"}")),
            200);
        assert_int_equal(page_send_as(client, headers, task, 2,
                                      page_op(3, "verdict", room_film(web_db, task, 1), "",
                                              "{\"verdict\":\"normal\"}")),
                         200);
        page_expect("POST", page_path(task, "complete"), headers, NULL, 200, "done");
    }
}
