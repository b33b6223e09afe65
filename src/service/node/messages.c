#include "service/node/messages.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

typedef struct head {
    uint32_t kind, n;
} head;

static bool put(int socket, const void *bytes, size_t n) {
    const char *at = bytes;
    while (n) {
        const ssize_t done = send(socket, at, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

bool sx_message_send(int socket, sx_message_kind kind, const void *bytes, size_t n) {
    const head h = { (uint32_t)kind, (uint32_t)n };
    return n <= SX_MESSAGE_MOST && put(socket, &h, sizeof h) && put(socket, bytes, n);
}

/* A message for sendmsg and recvmsg, with room for one descriptor. */
typedef struct file_message {
    struct msghdr header;
    struct iovec bytes;
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
} file_message;

static void init_file_message(file_message *m, void *bytes, size_t n) {
    memset(m, 0, sizeof *m);
    m->bytes = (struct iovec){ .iov_base = bytes, .iov_len = n };
    m->header = (struct msghdr){ .msg_iov = &m->bytes,
                                 .msg_iovlen = 1,
                                 .msg_control = m->control.room,
                                 .msg_controllen = sizeof m->control.room };
}

static bool put_file(int socket, const head *h, int file) {
    file_message m;
    head copy = *h;
    init_file_message(&m, &copy, sizeof copy);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m.header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(c), &file, sizeof file);
    ssize_t done;
    do {
        done = sendmsg(socket, &m.header, MSG_NOSIGNAL);
    } while (done < 0 && errno == EINTR);
    return done > 0 && put(socket, (const char *)h + done, sizeof *h - (size_t)done);
}

bool sx_message_send_file(int socket, sx_message_kind kind, const void *bytes, size_t n, int file) {
    const head h = { (uint32_t)kind, (uint32_t)n };
    return n <= SX_MESSAGE_MOST && put_file(socket, &h, file) && put(socket, bytes, n);
}

bool sx_message_send_error(int socket, const sx_error *error) {
    char bytes[4 + sizeof error->message];
    const uint32_t code = (uint32_t)error->code;
    const size_t n = strlen(error->message);
    memcpy(bytes, &code, 4);
    memcpy(bytes + 4, error->message, n);
    return sx_message_send(socket, SX_MESSAGE_ERROR, bytes, 4 + n);
}

/* Reads n bytes before `until` (sx_now; < 0: no limit). */
static sx_message_read get(int socket, double until, void *bytes, size_t n) {
    char *at = bytes;
    while (n) {
        struct pollfd p = { .fd = socket, .events = POLLIN };
        const double left = until < 0.0 ? -1.0 : until - sx_now();
        if (until >= 0.0 && left <= 0.0) return SX_MESSAGE_LATE;
        const int ready = poll(&p, 1, left < 0.0 ? -1 : (int)(left * 1000.0) + 1);
        if (ready < 0 && errno != EINTR) return SX_MESSAGE_GONE;
        if (ready <= 0) continue;
        const ssize_t done = read(socket, at, n);
        if (done < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (done <= 0) return SX_MESSAGE_GONE;
        at += done;
        n -= (size_t)done;
    }
    return SX_MESSAGE_READ;
}

/* The head, and the descriptor that comes with its first byte. */
static sx_message_read get_file(int socket, head *h, int *file) {
    file_message m;
    ssize_t done;
    init_file_message(&m, h, sizeof *h);
    do {
        done = recvmsg(socket, &m.header, MSG_CMSG_CLOEXEC);
    } while (done < 0 && errno == EINTR);
    if (done <= 0) return SX_MESSAGE_GONE;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&m.header);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof *file))
        memcpy(file, CMSG_DATA(c), sizeof *file);
    return get(socket, -1.0, (char *)h + done, sizeof *h - (size_t)done);
}

/* What follows the head. */
static sx_message_read get_rest(int socket, double until, head h, sx_message_kind *kind,
                                sx_str *out) {
    sx_message_read r;
    if (h.kind < SX_MESSAGE_HELLO || h.kind > SX_MESSAGE_ERROR || h.n > SX_MESSAGE_MOST)
        return SX_MESSAGE_BROKEN;
    *kind = (sx_message_kind)h.kind;
    char chunk[65536];
    for (size_t left = h.n; left;) { /* grows with what arrives, not with what is announced */
        const size_t n = left < sizeof chunk ? left : sizeof chunk;
        r = get(socket, until, chunk, n);
        if (r != SX_MESSAGE_READ) return r;
        sx_str_append(out, chunk, n);
        left -= n;
    }
    return out->failed ? SX_MESSAGE_NO_MEMORY : SX_MESSAGE_READ;
}

sx_message_read sx_message_receive(int socket, int milliseconds, sx_message_kind *kind,
                                   sx_str *out) {
    const double until = milliseconds < 0 ? -1.0 : sx_now() + milliseconds / 1000.0;
    head h;
    sx_str_free(out);
    const sx_message_read r = get(socket, until, &h, sizeof h);
    return r == SX_MESSAGE_READ ? get_rest(socket, until, h, kind, out) : r;
}

sx_message_read sx_message_receive_file(int socket, sx_message_kind *kind, sx_str *out, int *file) {
    head h;
    sx_str_free(out);
    *file = -1;
    const sx_message_read r = get_file(socket, &h, file);
    return r == SX_MESSAGE_READ ? get_rest(socket, -1.0, h, kind, out) : r;
}

void sx_message_error(const sx_str *message, sx_error *err) {
    uint32_t code = 0;
    const bool whole = message->len >= 4;
    if (whole) memcpy(&code, message->data, 4);
    const bool known = code > SX_OK && code <= SX_ERR_REFUSED;
    sx_fail(err, known ? (sx_error_code)code : SX_ERR_INTERNAL, "%.*s",
            whole ? (int)message->len - 4 : 0, whole ? message->data + 4 : "");
}
