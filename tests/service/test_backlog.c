/* A backlog of films of 200 x 200 pixels: the service's resident memory does not grow with their
 * number. argv: the program, the number of films. */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/service_process.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/small_networks.h"

enum { SIDE = 200, PER_STUDY = 10, SENDERS = 4 };

static const char *program;
static int film_count, port;

/* ---- the service ---- */

static void write_config(void) {
    FILE *f = fopen(check_tmp_path("c.yaml"), "w");
    assert_non_null(f);
    fprintf(f,
            "data: %s/data\nweights: [%s]\nallow_demo: true\ndicom: {port: %d}\n"
            "http: {port: 0, metrics_port: 0}\nstudy: {quiet_seconds: 1}\n",
            check_tmp(), small_networks_write()[0], port);
    assert_int_equal(fclose(f), 0);
}

static double resident_mb(pid_t pid) {
    char path[64], line[200];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (kb < 0 && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld kB", &kb) != 1) kb = -1;
    fclose(f);
    assert_true(kb > 0);
    return (double)kb / 1024.0;
}

/* ---- the backlog ---- */

static atomic_int next;
static int last; /* of this part */

static void *send_part(void *unused) {
    (void)unused;
    for (int i; (i = atomic_fetch_add(&next, 1)) < last;) {
        char study[65], film[65];
        snprintf(study, sizeof study, "1.2.%d", i / PER_STUDY);
        snprintf(film, sizeof film, "1.2.%d.%d", i / PER_STUDY, i % PER_STUDY);
        if (send_film_of(SIDE, port, study, film) != SX_SENT_STORED)
            fail_msg("%s is not taken", film);
    }
    return NULL;
}

/* Until the results of all films up to `end` are built. Returns the most memory meanwhile, in MB:
 * while a study is built, its pictures are in memory. */
static double watch_until_built(int end, pid_t service) {
    double most = 0;
    for (int n = 1; n < 36000; n++) {
        most = fmax(most, resident_mb(service));
        if (n % 20 == 0 && node_number("SELECT COUNT(*) FROM study WHERE state = 'built'") ==
                               (end + PER_STUDY - 1) / PER_STUDY)
            return most;
        usleep(50000);
    }
    fail_msg("the results are not built");
    return 0;
}

/* Films up to `end` are sent, all at once. */
static double work_up_to(int end, pid_t service) {
    pthread_t senders[SENDERS];
    const int first = last;
    last = end;
    atomic_store(&next, first);
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&senders[i], NULL, send_part, NULL), 0);
    const double most = watch_until_built(end, service);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i], NULL);
    print_message("up to film %d: at most %.1f MB\n", end, most);
    return most;
}

static void memory_does_not_grow(void **state) {
    (void)state;
    port = free_port();
    write_config();
    const pid_t service = service_start(program);
    for (int i = 0; send_film_of(SIDE, port, "1.2.0", "1.2.0.0") != SX_SENT_STORED; i++) {
        if (i == 600) fail_msg("the service does not start");
        usleep(100000);
    }
    const double first = work_up_to(film_count / 5, service),
                 before = fmax(first, work_up_to(film_count * 2 / 5, service)),
                 after = work_up_to(film_count, service);
    service_end(service, SIGTERM);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"),
                     film_count);
    if (after > before * 1.05) fail_msg("memory grows by %.1f %%", (after / before - 1) * 100);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(memory_does_not_grow) };
    if (argc != 3) return 2;
    program = argv[1];
    film_count = (int)strtol(argv[2], NULL, 10);
    snprintf(node_folder, sizeof node_folder, "%s", check_tmp_path("data"));
    return cmocka_run_group_tests(tests, NULL, node_clean);
}
