/* Signing in and out, passwords, the audit log. */
#include <string.h>

#include "base/str.h"
#include "service/access/audit.h"
#include "service/access/sessions.h"
#include "service/web/exchange.h"
#include "service/web/header_text.h"

/* Nobody is signed in yet, or whoever is says so. */
static bool note(const sx_web_request *r, const char *who, const char *action, const char *object,
                 sx_error *err) {
    const sx_audit_entry e = {
        .at = r->now, .who = who, .address = r->address, .action = action, .object = object
    };
    return sx_audit(r->db, &e, err);
}

static bool reply_account(const sx_web_request *r, const sx_account *a, const char *secret,
                          sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    sx_sha256 csrf = { "proxy" };
    if (*secret && !sx_sessions_csrf(secret, &csrf, err)) return false;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_text(o, "login", a->login);
    sx_json_text(o, "name", a->name);
    sx_json_text(o, "role", sx_role_name(a->role));
    sx_json_text(o, "csrf", csrf.hex);
    sx_json_bool(o, "predicts", r->exchange->server->o.predicts);
    return sx_web_reply_json(reply, 200, &doc, err);
}

/* Without TLS, on loopback, a browser would not store a secure cookie. */
static bool set_cookie(const sx_web_request *r, sx_web_reply *reply, const char *secret,
                       sx_error *err) {
    const sx_web_server *s = r->exchange->server;
    char text[200];
    sx_format(text, sizeof text, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", s->cookie, secret,
              s->secure ? "; Secure" : "", *secret ? "" : "; Max-Age=0");
    return sx_web_reply_header(reply, "Set-Cookie", text, err);
}

static bool reply_wait(sx_web_reply *reply, int64_t wait, sx_error *err) {
    char seconds[24];
    const long long s = (long long)(wait + 999) / 1000;
    sx_format(seconds, sizeof seconds, "%lld", s);
    sx_web_reply_error(reply, 429, "too many attempts have failed; try again in %s %s", seconds,
                       sx_noun((size_t)s, "second", "seconds"));
    return sx_web_reply_header(reply, "Retry-After", seconds, err);
}

/* ---- passwords ---- */

bool sx_web_reply_busy(sx_web_reply *reply, sx_error *err) {
    if (err->code != SX_ERR_LIMIT) return false;
    sx_web_reply_error(reply, 503, "%s", err->message);
    *err = (sx_error){ SX_OK, "" };
    return sx_web_reply_header(reply, "Retry-After", "1", err);
}

typedef enum verdict { RIGHT, WRONG, FAILED } verdict;

/* Tries a password, unless too many have failed. FAILED: with *err, or with a reply. `account`
 * NULL: there is no such account. */
static verdict try_password(const sx_web_request *r, sx_web_reply *reply, const char *login,
                            const sx_account *account, const char *password, sx_error *err) {
    const sx_web_server *s = r->exchange->server;
    int64_t wait = 0;
    bool right = false;
    if (!sx_attempts_begin(s->attempts, login, r->address, r->now, &wait)) {
        if (!reply_wait(reply, wait, err)) err->code = SX_ERR_MEMORY;
        return FAILED;
    }
    if (!sx_password_verify(s->passwords, account ? account->hash : NULL, password, &right, err)) {
        sx_attempts_undo(s->attempts, login, r->address);
        (void)!sx_web_reply_busy(reply, err);
        return FAILED;
    }
    if (right) sx_attempts_right(s->attempts, login, r->address);
    return right ? RIGHT : WRONG;
}

/* ---- POST /api/session ---- */

static bool begin_session(const sx_web_request *r, const sx_account *a, sx_web_reply *reply,
                          sx_error *err) {
    char secret[SX_SECRET] = "", old[SX_SECRET_MOST];
    const bool had =
        sx_header_cookie(sx_web_header(r, "Cookie"), r->exchange->server->cookie, old, sizeof old);
    bool ok = sx_db_begin(r->db, err);
    ok = ok && (!had || sx_sessions_end(r->db, old, err)) &&
         sx_sessions_begin(r->db, a->id, r->address, r->now, secret, err) &&
         note(r, a->login, "sign in", a->login, err);
    return sx_db_end(r->db, ok, err) && reply_account(r, a, secret, reply, err) &&
           set_cookie(r, reply, secret, err);
}

static bool sign_in(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *typed, *password;
    char login[SX_LOGIN];
    sx_account account = { .id = 0 };
    bool found = false;
    if (!r->db) return sx_fail(err, SX_ERR_IO, "the database cannot be reached");
    if (!sx_web_body_text(r, "login", 200, &typed, err) ||
        !sx_web_body_text(r, "password", 4 * SX_PASSWORD_MOST, &password, err))
        return false;
    const bool valid = sx_login_make(typed, login, NULL);
    if (!valid) sx_format(login, sizeof login, "?");
    if (valid && !sx_accounts_find(r->db, login, &account, &found, err)) return false;
    const sx_account *known = found && account.active ? &account : NULL;
    switch (try_password(r, reply, login, known, password, err)) {
    case RIGHT:
        return begin_session(r, &account, reply, err);
    case WRONG:
        sx_web_reply_error(reply, 401, "login or password is wrong");
        return note(r, "", "sign in failed", known ? login : "", err);
    default:
        return err->code == SX_OK;
    }
}

/* ---- GET and DELETE /api/session ---- */

static bool show_session(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_account(r, r->account, r->session, reply, err);
}

static bool sign_out(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_web_reply_empty(reply, 204);
    if (!*r->session) return true; /* the proxy's */
    return sx_sessions_end(r->db, r->session, err) &&
           sx_web_audit(r, "sign out", r->who, "", err) && set_cookie(r, reply, "", err);
}

/* ---- POST /api/password ---- */

static bool store_password(const sx_web_request *r, const char *hash, sx_web_reply *reply,
                           sx_error *err) {
    char secret[SX_SECRET] = "";
    bool found = false;
    bool ok = sx_db_begin(r->db, err);
    ok = ok && sx_accounts_set_hash(r->db, r->who, hash, &found, err) &&
         (found || sx_fail(err, SX_ERR_MISSING, "the account no longer exists")) &&
         sx_sessions_begin(r->db, r->account->id, r->address, r->now, secret, err) &&
         sx_web_audit(r, "password", r->who, "", err);
    return sx_db_end(r->db, ok, err) && reply_account(r, r->account, secret, reply, err) &&
           set_cookie(r, reply, secret, err);
}

static bool change_password(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *old, *new;
    char hash[SX_PASSWORD_HASH];
    if (!sx_web_body_text(r, "old", 4 * SX_PASSWORD_MOST, &old, err) ||
        !sx_web_body_text(r, "new", 4 * SX_PASSWORD_MOST, &new, err) ||
        !sx_password_check(new, err))
        return false;
    if (!*r->account->hash)
        return sx_fail(err, SX_ERR_REFUSED, "this account has no password here");
    switch (try_password(r, reply, r->who, r->account, old, err)) {
    case RIGHT:
        if (!sx_password_hash(r->exchange->server->passwords, new, hash, err))
            return sx_web_reply_busy(reply, err);
        return store_password(r, hash, reply, err);
    case WRONG:
        sx_web_reply_error(reply, 403, "the old password is wrong");
        return sx_web_audit(r, "password failed", r->who, "", err);
    default:
        return err->code == SX_OK;
    }
}

/* ---- GET /api/audit ---- */

static bool add_entry(void *user, const sx_audit_entry *e, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "id", e->id);
    sx_json_integer(o, "at", e->at);
    sx_json_text(o, "who", e->who);
    sx_json_text(o, "address", e->address);
    sx_json_text(o, "action", e->action);
    sx_json_text(o, "object", e->object);
    sx_json_text(o, "detail", e->detail);
    return true;
}

static bool show_audit(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    long before, most;
    sx_json_doc doc;
    if (!sx_web_query_int(r, "before", 1, INT64_MAX, INT64_MAX, &before, err) ||
        !sx_web_query_int(r, "most", 1, 1000, 100, &most, err))
        return false;
    sx_json list = sx_json_array(sx_json_new_object(&doc), "entries");
    if (sx_audit_list(r->db, before, (int)most, add_entry, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

const sx_web_route sx_session_routes[] = {
    { "POST", "/api/session", 0, SX_WEB_OPEN, SX_WEB_JSON, 4096, sign_in },
    { "GET", "/api/session", SX_ROLES_PEOPLE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_session },
    { "DELETE", "/api/session", SX_ROLES_PEOPLE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, sign_out },
    { "POST", "/api/password", SX_ROLES_PEOPLE, SX_WEB_SESSION, SX_WEB_JSON, 4096,
      change_password },
    { "GET", "/api/audit", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_audit },
    { .method = NULL },
};
