#include "cli/terminal.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/str.h"
#include "base/utf8.h"

static volatile sig_atomic_t stops;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sx_progress bar;
static bool bar_on, bar_drawn, on_terminal;
static double bar_last;

static void on_signal(int number) {
    static const char note[] =
        "\nspinexr: finishing the current work; press Ctrl-C again to stop at once\n";
    if (++stops > 1) _exit(128 + number);
    const char *from = note + (on_terminal ? 0 : 1); /* below the ^C that a terminal echoes */
    ssize_t n = write(STDERR_FILENO, from, strlen(from));
    (void)n;
}

/* If the reader has closed the output, every further write would raise SIGPIPE again. */
static void on_closed_pipe(int number) {
    (void)number;
    if (!stops) stops = 1;
}

static bool stopped(void *unused) {
    (void)unused;
    return stops > 0;
}

static void clear_bar(void) {
    if (bar_drawn) fputs("\r\033[K", stderr);
    bar_drawn = false;
}

void sx_terminal_print(const char *line) {
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, line, false);
    pthread_mutex_lock(&lock);
    clear_bar();
    fprintf(stderr, "spinexr: %s\n", sx_str_text(&shown));
    if (on_terminal) bar_last = 0; /* redraw at the next step */
    pthread_mutex_unlock(&lock);
    sx_str_free(&shown);
}

void sx_cli_print(const char *fmt, ...) {
    va_list args;
    sx_str text = { 0 }, shown = { 0 };
    va_start(args, fmt);
    sx_str_vprintf(&text, fmt, args);
    sx_utf8_printable(&shown, sx_str_text(&text), true);
    pthread_mutex_lock(&lock);
    clear_bar();
    fflush(stderr);
    fputs(sx_str_text(&shown), stdout);
    if (bar_on) fflush(stdout);
    if (on_terminal) bar_last = 0;
    pthread_mutex_unlock(&lock);
    va_end(args);
    sx_str_free(&text);
    sx_str_free(&shown);
}

void sx_cli_print_parts(const sx_line_part *parts, size_t count) {
    sx_str text = { 0 };
    sx_line_parts(&text, parts, count);
    sx_cli_print("%s", sx_str_text(&text));
    sx_str_free(&text);
}

bool sx_cli_print_json(const sx_json_doc *doc, sx_json_style style, sx_error *err) {
    sx_str text = { 0 };
    const bool ok = sx_json_print(doc, style, &text, err);
    if (ok) sx_cli_print("%s", text.data);
    sx_str_free(&text);
    return ok;
}

static void on_log(void *user, sx_log_level level, const char *message) {
    static const char *const before[] = { "error: ", "warning: ", "", "" };
    char line[1100];
    (void)user;
    snprintf(line, sizeof line, "%s%s", before[level], message);
    sx_terminal_print(line);
}

/* A signal that the caller ignores (nohup, background jobs) stays ignored. */
static void handle(int number, void (*handler)(int)) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART; /* a read in progress continues */
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

static const int to_end[] = { SIGINT, SIGTERM, SIGHUP };
enum { SIGNALS_TO_END = sizeof to_end / sizeof *to_end };

static void mask_signals(int how) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < SIGNALS_TO_END; i++)
        sigaddset(&set, to_end[i]);
    sigprocmask(how, &set, NULL);
}

void sx_terminal_hold_signals(void) {
    mask_signals(SIG_BLOCK);
}

void sx_terminal_take_signals(void) {
    on_terminal = isatty(STDERR_FILENO) != 0;
    for (int i = 0; i < SIGNALS_TO_END; i++)
        handle(to_end[i], on_signal);
    mask_signals(SIG_UNBLOCK);
}

/* ---- the bar ---- */

static int columns(void) {
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col - 1 : 79;
}

static void draw(void *user, const sx_progress *p) {
    const bool tty = on_terminal;
    (void)user;
    const double now = sx_now();
    char text[256];
    pthread_mutex_lock(&lock);
    const size_t done = atomic_load(&((sx_progress *)p)->done);
    if (done == 0 && !p->ended) bar_last = tty ? 0 : now;
    const bool last = p->total && done >= p->total;
    if (p->ended) {
        clear_bar();
        bar_on = false;
    } else if (now - bar_last >= (tty ? 0.1 : 10.0) || (tty && last)) {
        sx_progress_text(p, now - p->started, tty ? columns() : 0, text, sizeof text);
        fprintf(stderr, tty ? "\r%s\033[K" : "spinexr: %s\n", text);
        fflush(stderr);
        bar_on = true;
        bar_drawn = tty;
        bar_last = now;
    }
    pthread_mutex_unlock(&lock);
}

sx_progress *sx_cli_progress(const sx_call *call, const char *what, size_t total) {
    sx_progress_start(&bar, call->context, what, total);
    return &bar;
}

void sx_cli_progress_end(void) {
    sx_progress_end(&bar);
}

/* ---- the context ---- */

bool sx_terminal_start(sx_call *call, int threads, sx_error *err) {
    handle(SIGPIPE, on_closed_pipe);
    signal(SIGXFSZ, SIG_IGN); /* reaching a file size limit is an error that names the file */
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.threads = threads;
    o.log_level = call->quiet ? SX_LOG_ERROR : call->verbose ? SX_LOG_DEBUG : SX_LOG_INFO;
    o.log = on_log;
    o.cancelled = stopped;
    call->context = sx_context_new(&o, err);
    if (!call->context) return false;
    call->context->progress = call->quiet ? NULL : draw;
    /* once a program: worker processes are hidden commands */
    if (sx_cpu_get()->warning[0] && !call->command->hidden)
        sx_log(call->context, SX_LOG_WARNING, "%s", sx_cpu_get()->warning);
    return true;
}
