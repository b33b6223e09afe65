#include "service/web_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "service/access/sessions.h"
#include "service/access/tokens.h"
#include "service/fresh_store.h"
#include "service/web_client.h"
#include "support/check.h"

sx_web_server *web_server;
sx_db *web_db;
int web_port;
_Atomic int64_t web_clock;

static char store[512];

/* ---- handlers ---- */

static bool tell(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_text(o, "method", r->method);
    sx_json_text(o, "path", r->route->path);
    sx_json_text(o, "who", r->who);
    sx_json_text(o, "role", sx_role_name(r->role));
    sx_json_text(o, "address", r->address);
    sx_json_text(o, "id", sx_web_parameter(r, "id"));
    sx_json_text(o, "task", sx_web_parameter(r, "task"));
    sx_json_text(o, "q", sx_web_query(r, "q"));
    if (r->body) {
        const char *say;
        if (!sx_web_body_text(r, "say", 60000, &say, err)) {
            sx_json_free(&doc);
            return false;
        }
        sx_json_text(o, "say", say);
    }
    return sx_web_reply_json(reply, 200, &doc, err);
}

static bool fail_as_told(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    long code;
    sx_web_reply_empty(reply, 200);
    if (!sx_parse_long(sx_web_parameter(r, "code"), 1, SX_ERR_REFUSED, &code))
        return sx_fail(err, SX_ERR_VALUE, "no code");
    return sx_fail(err, (sx_error_code)code, "as %s was told", "it");
}

static bool take_file(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    sx_sha256 hash;
    bool ok = false;
    char *bytes = sx_calloc_for((size_t)r->file_size + 1, 1, "an upload", err);
    if (!bytes) return false;
    size_t n = 0;
    for (ssize_t got = 1; got > 0; n += (size_t)got)
        got = read(r->file, bytes + n, (size_t)r->file_size + 1 - n);
    const sx_json o = sx_json_new_object(&doc);
    if (sx_sha256_of(bytes, n, &hash, err)) {
        sx_json_count(o, "bytes", n);
        sx_json_text(o, "sha256", hash.hex);
        sx_json_text(o, "type", r->body_type);
        ok = sx_web_reply_json(reply, 200, &doc, err);
    }
    free(bytes);
    return ok;
}

static int64_t count_down(void *user, void *to, size_t n) {
    int *left = user;
    const size_t now = (size_t)*left < n ? (size_t)*left : n;
    memset(to, 's', now);
    *left -= (int)now;
    return (int64_t)now;
}

static bool send_stream(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    int *left = sx_calloc_for(1, sizeof *left, "a stream", err);
    (void)r;
    if (!left) return false;
    *left = 300000;
    sx_web_reply_stream(reply, 200, "text/plain", count_down, left, free, UINT64_MAX);
    return true;
}

static bool send_file(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const int file = open(store, O_RDONLY | O_CLOEXEC);
    (void)r;
    if (file < 0) return sx_fail_errno(err, store, "read");
    sx_web_reply_file(reply, 200, "application/octet-stream", file, 4096);
    reply->cache = "private, immutable";
    snprintf(reply->etag, sizeof reply->etag, "\"v1\"");
    return true;
}

static bool answer_slowly(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    (void)r;
    (void)err;
    usleep(400000);
    sx_web_reply_empty(reply, 204);
    return true;
}

static const sx_web_route test_routes[] = {
    { "GET", "/open", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, tell },
    { "POST", "/open/echo", 0, SX_WEB_OPEN, SX_WEB_JSON, 65536, tell },
    { "GET", "/open/fail/{code}", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, fail_as_told },
    { "GET", "/open/stream", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, send_stream },
    { "GET", "/open/file", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, send_file },
    { "GET", "/open/slow", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, answer_slowly },
    { "GET", "/node/jobs/{id}", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, tell },
    { "POST", "/node/jobs/{id}", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 1000, tell },
    { "GET", "/reading/{task}", SX_ROLES_READING, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, tell },
    { "PUT", "/reading/{task}", SX_ROLE_READER, SX_WEB_SESSION, SX_WEB_JSON, 1000, tell },
    { "POST", "/reading/{task}/file", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_FILE, 1 << 20,
      take_file },
    { "GET", "/dicom-web/studies", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_NO_BODY, 0, tell },
    { "POST", "/dicom-web/studies", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_FILE, 16 << 20,
      take_file },
    { .method = NULL },
};
static const sx_web_route *const tables[] = { test_routes, sx_session_routes, sx_health_routes,
                                              NULL };

/* ---- the server ---- */

static int64_t test_now(void *user) {
    (void)user;
    return web_clock;
}

sx_web_options web_test_options(void) {
    static char spool[512];
    sx_web_options o = SX_WEB_DEFAULTS;
    snprintf(spool, sizeof spool, "%s", check_tmp());
    o.routes = tables;
    o.spool = spool;
    o.now = test_now;
    o.drain_seconds = 2;
    return o;
}

void web_start(const sx_web_options *options) {
    static int files;
    sx_error err = { 0 };
    sx_web_options o = *options;
    char name[40];
    snprintf(name, sizeof name, "web%d.sqlite", files++);
    web_db = fresh_store(check_tmp_path(name), store, sizeof store);
    o.store = store;
    web_clock = 1790000000000;
    web_server = sx_web_open(&o, &err);
    CHECK_OK(web_server != NULL, err);
    web_port = sx_web_port(web_server);
}

const char *web_store(void) {
    return store;
}

void web_stop(void) {
    sx_web_close(web_server);
    sx_db_close(web_db);
    web_server = NULL;
    web_db = NULL;
}

int web_setup(void **state) {
    const sx_web_options o = web_test_options();
    (void)state;
    web_start(&o);
    return 0;
}

int web_teardown(void **state) {
    (void)state;
    web_stop();
    return 0;
}

/* ---- people and programs ---- */

int64_t web_add_account(const char *login, sx_role role, bool password) {
    static char hash[SX_PASSWORD_HASH]; /* the same for all */
    sx_error err = { 0 };
    sx_account a = { .role = role, .made = web_clock };
    bool found = false;
    snprintf(a.login, sizeof a.login, "%s", login);
    snprintf(a.name, sizeof a.name, "Dr. %s", login);
    if (password && !*hash) {
        sx_password_gate *gate = sx_password_gate_new(1, 1, &err);
        CHECK_OK(gate && sx_password_hash(gate, TEST_PASSWORD, hash, &err), err);
        sx_password_gate_free(gate);
    }
    if (password) snprintf(a.hash, sizeof a.hash, "%s", hash);
    CHECK_OK(sx_accounts_add(web_db, &a, &err), err);
    CHECK_OK(sx_accounts_find(web_db, login, &a, &found, &err), err);
    assert_true(found);
    return a.id;
}

const char *web_page_headers(void) {
    static _Thread_local char text[200];
    snprintf(text, sizeof text, "Origin: http://localhost:%d\r\nContent-Type: application/json\r\n",
             web_port);
    return text;
}

const char *web_session_headers(const char *secret) {
    static _Thread_local char text[600];
    sx_sha256 csrf;
    sx_error err = { 0 };
    CHECK_OK(sx_sessions_csrf(secret, &csrf, &err), err);
    snprintf(text, sizeof text, "Cookie: spinexr-%d=%s\r\nX-CSRF: %s\r\n%s", web_port, secret,
             csrf.hex, web_page_headers());
    return text;
}

const char *web_session(const char *login, char secret[SX_SECRET]) {
    sx_error err = { 0 };
    sx_account a;
    bool found = false;
    CHECK_OK(sx_accounts_find(web_db, login, &a, &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_sessions_begin(web_db, a.id, "127.0.0.1", web_clock, secret, &err), err);
    return web_session_headers(secret);
}

const char *web_bearer(const char *name) {
    static _Thread_local char text[100];
    char token[SX_TOKEN_TEXT];
    sx_error err = { 0 };
    CHECK_OK(sx_tokens_add(web_db, name, web_clock, token, &err), err);
    snprintf(text, sizeof text, "Authorization: Bearer %s\r\n", token);
    return text;
}

web_answer web_sign_in(const char *from, const char *login, const char *password) {
    char body[400];
    snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
    return web_call_from(from, web_port, "POST", "/api/session", web_page_headers(), body);
}
