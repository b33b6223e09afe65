#include "base/fold.h"

#include <string.h>

#include "base/compose.h"
#include "base/utf8.h"

/* ---- blanks ---- */

static bool has_no_width(uint32_t c) {
    return c == 0xAD || c == 0x180E || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF;
}

static bool is_space(uint32_t c) {
    return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* A byte that is no UTF-8 is no character. */
static uint32_t next_code(const char *p, size_t n, size_t *length) {
    const uint32_t code = sx_utf8_decode(p, n, length);
    return sx_utf8_length(p, n) ? code : UINT32_MAX - code;
}

size_t sx_blank_length(const void *p, size_t n) {
    size_t length;
    if (!n) return 0;
    const uint32_t code = next_code(p, n, &length);
    return is_space(code) || has_no_width(code) ? length : 0;
}

bool sx_is_blank(const char *text) {
    size_t n = strlen(text);
    for (size_t k; (k = sx_blank_length(text, n)); n -= k)
        text += k;
    return n == 0;
}

bool sx_has_outer_blank(const char *text) {
    size_t n = strlen(text), last = 0, k;
    if (sx_blank_length(text, n)) return true;
    for (; n; text += k, n -= k) {
        last = sx_blank_length(text, n);
        (void)next_code(text, n, &k);
    }
    return last > 0;
}

/* ---- letters ---- */

/* Pairs of a capital letter and the small one behind it; `odd`: capitals have odd numbers. */
typedef struct letter_pairs {
    uint16_t first, last;
    bool odd;
} letter_pairs;

static const letter_pairs pairs[] = {
    { 0x0100, 0x012F, false }, { 0x0132, 0x0137, false }, { 0x0139, 0x0148, true },
    { 0x014A, 0x0177, false }, { 0x0179, 0x017E, true },  { 0x01A0, 0x01A5, false },
    { 0x01AF, 0x01B0, true },  { 0x01CD, 0x01DC, true },  { 0x01DE, 0x01EF, false },
    { 0x01F8, 0x021F, false }, { 0x0222, 0x0233, false }, { 0x0370, 0x0373, false },
    { 0x0460, 0x0481, false }, { 0x048A, 0x04BF, false }, { 0x04C1, 0x04CE, true },
    { 0x04D0, 0x052F, false }, { 0x1E00, 0x1E95, false }, { 0x1EA0, 0x1EFF, false },
};

/* Ranges of capital letters, and how far their small ones are. */
static const struct {
    uint16_t first, last;
    int16_t by;
} ranges[] = {
    { 'A', 'Z', 32 },         { 0x00C0, 0x00D6, 32 }, { 0x00D8, 0x00DE, 32 },
    { 0x0178, 0x0178, -121 }, { 0x0386, 0x0386, 38 }, { 0x0388, 0x038A, 37 },
    { 0x038C, 0x038C, 64 },   { 0x038E, 0x038F, 63 }, { 0x0391, 0x03A1, 32 },
    { 0x03A3, 0x03AB, 32 },   { 0x03C2, 0x03C2, 1 },  { 0x0400, 0x040F, 80 },
    { 0x0410, 0x042F, 32 },
};

uint32_t sx_fold_letter(uint32_t code) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return (uint32_t)((int32_t)code + ranges[i].by);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (code >= pairs[i].first && code <= pairs[i].last)
            return code % 2 == pairs[i].odd ? code + 1 : code;
    return code;
}

/* ---- texts ---- */

typedef struct fold_walk {
    const char *at;
    size_t left;
} fold_walk;

/* The next character that counts, folded; 0 at the end. Blanks in a row are one. */
static uint32_t next_folded(fold_walk *w) {
    bool blank = false;
    while (w->left) {
        size_t k, more;
        uint32_t code = next_code(w->at, w->left, &k);
        if (!is_space(code) && !has_no_width(code)) {
            if (blank) return ' ';
            for (uint32_t whole; k < w->left; k += more) {
                whole = sx_compose(code, next_code(w->at + k, w->left - k, &more));
                if (!whole) break;
                code = whole;
            }
            w->at += k;
            w->left -= k;
            return sx_fold_letter(code);
        }
        blank |= is_space(code);
        w->at += k;
        w->left -= k;
    }
    return blank ? ' ' : 0;
}

bool sx_equal_folded(const char *a, const char *b) {
    fold_walk x = { a, strlen(a) }, y = { b, strlen(b) };
    for (;;) {
        const uint32_t c = next_folded(&x);
        if (c != next_folded(&y)) return false;
        if (!c) return true;
    }
}
