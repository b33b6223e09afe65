/* Claims on a file system without locks: a run on this machine is recognised by its process and the
 * time at which that process started. This program's own fcntl64() takes the place of the C
 * library's, and refuses locks as such a file system does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/files.h"
#include "support/check.h"
#include "support/text_files.h"

static int refused_locks;

int fcntl64(int fd, int command, ...) __attribute__((visibility("default")));
int fcntl64(int fd, int command, ...) {
    va_list args;
    va_start(args, command);
    const long argument = va_arg(args, long);
    va_end(args);
    if (command == F_OFD_SETLK) {
        refused_locks++;
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, command, argument);
}

/* A process that claims `dir` and then waits to be killed. */
static pid_t claim_and_wait(const char *dir) {
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        byte = sx_claim_open(dir, "predict", NULL) ? 'y' : 'n';
        (void)!write(ready[1], &byte, 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void end(pid_t child) {
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_running_process_is_recognised(void **state) {
    (void)state;
    sx_error err = { 0 };
    char process[64];
    const char *dir = check_tmp_path("running");
    const pid_t child = claim_and_wait(dir);
    snprintf(process, sizeof process, "predict, process %ld", (long)child);
    CHECK_FAILS(sx_claim_open(dir, "explain", &err), err, SX_ERR_IO, process);
    assert_true(refused_locks > 0);
    end(child);
    sx_claim *c = sx_claim_open(dir, "explain", &err);
    CHECK_OK(c != NULL, err);
    sx_claim_close(c);
}

/* Writes a journal that names this host and the process, `ticks` after its start. */
static void write_journal(const char *dir, const char *host, pid_t process, long ticks) {
    char path[64], text[1024] = "", own_host[128];
    unsigned long long start = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_int_equal(sscanf(strrchr(text, ')') + 1,
                            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                            "%*d %*d %llu",
                            &start),
                     1);
    assert_int_equal(gethostname(own_host, sizeof own_host), 0);
    snprintf(text, sizeof text,
             "spinexr run 1\nhost %s\nprocess %ld %llu\ncommand predict\nstarted then\n",
             host ? host : own_host, (long)process, start + (unsigned long long)ticks);
    write_text(path_in(dir, ".spinexr-run"), text);
}

/* The number of a process that ended is given to another one. */
static void a_process_with_a_number_that_was_used_before_is_another(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("reused"));
    CHECK_OK(sx_make_dirs(dir, &err), err);
    write_journal(dir, NULL, getpid(), 0);
    CHECK_FAILS(sx_claim_open(dir, "explain", &err), err, SX_ERR_IO, "another run writes there");
    write_journal(dir, NULL, getpid(), 1);
    sx_claim *c = sx_claim_open(dir, "explain", &err);
    CHECK_OK(c != NULL, err);
    sx_claim_close(c);
}

static void a_run_of_another_machine_is_not_judged(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("remote"));
    CHECK_OK(sx_make_dirs(dir, &err), err);
    write_journal(dir, "elsewhere.example", getpid(), 1);
    CHECK_FAILS(sx_claim_open(dir, "explain", &err), err, SX_ERR_IO,
                "a run on elsewhere.example writes or wrote there");
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    check_tmp();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_process_is_recognised),
        cmocka_unit_test(a_process_with_a_number_that_was_used_before_is_another),
        cmocka_unit_test(a_run_of_another_machine_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, remove_all);
}
