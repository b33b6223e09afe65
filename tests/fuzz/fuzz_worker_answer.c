/* What a worker process sends, which a film may have taken over: whatever the bytes are, the
 * service reads messages that are no longer than these, and texts and pictures that are whole. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "service/node/messages.h"
#include "service/node/networks.h"
#include "service/store/picture_file.h"

/* As worker_pool.c does. */
static void take_picture(const sx_str *message) {
    int width, height;
    size_t end;
    if (!sx_picture_split(message->data, message->len, &width, &height, &end)) return;
    if (width < 0 || height < 0 || end > message->len || end < (size_t)width * (size_t)height * 3)
        abort();
    (void)sx_film_png_valid(message->data + end, message->len - end);
}

static void take_message(sx_message_kind kind, const sx_str *message) {
    sx_networks networks;
    sx_error err = { 0 };
    if (kind == SX_MESSAGE_ERROR) {
        sx_message_error(message, &err);
        if (!err.code || !memchr(err.message, '\0', sizeof err.message)) abort();
    } else if (kind == SX_MESSAGE_PICTURE) {
        take_picture(message);
    } else if (kind == SX_MESSAGE_HELLO &&
               sx_networks_parse(sx_str_text(message), &networks, &err)) {
        if (strlen(networks.weights) != 64 || !memchr(networks.note, '\0', sizeof networks.note) ||
            !memchr(networks.classes, '\0', sizeof networks.classes))
            abort();
        (void)sx_networks_have(&networks, "a class");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int pair[2];
    sx_message_kind kind;
    sx_str message = { 0 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return 0;
    /* what the socket holds; nobody reads the rest */
    const ssize_t sent = send(pair[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(pair[1]);
    while (sent > 0 && sx_message_receive(pair[0], 1000, &kind, &message) == SX_MESSAGE_READ) {
        if (message.len > size) abort();
        take_message(kind, &message);
    }
    close(pair[0]);
    sx_str_free(&message);
    return 0;
}
