#include "dicom/deid_hidden.h"

#include <string.h>

#include "dicom/deid_values.h"

enum { LEAST = 3, MOST = 1024 }; /* bytes of a value */

static uint32_t number(const uint8_t *p, size_t n, bool big_endian) {
    uint32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint32_t)p[i] << 8 * (big_endian ? n - 1 - i : i);
    return value;
}

static bool is_searched(uint16_t group) {
    return group == 0x0008 || group == 0x0010 || group == 0x0020 || group == 0x0032 ||
           group == 0x0038 || group == 0x0040;
}

/* Whether the standard has text at the tag. */
static bool is_text(uint32_t tag) {
    static const char texts[] = "DALOLTPNSHSTUTUC";
    char vr[3];
    if (!sx_deid_due_vr(tag, vr)) return false;
    for (size_t i = 0; i < sizeof texts - 1; i += 2)
        if (memcmp(texts + i, vr, 2) == 0) return true;
    return false;
}

static bool is_letter(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_printable(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r' && p[i] != 0x1B) ||
            p[i] == 0x7F)
            return false;
    return true;
}

/* The value of `length` bytes at `begin`, of which the end may be missing. */
static bool take_value(const uint8_t *bytes, size_t n, size_t begin, size_t length,
                       sx_deid_hidden *out) {
    if (begin >= n || length > MOST) return false;
    if (length > n - begin) length = n - begin;
    while (length && (bytes[begin + length - 1] == 0 || bytes[begin + length - 1] == ' '))
        length--;
    if (length < LEAST || !is_printable(bytes + begin, length)) return false;
    out->begin = begin;
    out->length = length;
    return true;
}

/* An element of which the header begins at p. */
static bool is_element(const uint8_t *bytes, size_t n, size_t at, bool big_endian,
                       sx_deid_hidden *out) {
    const uint8_t *p = bytes + at;
    const uint16_t group = (uint16_t)number(p, 2, big_endian);
    if (!is_searched(group)) return false;
    out->tag = (uint32_t)group << 16 | number(p + 2, 2, big_endian);
    bool ok;
    if (!is_letter(p[4]) || !is_letter(p[5]))
        ok = take_value(bytes, n, at + 8, number(p + 4, 4, big_endian), out);
    else if (!memcmp(p + 4, "UT", 2) || !memcmp(p + 4, "UC", 2) || !memcmp(p + 4, "UN", 2))
        ok = n - at > 12 && take_value(bytes, n, at + 12, number(p + 8, 4, big_endian), out);
    else
        ok = take_value(bytes, n, at + 8, number(p + 6, 2, big_endian), out);
    return ok && is_text(out->tag); /* last: it looks into the dictionary */
}

bool sx_deid_hidden_next(const uint8_t *bytes, size_t n, size_t *at, sx_deid_hidden *out) {
    for (; n >= 8 && *at <= n - 8; ++*at) {
        const uint8_t *p = bytes + *at;
        if ((p[0] && p[1]) ||
            !(is_element(bytes, n, *at, false, out) || is_element(bytes, n, *at, true, out)))
            continue;
        *at += 8;
        return true;
    }
    return false;
}
