/* What is deleted, and what never is; and when the disk counts as full. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "service/fresh_store.h"
#include "service/node/retain.h"
#include "service/query_number.h"
#include "service/store/films.h"
#include "service/store/outputs.h"
#include "support/check.h"

static const int64_t day = (int64_t)24 * 3600 * 1000;
static char folder[600];
static sx_db *db;
static sx_settings settings;

static void run(const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(db, sql, NULL, 0, &err), err);
}

static int64_t number(const char *sql) {
    return query_number(db, sql);
}

static const char *below(const char *name) {
    static char paths[4][700];
    static int n;
    char *path = paths[n++ % 4];
    snprintf(path, 700, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(below(name), "x", 1, &err), err);
}

/* A study of one film of day 1 whose result has arrived everywhere. */
static int start_anew(void **state) {
    static int n;
    char name[32], file[700], where[700];
    sx_error err = { 0 };
    (void)state;
    snprintf(name, sizeof name, "retain%d", n++);
    snprintf(folder, sizeof folder, "%s", check_tmp_path(name));
    assert_int_equal(mkdir(folder, 0777), 0);
    CHECK_OK(sx_make_dirs(below("films/ab"), &err) && sx_make_dirs(below("pictures/ab"), &err),
             err);
    put_file("films/ab/one.dcm");
    put_file("pictures/ab/one.dcm.rgb");
    put_file("pictures/ab/one.dcm.png");
    snprintf(file, sizeof file, "%s/store.sqlite", folder);
    db = fresh_store(file, where, sizeof where);
    CHECK_OK(sx_settings_init(&settings, &err), err);
    run("INSERT INTO study (study_uid, patient_id, issuer, state, quiet_until, completed)"
        " VALUES ('1.2.3', 'P', '', 'built', 86400000, 86400000)");
    run("INSERT INTO instance (sop_uid, sop_class, transfer_syntax, study_uid, series_uid,"
        " patient_id, issuer, sha256, size, path, source, received, state) VALUES ('1.2.3.1', 'c',"
        " 't', '1.2.3', 's', 'P', '', 'h', 1, 'films/ab/one.dcm', 'q', 86400000, 'scored')");
    run("INSERT INTO prediction (sop_uid, weights, configuration, body, made)"
        " VALUES ('1.2.3.1', 'w', 'c', '{}', 86400000)");
    char bytes[] = "bytes";
    sx_store_output o = { .revision = 1, .made = day, .bytes = bytes, .n = 5 };
    snprintf(o.sop_uid, sizeof o.sop_uid, "1.2.3.9");
    snprintf(o.study_uid, sizeof o.study_uid, "1.2.3");
    snprintf(o.kind, sizeof o.kind, "sr3d");
    CHECK_OK(sx_store_add_output(db, &o, &err), err);
    run("INSERT INTO job (kind, key, destination, state, made, not_before) VALUES"
        " ('predict', '1.2.3.1', '', 'done', 1, 1), ('build', '1.2.3', '', 'done', 1, 1),"
        " ('send', '1.2.3/1', 'pacs', 'done', 1, 1), ('confirm', '1.2.3/1', 'pacs', 'done', 1,"
        " 1), ('send', '1.2.3/1', 'web', 'done', 1, 1)");
    return 0;
}

static int finish(void **state) {
    (void)state;
    sx_settings_free(&settings);
    sx_db_close(db);
    return 0;
}

static sx_retained sweep(int64_t now) {
    sx_error err = { 0 };
    sx_retained r;
    CHECK_OK(sx_retain_sweep(db, &settings, folder, now, &r, &err), err);
    return r;
}

/* ---- deletion ---- */

static void films_are_deleted_when_their_time_is_over(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_film f;
    bool found;
    assert_int_equal(sweep(31 * day).films, 0); /* 30 days */
    assert_true(sx_path_exists(below("films/ab/one.dcm")));
    assert_int_equal(sweep(31 * day + 1).films, 1);
    assert_false(sx_path_exists(below("films/ab/one.dcm")));
    assert_false(sx_path_exists(below("pictures/ab/one.dcm.rgb")));
    assert_false(sx_path_exists(below("pictures/ab/one.dcm.png")));
    CHECK_OK(sx_store_find_film(db, "1.2.3.1", &f, &found, &err), err);
    assert_true(found); /* it is still known */
    assert_string_equal(f.state, "deleted");
    assert_int_equal(number("SELECT COUNT(*) FROM prediction"), 1);
    assert_int_equal(sweep(1000 * day).films, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE emptied = 0"), 1); /* never */
}

static void results_are_deleted_when_their_time_is_over(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_outputs outputs;
    bool is = false, same = false;
    sx_store_film back = { .sop_uid = "1.2.3.9", .study_uid = "1.2.3" };
    settings.keep.results_days = 90;
    assert_int_equal(sweep(91 * day).results, 0);
    assert_int_equal(sweep(91 * day + 1).results, 1);
    CHECK_OK(sx_store_list_outputs(db, "1.2.3", 1, &outputs, &err), err);
    assert_int_equal(outputs.count, 1);
    assert_int_equal(outputs.items[0].n, 0);
    sx_store_outputs_free(&outputs);
    CHECK_OK(sx_store_is_output(db, &back, &is, &same, &err), err);
    assert_true(is && same); /* it is still recognised when it comes back */
    assert_int_equal(number("SELECT COUNT(*) FROM prediction"), 0);
    assert_int_equal(sweep(92 * day).results, 0);
}

static void zero_days_are_for_ever(void **state) {
    (void)state;
    settings.keep.films_days = 0;
    assert_int_equal(sweep(100000 * day).films, 0);
    assert_true(sx_path_exists(below("films/ab/one.dcm")));
}

static void nothing_is_deleted_that_did_not_arrive(void **state) {
    (void)state;
    static const char *const changes[] = {
        "UPDATE job SET state = 'dead' WHERE destination = 'web'",
        "UPDATE job SET state = 'dropped' WHERE destination = 'web'",
        "UPDATE job SET state = 'waiting' WHERE kind = 'confirm'",
        "UPDATE job SET state = 'leased' WHERE kind = 'send'",
        "UPDATE job SET state = 'ready' WHERE kind = 'build'",
        "UPDATE job SET state = 'dead' WHERE kind = 'predict'",
        "UPDATE study SET state = 'open'",
        "UPDATE study SET state = 'dead'",
        "UPDATE instance SET state = 'new'",
    };
    settings.keep.results_days = 30;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (i) {
            finish(NULL);
            start_anew(NULL);
            settings.keep.results_days = 30;
        }
        run(changes[i]);
        const sx_retained r = sweep(1000 * day);
        if (r.films || (r.results && i < 8)) fail_msg("deleted after: %s", changes[i]);
        assert_true(sx_path_exists(below("films/ab/one.dcm")));
    }
}

/* UID 1.2.3 is no beginning of study 1.2.34. */
static void other_studies_do_not_matter(void **state) {
    (void)state;
    run("INSERT INTO job (kind, key, destination, state, made, not_before) VALUES"
        " ('send', '1.2.34/1', 'pacs', 'dead', 1, 1)");
    assert_int_equal(sweep(1000 * day).films, 1);
}

/* The program ended between the commit and the removal. */
static void a_file_that_was_left_is_removed_later(void **state) {
    (void)state;
    run("UPDATE instance SET state = 'deleted'");
    assert_int_equal(sweep(2 * day).films, 0);
    assert_false(sx_path_exists(below("films/ab/one.dcm")));
    assert_int_equal(number("SELECT removed FROM instance"), 1);
    put_file("films/ab/one.dcm"); /* the name is not looked at again */
    sweep(3 * day);
    assert_true(sx_path_exists(below("films/ab/one.dcm")));
}

/* Of a UID that was stored with other contents. */
static void second_films_are_deleted_when_their_time_is_over(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(below("quarantine"), &err), err);
    put_file("quarantine/a.dcm");
    put_file("quarantine/b.dcm");
    run("INSERT INTO event (at, kind, study_uid, sop_uid, detail) VALUES"
        " (86400000, 'conflict', '1.2.3', '1.2.3.1', 'quarantine/a.dcm'),"
        " (86400000, 'conflict', '1.2.3', '1.2.3.2', 'quarantine/b.dcm'),"
        " (172800000, 'conflict', '1.2.3', '1.2.3.2', 'quarantine/b.dcm')");
    assert_int_equal(sweep(1000 * day).seconds, 0); /* never */
    settings.keep.quarantine_days = 30;
    assert_int_equal(sweep(31 * day).seconds, 0);
    assert_int_equal(sweep(31 * day + 1).seconds, 1);
    assert_false(sx_path_exists(below("quarantine/a.dcm")));
    assert_true(sx_path_exists(below("quarantine/b.dcm"))); /* it came again */
    assert_int_equal(number("SELECT COUNT(*) FROM event WHERE kind = 'conflict deleted'"
                            " AND sop_uid = '1.2.3.1' AND detail = 'quarantine/a.dcm'"),
                     1);
    assert_int_equal(sweep(31 * day + 2).seconds, 0);
    /* the same one comes after that */
    put_file("quarantine/a.dcm");
    run("INSERT INTO event (at, kind, study_uid, sop_uid, detail) VALUES"
        " (3024000000, 'conflict', '1.2.3', '1.2.3.1', 'quarantine/a.dcm')");
    assert_int_equal(sweep(40 * day).seconds, 1); /* the other one */
    assert_true(sx_path_exists(below("quarantine/a.dcm")));
    assert_int_equal(sweep(66 * day).seconds, 1);
    assert_false(sx_path_exists(below("quarantine/a.dcm")));
}

/* ---- the disk ---- */

static sx_disk_space look(void) {
    sx_error err = { 0 };
    sx_disk_space s;
    CHECK_OK(sx_disk_look(&settings, folder, &s, &err), err);
    return s;
}

static void a_full_disk_is_seen(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_disk_space s;
    settings.keep.full_percent = 99;
    settings.keep.full_gb = 0;
    s = look();
    assert_true(s.free > 0 && s.size >= s.free);
    settings.keep.full_gb = (int)(s.free >> 30) + 2;
    assert_int_equal(look().state, SX_DISK_FULL); /* but far from critical */
    CHECK_FAILS(sx_disk_look(&settings, below("none"), &s, &err), err, SX_ERR_IO, "none");
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, start_anew, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(films_are_deleted_when_their_time_is_over),
        FRESH(results_are_deleted_when_their_time_is_over),
        FRESH(zero_days_are_for_ever),
        FRESH(nothing_is_deleted_that_did_not_arrive),
        FRESH(other_studies_do_not_matter),
        FRESH(a_file_that_was_left_is_removed_later),
        FRESH(second_films_are_deleted_when_their_time_is_over),
        FRESH(a_full_disk_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
