#include "service/web/uri.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static int hex_digit(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Decodes a part in place. `form`: a plus sign is a blank, as in the queries of forms. */
static bool decode(char *text, bool form, sx_error *err) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        int c = (unsigned char)*from;
        if (form && c == '+') c = ' ';
        if (*from == '%') {
            const int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
            if (low < 0)
                return sx_fail(err, SX_ERR_FORMAT,
                               "a percent sign in the address needs two hexadecimal digits");
            c = high * 16 + low;
            from += 2;
        }
        if (c < 0x20 || c == 0x7F)
            return sx_fail(err, SX_ERR_FORMAT, "the address has a control character");
        *to++ = (char)c;
    }
    *to = '\0';
    const size_t n = (size_t)(to - text);
    return sx_utf8_span(text, n) == n || sx_fail(err, SX_ERR_FORMAT, "the address is not UTF-8");
}

static bool check_characters(const char *target, sx_error *err) {
    for (const char *p = target; *p; p++)
        if (*p <= 0x20 || *p >= 0x7F || *p == '#' || *p == '\\')
            return sx_fail(err, SX_ERR_FORMAT,
                           "the address has a character that must be percent-encoded");
    return true;
}

static bool add_segment(sx_uri *u, char *text, sx_error *err) {
    if (u->segment_count == SX_URI_SEGMENTS)
        return sx_fail(err, SX_ERR_LIMIT, "the path has more than %d parts", SX_URI_SEGMENTS);
    if (!decode(text, false, err)) return false;
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strpbrk(text, "/\\"))
        return sx_fail(err, SX_ERR_FORMAT, "a part of the path is . or .. or has a slash in it");
    u->segments[u->segment_count++] = text;
    return true;
}

static bool split_path(sx_uri *u, char *path, sx_error *err) {
    if (!*path) return true;
    for (char *next = path; next;) {
        char *text = next;
        next = strchr(text, '/');
        if (next) *next++ = '\0';
        if (!add_segment(u, text, err)) return false;
    }
    return true;
}

static bool split_query(sx_uri *u, char *query, sx_error *err) {
    while (query) {
        char *name = query;
        query = strchr(name, '&');
        if (query) *query++ = '\0';
        if (!*name) continue;
        char *value = strchr(name, '=');
        if (value) *value++ = '\0';
        if (u->query_count == SX_URI_QUERIES)
            return sx_fail(err, SX_ERR_LIMIT, "the query has more than %d values", SX_URI_QUERIES);
        if (!decode(name, true, err) || (value && !decode(value, true, err))) return false;
        u->queries[u->query_count].name = name;
        u->queries[u->query_count++].value = value ? value : "";
    }
    return true;
}

bool sx_uri_parse(sx_uri *u, const char *target, sx_error *err) {
    *u = (sx_uri){ .memory = NULL };
    if (target[0] != '/') return sx_fail(err, SX_ERR_FORMAT, "the address must begin with a slash");
    if (strlen(target) >= SX_URI_BYTES)
        return sx_fail(err, SX_ERR_LIMIT, "the address has more than %d bytes", SX_URI_BYTES);
    if (!check_characters(target, err)) return false;
    u->memory = sx_strdup(target);
    if (!u->memory) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a request");
    char *query = strchr(u->memory, '?');
    if (query) *query++ = '\0';
    return split_path(u, u->memory + 1, err) && split_query(u, query, err);
}

void sx_uri_free(sx_uri *u) {
    free(u->memory);
    *u = (sx_uri){ .memory = NULL };
}

const char *sx_uri_query(const sx_uri *u, const char *name, size_t *from) {
    for (; *from < u->query_count; ++*from)
        if (strcmp(u->queries[*from].name, name) == 0) return u->queries[(*from)++].value;
    return NULL;
}
