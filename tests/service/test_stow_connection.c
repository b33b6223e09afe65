/* The connection of the DICOMweb client: failures, secrets, proxies, TLS (`openssl s_server`), and
 * Orthanc at its other end. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/writer.h"
#include "dicom/write.h"
#include "service/stow_stub.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/orthanc.h"
#include "support/plain_film.h"

enum { MOST = 200 };

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
    web_stub *s = stow_stub_open();
    sx_http_remote r = stow_stub_remote(web_stub_port(s));
    stow_there.find = (web_reply){ .status = 200, .body = "[]" };
    r.token_file = secret_file("abc.def-123\n");
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_non_null(strstr(stow_there.head, "Authorization: Bearer abc.def-123\r\n"));
    secret_file("new\r\n"); /* replaced */
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_non_null(strstr(stow_there.head, "Authorization: Bearer new\r\n"));
    r.token_file = NULL;
    r.password_file = secret_file("name:pass:word");
    CHECK_OK(sx_stow_check(&r, &err), err);
    assert_non_null(strstr(stow_there.head, "Authorization: Basic bmFtZTpwYXNzOndvcmQ=\r\n"));
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
    web_stub *s = stow_stub_open(), *other = web_stub_open(stow_answer, NULL);
    sx_http_remote r = stow_stub_remote(web_stub_port(s));
    stow_there.find = (web_reply){ .status = 200, .body = "[]" };
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

static void a_redirect_is_not_followed(void **state) {
    (void)state;
    sx_send_item item;
    char headers[100];
    web_stub *s = stow_stub_open(), *other = web_stub_open(stow_answer, NULL);
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    snprintf(headers, sizeof headers, "Location: http://127.0.0.1:%d/elsewhere\r\n",
             web_stub_port(other));
    stow_there.store = (web_reply){ .status = 307, .headers = headers };
    stow_make_items(&item, 1);
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
    web_stub *s = stow_stub_open();
    sx_http_remote r = stow_stub_remote(web_stub_port(s));
    r.message_seconds = 1;
    stow_there.store = (web_reply){ .silent = true };
    stow_make_items(items, MOST);
    sx_stow_send(&r, items, MOST);
    assert_int_equal(items[0].sent, SX_SENT_TRANSIENT);
    assert_int_equal(items[MOST - 1].sent, SX_SENT_NOT);
    stow_there.store = (web_reply){ .status = 200, .body = "{", .cut = true };
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
    const sx_http_remote r = stow_stub_remote(o.http_port);
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
    stow_check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_STORED }, 2);
    assert_string_equal(items[0].reason, "");
    sx_stow_send(&r, items, 2); /* again */
    stow_check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_STORED }, 2);
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
        cmocka_unit_test(secrets_come_from_files),
        cmocka_unit_test(proxies_are_used_only_if_named),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(failures_of_the_connection_may_pass),
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(orthanc_takes_what_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
