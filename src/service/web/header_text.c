#include "service/web/header_text.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Moves both ends past blanks. */
static void trim(const char **begin, const char **end) {
    while (*begin < *end && is_blank(**begin))
        ++*begin;
    while (*begin < *end && is_blank((*end)[-1]))
        --*end;
}

static bool copy(const char *begin, const char *end, char *out, size_t size) {
    const size_t n = (size_t)(end - begin);
    if (n >= size) return false;
    memcpy(out, begin, n);
    out[n] = '\0';
    return true;
}

bool sx_header_cookie(const char *header, const char *name, char *out, size_t size) {
    const size_t n = strlen(name);
    bool found = false;
    for (const char *p = header; p; p = strchr(p, ';'), p += p != NULL) {
        const char *begin = p, *end = p + strcspn(p, ";");
        trim(&begin, &end);
        if ((size_t)(end - begin) <= n || strncmp(begin, name, n) != 0 || begin[n] != '=') continue;
        begin += n + 1;
        if (found || !copy(begin, end, out, size)) return false;
        found = true;
    }
    return found;
}

bool sx_header_bearer(const char *header, char *out, size_t size) {
    static const char scheme[] = "Bearer ";
    enum { SCHEME = sizeof scheme - 1 };
    if (!header || strlen(header) <= SCHEME || !sx_equal_letters_n(header, scheme, SCHEME))
        return false;
    const char *begin = header + SCHEME, *end = begin + strlen(begin);
    trim(&begin, &end);
    for (const char *p = begin; p < end; p++)
        if (!sx_is_letter(*p) && !sx_is_digit(*p) && !strchr("-._~+/=", *p)) return false;
    return begin < end && copy(begin, end, out, size);
}

bool sx_header_host_allowed(const char *host, const char *const *names, size_t count) {
    char name[256];
    struct in_addr unused;
    if (!host) return false;
    const char *colon = strchr(host, ':');
    const char *end = colon ? colon : host + strlen(host);
    long port;
    if (colon && (!sx_is_digit(colon[1]) || !sx_parse_long(colon + 1, 0, 65535, &port)))
        return false;
    if (end == host || !copy(host, end, name, sizeof name)) return false;
    if (sx_equal_letters(name, "localhost") || inet_pton(AF_INET, name, &unused) == 1) return true;
    for (size_t i = 0; i < count; i++)
        if (sx_equal_letters(name, names[i])) return true;
    return false;
}

bool sx_header_same_origin(const char *origin, const char *scheme, const char *host) {
    const size_t n = strlen(scheme);
    return origin && host && strlen(origin) > n + 3 && sx_equal_letters_n(origin, scheme, n) &&
           strncmp(origin + n, "://", 3) == 0 && sx_equal_letters(origin + n + 3, host);
}

bool sx_header_is_type(const char *header, const char *type) {
    if (!header) return false;
    const char *begin = header, *end = header + strcspn(header, ";");
    trim(&begin, &end);
    const size_t n = strlen(type);
    return (size_t)(end - begin) == n && sx_equal_letters_n(begin, type, n);
}

bool sx_header_matches_tag(const char *header, const char *etag) {
    const size_t n = strlen(etag);
    for (const char *p = header; p; p = strchr(p, ','), p += p != NULL) {
        const char *begin = p, *end = p + strcspn(p, ",");
        trim(&begin, &end);
        if (end - begin == 1 && *begin == '*') return true;
        /* a weak tag is equal for this header (RFC 9110, 13.1.2) */
        if (end - begin > 2 && begin[0] == 'W' && begin[1] == '/') begin += 2;
        if ((size_t)(end - begin) == n && strncmp(begin, etag, n) == 0) return true;
    }
    return false;
}

bool sx_header_forwarded(const char *header, char *out, size_t size) {
    struct in6_addr unused;
    if (!header) return false;
    const char *comma = strrchr(header, ',');
    const char *begin = comma ? comma + 1 : header, *end = begin + strlen(begin);
    trim(&begin, &end);
    return copy(begin, end, out, size) &&
           (inet_pton(AF_INET, out, &unused) == 1 || inet_pton(AF_INET6, out, &unused) == 1);
}
