#include "service/web/multipart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/str.h"

/* RFC 2046 allows boundaries of 70 characters; Orthanc's have 73. */
enum { BUFFER = 1 << 18, MOST_HEAD = 8192, MOST_BOUNDARY = 200 };

struct sx_multipart {
    int file;
    char delimiter[MOST_BOUNDARY + 5]; /* CRLF, two hyphens, the boundary */
    size_t delimiter_size;
    uint8_t bytes[BUFFER];
    size_t at, end; /* what is not yet taken */
    bool whole;     /* the file has no more bytes */
    bool in_part;   /* between a head and the next delimiter */
};

/* ---- the type ---- */

/* The value of a parameter of a Content-Type, a token or a quoted string. */
static bool find_parameter(const char *type, const char *name, char *out, size_t size) {
    const size_t length = strlen(name);
    const char *p = strchr(type, ';');
    while (p) {
        p++;
        p += strspn(p, " \t");
        if (sx_equal_letters_n(p, name, length) && p[length] == '=') {
            p += length + 1;
            const bool quoted = *p == '"';
            p += quoted;
            const size_t n = strcspn(p, quoted ? "\"" : "; \t");
            if (n == 0 || n >= size || (quoted && p[n] != '"')) return false;
            memcpy(out, p, n);
            out[n] = '\0';
            return true;
        }
        p = strchr(p, ';');
    }
    return false;
}

/* RFC 2046: letters, digits and some signs, no blank at the end. */
static bool is_boundary(const char *text) {
    static const char signs[] = "'()+_,-./:=? ";
    const size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] >= 'A' && text[i] <= 'Z') || strchr(signs, text[i])))
            return false;
    return n > 0 && text[n - 1] != ' ';
}

static bool read_type(sx_multipart *m, const char *content_type, const char *type, sx_error *err) {
    static const char related[] = "multipart/related";
    char value[SX_MULTIPART_TYPE], boundary[MOST_BOUNDARY + 1];
    if (!sx_equal_letters_n(content_type, related, sizeof related - 1) ||
        !find_parameter(content_type, "type", value, sizeof value) ||
        !sx_equal_letters(value, type))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "the body must be %s; type=\"%s\"", related, type);
    if (!find_parameter(content_type, "boundary", boundary, sizeof boundary) ||
        !is_boundary(boundary))
        return sx_fail(err, SX_ERR_FORMAT, "the body's type has no valid boundary");
    sx_format(m->delimiter, sizeof m->delimiter, "\r\n--%s", boundary);
    m->delimiter_size = strlen(m->delimiter);
    return true;
}

sx_multipart *sx_multipart_open(int file, const char *content_type, const char *type,
                                sx_error *err) {
    sx_multipart *m = sx_calloc_for(1, sizeof *m, "a multipart body", err);
    if (!m) return NULL;
    m->file = file;
    /* the first delimiter may stand at the beginning: then it has no line end before it */
    memcpy(m->bytes, "\r\n", 2);
    m->end = 2;
    m->in_part = true; /* what stands before it is passed over like a part */
    if (read_type(m, content_type, type, err)) return m;
    free(m);
    return NULL;
}

void sx_multipart_free(sx_multipart *m) {
    free(m);
}

/* ---- bytes ---- */

/* Fills the buffer as far as the file goes. */
static bool fill(sx_multipart *m, sx_error *err) {
    memmove(m->bytes, m->bytes + m->at, m->end - m->at);
    m->end -= m->at;
    m->at = 0;
    while (!m->whole && m->end < BUFFER) {
        const ssize_t n = read(m->file, m->bytes + m->end, BUFFER - m->end);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return sx_fail_errno(err, "a body", "read");
        m->whole = n == 0;
        m->end += (size_t)n;
    }
    return true;
}

static bool drop(void *user, const void *bytes, size_t n, sx_error *err) {
    (void)user, (void)bytes, (void)n, (void)err;
    return true;
}

bool sx_multipart_content(sx_multipart *m, sx_multipart_fn *take, void *user, sx_error *err) {
    while (m->in_part) {
        if (!fill(m, err)) return false;
        const uint8_t *from = m->bytes + m->at;
        const size_t have = m->end - m->at;
        const uint8_t *stop = memmem(from, have, m->delimiter, m->delimiter_size);
        if (!stop && m->whole) return sx_fail(err, SX_ERR_FORMAT, "the body ends within a part");
        /* the beginning of a delimiter may stand at the end of the buffer */
        const size_t n = stop ? (size_t)(stop - from) : have - (m->delimiter_size - 1);
        if (n && !take(user, from, n, err)) return false;
        m->at += n + (stop ? m->delimiter_size : 0);
        m->in_part = !stop;
    }
    return true;
}

/* ---- heads ---- */

static void keep_type(const char *line, size_t n, char type[SX_MULTIPART_TYPE]) {
    static const char name[] = "content-type:";
    const size_t length = sizeof name - 1;
    if (n <= length || !sx_equal_letters_n(line, name, length)) return;
    line += length;
    n -= length;
    while (n && (*line == ' ' || *line == '\t'))
        line++, n--;
    if (n >= SX_MULTIPART_TYPE) n = SX_MULTIPART_TYPE - 1;
    memcpy(type, line, n);
    type[n] = '\0';
}

/* The lines up to an empty one. */
static bool read_head(sx_multipart *m, char type[SX_MULTIPART_TYPE], sx_error *err) {
    for (size_t read = 0; read < MOST_HEAD;) {
        const char *line = (const char *)m->bytes + m->at;
        const char *stop = memmem(line, m->end - m->at, "\r\n", 2);
        if (!stop) break;
        const size_t n = (size_t)(stop - line);
        m->at += n + 2;
        read += n + 2;
        if (n == 0) return true;
        keep_type(line, n, type);
    }
    return sx_fail(err, SX_ERR_FORMAT, "a part of the body has no valid head");
}

bool sx_multipart_next(sx_multipart *m, bool *more, char type[SX_MULTIPART_TYPE], sx_error *err) {
    *type = '\0';
    *more = false;
    if (!sx_multipart_content(m, drop, NULL, err) || !fill(m, err)) return false;
    if (m->end - m->at >= 2 && memcmp(m->bytes + m->at, "--", 2) == 0) return true;
    while (m->at < m->end && (m->bytes[m->at] == ' ' || m->bytes[m->at] == '\t'))
        m->at++;
    if (m->end - m->at < 2 || memcmp(m->bytes + m->at, "\r\n", 2) != 0)
        return sx_fail(err, SX_ERR_FORMAT, "a part of the body has no valid head");
    m->at += 2;
    if (!read_head(m, type, err)) return false;
    *more = m->in_part = true;
    return true;
}
