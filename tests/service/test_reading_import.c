/* What a manager brings in over HTTP: projects, studies that the node received, annotations that
 * become the readings of a person. On SQLite, and on the PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/writer.h"
#include "data/manifest_build.h"
#include "service/reading/reading_import_reads.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"

static const char *max;

static int start(void **state) {
    page_start(state);
    max = page_session("max");
    return 0;
}

#define PROJECTS "/api/reading/projects"
#define SPINE    PROJECTS "/spine/"

static int64_t count_audit(const char *action) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM audit WHERE action = '%s' AND who = 'max'",
             action);
    return room_number(web_db, sql);
}

/* ---- projects ---- */

static void a_manager_begins_a_project(void **state) {
    (void)state;
    page_expect("POST", PROJECTS, max, "{\"key\":\"knee-2\"}", 200,
                "\"key\":\"knee-2\",\"name\":\"knee-2\",\"readers\":2,\"prelabels\":\"none\","
                "\"confidence\":false");
    page_expect("POST", PROJECTS, max,
                "{\"key\":\"hip\",\"name\":\"Hips\",\"guide\":\"Mark all.\",\"readers\":3,"
                "\"order\":\"given\",\"prelabels\":\"after\",\"confidence\":true,\"seed\":7}",
                200, "\"name\":\"Hips\",\"readers\":3,\"prelabels\":\"after\",\"confidence\":true");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_project WHERE key = 'hip'"
                                         " AND guide = 'Mark all.' AND film_order = 'given'"
                                         " AND seed = 7"),
                     1);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_label l JOIN"
                                         " reading_project p ON p.id = l.project"
                                         " WHERE p.key = 'hip' AND l.kind = 'box'"),
                     13);
    assert_int_equal(count_audit("reading init"), 2);
}

static void a_project_that_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *text;
    } cases[] = {
        { "{}", 400, "key is missing" },
        { "{\"key\":\"spine\"}", 409, "there is a project spine already" },
        { "{\"key\":\"A b\"}", 400, "lower-case letters" },
        { "{\"key\":\"x\",\"name\":3}", 400, "name is missing or is not a string" },
        { "{\"key\":\"x\",\"name\":\"a\\u0007\"}", 400, "control character" },
        { "{\"key\":\"x\",\"name\":\"\\u00a0\\u00ad\\u200b\"}", 400,
          "the name of a project has nothing but blanks" },
        { "{\"key\":\"x\",\"readers\":0}", 400, "readers: a whole number from 1 to 20" },
        { "{\"key\":\"x\",\"order\":\"odd\"}", 400, "order: random or given" },
        { "{\"key\":\"x\",\"prelabels\":\"odd\"}", 400, "prelabels are none, after or before" },
        { "{\"key\":\"x\",\"seed\":-1}", 400, "seed" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        page_expect("POST", PROJECTS, max, cases[i].body, cases[i].status, cases[i].text);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_project"), 1);
    assert_int_equal(count_audit("reading init"), 0);
}

/* ---- films that the node received ---- */

static void received_studies_become_films(void **state) {
    (void)state;
    receive_film(web_db, 1, false);
    receive_film(web_db, 2, false);
    receive_film(web_db, 2, true);
    page_expect("GET", "/api/reading/received", max, NULL, 200,
                "\"study_uid\":\"1.2.276.0.7.1\",\"study_date\":\"");
    page_expect("GET", "/api/reading/received", max, NULL, 200, "\"films\":2,\"received\":5");
    page_expect("GET", "/api/reading/received?before=5", max, NULL, 200, "\"studies\":[{");
    page_expect("GET", "/api/reading/received?before=5&after=1.2.276.0.7.2", max, NULL, 200,
                "\"studies\":[]");
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.2\"]}", 200,
                "{\"reasons\":[],\"films\":2,\"studies\":1,\"known\":0,\"held\":1,"
                "\"returned\":0,\"refused\":0}");
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.1\",\"1.2.276.0.7.2\"]}",
                200, "\"films\":1,\"studies\":1,\"known\":2");
    assert_int_equal(count_audit("reading import"), 2);
}

/* A second film of a study that two readers have, in tasks of this state. */
static void receive_later(int study, const char *state) {
    char target[120], body[80], sql[120];
    sx_error err = { 0 };
    snprintf(body, sizeof body, "{\"studies\":[\"1.2.276.0.7.%d\"]}", study);
    receive_film(web_db, study, true);
    page_expect("POST", SPINE "films", max, body, 200, "\"held\":1");
    snprintf(target, sizeof target, SPINE "held/%" PRId64,
             room_number(web_db, "SELECT MAX(id) FROM reading_film"));
    page_expect("POST", target, max, "{\"decision\":\"release\"}", 200, "");
    room_assign(web_db, &page_project, "ann ben");
    snprintf(sql, sizeof sql, "UPDATE reading_task SET state = '%s'", state);
    CHECK_OK(sx_db_run(web_db, sql, NULL, 0, &err), err);
    receive_film(web_db, study, false);
}

/* De-identified copies in the folder of the project. */
static size_t count_copies(void) {
    char path[700];
    sx_error err = { 0 };
    sx_paths films = { 0 };
    bool absent;
    snprintf(path, sizeof path, "%s/reading/spine/films", check_tmp());
    CHECK_OK(sx_film_files_list(path, &films, &absent, &err), err);
    const size_t count = films.count;
    sx_paths_free(&films);
    return count;
}

static void a_film_that_is_received_later_is_read(void **state) {
    (void)state;
    receive_later(5, "done");
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.5\"]}", 200,
                "\"films\":1,\"studies\":0,\"known\":1,\"held\":0,\"returned\":2");
    assert_int_equal(
        room_number(web_db, "SELECT COUNT(*) FROM reading_task WHERE state = 'returned'"), 2);
    assert_int_equal(count_copies(), 2);
}

static void a_film_that_is_received_for_a_locked_study_is_refused(void **state) {
    (void)state;
    char path[700];
    receive_later(6, "locked");
    assert_int_equal(count_copies(), 1);
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.6\"]}", 200,
                "{\"reasons\":[\"received/1.2.276.0.7.6.1.0.dcm: the film's study was read in a"
                " round that is locked\"],\"films\":0,\"studies\":0,\"known\":1,\"held\":0,"
                "\"returned\":0,\"refused\":1}");
    /* nothing is left of the refused film; the project's own stays */
    assert_int_equal(count_copies(), 1);
    /* other studies are taken */
    receive_film(web_db, 7, false);
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.6\",\"1.2.276.0.7.7\"]}",
                200,
                "\"films\":1,\"studies\":1,\"known\":1,\"held\":0,\"returned\":0,\"refused\":1}");
    assert_int_equal(count_copies(), 2);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_film WHERE path NOT LIKE"
                                         " '%.png'"),
                     2);
    snprintf(path, sizeof path, "%s/reading/spine/.spinexr-run-films", check_tmp());
    assert_false(sx_path_exists(path));
}

static void studies_that_are_not_there_are_refused(void **state) {
    (void)state;
    char path[700];
    sx_error err = { 0 };
    receive_film(web_db, 3, false);
    page_expect("POST", SPINE "films", max, "{\"studies\":[]}", 400,
                "studies: 1 to 20 Study Instance UIDs");
    page_expect("POST", SPINE "films", max, "{\"studies\":[3]}", 400, "they must be texts");
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.3\"]}", 404,
                "1.2.3: no film of this study is here");
    page_expect("POST", PROJECTS "/none/films", max, "{\"studies\":[\"1.2.276.0.7.3\"]}", 404,
                "no such project");
    /* a film whose file is damaged: the message names it without the folder of the service */
    snprintf(path, sizeof path, "%s/received/1.2.276.0.7.3.1.0.dcm", check_tmp());
    CHECK_OK(sx_write_file(path, "no film", 7, &err), err);
    web_answer a =
        web_call(web_port, "POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.3\"]}");
    assert_int_equal(a.status, 404);
    assert_non_null(strstr(a.body, "none of the 1 films could be de-identified"));
    assert_null(strstr(a.body, check_tmp()));
    web_free(&a);
    assert_int_equal(count_audit("reading import"), 0);
}

static void films_that_are_refused_are_named(void **state) {
    (void)state;
    char path[700];
    sx_error err = { 0 };
    receive_film(web_db, 4, false);
    receive_film(web_db, 4, true);
    snprintf(path, sizeof path, "%s/received/1.2.276.0.7.4.1.1.dcm", check_tmp());
    CHECK_OK(sx_write_file(path, "no film", 7, &err), err);
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.4\"]}", 200,
                "{\"reasons\":[\"received/1.2.276.0.7.4.1.1.dcm: ");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_film WHERE image_id"
                                         " LIKE '2.25.%'"),
                     1);
}

/* ---- annotations ---- */

static const char csv[] = "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
                          "s0a,R1,Osteophytes,1,2,20,30\n"
                          "s0b,R1,No finding,,,,\n"
                          "s0b,R2,Fracture,5,6,30,40\n"
                          "s9a,R1,No finding,,,,\n";
static const char coco[] =
    "{\"images\":[{\"id\":1,\"file_name\":\"s1a.png\",\"width\":60,\"height\":80}],"
    "\"categories\":[{\"id\":4,\"name\":\"Fracture\"}],"
    "\"annotations\":[{\"id\":1,\"image_id\":1,\"category_id\":4,\"bbox\":[1,2,10,20]}]}";

static void annotations_become_readings(void **state) {
    (void)state;
    page_expect("POST", SPINE "readings?reader=cho&rad_id=R1", max, csv, 200,
                "{\"tasks\":1,\"complete\":1,\"films\":2,\"boxes\":1,\"copies\":0,\"unknown\":1}");
    page_expect("POST", SPINE "readings?reader=cho", max, coco, 200,
                "{\"tasks\":1,\"complete\":0,\"films\":1,\"boxes\":1,\"copies\":0,\"unknown\":0}");
    page_expect("POST", SPINE "readings?reader=cho&round=2&rad_id=R2", max, csv, 200,
                "\"films\":1,\"boxes\":1");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_task t JOIN account a"
                                         " ON a.id = t.reader WHERE a.login = 'cho'"
                                         " AND t.why = 'import'"),
                     3);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM audit WHERE action ="
                                         " 'reading import' AND object = 'spine'"
                                         " AND detail = 'cho' AND who = 'max'"),
                     3);
    page_verify();
}

#define ROWS "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"

/* With folders of the film's file, an ending, other letters, as a path of Windows or as a URL. */
static void films_are_found_by_their_names(void **state) {
    (void)state;
    page_expect("POST", SPINE "readings?reader=cho", max,
                ROWS "films/s0a,R1,Osteophytes,1,2,20,30\nS0B.DICOM,R1,No finding,,,,\n"
                     "C:\\films\\s1a.png,R1,No finding,,,,\n"
                     "https://host/films/s1b.dcm,R1,Fracture,5,6,30,40\n"
                     "other/s2a,R1,No finding,,,,\ns2b.tiff,R1,No finding,,,,\n",
                200,
                "{\"tasks\":2,\"complete\":2,\"films\":4,\"boxes\":2,\"copies\":0,\"unknown\":2}");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_box b JOIN reading_film f"
                                         " ON f.id = b.film WHERE f.image_id IN ('s0a', 's1b')"),
                     2);
    page_verify();
}

/* Boxes of two films must not become those of one. */
static void films_that_share_a_name_are_an_error(void **state) {
    (void)state;
    page_expect("POST", SPINE "readings?reader=cho", max,
                ROWS "s0a.png,R1,No finding,,,,\ns0a.dcm,R1,Fracture,5,6,30,40\n", 409,
                "films s0a.png and s0a.dcm are one film of the project");
    page_expect("POST", SPINE "readings?reader=cho", max,
                ROWS "s0a,R1,No finding,,,,\nfilms/s0a,R1,No finding,,,,\n", 409,
                "films s0a and films/s0a are one film of the project");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_op"), 0);
}

static void faults_of_the_file_are_named(void **state) {
    (void)state;
    static const struct {
        const char *query, *body;
        int status;
        const char *text;
    } cases[] = {
        { "", csv, 400, "reader: the login of a person" },
        { "?reader=zoe", csv, 404, "zoe: there is no such reader" },
        { "?reader=max", csv, 404, "max: there is no such reader" },
        { "?reader=cho&round=0", csv, 400, "round" },
        { "?reader=cho&name=a%0Ab", csv, 400, "control character" },
        { "?reader=cho&name=marks.csv", "", 400, "\"marks.csv: is empty\"" },
        { "?reader=cho&name=marks.csv&rad_id=R7", csv, 404, "\"marks.csv: no row of reader R7\"" },
        { "?reader=cho&name=marks.csv", "image_id,lesion_type\ns0a,Fracture\n", 404, "marks.csv" },
        { "?reader=cho&name=marks.csv",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\ns0a,R1,Fracture,9,9,9,9\n", 400,
          "marks.csv:2: " },
        { "?reader=cho",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
          "s0a,R1,Fracture,9,9,9000,19\n",
          400, "film s0a" },
        { "?reader=cho",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
          "s0a,R1,Scar,9,9,19,19\n",
          404, "Scar" },
        { "?reader=cho",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,image_width,image_height\n"
          "s0a,R1,Fracture,9,9,19,19,60,80\ns0b,R1,Fracture,4,4,9,9,30,40\n",
          409, "film s0b is 60 x 80, the annotations say 30 x 40" },
        { "?reader=cho",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,image_width,image_height\n"
          "s0a,R1,Fracture,9,9,19,19,60,80\ns0a,R1,Fracture,4,4,9,9,30,40\n",
          409, "film s0a: line 3 gives it another size" },
        { "?reader=cho",
          "{\"images\":[{\"id\":1,\"file_name\":\"s1a.png\",\"width\":120,\"height\":160}],"
          "\"categories\":[{\"id\":4,\"name\":\"Fracture\"}],\"annotations\":[{\"id\":1,"
          "\"image_id\":1,\"category_id\":4,\"bbox\":[1,2,10,20]}]}",
          409, "film s1a is 60 x 80, the annotations say 120 x 160" },
        { "?reader=cho",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\ns8.dcm,R1,No finding,,,,\n", 404,
          "project spine has none of the films that are annotated" },
        { "?reader=cho",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,image_width\n"
          "s0a,R1,Fracture,9,9,19,19,66\n",
          409, "film s0a is 60 x 80, the annotations say a width of 66\"" },
        { "?reader=cho&name=marks.csv",
          "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,image_width\n"
          "s0a,R1,Fracture,9,9,19,19,wide\n",
          400, "marks.csv:2: image_width: " },
        { "?reader=cho",
          "{\"images\":[{\"id\":1,\"file_name\":\"s1a.png\",\"width\":\"wide\",\"height\":80}],"
          "\"categories\":[],\"annotations\":[]}",
          400, "images[0]: width is not a size" },
        { "?reader=cho", "{\"images\":[", 400, "the file" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[120];
        snprintf(target, sizeof target, SPINE "readings%s", cases[i].query);
        web_answer a = web_call(web_port, "POST", target, max, cases[i].body);
        if (a.status != cases[i].status || !strstr(a.body, cases[i].text) ||
            strstr(a.body, "/proc/"))
            fail_msg("%s %s: %s", target, cases[i].body, a.text);
        web_free(&a);
    }
    page_expect("POST", PROJECTS "/none/readings?reader=cho", max, csv, 404, "no such project");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_op"), 0);
    assert_int_equal(count_audit("reading import"), 0);
}

/* The label was in use when the boxes were drawn. */
static void boxes_of_a_retired_label_are_imported(void **state) {
    (void)state;
    char path[120];
    snprintf(path, sizeof path, SPINE "labels/%" PRId64, room_label(web_db, "Fracture"));
    page_expect("POST", path, max, "{\"retired\":true}", 200, "");
    page_expect("POST", SPINE "readings?reader=cho", max, coco, 200, "\"boxes\":1");
    page_verify();
}

static void a_study_that_was_read_stays_as_it_is(void **state) {
    (void)state;
    page_expect("POST", SPINE "readings?reader=cho&rad_id=R1", max, csv, 200, "");
    page_expect("POST", SPINE "readings?reader=cho&rad_id=R2", max, csv, 409,
                "film s0b: cho has read its study already in round 1");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_box"), 1);
    page_verify();
}

/* The import of a version whose files are in the folder `name`; its readings of R1 become cho's. */
static sx_reading_reads_counts import_version(const char *name, const char *rows,
                                              const char *full) {
    char folder[600], path[700];
    sx_error err = { 0 };
    sx_manifest m;
    sx_reading_project p;
    sx_reading_reads_counts n = { 0 };
    json_t *json = NULL;
    const sx_manifest_options how = { .reader = "R1", .annotations_only = true };
    snprintf(folder, sizeof folder, "%s/%s", check_tmp(), name);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    snprintf(path, sizeof path, "%s/reading.json", folder);
    CHECK_OK(sx_write_file(path, full, strlen(full), &err), err);
    snprintf(path, sizeof path, "%s/annotations.csv", folder);
    CHECK_OK(sx_write_file(path, rows, strlen(rows), &err), err);
    CHECK_OK(sx_manifest_open(path, &how, &m, &err) && sx_reading_full_open(path, &json, &err),
             err);
    assert_non_null(json);
    const sx_reading_import_reads_options o = {
        .reader = "cho", .round = 1, .full = json, .rad_id = "R1", .now = 9
    };
    CHECK_OK(sx_reading_project_find(web_db, "spine", &p, &err) &&
                 sx_reading_import_reads(web_db, &p, &m, &o, &n, &err),
             err);
    json_decref(json);
    sx_manifest_free(&m);
    return n;
}

/* No row of a CSV file has a confidence, which a project may ask for. */
static void confidences_come_with_reading_json(void **state) {
    (void)state;
    static const char rows[] = "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
                               "s0a,R1,Osteophytes,1,2,20,30\ns0b,R1,No finding,,,,\n"
                               "s1a,R1,No finding,,,,\ns1b,R1,No finding,,,,\n"
                               "s2a,R1,No finding,,,,\ns2b,R1,No finding,,,,\n";
    /* another reader's, a second reading of the same person, none, and one out of range */
    static const char full[] =
        "{\"schema\":\"spinexr-reading/1\",\"tasks\":["
        "{\"study_id\":\"s0\",\"reader\":\"R2\",\"repeat\":0,\"confidence\":3},"
        "{\"study_id\":\"s0\",\"reader\":\"R1\",\"repeat\":0,\"confidence\":80},"
        "{\"study_id\":\"s1\",\"reader\":\"R1\",\"repeat\":1,\"confidence\":9},"
        "{\"study_id\":\"s1\",\"reader\":\"R1\",\"repeat\":0,\"confidence\":null},"
        "{\"study_id\":\"s2\",\"reader\":\"R1\",\"repeat\":0,\"confidence\":101}]}";
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, "UPDATE reading_project SET confidence = 1", NULL, 0, &err), err);
    const sx_reading_reads_counts n = import_version("rated", rows, full);
    assert_int_equal(n.tasks, 3);
    assert_int_equal(n.films, 6);
    assert_int_equal(n.complete, 1);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_study_read"), 1);
    assert_int_equal(room_number(web_db, "SELECT r.confidence FROM reading_study_read r JOIN"
                                         " reading_task t ON t.id = r.task JOIN reading_study s"
                                         " ON s.id = t.study WHERE s.study_id = 's0'"
                                         " AND t.state = 'done'"),
                     80);
    page_verify();
}

/* Whoever comes second is told what to wait for. */
static void one_import_of_received_films_at_a_time(void **state) {
    (void)state;
    char path[700];
    sx_error err = { 0 };
    receive_film(web_db, 8, false);
    snprintf(path, sizeof path, "%s/reading/spine/films", check_tmp());
    CHECK_OK(sx_make_dirs(path, &err), err);
    sx_claim *first = sx_claim_open_name(path, "reading import", &err);
    CHECK_OK(first != NULL, err);
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.8\"]}", 409,
                "spine: another import of received films into this project is running; repeat this"
                " one when it has ended");
    sx_claim_close(first);
    page_expect("POST", SPINE "films", max, "{\"studies\":[\"1.2.276.0.7.8\"]}", 200,
                "\"films\":1");
}

/* Who may not send a file is told before it is received. */
static void only_managers_of_the_page_send_files(void **state) {
    (void)state;
    static const char *const others[] = { "ann", "jo" };
    char head[900];
    for (int i = 0; i < 2; i++) {
        snprintf(head, sizeof head,
                 "POST " SPINE "readings?reader=cho HTTP/1.1\r\nHost: localhost:%d\r\n%s"
                 "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n",
                 web_port, page_session(others[i]));
        web_expect(web_raw(web_port, head), 404, "nothing at this address");
    }
    const char *csrf = strstr(max, "X-CSRF"), *after = strstr(csrf, "\r\n") + 2;
    snprintf(head, sizeof head,
             "POST " SPINE "readings?reader=cho HTTP/1.1\r\nHost: localhost:%d\r\n%.*s%s"
             "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n",
             web_port, (int)(csrf - max), max, after);
    web_expect(web_raw(web_port, head), 403, "X-CSRF is missing");
    snprintf(head, sizeof head,
             "POST " SPINE "readings?reader=cho HTTP/1.1\r\nHost: localhost:%d\r\n%s"
             "Content-Length: 33554433\r\nExpect: 100-continue\r\n\r\n",
             web_port, max);
    web_expect(web_raw(web_port, head), 413, "longer than the 33554432 bytes");
}

/* Whoever may not call does not learn from a body that is not taken that there is an address. */
static void a_body_tells_strangers_nothing(void **state) {
    (void)state;
    const char *reader = page_session("ann");
    char body[5000] = "";
    memset(body, ' ', sizeof body - 1);
    page_expect("GET", SPINE "tasks", "", "{}", 401, "sign in first");
    page_expect("GET", SPINE "tasks", reader, "{}", 404, "nothing at this address");
    page_expect("GET", SPINE "tasks", max, "{}", 413, "this request takes no body");
    page_expect("POST", SPINE "lock", "", body, 401, "sign in first");
    page_expect("POST", SPINE "lock", reader, body, 404, "nothing at this address");
    page_expect("POST", SPINE "lock", max, body, 413, "longer than the 4096 bytes");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(a_manager_begins_a_project),
        SERVED(a_project_that_cannot_be_is_refused),
        SERVED(received_studies_become_films),
        SERVED(a_film_that_is_received_later_is_read),
        SERVED(a_film_that_is_received_for_a_locked_study_is_refused),
        SERVED(one_import_of_received_films_at_a_time),
        SERVED(studies_that_are_not_there_are_refused),
        SERVED(films_that_are_refused_are_named),
        SERVED(annotations_become_readings),
        SERVED(films_are_found_by_their_names),
        SERVED(films_that_share_a_name_are_an_error),
        SERVED(faults_of_the_file_are_named),
        SERVED(boxes_of_a_retired_label_are_imported),
        SERVED(a_study_that_was_read_stays_as_it_is),
        SERVED(confidences_come_with_reading_json),
        SERVED(only_managers_of_the_page_send_files),
        SERVED(a_body_tells_strangers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
