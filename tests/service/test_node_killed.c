/* The service is killed (SIGKILL) at random moments while it receives, predicts, builds and sends,
 * and started again each time. In the end every film that was acknowledged is in the result of its
 * study, and the archive has each object of the results once, with the same bytes each time.
 * argv: the program, the number of kills; `orthanc`: Orthanc is the archive. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/query_number.h"
#include "service/service_process.h"
#include "service/store/db.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/small_networks.h"

static const char *program;
static int kills, port, archive_port;
static uint64_t seed, drawn;
static orthanc pacs;
static bool with_orthanc;

static double draw(void) {
    return sx_rng_unit(seed, drawn++);
}

/* ---- the service ---- */

static void write_config(void) {
    const char *const *networks = small_networks_write();
    FILE *f = fopen(check_tmp_path("c.yaml"), "w");
    assert_non_null(f);
    fprintf(f,
            "data: %s/data\nweights: [%s, %s, %s]\nallow_demo: true\n"
            "dicom: {port: %d}\nhttp: {port: 0, metrics_port: 0}\nstudy: {quiet_seconds: 1}\n"
            "destinations: {archive: {host: 127.0.0.1, port: %d, ae_title: %s, test: true, "
            "confirm: none}}\n",
            check_tmp(), networks[0], networks[1], networks[2], port, archive_port,
            with_orthanc ? "ORTHANC" : "ARCHIVE");
    assert_int_equal(fclose(f), 0);
}

/* ---- the sender ---- */

enum { MOST = 3000 };
static char acknowledged[MOST][65];
static atomic_int acknowledged_count;
static atomic_bool enough;

/* Sends each film until it is acknowledged: three of a study, then the next. */
static void *send_films(void *unused) {
    (void)unused;
    for (int i = 0; i < MOST && !atomic_load(&enough);) {
        char study[65], film[65];
        snprintf(study, sizeof study, "1.2.%d", i / 3);
        snprintf(film, sizeof film, "1.2.%d.%d", i / 3, i % 3);
        if (send_film_to(port, study, film) == SX_SENT_STORED) {
            snprintf(acknowledged[i++], 65, "%s", film);
            atomic_store(&acknowledged_count, i);
        }
        usleep(100000);
    }
    return NULL;
}

/* ---- what is right ---- */

static sx_db *db;

static void check_results(void) {
    const int films = atomic_load(&acknowledged_count);
    for (int i = 0; i < films; i++)
        if (query_number_of(db,
                            "SELECT COUNT(*) FROM instance WHERE sop_uid = ? AND state = 'scored'",
                            acknowledged[i]) != 1)
            fail_msg("%s was acknowledged and is not scored", acknowledged[i]);
    expect_one_result_each(db);
    print_message("%d films, %d objects, %d of them sent again\n", films, archive_count(false),
                  archive_repeats());
}

static void nothing_is_lost_and_nothing_comes_twice(void **state) {
    (void)state;
    char store[600];
    pthread_t sender;
    sx_error err = { 0 };
    snprintf(store, sizeof store, "%s/data/store.sqlite", check_tmp());
    port = free_port();
    archive_port = with_orthanc ? pacs.dicom_port : archive_open(0);
    write_config();
    assert_int_equal(pthread_create(&sender, NULL, send_films, NULL), 0);
    for (int i = 0; i < kills; i++) {
        const pid_t service = service_start(program);
        usleep((useconds_t)(4e6 * draw()) + 200000);
        service_end(service, SIGKILL);
    }
    const pid_t service = service_start(program);
    atomic_store(&enough, atomic_load(&acknowledged_count) > 0);
    while (!atomic_load(&acknowledged_count))
        usleep(100000);
    atomic_store(&enough, true);
    pthread_join(sender, NULL);
    db = sx_db_open(store, &err);
    CHECK_OK(db != NULL, err);
    node_wait_until_done(db, 0);
    service_end(service, SIGTERM);
    check_results();
    sx_db_close(db);
    if (with_orthanc)
        orthanc_stop(&pacs);
    else
        archive_close();
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_lost_and_nothing_comes_twice) };
    with_orthanc = argc == 4 && strcmp(argv[3], "orthanc") == 0;
    if (argc != 3 && !with_orthanc) return 2;
    if (with_orthanc) {
        if (!orthanc_start(&pacs, 11112)) {
            print_message("left out: Orthanc is not installed\n");
            return 77;
        }
        archive_is(&pacs);
    }
    program = argv[1];
    kills = (int)strtol(argv[2], NULL, 10);
    seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, clean);
}
