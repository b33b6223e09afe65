/* Tasks of readers: their states, boxes of networks, what a reader can see of others, who may call
 * which route. On SQLite, and on the PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/reading_page.h"
#include "support/check.h"

static int64_t task, film, other, label;
static const char *ann;

static int start(void **state) {
    page_start(state);
    task = page_task_of("ann", "s0");
    film = room_film(web_db, task, 0);
    other = room_film(web_db, task, 1);
    label = room_label(web_db, "Fracture");
    ann = page_session("ann");
    return 0;
}

static void expect_op(const char *kind, int64_t of, const char *box, const char *body, int status,
                      const char *text) {
    page_expect_op(ann, task, page_op(page_seq++, kind, of, box, body), status, text);
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

static void the_manager_returns_a_complete_task(void **state) {
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

/* A page that loads films ahead looks which study is next; nobody has begun it. */
static void looking_at_the_next_task_does_not_open_it(void **state) {
    (void)state;
    const char *opened = "SELECT COUNT(*) FROM reading_task WHERE state <> 'new' OR opened <> 0";
    page_expect("POST", "/api/reading/tasks/next", ann, "{\"open\":false}", 200, "\"task\":");
    assert_int_equal(room_number(web_db, opened), 0);
    page_expect("POST", "/api/reading/tasks/next", ann, "{\"open\":0}", 400, "open");
    page_expect("POST", "/api/reading/tasks/next", ann, "{}", 200, "\"task\":");
    assert_int_equal(room_number(web_db, opened), 1);
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
    page_verify();
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
    for (int i = 0; i < 2; i++) {
        static const char *const of_film[] = { "", "/pixels/4", "/pixels/3" };
        for (size_t k = 0; k < sizeof of_film / sizeof *of_film; k++) {
            char target[100];
            snprintf(target, sizeof target, "/api/reading/films/%" PRId64 "%s",
                     room_film(web_db, of, i), of_film[k]);
            a = web_call(web_port, "GET", target, headers, NULL);
            sx_str_printf(out, "%s %d %s ", of_film[k], a.status, check_sha256(a.body, a.n));
            web_free(&a);
        }
    }
}

static void one_reader_sees_nothing_of_another(void **state) {
    (void)state;
    const char *ben = page_session("ben");
    sx_str before = { 0 }, after = { 0 };
    char body[200];
    const int64_t his = page_task_of("ben", "s0");
    fetch_all(ben, his, &before);
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 20, 30), 200, "");
    expect_op("verdict", film, "", "{\"verdict\":\"abnormal\"}", 200, "");
    expect_op("verdict", other, "", "{\"verdict\":\"normal\"}", 200, "");
    page_expect("POST", page_path(task, "comments"), ann, "{\"text\":\"a cyst?\"}", 200, "cyst");
    page_expect("POST", page_path(task, "comments"), ann, "{\"text\":\"a cyst?\"}", 200, "cyst");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_comment"),
                     1); /* no answer came */
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

/* The address of a route; {task} is `of`, and other parts are 0. */
static void fill_address(const char *path, int64_t of, char out[200]) {
    size_t n = 0;
    for (const char *p = path; *p && n < 150; p++)
        if (*p == '{') {
            n += (size_t)snprintf(out + n, 40, "%" PRId64,
                                  strncmp(p, "{task}", 6) == 0 ? of : (int64_t)0);
            p = strchr(p, '}');
        } else {
            out[n++] = *p;
        }
    out[n] = '\0';
}

/* Each row of the tables, each role: 404 or 403 where the table does not name the role, something
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
            fill_address(r->path, 0, target);
            const char *body = r->body == SX_WEB_NO_BODY ? NULL : "{}";
            assert_int_equal(web_status(web_port, r->method, target, web_page_headers(), body),
                             401);
            for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
                web_answer a = web_call(web_port, r->method, target, page_session(logins[i]), body);
                /* a handler's own 404 says what there is none of */
                const bool hidden = (a.status == 403 && strstr(a.body, "may not use")) ||
                                    (a.status == 404 && strstr(a.body, "nothing at this"));
                const bool may = (r->roles & roles[i]) != 0;
                if (hidden == may)
                    fail_msg("%s %s as %s: %s", r->method, target, logins[i], a.text);
                web_free(&a);
            }
        }
}

static void check_not_told(const sx_web_route *r, int64_t second) {
    char target[200];
    fill_address(r->path, second, target);
    web_answer a = web_call(web_port, r->method, target, ann, NULL);
    if (strstr(a.body, "repeat")) fail_msg("%s: %s", target, a.body);
    web_free(&a);
}

/* That a reader reads a study for the second time is in no answer to the reader. */
static void a_second_reading_is_told_to_managers_alone(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_db_value value = sx_db_int(task);
    CHECK_OK(sx_db_run(web_db,
                       "INSERT INTO reading_task (project, study, split, reader, kind, round,"
                       " repeat, state, prelabels, arm, session, seq, why, made) SELECT project,"
                       " study, split, reader, kind, round, 1, 'new', prelabels, arm, session, 99,"
                       " '', made FROM reading_task WHERE id = ?",
                       &value, 1, &err),
             err);
    const int64_t second = room_number(web_db, "SELECT id FROM reading_task WHERE repeat = 1");
    for (const sx_web_route *const *t = page_reading_tables; *t; t++)
        for (const sx_web_route *r = *t; r->method; r++)
            if ((r->roles & SX_ROLE_READER) && strcmp(r->method, "GET") == 0)
                check_not_told(r, second);
    page_expect("GET", page_path(second, ""), page_session("max"), NULL, 200, "\"repeat\":1");
    page_expect("GET", page_path(task, ""), page_session("max"), NULL, 200, "\"repeat\":0");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(a_task_is_complete_with_a_verdict_for_each_film),
        SERVED(the_manager_returns_a_complete_task),
        SERVED(looking_at_the_next_task_does_not_open_it),
        SERVED(a_locked_task_stays_as_it_is),
        SERVED(boxes_of_networks_come_after_ones_own),
        SERVED(one_reader_sees_nothing_of_another),
        SERVED(a_foreign_task_does_not_exist),
        SERVED(the_table_decides_who_may_call),
        SERVED(a_second_reading_is_told_to_managers_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
