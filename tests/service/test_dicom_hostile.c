/* Peers of the DICOM port that do not keep to the protocol: a proper sender is served meanwhile,
 * and no connection stays for ever. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "dicom_peer.h"
#include "support/association_request.h"
#include "support/check.h"

static void expect_open(const int *fds, size_t count) {
    char byte;
    for (size_t i = 0; i < count; i++)
        if (recv(fds[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) != -1 || errno != EAGAIN)
            fail_msg("connection %zu was cut before the film was served", i);
}

/* ---- before the first message is whole ---- */

enum { CROWD = 200 };

/* CROWD connections, of which every second one has sent `bytes`. */
static void open_crowd(const sx_dicom_server *s, int crowd[CROWD], const void *bytes, size_t n) {
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = peer_connect(s);
        if (i % 2) peer_say(crowd[i], bytes, n);
    }
}

static void close_crowd(const int crowd[CROWD]) {
    for (int i = 0; i < CROWD; i++)
        close(crowd[i]);
}

static void idle_connections_hold_up_nobody(void **state) {
    (void)state;
    uint8_t request[ASSOCIATION_REQUEST];
    int crowd[CROWD];
    const sx_dicom_server_options o = peer_options();
    sx_dicom_server *s = peer_open(&o);
    open_crowd(s, crowd, request, association_request(request) / 2);
    peer_expect_served(s);
    expect_open(crowd, CROWD);
    close_crowd(crowd);
    sx_dicom_server_close(s, 5);
}

static void other_protocols_are_cut_off(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } peers[] = { { "GET / HTTP/1.1\r\n\r\n", 18 },
                  { "\x16\3\1\0\4\1\0\0\0", 9 }, /* TLS */
                  { "SSH-2.0-x\r\n", 11 },
                  { "\4\0\0\0\0\4\0\0\0\0", 10 },  /* P-DATA-TF without an association */
                  { "\1\0\xff\xff\xff\xff", 6 } }; /* a request of 4 GiB */
    const sx_dicom_server_options o = peer_options();
    sx_dicom_server *s = peer_open(&o);
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        const int fd = peer_connect(s);
        peer_say(fd, peers[i].bytes, peers[i].n);
        if (!peer_is_closed(fd)) fail_msg("peer %zu is still connected", i);
        close(fd);
    }
    peer_expect_served(s);
    sx_dicom_server_close(s, 5);
}

/* ---- one byte at a time ---- */

typedef struct trickle {
    int fds[CROWD];
    const uint8_t *bytes;
    size_t n;
    atomic_bool stop;
} trickle;

/* Sends a byte on every connection, then the next; those that are closed are left out. */
static void *send_slowly(void *user) {
    trickle *t = user;
    for (size_t k = 0; k < t->n && !atomic_load(&t->stop); k++) {
        for (int i = 0; i < CROWD; i++)
            (void)!send(t->fds[i], t->bytes + k, 1, MSG_NOSIGNAL);
        usleep(20000);
    }
    return NULL;
}

/* To a server that cuts them after `seconds`; `check` runs meanwhile. */
static void with_slow_senders(int seconds,
                              void (*check)(const sx_dicom_server *, const trickle *)) {
    uint8_t request[ASSOCIATION_REQUEST];
    pthread_t thread;
    trickle t = { .bytes = request, .n = association_request(request) - 1 };
    sx_dicom_server_options o = peer_options();
    o.gate.seconds = seconds;
    sx_dicom_server *s = peer_open(&o);
    for (int i = 0; i < CROWD; i++)
        t.fds[i] = peer_connect(s);
    assert_int_equal(pthread_create(&thread, NULL, send_slowly, &t), 0);
    check(s, &t);
    atomic_store(&t.stop, true);
    pthread_join(thread, NULL);
    close_crowd(t.fds);
    sx_dicom_server_close(s, 5);
}

static void expect_five_served(const sx_dicom_server *s, const trickle *t) {
    for (int i = 0; i < 5; i++)
        peer_expect_served(s);
    expect_open(t->fds, CROWD);
}

static void slow_senders_hold_up_nobody(void **state) {
    (void)state;
    with_slow_senders(CUT, expect_five_served);
}

static void expect_all_closed(const sx_dicom_server *s, const trickle *t) {
    (void)s;
    for (int i = 0; i < CROWD; i++)
        assert_true(peer_is_closed(t->fds[i]));
}

static void progress_does_not_prolong_the_time(void **state) {
    (void)state;
    with_slow_senders(2, expect_all_closed);
}

/* In an association, whose number is limited: it ends although bytes arrive. */
static void a_slow_message_ends_its_association(void **state) {
    (void)state;
    static const uint8_t pdu[] = { 4, 0, 0, 0, 1, 0, 0, 0, 0, 252, 1, 3 };
    uint8_t request[ASSOCIATION_REQUEST];
    sx_dicom_server_options o = peer_options();
    o.idle_seconds = 2;
    o.message_seconds = 2;
    sx_dicom_server *s = peer_open(&o);
    const int fd = peer_connect(s);
    peer_say(fd, request, association_request(request));
    assert_int_equal(recv(fd, request, 1, 0), 1);
    assert_int_equal(request[0], 2); /* accepted */
    const double begin = sx_now();
    bool open = true;
    for (size_t k = 0; open && sx_now() - begin < 15.0; k++) {
        open = send(fd, k < sizeof pdu ? pdu + k : pdu + 1, 1, MSG_NOSIGNAL) == 1 &&
               sx_dicom_server_associations(s) == 1;
        usleep(100000);
    }
    assert_false(open);
    peer_expect_served(s);
    close(fd);
    sx_dicom_server_close(s, 5);
}

/* ---- others ---- */

static void silence_ends_a_connection(void **state) {
    (void)state;
    sx_dicom_server_options o = peer_options();
    o.gate.seconds = 1;
    o.gate.most_waiting = 2;
    sx_dicom_server *s = peer_open(&o);
    const int first = peer_connect(s);
    assert_true(peer_is_closed(first));
    const int a = peer_connect(s), b = peer_connect(s), c = peer_connect(s);
    assert_true(peer_is_closed(a) && peer_is_closed(b) && peer_is_closed(c));
    close(first);
    close(a);
    close(b);
    close(c);
    sx_dicom_server_close(s, 5);
}

/* Random bytes behind a correct beginning. */
static void noise_is_survived(void **state) {
    (void)state;
    sx_dicom_server_options o = peer_options();
    o.message_seconds = 1;
    o.most_associations = o.most_per_address = 40;
    sx_dicom_server *s = peer_open(&o);
    unsigned seed = 1;
    for (int i = 0; i < 30; i++) {
        unsigned char bytes[206] = { 1, 0, 0, 0, 0, 200, 0, 1 };
        for (size_t k = 8; k < sizeof bytes; k++)
            bytes[k] = (unsigned char)(seed = seed * 1103515245u + 12345u) >> 3;
        const int fd = peer_connect(s);
        peer_say(fd, bytes, sizeof bytes);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    peer_expect_served(s);
    sx_dicom_server_close(s, 5);
}

/* A connection that is open when the program ends is cut. */
static void closing_does_not_wait_for_ever(void **state) {
    (void)state;
    static const unsigned char beginning[206] = { 1, 0, 0, 0, 0, 200, 0, 1 };
    const sx_dicom_server_options o = peer_options();
    sx_dicom_server *s = peer_open(&o);
    const int fd = peer_connect(s);
    peer_say(fd, beginning, sizeof beginning);
    sx_dicom_server_close(s, 0);
    close(fd);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* argv[1]: in how many seconds a film is to be stored. */
int main(int argc, char **argv) {
    if (argc > 1) peer_at_once = sx_strtod(argv[1], NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connections_hold_up_nobody),
        cmocka_unit_test(other_protocols_are_cut_off),
        cmocka_unit_test(slow_senders_hold_up_nobody),
        cmocka_unit_test(progress_does_not_prolong_the_time),
        cmocka_unit_test(a_slow_message_ends_its_association),
        cmocka_unit_test(silence_ends_a_connection),
        cmocka_unit_test(noise_is_survived),
        cmocka_unit_test(closing_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
