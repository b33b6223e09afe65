#include "tensor/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/pickle.h"

enum {
    END = 22,
    END64 = 56,
    LOCATOR = 20,
    CENTRAL = 46,
    LOCAL = 30,
    MAX_COMMENT = 65535,
    ENCRYPTED = 1
};

static uint64_t little(const uint8_t *b, size_t n) {
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | b[i];
    return v;
}

static bool has_signature(const uint8_t *b, const char *two) {
    return b[0] == 'P' && b[1] == 'K' && b[2] == (uint8_t)two[0] && b[3] == (uint8_t)two[1];
}

/* ---- the end of the archive ---- */

typedef struct ending {
    uint64_t count, size, offset; /* of the central directory */
} ending;

static bool find_end(const sx_zip *z, size_t *at, sx_error *err) {
    if (z->n >= END)
        for (size_t back = 0; back <= MAX_COMMENT && back <= z->n - END; back++) {
            size_t i = z->n - END - back;
            if (has_signature(z->bytes + i, "\5\6") && little(z->bytes + i + 20, 2) == back) {
                *at = i;
                return true;
            }
        }
    return sx_fail(err, SX_ERR_FORMAT, "truncated: the zip archive has no end record");
}

/* Sizes that do not fit into the old record are in another record before it. */
static bool read_end64(const sx_zip *z, size_t end, ending *e, sx_error *err) {
    const uint8_t *locator = z->bytes + end - LOCATOR;
    uint64_t at = little(locator + 8, 8);
    if (at > end - LOCATOR || end - LOCATOR - at < END64 || !has_signature(z->bytes + at, "\6\6"))
        return sx_fail(err, SX_ERR_FORMAT,
                       "the zip archive's zip64 end record is not where it should be");
    const uint8_t *b = z->bytes + at;
    *e = (ending){ little(b + 32, 8), little(b + 40, 8), little(b + 48, 8) };
    return true;
}

static bool read_end(const sx_zip *z, ending *e, sx_error *err) {
    size_t end = 0;
    if (!find_end(z, &end, err)) return false;
    const uint8_t *b = z->bytes + end;
    *e = (ending){ little(b + 10, 2), little(b + 12, 4), little(b + 16, 4) };
    if (end >= LOCATOR && has_signature(b - LOCATOR, "\6\7") && !read_end64(z, end, e, err))
        return false;
    if (e->offset > end || e->size > end - e->offset || e->count > e->size / CENTRAL)
        return sx_fail(err, SX_ERR_FORMAT,
                       "the zip archive's directory does not lie within the file");
    return true;
}

/* ---- the central directory ---- */

/* Fields that are all ones have their 64-bit values in the extra field with id 1, in this order. */
static bool read_extra(const uint8_t *b, size_t n, sx_zip_member *m) {
    uint64_t *fields[] = { &m->size, &m->packed_size, &m->header };
    while (n >= 4) {
        size_t id = (size_t)little(b, 2), length = (size_t)little(b + 2, 2);
        b += 4;
        n -= 4;
        if (length > n) return false;
        for (size_t i = 0, at = 0; id == 1 && i < 3; i++) {
            if (*fields[i] != UINT32_MAX) continue;
            if (length - at < 8) return false;
            *fields[i] = little(b + at, 8);
            at += 8;
        }
        if (id == 1) return true;
        b += length;
        n -= length;
    }
    return true;
}

/* Reads an entry at b, of which n bytes are left; *length is its length. */
static bool read_entry(const uint8_t *b, size_t n, sx_zip_member *m, size_t *length) {
    if (n < CENTRAL || !has_signature(b, "\1\2")) return false;
    size_t name = (size_t)little(b + 28, 2), extra = (size_t)little(b + 30, 2);
    *length = CENTRAL + name + extra + (size_t)little(b + 32, 2);
    if (*length > n) return false;
    *m = (sx_zip_member){ .name = (const char *)b + CENTRAL,
                          .name_length = name,
                          .flags = (unsigned)little(b + 8, 2),
                          .method = (unsigned)little(b + 10, 2),
                          .packed_size = little(b + 20, 4),
                          .size = little(b + 24, 4),
                          .header = little(b + 42, 4) };
    return read_extra(b + CENTRAL + name, extra, m);
}

static int compare(const char *a, size_t n, const char *b, size_t m) {
    int c = memcmp(a, b, n < m ? n : m);
    return c ? c : (n > m) - (n < m);
}

static int by_name(const void *a, const void *b) {
    const sx_zip_member *x = a, *y = b;
    return compare(x->name, x->name_length, y->name, y->name_length);
}

static bool read_directory(sx_zip *z, sx_error *err) {
    ending e;
    if (!read_end(z, &e, err)) return false;
    z->directory = (size_t)e.offset;
    z->members = sx_calloc_for((size_t)e.count, sizeof *z->members, "zip directory", err);
    if (!z->members) return false;
    const uint8_t *at = z->bytes + e.offset;
    size_t left = (size_t)e.size;
    for (; z->count < e.count; z->count++) {
        size_t length;
        if (!read_entry(at, left, &z->members[z->count], &length))
            return sx_fail(err, SX_ERR_FORMAT,
                           "entry %zu of the zip archive's directory is damaged", z->count);
        at += length;
        left -= length;
    }
    return true;
}

bool sx_zip_open(sx_zip *z, const uint8_t *bytes, size_t n, sx_error *err) {
    *z = (sx_zip){ .bytes = bytes, .n = n };
    if (!read_directory(z, err)) return false;
    if (z->count) qsort(z->members, z->count, sizeof *z->members, by_name);
    for (size_t i = 1; i < z->count; i++)
        if (by_name(&z->members[i - 1], &z->members[i]) == 0) {
            char name[96];
            return sx_fail(err, SX_ERR_FORMAT, "the zip archive has two members %s",
                           sx_printable((const uint8_t *)z->members[i].name,
                                        z->members[i].name_length, name, sizeof name));
        }
    return true;
}

void sx_zip_close(sx_zip *z) {
    free(z->members);
    *z = (sx_zip){ 0 };
}

const sx_zip_member *sx_zip_find(const sx_zip *z, const char *name, size_t length) {
    const sx_zip_member key = { .name = name, .name_length = length };
    return z->count ? bsearch(&key, z->members, z->count, sizeof key, by_name) : NULL;
}

bool sx_zip_data(const sx_zip *z, const sx_zip_member *m, const uint8_t **data, sx_error *err) {
    char name[96];
    sx_printable((const uint8_t *)m->name, m->name_length, name, sizeof name);
    if (m->method != 0 || m->flags & ENCRYPTED)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "member %s of the zip archive is %s", name,
                       m->flags & ENCRYPTED ? "encrypted" : "compressed");
    const uint8_t *b = z->bytes + m->header;
    if (m->header > z->directory || z->directory - m->header < LOCAL || !has_signature(b, "\3\4") ||
        m->size != m->packed_size)
        return sx_fail(err, SX_ERR_FORMAT, "member %s of the zip archive is not where it should be",
                       name);
    /* the local extra field differs from that of the directory: PyTorch aligns the data with it */
    uint64_t begin = m->header + LOCAL + little(b + 26, 2) + little(b + 28, 2);
    if (begin > z->directory || m->size > z->directory - begin)
        return sx_fail(err, SX_ERR_FORMAT,
                       "member %s of the zip archive is longer than its entry states", name);
    *data = z->bytes + begin;
    return true;
}
