/* Teams that are smaller than requested, or cannot be had. Each case has a process of its own,
 * which has started no threads before. */
#include "base/team.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "support/check.h"

/* Runs `fn` in a child. Its result is the child's exit status. */
static int in_child(int (*fn)(void)) {
    int status;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) _exit(fn());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void count_range(void *sum, size_t begin, size_t end) {
    atomic_fetch_add((atomic_size_t *)sum, end - begin);
}

static bool loop_covers_all(int threads) {
    atomic_size_t sum = 0;
    const sx_context context = sx_context_child(NULL, threads);
    sx_parallel_for(&context, 1000, 1, count_range, &sum);
    return sum == 1000;
}

/* ---- fewer than requested ---- */

static int probe_levels(void) {
    omp_set_dynamic(1);
    if (sx_team_probe(2, NULL) != 2 || !omp_get_dynamic()) return 1;
    omp_set_max_active_levels(0);
    return sx_team_probe(2, NULL) == 1 && loop_covers_all(3) ? 0 : 2;
}

static int probe_region(void) {
    int size = 0;
#pragma omp parallel num_threads(2)
#pragma omp master
    size = sx_team_size(2);
    return size == 1 && sx_team_size(2) == 2 && sx_team_size(0) == 1 && sx_team_size(-3) == 1 ? 0
                                                                                              : 1;
}

static void team_is_what_openmp_gives(void **state) {
    (void)state;
    assert_int_equal(in_child(probe_levels), 0);
    assert_int_equal(in_child(probe_region), 0);
}

/* ---- threads that cannot be started ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* a sanitizer takes terabytes of addresses */
static void threads_that_cannot_be_started(void **state) {
    (void)state;
    skip();
}
#else
static bool limit_addresses(size_t more) {
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f) return false;
    const bool read = fscanf(f, "%ld", &pages) == 1;
    fclose(f);
    const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    return read && setrlimit(RLIMIT_AS, &(struct rlimit){ bytes, bytes }) == 0;
}

static int probe_limit(void) {
    sx_error err = { 0 };
    unsetenv("OMP_STACKSIZE");
    if (!limit_addresses((size_t)200 << 20)) return 1;
    if (sx_team_probe(64, &err) != 0 || err.code != SX_ERR_MEMORY) return 2;
    if (!strstr(err.message, "64 threads cannot be started (")) return 3;
    if (sx_team_size(64) != 1 || !loop_covers_all(64)) return 4;
    return sx_team_probe(4, NULL) == 4 ? 0 : 5;
}

static int probe_stack(void) {
    if (!limit_addresses((size_t)600 << 20)) return 1;
    setenv("OMP_STACKSIZE", " 200 m ", 1);
    if (sx_team_probe(5, NULL) != 0) return 2;
    setenv("OMP_STACKSIZE", "0.2G", 1); /* not valid: ignored */
    return sx_team_probe(5, NULL) == 5 ? 0 : 3;
}

static void threads_that_cannot_be_started(void **state) {
    (void)state;
    assert_int_equal(in_child(probe_limit), 0);
    assert_int_equal(in_child(probe_stack), 0);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(team_is_what_openmp_gives),
        cmocka_unit_test(threads_that_cannot_be_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
