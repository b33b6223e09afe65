/* A password that a person types: twice, without echo, with the keys that edit a line. */
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "cli/password_prompt.h"
#include "support/check.h"

typedef struct typed {
    char screen[1000]; /* what the terminal showed */
    char result[400];  /* the password, or the error's message */
    sx_error_code code;
    bool echo; /* of the terminal afterwards */
} typed;

static void child(int slave, int result) {
    char password[64];
    sx_error err = { 0 };
    if (login_tty(slave) != 0) _exit(9);
    const bool ok = sx_read_password(password, sizeof password, &err);
    const char *text = ok ? password : err.message;
    _exit(write(result, text, strlen(text)) >= 0 ? (int)err.code : 9);
}

static size_t read_screen(int master, char *to, size_t size, int milliseconds) {
    struct pollfd p = { .fd = master, .events = POLLIN };
    if (poll(&p, 1, milliseconds) <= 0) return 0;
    const ssize_t n = read(master, to, size - 1);
    to[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* Waits for each prompt, then types a line. */
static typed type_lines(const char *first, const char *second) {
    int master, slave, pipes[2], status;
    typed t = { .screen = "" };
    const char *lines[] = { first, second };
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(pipe(pipes), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) child(slave, pipes[1]);
    close(pipes[1]);
    size_t n = 0;
    for (int i = 0; i < 2 && lines[i]; i++) {
        const char *prompt = i ? "The same again: " : "Password: ";
        for (int wait = 0; wait < 100 && !strstr(t.screen, prompt); wait++)
            n += read_screen(master, t.screen + n, sizeof t.screen - n, 100);
        usleep(50000); /* the prompt is shown, and the echo goes off right after it */
        assert_true(write(master, lines[i], strlen(lines[i])) > 0);
    }
    assert_true(read(pipes[0], t.result, sizeof t.result - 1) >= 0);
    struct termios now;
    assert_int_equal(tcgetattr(slave, &now), 0);
    t.echo = now.c_lflag & ECHO && now.c_lflag & ICANON && now.c_lflag & ISIG;
    (void)read_screen(master, t.screen + n, sizeof t.screen - n, 100);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    t.code = (sx_error_code)WEXITSTATUS(status);
    close(master);
    close(slave);
    close(pipes[0]);
    return t;
}

static void a_password_is_typed_twice_without_echo(void **state) {
    (void)state;
    const typed t = type_lines("horse battery\r", "horse battery\r");
    assert_string_equal(t.result, "horse battery");
    assert_int_equal(t.code, SX_OK);
    assert_null(strstr(t.screen, "horse"));
    assert_true(t.echo);
}

static void keys_edit_the_line(void **state) {
    (void)state;
    const typed t = type_lines("wrong\x15hors\xC3\xA9\x7F"
                               "ex\b\r",
                               "horse\n");
    assert_string_equal(t.result, "horse");
    assert_int_equal(t.code, SX_OK);
    assert_true(t.echo);
}

static void wrong_lines_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *first, *second, *message;
        sx_error_code code;
    } cases[] = {
        { "horse\r", "house\r", "the two passwords differ", SX_ERR_VALUE },
        { "horse\x03", NULL, "interrupted", SX_ERR_CANCELLED },
        { "\r", NULL, "there is no password", SX_ERR_VALUE },
        { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r", NULL,
          "too long", SX_ERR_VALUE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const typed t = type_lines(cases[i].first, cases[i].second);
        if (!strstr(t.result, cases[i].message)) fail_msg("%zu: %s", i, t.result);
        assert_int_equal(t.code, cases[i].code);
        assert_true(t.echo);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_typed_twice_without_echo),
        cmocka_unit_test(keys_edit_the_line),
        cmocka_unit_test(wrong_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
