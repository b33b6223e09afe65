#include "dicom/charsets.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/utf8.h"

/* ---- terms ---- */

/* By their numbers in the ISO registry. `escape`: the bytes after ESC that switch to it. */
static const struct {
    int number;
    sx_charset charset;
    const char *escape;
} registry[] = {
    { 100, SX_CHARSET_DEFAULT, "-A" },  { 101, SX_CHARSET_LATIN2, "-B" },
    { 109, SX_CHARSET_LATIN3, "-C" },   { 110, SX_CHARSET_LATIN4, "-D" },
    { 144, SX_CHARSET_CYRILLIC, "-L" }, { 127, SX_CHARSET_ARABIC, "-G" },
    { 126, SX_CHARSET_GREEK, "-F" },    { 138, SX_CHARSET_HEBREW, "-H" },
    { 148, SX_CHARSET_LATIN5, "-M" },   { 203, SX_CHARSET_LATIN9, "-b" },
    { 166, SX_CHARSET_THAI, "-T" },     { 13, SX_CHARSET_KATAKANA, ")I" },
    { 149, SX_CHARSET_KOREAN, "$)C" },  { 58, SX_CHARSET_CHINESE, "$)A" },
};
enum { REGISTERED = sizeof registry / sizeof *registry };

/* For iconv; NULL where the bytes are mapped here. */
static const char *const iconv_names[] = {
    [SX_CHARSET_LATIN2] = "ISO-8859-2",  [SX_CHARSET_LATIN3] = "ISO-8859-3",
    [SX_CHARSET_LATIN4] = "ISO-8859-4",  [SX_CHARSET_LATIN5] = "ISO-8859-9",
    [SX_CHARSET_LATIN9] = "ISO-8859-15", [SX_CHARSET_CYRILLIC] = "ISO-8859-5",
    [SX_CHARSET_ARABIC] = "ISO-8859-6",  [SX_CHARSET_GREEK] = "ISO-8859-7",
    [SX_CHARSET_HEBREW] = "ISO-8859-8",  [SX_CHARSET_THAI] = "TIS-620",
    [SX_CHARSET_KOREAN] = "EUC-KR",      [SX_CHARSET_CHINESE] = "EUC-CN",
    [SX_CHARSET_GB18030] = "GB18030",    [SX_CHARSET_GBK] = "GBK",
    [SX_CHARSET_UNKNOWN] = NULL,
};

/* By the number of its part of ISO 8859, for names that are not DICOM's. */
static const struct {
    int part;
    sx_charset charset;
} parts[] = {
    { 1, SX_CHARSET_DEFAULT }, { 2, SX_CHARSET_LATIN2 },   { 3, SX_CHARSET_LATIN3 },
    { 4, SX_CHARSET_LATIN4 },  { 5, SX_CHARSET_CYRILLIC }, { 6, SX_CHARSET_ARABIC },
    { 7, SX_CHARSET_GREEK },   { 8, SX_CHARSET_HEBREW },   { 9, SX_CHARSET_LATIN5 },
    { 11, SX_CHARSET_THAI },   { 15, SX_CHARSET_LATIN9 },
};

static sx_charset find_part(int number) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].part == number) return parts[i].charset;
    return SX_CHARSET_UNKNOWN;
}

sx_charset sx_charset_find(const char *term) {
    if (strstr(term, "18030")) return SX_CHARSET_GB18030;
    if (strstr(term, "GBK") || strstr(term, "gbk")) return SX_CHARSET_GBK;
    const char *digits = term + strlen(term);
    int number = 0;
    while (digits > term && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    for (; *digits && number < 1000; digits++)
        number = 10 * number + (*digits - '0');
    if (strstr(term, "8859")) return find_part(number);
    for (int i = 0; i < REGISTERED; i++)
        if (registry[i].number == number) return registry[i].charset;
    /* ISO_IR 87 and 159 are those of kanji, to which escape sequences switch */
    const bool known = !*term || number == 6 || number == 87 || number == 159 || number == 192;
    return known ? SX_CHARSET_DEFAULT : SX_CHARSET_UNKNOWN;
}

/* ---- output ---- */

typedef struct output {
    char *at, *end;
    bool guessed; /* some bytes are undefined */
} output;

static void put_bytes(output *o, const void *bytes, size_t n) {
    if ((size_t)(o->end - o->at) < n) {
        o->end = o->at; /* full: nothing shorter may follow */
        return;
    }
    memcpy(o->at, bytes, n);
    o->at += n;
}

/* UTF-8 as it is, other bytes as Latin 1. Returns whether there are such bytes. */
static bool put_default(output *o, const uint8_t *p, size_t n) {
    bool latin = false;
    for (size_t i = 0; i < n;) {
        const size_t k = sx_utf8_length(p + i, n - i);
        const char two[] = { (char)(0xC0 | p[i] >> 6), (char)(0x80 | (p[i] & 0x3F)) };
        if (k)
            put_bytes(o, p + i, k);
        else
            put_bytes(o, two, 2);
        latin = latin || !k;
        i += k ? k : 1;
    }
    return latin;
}

/* As put_default: each byte keeps a letter of its own, so that two identifiers stay different and a
 * name that is removed is found again. U+FFFD would make them equal. */
static void put_undefined(output *o, const uint8_t *p, size_t n) {
    o->guessed = put_default(o, p, n) || o->guessed;
}

static bool is_katakana(uint8_t c) {
    return c >= 0xA1 && c <= 0xDF;
}

/* JIS X 0201: 0xA1..0xDF are U+FF61..U+FF9F. */
static void put_katakana(output *o, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned c = 0xFF61U + p[i] - 0xA1U;
        const char utf8[] = { (char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)),
                              (char)(0x80 | (c & 0x3F)) };
        if (is_katakana(p[i]))
            put_bytes(o, utf8, 3);
        else
            put_undefined(o, p + i, 1);
    }
}

static void put_iconv(output *o, const char *name, const uint8_t *p, size_t n) {
    iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1) {
        put_undefined(o, p, n);
        return;
    }
    char *in = (char *)(uintptr_t)p; /* iconv does not write there */
    size_t left = n, room = (size_t)(o->end - o->at);
    while (left > 0 && room > 0 && iconv(cd, &in, &left, &o->at, &room) == (size_t)-1) {
        const size_t before = room;
        if (errno == E2BIG) o->end = o->at; /* full: nothing shorter may follow */
        if (left == 0 || errno == E2BIG) break;
        const size_t k = sx_utf8_length((const uint8_t *)in, left), step = k ? k : 1;
        put_undefined(o, (const uint8_t *)in, step); /* what the set does not have */
        room = (size_t)(o->end - o->at);
        if (room == before) break;
        in += step;
        left -= step;
    }
    iconv_close(cd);
}

static void put_high(output *o, sx_charset charset, const uint8_t *p, size_t n) {
    if (charset == SX_CHARSET_KATAKANA)
        put_katakana(o, p, n);
    else if (charset == SX_CHARSET_UNKNOWN)
        put_undefined(o, p, n);
    else if (iconv_names[charset])
        put_iconv(o, iconv_names[charset], p, n);
    else
        put_default(o, p, n);
}

/* ---- ISO 2022 ---- */

typedef enum low_set { LOW_ASCII, LOW_KANJI, LOW_SUPPLEMENT } low_set;

/* What bytes below and above 0x80 mean. */
typedef struct shift_state {
    low_set low;
    sx_charset high;
} shift_state;

/* Applies the escape sequence at p[n], without ESC; returns its length, 0 if it is unknown. */
static size_t take_escape(shift_state *s, const uint8_t *p, size_t n) {
    static const struct {
        const char *escape;
        low_set low;
    } lows[] = { { "(B", LOW_ASCII },
                 { "(J", LOW_ASCII }, /* ASCII but for the yen and overline signs */
                 { "$B", LOW_KANJI },
                 { "$@", LOW_KANJI },
                 { "$(D", LOW_SUPPLEMENT } };
    for (size_t i = 0; i < sizeof lows / sizeof *lows; i++) {
        const size_t k = strlen(lows[i].escape);
        if (n < k || memcmp(p, lows[i].escape, k) != 0) continue;
        s->low = lows[i].low;
        return k;
    }
    for (int i = 0; i < REGISTERED; i++) {
        const size_t k = strlen(registry[i].escape);
        if (n < k || memcmp(p, registry[i].escape, k) != 0) continue;
        s->high = registry[i].charset;
        return k;
    }
    return 0;
}

/* A character of JIS X 0208 or 0212, as EUC-JP. */
static void put_kanji(output *o, low_set low, const uint8_t *p) {
    const uint8_t euc[] = { 0x8F, (uint8_t)(p[0] | 0x80), (uint8_t)(p[1] | 0x80) };
    const bool supplement = low == LOW_SUPPLEMENT;
    put_iconv(o, "EUC-JP", supplement ? euc : euc + 1, supplement ? 3 : 2);
}

static bool is_kanji(const uint8_t *p, size_t n) {
    return n >= 2 && p[0] > 0x20 && p[0] < 0x7F && p[1] > 0x20 && p[1] < 0x7F;
}

/* Separators of values and of a name's parts, and control characters, end a switch. */
static bool ends_shift(uint8_t c) {
    return c < 0x20 || c == '\\' || c == '^' || c == '=';
}

static void put_shifted(output *o, sx_charset initial, const uint8_t *p, size_t n) {
    const shift_state start = { LOW_ASCII, initial };
    shift_state s = start;
    for (size_t i = 0, k; i < n; i += k) {
        k = 1;
        if (p[i] == 0x1B) {
            k += take_escape(&s, p + i + 1, n - i - 1);
        } else if (s.low != LOW_ASCII && is_kanji(p + i, n - i)) {
            k = 2;
            put_kanji(o, s.low, p + i);
        } else if (p[i] < 0x80) {
            put_bytes(o, p + i, 1);
            if (ends_shift(p[i])) s = start;
        } else {
            while (i + k < n && p[i + k] >= 0x80)
                k++;
            put_high(o, s.high, p + i, k);
        }
    }
}

/* ---- Shift JIS ---- */

static const char shift_jis[] = "CP932";

/* Whether a text of JIS X 0201 has bytes that this does not define, but perhaps Shift JIS, which
 * contains it. */
static bool may_be_shift_jis(const uint8_t *p, size_t n) {
    bool other = false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == 0x1B) return false;
        other = other || (p[i] >= 0x80 && !is_katakana(p[i]));
    }
    return other;
}

static bool is_utf8(const uint8_t *p, size_t n) {
    size_t i = 0, k;
    while (i < n && (k = sx_utf8_length(p + i, n - i)) > 0)
        i += k;
    return i == n;
}

/* Nothing is written if the text is in another encoding. */
static bool put_shift_jis(output *o, const uint8_t *p, size_t n) {
    const output before = *o;
    if (is_utf8(p, n))
        put_default(o, p, n);
    else
        put_iconv(o, shift_jis, p, n);
    if (!o->guessed) return true;
    *o = before;
    return false;
}

/* ---- a text ---- */

size_t sx_charset_to_utf8(sx_charset charset, const uint8_t *text, size_t n, char *out, size_t size,
                          bool *guessed) {
    output o = { out, out + size, false };
    const bool mixed = charset == SX_CHARSET_KATAKANA && may_be_shift_jis(text, n);
    if (charset == SX_CHARSET_GB18030 || charset == SX_CHARSET_GBK)
        put_high(&o, charset, text, n);
    else if (!mixed || !put_shift_jis(&o, text, n))
        put_shifted(&o, charset, text, n);
    if (guessed) *guessed = *guessed || o.guessed;
    return (size_t)(o.at - out);
}

enum { COUNT = sizeof iconv_names / sizeof *iconv_names };

/* The C library unloads a converter that nobody has open. */
static iconv_t kept[COUNT + 2];

void sx_charsets_load(void) {
    for (size_t i = 0; i < COUNT; i++)
        if (iconv_names[i]) kept[i] = iconv_open("UTF-8", iconv_names[i]);
    kept[COUNT] = iconv_open("UTF-8", "EUC-JP");
    kept[COUNT + 1] = iconv_open("UTF-8", shift_jis);
}
