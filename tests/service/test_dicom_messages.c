/* Messages that the DICOM port must not believe: without end, nested, or on another context. */
#define _GNU_SOURCE /* memmem */
#include <string.h>
#include <unistd.h>

#include "dicom_peer.h"
#include "support/check.h"

/* ---- memory: commands and reports ---- */

enum { COMMITMENT = 5, COMMAND = 1, LAST = 2, PIECE = 100000 };

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

/* Until the other end closes: at most 64 MB. */
static void expect_flood_ends(int fd, uint8_t control) {
    static const uint8_t zeros[PIECE];
    size_t n = 0;
    while (n < (size_t)64 << 20 && peer_send_value(fd, COMMITMENT, control, zeros, sizeof zeros))
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
    return peer_send_value(fd, COMMITMENT, COMMAND | LAST, report_command,
                           sizeof report_command - 1);
}

static void a_command_without_end_is_cut(void **state) {
    (void)state;
    /* an element of 2 GiB */
    static const uint8_t begin[] = "\0\0\0\0\4\0\0\0\xf0\xff\xff\x7f\0\0\2\0\0\xff\xff\x7f";
    const sx_dicom_server_options o = peer_options();
    sx_dicom_server *s = peer_open(&o);
    const int fd = peer_associate(s);
    assert_true(peer_send_value(fd, 1, COMMAND, begin, sizeof begin - 1));
    expect_flood_ends(fd, COMMAND);
    close(fd);
    peer_expect_served(s);
    sx_dicom_server_close(s, 5);
}

static void a_report_without_end_is_cut(void **state) {
    (void)state;
    static const uint8_t begin[] = "\x09\0\x10\0\0\xff\xff\x7f";
    sx_dicom_server_options o = peer_options();
    o.committed = never;
    sx_dicom_server *s = peer_open(&o);
    const int fd = peer_associate(s);
    assert_true(send_report_command(fd));
    assert_true(peer_send_value(fd, COMMITMENT, 0, begin, sizeof begin - 1));
    expect_flood_ends(fd, 0);
    close(fd);
    peer_expect_served(s);
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
    sx_dicom_server_options o = peer_options();
    o.committed = never;
    sx_dicom_server *s = peer_open(&o);
    const int fd = peer_associate(s);
    assert_true(send_report_command(fd));
    for (int i = 0; i < 10; i++)
        assert_true(peer_send_value(fd, COMMITMENT, i == 9 ? LAST : 0, deep, PIECE));
    const size_t n = peer_receive_pdu(fd, answer, sizeof answer);
    assert_non_null(memmem(answer, n, "\0\0\0\x09\2\0\0\0\x10\1", 10)); /* processing failure */
    close(fd);
    const int other = peer_associate(s); /* in a command */
    (void)peer_send_value(other, 1, COMMAND, deep, PIECE);
    (void)peer_send_value(other, 1, COMMAND, deep, PIECE);
    assert_true(peer_is_closed(other));
    close(other);
    test_free(deep);
    peer_expect_served(s);
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
    sx_dicom_server_options o = peer_options();
    o.committed = once;
    sx_dicom_server *s = peer_open(&o);
    const int fd = peer_associate(s);
    assert_true(send_report_command(fd));
    assert_true(peer_send_value(fd, COMMITMENT, LAST, report, sizeof report - 1));
    const size_t n = peer_receive_pdu(fd, answer, sizeof answer);
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
    const int fd = peer_associate(s);
    assert_true(peer_send_value(fd, context, COMMAND | LAST, command, 46 + sizeof rest - 1) &&
                peer_send_value(fd, context, LAST, data, sizeof data - 1));
    const size_t n = peer_receive_pdu(fd, answer, sizeof answer);
    assert_non_null(memmem(answer, n, "\0\0\0\x09\2\0\0\0\x22\1", 10));
    assert_int_equal(peer_films_received(), 0);
    close(fd);
}

static void a_class_of_another_context_is_refused(void **state) {
    (void)state;
    const sx_dicom_server_options o = peer_options();
    sx_dicom_server *s = peer_open(&o);
    expect_no_class(s, 1, "1.2.840.10008.5.1.4.1.1.1");
    expect_no_class(s, 3, "1.2.840.10008.5.1.4.1.1.1");
    peer_expect_served(s);
    sx_dicom_server_close(s, 5);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_without_end_is_cut),
        cmocka_unit_test(a_report_without_end_is_cut),
        cmocka_unit_test(deep_sequences_are_survived),
        cmocka_unit_test(the_response_names_class_instance_and_event),
        cmocka_unit_test(a_class_of_another_context_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
