/* Peers of the DICOM port that do not keep to the protocol: a proper sender is served meanwhile,
 * and no connection stays for ever. */
#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "node_ends.h"
#include "service/net/dicom_server.h"
#include "service/web_client.h"
#include "support/association_request.h"
#include "support/check.h"

static atomic_int received;

static int take(void *user, const sx_dicom_incoming *in) {
    (void)user, (void)in;
    atomic_fetch_add(&received, 1);
    return SX_STORE_SUCCESS;
}

/* Seconds until a connection that says nothing is cut, and a film that takes less than a third of
 * them has not waited for one. */
enum { CUT = 60, AT_ONCE = CUT / 3 };

static sx_dicom_server_options usual(void) {
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

static sx_dicom_server *open_server(const sx_dicom_server_options *o) {
    sx_error err = { 0 };
    atomic_store(&received, 0);
    sx_dicom_server *s = sx_dicom_server_open(o, &err);
    CHECK_OK(s != NULL, err);
    return s;
}

static int connect_to(const sx_dicom_server *s) {
    return web_connect(sx_dicom_server_port(s), NULL);
}

static void say(int fd, const void *bytes, size_t n) {
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

/* Whether the other end closes within ten seconds. */
static bool is_closed(int fd) {
    const struct timeval limit = { .tv_sec = 10 };
    char bytes[200];
    ssize_t n;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    do {
        n = recv(fd, bytes, sizeof bytes, 0);
    } while (n > 0);
    return n == 0 || errno == ECONNRESET;
}

static void expect_served(const sx_dicom_server *s) {
    const int before = atomic_load(&received);
    const double begin = sx_now();
    assert_int_equal(send_film_to(sx_dicom_server_port(s), "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(atomic_load(&received), before + 1);
    if (sx_now() - begin > AT_ONCE) fail_msg("the film took %.1f s", sx_now() - begin);
}

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
        crowd[i] = connect_to(s);
        if (i % 2) say(crowd[i], bytes, n);
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
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    open_crowd(s, crowd, request, association_request(request) / 2);
    expect_served(s);
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
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        const int fd = connect_to(s);
        say(fd, peers[i].bytes, peers[i].n);
        if (!is_closed(fd)) fail_msg("peer %zu is still connected", i);
        close(fd);
    }
    expect_served(s);
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
    sx_dicom_server_options o = usual();
    o.gate.seconds = seconds;
    sx_dicom_server *s = open_server(&o);
    for (int i = 0; i < CROWD; i++)
        t.fds[i] = connect_to(s);
    assert_int_equal(pthread_create(&thread, NULL, send_slowly, &t), 0);
    check(s, &t);
    atomic_store(&t.stop, true);
    pthread_join(thread, NULL);
    close_crowd(t.fds);
    sx_dicom_server_close(s, 5);
}

static void expect_five_served(const sx_dicom_server *s, const trickle *t) {
    for (int i = 0; i < 5; i++)
        expect_served(s);
    expect_open(t->fds, CROWD);
}

static void slow_senders_hold_up_nobody(void **state) {
    (void)state;
    with_slow_senders(CUT, expect_five_served);
}

static void expect_all_closed(const sx_dicom_server *s, const trickle *t) {
    (void)s;
    for (int i = 0; i < CROWD; i++)
        assert_true(is_closed(t->fds[i]));
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
    sx_dicom_server_options o = usual();
    o.idle_seconds = 2;
    o.message_seconds = 2;
    sx_dicom_server *s = open_server(&o);
    const int fd = connect_to(s);
    say(fd, request, association_request(request));
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
    expect_served(s);
    close(fd);
    sx_dicom_server_close(s, 5);
}

/* ---- memory: commands and reports ---- */

enum { COMMITMENT = 5, COMMAND = 1, LAST = 2, PIECE = 100000 };

static bool send_all(int fd, const uint8_t *bytes, size_t n) {
    ssize_t sent = 1;
    for (; n && sent > 0; bytes += sent, n -= (size_t)sent)
        sent = send(fd, bytes, n, MSG_NOSIGNAL);
    return n == 0;
}

/* A P-DATA-TF PDU with one value; whether the other end has not closed yet. */
static bool send_value(int fd, uint8_t context, uint8_t control, const uint8_t *bytes, size_t n) {
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

/* Its length. */
static size_t receive_pdu(int fd, uint8_t *out, size_t size) {
    uint8_t head[6];
    assert_int_equal(recv(fd, head, sizeof head, MSG_WAITALL), sizeof head);
    const size_t n = (size_t)head[4] << 8 | head[5];
    assert_true(n <= size && head[2] == 0 && head[3] == 0);
    assert_int_equal(recv(fd, out, n, MSG_WAITALL), n);
    return n;
}

static bool never(void *user, const char *transaction, const sx_dicom_committed *items,
                  size_t count) {
    (void)user, (void)transaction, (void)items, (void)count;
    return false;
}

static bool once(void *user, const char *transaction, const sx_dicom_committed *items,
                 size_t count) {
    (void)user;
    return strcmp(transaction, "1.2.3") == 0 && count == 1 && items[0].committed &&
           strcmp(items[0].sop_class, "1.2") == 0 && strcmp(items[0].sop_uid, "1.4") == 0;
}

static int associate(const sx_dicom_server *s) {
    uint8_t bytes[ASSOCIATION_REQUEST];
    const int fd = connect_to(s);
    say(fd, bytes, association_request(bytes));
    (void)receive_pdu(fd, bytes, sizeof bytes);
    return fd;
}

/* Until the other end closes: at most 64 MB. */
static void expect_flood_ends(int fd, uint8_t control) {
    static const uint8_t zeros[PIECE];
    size_t n = 0;
    while (n < (size_t)64 << 20 && send_value(fd, COMMITMENT, control, zeros, sizeof zeros))
        n += sizeof zeros;
    if (n >= (size_t)64 << 20) fail_msg("%zu bytes were taken", n);
}

static const uint8_t report_command[] = "\0\0\0\0\4\0\0\0\x66\0\0\0"
                                        "\0\0\2\0\x14\0\0\0"
                                        "1.2.840.10008.1.20.1"
                                        "\0\0\0\1\2\0\0\0\0\1"
                                        "\0\0\x10\1\2\0\0\0\7\0"
                                        "\0\0\0\x08\2\0\0\0\1\0"
                                        "\0\0\0\x10\x16\0\0\0"
                                        "1.2.840.10008.1.20.1.1"
                                        "\0\0\2\x10\2\0\0\0\1\0";

static bool send_report_command(int fd) {
    return send_value(fd, COMMITMENT, COMMAND | LAST, report_command, sizeof report_command - 1);
}

static void a_command_without_end_is_cut(void **state) {
    (void)state;
    /* an element of 2 GiB */
    static const uint8_t begin[] = "\0\0\0\0\4\0\0\0\xf0\xff\xff\x7f\0\0\2\0\0\xff\xff\x7f";
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    const int fd = associate(s);
    assert_true(send_value(fd, 1, COMMAND, begin, sizeof begin - 1));
    expect_flood_ends(fd, COMMAND);
    close(fd);
    expect_served(s);
    sx_dicom_server_close(s, 5);
}

static void a_report_without_end_is_cut(void **state) {
    (void)state;
    static const uint8_t begin[] = "\x09\0\x10\0\0\xff\xff\x7f";
    sx_dicom_server_options o = usual();
    o.committed = never;
    sx_dicom_server *s = open_server(&o);
    const int fd = associate(s);
    assert_true(send_report_command(fd));
    assert_true(send_value(fd, COMMITMENT, 0, begin, sizeof begin - 1));
    expect_flood_ends(fd, 0);
    close(fd);
    expect_served(s);
    sx_dicom_server_close(s, 5);
}

/* Sequences of undefined length in one another, as many as fit into `n` bytes. */
static uint8_t *nest(size_t n) {
    static const uint8_t level[] = "\x08\0\x99\x11\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
    uint8_t *bytes = test_calloc(1, n);
    for (size_t k = 0; k + 16 <= n; k += 16)
        memcpy(bytes + k, level, 16);
    return bytes;
}

static void deep_sequences_are_survived(void **state) {
    (void)state;
    uint8_t answer[500], *deep = nest(PIECE);
    sx_dicom_server_options o = usual();
    o.committed = never;
    sx_dicom_server *s = open_server(&o);
    const int fd = associate(s);
    assert_true(send_report_command(fd));
    for (int i = 0; i < 10; i++)
        assert_true(send_value(fd, COMMITMENT, i == 9 ? LAST : 0, deep, PIECE));
    const size_t n = receive_pdu(fd, answer, sizeof answer);
    assert_non_null(memmem(answer, n, "\0\0\0\x09\2\0\0\0\x10\1", 10)); /* processing failure */
    close(fd);
    const int other = associate(s); /* in a command */
    (void)send_value(other, 1, COMMAND, deep, PIECE);
    (void)send_value(other, 1, COMMAND, deep, PIECE);
    assert_true(is_closed(other));
    close(other);
    test_free(deep);
    expect_served(s);
    sx_dicom_server_close(s, 5);
}

/* Orthanc refuses a response that does not repeat what the request named. */
static void the_response_names_class_instance_and_event(void **state) {
    (void)state;
    static const uint8_t report[] = "\x08\0\x95\x11\6\0\0\0"
                                    "1.2.3\0"
                                    "\x08\0\x99\x11\x20\0\0\0\xfe\xff\0\xe0\x18\0\0\0"
                                    "\x08\0\x50\x11\4\0\0\0"
                                    "1.2\0"
                                    "\x08\0\x55\x11\4\0\0\0"
                                    "1.4\0",
                         expected[] = "\0\0\2\0\x14\0\0\0"
                                      "1.2.840.10008.1.20.1"
                                      "\0\0\0\1\2\0\0\0\0\x81"
                                      "\0\0\x20\1\2\0\0\0\7\0"
                                      "\0\0\0\x08\2\0\0\0\1\1"
                                      "\0\0\0\x09\2\0\0\0\0\0"
                                      "\0\0\0\x10\x16\0\0\0"
                                      "1.2.840.10008.1.20.1.1"
                                      "\0\0\2\x10\2\0\0\0\1\0";
    uint8_t answer[500];
    sx_dicom_server_options o = usual();
    o.committed = once;
    sx_dicom_server *s = open_server(&o);
    const int fd = associate(s);
    assert_true(send_report_command(fd));
    assert_true(send_value(fd, COMMITMENT, LAST, report, sizeof report - 1));
    const size_t n = receive_pdu(fd, answer, sizeof answer);
    assert_int_equal(n, 18 + sizeof expected - 1); /* behind the value's head and group length */
    assert_memory_equal(answer + 18, expected, sizeof expected - 1);
    close(fd);
    sx_dicom_server_close(s, 5);
}

/* ---- contexts ---- */

/* Begins a C-STORE-RQ, of `sop_class` with 26 bytes, on a context of another class: nothing is
 * stored. */
static void expect_no_class(const sx_dicom_server *s, uint8_t context, const char *sop_class) {
    uint8_t command[200] = "\0\0\0\0\4\0\0\0\x62\0\0\0\0\0\2\0\x1a\0\0\0", answer[500];
    static const uint8_t rest[] = "\0\0\0\1\2\0\0\0\1\0\0\0\x10\1\2\0\0\0\7\0"
                                  "\0\0\0\7\2\0\0\0\0\0\0\0\0\x08\2\0\0\0\1\0"
                                  "\0\0\0\x10\x08\0\0\0"
                                  "1.2.3.1\0",
                         data[] = "\x08\0\x18\0\x08\0\0\0"
                                  "1.2.3.1\0";
    memcpy(command + 20, sop_class, strlen(sop_class));
    memcpy(command + 46, rest, sizeof rest - 1);
    command[8] = (uint8_t)(46 + sizeof rest - 1 - 12);
    const int fd = associate(s);
    assert_true(send_value(fd, context, COMMAND | LAST, command, 46 + sizeof rest - 1) &&
                send_value(fd, context, LAST, data, sizeof data - 1));
    const size_t n = receive_pdu(fd, answer, sizeof answer);
    assert_non_null(memmem(answer, n, "\0\0\0\x09\2\0\0\0\x22\1", 10));
    assert_int_equal(atomic_load(&received), 0);
    close(fd);
}

static void a_class_of_another_context_is_refused(void **state) {
    (void)state;
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    expect_no_class(s, 1, "1.2.840.10008.5.1.4.1.1.1");
    expect_no_class(s, 3, "1.2.840.10008.5.1.4.1.1.1");
    expect_served(s);
    sx_dicom_server_close(s, 5);
}

/* ---- others ---- */

static void silence_ends_a_connection(void **state) {
    (void)state;
    sx_dicom_server_options o = usual();
    o.gate.seconds = 1;
    o.gate.most_waiting = 2;
    sx_dicom_server *s = open_server(&o);
    const int first = connect_to(s);
    assert_true(is_closed(first));
    const int a = connect_to(s), b = connect_to(s), c = connect_to(s);
    assert_true(is_closed(a) && is_closed(b) && is_closed(c));
    close(first);
    close(a);
    close(b);
    close(c);
    sx_dicom_server_close(s, 5);
}

/* Random bytes behind a correct beginning. */
static void noise_is_survived(void **state) {
    (void)state;
    sx_dicom_server_options o = usual();
    o.message_seconds = 1;
    o.most_associations = o.most_per_address = 40;
    sx_dicom_server *s = open_server(&o);
    unsigned seed = 1;
    for (int i = 0; i < 30; i++) {
        unsigned char bytes[206] = { 1, 0, 0, 0, 0, 200, 0, 1 };
        for (size_t k = 8; k < sizeof bytes; k++)
            bytes[k] = (unsigned char)(seed = seed * 1103515245u + 12345u) >> 3;
        const int fd = connect_to(s);
        say(fd, bytes, sizeof bytes);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    expect_served(s);
    sx_dicom_server_close(s, 5);
}

/* A connection that is open when the program ends is cut. */
static void closing_does_not_wait_for_ever(void **state) {
    (void)state;
    static const unsigned char beginning[206] = { 1, 0, 0, 0, 0, 200, 0, 1 };
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    const int fd = connect_to(s);
    say(fd, beginning, sizeof beginning);
    sx_dicom_server_close(s, 0);
    close(fd);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connections_hold_up_nobody),
        cmocka_unit_test(other_protocols_are_cut_off),
        cmocka_unit_test(slow_senders_hold_up_nobody),
        cmocka_unit_test(progress_does_not_prolong_the_time),
        cmocka_unit_test(a_slow_message_ends_its_association),
        cmocka_unit_test(a_command_without_end_is_cut),
        cmocka_unit_test(a_report_without_end_is_cut),
        cmocka_unit_test(deep_sequences_are_survived),
        cmocka_unit_test(the_response_names_class_instance_and_event),
        cmocka_unit_test(a_class_of_another_context_is_refused),
        cmocka_unit_test(silence_ends_a_connection),
        cmocka_unit_test(noise_is_survived),
        cmocka_unit_test(closing_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
