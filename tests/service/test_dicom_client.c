/* The DICOM client against DCMTK's storescp, and against our own server: what was stored, what may
 * be tried again, and what will never be. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "dicom/write.h"
#include "service/net/dicom_client.h"
#include "service/net/dicom_server.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/plain_film.h"

/* ---- the other end ---- */

static pid_t scp = -1;
static int scp_port;

static sx_dicom_remote remote_at(int port) {
    return (sx_dicom_remote){ .host = "127.0.0.1",
                              .port = port,
                              .ae_title = "ARCHIVE",
                              .our_title = "SPINEXR",
                              .message_seconds = 5 };
}

/* Starts storescp with an option, and waits until it answers. */
static sx_dicom_remote start_scp(const char *option, const char *value) {
    char port[16];
    sx_error err = { 0 };
    scp_port = free_port();
    snprintf(port, sizeof port, "%d", scp_port);
    scp = fork();
    assert_true(scp >= 0);
    if (scp == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, 1);
        dup2(quiet, 2);
        unsetenv("LD_LIBRARY_PATH");
        execlp("storescp", "storescp", "-od", check_tmp(), "-aet", "ARCHIVE", port, option, value,
               (char *)NULL);
        _exit(127);
    }
    const sx_dicom_remote r = remote_at(scp_port);
    for (int i = 0; i < 200 && option == NULL && !sx_dicom_echo(&r, &err); i++)
        usleep(50000);
    if (option) usleep(500000);
    return r;
}

static void stop_scp(void) {
    int status;
    kill(scp, SIGTERM);
    assert_int_equal(waitpid(scp, &status, 0), scp);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fail_msg("storescp is not installed (package dcmtk)");
}

/* ---- what is sent ---- */

static const char film_class[] = "1.2.840.10008.5.1.4.1.1.1.1";

static sx_send_item film(const char *uid) {
    enum { SIDE = 40 };
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.instance_uid = uid;
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    return (sx_send_item){ .bytes = bytes, .n = n, .sop_class = film_class, .sop_uid = uid };
}

static void discard(sx_send_item *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)items[i].bytes);
}

static sx_sent send_two(const sx_dicom_remote *r, sx_send_item items[2]) {
    items[0] = film("1.2.3.4");
    items[1] = film("1.2.3.5");
    sx_dicom_send(r, items, 2);
    discard(items, 2);
    return items[0].sent;
}

/* ---- tests ---- */

static void objects_are_stored(void **state) {
    (void)state;
    sx_send_item items[2];
    const sx_dicom_remote r = start_scp(NULL, NULL);
    assert_int_equal(send_two(&r, items), SX_SENT_STORED);
    assert_int_equal(items[1].sent, SX_SENT_STORED);
    assert_string_equal(items[0].reason, "");
    stop_scp();
}

static void no_connection_may_pass(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_send_item items[2];
    const sx_dicom_remote r = remote_at(free_port());
    assert_int_equal(send_two(&r, items), SX_SENT_TRANSIENT);
    assert_int_equal(items[1].sent, SX_SENT_TRANSIENT);
    CHECK_FAILS(sx_dicom_echo(&r, &err), err, SX_ERR_IO, "ARCHIVE at 127.0.0.1:");
}

static void refusals_and_aborts_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *option;
        sx_sent first, second;
    } cases[] = { { "--refuse", SX_SENT_PERMANENT, SX_SENT_PERMANENT },
                  { "--abort-during", SX_SENT_TRANSIENT, SX_SENT_NOT },
                  { "--abort-after", SX_SENT_TRANSIENT, SX_SENT_NOT } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_send_item items[2];
        const sx_dicom_remote r = start_scp(cases[i].option, NULL);
        send_two(&r, items);
        if (items[0].sent != cases[i].first || items[1].sent != cases[i].second)
            fail_msg("%s: %d (%s), %d (%s)", cases[i].option, items[0].sent, items[0].reason,
                     items[1].sent, items[1].reason);
        stop_scp();
    }
}

static void silence_ends_with_a_time_out(void **state) {
    (void)state;
    sx_send_item items[2];
    sx_dicom_remote r = start_scp("--sleep-during", "30");
    r.message_seconds = 1;
    assert_int_equal(send_two(&r, items), SX_SENT_TRANSIENT);
    assert_int_equal(items[1].sent, SX_SENT_NOT);
    kill(scp, SIGKILL);
    stop_scp();
}

/* ---- against our own server, with statuses of its own ---- */

static int answer;

static int take(void *user, const sx_dicom_incoming *in) {
    (void)user;
    (void)in;
    return answer;
}

static void statuses_are_judged(void **state) {
    (void)state;
    static const struct {
        int status;
        sx_sent sent;
    } cases[] = { { 0x0000, SX_SENT_STORED },    { 0xB000, SX_SENT_STORED },
                  { 0xB006, SX_SENT_STORED },    { 0xA700, SX_SENT_TRANSIENT },
                  { 0xA702, SX_SENT_TRANSIENT }, { 0xA900, SX_SENT_PERMANENT },
                  { 0xC000, SX_SENT_PERMANENT }, { 0x0122, SX_SENT_NO_CONTEXT },
                  { 0x0111, SX_SENT_STORED },    { 0x0110, SX_SENT_TRANSIENT } };
    static const char *const classes[] = { film_class, NULL };
    static const char *const syntaxes[] = { "1.2.840.10008.1.2.1", NULL };
    sx_error err = { 0 };
    const sx_dicom_server_options o = {
        .gate = { .listen = "127.0.0.1", .seconds = 10, .most_waiting = 10 },
        .ae_title = "ARCHIVE",
        .most_associations = 4,
        .most_per_address = 4,
        .idle_seconds = 10,
        .message_seconds = 10,
        .folder = check_tmp(),
        .classes = classes,
        .syntaxes = syntaxes,
        .store = take,
    };
    sx_dicom_server *s = sx_dicom_server_open(&o, &err);
    CHECK_OK(s != NULL, err);
    const sx_dicom_remote r = remote_at(sx_dicom_server_port(s));
    CHECK_OK(sx_dicom_echo(&r, &err), err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_send_item items[2];
        answer = cases[i].status;
        send_two(&r, items);
        if (items[1].sent != cases[i].sent || items[1].status != cases[i].status)
            fail_msg("%04x: %d, %04x %s", (unsigned)cases[i].status, items[1].sent,
                     (unsigned)items[1].status, items[1].reason);
    }
    sx_send_item report = film("1.2.3.4");
    report.sop_class = "1.2.840.10008.5.1.4.1.1.88.34";
    sx_dicom_send(&r, &report, 1);
    assert_int_equal(report.sent, SX_SENT_NO_CONTEXT);
    discard(&report, 1);
    bool found;
    CHECK_FAILS(sx_dicom_find(&r, "1.2", "1.3", "1.4", &found, &err), err, SX_ERR_UNSUPPORTED,
                "not offered there");
    sx_dicom_server_close(s, 5);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_stored),
        cmocka_unit_test(no_connection_may_pass),
        cmocka_unit_test(refusals_and_aborts_are_told_apart),
        cmocka_unit_test(silence_ends_with_a_time_out),
        cmocka_unit_test(statuses_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
