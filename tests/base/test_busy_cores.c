/* Fewer threads while other programs take the cores. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/busy_cores.h"
#include "base/clock.h"
#include "base/context_impl.h"
#include "support/check.h"

static void test_rule(void **state) {
    (void)state;
    assert_int_equal(sx_busy_rule(2, 2, 0, 0.5), 2);  /* no others: threads of our own wait */
    assert_int_equal(sx_busy_rule(2, 2, 2, 0.01), 2); /* others of low priority */
    assert_int_equal(sx_busy_rule(2, 2, 1, 0.5), 1);
    assert_int_equal(sx_busy_rule(2, 2, 9, 0.5), 1);
    assert_int_equal(sx_busy_rule(16, 16, 2, 0.2), 14);
    assert_int_equal(sx_busy_rule(4, 16, 2, 0.2), 4); /* there is room for all */
    assert_int_equal(sx_busy_rule(2, 2, -1, 0.5), 2); /* one of our own ended in between */
}

static void compute_for(double seconds) {
    const double end = sx_now() + seconds;
    while (sx_now() < end)
        ;
}

/* As many others as there are cores, and one more, so that this thread waits wherever it runs. */
static void test_busy_cores(void **state) {
    (void)state;
    enum { MOST = 256 };
    pid_t others[MOST];
    sx_busy_cores load = { 0 };
    const int count = sx_cores() + 1 < MOST ? sx_cores() + 1 : MOST;
    for (int i = 0; i < count; i++) {
        others[i] = fork();
        if (others[i] == 0)
            for (;;)
                ;
    }
    assert_int_equal(sx_busy_threads(&load, 1), 1);
    sx_busy_threads(&load, 64);
    int threads = 64;
    for (int i = 0; threads == 64 && i < 100; i++) { /* until the others run */
        compute_for(0.1);
        threads = sx_busy_threads(&load, 64);
    }
    for (int i = 0; i < count; i++) {
        kill(others[i], SIGKILL);
        waitpid(others[i], NULL, 0);
    }
    assert_int_equal(threads, 1);
    assert_int_equal(sx_busy_threads(&load, 64), 1); /* it does not look again at once */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_busy_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
