/* What the web server reads from a request: the first line is the target, the second one a header's
 * value in every meaning that the server knows. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "service/web/header_text.h"
#include "service/web/routes.h"

static bool nothing(struct sx_web_request *r, struct sx_web_reply *reply, sx_error *err) {
    (void)r;
    (void)reply;
    (void)err;
    return true;
}

static const sx_web_route routes[] = {
    { "GET", "/", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing },
    { "GET", "/a", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing },
    { "GET", "/a/{b}", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing },
    { "PUT", "/a/{b}", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing },
    { "GET", "/a/{b}/c/{d}", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing },
    { .method = NULL },
};
static const sx_web_route *const tables[] = { routes, NULL };

/* Decoded text has no control characters and is UTF-8; a part of a path has no separator. */
static void check_text(const char *text, bool segment) {
    if (sx_utf8_span(text, strlen(text)) != strlen(text)) abort();
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) abort();
    if (segment && (strpbrk(text, "/\\") || strcmp(text, ".") == 0 || strcmp(text, "..") == 0))
        abort();
}

static void read_target(const char *target) {
    sx_error err = { 0 };
    sx_uri u;
    sx_route_match m;
    if (sx_uri_parse(&u, target, &err)) {
        for (size_t i = 0; i < u.segment_count; i++)
            check_text(u.segments[i], true);
        for (size_t i = 0; i < u.query_count; i++) {
            size_t from = i;
            check_text(u.queries[i].name, false);
            check_text(u.queries[i].value, false);
            if (sx_uri_query(&u, u.queries[i].name, &from) != u.queries[i].value) abort();
        }
        sx_route_find(tables, &u, "PUT", &m);
        for (size_t i = 0; i < m.parameter_count; i++)
            if (!*m.parameters[i].value) abort();
        if (m.route && !m.first) abort();
    } else if (err.code == SX_OK) {
        abort();
    }
    sx_uri_free(&u);
}

static void read_header(const char *value) {
    static const char *const names[] = { "spine.example" };
    char out[16];
    if (sx_header_cookie(value, "c", out, sizeof out) && strlen(out) >= sizeof out) abort();
    if (sx_header_bearer(value, out, sizeof out) && strpbrk(out, " \t;")) abort();
    if (sx_header_forwarded(value, out, sizeof out) && strlen(out) < 2) abort();
    (void)sx_header_host_allowed(value, names, 1);
    (void)sx_header_is_type(value, "application/json");
    (void)sx_header_matches_tag(value, "\"a\"");
    (void)sx_header_same_origin(value, "http", value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    char *line = strchr(text, '\n');
    if (line) *line++ = '\0';
    read_target(text);
    if (line) read_header(line);
    free(text);
    return 0;
}
