#include "service/web/routes.h"

#include <string.h>

/* ---- patterns ---- */

/* The next segment of a pattern, in *begin and *n; moves *at behind it. */
static bool next_segment(const char **at, const char **begin, size_t *n) {
    if (**at != '/') return false;
    *begin = *at + 1;
    *n = strcspn(*begin, "/");
    *at = *begin + *n;
    return true;
}

static bool is_parameter(const char *segment, size_t n) {
    return n > 2 && segment[0] == '{' && segment[n - 1] == '}';
}

static bool add_parameter(sx_route_match *m, const char *segment, size_t n, const char *value) {
    if (m->parameter_count == SX_ROUTE_PARAMETERS) return false;
    sx_format(m->parameters[m->parameter_count].name, sizeof m->parameters->name, "%.*s",
              (int)n - 2, segment + 1);
    m->parameters[m->parameter_count++].value = value;
    return *value != '\0';
}

/* Whether the path of a route fits; then its parameters are in *m. */
static bool fits(const char *pattern, const sx_uri *uri, sx_route_match *m) {
    const char *at = pattern, *segment;
    size_t n, i = 0;
    m->parameter_count = 0;
    if (uri->segment_count == 0) return strcmp(pattern, "/") == 0;
    for (; next_segment(&at, &segment, &n); i++) {
        if (i == uri->segment_count) return false;
        const char *value = uri->segments[i];
        if (is_parameter(segment, n)) {
            if (!add_parameter(m, segment, n, value)) return false;
        } else if (strlen(value) != n || strncmp(value, segment, n) != 0) {
            return false;
        }
    }
    return i == uri->segment_count;
}

/* ---- finding ---- */

static bool takes_method(const sx_web_route *r, const char *method) {
    return strcmp(r->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0);
}

void sx_route_find(const sx_web_route *const *tables, const sx_uri *uri, const char *method,
                   sx_route_match *out) {
    *out = (sx_route_match){ .route = NULL };
    for (; *tables; tables++)
        for (const sx_web_route *r = *tables; r->method; r++) {
            sx_route_match m;
            /* a later row of other fixed texts or parameters is another path */
            if (out->first ? strcmp(r->path, out->first->path) != 0 : !fits(r->path, uri, &m))
                continue;
            if (!out->first) {
                *out = m;
                out->route = NULL;
                out->first = r;
                out->roles = 0;
            }
            out->roles |= r->roles;
            if (!out->route && takes_method(r, method)) out->route = r;
        }
}

void sx_route_methods(const sx_web_route *const *tables, const sx_route_match *match,
                      unsigned roles, sx_str *out) {
    for (; *tables; tables++)
        for (const sx_web_route *r = *tables; r->method; r++) {
            if (strcmp(r->path, match->first->path) != 0) continue;
            if (roles && r->roles && !(r->roles & roles)) continue;
            if (out->len) sx_str_add(out, ", ");
            sx_str_add(out, strcmp(r->method, "GET") == 0 ? "GET, HEAD" : r->method);
        }
}

/* ---- checks ---- */

static bool is_method(const char *method) {
    static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

static bool is_pattern(const char *path) {
    const char *at = path, *segment;
    size_t n, parameters = 0, segments = 0;
    if (strcmp(path, "/") == 0) return true;
    while (next_segment(&at, &segment, &n)) {
        if (n == 0 || n > 23 + 2) return false;
        parameters += is_parameter(segment, n);
        segments++;
    }
    return *at == '\0' && segments > 0 && segments <= SX_URI_SEGMENTS &&
           parameters <= SX_ROUTE_PARAMETERS;
}

static bool check_row(const sx_web_route *r, sx_error *err) {
    const char *fault = NULL;
    if (!is_method(r->method)) fault = "is no method of a route";
    if (!is_pattern(r->path)) fault = "has no valid path";
    if (r->auth == SX_WEB_OPEN && r->roles) fault = "is open and has roles";
    if (r->auth == SX_WEB_SESSION && (!r->roles || r->roles & ~(unsigned)SX_ROLES_PEOPLE))
        fault = "needs roles of people";
    if (r->auth == SX_WEB_TOKEN && r->roles != SX_ROLE_DEVICE) fault = "is for devices alone";
    if ((r->body == SX_WEB_NO_BODY) != (r->most == 0)) fault = "has no limit of its body, or one";
    if (r->body == SX_WEB_JSON && r->most > SX_WEB_JSON_MOST) fault = "takes too much JSON";
    if (r->body == SX_WEB_FILE && r->auth == SX_WEB_OPEN) fault = "takes files from anyone";
    if (strcmp(r->method, "GET") == 0 && r->body != SX_WEB_NO_BODY) fault = "takes a body";
    if (!r->handler) fault = "has no handler";
    return !fault || sx_fail(err, SX_ERR_USAGE, "route %s %s %s", r->method, r->path, fault);
}

/* The path of a route as a request: parameters stand for themselves. */
static bool check_found(const sx_web_route *const *tables, const sx_web_route *r, sx_error *err) {
    char target[512], *to = target;
    sx_uri uri;
    sx_route_match m = { .route = NULL };
    for (const char *p = r->path; *p && to < target + sizeof target - 4; p++)
        *to++ = (char)(*p == '{' || *p == '}' ? '~' : *p);
    *to = '\0';
    const bool ok = sx_uri_parse(&uri, target, err);
    if (ok) sx_route_find(tables, &uri, r->method, &m);
    sx_uri_free(&uri);
    if (!ok) return false;
    if (m.route != r)
        return sx_fail(err, SX_ERR_USAGE, "route %s %s is hidden by %s %s", r->method, r->path,
                       m.route ? m.route->method : "", m.first ? m.first->path : "");
    return (m.first->auth == SX_WEB_TOKEN) == (r->auth == SX_WEB_TOKEN) ||
           sx_fail(err, SX_ERR_USAGE, "route %s %s is for programs or people, unlike %s", r->method,
                   r->path, m.first->method);
}

bool sx_routes_check(const sx_web_route *const *tables, sx_error *err) {
    for (const sx_web_route *const *t = tables; *t; t++)
        for (const sx_web_route *r = *t; r->method; r++)
            if (!check_row(r, err) || !check_found(tables, r, err)) return false;
    return true;
}
