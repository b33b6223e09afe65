/* Films that readers do not get until the manager has released them, and studies that the node
 * received: neither shows a reader who the patient is. On SQLite, and on the PostgreSQL server that
 * STORE names. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/write.h"
#include "image/png.h"
#include "service/reading/reading_received.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"
#include "support/plain_film.h"

enum { WIDTH = DRAWN_WIDTH, HEIGHT = DRAWN_HEIGHT, CELLS = WIDTH * HEIGHT };

static const char *max;

static int start(void **state) {
    page_start(state);
    max = page_session("max");
    return 0;
}

/* ---- films ---- */

static void write_picture(const char *path) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_image_new(&im, WIDTH, HEIGHT, 1, 8, &err), err);
    for (int i = 0; i < CELLS; i++)
        sx_image_u8(&im)[i] = (uint8_t)drawn_cells[i];
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, path, &err), err);
    sx_image_free(&im);
}

/* A data set of one more film of a study. */
static bool try_import_one(const char *name, const char *study, sx_reading_import_counts *counts,
                           sx_error *err_out) {
    char folder[600], path[700], csv[400];
    sx_error err = { 0 };
    sx_manifest m;
    snprintf(folder, sizeof folder, "%s/set-%s", check_tmp(), name);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    write_picture(path);
    const int n = snprintf(csv, sizeof csv,
                           "image_id,study_id,patient_id,lesion_type,xmin,ymin,xmax,ymax,split\n"
                           "%s,%s,p0,No finding,,,,,train\n",
                           name, study);
    snprintf(path, sizeof path, "%s/annotations.csv", folder);
    CHECK_OK(sx_write_file(path, csv, (size_t)n, &err), err);
    CHECK_OK(sx_manifest_open(folder, NULL, &m, &err), err);
    const bool ok = sx_reading_import(web_db, &page_project, &m, &(sx_reading_import_options){ 0 },
                                      counts, err_out);
    sx_manifest_free(&m);
    return ok;
}

static sx_reading_import_counts import_one(const char *name, const char *study) {
    sx_error err = { 0 };
    sx_reading_import_counts counts;
    CHECK_OK(try_import_one(name, study, &counts, &err), err);
    return counts;
}

static int64_t film_id(const char *image_id) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT id FROM reading_film WHERE image_id = '%s'", image_id);
    return room_number(web_db, sql);
}

/* A film with text, held; its id. */
static int64_t hold_one(const char *name) {
    drawn_slope();
    drawn_text("NGUYEN VAN AN 1954", 250);
    const sx_reading_import_counts n = import_one(name, "s0");
    assert_int_equal(n.films, 1);
    assert_int_equal(n.held, 1);
    return film_id(name);
}

static const char *film_path(int64_t film) {
    static char path[80];
    snprintf(path, sizeof path, "/api/reading/films/%" PRId64, film);
    return path;
}

static const char *held_path(int64_t film) {
    static char path[100];
    snprintf(path, sizeof path, "/api/reading/projects/spine/held/%" PRId64, film);
    return path;
}

static void complete_first(const char *login) {
    const char *headers = page_session(login);
    const int64_t task = page_task_of(login, "s0");
    char body[600];
    snprintf(body, sizeof body,
             "{\"client\":\"page-%s-1\",\"base_rev\":0,\"ops\":[{\"seq\":1,\"kind\":\"verdict\","
             "\"at\":1,\"film\":%" PRId64 ",\"body\":{\"verdict\":\"normal\"}},{\"seq\":2,"
             "\"kind\":\"verdict\",\"at\":1,\"film\":%" PRId64
             ",\"body\":{\"verdict\":\"normal\"}}]}",
             login, film_id("s0a"), film_id("s0b"));
    page_expect("POST", page_path(task, "ops"), headers, body, 200, "rev");
    page_expect("POST", page_path(task, "complete"), headers, NULL, 200, "done");
}

/* ---- what is held ---- */

static void text_in_the_pixels_holds_a_film(void **state) {
    (void)state;
    const char *ann = page_session("ann");
    const int64_t film = hold_one("s0c");
    page_expect("GET", film_path(film), ann, NULL, 404, "no such film");
    page_expect("GET", film_path(film), max, NULL, 200, "\"width\":400");
    page_expect("GET", "/api/reading/projects/spine/held", max, NULL, 200, "likely text at x ");
    page_expect("GET", "/api/reading/projects/spine/held", max, NULL, 200, "(upper edge)");
    page_expect("GET", "/api/reading/projects", max, NULL, 200, "\"held\":1");
    /* the same film without text, and with a side marker */
    drawn_slope();
    assert_int_equal(import_one("s0d", "s0").held, 0);
    drawn_text("L", 250);
    assert_int_equal(import_one("s0e", "s0").held, 0);
}

static void the_header_holds_a_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    char path[700];
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_manifest m = { 0 };
    sx_reading_import_counts counts;
    drawn_slope();
    const sx_write_film f = plain_film(drawn_cells, WIDTH, HEIGHT);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    /* our films say NO */
    static const uint8_t no[] = { 0x28, 0, 0x01, 0x03, 'C', 'S', 2, 0, 'N', 'O' };
    uint8_t *at = memmem(bytes, n, no, sizeof no);
    assert_non_null(at);
    snprintf(path, sizeof path, "%s/burned.dcm", check_tmp());
    for (int burned = 0; burned < 2; burned++) {
        char id[20];
        snprintf(id, sizeof id, "burned%d", burned);
        if (burned) memcpy(at + 8, "Y ", 2); /* no word of the standard, and not NO */
        CHECK_OK(sx_write_file(path, bytes, n, &err), err);
        m.films = &(
            sx_manifest_film){ .id = id, .path = path, .study = id, .series = "", .patient = "p9" };
        m.film_count = 1;
        CHECK_OK(sx_reading_import(web_db, &page_project, &m, &(sx_reading_import_options){ 0 },
                                   &counts, &err),
                 err);
        assert_int_equal(counts.held, burned);
    }
    page_expect("GET", "/api/reading/projects/spine/held", max, NULL, 200,
                "\"why\":\"BurnedInAnnotation is Y\"");
    free(bytes);
}

static void a_film_that_cannot_be_shown_is_not_imported(void **state) {
    (void)state;
    sx_error err = { 0 };
    char path[700];
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_reading_import_counts counts;
    drawn_slope();
    const sx_write_film f = plain_film(drawn_cells, WIDTH, HEIGHT);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    snprintf(path, sizeof path, "%s/short.dcm", check_tmp());
    CHECK_OK(sx_write_file(path, bytes, n - CELLS, &err), err);
    sx_manifest m = { .films = &(sx_manifest_film){ .id = "short",
                                                    .path = path,
                                                    .study = "",
                                                    .series = "",
                                                    .patient = "" },
                      .film_count = 1 };
    CHECK_FAILS(sx_reading_import(web_db, &page_project, &m, &(sx_reading_import_options){ 0 },
                                  &counts, &err),
                err, SX_ERR_FORMAT, "short.dcm");
    free(bytes);
}

/* ---- decisions ---- */

static void a_released_film_is_read(void **state) {
    (void)state;
    const int64_t film = hold_one("s0c");
    complete_first("ann");
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 200, "\"films\":[]");
    const char *ann = page_session("ann");
    page_expect("GET", film_path(film), ann, NULL, 200, "\"width\":400");
    /* her study is to be completed, and his is as it was */
    page_expect("GET", page_path(page_task_of("ann", "s0"), ""), ann, NULL, 200,
                "\"returned\":\"The study has one more film.\"");
    page_expect("POST", page_path(page_task_of("ann", "s0"), "complete"), ann, NULL, 409,
                "1 film has no verdict");
    page_expect("GET", page_path(page_task_of("ben", "s0"), ""), page_session("ben"), NULL, 200,
                "\"state\":\"new\"");
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 404,
                "holds no such film");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM audit WHERE action ="
                                         " 'reading release' AND who = 'max'"),
                     1);
}

static void a_locked_study_gets_no_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    const int64_t film = hold_one("s0c");
    CHECK_OK(sx_db_run(web_db, "UPDATE reading_task SET state = 'locked'", NULL, 0, &err), err);
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 409, "locked");
    page_expect("GET", film_path(film), page_session("ann"), NULL, 404, "");
}

/* ---- films that arrive later ---- */

static void a_late_film_reopens_its_study(void **state) {
    (void)state;
    complete_first("ann");
    complete_first("ben");
    drawn_slope();
    const sx_reading_import_counts n = import_one("s0c", "s0");
    assert_int_equal(n.films, 1);
    assert_int_equal(n.held + n.studies, 0);
    assert_int_equal(n.returned, 2);
    static const char *const readers[] = { "ann", "ben" };
    for (int i = 0; i < 2; i++) {
        const char *reader = page_session(readers[i]);
        const int64_t task = page_task_of(readers[i], "s0");
        page_expect("GET", page_path(task, ""), reader, NULL, 200,
                    "\"returned\":\"The study has one more film.\"");
        page_expect("POST", page_path(task, "complete"), reader, NULL, 409,
                    "1 film has no verdict");
    }
    /* other studies are as they were */
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_task WHERE state ="
                                         " 'returned'"),
                     2);
    assert_int_equal(import_one("s0c", "s0").returned, 0);
    assert_int_equal(import_one("s9a", "s9").returned, 0);
}

/* A reader who completes a task while the film is imported: a second connection. */
typedef struct other_reader {
    const char *state; /* of ann's task of s0 when the transaction ends */
    int64_t task;
    atomic_bool in, imported; /* it has the task; the import is over */
    bool waited, ok;          /* the import waited for it */
} other_reader;

static bool import_waits(sx_db *db) {
    int64_t n = 0;
    bool found;
    sx_error err = { 0 };
    return sx_db_query_int(db, "SELECT COUNT(*) FROM pg_locks WHERE NOT granted", NULL, 0, &n,
                           &found, &err) &&
           n > 0;
}

static void *complete_meanwhile(void *user) {
    other_reader *o = user;
    sx_error err = { 0 };
    const sx_db_value values[] = { sx_db_text(o->state), sx_db_int(o->task) };
    sx_db *db = sx_db_open(web_store(), &err);
    o->ok = db && sx_db_begin(db, &err) &&
            sx_db_run(db, "UPDATE reading_task SET state = ? WHERE id = ?", values, 2, &err);
    o->in = true;
    /* with SQLite the import waits to begin, which nothing here can see */
    while (o->ok && sx_db_kind_of(db) == SX_DB_POSTGRES && !o->waited && !o->imported) {
        o->waited = import_waits(db);
        usleep(2000);
    }
    o->ok = o->ok && sx_db_commit(db, &err);
    sx_db_close(db);
    return NULL;
}

static bool import_meanwhile(const char *state, other_reader *o, sx_reading_import_counts *counts,
                             sx_error *why) {
    pthread_t thread;
    *o = (other_reader){ .state = state, .task = page_task_of("ann", "s0") };
    drawn_slope();
    assert_int_equal(pthread_create(&thread, NULL, complete_meanwhile, o), 0);
    while (!o->in)
        usleep(1000);
    const bool ok = try_import_one("s0c", "s0", counts, why);
    o->imported = true;
    pthread_join(thread, NULL);
    assert_true(o->ok);
    return ok;
}

static void a_task_that_is_completed_during_the_import_is_returned(void **state) {
    (void)state;
    other_reader o;
    sx_error err = { 0 };
    sx_reading_import_counts n;
    CHECK_OK(import_meanwhile("done", &o, &n, &err), err);
    assert_true(o.waited || sx_db_kind_of(web_db) == SX_DB_SQLITE);
    assert_int_equal(n.returned, 1);
    page_expect("GET", page_path(o.task, ""), page_session("ann"), NULL, 200,
                "\"returned\":\"The study has one more film.\"");
}

static void a_task_that_is_locked_during_the_import_refuses_the_film(void **state) {
    (void)state;
    other_reader o;
    sx_error err = { 0 };
    sx_reading_import_counts n;
    CHECK_FAILS(import_meanwhile("locked", &o, &n, &err), err, SX_ERR_MISMATCH,
                "s0c.png: the film's study was read in a round that is locked");
    assert_true(o.waited || sx_db_kind_of(web_db) == SX_DB_SQLITE);
}

/* One that is held changes nothing until it is released. */
static void a_late_film_that_is_held_reopens_nothing(void **state) {
    (void)state;
    complete_first("ann");
    (void)hold_one("s0c");
    page_expect("GET", page_path(page_task_of("ann", "s0"), ""), page_session("ann"), NULL, 200,
                "\"state\":\"done\"");
}

static void count_left_out(void *user, const sx_error *why) {
    if (!strstr(why->message, "s0c.png: the film's study was read in a round that is locked"))
        fail_msg("%s", why->message);
    ++*(int *)user;
}

/* Imports the films s0c and s1c, or the first alone; *left_out: how many were. */
static bool import_late(bool both, int *left_out, sx_reading_import_counts *counts,
                        sx_error *err_out) {
    char folder[600], path[700];
    sx_error err = { 0 };
    sx_manifest m;
    static const char csv[] = "image_id,study_id,patient_id,lesion_type,xmin,ymin,xmax,ymax,split\n"
                              "s0c,s0,p0,No finding,,,,,train\ns1c,s1,p0,No finding,,,,,train\n";
    const sx_reading_import_options o = { .locked = count_left_out, .locked_user = left_out };
    *left_out = 0;
    snprintf(folder, sizeof folder, "%s/late-%d", check_tmp(), both);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/s%dc.png", folder, i);
        write_picture(path);
    }
    snprintf(path, sizeof path, "%s/annotations.csv", folder);
    const size_t n = both ? sizeof csv - 1 : (size_t)(strstr(csv, "s1c") - csv);
    CHECK_OK(sx_write_file(path, csv, n, &err), err);
    CHECK_OK(sx_manifest_open(folder, NULL, &m, &err), err);
    const bool ok = sx_reading_import(web_db, &page_project, &m, &o, counts, err_out);
    sx_manifest_free(&m);
    return ok;
}

static void a_locked_study_gets_no_late_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_import_counts counts;
    drawn_slope();
    CHECK_OK(sx_db_run(web_db,
                       "UPDATE reading_task SET state = 'locked' WHERE study ="
                       " (SELECT study FROM reading_film WHERE image_id = 's0a')",
                       NULL, 0, &err),
             err);
    CHECK_FAILS(try_import_one("s0c", "s0", &counts, &err), err, SX_ERR_MISMATCH,
                "s0c.png: the film's study was read in a round that is locked");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_film"), 6);
    err = (sx_error){ 0 };
    CHECK_OK(try_import_one("s1d", "s1", &counts, &err), err);
    /* the others of an import that is told of such films */
    int left_out;
    CHECK_FAILS(import_late(false, &left_out, &counts, &err), err, SX_ERR_MISMATCH,
                "s0c.png: the film's study was read in a round that is locked");
    assert_int_equal(left_out, 0);
    err = (sx_error){ 0 };
    CHECK_OK(import_late(true, &left_out, &counts, &err), err);
    assert_int_equal(left_out, 1);
    assert_int_equal(counts.locked, 1);
    assert_int_equal(counts.films, 1);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_film"), 8);
}

static void a_rejected_film_stays_held(void **state) {
    (void)state;
    const int64_t film = hold_one("s0c");
    page_expect("POST", held_path(film), max, "{\"decision\":\"reject\"}", 400, "reason");
    page_expect("POST", held_path(film), max, "{\"decision\":\"reject\",\"reason\":\" \"}", 400,
                "reason");
    page_expect("POST", held_path(film), max, "{\"decision\":\"keep\"}", 400, "decision");
    page_expect("POST", held_path(film), max, "{\"decision\":\"reject\",\"reason\":\"a name\"}",
                200, "\"rejected\":\"a name\"");
    page_expect("GET", "/api/reading/projects", max, NULL, 200, "\"held\":0");
    page_expect("GET", film_path(film), page_session("ann"), NULL, 404, "");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM audit WHERE action ="
                                         " 'reading reject' AND detail = 'a name'"),
                     1);
    /* a mistake is put right */
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 200, "\"films\":[]");
    page_expect("GET", film_path(film), page_session("ann"), NULL, 200, "");
}

static void only_held_films_of_the_project_are_decided_on(void **state) {
    (void)state;
    sx_error err = { 0 };
    const int64_t film = hold_one("s0c");
    sx_reading_project other = { .key = "other", .name = "O", .readers = 1, .prelabels = "none" };
    CHECK_OK(
        sx_db_begin(web_db, &err) &&
            sx_db_end(web_db, sx_reading_project_add(web_db, &other, "", &other.id, &err), &err),
        err);
    char path[100];
    snprintf(path, sizeof path, "/api/reading/projects/other/held/%" PRId64, film);
    page_expect("POST", path, max, "{\"decision\":\"release\"}", 404, "holds no such film");
    page_expect("POST", held_path(film_id("s0a")), max, "{\"decision\":\"release\"}", 404,
                "holds no such film");
    page_expect("POST", held_path(999999), max, "{\"decision\":\"release\"}", 404,
                "holds no such film");
}

/* ---- what the node received ---- */

static const char *const secrets[] = { "ZIEGLER",     "QUINTUS",  "KH-480119",   "19480119",
                                       "1.2.276.0.7", "received", "LUMBAR-ROOM", NULL };

static sx_reading_received_counts import_received(const char *const *studies, size_t count) {
    sx_error err = { 0 };
    sx_reading_received_counts n;
    const sx_reading_received what = { .studies = studies, .study_count = count };
    const sx_reading_import_options o = { .folder = check_tmp() };
    CHECK_OK(sx_reading_import_received(web_db, &page_project, &what, &o, &n, &err), err);
    return n;
}

static bool holds(const web_answer *a, const char *text) {
    const size_t n = a->n + (size_t)(a->body - a->text);
    return memmem(a->text, n, text, strlen(text)) != NULL;
}

/* The whole answer, head and body, names nobody. */
static void expect_no_secret(const char *headers, const char *target, int status) {
    web_answer a = web_call(web_port, "GET", target, headers, NULL);
    if (a.status != status) fail_msg("%s: %s", target, a.text);
    for (size_t i = 0; secrets[i]; i++)
        if (holds(&a, secrets[i])) fail_msg("%s has %s: %s", target, secrets[i], a.text);
    web_free(&a);
}

static void expect_nothing_of_film(const char *headers, int64_t film, int status) {
    static const char *const parts[] = { "", "/pixels/1", "/pixels/4", "/pixels/8", "/pixels/2" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char target[120];
        snprintf(target, sizeof target, "%s%s", film_path(film), parts[i]);
        expect_no_secret(headers, target, i == 4 ? 404 : status);
    }
}

static void expect_nothing_of_task(const char *headers, int64_t task) {
    static const char *const parts[] = { "", "ops", "comments", "prelabels" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        expect_no_secret(headers, page_path(task, parts[i]), i == 3 ? 403 : 200);
    for (int i = 0; i < room_number(web_db, "SELECT MAX(id) FROM reading_film"); i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT COUNT(*) FROM reading_film f JOIN reading_task t ON t.study = f.study"
                 " WHERE t.id = %" PRId64 " AND f.id = %d AND f.held = ''",
                 task, i + 1);
        if (room_number(web_db, sql)) expect_nothing_of_film(headers, i + 1, 200);
    }
}

static void a_reader_does_not_learn_who_the_patient_is(void **state) {
    (void)state;
    const char *ann = page_session("ann");
    receive_film(web_db, 1, false);
    receive_film(web_db, 2, false);
    receive_film(web_db, 2, true);
    const sx_reading_received_counts n = import_received(NULL, 0);
    assert_int_equal(n.refused, 0);
    assert_int_equal(n.films.films, 3);
    assert_int_equal(n.films.studies, 2);
    assert_int_equal(n.films.held, 1);
    assert_int_equal(n.films.prepared, 3);
    assert_int_equal(room_number(web_db, "SELECT COUNT(DISTINCT patient_id) FROM reading_study"
                                         " WHERE patient_id LIKE 'SX%'"),
                     1);
    room_assign(web_db, &page_project, "ann ben");
    expect_no_secret(ann, "/api/reading/tasks", 200);
    for (int seq = 1; seq <= 5; seq++)
        expect_nothing_of_task(ann, room_task(web_db, "ann", seq));
    /* nor do managers */
    static const char *const pages[] = { "",      "/progress", "/tasks",    "/questions",
                                         "/held", "/exports",  "/agreement" };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char target[120];
        snprintf(target, sizeof target, "/api/reading/projects%s%s", *pages[i] ? "/spine" : "",
                 pages[i]);
        expect_no_secret(max, target, 200);
    }
}

static void a_lost_file_does_not_tell_its_path(void **state) {
    (void)state;
    const char *ann = page_session("ann");
    sx_error err = { 0 };
    char path[700];
    receive_film(web_db, 3, false);
    import_received(NULL, 0);
    room_assign(web_db, &page_project, "ann ben");
    snprintf(path, sizeof path, "%s/reading", check_tmp());
    CHECK_OK(sx_remove_folder(path, &err), err);
    snprintf(path, sizeof path, "%s/pixels", check_tmp());
    CHECK_OK(sx_remove_folder(path, &err), err);
    const int64_t film = room_number(web_db, "SELECT MAX(id) FROM reading_film");
    web_answer a = web_call(web_port, "GET", film_path(film), ann, NULL);
    assert_int_equal(a.status, 503);
    assert_false(holds(&a, check_tmp()));
    web_free(&a);
}

static void studies_are_taken_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_received_counts n;
    static const char *const one[] = { "1.2.276.0.7.5" }, *const none[] = { "1.2.3.4" };
    receive_film(web_db, 4, false);
    receive_film(web_db, 5, false);
    assert_int_equal(import_received(one, 1).films.films, 1);
    n = import_received(NULL, 0);
    assert_int_equal(n.films.films, 1);
    assert_int_equal(n.films.known, 1);
    const sx_reading_received what = { .studies = none, .study_count = 1 };
    const sx_reading_import_options o = { .folder = check_tmp() };
    CHECK_FAILS(sx_reading_import_received(web_db, &page_project, &what, &o, &n, &err), err,
                SX_ERR_MISSING, "1.2.3.4: no film of this study is here");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(text_in_the_pixels_holds_a_film),
        SERVED(the_header_holds_a_film),
        SERVED(a_film_that_cannot_be_shown_is_not_imported),
        SERVED(a_released_film_is_read),
        SERVED(a_locked_study_gets_no_film),
        SERVED(a_late_film_reopens_its_study),
        SERVED(a_task_that_is_completed_during_the_import_is_returned),
        SERVED(a_task_that_is_locked_during_the_import_refuses_the_film),
        SERVED(a_late_film_that_is_held_reopens_nothing),
        SERVED(a_locked_study_gets_no_late_film),
        SERVED(a_rejected_film_stays_held),
        SERVED(only_held_films_of_the_project_are_decided_on),
        SERVED(a_reader_does_not_learn_who_the_patient_is),
        SERVED(a_lost_file_does_not_tell_its_path),
        SERVED(studies_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
