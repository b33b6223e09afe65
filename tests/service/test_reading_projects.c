/* Projects of the reading room: labels, import of films, assignment. On SQLite, and on the
 * PostgreSQL server that STORE names. */
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "service/access/accounts.h"
#include "service/fresh_store.h"
#include "service/reading_room.h"

static sx_db *db;
static const char *folder; /* three studies of two films */

static int open_store(void **state) {
    static int count;
    char name[40], where[600];
    (void)state;
    snprintf(name, sizeof name, "projects%d.sqlite", count);
    db = fresh_store(check_tmp_path(name), where, sizeof where);
    snprintf(name, sizeof name, "set%d", count++);
    folder = room_data_set(name, 3);
    return 0;
}

static int close_store(void **state) {
    (void)state;
    sx_db_close(db);
    return 0;
}

/* ---- projects and labels ---- */

static void a_project_has_the_13_categories(void **state) {
    (void)state;
    room_project(db, folder);
    assert_int_equal(room_number(db, "SELECT COUNT(*) FROM reading_label WHERE kind = 'box'"), 13);
    assert_int_equal(room_number(db, "SELECT COUNT(DISTINCT code) FROM reading_label"), 13);
    assert_int_equal(room_number(db, "SELECT COUNT(DISTINCT color) FROM reading_label"), 13);
    assert_int_equal(room_number(db, "SELECT ord FROM reading_label WHERE code = 'Digit7'"), 7);
}

static void labels_are_retired_not_deleted(void **state) {
    (void)state;
    sx_error err = { 0 };
    int64_t id;
    const sx_reading_project p = room_project(db, folder);
    const sx_reading_label level = { "level", "L1", "#00ff00", "", "[\"lumbar\"]", 20 };
    CHECK_OK(sx_reading_label_add(db, p.id, &level, &id, &err), err);
    CHECK_FAILS(sx_reading_label_add(db, p.id, &level, &id, &err), err, SX_ERR_MISMATCH,
                "level label L1 already");
    const sx_reading_label wrong[] = { { "mask", "a", "#000000", "", "[]", 1 },
                                       { "box", "", "#000000", "", "[]", 1 },
                                       { "box", "a", "red", "", "[]", 1 } };
    for (size_t i = 0; i < 3; i++)
        CHECK_FAILS(sx_reading_label_add(db, p.id, &wrong[i], &id, &err), err, SX_ERR_VALUE,
                    "label");
    CHECK_OK(sx_reading_label_retire(db, p.id, "box", "Ankylosis", true, &err), err);
    assert_int_equal(room_number(db, "SELECT COUNT(*) FROM reading_label WHERE retired = 1"), 1);
    CHECK_FAILS(sx_reading_label_retire(db, p.id, "box", "Nothing", true, &err), err,
                SX_ERR_MISSING, "no box label Nothing");
}

static void wrong_projects_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    int64_t id;
    const sx_reading_project good = { .key = "a", .name = "A", .readers = 1, .prelabels = "none" };
    sx_reading_project p = good;
    snprintf(p.key, sizeof p.key, "A B");
    CHECK_FAILS(sx_reading_project_add(db, &p, "", &id, &err), err, SX_ERR_VALUE, "the key");
    p = good;
    p.readers = 0;
    CHECK_FAILS(sx_reading_project_add(db, &p, "", &id, &err), err, SX_ERR_VALUE, "readers");
    p = good;
    snprintf(p.prelabels, sizeof p.prelabels, "always");
    CHECK_FAILS(sx_reading_project_add(db, &p, "", &id, &err), err, SX_ERR_VALUE, "prelabels");
    CHECK_FAILS(sx_reading_project_add(db, &good, "\xff", &id, &err), err, SX_ERR_VALUE, "UTF-8");
    CHECK_OK(sx_reading_project_add(db, &good, "", &id, &err), err);
    CHECK_FAILS(sx_reading_project_add(db, &good, "", &id, &err), err, SX_ERR_MISMATCH,
                "a project a already");
    CHECK_FAILS(sx_reading_project_find(db, "b", &p, &err), err, SX_ERR_MISSING, "b: there is no");
}

/* ---- import ---- */

static sx_reading_import_counts import_again(const sx_reading_project *p, sx_error *err, bool *ok) {
    sx_manifest m;
    sx_reading_import_counts counts = { 0 };
    *ok = sx_manifest_open(folder, NULL, &m, err) &&
          sx_reading_import(db, p, &m, &(sx_reading_import_options){ 0 }, &counts, err);
    sx_manifest_free(&m);
    return counts;
}

static void films_are_imported_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    bool ok;
    const sx_reading_project p = room_project(db, folder);
    assert_int_equal(room_number(db, "SELECT COUNT(*) FROM reading_film WHERE width = 60"
                                     " AND height = 80"),
                     6);
    assert_int_equal(room_number(db, "SELECT COUNT(DISTINCT sha256) FROM reading_film"), 6);
    assert_int_equal(room_number(db, "SELECT COUNT(*) FROM reading_study WHERE split = 'test'"), 1);
    const sx_reading_import_counts again = import_again(&p, &err, &ok);
    CHECK_OK(ok, err);
    assert_int_equal(again.known, 6);
    assert_int_equal(again.films + again.studies, 0);
}

static void a_film_that_was_replaced_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file a;
    char from[700], to[700];
    bool ok;
    const sx_reading_project p = room_project(db, folder);
    snprintf(from, sizeof from, "%s/s0a.png", folder);
    snprintf(to, sizeof to, "%s/s1a.png", folder);
    CHECK_OK(sx_file_open(&a, from, &err) && sx_write_file(to, a.data, a.size, &err), err);
    sx_file_close(&a);
    import_again(&p, &err, &ok);
    assert_false(ok);
    check_error(&err, SX_ERR_MISMATCH, "s1a.png: the project has a film s1a with other bytes");
}

static void films_without_files_are_counted(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_project p = { .key = "b", .name = "B", .readers = 1, .prelabels = "none" };
    char path[700];
    bool ok;
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/s%d%c.png", folder, i / 2, "ab"[i % 2]);
        if (i != 2) assert_int_equal(remove(path), 0);
    }
    CHECK_OK(sx_reading_project_add(db, &p, "", &p.id, &err), err);
    const sx_reading_import_counts counts = import_again(&p, &err, &ok);
    CHECK_OK(ok, err);
    assert_int_equal(counts.films, 1);
    assert_int_equal(counts.without_file, 5);
    snprintf(path, sizeof path, "%s/s1a.png", folder);
    CHECK_OK(sx_write_file(path, "no film", 7, &err), err);
    import_again(&p, &err, &ok);
    assert_false(ok);
    assert_non_null(strstr(err.message, "s1a.png"));
    assert_int_equal(remove(path), 0);
    import_again(&p, &err, &ok);
    assert_false(ok);
    check_error(&err, SX_ERR_MISSING, "no film of the data set has a file");
}

/* ---- assignment ---- */

static void each_study_gets_its_readers(void **state) {
    (void)state;
    const sx_reading_project p = room_project(db, folder);
    room_person(db, "ann", SX_ROLE_READER);
    room_person(db, "ben", SX_ROLE_READER);
    room_person(db, "cho", SX_ROLE_READER);
    const sx_reading_assigned out = room_assign(db, &p, "ann ben cho");
    assert_int_equal(out.tasks, 6);
    assert_int_equal(room_number(db, "SELECT MIN(n) FROM (SELECT COUNT(*) AS n FROM reading_task"
                                     " GROUP BY study) AS x"),
                     2);
    assert_int_equal(room_number(db, "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM reading_task"
                                     " GROUP BY reader) AS x"),
                     2);
    /* those who have a task keep it */
    assert_int_equal(room_assign(db, &p, "ann ben cho").tasks, 0);
}

static void the_seed_decides(void **state) {
    (void)state;
    sx_error err = { 0 };
    int64_t sums[3];
    const int64_t seeds[3] = { 1, 1, 2 };
    room_person(db, "ann", SX_ROLE_READER);
    room_person(db, "ben", SX_ROLE_READER);
    char other[700];
    snprintf(other, sizeof other, "%s", room_data_set("eight", 8));
    for (int i = 0; i < 3; i++) {
        sx_reading_project p = {
            .name = "P", .readers = 2, .random_order = true, .prelabels = "none", .seed = seeds[i]
        };
        char sql[300];
        snprintf(p.key, sizeof p.key, "p%d", i);
        p = room_project_as(db, other, &p);
        room_assign(db, &p, "ann ben");
        snprintf(sql, sizeof sql,
                 "SELECT SUM(t.seq * t.seq * s.ord) FROM reading_task t JOIN reading_study s"
                 " ON s.id = t.study JOIN account a ON a.id = t.reader WHERE a.login = 'ann'"
                 " AND t.project = %d",
                 (int)p.id);
        sums[i] = room_number(db, sql);
    }
    (void)err;
    assert_int_equal(sums[0], sums[1]);
    assert_int_not_equal(sums[0], sums[2]);
}

static void some_tasks_come_twice_or_without_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_assigned out;
    const char *readers[] = { "ann" };
    room_person(db, "ann", SX_ROLE_READER);
    sx_reading_project p = { .key = "p", .name = "P", .readers = 1, .prelabels = "before" };
    p = room_project_as(db, room_data_set("forty", 40), &p);
    const sx_reading_assignment a = { .readers = readers,
                                      .reader_count = 1,
                                      .round = 1,
                                      .control = 0.5,
                                      .rereading = 0.1,
                                      .now = 1 };
    CHECK_OK(sx_reading_assign(db, &p, &a, &out, &err), err);
    assert_int_equal(out.tasks, 44);
    assert_int_equal(out.repeats, 4);
    assert_true(out.control > 8 && out.control < 36);
    assert_int_equal(room_number(db, "SELECT COUNT(*) FROM reading_task WHERE split = 'test'"
                                     " AND prelabels <> 'none'"),
                     0);
    assert_int_equal(room_number(db, "SELECT MIN(seq) FROM reading_task WHERE repeat = 1"), 41);
}

static void the_database_refuses_boxes_of_networks_in_a_test_set(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_reading_project p = room_project(db, folder);
    room_person(db, "ann", SX_ROLE_READER);
    room_person(db, "ben", SX_ROLE_READER);
    room_assign(db, &p, "ann ben");
    CHECK_FAILS(sx_db_run(db, "UPDATE reading_task SET prelabels = 'before' WHERE split = 'test'",
                          NULL, 0, &err),
                err, SX_ERR_MISMATCH, "");
    /* nor can the task pretend to be of another split, or the study change its own */
    CHECK_FAILS(sx_db_run(db, "UPDATE reading_task SET split = 'train' WHERE split = 'test'", NULL,
                          0, &err),
                err, SX_ERR_MISMATCH, "");
    CHECK_FAILS(sx_db_run(db, "UPDATE reading_study SET split = 'train' WHERE split = 'test'", NULL,
                          0, &err),
                err, SX_ERR_MISMATCH, "");
}

static void wrong_assignments_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_assigned out;
    const sx_reading_project p = room_project(db, folder);
    room_person(db, "ann", SX_ROLE_READER);
    room_person(db, "jo", SX_ROLE_ADJUDICATOR);
    const char *ann[] = { "ann", "ann" }, *jo[] = { "jo" };
    sx_reading_assignment a = { .readers = ann, .reader_count = 1, .round = 1 };
    CHECK_FAILS(sx_reading_assign(db, &p, &a, &out, &err), err, SX_ERR_VALUE,
                "a study needs 2 readers, and there is 1");
    a.reader_count = 2;
    CHECK_FAILS(sx_reading_assign(db, &p, &a, &out, &err), err, SX_ERR_VALUE, "named twice");
    a.readers = jo;
    a.reader_count = 1;
    CHECK_FAILS(sx_reading_assign(db, &p, &a, &out, &err), err, SX_ERR_MISSING,
                "jo: there is no such active reader");
    a.reader_count = 0;
    CHECK_FAILS(sx_reading_assign(db, &p, &a, &out, &err), err, SX_ERR_VALUE, "1 to 200 readers");
    a.reader_count = 1;
    a.control = 1.5;
    CHECK_FAILS(sx_reading_assign(db, &p, &a, &out, &err), err, SX_ERR_VALUE, "shares");
    assert_int_equal(room_number(db, "SELECT COUNT(*) FROM reading_task"), 0);
}

/* ---- the audit log ---- */

static void notes_name_people_as_far_as_there_is_room(void **state) {
    (void)state;
    static const char *const two[] = { "ann", "ben" };
    char note[SX_READING_NOTE], longest[SX_LOGIN];
    const char *many[200];
    sx_reading_note(note, 1, 3, two, 1);
    assert_string_equal(note, "1 new task of round 3: ann");
    sx_reading_note(note, 0, 1, two, 2);
    assert_string_equal(note, "0 new tasks of round 1: ann, ben");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (int i = 0; i < 200; i++)
        many[i] = longest;
    sx_reading_note(note, 400, 100, many, 200);
    assert_non_null(strstr(note, ", xxx"));
    assert_string_equal(note + strlen(note) - 16, "x and 195 others");
    int named = 0, counted = 0;
    for (size_t n = 0; n < sizeof longest - 1; n++) { /* the last one has room or has none */
        many[5] = longest + n;
        sx_reading_note(note, 400, 100, many, 6);
        if (sx_ends_with(note, "x and 1 other"))
            counted++;
        else if (strlen(note) == strlen("400 new tasks of round 100: , , , , , ") + 5 * 64 + 64 - n)
            named++;
    }
    assert_true(counted > 0 && named > 0);
    assert_int_equal(counted + named, 64);
}

#define STORED(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORED(a_project_has_the_13_categories),
        STORED(labels_are_retired_not_deleted),
        STORED(wrong_projects_are_refused),
        STORED(films_are_imported_once),
        STORED(a_film_that_was_replaced_is_refused),
        STORED(films_without_files_are_counted),
        STORED(each_study_gets_its_readers),
        STORED(the_seed_decides),
        STORED(some_tasks_come_twice_or_without_boxes),
        STORED(the_database_refuses_boxes_of_networks_in_a_test_set),
        STORED(wrong_assignments_are_refused),
        cmocka_unit_test(notes_name_people_as_far_as_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
