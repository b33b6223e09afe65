/* The DICOMweb client against a server that answers as the test says, against `openssl s_server`
 * for TLS, and against Orthanc. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/writer.h"
#include "dicom/write.h"
#include "service/net/stow_client.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/orthanc.h"
#include "support/plain_film.h"
#include "support/web_stub.h"

/* ---- the other end ---- */

enum { MOST = 200 };

static struct {
    web_reply store, find; /* to POST and to GET */
    int posts, gets, objects;
    size_t largest; /* body */
    char head[4096];
    char type[200];
} there;

static int parts_of(const web_request *r) {
    int n = 0;
    const char *end = r->body + r->n, *at = r->body;
    while ((at = memmem(at, (size_t)(end - at), "Content-Type: application/dicom", 31))) {
        n++;
        at += 31;
    }
    return n;
}

static web_reply answer(void *user, const web_request *r) {
    (void)user;
    snprintf(there.head, sizeof there.head, "%s", r->head);
    if (strncmp(r->head, "GET ", 4) == 0) {
        there.gets++;
        return there.find;
    }
    there.posts++;
    there.objects += parts_of(r);
    if (r->n > there.largest) there.largest = r->n;
    return there.store;
}

static web_stub *open_stub(void) {
    memset(&there, 0, sizeof there);
    there.find.status = 204;
    return web_stub_open(answer, NULL);
}

static sx_http_remote remote_at(int port) {
    static char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/dicom-web/", port);
    return (sx_http_remote){ .url = url, .message_seconds = 2 };
}

#define STORED(uid)                                                                                \
    "{\"00081150\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]},"                                           \
    "\"00081155\":{\"vr\":\"UI\",\"Value\":[\"" uid "\"]}}"
#define FAILED(uid, reason)                                                                        \
    "{\"00081155\":{\"vr\":\"UI\",\"Value\":[\"" uid "\"]},"                                       \
    "\"00081197\":{\"vr\":\"US\",\"Value\":[" reason "]}}"
#define WARNED(uid, reason)                                                                        \
    "{\"00081155\":{\"vr\":\"UI\",\"Value\":[\"" uid "\"]},"                                       \
    "\"00081196\":{\"vr\":\"US\",\"Value\":[" reason "]}}"
#define ANSWER(stored, failed)                                                                     \
    "{\"00081199\":{\"vr\":\"SQ\",\"Value\":[" stored                                              \
    "]},\"00081198\":{\"vr\":\"SQ\",\"Value\":[" failed "]}}"

static void make_items(sx_send_item items[], size_t count) {
    static const char *const uids[] = { "1.2.3.1", "1.2.3.2", "1.2.3.3" };
    for (size_t i = 0; i < count; i++)
        items[i] = (sx_send_item){ .bytes = (const uint8_t *)"some bytes",
                                   .n = 10,
                                   .sop_class = "1.2",
                                   .sop_uid = uids[i % 3] };
}

static void check_items(const sx_send_item *items, const sx_sent *want, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (items[i].sent != want[i])
            fail_msg("object %zu: %d instead of %d (%s)", i, items[i].sent, want[i],
                     items[i].reason);
}

/* ---- STOW-RS ---- */

static void objects_go_in_one_request(void **state) {
    (void)state;
    sx_send_item items[3];
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    there.store = (web_reply){
        .status = 200,
        .body = ANSWER(STORED("1.2.3.1") "," STORED("1.2.3.2") "," WARNED("1.2.3.3", "45056"), "")
    };
    make_items(items, 3);
    sx_stow_send(&r, items, 3);
    check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_STORED, SX_SENT_STORED }, 3);
    assert_string_equal(items[0].reason, "");
    assert_string_equal(items[2].reason, "stored with the warning B000");
    assert_int_equal(there.posts, 1);
    assert_int_equal(there.gets, 0);
    assert_int_equal(there.objects, 3);
    assert_non_null(strstr(there.head, "POST /dicom-web/studies HTTP/1.1\r\n"));
    assert_non_null(strstr(there.head, "Accept: application/dicom+json\r\n"));
    assert_non_null(strstr(there.head, "Content-Type: multipart/related; "
                                       "type=\"application/dicom\"; boundary="));
    assert_null(strstr(there.head, "Authorization"));
    web_stub_close(s);
}

static void large_objects_go_in_several_requests(void **state) {
    (void)state;
    enum { COUNT = 5, SIZE = 6 << 20 };
    sx_send_item items[COUNT];
    uint8_t *bytes = calloc(SIZE, 1);
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    there.store = (web_reply){ .status = 200, .body = ANSWER(STORED("1.2.3.1"), "") };
    make_items(items, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        items[i].bytes = bytes;
        items[i].n = SIZE;
        items[i].sop_uid = "1.2.3.1";
    }
    sx_stow_send(&r, items, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(items[i].sent, SX_SENT_STORED);
    assert_int_equal(there.posts, 3);
    assert_int_equal(there.objects, COUNT);
    assert_in_range(there.largest, 2 * SIZE, 16 << 20);
    free(bytes);
    web_stub_close(s);
}

static void each_instance_is_judged(void **state) {
    (void)state;
    static const struct {
        const char *reason;
        sx_sent sent;
    } cases[] = { { "42752", SX_SENT_TRANSIENT },     /* A700 out of resources */
                  { "272", SX_SENT_TRANSIENT },       /* 0110 processing failure */
                  { "290", SX_SENT_NO_CONTEXT },      /* 0122 class not supported */
                  { "273", SX_SENT_STORED },          /* 0111 duplicate */
                  { "43264", SX_SENT_PERMANENT },     /* A900 */
                  { "49152", SX_SENT_PERMANENT },     /* C000 */
                  { "\"49152\"", SX_SENT_PERMANENT }, /* as text */
                  { "", SX_SENT_TRANSIENT } };
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1000];
        sx_send_item items[2];
        snprintf(body, sizeof body, ANSWER(STORED("1.2.3.2"), FAILED("1.2.3.1", "%s")),
                 cases[i].reason);
        there.store = (web_reply){ .status = 202, .body = body };
        make_items(items, 2);
        sx_stow_send(&r, items, 2);
        check_items(items, (const sx_sent[]){ cases[i].sent, SX_SENT_STORED }, 2);
    }
    assert_int_equal(there.gets, 0);
    web_stub_close(s);
}

/* 200 says nothing of an object that the answer does not name. */
static void what_is_not_named_is_looked_up(void **state) {
    (void)state;
    static const char *const bodies[] = { "",         "{}",     "[]",
                                          "nonsense", "<xml/>", ANSWER(STORED("1.2.3.9"), "") };
    sx_send_item item;
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        there.store = (web_reply){ .status = 200, .body = bodies[i] };
        there.find = (web_reply){ .status = 204 };
        make_items(&item, 1);
        sx_stow_send(&r, &item, 1);
        assert_int_equal(item.sent, SX_SENT_TRANSIENT);
        there.find =
            (web_reply){ .status = 200,
                         .body = "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.1\"]}}]" };
        sx_stow_send(&r, &item, 1);
        assert_int_equal(item.sent, SX_SENT_STORED);
        assert_non_null(strstr(there.head, "GET /dicom-web/instances?SOPInstanceUID=1.2.3.1 "));
    }
    web_stub_close(s);
}

static void a_conflict_may_be_our_own_object(void **state) {
    (void)state;
    sx_send_item item;
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    there.store = (web_reply){ .status = 409, .body = ANSWER("", FAILED("1.2.3.1", "49152")) };
    make_items(&item, 1);
    sx_stow_send(&r, &item, 1);
    assert_int_equal(item.sent, SX_SENT_PERMANENT);
    there.find = (web_reply){ .status = 200,
                              .body = "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.1\"]}}]" };
    sx_stow_send(&r, &item, 1);
    assert_int_equal(item.sent, SX_SENT_STORED);
    assert_string_equal(item.reason, "the archive has it already");
    web_stub_close(s);
}

static void statuses_are_told_apart(void **state) {
    (void)state;
    static const struct {
        int status;
        sx_sent sent;
    } cases[] = { { 301, SX_SENT_PERMANENT }, { 307, SX_SENT_PERMANENT },
                  { 400, SX_SENT_PERMANENT }, { 401, SX_SENT_TRANSIENT },
                  { 403, SX_SENT_PERMANENT }, { 404, SX_SENT_PERMANENT },
                  { 408, SX_SENT_TRANSIENT }, { 409, SX_SENT_TRANSIENT },
                  { 413, SX_SENT_PERMANENT }, { 415, SX_SENT_PERMANENT },
                  { 429, SX_SENT_TRANSIENT }, { 500, SX_SENT_TRANSIENT },
                  { 501, SX_SENT_PERMANENT }, { 502, SX_SENT_TRANSIENT },
                  { 503, SX_SENT_TRANSIENT }, { 504, SX_SENT_TRANSIENT } };
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_send_item item;
        char text[40];
        snprintf(text, sizeof text, "the server answers %d", cases[i].status);
        there.store = (web_reply){ .status = cases[i].status, .body = "no" };
        make_items(&item, 1);
        sx_stow_send(&r, &item, 1);
        if (item.sent != cases[i].sent || !strstr(item.reason, text))
            fail_msg("%d: %d, %s", cases[i].status, item.sent, item.reason);
    }
    web_stub_close(s);
}

/* Of three objects, too many for one request: each goes alone. */
static web_reply answer_few(void *user, const web_request *r) {
    (void)user;
    there.posts++;
    if (parts_of(r) > 1 || memmem(r->body, r->n, "a large object", 14))
        return (web_reply){ .status = 413 };
    return (web_reply){ .status = 200,
                        .body = ANSWER(STORED("1.2.3.1") "," STORED("1.2.3.3"), "") };
}

static void a_request_that_is_too_large_is_split(void **state) {
    (void)state;
    sx_send_item items[3];
    memset(&there, 0, sizeof there);
    web_stub *s = web_stub_open(answer_few, NULL);
    const sx_http_remote r = remote_at(web_stub_port(s));
    make_items(items, 3);
    items[1].bytes = (const uint8_t *)"a large object";
    items[1].n = 14;
    sx_stow_send(&r, items, 3);
    check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_PERMANENT, SX_SENT_STORED }, 3);
    assert_int_equal(there.posts, 4);
    web_stub_close(s);
}

static void a_redirect_is_not_followed(void **state) {
    (void)state;
    sx_send_item item;
    char headers[100];
    web_stub *s = open_stub(), *other = web_stub_open(answer, NULL);
    const sx_http_remote r = remote_at(web_stub_port(s));
    snprintf(headers, sizeof headers, "Location: http://127.0.0.1:%d/elsewhere\r\n",
             web_stub_port(other));
    there.store = (web_reply){ .status = 307, .headers = headers };
    make_items(&item, 1);
    sx_stow_send(&r, &item, 1);
    assert_int_equal(item.sent, SX_SENT_PERMANENT);
    assert_non_null(strstr(item.reason, "/elsewhere"));
    assert_int_equal(web_stub_requests(other), 0);
    web_stub_close(s);
    web_stub_close(other);
}

static void failures_of_the_connection_may_pass(void **state) {
    (void)state;
    static char text[100];
    sx_send_item items[MOST];
    web_stub *s = open_stub();
    sx_http_remote r = remote_at(web_stub_port(s));
    r.message_seconds = 1;
    there.store = (web_reply){ .silent = true };
    make_items(items, MOST);
    sx_stow_send(&r, items, MOST);
    assert_int_equal(items[0].sent, SX_SENT_TRANSIENT);
    assert_int_equal(items[MOST - 1].sent, SX_SENT_NOT);
    there.store = (web_reply){ .status = 200, .body = "{", .cut = true };
    sx_stow_send(&r, items, 1);
    assert_int_equal(items[0].sent, SX_SENT_TRANSIENT);
    web_stub_close(s);
    sx_stow_send(&r, items, 1); /* nobody listens */
    assert_int_equal(items[0].sent, SX_SENT_TRANSIENT);
    snprintf(text, sizeof text, "http://no-such-host.invalid/");
    r.url = text;
    sx_stow_send(&r, items, 1);
    assert_int_equal(items[0].sent, SX_SENT_TRANSIENT);
    static const char *const bad[] = { "file:///etc/passwd", "ftp://127.0.0.1/",
                                       "http://name:secret@127.0.0.1/" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r.url = bad[i];
        sx_stow_send(&r, items, 1);
        if (items[0].sent != SX_SENT_PERMANENT) fail_msg("%s: %s", bad[i], items[0].reason);
    }
}

/* ---- secrets ---- */

static const char *secret_file(const char *text) {
    static char path[600];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s/secret", check_tmp());
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

static void secrets_come_from_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    web_stub *s = open_stub();
    sx_http_remote r = remote_at(web_stub_port(s));
    there.find = (web_reply){ .status = 200, .body = "[]" };
    r.token_file = secret_file("abc.def-123\n");
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_non_null(strstr(there.head, "Authorization: Bearer abc.def-123\r\n"));
    secret_file("new\r\n"); /* replaced */
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_non_null(strstr(there.head, "Authorization: Bearer new\r\n"));
    r.token_file = NULL;
    r.password_file = secret_file("name:pass:word");
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_non_null(strstr(there.head, "Authorization: Basic bmFtZTpwYXNzOndvcmQ=\r\n"));
    secret_file("name");
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_VALUE, "is not \"name:password\"");
    secret_file("\n");
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_VALUE, "is no secret");
    r.password_file = check_tmp_path("none");
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_IO, "none");
    web_stub_close(s);
}

/* The environment of the test names a proxy; only the settings count. */
static void proxies_are_used_only_if_named(void **state) {
    (void)state;
    static char proxy[100];
    sx_error err = { 0 };
    web_stub *s = open_stub(), *other = web_stub_open(answer, NULL);
    sx_http_remote r = remote_at(web_stub_port(s));
    there.find = (web_reply){ .status = 200, .body = "[]" };
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", web_stub_port(other));
    setenv("http_proxy", proxy, 1);
    setenv("no_proxy", "", 1);
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_int_equal(web_stub_requests(other), 0);
    r.proxy = proxy;
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_int_equal(web_stub_requests(other), 1);
    unsetenv("http_proxy");
    unsetenv("no_proxy");
    web_stub_close(s);
    web_stub_close(other);
}

/* ---- QIDO-RS ---- */

static void an_instance_is_found_by_its_uid(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *body;
        bool ok, found;
    } cases[] = {
        { 200, "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.1\"]}}]", true, true },
        { 200, "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.11\"]}}]", true, false },
        { 200, "[{\"00080018\":{}},{\"00080018\":{\"Value\":[\"1.2.3.1\"]}}]", true, true },
        { 200, "[]", true, false },
        { 200, NULL, true, false },
        { 204, NULL, true, false },
        { 404, NULL, true, false },
        { 200, "<xml/>", false, false },
        { 403, NULL, false, false },
        { 503, NULL, false, false },
    };
    web_stub *s = open_stub();
    const sx_http_remote r = remote_at(web_stub_port(s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        bool found = false;
        there.find = (web_reply){ .status = cases[i].status, .body = cases[i].body };
        const bool ok = sx_stow_find(&r, "1.2.3", "1.2.3.1", &found, &err);
        if (ok != cases[i].ok || found != cases[i].found)
            fail_msg("case %zu: %d, %d, %s", i, ok, found, err.message);
    }
    assert_non_null(strstr(there.head, "GET /dicom-web/studies/1.2.3/instances?SOPInstanceUID="));
    sx_error err = { 0 };
    there.find.status = 404;
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_UNSUPPORTED, "404: there is no such service");
    web_stub_close(s);
}

/* ---- TLS ---- */

static int run_tool(const char *const *args) {
    int status;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int quiet = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++)
            dup2(quiet, fd);
        unsetenv("LD_LIBRARY_PATH");
        execvp(args[0], (char *const *)(uintptr_t)args);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static pid_t start_tls_server(int port, const char *certificate, const char *key) {
    char accept_at[40];
    snprintf(accept_at, sizeof accept_at, "127.0.0.1:%d", port);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int quiet = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++)
            dup2(quiet, fd);
        unsetenv("LD_LIBRARY_PATH");
        execlp("openssl", "openssl", "s_server", "-accept", accept_at, "-cert", certificate, "-key",
               key, "-www", (char *)NULL);
        _exit(127);
    }
    usleep(700000);
    return pid;
}

/* s_server answers 200 with a page, which is no DICOM JSON: the certificate was accepted. */
static void certificates_are_verified(void **state) {
    (void)state;
    char certificate[600], key[600], url[100];
    sx_error err = { 0 };
    snprintf(certificate, sizeof certificate, "%s/cert.pem", check_tmp());
    snprintf(key, sizeof key, "%s/key.pem", check_tmp());
    const char *const make[] = {
        "openssl",  "req",           "-x509",   "-newkey",
        "rsa:2048", "-nodes",        "-days",   "2",
        "-subj",    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-out",     certificate,     "-keyout", key,
        NULL
    };
    if (run_tool(make) == 127) skip();
    const int port = free_port();
    const pid_t pid = start_tls_server(port, certificate, key);
    sx_http_remote r = { .url = url, .message_seconds = 5 };
    snprintf(url, sizeof url, "https://localhost:%d", port);
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_IO, "certificate");
    r.trusted = certificate;
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_FORMAT, "localhost");
    snprintf(url, sizeof url, "https://127.0.0.1:%d", port); /* not the name in the certificate */
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_IO, "127.0.0.1");
    r.trusted = check_tmp_path("no.pem");
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_VALUE, "127.0.0.1");
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- Orthanc ---- */

static void orthanc_takes_what_is_sent(void **state) {
    (void)state;
    enum { SIDE = 40 };
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    orthanc o;
    sx_send_item items[3];
    uint8_t *bytes[2];
    bool found;
    static const char *const uids[] = { "1.2.3.4", "1.2.3.5", "1.2.3.6" };
    if (!orthanc_start(&o, 11112)) skip();
    const sx_http_remote r = remote_at(o.http_port);
    CHECK_OK(sx_stow_check(&r, &err), err);
    for (size_t i = 0; i < 2; i++) {
        sx_write_film f = plain_film(pixels, SIDE, SIDE);
        f.instance_uid = uids[i];
        items[i] = (sx_send_item){ .sop_class = "1.2.840.10008.5.1.4.1.1.1.1", .sop_uid = uids[i] };
        CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes[i], &items[i].n, &err), err);
        items[i].bytes = bytes[i];
    }
    items[2] = (sx_send_item){
        .bytes = (const uint8_t *)"nonsense", .n = 8, .sop_class = "1.2", .sop_uid = uids[2]
    };
    sx_stow_send(&r, items, 2);
    check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_STORED }, 2);
    assert_string_equal(items[0].reason, "");
    sx_stow_send(&r, items, 2); /* again */
    check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_STORED }, 2);
    sx_stow_send(&r, &items[2], 1);
    assert_int_not_equal(items[2].sent, SX_SENT_STORED);
    CHECK_OK(sx_stow_find(&r, "1.2.3", "1.2.3.4", &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_stow_find(&r, "1.2.3", "1.2.3.6", &found, &err), err);
    assert_false(found);
    CHECK_OK(sx_stow_find(&r, "1.2.9", "1.2.3.4", &found, &err), err);
    assert_false(found);
    free(bytes[0]);
    free(bytes[1]);
    orthanc_stop(&o);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_go_in_one_request),
        cmocka_unit_test(large_objects_go_in_several_requests),
        cmocka_unit_test(each_instance_is_judged),
        cmocka_unit_test(what_is_not_named_is_looked_up),
        cmocka_unit_test(a_conflict_may_be_our_own_object),
        cmocka_unit_test(statuses_are_told_apart),
        cmocka_unit_test(a_request_that_is_too_large_is_split),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(failures_of_the_connection_may_pass),
        cmocka_unit_test(secrets_come_from_files),
        cmocka_unit_test(proxies_are_used_only_if_named),
        cmocka_unit_test(an_instance_is_found_by_its_uid),
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(orthanc_takes_what_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
