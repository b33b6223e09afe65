#include "service/node/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "service/node/messages.h"
#include "service/store/picture_file.h"

struct sx_pool_worker {
    sx_pool_options o;
    pid_t process; /* 0: none */
    int socket;
    sx_networks networks;
};

enum { WORKER_SOCKET = 3 };

sx_pool_worker *sx_pool_worker_new(const sx_pool_options *options, sx_error *err) {
    sx_pool_worker *w = sx_calloc_for(1, sizeof *w, "a worker process", err);
    if (w) *w = (sx_pool_worker){ .o = *options, .socket = -1 };
    return w;
}

/* Ends the process, whatever it does, and says how it ended. */
static int end_process(sx_pool_worker *w) {
    int status = 0;
    if (w->socket >= 0) close(w->socket);
    w->socket = -1;
    if (!w->process) return 0;
    (void)kill(w->process, SIGKILL);
    while (waitpid(w->process, &status, 0) < 0 && errno == EINTR) {}
    w->process = 0;
    return status;
}

void sx_pool_worker_free(sx_pool_worker *w) {
    if (!w) return;
    end_process(w);
    free(w);
}

void sx_pool_worker_renew(sx_pool_worker *w) {
    end_process(w);
}

/* ---- starting ---- */

/* In the child, between fork and exec: calls that are safe there, and nothing else. */
static _Noreturn void become_worker(const sx_pool_options *o, int socket) {
    if (socket == WORKER_SOCKET) {
        (void)fcntl(socket, F_SETFD, 0);
    } else if (dup2(socket, WORKER_SOCKET) < 0) {
        _exit(127);
    }
    close_range(WORKER_SOCKET + 1, ~0u, 0);
    (void)
        setsid(); /* Ctrl-C in the service's terminal is for the service, which ends its workers */
    execv(o->command[0], (char *const *)(uintptr_t)o->command);
    _exit(127);
}

static bool fork_worker(sx_pool_worker *w, sx_error *err) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return sx_fail_errno(err, "a worker process", "make a socket");
    w->process = fork();
    if (w->process == 0) become_worker(&w->o, pair[1]);
    close(pair[1]);
    w->socket = pair[0];
    if (w->process > 0) return true;
    w->process = 0;
    end_process(w);
    return sx_fail_errno(err, "a worker process", "start");
}

static bool say_start(const sx_pool_worker *w, sx_message_read r, int status, sx_error *err) {
    if (r == SX_MESSAGE_LATE)
        return sx_fail(err, SX_ERR_IO, "a worker process did not open its networks within %d s",
                       w->o.start_seconds);
    if (WIFSIGNALED(status))
        return sx_fail(err, SX_ERR_INTERNAL, "a worker process was ended by signal %d at its start",
                       WTERMSIG(status));
    return sx_fail(err, SX_ERR_INTERNAL, "a worker process ended at its start (exit status %d)",
                   WEXITSTATUS(status));
}

static bool hear_hello(sx_pool_worker *w, sx_error *err) {
    sx_message_kind kind = SX_MESSAGE_ERROR;
    sx_str text = { 0 };
    const sx_message_read r =
        sx_message_receive(w->socket, w->o.start_seconds * 1000, &kind, &text);
    bool ok = false;
    if (r != SX_MESSAGE_READ)
        ok = say_start(w, r, end_process(w), err);
    else if (kind != SX_MESSAGE_HELLO)
        sx_message_error(&text, err);
    else
        ok = sx_networks_parse(sx_str_text(&text), &w->networks, err);
    if (!ok) end_process(w);
    sx_str_free(&text);
    return ok;
}

/* A process that ended while it had no film is nobody's fault: there is none. */
static void look_after(sx_pool_worker *w) {
    pid_t ended;
    if (!w->process) return;
    do {
        ended = waitpid(w->process, NULL, WNOHANG);
    } while (ended < 0 && errno == EINTR);
    if (ended == 0) return;
    w->process = 0;
    end_process(w);
}

bool sx_pool_start(sx_pool_worker *w, sx_networks *out, sx_error *err) {
    look_after(w);
    if (!w->process && (!fork_worker(w, err) || !hear_hello(w, err))) return false;
    *out = w->networks;
    return true;
}

/* ---- films ---- */

static sx_pool_outcome crash(sx_pool_worker *w, sx_message_read r, sx_error *err) {
    const int status = end_process(w);
    if (r == SX_MESSAGE_LATE)
        sx_fail(err, SX_ERR_LIMIT, "took longer than %d s", w->o.film_seconds);
    else if (r == SX_MESSAGE_NO_MEMORY)
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a result");
    else if (r == SX_MESSAGE_GONE && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        sx_fail(err, SX_ERR_INTERNAL, "ended its worker process (signal %d)", WTERMSIG(status));
    else
        sx_fail(err, SX_ERR_INTERNAL, "ended its worker process");
    return SX_POOL_CRASHED;
}

/* A worker that sends nonsense is treated like one that crashed. */
static sx_message_read read_picture(sx_pool_worker *w, sx_pool_picture *p) {
    sx_message_kind kind = SX_MESSAGE_ERROR;
    const sx_message_read r =
        sx_message_receive(w->socket, w->o.film_seconds * 1000, &kind, &p->bytes);
    if (r != SX_MESSAGE_READ) return r;
    size_t end;
    if (kind != SX_MESSAGE_PICTURE ||
        !sx_picture_split(p->bytes.data, p->bytes.len, &p->width, &p->height, &end) ||
        !sx_film_png_valid(p->bytes.data + end, p->bytes.len - end))
        return SX_MESSAGE_BROKEN;
    p->film.len = 0;
    sx_str_append(&p->film, p->bytes.data + end, p->bytes.len - end);
    p->bytes.len = end - SX_PICTURE_HEAD;
    memmove(p->bytes.data, p->bytes.data + SX_PICTURE_HEAD, p->bytes.len);
    return p->film.failed ? SX_MESSAGE_NO_MEMORY : SX_MESSAGE_READ;
}

/* The process may be about to end when it is looked after: a second one tries again. */
static bool send_film(sx_pool_worker *w, const char *path, int file, sx_error *err) {
    sx_networks networks;
    for (int i = 0; i < 2; i++) {
        if (!sx_pool_start(w, &networks, err)) return false;
        if (sx_message_send_file(w->socket, SX_MESSAGE_PREDICT, path, strlen(path), file))
            return true;
        end_process(w);
    }
    return sx_fail(err, SX_ERR_INTERNAL, "two worker processes ended before they had a film");
}

sx_pool_outcome sx_pool_predict(sx_pool_worker *w, const char *path, sx_str *json,
                                sx_pool_picture *picture, sx_error *err) {
    sx_message_kind kind = SX_MESSAGE_ERROR;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        sx_fail_errno(err, path, "open");
        return SX_POOL_FILM_FAILED;
    }
    const bool sent = send_film(w, path, file, err);
    close(file);
    if (!sent) return SX_POOL_NOT_STARTED;
    sx_message_read r = sx_message_receive(w->socket, w->o.film_seconds * 1000, &kind, json);
    if (r == SX_MESSAGE_READ && kind == SX_MESSAGE_ERROR) {
        sx_message_error(json, err);
        return SX_POOL_FILM_FAILED;
    }
    if (r == SX_MESSAGE_READ && kind != SX_MESSAGE_RESULT) r = SX_MESSAGE_BROKEN;
    if (r == SX_MESSAGE_READ && picture) r = read_picture(w, picture);
    return r == SX_MESSAGE_READ ? SX_POOL_PREDICTED : crash(w, r, err);
}
