#include "dicom_peer.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "node_ends.h"
#include "service/web_client.h"
#include "support/association_request.h"
#include "support/check.h"

double peer_at_once = CUT / 3;

static atomic_int received;

int peer_films_received(void) {
    return atomic_load(&received);
}

static int take(void *user, const sx_dicom_incoming *in) {
    (void)user, (void)in;
    atomic_fetch_add(&received, 1);
    return SX_STORE_SUCCESS;
}

sx_dicom_server_options peer_options(void) {
    static const char *const classes[] = { "1.2.840.10008.5.1.4.1.1.1.1", NULL },
                             *const syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                                   NULL };
    return (sx_dicom_server_options){
        .gate = { .listen = "127.0.0.1", .seconds = CUT, .most_waiting = 300 },
        .ae_title = "SPINEXR",
        .most_associations = 2,
        .most_per_address = 2,
        .idle_seconds = CUT,
        .message_seconds = CUT,
        .folder = check_tmp(),
        .classes = classes,
        .syntaxes = syntaxes,
        .store = take,
    };
}

sx_dicom_server *peer_open(const sx_dicom_server_options *o) {
    sx_error err = { 0 };
    atomic_store(&received, 0);
    sx_dicom_server *s = sx_dicom_server_open(o, &err);
    CHECK_OK(s != NULL, err);
    return s;
}

int peer_connect(const sx_dicom_server *s) {
    return web_connect(sx_dicom_server_port(s), NULL);
}

void peer_say(int fd, const void *bytes, size_t n) {
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

bool peer_is_closed(int fd) {
    const struct timeval limit = { .tv_sec = 10 };
    char bytes[200];
    ssize_t n;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    do {
        n = recv(fd, bytes, sizeof bytes, 0);
    } while (n > 0);
    return n == 0 || errno == ECONNRESET;
}

void peer_expect_served(const sx_dicom_server *s) {
    const int before = atomic_load(&received);
    const double begin = sx_now();
    assert_int_equal(send_film_to(sx_dicom_server_port(s), "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(atomic_load(&received), before + 1);
    if (sx_now() - begin > peer_at_once) fail_msg("the film took %.1f s", sx_now() - begin);
}

static bool send_all(int fd, const uint8_t *bytes, size_t n) {
    ssize_t sent = 1;
    for (; n && sent > 0; bytes += sent, n -= (size_t)sent)
        sent = send(fd, bytes, n, MSG_NOSIGNAL);
    return n == 0;
}

bool peer_send_value(int fd, uint8_t context, uint8_t control, const uint8_t *bytes, size_t n) {
    const uint32_t value = (uint32_t)n + 2, pdu = value + 4;
    const uint8_t head[] = { 4,
                             0,
                             (uint8_t)(pdu >> 24),
                             (uint8_t)(pdu >> 16),
                             (uint8_t)(pdu >> 8),
                             (uint8_t)pdu,
                             (uint8_t)(value >> 24),
                             (uint8_t)(value >> 16),
                             (uint8_t)(value >> 8),
                             (uint8_t)value,
                             context,
                             control };
    return send_all(fd, head, sizeof head) && send_all(fd, bytes, n);
}

size_t peer_receive_pdu(int fd, uint8_t *out, size_t size) {
    uint8_t head[6];
    assert_int_equal(recv(fd, head, sizeof head, MSG_WAITALL), sizeof head);
    const size_t n = (size_t)head[4] << 8 | head[5];
    assert_true(n <= size && head[2] == 0 && head[3] == 0);
    assert_int_equal(recv(fd, out, n, MSG_WAITALL), n);
    return n;
}

int peer_associate(const sx_dicom_server *s) {
    uint8_t bytes[ASSOCIATION_REQUEST];
    const int fd = peer_connect(s);
    peer_say(fd, bytes, association_request(bytes));
    (void)peer_receive_pdu(fd, bytes, sizeof bytes);
    return fd;
}
