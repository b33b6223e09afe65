/* The node as a whole, between a sender and an archive that are in this process: films that were
 * acknowledged become results that arrive once, whatever happens meanwhile. argv[1]:
 * worker-program. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "models/model_import.h"
#include "service/node/redo.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/small_networks.h"

static void films_become_results(void **state) {
    (void)state;
    sx_node *node = node_open(node_sends_to(archive_open(0)));
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
    assert_int_equal(node_send_film(node, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    node_wait_for_reports(2);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), 3);
    assert_int_equal(node_number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    /* three films, and each has a picture; two reports in two classes, of which one is sent */
    assert_int_equal(node_number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 3);
    assert_int_equal(node_number("SELECT COUNT(*) FROM output WHERE kind LIKE 'sr%'"), 4);
    assert_int_equal(archive_count(false), node_number("SELECT COUNT(*) FROM output") - 2);
}

/* Sending again makes no second result; a late film makes a second version of it. */
static void a_late_film_makes_a_new_version(void **state) {
    (void)state;
    sx_node *node = node_open(node_sends_to(archive_open(0)));
    node_send_film(node, "1.2.3", "1.2.3.1");
    node_wait_for_reports(1);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    sleep(2);
    assert_int_equal(archive_count(true), 1);
    node_send_film(node, "1.2.3", "1.2.3.2");
    node_wait_for_reports(2);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
    assert_int_equal(node_number("SELECT revision FROM study"), 2);
}

static void what_was_received_survives_the_end(void **state) {
    (void)state;
    const int port = archive_open(0);
    sx_node *node = node_open(node_sends_to(port));
    for (int i = 0; i < 5; i++) {
        char uid[20];
        snprintf(uid, sizeof uid, "1.2.3.%d", i);
        assert_int_equal(node_send_film(node, "1.2.3", uid), SX_SENT_STORED);
    }
    sx_node_close(node, 0); /* before the quiet time is over */
    assert_int_equal(archive_count(false), 0);
    node = node_open(node_sends_to(port));
    node_wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(node_number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 5);
    assert_int_equal(archive_repeats(), 0);
}

/* A machine that starts with the clock of another year, which is then set right. */
static void a_clock_that_is_put_back_holds_up_nothing(void **state) {
    (void)state;
    const long long years = 10LL * 365 * 24 * 3600 * 1000;
    char more[300];
    atomic_store(&node_later, years);
    snprintf(more, sizeof more, "study: {quiet_seconds: 600}\n%s", node_sends_to(archive_open(0)));
    sx_node *node = node_open(more);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for(NULL, "SELECT COUNT(*) FROM instance WHERE state = 'scored'");
    atomic_store(&node_later, 0);
    node_wait_for_reports(1);
    node_wait_until_done(NULL, 0);
    assert_true(node_number("SELECT completed FROM study") < node_clock(NULL));
    assert_true(node_number("SELECT made FROM prediction") < node_clock(NULL));
    sx_node_close(node, 5);
    archive_close();
}

/* An hour without the archive, by the node's clock. */
static void results_wait_for_their_archive(void **state) {
    (void)state;
    const int port = free_port();
    sx_node *node = node_open(node_sends_to(port));
    node_send_film(node, "1.2.3", "1.2.3.1");
    for (int i = 0; i < 60 && node_number("SELECT COALESCE(MAX(attempts), 0) FROM job"
                                          " WHERE kind = 'send' AND state = 'waiting'") < 3;
         i++) {
        sleep(1);
        atomic_fetch_add(&node_later, 20 * 60 * 1000);
    }
    assert_true(node_number("SELECT attempts FROM job WHERE kind = 'send'") >= 3);
    assert_int_equal(archive_count(false), 0);
    archive_open(port);
    atomic_fetch_add(&node_later, 20 * 60 * 1000);
    node_wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
}

static void settings_can_change_while_it_runs(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s;
    sx_node *node = node_open("{}");
    node_settings(&s, "dicom: {peers: [CR2], listen: 127.0.0.1}\n");
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_PERMANENT);
    node_settings(&s, node_sends_to(archive_open(0)));
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_settings(&s, "weights: [/nowhere/w.safetensors]\n");
    CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_IO, "/nowhere/w.safetensors");
    err = (sx_error){ 0 };
    node_settings(&s, "dicom: {ae_title: OTHER}\n");
    CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_USAGE,
                "dicom.ae_title needs a restart");
    err = (sx_error){ 0 };
    node_settings(&s, "dicom: {peers: [CR1]}\n");
    CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_USAGE,
                "dicom.peers needs a restart: with peers the DICOM port listens on 0.0.0.0, "
                "without them on 127.0.0.1, unless dicom.listen names an address");
    node_wait_for_reports(1); /* by the settings before the bad ones */
    sx_node_close(node, 5);
    archive_close();
}

/* A port that takes connections and never answers. */
static int silent_port(int *port) {
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (const struct sockaddr *)&a, n) == 0 && listen(fd, 5) == 0 &&
                getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* The delivery that is in progress goes on meanwhile, and ends when its archive does. */
static void other_settings_do_not_wait_for_a_slow_archive(void **state) {
    static const char leased[] =
        "SELECT COUNT(*) FROM job WHERE kind = 'send' AND key = '1.2.3/1' AND state = 'leased'";
    (void)state;
    int port;
    sx_error err = { 0 };
    sx_settings s;
    const int slow = silent_port(&port);
    sx_node *node = node_open(node_sends_to(port));
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for(NULL, leased);
    for (int i = 0; i < 2; i++) { /* also when earlier threads are at work still */
        node_settings(&s, node_sends_to(i == 0 ? port : archive_open(0)));
        CHECK_OK(sx_node_reload(node, &s, &err), err);
    }
    assert_int_equal(node_send_film(node, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    node_wait_for_reports(1);
    assert_int_equal(node_number(leased), 1);
    close(slow); /* the attempt fails, and the next one is the new threads' */
    atomic_fetch_add(&node_later, 60 * 1000);
    node_wait_for_reports(2);
    node_settings(&s, "{}"); /* joins the threads that have ended */
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
}

static void a_study_is_repeated(void **state) {
    (void)state;
    size_t films = 0;
    sx_error err = { 0 };
    sx_node *node = node_open(node_sends_to(archive_open(0)));
    node_send_film(node, "1.2.3", "1.2.3.1");
    node_wait_for_reports(1);
    sx_db *db = node_open_store();
    CHECK_OK(sx_node_redo(db, "1.2.3", false, node_clock(NULL), &films, &err), err);
    assert_int_equal(films, 1);
    node_wait_for(db, "SELECT COUNT(*) FROM event WHERE kind = 'the same result'");
    assert_int_equal(node_number("SELECT COUNT(*) FROM event WHERE kind = 'the same result'"), 1);
    assert_int_equal(node_number("SELECT revision FROM study"), 1);
    CHECK_OK(sx_node_redo(db, "1.2.3", true, node_clock(NULL), &films, &err), err);
    assert_int_equal(films, 1);
    CHECK_OK(sx_node_redo(db, "1.2.9", true, node_clock(NULL), &films, &err), err);
    assert_int_equal(films, 0);
    sx_db_close(db);
    node_wait_for_reports(2);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_repeats(), 0);
    assert_int_equal(node_number("SELECT revision FROM study"), 2);
    assert_int_equal(node_number("SELECT forced FROM study"), 0);
}

/* Reports and pictures of other programs are kept, and are no films of their study. */
static void other_objects_have_no_part_in_a_result(void **state) {
    (void)state;
    sx_node *node = node_open(node_sends_to(archive_open(0)));
    const int port = sx_node_port(node, false);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(send_other_to(port, "1.2.3", false), SX_SENT_STORED);
    assert_int_equal(send_other_to(port, "1.2.3", true), SX_SENT_STORED);
    assert_int_equal(send_note_to(port, "1.2.3"), SX_SENT_STORED);
    assert_int_equal(send_other_to(port, "1.2.4", true), SX_SENT_STORED); /* and nothing else */
    node_wait_for_reports(1);
    assert_int_equal(send_other_to(port, "1.2.3", false), SX_SENT_STORED); /* once more */
    node_wait_until_done(NULL, 0);
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(archive_count(true), 1);
    assert_int_equal(node_number("SELECT revision FROM study WHERE study_uid = '1.2.3'"), 1);
    assert_int_equal(node_number("SELECT revision FROM study WHERE study_uid = '1.2.4'"), 0);
    assert_int_equal(node_number("SELECT COUNT(*) FROM study WHERE state = 'built'"), 2);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance"), 5);
    assert_int_equal(node_number("SELECT COUNT(*) FROM job WHERE kind = 'predict'"), 1);
    assert_int_equal(node_number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 1);
    /* neither the report's list of films nor its findings name them */
    assert_int_equal(node_number("SELECT COUNT(*) FROM output o JOIN instance i ON i.is_film = 0"
                                 " WHERE instr(o.bytes, CAST(i.sop_uid AS BLOB)) > 0"),
                     0);
}

/* A film that another program has damaged: a dead letter, which a person sees. */
static void a_study_that_cannot_be_built_is_a_dead_letter(void **state) {
    (void)state;
    char folder[700];
    sx_error err = { 0 };
    sx_paths films = { 0 };
    sx_node *node = node_open("study: {quiet_seconds: 10}\n");
    node_send_film(node, "1.2.3", "1.2.3.1");
    node_wait_for(NULL, "SELECT COUNT(*) FROM instance WHERE state = 'scored'");
    snprintf(folder, sizeof folder, "%s/films", node_folder);
    CHECK_OK(sx_paths_walk(&films, folder, &err), err);
    assert_int_equal(films.count, 1);
    CHECK_OK(sx_write_file(films.items[0], "nonsense", 8, &err), err);
    sx_paths_free(&films);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'dead'");
    sx_node_close(node, 5);
}

static void change_store(const char *sql) {
    sx_error err = { 0 };
    sx_db *db = node_open_store();
    CHECK_OK(sx_db_run(db, sql, NULL, 0, &err), err);
    sx_db_close(db);
}

/* The database refuses to note how a job ended, as one on a full disk would. When it no longer
 * does, the job ends without waiting for the end of its lease. */
static void the_end_of_a_job_is_noted_when_it_can_be(void **state) {
    (void)state;
    node_log =
        (sx_node_log){ .fd = open(check_tmp_path("log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
                       .most = SX_LOG_ERROR };
    sx_node *node = node_open("study: {quiet_seconds: 10}\n");
    change_store("CREATE TRIGGER full BEFORE UPDATE ON job WHEN NEW.state <> 'leased' "
                 "BEGIN SELECT RAISE(ABORT, 'no room'); END");
    node_send_film(node, "1.2.3", "1.2.3.1");
    node_wait_for_log("job failed", 1); /* it has been predicted */
    assert_int_equal(
        node_number("SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'leased'"), 1);
    change_store("DROP TRIGGER full");
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'dead'");
    sx_node_close(node, 5);
    close(node_log.fd);
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
    assert_null(node_try(text, &err));
    check_error(&err, SX_ERR_REFUSED, "--allow-demo");
}

static void two_services_do_not_share_a_folder(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_node *node = node_open("{}");
    assert_null(node_try("{}", &err));
    check_error(&err, SX_ERR_IO, "serve");
    sx_node_close(node, 5);
}

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, node_fresh)
    const struct CMUnitTest tests[] = {
        FRESH(films_become_results),
        FRESH(a_late_film_makes_a_new_version),
        FRESH(what_was_received_survives_the_end),
        FRESH(a_clock_that_is_put_back_holds_up_nothing),
        FRESH(results_wait_for_their_archive),
        FRESH(settings_can_change_while_it_runs),
        FRESH(other_settings_do_not_wait_for_a_slow_archive),
        FRESH(a_study_is_repeated),
        FRESH(other_objects_have_no_part_in_a_result),
        FRESH(a_study_that_cannot_be_built_is_a_dead_letter),
        FRESH(the_end_of_a_job_is_noted_when_it_can_be),
        FRESH(demonstration_weights_must_be_allowed),
        FRESH(two_services_do_not_share_a_folder),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
