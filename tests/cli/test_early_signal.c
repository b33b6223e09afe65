/* A signal to end that comes while the program starts is handled like a later one: exit status 1
 * and one message.
 *
 * usage: test-early-signal PROGRAM */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "support/check.h"
#include "support/text_files.h"

enum { TRIES = 20, LONGEST_START_MS = 20000 };

static const char *program;
static const char *labels, *scores, *messages;

static void put_tables(void) {
    labels = check_tmp_path("labels.csv");
    scores = check_tmp_path("scores.csv");
    messages = check_tmp_path("messages");
    write_text(labels, "image_id,abnormal\na,1\nb,0\nc,1\nd,0\n");
    write_text(scores, "image_id,score\na,0.9\nb,0.2\nc,0.4\nd,0.5\n");
}

/* A command that goes on for minutes. */
static void become(void) {
    const int out = open(messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(open("/dev/null", O_RDWR), 0);
    dup2(out, 1);
    dup2(out, 2);
    execl(program, program, "eval", "classify", labels, scores, "--resamples", "1000000",
          (char *)NULL);
    _exit(127);
}

static void check_cancelled(pid_t pid) {
    int status;
    sx_file text;
    sx_error err = { 0 };
    assert_int_equal(waitpid(pid, &status, 0), pid);
    CHECK_OK(sx_file_open(&text, messages, &err), err);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1 ||
        !memmem(text.data, text.size, "cancelled\n", 10))
        fail_msg("status %x: %.*s", (unsigned)status, (int)text.size, (const char *)text.data);
    sx_file_close(&text);
}

/* The signal is there before the program. */
static void a_signal_before_the_start(void **state) {
    (void)state;
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        fflush(NULL);
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            sigset_t set;
            sigemptyset(&set);
            sigaddset(&set, numbers[i]);
            signal(numbers[i], SIG_DFL); /* nohup ignores SIGHUP */
            sigprocmask(SIG_BLOCK, &set, NULL);
            raise(numbers[i]);
            become();
        }
        check_cancelled(pid);
    }
}

/* Whether the process has this signal in a mask of /proc/PID/status. */
static bool has_in_mask(pid_t pid, const char *mask, int number) {
    char path[64], line[256];
    unsigned long long bits = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, mask, strlen(mask)) == 0)
            bits = strtoull(line + strlen(mask) + 1, NULL, 16);
    if (f) fclose(f);
    return bits >> (number - 1) & 1;
}

/* Returns whether the signal was sent while the libraries were loaded. */
static bool signal_while_loading(void) {
    const struct timespec moment = { .tv_nsec = 1000000 };
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* with these the program need not execute itself again */
        unsetenv("OMP_WAIT_POLICY");
        unsetenv("GOMP_SPINCOUNT");
        unsetenv("KMP_BLOCKTIME");
        become();
    }
    bool held = false, handled = false;
    for (int ms = 0; !held && !handled; ms++) {
        if (ms > LONGEST_START_MS) fail_msg("no handler after %d ms", ms);
        held = has_in_mask(pid, "SigBlk:", SIGTERM);
        handled = has_in_mask(pid, "SigCgt:", SIGTERM);
        nanosleep(&moment, NULL);
    }
    kill(pid, SIGTERM);
    check_cancelled(pid);
    return held && !handled;
}

static void a_signal_while_libraries_are_loaded(void **state) {
    (void)state;
    int hits = 0;
    for (int i = 0; i < TRIES && hits < 3; i++)
        hits += signal_while_loading();
    assert_true(hits > 0);
}

static int remove_folder(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_before_the_start),
        cmocka_unit_test(a_signal_while_libraries_are_loaded),
    };
    if (argc != 2) return 2;
    program = argv[1];
    put_tables();
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
