#include "base/utf8.h"

#include <string.h>

size_t sx_utf8_length(const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    if (!n) return 0;
    if (p[0] < 0x80) return 1;
    size_t k = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (k > n) return 0;
    for (size_t i = 1; i < k; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return k;
}

size_t sx_utf8_span(const void *bytes, size_t n) {
    const char *p = bytes;
    size_t i = 0;
    for (size_t k; i < n && (k = sx_utf8_length(p + i, n - i)); i += k)
        ;
    return i;
}

bool sx_utf16_is_marked(const void *bytes, size_t n) {
    return n >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);
}

uint32_t sx_utf8_decode(const void *bytes, size_t n, size_t *length) {
    const uint8_t *p = bytes;
    *length = sx_utf8_length(p, n);
    if (*length == 2) return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    if (*length == 3)
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    if (*length == 4)
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
               (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    *length = 1;
    return p[0];
}

size_t sx_utf8_encode(uint32_t code, uint8_t bytes[4]) {
    static const uint8_t first[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    const size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        bytes[i] = (uint8_t)(0x80 | (code & 0x3F));
    bytes[0] = (uint8_t)(first[n] | code);
    return n;
}

void sx_utf8_put(sx_str *out, uint32_t code) {
    uint8_t bytes[4];
    sx_str_append(out, bytes, sx_utf8_encode(code, bytes));
}

void sx_utf8_escape(sx_str *out, const char *text) {
    size_t n = strlen(text);
    while (n) {
        const size_t good = sx_utf8_span(text, n);
        sx_str_append(out, text, good);
        text += good;
        n -= good;
        if (!n) break;
        sx_str_printf(out, "\\x%02x", (unsigned char)*text);
        text++;
        n--;
    }
}

size_t sx_utf8_control(const void *text, size_t n) {
    const unsigned char *p = text;
    if (n < 2) return 0;
    if ((p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0) || (p[0] == 0xD8 && p[1] == 0x9C)) return 2;
    if (n < 3 || p[0] != 0xE2) return 0;
    if (p[1] == 0x80 && (p[2] == 0x8E || p[2] == 0x8F || (p[2] >= 0xA8 && p[2] <= 0xAE))) return 3;
    return p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9 ? 3 : 0;
}

/* Whether a character of `n` bytes would control a terminal instead of being shown. */
static bool is_control(const unsigned char *p, size_t n, bool lines) {
    if (n == 1) return (p[0] < 0x20 && p[0] != '\t' && !(lines && p[0] == '\n')) || p[0] == 0x7F;
    return sx_utf8_control(p, n) > 0;
}

static void put_escapes(sx_str *out, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        sx_str_printf(out, "\\x%02x", (unsigned char)bytes[i]);
}

bool sx_utf8_has_controls(const char *text, bool lines) {
    for (size_t n = strlen(text); n; text++, n--) {
        const unsigned char c = (unsigned char)*text;
        const bool allowed = c == '\t' || (lines && (c == '\n' || c == '\r'));
        if (((c < ' ' || c == 0x7f) && !allowed) || sx_utf8_control(text, n)) return true;
    }
    return false;
}

void sx_utf8_escape_controls(sx_str *out, const char *text) {
    for (size_t n = strlen(text), k; n; text += k, n -= k) {
        k = sx_utf8_length(text, n);
        if (k && !sx_utf8_control(text, n))
            sx_str_append(out, text, k);
        else
            put_escapes(out, text, k = k ? k : 1);
    }
}

void sx_utf8_clean(char *buf, size_t size) {
    static const char digits[] = "0123456789abcdef", more[] = "...";
    char out[1024];
    size_t at = 0, fits = 0; /* fits: the last place before which "..." has room */
    const unsigned char *p = (const unsigned char *)buf, *end = p + strlen(buf);
    while (p < end) {
        const size_t n = sx_utf8_length(p, (size_t)(end - p)), k = n ? n : 1;
        const bool shown = n && !is_control(p, n, true);
        const size_t room = shown ? k : 4 * k;
        if (at + room >= size) {
            memcpy(out + fits, more, sizeof more);
            at = fits + sizeof more - 1;
            break;
        }
        if (shown) memcpy(out + at, p, k);
        for (size_t i = 0; !shown && i < k; i++)
            memcpy(out + at + 4 * i, (char[]){ '\\', 'x', digits[p[i] >> 4], digits[p[i] & 15] },
                   4);
        at += room;
        if (at + sizeof more <= size) fits = at;
        p += k;
    }
    memcpy(buf, out, at);
    buf[at] = '\0';
}

void sx_utf8_printable(sx_str *out, const char *text, bool lines) {
    const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
    while (p < end) {
        const size_t n = sx_utf8_length(p, (size_t)(end - p)), k = n ? n : 1;
        if (n && !is_control(p, n, lines))
            sx_str_append(out, (const char *)p, n);
        else
            put_escapes(out, (const char *)p, k);
        p += k;
    }
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of the escape at `text`, or -1. */
static int escaped_byte(const char *text) {
    if (text[0] != '\\' || text[1] != 'x') return -1;
    const int high = hex_digit(text[2]), low = high < 8 ? -1 : hex_digit(text[3]);
    return low < 0 ? -1 : 16 * high + low;
}

size_t sx_utf8_restore_controls(char *text) {
    char *to = text;
    for (const char *p = text; *p;) {
        char bytes[3];
        size_t n = 0;
        for (int byte; n < sizeof bytes && (byte = escaped_byte(p + 4 * n)) >= 0; n++)
            bytes[n] = (char)byte;
        const size_t k = sx_utf8_control(bytes, n);
        memmove(to, k ? bytes : p, k ? k : 1);
        to += k ? k : 1;
        p += k ? 4 * k : 1;
    }
    *to = '\0';
    return (size_t)(to - text);
}

void sx_utf8_unescape(sx_str *out, const char *text) {
    while (*text) {
        const int byte = escaped_byte(text);
        const char raw = (char)byte;
        sx_str_append(out, byte < 0 ? text : &raw, 1);
        text += byte < 0 ? 1 : 4;
    }
}
