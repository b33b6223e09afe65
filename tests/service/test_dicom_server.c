/* The DICOM server against DCMTK's own tools: what arrives are the bytes that were sent, whoever is
 * not meant is refused. test_dicom_hostile.c and
 * test_dicom_messages.c have peers that do not keep to the protocol. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "dicom/dataset.h"
#include "dicom/write.h"
#include "service/net/dicom_client.h"
#include "service/net/dicom_server.h"
#include "support/check.h"
#include "support/plain_film.h"

/* ---- the receiver ---- */

static struct {
    pthread_mutex_t lock;
    int count, status;
    bool ready;
    char path[1200]; /* of the last file */
    char syntax[65];
    sx_dicom_peer peer;
} received = { .lock = PTHREAD_MUTEX_INITIALIZER, .ready = true };

static int take(void *user, const sx_dicom_incoming *in) {
    (void)user;
    pthread_mutex_lock(&received.lock);
    snprintf(received.path, sizeof received.path, "%s/got-%d.dcm", check_tmp(), received.count++);
    snprintf(received.syntax, sizeof received.syntax, "%s", in->transfer_syntax);
    received.peer = *in->peer;
    const int status = rename(in->path, received.path) == 0 ? received.status : 0xC001;
    pthread_mutex_unlock(&received.lock);
    return status;
}

static bool is_ready(void *user) {
    (void)user;
    return received.ready;
}

static const char *const classes[] = { "1.2.840.10008.5.1.4.1.1.1.1", NULL };
static const char *const syntaxes[] = {
    "1.2.840.10008.1.2.1",    "1.2.840.10008.1.2",      "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",    "1.2.840.10008.1.2.1.99", NULL
};
static const char *const callers[] = { "SENDER", "OTHER" };

static sx_dicom_server_options usual(void) {
    return (sx_dicom_server_options){
        .gate = { .listen = "127.0.0.1", .seconds = 30, .most_waiting = 300 },
        .ae_title = "SPINEXR",
        .calling = callers,
        .calling_count = 2,
        .most_associations = 8,
        .most_per_address = 8,
        .idle_seconds = 30,
        .message_seconds = 30,
        .folder = check_tmp(),
        .classes = classes,
        .syntaxes = syntaxes,
        .ready = is_ready,
        .store = take,
    };
}

static sx_dicom_server *open_server(const sx_dicom_server_options *o) {
    sx_error err = { 0 };
    received.count = received.status = 0;
    received.ready = true;
    sx_dicom_server *s = sx_dicom_server_open(o, &err);
    CHECK_OK(s != NULL, err);
    return s;
}

/* ---- the senders ---- */

/* Runs a tool of DCMTK; its exit status. `args` end with NULL. */
static int tool(const char *const *args) {
    int status = 0;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        if (!getenv("LOUD")) {
            dup2(quiet, 1);
            dup2(quiet, 2);
        }
        unsetenv("LD_LIBRARY_PATH");
        execvp(args[0], (char *const *)(uintptr_t)args);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 127) fail_msg("%s is not installed (package dcmtk)", args[0]);
    return WEXITSTATUS(status);
}

static int echo(int port, const char *calling, const char *called) {
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    const char *const args[] = { "echoscu", "-aet", calling,     "-aec", called,
                                 "-to",     "10",   "127.0.0.1", text,   NULL };
    return tool(args);
}

static int send_file(int port, const char *option, const char *path) {
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    const char *const args[] = { "storescu", "-aet", "SENDER",    "-aec", "SPINEXR", "-to", "10",
                                 option,     "-R",   "127.0.0.1", text,   path,      NULL };
    return tool(args);
}

static void write_film_to(const char *path, const char *uid, sx_write_syntax syntax) {
    enum { SIDE = 200 };
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint16_t)(i * 7 % 1000);
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.instance_uid = uid;
    CHECK_OK(sx_dicom_write(path, &f, syntax, NULL, &err), err);
}

static const char *write_film(sx_write_syntax syntax) {
    const char *path = check_tmp_path("film.dcm");
    write_film_to(path, "1.2.3.4.5", syntax);
    return path;
}

static bool same_dataset(const char *a, const char *b) {
    sx_error err = { 0 };
    sx_file x, y;
    sx_part10 p, q;
    CHECK_OK(sx_file_open(&x, a, &err) && sx_file_open(&y, b, &err), err);
    CHECK_OK(sx_part10_read(&p, x.data, x.size, &err), err);
    CHECK_OK(sx_part10_read(&q, y.data, y.size, &err), err);
    const bool same = x.size - p.dataset == y.size - q.dataset &&
                      memcmp(x.data + p.dataset, y.data + q.dataset, x.size - p.dataset) == 0 &&
                      strcmp(p.transfer_syntax, q.transfer_syntax) == 0;
    sx_file_close(&x);
    sx_file_close(&y);
    return same;
}

/* ---- tests ---- */

static void titles_decide_who_is_heard(void **state) {
    (void)state;
    sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    const int port = sx_dicom_server_port(s);
    assert_int_equal(echo(port, "SENDER", "SPINEXR"), 0);
    assert_int_equal(echo(port, "OTHER", "SPINEXR"), 0);
    assert_int_not_equal(echo(port, "STRANGER", "SPINEXR"), 0);
    assert_int_not_equal(echo(port, "SENDER", "SOMEONE"), 0);
    sx_dicom_server_close(s, 5);
    o.calling_count = 0;
    s = open_server(&o);
    assert_int_equal(echo(sx_dicom_server_port(s), "STRANGER", "SPINEXR"), 0);
    sx_dicom_server_close(s, 5);
}

static void every_syntax_arrives_unchanged(void **state) {
    (void)state;
    static const struct {
        sx_write_syntax syntax;
        const char *option;
    } ways[] = { { SX_WRITE_EXPLICIT, "-xe" },   { SX_WRITE_IMPLICIT, "-xi" },
                 { SX_WRITE_BIG_ENDIAN, "-xb" }, { SX_WRITE_DEFLATED, "-xd" },
                 { SX_WRITE_RLE, "-xr" },        { SX_WRITE_JPEG, "-xs" },
                 { SX_WRITE_JPEG_LS, "-xt" },    { SX_WRITE_JPEG_2000, "-xv" } };
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *film = write_film(ways[i].syntax);
        assert_int_equal(send_file(sx_dicom_server_port(s), ways[i].option, film), 0);
        assert_int_equal(received.count, i + 1);
        if (ways[i].syntax != SX_WRITE_DEFLATED && !same_dataset(film, received.path))
            fail_msg("%s: other bytes arrived", ways[i].option);
    }
    assert_string_equal(received.peer.calling, "SENDER");
    assert_string_equal(received.peer.address, "127.0.0.1");
    sx_dicom_server_close(s, 5);
}

static struct {
    int status;
    char sop_uid[65];
    bool no_room;
    off_t left; /* on the disk, of the file that is stopped */
} stopped;

static void note_stopped(void *user, const sx_dicom_incoming *in, int status) {
    struct stat st;
    (void)user;
    stopped.status = status;
    stopped.left = stat(in->path, &st) == 0 ? (off_t)st.st_blocks * 512 : -1;
    snprintf(stopped.sop_uid, sizeof stopped.sop_uid, "%s", in->sop_uid);
}

static bool has_room(void *user) {
    (void)user;
    return !stopped.no_room;
}

/* Of SIDE x SIDE pixels. */
static sx_send_item item_of(const char *uid, int side) {
    enum { SIDE = 2000 };
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_write_film f = plain_film(pixels, side, side);
    f.instance_uid = uid;
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    return (sx_send_item){ .bytes = bytes, .n = n, .sop_class = classes[0], .sop_uid = uid };
}

/* The sender hears why, and the association goes on. */
static void what_is_too_large_takes_no_room(void **state) {
    (void)state;
    sx_dicom_server_options o = usual();
    o.most_bytes = 3000000;
    o.room = has_room;
    o.stopped = note_stopped;
    memset(&stopped, 0, sizeof stopped);
    sx_dicom_server *s = open_server(&o);
    const sx_dicom_remote to = { .host = "127.0.0.1",
                                 .port = sx_dicom_server_port(s),
                                 .ae_title = "SPINEXR",
                                 .our_title = "SENDER",
                                 .message_seconds = 20 };
    sx_send_item items[] = { item_of("1.2.3.4", 2000), item_of("1.2.3.5", 200) };
    sx_dicom_send(&to, items, 2);
    assert_int_equal(items[0].status, SX_STORE_NOT_UNDERSTOOD);
    assert_int_equal(items[0].sent, SX_SENT_PERMANENT);
    assert_int_equal(items[1].sent, SX_SENT_STORED);
    assert_int_equal(stopped.status, SX_STORE_NOT_UNDERSTOOD);
    assert_string_equal(stopped.sop_uid, "1.2.3.4");
    assert_in_range(stopped.left, 0, 2 << 20); /* of 8 MB */
    assert_int_equal(received.count, 1);
    stopped.no_room = true;
    sx_dicom_send(&to, &items[1], 1);
    assert_int_equal(items[1].status, SX_STORE_OUT_OF_RESOURCES);
    assert_int_equal(items[1].sent, SX_SENT_TRANSIENT);
    stopped.no_room = false;
    sx_dicom_send(&to, &items[1], 1);
    assert_int_equal(items[1].sent, SX_SENT_STORED);
    sx_dicom_server_close(s, 5);
    /* far too large: the connection ends */
    o.most_bytes = 100000;
    s = open_server(&o);
    const sx_dicom_remote again = { .host = "127.0.0.1",
                                    .port = sx_dicom_server_port(s),
                                    .ae_title = "SPINEXR",
                                    .our_title = "SENDER",
                                    .message_seconds = 20 };
    sx_dicom_send(&again, items, 1);
    assert_int_not_equal(items[0].sent, SX_SENT_STORED);
    sx_dicom_server_close(s, 5);
    free((void *)(uintptr_t)items[0].bytes);
    free((void *)(uintptr_t)items[1].bytes);
}

/* For associations that begin later. */
static void limits_can_change(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_dicom_server_options o = usual();
    o.most_bytes = 3000000;
    sx_dicom_server *s = open_server(&o);
    const sx_dicom_remote to = { .host = "127.0.0.1",
                                 .port = sx_dicom_server_port(s),
                                 .ae_title = "SPINEXR",
                                 .our_title = "SENDER",
                                 .message_seconds = 20 };
    sx_send_item item = item_of("1.2.3.4", 2000);
    sx_dicom_send(&to, &item, 1);
    assert_int_not_equal(item.sent, SX_SENT_STORED);
    o.most_bytes = 10000000;
    CHECK_OK(sx_dicom_server_set_limits(s, &o, &err), err);
    sx_dicom_send(&to, &item, 1);
    assert_int_equal(item.sent, SX_SENT_STORED);
    o.most_associations = 0;
    CHECK_FAILS(sx_dicom_server_set_limits(s, &o, &err), err, SX_ERR_USAGE, "out of range");
    o = usual();
    o.gate.seconds = 0;
    CHECK_FAILS(sx_dicom_server_set_limits(s, &o, &err), err, SX_ERR_USAGE, "out of range");
    sx_dicom_server_close(s, 5);
    free((void *)(uintptr_t)item.bytes);
}

static void a_refused_film_is_not_a_success(void **state) {
    (void)state;
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    const char *film = write_film(SX_WRITE_EXPLICIT);
    received.status = SX_STORE_OUT_OF_RESOURCES;
    assert_int_not_equal(send_file(sx_dicom_server_port(s), "-xe", film), 0);
    assert_int_equal(received.count, 1);
    received.ready = false; /* the disk is nearly full */
    assert_int_not_equal(send_file(sx_dicom_server_port(s), "-xe", film), 0);
    assert_int_equal(received.count, 1);
    sx_dicom_server_close(s, 5);
}

enum { SENDERS = 6, MANY = 3 };

/* How often each of them sends the folder; argv[1] of the long form. */
static const char *repeat = "3";

static void many_path(int i, char *out, size_t size) {
    snprintf(out, size, "%s/%d.dcm", check_tmp_path("many"), i);
}

static void write_many(void) {
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("many"), &err), err);
    for (int i = 0; i < MANY; i++) {
        char uid[24], path[1200];
        snprintf(uid, sizeof uid, "1.2.3.%d", i);
        many_path(i, path, sizeof path);
        write_film_to(path, uid, SX_WRITE_EXPLICIT);
    }
}

/* Each received film is one of those that were sent, and each arrived as often as it was sent. */
static void check_many(int each) {
    int counts[MANY] = { 0 };
    assert_int_equal(received.count, MANY * each);
    for (int k = 0; k < received.count; k++) {
        char got[1200], sent[1200];
        snprintf(got, sizeof got, "%s/got-%d.dcm", check_tmp(), k);
        for (int i = 0; i < MANY; i++) {
            many_path(i, sent, sizeof sent);
            counts[i] += same_dataset(got, sent);
        }
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(counts[i], each);
}

static void many_send_at_once(void **state) {
    (void)state;
    pid_t pids[SENDERS];
    const sx_dicom_server_options o = usual();
    sx_dicom_server *s = open_server(&o);
    write_many();
    for (int i = 0; i < SENDERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            char port[16];
            snprintf(port, sizeof port, "%d", sx_dicom_server_port(s));
            unsetenv("LD_LIBRARY_PATH");
            execlp("storescu", "storescu", "-aet", "SENDER", "-aec", "SPINEXR", "--repeat", repeat,
                   "-xe", "-R", "+sd", "127.0.0.1", port, check_tmp_path("many"), (char *)NULL);
            _exit(127);
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    check_many(SENDERS * (int)strtol(repeat, NULL, 10));
    sx_dicom_server_close(s, 5);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_dicom_server_options o = usual();
    o.gate.listen = "here";
    CHECK_FAILS(sx_dicom_server_open(&o, &err) != NULL, err, SX_ERR_USAGE, "not an IPv4 address");
    o = usual();
    o.ae_title = "TOO_LONG_A_TITLE_";
    CHECK_FAILS(sx_dicom_server_open(&o, &err) != NULL, err, SX_ERR_USAGE, "1 to 16 characters");
    o = usual();
    sx_dicom_server *s = open_server(&o);
    o.gate.port = sx_dicom_server_port(s);
    CHECK_FAILS(sx_dicom_server_open(&o, &err) != NULL, err, SX_ERR_IO, "Address already in use");
    sx_dicom_server_close(s, 0);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) repeat = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titles_decide_who_is_heard),
        cmocka_unit_test(every_syntax_arrives_unchanged),
        cmocka_unit_test(what_is_too_large_takes_no_room),
        cmocka_unit_test(limits_can_change),
        cmocka_unit_test(a_refused_film_is_not_a_success),
        cmocka_unit_test(many_send_at_once),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
