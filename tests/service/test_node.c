/* The node as a whole, between a sender and an archive that are in this process: films that were
 * acknowledged become results that arrive once, whatever happens meanwhile. argv[1]:
 * worker-program. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "dicom/write.h"
#include "models/model_import.h"
#include "node_ends.h"
#include "service/access/tokens.h"
#include "service/node/node.h"
#include "service/node/redo.h"
#include "service/store/db.h"
#include "service/web_client.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/orthanc.h"
#include "support/plain_film.h"
#include "support/small_networks.h"

static char *program;

static void wait_for_reports(int count) {
    for (int i = 0; i < 2400 && archive_count(true) < count; i++)
        usleep(50000);
    assert_int_equal(archive_count(true), count);
}

/* ---- the node ---- */

static atomic_llong later; /* milliseconds that the node's clock is fast */

static int64_t clock_of(void *user) {
    struct timespec t;
    (void)user;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + atomic_load(&later);
}

static const char *data_folder;

static void make_settings(sx_settings *s, const char *more) {
    sx_error err = { 0 };
    char text[1500];
    const char *const *networks = small_networks_write();
    snprintf(text, sizeof text,
             "data: %s\nweights: [%s, %s, %s]\nallow_demo: true\nstudy: {quiet_seconds: 1}\n"
             "workers: {threads: 1}\n"
             "dicom: {port: 0}\nhttp: {port: 0, metrics_port: 0}\n",
             data_folder, networks[0], networks[1], networks[2]);
    CHECK_OK(sx_settings_init(s, &err), err);
    CHECK_OK(sx_settings_parse(s, "settings", text, strlen(text), &err), err);
    CHECK_OK(sx_settings_parse(s, "more", more, strlen(more), &err), err);
}

static sx_node *try_node(const char *more, sx_error *err) {
    static const char *worker[3];
    static const sx_node_log quiet = { .fd = -1, .most = SX_LOG_ERROR };
    sx_settings s;
    worker[0] = program;
    worker[1] = "real";
    make_settings(&s, more);
    return sx_node_open(
        &(const sx_node_options){ .worker = worker, .log = &quiet, .now = clock_of }, &s, err);
}

static sx_node *open_node(const char *more) {
    sx_error err = { 0 };
    sx_node *n = try_node(more, &err);
    CHECK_OK(n != NULL, err);
    return n;
}

static const char *sends_to(int port) {
    static char text[200];
    snprintf(text, sizeof text,
             "destinations: {archive: {host: 127.0.0.1, port: %d, ae_title: ARCHIVE, test: true, "
             "confirm: none}}\n",
             port);
    return text;
}

/* ---- the sender ---- */

static sx_sent send_film(const sx_node *node, const char *study_uid, const char *uid) {
    return send_film_to(sx_node_port(node, false), study_uid, uid);
}

static int64_t number(const char *sql) {
    return number_in_store(data_folder, sql);
}

static int fresh(void **state) {
    static char path[500];
    static int tests;
    (void)state;
    snprintf(path, sizeof path, "%s/node-%d", check_tmp(), tests++);
    data_folder = path;
    archive_clear();
    atomic_store(&later, 0);
    return 0;
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* ---- tests ---- */

static void films_become_results(void **state) {
    (void)state;
    sx_node *node = open_node(sends_to(archive_open(0)));
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
    assert_int_equal(send_film(node, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    wait_for_reports(2);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), 3);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    /* three films, and each has a picture; two reports in two classes, of which one is sent */
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 3);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind LIKE 'sr%'"), 4);
    assert_int_equal(archive_count(false), number("SELECT COUNT(*) FROM output") - 2);
}

/* Sending again makes no second result; a late film makes a second version of it. */
static void a_late_film_makes_a_new_version(void **state) {
    (void)state;
    sx_node *node = open_node(sends_to(archive_open(0)));
    send_film(node, "1.2.3", "1.2.3.1");
    wait_for_reports(1);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    sleep(2);
    assert_int_equal(archive_count(true), 1);
    send_film(node, "1.2.3", "1.2.3.2");
    wait_for_reports(2);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
    assert_int_equal(number("SELECT revision FROM study"), 2);
}

static void what_was_received_survives_the_end(void **state) {
    (void)state;
    const int port = archive_open(0);
    sx_node *node = open_node(sends_to(port));
    for (int i = 0; i < 5; i++) {
        char uid[20];
        snprintf(uid, sizeof uid, "1.2.3.%d", i);
        assert_int_equal(send_film(node, "1.2.3", uid), SX_SENT_STORED);
    }
    sx_node_close(node, 0); /* before the quiet time is over */
    assert_int_equal(archive_count(false), 0);
    node = open_node(sends_to(port));
    wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 5);
    assert_int_equal(archive_repeats(), 0);
}

/* An hour without the archive, by the node's clock. */
static void results_wait_for_their_archive(void **state) {
    (void)state;
    const int port = free_port();
    sx_node *node = open_node(sends_to(port));
    send_film(node, "1.2.3", "1.2.3.1");
    for (int i = 0; i < 60 && number("SELECT COALESCE(MAX(attempts), 0) FROM job"
                                     " WHERE kind = 'send' AND state = 'waiting'") < 3;
         i++) {
        sleep(1);
        atomic_fetch_add(&later, 20 * 60 * 1000);
    }
    assert_true(number("SELECT attempts FROM job WHERE kind = 'send'") >= 3);
    assert_int_equal(archive_count(false), 0);
    archive_open(port);
    atomic_fetch_add(&later, 20 * 60 * 1000);
    wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
}

static void settings_can_change_while_it_runs(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s;
    sx_node *node = open_node("{}");
    make_settings(&s, "dicom: {peers: [CR2], listen: 127.0.0.1}\n");
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_PERMANENT);
    make_settings(&s, sends_to(archive_open(0)));
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    make_settings(&s, "weights: [/nowhere/w.safetensors]\n");
    CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_IO, "/nowhere/w.safetensors");
    err = (sx_error){ 0 };
    make_settings(&s, "dicom: {ae_title: OTHER}\n");
    CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_USAGE,
                "dicom.ae_title cannot change while the service runs");
    wait_for_reports(1); /* by the settings before the bad ones */
    sx_node_close(node, 5);
    archive_close();
}

static void a_study_is_repeated(void **state) {
    (void)state;
    char path[600];
    size_t films = 0;
    sx_error err = { 0 };
    sx_node *node = open_node(sends_to(archive_open(0)));
    send_film(node, "1.2.3", "1.2.3.1");
    wait_for_reports(1);
    snprintf(path, sizeof path, "%s/store.sqlite", data_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db && sx_node_redo(db, "1.2.3", false, clock_of(NULL), &films, &err), err);
    assert_int_equal(films, 1);
    for (int i = 0; i < 200 && !number("SELECT COUNT(*) FROM event WHERE kind = 'the same result'");
         i++)
        usleep(50000);
    assert_int_equal(number("SELECT COUNT(*) FROM event WHERE kind = 'the same result'"), 1);
    assert_int_equal(number("SELECT revision FROM study"), 1);
    CHECK_OK(sx_node_redo(db, "1.2.3", true, clock_of(NULL), &films, &err), err);
    assert_int_equal(films, 1);
    CHECK_OK(sx_node_redo(db, "1.2.9", true, clock_of(NULL), &films, &err), err);
    assert_int_equal(films, 0);
    sx_db_close(db);
    wait_for_reports(2);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
    assert_int_equal(number("SELECT revision FROM study"), 2);
    assert_int_equal(number("SELECT forced FROM study"), 0);
}

/* Reports and pictures of other programs are kept, and are no films of their study. */
static void other_objects_have_no_part_in_a_result(void **state) {
    (void)state;
    sx_node *node = open_node(sends_to(archive_open(0)));
    const int port = sx_node_port(node, false);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(send_other_to(port, "1.2.3", false), SX_SENT_STORED);
    assert_int_equal(send_other_to(port, "1.2.3", true), SX_SENT_STORED);
    assert_int_equal(send_other_to(port, "1.2.4", true), SX_SENT_STORED); /* and nothing else */
    wait_for_reports(1);
    assert_int_equal(send_other_to(port, "1.2.3", false), SX_SENT_STORED); /* once more */
    for (int i = 0; i < 200 && number("SELECT COUNT(*) FROM study WHERE state <> 'built'"); i++)
        usleep(50000);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_count(true), 1);
    assert_int_equal(number("SELECT revision FROM study WHERE study_uid = '1.2.3'"), 1);
    assert_int_equal(number("SELECT revision FROM study WHERE study_uid = '1.2.4'"), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM study WHERE state = 'built'"), 2);
    assert_int_equal(number("SELECT COUNT(*) FROM instance"), 4);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE kind = 'predict'"), 1);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 1);
    /* neither the report's list of films nor its findings name them */
    assert_int_equal(number("SELECT COUNT(*) FROM output o JOIN instance i ON i.is_film = 0"
                            " WHERE instr(o.bytes, CAST(i.sop_uid AS BLOB)) > 0"),
                     0);
}

/* ---- STOW-RS ---- */

static void add_part(sx_str *body, const void *bytes, size_t n) {
    sx_str_add(body, "\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n");
    sx_str_append(body, bytes, n);
}

static void add_film(sx_str *body, const char *study_uid, const char *uid) {
    size_t n = 0;
    uint8_t *film = make_film(study_uid, uid, &n);
    add_part(body, film, n);
    free(film);
}

static web_answer post(const sx_node *node, const char *path, const char *token, sx_str *body) {
    sx_str request = { 0 };
    sx_str_add(body, "\r\n--edge--\r\n");
    sx_str_printf(&request,
                  "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                  "Authorization: Bearer %s\r\nContent-Length: %zu\r\n"
                  "Content-Type: multipart/related; type=\"application/dicom\"; boundary=edge"
                  "\r\n\r\n",
                  path, token, body->len);
    sx_str_append(&request, body->data, body->len);
    const int s = web_connect(sx_node_http_port(node), NULL);
    web_send(s, request.data, request.len);
    sx_str_free(&request);
    sx_str_free(body);
    return web_read(s);
}

static void add_token(char token[SX_TOKEN_TEXT]) {
    char path[600];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s/store.sqlite", data_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db && sx_tokens_add(db, "cr1", clock_of(NULL), token, &err), err);
    sx_db_close(db);
}

/* A film that another program has damaged: a dead letter, which a person sees. */
static void a_study_that_cannot_be_built_is_a_dead_letter(void **state) {
    (void)state;
    char folder[600];
    sx_error err = { 0 };
    sx_paths films = { 0 };
    sx_node *node = open_node("study: {quiet_seconds: 10}\n");
    send_film(node, "1.2.3", "1.2.3.1");
    for (int i = 0; i < 100 && !number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"); i++)
        usleep(50000);
    snprintf(folder, sizeof folder, "%s/films", data_folder);
    CHECK_OK(sx_paths_walk(&films, folder, &err), err);
    assert_int_equal(films.count, 1);
    CHECK_OK(sx_write_file(films.items[0], "nonsense", 8, &err), err);
    sx_paths_free(&films);
    for (int i = 0; i < 600 && !number("SELECT COUNT(*) FROM job WHERE state = 'dead'"); i++)
        usleep(100000);
    sx_node_close(node, 5);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'dead'"), 1);
}

static void change_store(const char *sql) {
    char path[600];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s/store.sqlite", data_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db && sx_db_run(db, sql, NULL, 0, &err), err);
    sx_db_close(db);
}

/* The database refuses to note how a job ended, as one on a full disk would. When it no longer
 * does, the job ends without waiting for the end of its lease. */
static void the_end_of_a_job_is_noted_when_it_can_be(void **state) {
    (void)state;
    sx_node *node = open_node("study: {quiet_seconds: 10}\n");
    change_store("CREATE TRIGGER full BEFORE UPDATE ON job WHEN NEW.state <> 'leased' "
                 "BEGIN SELECT RAISE(ABORT, 'no room'); END");
    send_film(node, "1.2.3", "1.2.3.1");
    for (int i = 0; i < 100 && !number("SELECT COUNT(*) FROM job WHERE state = 'leased'"); i++)
        usleep(50000);
    sleep(3); /* it has been predicted */
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'leased'"),
                     1);
    change_store("DROP TRIGGER full");
    for (int i = 0; i < 200 && number("SELECT COUNT(*) FROM job WHERE state = 'leased'"); i++)
        usleep(100000);
    sx_node_close(node, 5);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'dead'"),
                     1);
}

static void films_come_by_http(void **state) {
    (void)state;
    char token[SX_TOKEN_TEXT];
    sx_str body = { 0 };
    sx_node *node = open_node(sends_to(archive_open(0)));
    add_token(token);
    add_film(&body, "1.2.3", "1.2.3.1");
    add_film(&body, "1.2.3", "1.2.3.2");
    web_expect(post(node, "/dicom-web/studies", token, &body), 200,
               "\"00081155\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.2\"]}");
    wait_for_reports(1);
    add_film(&body, "1.2.3", "1.2.3.1"); /* once more */
    add_film(&body, "1.2.4", "1.2.4.1"); /* of another study than announced */
    web_expect(post(node, "/dicom-web/studies/1.2.3", token, &body), 202,
               "\"00081197\":{\"vr\":\"US\",\"Value\":[43264]}");
    add_part(&body, "nonsense", 8);
    web_expect(post(node, "/dicom-web/studies", token, &body), 409, "[49152]");
    web_expect(post(node, "/dicom-web/studies", token, &body), 400, "no instances");
    web_expect(post(node, "/dicom-web/studies", "wrong", &body), 401, "");
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(number("SELECT COUNT(*) FROM instance"), 2);
    assert_int_equal(number("SELECT COUNT(*) FROM instance WHERE source = 'cr1'"), 2);
    assert_int_equal(archive_repeats(), 0);
}

static void demonstration_weights_must_be_allowed(void **state) {
    (void)state;
    char marked[600], text[700];
    sx_error err = { 0 };
    sx_import_report report;
    snprintf(marked, sizeof marked, "%s/marked.safetensors", check_tmp());
    CHECK_OK(sx_model_import(small_networks_write()[0], marked,
                             &(const sx_import_options){
                                 .dtype = SX_F32, .demonstration = true, .threshold = -1 },
                             &report, &err),
             err);
    snprintf(text, sizeof text, "weights: [%s]\nallow_demo: false\n", marked);
    assert_null(try_node(text, &err));
    check_error(&err, SX_ERR_REFUSED, "--allow-demo");
}

static void two_services_do_not_share_a_folder(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_node *node = open_node("{}");
    assert_null(try_node("{}", &err));
    check_error(&err, SX_ERR_IO, "serve");
    sx_node_close(node, 5);
}

/* By the folder instead of the port. */
static void films_of_a_watched_folder_become_results(void **state) {
    (void)state;
    enum { SIDE = 48 };
    static uint16_t pixels[SIDE * SIDE];
    char path[600], film[700], text[1000];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s-watched", data_folder);
    CHECK_OK(sx_make_dirs(path, &err), err);
    snprintf(text, sizeof text, "watch: {folder: %s, stable_seconds: 1}\n%s", path,
             sends_to(archive_open(0)));
    sx_node *node = open_node(text);
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.study_uid = "1.2.3";
    f.instance_uid = "1.2.3.1";
    snprintf(film, sizeof film, "%s/a.dcm", path);
    CHECK_OK(sx_dicom_write(film, &f, SX_WRITE_EXPLICIT, NULL, &err), err);
    wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
    assert_false(sx_path_exists(film));
    assert_int_equal(number("SELECT COUNT(*) FROM instance WHERE source = 'folder'"), 1);
}

/* Its report of storage commitment comes to the node's DICOM port. */
static void orthanc_confirms_the_results(void **state) {
    (void)state;
    char text[400];
    orthanc o;
    const int port = free_port();
    if (!orthanc_start(&o, port)) skip();
    snprintf(
        text, sizeof text,
        "dicom: {port: %d}\ndestinations: {pacs: {host: 127.0.0.1, port: %d, ae_title: ORTHANC,"
        " test: true}}\n",
        port, o.dicom_port);
    sx_node *node = open_node(text);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    for (int i = 0; i < 600 && number("SELECT COUNT(*) FROM job WHERE kind = 'confirm' AND"
                                      " state = 'done'") < 1;
         i++)
        usleep(100000);
    sx_node_close(node, 5);
    orthanc_stop(&o);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    assert_true(number("SELECT COUNT(*) FROM delivery WHERE state = 'committed'") >= 2);
    assert_int_equal(number("SELECT COUNT(*) FROM delivery WHERE state = 'sent'"), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM commitment WHERE answered > 0"), 1);
}

/* Not while a job is at work, whose lease would end. */
static void pass_time(int minutes) {
    if (number("SELECT COUNT(*) FROM job WHERE state = 'leased'") == 0)
        atomic_fetch_add(&later, (int64_t)minutes * 60000);
}

/* An hour without Orthanc, by the node's clock: then it has each result once. */
static void results_wait_for_orthanc(void **state) {
    (void)state;
    char text[300];
    orthanc o;
    const int port = free_port();
    if (!orthanc_start(&o, port)) skip();
    orthanc_stop(&o);
    snprintf(text, sizeof text,
             "dicom: {port: %d}\ndestinations: {pacs: {host: 127.0.0.1, port: %d, "
             "ae_title: ORTHANC, test: true}}\n",
             port, o.dicom_port);
    sx_node *node = open_node(text);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
    assert_int_equal(send_film(node, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    for (int i = 0; i < 100 && number("SELECT COUNT(*) FROM job WHERE kind = 'send' AND"
                                      " attempts > 2") < 2;
         i++) {
        usleep(500000);
        pass_time(20);
    }
    orthanc_continue(&o);
    for (int i = 0; i < 200 && (number("SELECT COUNT(*) FROM job WHERE state <> 'done'") ||
                                !number("SELECT COUNT(*) FROM job WHERE kind = 'confirm'"));
         i++) {
        usleep(500000);
        pass_time(5);
    }
    sx_node_close(node, 5);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'sr3d'"), 2);
    assert_int_equal(number("SELECT COUNT(*) FROM delivery WHERE state <> 'committed'"), 0);
    assert_int_equal(orthanc_count(&o), number("SELECT COUNT(*) FROM output WHERE kind <> 'sr'"));
    orthanc_stop(&o);
}

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        FRESH(films_become_results),
        FRESH(a_late_film_makes_a_new_version),
        FRESH(what_was_received_survives_the_end),
        FRESH(results_wait_for_their_archive),
        FRESH(settings_can_change_while_it_runs),
        FRESH(a_study_is_repeated),
        FRESH(other_objects_have_no_part_in_a_result),
        FRESH(a_study_that_cannot_be_built_is_a_dead_letter),
        FRESH(the_end_of_a_job_is_noted_when_it_can_be),
        FRESH(films_come_by_http),
        FRESH(demonstration_weights_must_be_allowed),
        FRESH(two_services_do_not_share_a_folder),
        FRESH(films_of_a_watched_folder_become_results),
        FRESH(orthanc_confirms_the_results),
        FRESH(results_wait_for_orthanc),
    };
    if (argc != 2) return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, clean);
}
