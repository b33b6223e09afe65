/* Two services with names of their own share one PostgreSQL database and one folder. One of them is
 * killed while it holds a lease; the other one finishes its work. Each is a process. Their clock is
 * this test's. postgres.sh starts the server, whose address is in STORE. argv[1]: worker-program.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/fresh_store.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/query_number.h"
#include "support/free_port.h"

static char store[600];
static sx_db *db;

/* ---- the services ---- */

static const char *const names[] = { "one", "two" };

/* In memory that the processes share. */
static struct shared {
    atomic_llong later; /* milliseconds that the clock is fast */
    atomic_int ports[2];
    atomic_bool stop;
} * shared;

static int64_t clock_of(void *user) {
    (void)user;
    return sx_wall_clock() + atomic_load(&shared->later);
}

static _Noreturn void run_service(int which, int archive_port) {
    static const sx_node_log log = { .fd = STDERR_FILENO, .most = SX_LOG_ERROR };
    const char *const worker[] = { node_worker, "real", NULL };
    char more[900];
    sx_error err = { 0 };
    sx_settings s;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with a test that is killed */
    snprintf(more, sizeof more, "store: \"%s\"\n%s", store, node_sends_to(archive_port));
    node_settings(&s, more);
    sx_node *node = sx_node_open(
        &(const sx_node_options){
            .worker = worker, .log = &log, .host = names[which], .now = clock_of },
        &s, &err);
    if (!node) {
        fprintf(stderr, "%s\n", err.message);
        _exit(1);
    }
    atomic_store(&shared->ports[which], sx_node_port(node, false));
    while (!atomic_load(&shared->stop))
        usleep(50000);
    sx_node_close(node, 5);
    _exit(0);
}

/* Before this process has threads. */
static pid_t start_service(int which, int archive_port) {
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) run_service(which, archive_port);
    return pid;
}

/* ---- the sender ---- */

enum { STUDIES = 20, FILMS = 2 * STUDIES };

/* Two films of each study, to one service each, or to the other if that one is gone. */
static void *send_films(void *unused) {
    (void)unused;
    for (int i = 0; i < FILMS; i++) {
        char study[65], film[65];
        snprintf(study, sizeof study, "1.2.%d", i / 2);
        snprintf(film, sizeof film, "1.2.%d.%d", i / 2, i % 2);
        for (int k = i;
             send_film_to(atomic_load(&shared->ports[k % 2]), study, film) != SX_SENT_STORED; k++)
            usleep(10000);
    }
    return NULL;
}

/* ---- the test ---- */

static int64_t number(const char *sql) {
    return query_number(db, sql);
}

/* Kills it at a moment at which it holds a lease. */
static void kill_at_work(pid_t pid) {
    int status;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(kill(pid, SIGSTOP), 0);
        usleep(1000); /* what it has sent to the server takes effect */
        if (number("SELECT COUNT(*) FROM job WHERE state = 'leased' AND owner = 'one'")) break;
        assert_int_equal(kill(pid, SIGCONT), 0);
        usleep(5000);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(number("SELECT COUNT(*) FROM job WHERE state = 'leased' AND owner = 'one'") > 0);
}

static void the_other_one_takes_over(void **state) {
    (void)state;
    int status;
    pthread_t sender;
    const int archive_port = free_port();
    snprintf(node_folder, sizeof node_folder, "%s", check_tmp_path("data")); /* of both */
    const pid_t one = start_service(0, archive_port), two = start_service(1, archive_port);
    archive_open(archive_port);
    for (int i = 0; i < 2; i++)
        for (int k = 0; !atomic_load(&shared->ports[i]); k++) {
            if (k == 600) fail_msg("service %s has not started", names[i]);
            usleep(50000);
        }
    assert_int_equal(pthread_create(&sender, NULL, send_films, NULL), 0);
    node_wait_for(db, "SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'done'"
                      " AND owner = 'one'");
    node_wait_for(db, "SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'done'"
                      " AND owner = 'two'");
    kill_at_work(one);
    pthread_join(sender, NULL);
    /* the second one has nothing left but what the first one held */
    node_wait_for(db,
                  "SELECT CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END FROM job WHERE kind = 'predict'"
                  " AND state <> 'done' AND owner <> 'one'");
    assert_true(number("SELECT COUNT(*) FROM job WHERE state = 'leased' AND owner = 'one'") > 0);
    atomic_fetch_add(&shared->later, 2 * 60 * 60 * 1000); /* the leases end */
    node_wait_until_done(db, 0);
    atomic_store(&shared->stop, true);
    assert_int_equal(waitpid(two, &status, 0), two);
    assert_int_equal(status, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), FILMS);
    assert_int_equal(number("SELECT COUNT(*) FROM study"), STUDIES);
    expect_one_result_each(db);
    print_message("%d objects, %d of them sent again\n", archive_count(false), archive_repeats());
    archive_close();
}

static int clean(void **state) {
    sx_db_close(db);
    return node_clean(state);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_other_one_takes_over) };
    if (argc != 2 || !getenv("STORE")) return 2;
    node_worker = argv[1];
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    db = fresh_store("", store, sizeof store);
    return cmocka_run_group_tests(tests, NULL, clean);
}
