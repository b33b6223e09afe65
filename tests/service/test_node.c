/* The node as a whole, between a sender and an archive that are in this process: films that were
 * acknowledged become results that arrive once, whatever happens meanwhile. argv[1]:
 * worker-program. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "dicom/write.h"
#include "models/model_import.h"
#include "service/net/dicom_client.h"
#include "service/net/dicom_server.h"
#include "service/node/node.h"
#include "service/node/redo.h"
#include "service/store/db.h"
#include "support/check.h"
#include "support/plain_film.h"
#include "support/small_networks.h"

static char *program;

/* ---- the archive ---- */

enum { MOST = 200 };

static struct {
    pthread_mutex_t lock;
    char uids[MOST][65];
    bool is_report[MOST];
    int count;
    sx_dicom_server *server;
} archive = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int archive_object(void *user, const sx_dicom_incoming *in) {
    (void)user;
    pthread_mutex_lock(&archive.lock);
    if (archive.count < MOST) {
        archive.is_report[archive.count] = strstr(in->sop_class, ".88.34") != NULL;
        snprintf(archive.uids[archive.count++], 65, "%s", in->sop_uid);
    }
    pthread_mutex_unlock(&archive.lock);
    return SX_STORE_SUCCESS;
}

static int open_archive(int port) {
    static const char *const classes[] = { "1.2.840.10008.5.1.4.1.1.88.34",
                                           "1.2.840.10008.5.1.4.1.1.11.1",
                                           "1.2.840.10008.5.1.4.1.1.7", NULL },
                             *const syntaxes[] = { "1.2.840.10008.1.2.1", NULL };
    sx_error err = { 0 };
    const sx_dicom_server_options o = {
        .gate = { .listen = "127.0.0.1", .port = port, .seconds = 10, .most_waiting = 10 },
        .ae_title = "ARCHIVE",
        .most_associations = 10,
        .most_per_address = 10,
        .idle_seconds = 30,
        .message_seconds = 10,
        .folder = check_tmp(),
        .classes = classes,
        .syntaxes = syntaxes,
        .store = archive_object
    };
    archive.server = sx_dicom_server_open(&o, &err);
    CHECK_OK(archive.server != NULL, err);
    return sx_dicom_server_port(archive.server);
}

static void close_archive(void) {
    sx_dicom_server_close(archive.server, 5);
    archive.server = NULL;
}

static int archived(bool reports) {
    int n = 0;
    pthread_mutex_lock(&archive.lock);
    for (int i = 0; i < archive.count; i++)
        n += !reports || archive.is_report[i];
    pthread_mutex_unlock(&archive.lock);
    return n;
}

static bool is_twice_in_archive(void) {
    for (int i = 0; i < archive.count; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(archive.uids[i], archive.uids[k]) == 0) return true;
    return false;
}

static void wait_for_reports(int count) {
    for (int i = 0; i < 600 && archived(true) < count; i++)
        usleep(50000);
    assert_int_equal(archived(true), count);
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
    enum { SIDE = 48 };
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    const sx_dicom_remote to = { .host = "127.0.0.1",
                                 .port = sx_node_port(node, false),
                                 .ae_title = "SPINEXR",
                                 .our_title = "CR1",
                                 .message_seconds = 10 };
    for (size_t i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint16_t)((i * 7919 + strlen(uid)) % 4096);
    f.study_uid = study_uid;
    f.instance_uid = uid;
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    sx_send_item item = {
        .bytes = bytes, .n = n, .sop_class = "1.2.840.10008.5.1.4.1.1.1.1", .sop_uid = uid
    };
    sx_dicom_send(&to, &item, 1);
    free(bytes);
    return item.sent;
}

static int64_t number(const char *sql) {
    char path[600];
    sx_error err = { 0 };
    int64_t n = -1;
    bool found;
    snprintf(path, sizeof path, "%s/store.sqlite", data_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db && sx_db_query_int(db, sql, NULL, 0, &n, &found, &err), err);
    sx_db_close(db);
    return n;
}

static int fresh(void **state) {
    static char path[500];
    static int tests;
    (void)state;
    snprintf(path, sizeof path, "%s/node-%d", check_tmp(), tests++);
    data_folder = path;
    archive.count = 0;
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
    sx_node *node = open_node(sends_to(open_archive(0)));
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
    assert_int_equal(send_film(node, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    wait_for_reports(2);
    sx_node_close(node, 5);
    close_archive();
    assert_false(is_twice_in_archive());
    assert_int_equal(number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), 3);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    /* three films, and each has a picture; two reports in two classes, of which one is sent */
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 3);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind LIKE 'sr%'"), 4);
    assert_int_equal(archived(false), number("SELECT COUNT(*) FROM output") - 2);
}

/* Sending again makes no second result; a late film makes a second version of it. */
static void a_late_film_makes_a_new_version(void **state) {
    (void)state;
    sx_node *node = open_node(sends_to(open_archive(0)));
    send_film(node, "1.2.3", "1.2.3.1");
    wait_for_reports(1);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    sleep(2);
    assert_int_equal(archived(true), 1);
    send_film(node, "1.2.3", "1.2.3.2");
    wait_for_reports(2);
    sx_node_close(node, 5);
    close_archive();
    assert_false(is_twice_in_archive());
    assert_int_equal(number("SELECT revision FROM study"), 2);
}

static void what_was_received_survives_the_end(void **state) {
    (void)state;
    const int port = open_archive(0);
    sx_node *node = open_node(sends_to(port));
    for (int i = 0; i < 5; i++) {
        char uid[20];
        snprintf(uid, sizeof uid, "1.2.3.%d", i);
        assert_int_equal(send_film(node, "1.2.3", uid), SX_SENT_STORED);
    }
    sx_node_close(node, 0); /* before the quiet time is over */
    assert_int_equal(archived(false), 0);
    node = open_node(sends_to(port));
    wait_for_reports(1);
    sx_node_close(node, 5);
    close_archive();
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 5);
    assert_false(is_twice_in_archive());
}

/* An hour without the archive, by the node's clock. */
static void results_wait_for_their_archive(void **state) {
    (void)state;
    const int port = open_archive(0);
    close_archive();
    sx_node *node = open_node(sends_to(port));
    send_film(node, "1.2.3", "1.2.3.1");
    for (int i = 0; i < 60 && number("SELECT COALESCE(MAX(attempts), 0) FROM job"
                                     " WHERE kind = 'send' AND state = 'waiting'") < 3;
         i++) {
        sleep(1);
        atomic_fetch_add(&later, 20 * 60 * 1000);
    }
    assert_true(number("SELECT attempts FROM job WHERE kind = 'send'") >= 3);
    assert_int_equal(archived(false), 0);
    open_archive(port);
    atomic_fetch_add(&later, 20 * 60 * 1000);
    wait_for_reports(1);
    sx_node_close(node, 5);
    close_archive();
    assert_false(is_twice_in_archive());
}

static void settings_can_change_while_it_runs(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s;
    sx_node *node = open_node("{}");
    make_settings(&s, "dicom: {peers: [CR2], listen: 127.0.0.1}\n");
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    assert_int_equal(send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_PERMANENT);
    make_settings(&s, sends_to(open_archive(0)));
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
    close_archive();
}

static void a_study_is_repeated(void **state) {
    (void)state;
    char path[600];
    size_t films = 0;
    sx_error err = { 0 };
    sx_node *node = open_node(sends_to(open_archive(0)));
    send_film(node, "1.2.3", "1.2.3.1");
    wait_for_reports(1);
    snprintf(path, sizeof path, "%s/store.sqlite", data_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db && sx_node_redo(db, "1.2.3", clock_of(NULL), &films, &err), err);
    assert_int_equal(films, 1);
    CHECK_OK(sx_node_redo(db, "1.2.9", clock_of(NULL), &films, &err), err);
    assert_int_equal(films, 0);
    sx_db_close(db);
    wait_for_reports(2);
    sx_node_close(node, 5);
    close_archive();
    assert_false(is_twice_in_archive());
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

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        FRESH(films_become_results),
        FRESH(a_late_film_makes_a_new_version),
        FRESH(what_was_received_survives_the_end),
        FRESH(results_wait_for_their_archive),
        FRESH(settings_can_change_while_it_runs),
        FRESH(a_study_is_repeated),
        FRESH(demonstration_weights_must_be_allowed),
        FRESH(two_services_do_not_share_a_folder),
    };
    if (argc != 2) return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, clean);
}
