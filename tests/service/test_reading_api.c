/* web/reading_api.json says what the routes of the reading room take and answer; each is called
 * here, and its answer compared with that description. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/api_schema.h"
#include "service/reading/reading_prelabel.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"

static const char *description;
static int64_t task, film, label, set, prelabel;
static char headers[700];

static void add_prelabels(void) {
    sx_error err = { 0 };
    bool known;
    sx_reading_prelabel box = { .label = "Fracture", .score = 0.5, .corners = { 1, 2, 30, 40 } };
    CHECK_OK(sx_db_run(web_db, "UPDATE reading_task SET prelabels = 'after' WHERE split = 'train'",
                       NULL, 0, &err),
             err);
    CHECK_OK(sx_reading_prelabel_set_add(web_db, page_project.id, "w", 0.25, 5, &set, &err), err);
    for (int i = 0; i < 3; i++) {
        char id[10];
        snprintf(id, sizeof id, "s%da", i);
        box.image_id = id;
        CHECK_OK(sx_reading_prelabel_add(web_db, page_project.id, set, &box, &known, &err), err);
        assert_true(known);
    }
    prelabel = room_number(web_db, "SELECT MIN(id) FROM reading_prelabel");
}

static int start_server(void **state) {
    page_start(state);
    api_load(description);
    add_prelabels();
    task = room_number(web_db, "SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader"
                               " JOIN reading_study s ON s.id = t.study WHERE a.login = 'ann'"
                               " AND s.study_id = 's0'");
    film = room_film(web_db, task, 0);
    label = room_label(web_db, "Fracture");
    snprintf(headers, sizeof headers, "%s", page_session("ann"));
    return 0;
}

static int stop_server(void **state) {
    api_free();
    return page_stop(state);
}

#define ROUTE "/api/reading/tasks/{task}"

static void call(const char *method, const char *path, const char *target, const char *body) {
    web_answer a = api_call(method, path, target, headers, body);
    web_free(&a);
}

static void call_ops(const char *ops) {
    char body[2000];
    snprintf(body, sizeof body, "{\"client\":\"page-0001\",\"base_rev\":0,\"ops\":%s}", ops);
    call("POST", ROUTE "/ops", page_path(task, "ops"), body);
}

static void call_op_routes(void) {
    char body[300];
    int64_t tag = 0, study = 0;
    sx_error err = { 0 };
    const sx_reading_label labels[] = {
        { "film", "Rotated", "#ffffff", "", "[]", 30 },
        { "study", "Scoliosis", "#ffffff", "", "[]", 31 },
    };
    CHECK_OK(sx_reading_label_add(web_db, page_project.id, &labels[0], &tag, &err) &&
                 sx_reading_label_add(web_db, page_project.id, &labels[1], &study, &err),
             err);
    CHECK_OK(sx_db_run(web_db,
                       "UPDATE reading_label SET attributes = '[\"acute\"]'"
                       " WHERE name = 'Fracture'",
                       NULL, 0, &err),
             err);
    snprintf(body, sizeof body,
             "{\"label\":%" PRId64 ",\"corners\":[1.5,2,3,4],\"attributes\":[\"acute\"],"
             "\"source\":\"manual\",\"source_id\":null}",
             label);
    call_ops(page_op(1, "box_put", film, "box-00001", body));
    call_ops(page_op(2, "commit", film, "", "{}"));
    snprintf(body, sizeof body, "{\"set\":%" PRId64 ",\"threshold\":0.5}", set);
    call_ops(page_op(3, "prelabels_shown", film, "", body));
    snprintf(body, sizeof body, "{\"prelabel\":%" PRId64 ",\"choice\":\"accept\"}", prelabel);
    call_ops(page_op(4, "prelabel_choice", film, "", body));
    snprintf(body, sizeof body, "{\"tags\":[%" PRId64 "]}", tag);
    call_ops(page_op(5, "film_tags", film, "", body));
    snprintf(body, sizeof body, "{\"tags\":[%" PRId64 "],\"confidence\":80}", study);
    call_ops(page_op(6, "study", 0, "", body));
    call_ops(page_op(7, "verdict", film, "", "{\"verdict\":\"abnormal\",\"reason\":\"\"}"));
    call("GET", ROUTE "/ops", page_path(task, "ops?after=1"), NULL);
}

static void call_conflict(void) {
    char body[400];
    snprintf(body, sizeof body, "{\"client\":\"page-0002\",\"base_rev\":1,\"ops\":%s}",
             page_op(1, "commit", film, "", "{}"));
    web_answer a = web_call(web_port, "POST", page_path(task, "ops"), headers, body);
    assert_int_equal(a.status, 409);
    const char *fault = api_fault("ReadingConflict", a.body);
    if (fault) fail_msg("%s\n%s", fault, a.body);
    web_free(&a);
}

static void call_comment_routes(void) {
    char body[300];
    page_expect("POST", page_path(task, "comments"), headers, "{\"text\":\" \\n\"}", 400,
                "is empty");
    call("POST", ROUTE "/comments", page_path(task, "comments"), "{\"text\":\"a cyst?\"}");
    snprintf(body, sizeof body, "{\"text\":\"here\",\"film\":%" PRId64 ",\"box\":\"box-00001\"}",
             film);
    call("POST", ROUTE "/comments", page_path(task, "comments"), body);
    call("GET", ROUTE "/comments", page_path(task, "comments"), NULL);
    call("POST", ROUTE "/comments/{number}/resolve", page_path(task, "comments/1/resolve"), NULL);
    snprintf(body, sizeof body, "{\"film\":%" PRId64 ",\"active_ms\":1000,\"visible_ms\":2000}",
             film);
    call("POST", ROUTE "/activity", page_path(task, "activity"), body);
}

static void call_pixel_routes(void) {
    char path[100];
    snprintf(path, sizeof path, "/api/reading/films/%" PRId64, film);
    call("GET", "/api/reading/films/{film}", path, NULL);
    snprintf(path, sizeof path, "/api/reading/films/%" PRId64 "/pixels/4", film);
    call("GET", "/api/reading/films/{film}/pixels/{level}", path, NULL);
    page_expect("GET", path, headers, NULL, 200, "ETag: \"");
    page_expect("GET", "/api/reading/films/999999", headers, NULL, 404, "no such film");
    snprintf(path, sizeof path, "/api/reading/films/%" PRId64 "/pixels/3", film);
    page_expect("GET", path, headers, NULL, 404, "no level 3");
}

static void call_task_routes(void) {
    char body[100];
    call("GET", "/api/reading/tasks", "/api/reading/tasks", NULL);
    call("POST", "/api/reading/tasks/next", "/api/reading/tasks/next", "{\"project\":\"spine\"}");
    snprintf(body, sizeof body, "{\"after\":%" PRId64 ",\"open\":false}", task);
    call("POST", "/api/reading/tasks/next", "/api/reading/tasks/next", body);
    call("GET", ROUTE, page_path(task, ""), NULL);
    const int64_t other = room_film(web_db, task, 1);
    call_ops(page_op(8, "verdict", other, "", "{\"verdict\":\"normal\"}"));
    call("POST", ROUTE "/complete", page_path(task, "complete"), NULL);
    call("POST", ROUTE "/reopen", page_path(task, "reopen"), NULL);
    call("POST", ROUTE "/complete", page_path(task, "complete"), NULL);
    snprintf(headers, sizeof headers, "%s", page_session("max"));
    call("GET", ROUTE, page_path(task, ""), NULL);
    call("POST", ROUTE "/return", page_path(task, "return"), "{\"reason\":\"which level?\"}");
}

#define PROJECT "/api/reading/projects/{project}/"
#define SPINE   "/api/reading/projects/spine/"

static void call_manager_routes(void) {
    call("GET", "/api/reading/projects", "/api/reading/projects", NULL);
    call("GET", PROJECT "progress", SPINE "progress", NULL);
    call("GET", PROJECT "tasks", SPINE "tasks?after=0&state=returned", NULL);
    call("GET", PROJECT "questions", SPINE "questions", NULL);
    call("POST", PROJECT "assign", SPINE "assign",
         "{\"readers\":[\"cho\"],\"per_study\":1,\"round\":2,\"control\":0,\"rereading\":0,\"arm\":"
         "\"with\",\"session\":2}");
}

static void call_import_routes(void) {
    receive_film(web_db, 1, false);
    call("POST", "/api/reading/projects", "/api/reading/projects",
         "{\"key\":\"other\",\"name\":\"Other\",\"guide\":\"\",\"readers\":1,\"order\":\"given\","
         "\"prelabels\":\"none\",\"confidence\":false,\"seed\":3}");
    call("GET", "/api/reading/received", "/api/reading/received?before=6&after=1.2", NULL);
    call("POST", PROJECT "films", "/api/reading/projects/other/films",
         "{\"studies\":[\"1.2.276.0.7.1\"]}");
    call("POST", PROJECT "readings", SPINE "readings?reader=cho&round=3&rad_id=R1&name=marks.csv",
         "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\ns0b,R1,No finding,,,,\n");
}

static void call_label_routes(void) {
    char path[100];
    call("GET", PROJECT "labels", SPINE "labels", NULL);
    call("POST", PROJECT "labels", SPINE "labels",
         "{\"kind\":\"box\",\"name\":\"Scar\",\"color\":\"#00ff00\",\"code\":\"Digit8\","
         "\"attributes\":[\"old\"]}");
    snprintf(path, sizeof path, SPINE "labels/%" PRId64, room_label(web_db, "Scar"));
    call("POST", PROJECT "labels/{label}", path, "{\"retired\":true,\"attributes\":[\"new\"]}");
}

static void call_held_routes(void) {
    char path[100];
    sx_error err = { 0 };
    const int64_t held = room_number(web_db, "SELECT MIN(id) FROM reading_film");
    const sx_db_value value = sx_db_int(held);
    CHECK_OK(
        sx_db_run(web_db, "UPDATE reading_film SET held = 'text' WHERE id = ?", &value, 1, &err),
        err);
    call("GET", PROJECT "held", SPINE "held", NULL);
    snprintf(path, sizeof path, SPINE "held/%" PRId64, held);
    call("POST", PROJECT "held/{film}", path, "{\"decision\":\"reject\",\"reason\":\"a name\"}");
    call("POST", PROJECT "held/{film}", path, "{\"decision\":\"release\"}");
}

/* The readings so far are taken away, so that both readers read everything. */
static void read_everything(void) {
    const sx_reading_project p = page_project;
    page_stop(NULL);
    page_start(NULL);
    assert_int_equal(p.seed, page_project.seed);
    page_read_all("ann", 0);
    page_read_all("ben", 2);
    snprintf(headers, sizeof headers, "%s", page_session("max"));
}

static void call_version_routes(void) {
    call("POST", PROJECT "exports", SPINE "exports",
         "{\"tag\":\"v1\",\"round\":1,\"reader\":null,\"adjudicated\":false}");
    call("GET", PROJECT "exports", SPINE "exports", NULL);
    call("GET", PROJECT "exports/{tag}/annotations.csv", SPINE "exports/v1/annotations.csv", NULL);
    call("GET", PROJECT "exports/{tag}/reading.json", SPINE "exports/v1/reading.json", NULL);
    call("GET", PROJECT "agreement", SPINE "agreement?round=1", NULL);
}

static void call_adjudication_routes(void) {
    char body[400];
    call("POST", PROJECT "lock", SPINE "lock", "{\"round\":1,\"adjudicated\":false}");
    call("POST", PROJECT "adjudication", SPINE "adjudication",
         "{\"adjudicators\":[\"jo\"],\"round\":1}");
    snprintf(headers, sizeof headers, "%s", page_session("jo"));
    task = room_task(web_db, "jo", 1);
    film = room_film(web_db, task, 0);
    label = room_label(web_db, "Osteophytes");
    call_ops(page_op(1, "box_put", film, "box-00001", page_box(label, 1, 2, 20, 30)));
    call("GET", ROUTE "/clusters", page_path(task, "clusters"), NULL);
    snprintf(body, sizeof body,
             "{\"film\":%" PRId64 ",\"cluster\":0,\"decision\":\"merge\",\"box\":\"box-00001\","
             "\"reason\":\"clear\",\"rev\":0}",
             film);
    call("POST", ROUTE "/decisions", page_path(task, "decisions"), body);
}

static void each_route_answers_as_described(void **state) {
    (void)state;
    api_check_tables(page_reading_tables);
    call_op_routes();
    call_conflict();
    call("GET", ROUTE "/prelabels", page_path(task, "prelabels"), NULL);
    call_comment_routes();
    call_pixel_routes();
    call_task_routes();
    call("POST", ROUTE "/comments", page_path(task, "comments"), "{\"text\":\"L4\"}");
    call_manager_routes();
    call_import_routes();
    call_label_routes();
    call_held_routes();
    read_everything();
    call_version_routes();
    call_adjudication_routes();
    /* of the pixels of DICOM films */
    api_leave_out("FilmWindow");
    api_leave_out("FilmTable");
    api_check_complete();
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_route_answers_as_described, start_server, stop_server),
    };
    if (argc != 2) return 2;
    description = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
