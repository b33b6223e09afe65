#include <string.h>

#include "base/str.h"
#include "service/access/sessions.h"
#include "service/web/exchange.h"
#include "service/web/header_text.h"

static const char *header(const sx_exchange *x, const char *name) {
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static bool refuse_failure(sx_exchange *x, const sx_error *err) {
    sx_log(x->server->o.context, SX_LOG_ERROR, "%s", err->message);
    sx_exchange_refuse(x, 503, "the service cannot be used at this moment");
    return false;
}

/* ---- people ---- */

static void take_account(sx_exchange *x) {
    x->request.account = &x->account;
    x->request.role = x->account.role;
    x->request.who = x->account.login;
    x->known = true;
}

/* The person whom a trusted proxy names. *named: it names one. */
static bool take_proxy_user(sx_exchange *x, sx_db *db, bool *named, sx_error *err) {
    const sx_web_options *o = &x->server->o;
    const char *user = *o->user_header && x->proxied ? header(x, o->user_header) : NULL;
    char login[SX_LOGIN];
    bool found = false;
    *named = user != NULL;
    if (!user) return true;
    if (sx_login_make(user, login, NULL) && !sx_accounts_find(db, login, &x->account, &found, err))
        return false;
    if (found && x->account.active) take_account(x);
    return true;
}

static bool take_session(sx_exchange *x, sx_db *db, sx_error *err) {
    int64_t seen = 0, now = x->request.now;
    bool found = false;
    if (!sx_header_cookie(header(x, "Cookie"), x->server->cookie, x->secret, sizeof x->secret))
        return true;
    if (!sx_sessions_find(db, x->secret, now, &x->account, &seen, &found, err)) return false;
    if (!found) return true;
    x->request.session = x->secret;
    take_account(x);
    /* a network thread, which admits callers, must not wait for the writer of the database */
    return x->admitting || now - seen < 60000 || sx_sessions_touch(db, x->secret, now, err);
}

static bool know_person(sx_exchange *x, sx_db *db) {
    sx_error err = { 0 };
    bool named = false;
    if (!take_proxy_user(x, db, &named, &err) || (!named && !take_session(x, db, &err)))
        return refuse_failure(x, &err);
    if (x->known) return true;
    if (named)
        sx_exchange_refuse(x, 403, "there is no account for the user whom the proxy names");
    else
        sx_exchange_refuse(x, 401, "sign in first");
    return false;
}

/* ---- programs ---- */

static bool know_program(sx_exchange *x, sx_db *db) {
    sx_error err = { 0 };
    char text[SX_SECRET_MOST];
    sx_sha256 hash;
    bool ok = true;
    if (header(x, "Authorization"))
        ok = !sx_header_bearer(header(x, "Authorization"), text, sizeof text) ||
             sx_tokens_find(db, text, &x->token, &x->known, &err);
    else if (sx_web_tls_certificate(x, &hash))
        ok = sx_tokens_find_certificate(db, hash.hex, &x->token, &x->known, &err);
    if (!ok) return refuse_failure(x, &err);
    if (x->known) {
        x->request.role = SX_ROLE_DEVICE;
        x->request.who = x->token.name;
        return true;
    }
    sx_exchange_refuse(x, 401, "a valid bearer token or client certificate is needed");
    (void)!sx_web_reply_header(&x->reply, "WWW-Authenticate", "Bearer realm=\"spinexr\"", NULL);
    return false;
}

bool sx_exchange_authenticate(sx_exchange *x, sx_db *db) {
    x->request.now = sx_web_now(x->server);
    const sx_web_auth auth = sx_exchange_row(x)->auth;
    if (auth == SX_WEB_OPEN || x->known) return true;
    return auth == SX_WEB_TOKEN ? know_program(x, db) : know_person(x, db);
}

/* ---- roles ---- */

bool sx_exchange_check_role(sx_exchange *x) {
    const sx_route_match *m = &x->match;
    const unsigned role = x->request.role;
    sx_str methods = { 0 };
    const bool open = sx_exchange_row(x)->auth == SX_WEB_OPEN;
    if (!open && !(m->roles & role)) {
        sx_exchange_refuse(x, 404, "there is nothing at this address");
    } else if (!open && m->route && !(m->route->roles & role)) {
        sx_exchange_refuse(x, 403, "the role %s may not use %s at this address",
                           sx_role_name((sx_role)role), x->request.method);
    } else if (!m->route) {
        sx_exchange_refuse(x, 405, "this address does not take %s", x->request.method);
        sx_route_methods(x->server->o.routes, m, role, &methods);
        (void)!sx_web_reply_header(&x->reply, "Allow", sx_str_text(&methods), NULL);
    }
    sx_str_free(&methods);
    return !x->ready;
}

/* ---- requests that other sites make ---- */

static bool is_same_origin(const sx_exchange *x) {
    const sx_web_server *s = x->server;
    const char *origin = header(x, "Origin"), *host = header(x, "Host");
    const bool tls = s->pems.certificate != NULL;
    return ((tls || s->o.behind_proxy) && sx_header_same_origin(origin, "https", host)) ||
           (!tls && sx_header_same_origin(origin, "http", host));
}

static bool has_csrf(const sx_exchange *x) {
    const char *sent = header(x, "X-CSRF");
    sx_sha256 right;
    if (!sent || !*sent) return false;
    /* a proxy signs people in by itself: that a page could set the header shows its origin */
    if (!*x->request.session) return true;
    return sx_sessions_csrf(x->request.session, &right, NULL) && sx_secret_equal(sent, right.hex);
}

/* The page belongs to somebody else. Behind a proxy, X-CSRF does not tell it. */
static bool is_of_other(const sx_exchange *x) {
    const char *login = header(x, "X-Login");
    return login && strcmp(login, x->account.login) != 0;
}

bool sx_exchange_check_site(sx_exchange *x) {
    const sx_web_route *r = x->match.route;
    if (strcmp(r->method, "GET") == 0 || r->auth == SX_WEB_TOKEN) return true;
    if (!is_same_origin(x))
        sx_exchange_refuse(x, 403, "the request does not come from a page of this service");
    else if (r->auth == SX_WEB_SESSION && !has_csrf(x))
        sx_exchange_refuse(x, 403, "the header X-CSRF is missing or wrong");
    else if (r->auth == SX_WEB_SESSION && is_of_other(x))
        sx_exchange_refuse(x, 403, "the page belongs to somebody who is not signed in any more");
    return !x->ready;
}
