#include "dicom/deid_patterns.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "dicom/deid_fold.h"

enum { LEAST_LETTERS = 4, LEAST_DIGITS = 4, LEAST_TEXT = 6, MOST_WORDS = 16 };

/* A folded text: its words, by their symbols. */
typedef struct words {
    uint16_t text[4 * SX_PATTERN_MOST];
    size_t begins[MOST_WORDS + 1], count; /* begins[count]: the end */
} words;

static uint16_t as_symbol(uint32_t code) {
    return (uint16_t)(code < 0xFFFF ? code : 0xFFFF);
}

static void read_words(const char *folded, words *w) {
    const uint8_t *p = (const uint8_t *)folded;
    size_t n = strlen(folded), used = 0, step;
    *w = (words){ 0 };
    for (; n && used < sizeof w->text / sizeof *w->text; p += step, n -= step) {
        const uint32_t code = sx_utf8_decode(p, n, &step);
        if (code != ' ')
            w->text[used++] = as_symbol(code);
        else if (used > w->begins[w->count] && w->count + 1 < MOST_WORDS)
            w->begins[++w->count] = used;
    }
    if (used > w->begins[w->count]) w->begins[++w->count] = used;
}

static uint8_t weight(uint16_t symbol) {
    return symbol >= 0x2E80 ? 3 : 1;
}

static bool put(sx_patterns *p, const sx_secret *of, const uint16_t *text, size_t n, bool open,
                sx_error *err) {
    sx_pattern x = { .of = of, .open = open || n > SX_PATTERN_MOST, .digits = true };
    x.n = (uint8_t)(n < SX_PATTERN_MOST ? n : SX_PATTERN_MOST);
    memcpy(x.text, text, x.n * sizeof *text);
    for (size_t i = 0; i < x.n; i++) {
        const bool solid = x.text[i] != '-';
        x.separators = x.separators || !solid;
        x.digits = x.digits && (!solid || sx_is_digit(x.text[i]));
        x.solid = (uint8_t)(x.solid + solid);
        x.size = (uint8_t)(x.size + (solid ? weight(x.text[i]) : 0));
    }
    if (x.size < (x.digits ? LEAST_DIGITS : LEAST_LETTERS) || x.solid < 2) return true;
    if (p->count == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 128;
        sx_pattern *items = sx_realloc(p->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the final search");
        p->items = items;
        p->cap = cap;
    }
    p->items[p->count++] = x;
    return true;
}

/* ---- names ---- */

static size_t length_of(const words *w, size_t i) {
    return w->begins[i + 1] - w->begins[i];
}

/* "MUELLER" may stand for a name with an umlaut, whose accent others leave out. */
static bool put_without_e(sx_patterns *p, const sx_secret *x, const uint16_t *text, size_t n,
                          sx_error *err) {
    uint16_t narrow[4 * SX_PATTERN_MOST];
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (!i || text[i] != 'E' || !text[i - 1] || text[i - 1] > 'U' ||
            !strchr("AOU", (char)text[i - 1]))
            narrow[used++] = text[i];
    return used == n || put(p, x, narrow, used, false, err);
}

/* Components that are too short to be searched for, joined in the given order. */
static bool put_in_order(sx_patterns *p, const sx_secret *x, const words *w, const size_t order[3],
                         sx_error *err) {
    uint16_t text[4 * SX_PATTERN_MOST];
    size_t used = 0;
    for (size_t i = 0; i < w->count; i++) {
        memcpy(text + used, w->text + w->begins[order[i]], length_of(w, order[i]) * sizeof *text);
        used += length_of(w, order[i]);
    }
    return put(p, x, text, used, false, err);
}

static bool put_orders(sx_patterns *p, const sx_secret *x, const words *w, sx_error *err) {
    static const size_t orders[][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 0, 2, 1 },
                                        { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    for (size_t i = 0; i < (w->count == 3 ? 6u : 2u); i++)
        if (!put_in_order(p, x, w, orders[i], err)) return false;
    return true;
}

static bool put_name(sx_patterns *p, const sx_secret *x, const words *w, sx_error *err) {
    bool long_one = false;
    for (size_t i = 0; i < w->count; i++) {
        const uint16_t *text = w->text + w->begins[i];
        const size_t n = length_of(w, i);
        long_one = long_one || n >= LEAST_LETTERS;
        if (!put(p, x, text, n, false, err) || !put_without_e(p, x, text, n, err)) return false;
    }
    if (!long_one && (w->count == 2 || w->count == 3)) return put_orders(p, x, w, err);
    return put(p, x, w->text, w->begins[w->count], false, err);
}

/* ---- numbers and dates ---- */

static bool put_ascii(sx_patterns *p, const sx_secret *x, const char *text, bool open,
                      sx_error *err) {
    uint16_t symbols[SX_PATTERN_MOST];
    size_t n = 0;
    for (; text[n] && n < SX_PATTERN_MOST; n++)
        symbols[n] = (unsigned char)text[n];
    return put(p, x, symbols, n, open, err);
}

/* The parts of a date in an order: Y (four digits), y (two), M, D, with m and d where zeros are
 * left out. */
static bool put_date(sx_patterns *p, const sx_secret *x, const char *order, const char *between,
                     sx_error *err) {
    char text[32];
    size_t n = 0;
    for (size_t i = 0; order[i]; i++) {
        const char c = order[i];
        const char *from = x->joined + (c == 'Y' ? 0 : c == 'y' ? 2 : c == 'M' || c == 'm' ? 4 : 6);
        size_t length = c == 'Y' ? 4 : 2;
        if ((c == 'm' || c == 'd') && *from == '0') {
            from++;
            length--;
        }
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", i ? between : "", (int)length,
                              from);
    }
    return put_ascii(p, x, text, strcmp(order, "YMD") == 0, err);
}

static bool put_dates(sx_patterns *p, const sx_secret *x, sx_error *err) {
    static const char *const whole[] = { "YMD", "YDM", "DMY", "MDY" };
    static const char *const stripped[] = {
        "Ymd", "Ydm", "dmY", "mdY", "YmD", "YMd", "dMY", "DmY"
    };
    static const char *const shorts[] = { "yMD", "DMy", "MDy" };
    static const char *const both[] = { "ymd", "dmy", "mdy", "dMy", "Dmy" };
    if (strspn(x->joined, "0123456789") < 8) return true;
    for (size_t i = 0; i < 4; i++)
        if (!put_date(p, x, whole[i], "", err)) return false;
    const bool zeros = x->joined[4] == '0' || x->joined[6] == '0';
    for (size_t i = 0; zeros && i < 8; i++)
        if (!put_date(p, x, stripped[i], "-", err)) return false;
    for (size_t i = 0; x->kind == SX_SECRET_BIRTH && i < 3; i++)
        if (!put_date(p, x, shorts[i], "", err)) return false;
    for (size_t i = 0; x->kind == SX_SECRET_BIRTH && zeros && i < 5; i++)
        if (!put_date(p, x, both[i], "-", err)) return false;
    return true;
}

/* As a whole, a number without leading zeros; but with them if the rest alone is too short to be
 * searched for: 00999, not 999. */
static bool put_id(sx_patterns *p, const sx_secret *x, const words *w, sx_error *err) {
    const size_t n = w->begins[w->count];
    size_t zeros = 0, digits = 0;
    while (digits < n && sx_is_digit(w->text[digits]))
        digits++;
    while (digits == n && zeros < n && w->text[zeros] == '0')
        zeros++;
    if (n - zeros < LEAST_DIGITS) zeros = 0;
    return put(p, x, w->text + zeros, n - zeros, false, err);
}

bool sx_patterns_add(sx_patterns *p, const sx_secret *x, sx_error *err) {
    words w;
    read_words(x->words, &w);
    switch (x->kind) {
    case SX_SECRET_UID: /* only as it is (deid_find.c) */
    case SX_SECRET_SHIFTED:
    case SX_SECRET_WORDS:
        return true;
    case SX_SECRET_NAME:
        return put_name(p, x, &w, err);
    case SX_SECRET_DATE:
    case SX_SECRET_BIRTH:
        return put_dates(p, x, err);
    case SX_SECRET_ID:
        return put_id(p, x, &w, err);
    default:
        return w.begins[w.count] < LEAST_TEXT || put_id(p, x, &w, err);
    }
}
