#include "cli/password_prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, CTRL_U = 21, DELETE = 127 };

/* One byte of standard input; -1 at its end. */
static int next_byte(void) {
    unsigned char c;
    ssize_t n;
    do
        n = read(STDIN_FILENO, &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? c : -1;
}

/* Removes the last UTF-8 character. */
static size_t rub_out(const char *text, size_t n) {
    while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
        n--;
    return n > 0 ? n - 1 : 0;
}

/* A line without its newline. `keys`: from a terminal that edits nothing itself. */
static bool read_line(char *out, size_t size, bool keys, sx_error *err) {
    size_t n = 0;
    for (;;) {
        const int c = next_byte();
        if (c < 0 && n == 0) return sx_fail(err, SX_ERR_VALUE, "there is no password");
        if (c < 0 || c == '\n' || (keys && (c == '\r' || c == CTRL_D))) break;
        if (keys && c == CTRL_C) return sx_fail(err, SX_ERR_CANCELLED, "interrupted");
        if (keys && (c == '\b' || c == DELETE)) {
            n = rub_out(out, n);
        } else if (keys && c == CTRL_U) {
            n = 0;
        } else if (n + 1 == size || c == 0) {
            return sx_fail(err, SX_ERR_VALUE, "the password is too long or has a zero byte");
        } else {
            out[n++] = (char)c;
        }
    }
    out[n] = '\0';
    return n > 0 || sx_fail(err, SX_ERR_VALUE, "there is no password");
}

/* Signals are off meanwhile, so that the terminal always gets its echo back. */
static bool ask(const char *prompt, char *out, size_t size, sx_error *err) {
    struct termios before, quiet;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return sx_fail_errno(err, "terminal", "read its settings");
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    fprintf(stderr, "%s", prompt);
    fflush(stderr);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return sx_fail_errno(err, "terminal", "switch off its echo");
    const bool ok = read_line(out, size, true, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fprintf(stderr, "\n");
    return ok;
}

bool sx_read_password(char *out, size_t size, sx_error *err) {
    char again[2048];
    if (!isatty(STDIN_FILENO)) return read_line(out, size, false, err);
    bool ok = ask("Password: ", out, size, err) &&
              ask("The same again: ", again, size < sizeof again ? size : sizeof again, err);
    if (ok && strcmp(out, again) != 0) ok = sx_fail(err, SX_ERR_VALUE, "the two passwords differ");
    explicit_bzero(again, sizeof again);
    return ok;
}
