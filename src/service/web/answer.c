#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "service/access/audit.h"
#include "service/web/exchange.h"
#include "service/web/header_text.h"

/* ---- one request ---- */

static int status_of(sx_error_code code) {
    switch (code) {
    case SX_ERR_USAGE:
    case SX_ERR_FORMAT:
    case SX_ERR_VALUE:
        return 400;
    case SX_ERR_REFUSED:
        return 403;
    case SX_ERR_MISSING:
        return 404;
    case SX_ERR_MISMATCH:
        return 409;
    case SX_ERR_LIMIT:
        return 413;
    case SX_ERR_UNSUPPORTED:
        return 415;
    case SX_ERR_IO:
    case SX_ERR_MEMORY:
        return 503;
    default:
        return 500;
    }
}

static void answer_error(sx_exchange *x, const sx_error *err) {
    const int status = status_of(err->code);
    const sx_web_route *r = x->match.route;
    sx_web_reply_free(&x->reply);
    if (status >= 500)
        sx_log(x->server->o.context, SX_LOG_ERROR, "%s %s: %s", r->method, r->path, err->message);
    sx_web_reply_error(&x->reply, status, "%s",
                       status < 500    ? err->message
                       : status == 503 ? "the service cannot do this at the moment"
                                       : "the service has a fault; see its log");
}

static bool parse_body(sx_exchange *x) {
    sx_error err = { 0 };
    json_t *body = NULL;
    int line = 0;
    if (x->match.route->body != SX_WEB_JSON) return true;
    if (!sx_header_is_type(x->request.body_type, "application/json")) {
        sx_exchange_refuse(x, 415, "the body must be application/json");
    } else if (!(body = sx_json_parse(x->body.data, x->body.len, true, &line, &err))) {
        sx_exchange_refuse(x, err.code == SX_ERR_MEMORY ? 503 : 400, "the body, line %d: %s", line,
                           err.message);
    } else if (!json_is_object(body)) {
        sx_exchange_refuse(x, 400, "the body must be an object");
        json_decref(body);
        body = NULL;
    }
    x->request.body = body;
    return !x->ready;
}

static bool touch_token(sx_exchange *x, sx_db *db) {
    sx_error err = { 0 };
    if (x->match.first->auth != SX_WEB_TOKEN || !db ||
        sx_tokens_touch(db, &x->token, x->request.now, &err))
        return true;
    sx_log(x->server->o.context, SX_LOG_WARNING, "%s", err.message);
    return true;
}

static void answer(sx_exchange *x, sx_db *db) {
    sx_error err = { 0 };
    if (!sx_exchange_authenticate(x, db) || !sx_exchange_check_role(x) ||
        !sx_exchange_check_site(x) || !parse_body(x) || !touch_token(x, db))
        return;
    x->request.db = db;
    x->request.user = x->server->o.user;
    x->request.exchange = x;
    if (!x->match.route->handler(&x->request, &x->reply, &err)) {
        answer_error(x, &err);
    } else if (x->reply.status == 0) {
        err.code = SX_ERR_INTERNAL;
        sx_format(err.message, sizeof err.message, "the handler gave no reply");
        answer_error(x, &err);
    }
    x->ready = true;
}

/* ---- worker threads ---- */

bool sx_web_queue(sx_exchange *x) {
    sx_web_server *s = x->server;
    pthread_mutex_lock(&s->lock);
    const bool ok = !s->stopped;
    if (ok) {
        *(s->last ? &s->last->next : &s->first) = x;
        s->last = x;
        pthread_cond_signal(&s->work);
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

/* NULL: the workers end. */
static sx_exchange *next_exchange(sx_web_server *s) {
    pthread_mutex_lock(&s->lock);
    while (!s->first && !s->stopped)
        pthread_cond_wait(&s->work, &s->lock);
    sx_exchange *x = s->first;
    if (x) {
        s->first = x->next;
        if (!s->first) s->last = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

void *sx_web_work(void *server) {
    sx_web_server *s = server;
    sx_db *db = NULL;
    for (sx_exchange *x; (x = next_exchange(s));) {
        sx_error err = { 0 };
        if (!db && *s->o.store && !(db = sx_db_open(s->o.store, &err)))
            sx_log(s->o.context, SX_LOG_ERROR, "%s", err.message);
        if (db || sx_exchange_row(x)->auth == SX_WEB_OPEN)
            answer(x, db);
        else
            sx_exchange_refuse(x, 503, "the database cannot be reached");
        if (db) sx_db_rollback(db); /* what a handler left open */
        MHD_resume_connection(x->connection);
    }
    sx_db_close(db);
    return NULL;
}

/* ---- what handlers read ---- */

const char *sx_web_parameter(const sx_web_request *r, const char *name) {
    const sx_route_match *m = &r->exchange->match;
    for (size_t i = 0; i < m->parameter_count; i++)
        if (strcmp(m->parameters[i].name, name) == 0) return m->parameters[i].value;
    return "";
}

const char *sx_web_query_next(const sx_web_request *r, const char *name, size_t *from) {
    return sx_uri_query(&r->exchange->uri, name, from);
}

const char *sx_web_query(const sx_web_request *r, const char *name) {
    size_t from = 0;
    return sx_web_query_next(r, name, &from);
}

bool sx_web_query_int(const sx_web_request *r, const char *name, long least, long most,
                      long otherwise, long *out, sx_error *err) {
    const char *text = sx_web_query(r, name);
    *out = otherwise;
    return !text || sx_parse_long(text, least, most, out) ||
           sx_fail(err, SX_ERR_VALUE, "%s must be a whole number from %ld to %ld", name, least,
                   most);
}

const char *sx_web_header(const sx_web_request *r, const char *name) {
    return MHD_lookup_connection_value(r->exchange->connection, MHD_HEADER_KIND, name);
}

bool sx_web_body_text(const sx_web_request *r, const char *key, size_t most, const char **out,
                      sx_error *err) {
    const json_t *value = json_object_get(r->body, key);
    if (!json_is_string(value))
        return sx_fail(err, SX_ERR_VALUE, "%s is missing or is not a string", key);
    *out = json_string_value(value);
    return strlen(*out) <= most ||
           sx_fail(err, SX_ERR_VALUE, "%s is longer than %zu bytes", key, most);
}

bool sx_web_audit(const sx_web_request *r, const char *action, const char *object,
                  const char *detail, sx_error *err) {
    const sx_audit_entry e = { .at = r->now,
                               .who = r->who,
                               .address = r->address,
                               .action = action,
                               .object = object,
                               .detail = detail };
    return sx_audit(r->db, &e, err);
}
