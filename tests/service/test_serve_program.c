/* `spinexr serve` and the commands beside it as programs: signals, checks, jobs, metrics, a backup
 * and a recovery from it. argv[1]: the program. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/service_process.h"
#include "service/web_client.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/small_networks.h"

static const char *program;
static int port, http_port, metrics_port;

/* ---- the programs ---- */

/* Settings with ports of their own, and `more`. */
static void write_settings_for(const char *weights, const char *more) {
    FILE *f = fopen(check_tmp_path("c.yaml"), "w");
    assert_non_null(f);
    fprintf(f,
            "data: %s\nweights: [%s]\nallow_demo: true\nstudy: {quiet_seconds: 1}\n"
            "http: {port: %d, metrics_port: %d}\nkeep: {full_percent: 99, full_gb: 0}\n%s",
            node_folder, weights, http_port, metrics_port, more);
    assert_int_equal(fclose(f), 0);
}

static void write_settings(const char *more) {
    write_settings_for(small_networks_write()[0], more);
}

static const char *listens(const char *peer) {
    static char text[100];
    snprintf(text, sizeof text, "dicom: {port: %d, listen: 127.0.0.1, peers: [%s]}\n", port, peer);
    return text;
}

/* Runs `spinexr serve ARGUMENTS --config c.yaml`. What it prints, messages too, is in `printed`. */
static char printed[20000];

static int run(const char *arguments) {
    char command[2000];
    snprintf(command, sizeof command, "'%s' serve %s --config '%s' 2>&1", program, arguments,
             check_tmp_path("c.yaml"));
    FILE *p = popen(command, "r");
    assert_non_null(p);
    const size_t n = fread(printed, 1, sizeof printed - 1, p);
    printed[n] = '\0';
    const int status = pclose(p);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect_printed(const char *text) {
    if (!strstr(printed, text)) fail_msg("no \"%s\" in\n%s", text, printed);
}

static pid_t start(void) {
    unlink(check_tmp_path("log"));
    const pid_t service = service_start_with_drain(program, "200");
    node_wait_for_log(" started ", 1);
    return service;
}

/* An empty folder, and ports that nobody has. */
static int begin(void **state) {
    node_fresh(state);
    port = free_port();
    http_port = free_port();
    metrics_port = free_port();
    return 0;
}

/* ---- serve check, serve settings ---- */

static void the_check_names_what_is_wrong(void **state) {
    (void)state;
    char more[300];
    write_settings(listens("CR1"));
    assert_int_equal(run("check"), 0);
    static const char *const parts[] = { "settings",  "folder",       "disk",   "database",
                                         "HTTP port", "metrics port", "weights" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        expect_printed(parts[i]);
    snprintf(more, sizeof more, "%s%s", listens("CR1"), node_sends_to(free_port()));
    write_settings(more);
    assert_int_equal(run("check"), 1);
    expect_printed("destination archive: error: ARCHIVE at "); /* on one line */
    expect_printed("1 error\n");
    snprintf(more, sizeof more, "%scodes: {Nonsense: [1, SCT, Nonsense]}\n", listens("CR1"));
    write_settings(more);
    assert_int_equal(run("check"), 1);
    expect_printed("no network has the class \"Nonsense\" of the setting codes");
    write_settings("dicom: {prot: 7}\n");
    assert_int_equal(run("check"), 1);
    expect_printed("c.yaml:7: dicom.prot: there is no such key; did you mean dicom.port?");
}

/* ---- no weights ---- */

static void without_weights_the_reading_room_runs(void **state) {
    (void)state;
    write_settings_for("", listens("CR1"));
    assert_int_equal(run("check"), 0);
    expect_printed("weights: none, only the reading room runs: ok");
    const pid_t service = start();
    assert_true(node_log_count("no weights: no film is received or predicted"));
    web_expect(web_call(http_port, "GET", "/healthz/ready", "", NULL), 200,
               "without weights: no film is received; the reading room is ready\n");
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_TRANSIENT);
    write_settings(listens("CR1"));
    kill(service, SIGHUP);
    node_wait_for_log("a service without weights, or with them, stays so while it runs", 1);
    service_end(service, SIGTERM);
}

/* Another service with ports of its own for all but the metrics. */
static void a_taken_metrics_port_is_named(void **state) {
    (void)state;
    write_settings_for("", listens("CR1"));
    const pid_t service = start();
    FILE *f = fopen(check_tmp_path("c.yaml"), "w");
    assert_non_null(f);
    fprintf(f, "data: %s/second\nhttp: {port: 0, metrics_port: %d}\n", check_tmp(), metrics_port);
    fclose(f);
    assert_int_equal(mkdir(check_tmp_path("second"), 0700), 0);
    assert_int_equal(run(""), 1);
    expect_printed("the port of the metrics (http.metrics_port of --config; 0: none): ");
    service_end(service, SIGTERM);
}

/* ---- signals ---- */

static void sighup_reads_the_settings_again(void **state) {
    (void)state;
    char more[300];
    write_settings(listens("CR2"));
    const pid_t service = start();
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_PERMANENT);
    write_settings(listens("CR1"));
    kill(service, SIGHUP);
    node_wait_for_log(" reloaded", 1);
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    write_settings("nonsense: 1\n");
    kill(service, SIGHUP);
    node_wait_for_log("not reloaded, the earlier settings stay in force", 1);
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
    assert_false(node_log_count("film=1.2.3.2"));
    snprintf(more, sizeof more, "%slog_patients: true\n", listens("CR1"));
    write_settings(more);
    kill(service, SIGHUP);
    for (int i = 0; i < 600 && !node_log_count("film=1.2.3.2"); i++) {
        assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
        usleep(50000);
    }
    assert_true(node_log_count("film=1.2.3.2"));
    service_end(service, SIGTERM);
}

enum { SERIES = 200 };

static struct series {
    sx_send_item items[SERIES];
    char uids[SERIES][24];
} series;

/* All in one association. */
static void *send_series(void *unused) {
    const sx_dicom_remote to = { .host = "127.0.0.1",
                                 .port = port,
                                 .ae_title = "SPINEXR",
                                 .our_title = "CR1",
                                 .message_seconds = 20 };
    (void)unused;
    sx_dicom_send(&to, series.items, SERIES);
    return NULL;
}

/* The association that is open when the service is told to stop ends as its sender wants; a new one
 * is not taken. */
static void sigterm_lets_associations_end(void **state) {
    (void)state;
    pthread_t sender;
    write_settings(listens("CR1"));
    const pid_t service = start();
    for (int i = 0; i < SERIES; i++) {
        sx_send_item *item = &series.items[i];
        snprintf(series.uids[i], sizeof series.uids[i], "1.2.3.%d", i);
        *item =
            (sx_send_item){ .sop_class = "1.2.840.10008.5.1.4.1.1.1.1", .sop_uid = series.uids[i] };
        item->bytes = make_film("1.2.3", item->sop_uid, &item->n);
    }
    assert_int_equal(pthread_create(&sender, NULL, send_series, NULL), 0);
    node_wait_for(NULL, "SELECT COUNT(*) FROM instance");
    kill(service, SIGTERM);
    node_wait_for_log("stopping", 1);
    const int64_t before = node_number("SELECT COUNT(*) FROM instance");
    assert_int_equal(send_film_to(port, "1.2.4", "1.2.4.1"), SX_SENT_TRANSIENT);
    pthread_join(sender, NULL);
    int status;
    assert_int_equal(waitpid(service, &status, 0), service);
    assert_int_equal(status, 0);
    for (int i = 0; i < SERIES; i++) {
        if (series.items[i].sent != SX_SENT_STORED)
            fail_msg("film %d: %s", i, series.items[i].reason);
        free((void *)(uintptr_t)series.items[i].bytes);
    }
    assert_true(before < SERIES);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance"), SERIES);
}

/* ---- jobs ---- */

static int64_t dead_job(void) {
    return node_number("SELECT COALESCE(MAX(id), 0) FROM job WHERE state = 'dead'");
}

/* The archive has another AE title than the settings say, until these are corrected. */
static void a_dead_job_is_shown_and_tried_again(void **state) {
    (void)state;
    char more[400], command[60];
    const int archive_port = archive_open(0);
    snprintf(more, sizeof more,
             "%sdestinations: {archive: {host: 127.0.0.1, port: %d, ae_title: WRONG, test: true, "
             "confirm: none}}\n",
             listens("CR1"), archive_port);
    write_settings(more);
    const pid_t service = start();
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE state = 'dead'");
    const long long id = (long long)dead_job();
    assert_int_equal(run("jobs list"), 0);
    expect_printed("1.2.3/1 to archive");
    snprintf(command, sizeof command, "jobs show %lld", id);
    assert_int_equal(run(command), 0);
    expect_printed("state        dead\n");
    expect_printed("Called AE Title Not Recognized");
    snprintf(more, sizeof more, "%s%s", listens("CR1"), node_sends_to(archive_port));
    write_settings(more);
    kill(service, SIGHUP);
    node_wait_for_log(" reloaded", 1);
    snprintf(command, sizeof command, "jobs retry %lld", id);
    assert_int_equal(run(command), 0);
    node_wait_for_reports(1);
    node_wait_until_done(NULL, 0);
    assert_int_equal(run(command), 1);
    expect_printed("is done; only a dead one can be tried again");
    assert_int_equal(run("redo --study 1.2.3 --force"), 0);
    node_wait_for_reports(2);
    assert_int_equal(run("redo --study 1.2.9"), 1);
    service_end(service, SIGTERM);
    archive_close();
}

/* ---- metrics ---- */

/* A stage is counted a moment after the end of its job is in the database. */
static void expect_metric(const char *text) {
    for (int tries = 600;; tries--) {
        web_answer a = web_call(metrics_port, "GET", "/metrics", "", NULL);
        assert_int_equal(a.status, 200);
        const bool found = strstr(a.body, text) != NULL;
        if (!found && !tries) fail_msg("no \"%s\" in\n%s", text, a.body);
        web_free(&a);
        if (found) return;
        usleep(100000);
    }
}

/* On a port of their own, and on no other. */
static void metrics_count_films_jobs_and_deliveries(void **state) {
    (void)state;
    char more[400];
    snprintf(more, sizeof more, "%s%s", listens("CR1"), node_sends_to(archive_open(0)));
    write_settings(more);
    const pid_t service = start();
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for_reports(1);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'send' AND state = 'done'");
    static const char *const metrics[] = {
        "\nspinexr_received_total{outcome=\"new\"} 1\n",
        "\nspinexr_received_total{outcome=\"again\"} 1\n",
        "\nspinexr_films{state=\"scored\"} 1\n",
        "\nspinexr_studies{state=\"built\"} 1\n",
        "\nspinexr_deliveries{destination=\"archive\",state=\"sent\"} ",
        "\nspinexr_delivery_attempts{destination=\"archive\"} 1\n",
        "\nspinexr_stage_seconds_count{stage=\"predict\"} 1\n",
        "\nspinexr_stage_seconds_count{stage=\"build\"} 1\n",
        "\nspinexr_stage_seconds_count{stage=\"send\"} 1\n",
        "\nspinexr_disk_free_bytes ",
        "\nspinexr_alarm{name=\"dead_jobs\"} 0\n",
    };
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        expect_metric(metrics[i]);
    assert_int_equal(web_status(http_port, "GET", "/metrics", "", NULL), 404);
    assert_int_equal(web_status(metrics_port, "GET", "/api/session", "", NULL), 404);
    service_end(service, SIGTERM);
    archive_close();
}

/* ---- backup and recovery ---- */

static void copy_films(const char *from, const char *to) {
    char command[2500];
    snprintf(command, sizeof command, "mkdir -p '%s' && cp -R '%s/films' '%s'", to, from, to);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): fixed paths of the test */
}

/* The database is copied while films arrive, then the films. A service on the copies goes on where
 * the first one was, and makes nothing twice. */
static void a_backup_becomes_a_service(void **state) {
    (void)state;
    char more[400], restored[512], copy[600], command[800];
    sx_error err = { 0 };
    snprintf(restored, sizeof restored, "%s", check_tmp_path("restored"));
    snprintf(copy, sizeof copy, "%s/store.sqlite", restored);
    snprintf(more, sizeof more, "%s%s", listens("CR1"), node_sends_to(archive_open(0)));
    write_settings(more);
    pid_t service = start();
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for_reports(1);
    assert_int_equal(send_film_to(port, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    CHECK_OK(sx_make_dirs(restored, &err), err);
    snprintf(command, sizeof command, "backup '%s'", copy);
    assert_int_equal(run(command), 0);
    expect_printed("copied and verified");
    assert_int_equal(run(command), 1); /* it never overwrites */
    copy_films(node_folder, restored);
    service_end(service, SIGKILL);
    snprintf(node_folder, sizeof node_folder, "%s", restored);
    write_settings(more);
    assert_int_equal(run("check"), 0);
    service = start();
    node_wait_for_reports(2);
    assert_int_equal(send_film_to(port, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    sleep(2);
    service_end(service, SIGTERM);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), 2);
    assert_int_equal(archive_count(true), 2);
    assert_int_equal(archive_conflicts(), 0);
    archive_close();
}

static void run_sql(const char *sql) {
    sx_error err = { 0 };
    sx_db *db = node_open_store();
    CHECK_OK(sx_db_run(db, sql, NULL, 0, &err), err);
    sx_db_close(db);
}

/* An earlier program may be at work with the database: only the service changes its schema. */
static void commands_leave_an_older_schema_alone(void **state) {
    (void)state;
    static const char count[] = "SELECT COUNT(*) FROM schema_version";
    char command[800];
    write_settings(listens("CR1"));
    service_end(start(), SIGTERM);
    const int64_t newest = node_number(count);
    run_sql("DELETE FROM schema_version WHERE version = (SELECT MAX(version) FROM schema_version)");
    run_sql("ALTER TABLE job DROP COLUMN hold_time");
    run_sql("ALTER TABLE job DROP COLUMN fault_time");
    assert_int_equal(run("jobs list"), 1);
    expect_printed("start `spinexr serve` of this version, which changes it");
    assert_int_equal(run("check"), 0);
    snprintf(command, sizeof command, "backup '%s'", check_tmp_path("older.sqlite"));
    assert_int_equal(run(command), 0);
    assert_int_equal(node_number(count), newest - 1);
    service_end(start(), SIGTERM);
    assert_int_equal(node_number(count), newest);
    assert_int_equal(run("jobs list"), 0);
}

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        FRESH(without_weights_the_reading_room_runs),   FRESH(a_taken_metrics_port_is_named),
        FRESH(the_check_names_what_is_wrong),           FRESH(sighup_reads_the_settings_again),
        FRESH(sigterm_lets_associations_end),           FRESH(a_dead_job_is_shown_and_tried_again),
        FRESH(metrics_count_films_jobs_and_deliveries), FRESH(a_backup_becomes_a_service),
        FRESH(commands_leave_an_older_schema_alone),
    };
    if (argc != 2) return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, node_clean);
}
