/* Archives whose answers do not end: the client keeps no more than it needs, and says why it gave
 * up. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "service/net/dicom_client.h"
#include "service/net/http_client.h"
#include "service/stow_stub.h"
#include "support/check.h"

/* ---- an archive that answers as the test says ---- */

typedef enum archive_kind {
    ENDLESS_COMMAND,
    SLOW_COMMAND,    /* two bytes now and then */
    ENDLESS_MATCHES, /* small ones */
    ENDLESS_MATCH,   /* a single large one */
    OTHER_MATCH,     /* of another instance */
    RIGHT_MATCH,     /* after the other one */
} archive_kind;

static int listener;
static pthread_t thread;
static archive_kind kind;
static atomic_llong sent_bytes;

static bool say(int fd, const void *bytes, size_t n) {
    if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) return false;
    atomic_fetch_add(&sent_bytes, (long long)n);
    return true;
}

static bool hear_pdu(int fd) {
    uint8_t head[6], rest[4096];
    if (recv(fd, head, 6, MSG_WAITALL) != 6) return false;
    const size_t n = (size_t)head[2] << 24 | (size_t)head[3] << 16 | (size_t)head[4] << 8 | head[5];
    return n <= sizeof rest && recv(fd, rest, n, MSG_WAITALL) == (ssize_t)n;
}

static void put_item(sx_str *s, char type, const void *bytes, size_t n) {
    const char head[4] = { type, 0, (char)(n >> 8), (char)n };
    sx_str_append(s, head, 4);
    sx_str_append(s, bytes, n);
}

static bool say_pdu(int fd, char type, const sx_str *body) {
    const size_t n = body->len;
    const char head[6] = { type, 0, (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };
    return say(fd, head, 6) && say(fd, body->data, n);
}

/* Accepts the first two contexts in Explicit VR Little Endian. */
static bool accept_association(int fd) {
    static const char application[] = "1.2.840.10008.3.1.1.1", syntax[] = "1.2.840.10008.1.2.1";
    static const char user[] = "\x51\0\0\4\0\0\x40\0\x52\0\0\3"
                               "1.2";
    char fixed[68] = "\0\1";
    sx_str pdu = { 0 };
    snprintf(fixed + 4, sizeof fixed - 4, "%-16s%-16s", "ARCHIVE", "SPINEXR");
    fixed[36] = 0;
    sx_str_append(&pdu, fixed, sizeof fixed);
    put_item(&pdu, 0x10, application, sizeof application - 1);
    for (char id = 1; id <= 3; id += 2) {
        sx_str context = { 0 };
        const char head[4] = { id, 0, 0, 0 };
        sx_str_append(&context, head, 4);
        put_item(&context, 0x40, syntax, sizeof syntax - 1);
        put_item(&pdu, 0x21, context.data, context.len);
        sx_str_free(&context);
    }
    put_item(&pdu, 0x50, user, sizeof user - 1);
    const bool ok = !pdu.failed && say_pdu(fd, 2, &pdu);
    sx_str_free(&pdu);
    return ok;
}

/* `flags`: 1 a command, 2 the last piece. */
static bool say_data(int fd, char flags, const void *bytes, size_t n) {
    sx_str pdu = { 0 };
    const size_t m = n + 2;
    const char head[6] = { (char)(m >> 24), (char)(m >> 16), (char)(m >> 8), (char)m, 3, flags };
    sx_str_append(&pdu, head, 6);
    sx_str_append(&pdu, bytes, n);
    const bool ok = !pdu.failed && say_pdu(fd, 4, &pdu);
    sx_str_free(&pdu);
    return ok;
}

static void put_word(sx_str *s, int element, unsigned value) {
    const char bytes[10] = { 0, 0, (char)element, (char)(element >> 8), 2, 0,
                             0, 0, (char)value,   (char)(value >> 8) };
    sx_str_append(s, bytes, sizeof bytes);
}

/* C-FIND-RSP. */
static bool say_response(int fd, unsigned status, bool has_match) {
    static const char uid[] = "\0\0\2\0\x1C\0\0\0"
                              "1.2.840.10008.5.1.4.1.2.2.1\0";
    sx_str s = { 0 };
    sx_str_append(&s, "\0\0\0\0\4\0\0\0\x4C\0\0\0", 12); /* 76 bytes follow */
    sx_str_append(&s, uid, 36);
    put_word(&s, 0x0100, 0x8020);
    put_word(&s, 0x0120, 1);
    put_word(&s, 0x0800, has_match ? 1 : 0x0101);
    put_word(&s, 0x0900, status);
    const bool ok = !s.failed && say_data(fd, 3, s.data, s.len);
    sx_str_free(&s);
    return ok;
}

static bool say_match(int fd, const char *uid) {
    char match[60] = "\x08\0\x18\0UI\x04\0";
    snprintf(match + 8, sizeof match - 8, "%-4s", uid);
    return say_response(fd, 0xFF00, true) && say_data(fd, 2, match, 12);
}

static bool say_matches(int fd) {
    switch (kind) {
    case ENDLESS_MATCHES:
        while (say_match(fd, "1.5")) {}
        return false;
    case RIGHT_MATCH:
        return say_match(fd, "1.5") && say_match(fd, "1.44") && say_response(fd, 0, false);
    default:
        return say_match(fd, "1.5") && say_response(fd, 0, false);
    }
}

/* An element of 2 GiB. */
static void say_endless_match(int fd) {
    static const char head[] = "\x08\0\x18\0UN\0\0\0\0\0\x7F", piece[16000];
    bool more = say_response(fd, 0xFF00, true) && say_data(fd, 0, head, 12);
    while (more)
        more = say_data(fd, 0, piece, sizeof piece);
}

static void say_command(int fd) {
    /* an element of 2 GiB */
    static const char head[] = "\0\0\0\0\4\0\0\0\xF0\xFF\xFF\x7F\0\0\2\0\0\xFF\xFF\x7F",
                      piece[16000];
    bool more = say_data(fd, 1, head, sizeof head - 1);
    while (more && kind == ENDLESS_COMMAND)
        more = say_data(fd, 1, piece, sizeof piece);
    while (more) {
        more = say_data(fd, 1, "\0", 2);
        usleep(200000);
    }
}

static void *serve(void *unused) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (hear_pdu(fd) && accept_association(fd) && hear_pdu(fd)) {
            if (kind == ENDLESS_MATCH)
                say_endless_match(fd);
            else if (kind == ENDLESS_COMMAND || kind == SLOW_COMMAND)
                say_command(fd);
            else if (hear_pdu(fd) && say_matches(fd))
                (void)hear_pdu(fd);
        }
        close(fd);
    }
    return unused;
}

static sx_dicom_remote open_archive(archive_kind is) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    kind = is;
    atomic_store(&sent_bytes, 0);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(listener, 20), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
    return (sx_dicom_remote){ .host = "127.0.0.1",
                              .port = ntohs(at.sin_port),
                              .ae_title = "ARCHIVE",
                              .our_title = "SPINEXR",
                              .message_seconds = 1 };
}

/* The archive has not sent more than `most` bytes before it saw the end of the connection; what the
 * sockets hold counts, too. */
static void close_archive(long long most) {
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    assert_in_range(atomic_load(&sent_bytes), 1, most);
}

/* What sockets of this machine may hold. */
enum { SOCKETS = 12 << 20, MiB = 1 << 20 };

static bool find(const sx_dicom_remote *r, bool *found, sx_error *err) {
    return sx_dicom_find(r, "1.2", "1.3", "1.44", found, err);
}

/* ---- tests ---- */

static void a_command_has_an_end(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_send_item item = { .bytes = (const uint8_t *)"", .sop_class = "1.2.3", .sop_uid = "1.44" };
    bool found = true;
    const sx_dicom_remote r = open_archive(ENDLESS_COMMAND);
    CHECK_FAILS(find(&r, &found, &err), err, SX_ERR_IO, "it sends too much, or too slowly");
    assert_false(found);
    CHECK_FAILS(sx_dicom_echo(&r, &err), err, SX_ERR_IO, "it sends too much, or too slowly");
    CHECK_FAILS(sx_dicom_request_commitment(&r, "1.9", &item, 1, NULL, &err), err, SX_ERR_IO,
                "it sends too much, or too slowly");
    close_archive(3 * (SOCKETS + MiB));
}

static void a_slow_command_has_an_end(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_send_item item = { .bytes = (const uint8_t *)"", .sop_class = "1.2.3", .sop_uid = "1.44" };
    const double begin = sx_now();
    const sx_dicom_remote r = open_archive(SLOW_COMMAND);
    CHECK_FAILS(sx_dicom_request_commitment(&r, "1.9", &item, 1, NULL, &err), err, SX_ERR_IO,
                "it sends too much, or too slowly");
    assert_true(sx_now() - begin < 60.0);
    close_archive(MiB);
}

static void matches_have_an_end(void **state) {
    (void)state;
    static const archive_kind kinds[] = { ENDLESS_MATCHES, ENDLESS_MATCH };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sx_error err = { 0 };
        bool found = true;
        const sx_dicom_remote r = open_archive(kinds[i]);
        CHECK_FAILS(find(&r, &found, &err), err, SX_ERR_IO, "it sends too much, or too slowly");
        assert_false(found);
        close_archive(SOCKETS + 9 * MiB);
    }
}

/* An archive that answers with another instance has not got ours. */
static void only_the_instance_itself_is_found(void **state) {
    (void)state;
    sx_error err = { 0 };
    bool found = true;
    sx_dicom_remote r = open_archive(OTHER_MATCH);
    CHECK_OK(find(&r, &found, &err), err);
    assert_false(found);
    close_archive(MiB);
    r = open_archive(RIGHT_MATCH);
    CHECK_OK(find(&r, &found, &err), err);
    assert_true(found);
    close_archive(MiB);
}

/* ---- HTTP ---- */

static char *filled(size_t n, const char *piece) {
    const size_t m = strlen(piece);
    char *s = sx_calloc(n + 1, 1);
    assert_non_null(s);
    for (size_t i = 0; i + m <= n; i += m)
        memcpy(s + i, piece, m);
    return s;
}

static void web_answers_have_an_end(void **state) {
    (void)state;
    sx_error err = { 0 };
    bool found = true;
    sx_send_item item;
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    char *body = filled(3 * MiB, "[],"), *headers = filled(300 << 10, "X-Filler: 0123456789\r\n");
    stow_there.find = (web_reply){ .status = 200, .body = body };
    CHECK_FAILS(sx_stow_find(&r, "1.2", "1.44", &found, &err), err, SX_ERR_LIMIT, "too long");
    assert_false(found);
    stow_there.find = (web_reply){ .status = 200, .headers = headers, .body = "[]" };
    CHECK_FAILS(sx_stow_find(&r, "1.2", "1.44", &found, &err), err, SX_ERR_LIMIT, "too long");
    stow_make_items(&item, 1);
    stow_there.store = (web_reply){ .status = 200, .body = body };
    sx_stow_send(&r, &item, 1);
    assert_int_equal(item.sent, SX_SENT_TRANSIENT);
    assert_non_null(strstr(item.reason, "too long"));
    web_stub_close(s);
    free(body);
    free(headers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_has_an_end),
        cmocka_unit_test(a_slow_command_has_an_end),
        cmocka_unit_test(matches_have_an_end),
        cmocka_unit_test(only_the_instance_itself_is_found),
        cmocka_unit_test(web_answers_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
