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

sx_message_read sx_message_receive(int socket, int milliseconds, sx_message_kind *kind,
                                   sx_str *out) {
    const double until = milliseconds < 0 ? -1.0 : sx_now() + milliseconds / 1000.0;
    head h;
    sx_str_free(out);
    sx_message_read r = get(socket, until, &h, sizeof h);
    if (r != SX_MESSAGE_READ) return r;
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

void sx_message_error(const sx_str *message, sx_error *err) {
    uint32_t code = 0;
    const bool whole = message->len >= 4;
    if (whole) memcpy(&code, message->data, 4);
    const bool known = code > SX_OK && code <= SX_ERR_REFUSED;
    sx_fail(err, known ? (sx_error_code)code : SX_ERR_INTERNAL, "%.*s",
            whole ? (int)message->len - 4 : 0, whole ? message->data + 4 : "");
}
