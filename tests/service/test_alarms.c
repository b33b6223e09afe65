/* Alarms: what raises them, and what the webhook hears. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "service/access/tokens.h"
#include "service/node/alarms.h"
#include "service/node/drift.h"
#include "service/store/films.h"
#include "service/store/jobs.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"

static char heard[500];
static int answer_with = 204;

static bool hear(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    (void)err;
    char *text = json_dumps(r->body, JSON_SORT_KEYS);
    assert_non_null(text);
    snprintf(heard, sizeof heard, "%s", text);
    free(text);
    sx_web_reply_empty(reply, answer_with);
    return true;
}

static const sx_web_route hook[] = {
    { "POST", "/hook", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_JSON, 4096, hear },
    { .method = NULL },
};

static sx_settings settings;

static int start(void **state) {
    static const sx_web_route *const routes[] = { hook, NULL };
    sx_error err = { 0 };
    (void)state;
    sx_web_options o = web_test_options();
    o.routes = routes;
    web_start(&o);
    CHECK_OK(sx_settings_init(&settings, &err), err);
    return 0;
}

static int stop(void **state) {
    (void)state;
    sx_settings_free(&settings);
    web_stop();
    return 0;
}

static void look(sx_disk disk, int64_t now, sx_alarm_state states[SX_ALARMS]) {
    sx_error err = { 0 };
    CHECK_OK(sx_alarms_look(web_db, &settings, disk, now, states, &err), err);
}

static void jobs_raise_alarms(void **state) {
    (void)state;
    const int64_t hour = 3600 * 1000;
    sx_alarm_state s[SX_ALARMS];
    sx_error err = { 0 };
    sx_job job;
    bool found, held;
    CHECK_OK(sx_jobs_add(web_db, "send", "1.2.3/1", "pacs", 0, 0, &err), err);
    look(SX_DISK_OK, 23 * hour, s);
    for (int i = 0; i < SX_ALARMS; i++)
        assert_false(s[i].on);
    look(SX_DISK_FULL, 25 * hour, s);
    assert_true(s[SX_ALARM_LATE].on && s[SX_ALARM_DISK].on && !s[SX_ALARM_DEAD].on);
    assert_string_equal(s[SX_ALARM_LATE].text, "1 job has not been done for 24 hours");
    CHECK_OK(sx_jobs_lease(web_db, "send", NULL, "me", 1, 9, &job, &found, &err) &&
                 sx_jobs_bury(web_db, &job, "refused", &held, &err),
             err);
    look(SX_DISK_OK, 25 * hour, s);
    assert_true(s[SX_ALARM_DEAD].on && !s[SX_ALARM_LATE].on);
}

/* The only job, held or put off by a fault from 0 to 30 hours and a little more. */
static void lose_time(bool hold) {
    sx_error err = { 0 };
    sx_job job;
    bool found, held;
    for (int i = 0; i < 3; i++) {
        const int64_t now = INT64_C(15) * i * 3600 * 1000;
        CHECK_OK(sx_jobs_lease(web_db, "send", NULL, "me", now, 9, &job, &found, &err), err);
        assert_true(found);
        CHECK_OK(hold ? sx_jobs_hold(web_db, &job, now, 0.0, "held", &held, &err)
                      : sx_jobs_put_off(web_db, &job, now, 0.0, "disk", &held, &err),
                 err);
    }
}

/* Shadow mode holds it on purpose; a person must hear of a fault. */
static void a_job_that_is_held_is_not_late(void **state) {
    (void)state;
    const int64_t hour = 3600 * 1000;
    sx_alarm_state s[SX_ALARMS];
    sx_error err = { 0 };
    CHECK_OK(sx_jobs_add(web_db, "send", "1.2.3/1", "pacs", 0, 0, &err), err);
    lose_time(true);
    look(SX_DISK_OK, 30 * hour, s);
    assert_false(s[SX_ALARM_LATE].on);
    look(SX_DISK_OK, 55 * hour, s); /* shadow mode has ended, and nothing was sent */
    assert_true(s[SX_ALARM_LATE].on);
}

static void a_job_that_is_put_off_is_late(void **state) {
    (void)state;
    sx_alarm_state s[SX_ALARMS];
    sx_error err = { 0 };
    CHECK_OK(sx_jobs_add(web_db, "send", "1.2.3/1", "pacs", 0, 0, &err), err);
    lose_time(false);
    look(SX_DISK_OK, INT64_C(30) * 3600 * 1000, s);
    assert_true(s[SX_ALARM_LATE].on);
}

/* `count` films whose scores are 0 to 1, moved by `shift`. */
static void add_scores(int from, int count, double shift) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_begin(web_db, &err), err);
    for (int i = from; i < from + count; i++) {
        sx_store_film f = { .state = "scored", .study_uid = "1.2", .patient_id = "P" };
        const double p = fmin(1.0, (double)(i % 100 * 37 % 100) / 100.0 + shift);
        const sx_store_score score = { p, NAN, 0, 0 };
        snprintf(f.sop_uid, sizeof f.sop_uid, "1.2.%d", i);
        CHECK_OK(sx_store_add_film(web_db, &f, &err) &&
                     sx_store_put_prediction(web_db, f.sop_uid, "w", "c", "{}", &score, i, &err),
                 err);
    }
    CHECK_OK(sx_db_end(web_db, true, &err), err);
}

static void scores_that_change_raise_an_alarm(void **state) {
    (void)state;
    sx_alarm_state s[SX_ALARMS];
    add_scores(0, 1100, 0.0);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on); /* too few films before the last thousand */
    add_scores(1100, 900, 0.05);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on);
    add_scores(2000, 1000, 0.2);
    look(SX_DISK_OK, 0, s);
    assert_true(s[SX_ALARM_SCORES].on);
    assert_false(s[SX_ALARM_DISTANCE].on); /* it was not measured */
}

static void run(const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, sql, NULL, 0, &err), err);
}

/* No thousand films are far from the thousand before. */
static void a_slow_change_shows_against_the_first_films(void **state) {
    (void)state;
    enum { DAY = 86400000 }; /* 1970-01-02 */
    sx_alarm_state s[SX_ALARMS];
    add_scores(0, 1000, 0.0);
    look(SX_DISK_OK, 0, s);
    add_scores(1000, 1000, 0.06);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on);
    run("DELETE FROM prediction WHERE made < 900"); /* the reference is kept */
    add_scores(2000, 500, 0.12);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on);
    add_scores(2500, 500, 0.12);
    look(SX_DISK_OK, 0, s);
    assert_true(s[SX_ALARM_SCORES].on);
    assert_non_null(strstr(s[SX_ALARM_SCORES].text, "unlike that of the reference films"));
    /* a new reference */
    settings.alarms.drift_from = 19700102;
    add_scores(DAY, 1000, 0.12);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on);
    add_scores(DAY + 1000, 1000, 0.18);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on);
    settings.alarms.drift_from = 0;
    look(SX_DISK_OK, 0, s);
    assert_true(s[SX_ALARM_SCORES].on);
    run("UPDATE property SET value = '{\"until\": 1, \"values\": [1]}' WHERE name LIKE 'drift %'");
    look(SX_DISK_FULL, 0, s);
    assert_true(s[SX_ALARM_DISK].on); /* damage keeps no other alarm back */
    assert_non_null(
        strstr(s[SX_ALARM_SCORES].text, "the reference of the drift alarms is damaged"));
    run("UPDATE property SET value = 'nonsense' WHERE name LIKE 'drift %'");
    look(SX_DISK_OK, 0, s);
    assert_non_null(
        strstr(s[SX_ALARM_SCORES].text, "the reference of the drift alarms is damaged"));
}

/* The films of the reference had been stored with times of another year. */
static void a_reference_of_a_wrong_clock_is_used_later(void **state) {
    (void)state;
    sx_alarm_state s[SX_ALARMS];
    add_scores(0, 1000, 0.0);
    run("UPDATE prediction SET made = made + 1000000000");
    look(SX_DISK_OK, 0, s);                                /* makes the reference */
    run("UPDATE prediction SET made = made - 1000000000"); /* sx_store_clock_back */
    look(SX_DISK_OK, 0, s);
    add_scores(1000, 1000, 0.06);
    add_scores(2000, 1000, 0.12);
    look(SX_DISK_OK, 0, s);
    assert_true(s[SX_ALARM_SCORES].on);
    assert_non_null(strstr(s[SX_ALARM_SCORES].text, "unlike that of the reference films"));
}

/* Other weights have other films: the alarm compares no films by the earlier ones. */
static void other_weights_have_a_reference_of_their_own(void **state) {
    (void)state;
    sx_alarm_state s[SX_ALARMS];
    add_scores(0, 1000, 0.0);
    run("UPDATE prediction SET weights = 'earlier'");
    look(SX_DISK_OK, 0, s); /* makes the reference */
    add_scores(1000, 2000, 0.3);
    look(SX_DISK_OK, 0, s);
    assert_false(s[SX_ALARM_SCORES].on);
}

/* ---- what it costs ---- */

static bool take_step(void *user, const sx_db_row *row, sx_error *err) {
    sx_str *plan = user;
    (void)err;
    sx_str_printf(plan, "%s\n", sx_db_get_text(row, 3));
    return true;
}

/* SQLite reads an index in its order, and no row of the table. */
static void check_plan(const char *sql, const char *index) {
    sx_error err = { 0 };
    sx_str explain = { 0 }, plan = { 0 };
    const sx_db_value values[] = { sx_db_text("w"), sx_db_int(0) };
    sx_str_printf(&explain, "EXPLAIN QUERY PLAN %s", sql);
    CHECK_OK(sx_db_query(web_db, sx_str_text(&explain), values, strchr(sql, '?') ? 2 : 0, take_step,
                         &plan, &err),
             err);
    if (!strstr(sx_str_text(&plan), index) || strstr(sx_str_text(&plan), "TEMP B-TREE"))
        fail_msg("%s\n%s", sql, sx_str_text(&plan));
    sx_str_free(&explain);
    sx_str_free(&plan);
}

static void a_look_at_many_films_uses_indexes(void **state) {
    static const char *const columns[] = { "probability", "distance" };
    static const char *const orders[] = { "ASC", "DESC" };
    (void)state;
    if (sx_db_kind_of(web_db) != SX_DB_SQLITE) return;
    check_plan(SX_DRIFT_NEWEST_WEIGHTS, "USING COVERING INDEX prediction_by_made");
    for (int i = 0; i < 4; i++) {
        char index[80];
        sx_str sql = { 0 };
        sx_drift_put_query(columns[i / 2], orders[i % 2], 1000, &sql);
        snprintf(index, sizeof index, "USING COVERING INDEX prediction_by_%s", columns[i / 2]);
        check_plan(sx_str_text(&sql), index);
        sx_str_free(&sql);
    }
}

static void the_webhook_hears_of_it(void **state) {
    (void)state;
    char url[60];
    sx_error err = { 0 };
    const sx_alarm_state s = { true, "why" };
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hook", web_port);
    char token[SX_TOKEN_TEXT];
    CHECK_OK(sx_tokens_add(web_db, "alarms", 0, token, &err) &&
                 sx_write_file(check_tmp_path("token"), token, strlen(token), &err),
             err);
    settings.alarms.webhook = url;
    settings.alarms.token_file = check_tmp_path("token");
    CHECK_OK(sx_alarms_tell(&settings, SX_ALARM_DISK, &s, 7, "host", &err), err);
    assert_string_equal(heard, "{\"alarm\": \"disk\", \"at\": 7, \"host\": \"host\", \"on\": true, "
                               "\"text\": \"why\"}");
    answer_with = 404;
    CHECK_FAILS(sx_alarms_tell(&settings, SX_ALARM_DISK, &s, 7, "host", &err), err, SX_ERR_IO,
                "answered 404");
}

int main(void) {
#define SERVED(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        SERVED(jobs_raise_alarms),
        SERVED(a_job_that_is_held_is_not_late),
        SERVED(a_job_that_is_put_off_is_late),
        SERVED(scores_that_change_raise_an_alarm),
        SERVED(a_slow_change_shows_against_the_first_films),
        SERVED(a_reference_of_a_wrong_clock_is_used_later),
        SERVED(other_weights_have_a_reference_of_their_own),
        SERVED(a_look_at_many_films_uses_indexes),
        SERVED(the_webhook_hears_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
