/* Normalises text for comparison: case, accents, separators. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compose.h"
#include "base/str.h"
#include "base/utf8.h"
#include "dicom/deid_fold.h"
#include "dicom/deid_secrets.h"

/* Letters with accents and their base letters: consecutive code points from first to last. */
static const struct range {
    uint16_t first, last;
    char letter;
} ranges[] = {
    { 0xC0, 0xC5, 'A' },     { 0xC7, 0xC7, 'C' },     { 0xC8, 0xCB, 'E' },
    { 0xCC, 0xCF, 'I' },     { 0xD0, 0xD0, 'D' },     { 0xD1, 0xD1, 'N' },
    { 0xD2, 0xD6, 'O' },     { 0xD8, 0xD8, 'O' },     { 0xD9, 0xDC, 'U' },
    { 0xDD, 0xDD, 'Y' },     { 0xE0, 0xE5, 'A' },     { 0xE7, 0xE7, 'C' },
    { 0xE8, 0xEB, 'E' },     { 0xEC, 0xEF, 'I' },     { 0xF0, 0xF0, 'D' },
    { 0xF1, 0xF1, 'N' },     { 0xF2, 0xF6, 'O' },     { 0xF8, 0xF8, 'O' },
    { 0xF9, 0xFC, 'U' },     { 0xFD, 0xFD, 'Y' },     { 0xFF, 0xFF, 'Y' },
    { 0x100, 0x105, 'A' },   { 0x106, 0x10D, 'C' },   { 0x10E, 0x111, 'D' },
    { 0x112, 0x11B, 'E' },   { 0x11C, 0x123, 'G' },   { 0x124, 0x127, 'H' },
    { 0x128, 0x131, 'I' },   { 0x134, 0x135, 'J' },   { 0x136, 0x138, 'K' },
    { 0x139, 0x142, 'L' },   { 0x143, 0x14B, 'N' },   { 0x14C, 0x151, 'O' },
    { 0x154, 0x159, 'R' },   { 0x15A, 0x161, 'S' },   { 0x162, 0x167, 'T' },
    { 0x168, 0x173, 'U' },   { 0x174, 0x175, 'W' },   { 0x176, 0x178, 'Y' },
    { 0x179, 0x17E, 'Z' },   { 0x17F, 0x17F, 'S' },   { 0x1A0, 0x1A1, 'O' },
    { 0x1AF, 0x1B0, 'U' },   { 0x1CD, 0x1CE, 'A' },   { 0x1CF, 0x1D0, 'I' },
    { 0x1D1, 0x1D2, 'O' },   { 0x1D3, 0x1DC, 'U' },   { 0x1DE, 0x1E1, 'A' },
    { 0x1E4, 0x1E7, 'G' },   { 0x1E8, 0x1E9, 'K' },   { 0x1EA, 0x1ED, 'O' },
    { 0x1F0, 0x1F0, 'J' },   { 0x1F4, 0x1F5, 'G' },   { 0x1F8, 0x1F9, 'N' },
    { 0x1FA, 0x1FB, 'A' },   { 0x1FE, 0x1FF, 'O' },   { 0x200, 0x203, 'A' },
    { 0x204, 0x207, 'E' },   { 0x208, 0x20B, 'I' },   { 0x20C, 0x20F, 'O' },
    { 0x210, 0x213, 'R' },   { 0x214, 0x217, 'U' },   { 0x218, 0x219, 'S' },
    { 0x21A, 0x21B, 'T' },   { 0x21E, 0x21F, 'H' },   { 0x226, 0x227, 'A' },
    { 0x228, 0x229, 'E' },   { 0x22A, 0x231, 'O' },   { 0x232, 0x233, 'Y' },
    { 0x1E00, 0x1E01, 'A' }, { 0x1E02, 0x1E07, 'B' }, { 0x1E08, 0x1E09, 'C' },
    { 0x1E0A, 0x1E13, 'D' }, { 0x1E14, 0x1E1D, 'E' }, { 0x1E1E, 0x1E1F, 'F' },
    { 0x1E20, 0x1E21, 'G' }, { 0x1E22, 0x1E2B, 'H' }, { 0x1E2C, 0x1E2F, 'I' },
    { 0x1E30, 0x1E35, 'K' }, { 0x1E36, 0x1E3D, 'L' }, { 0x1E3E, 0x1E43, 'M' },
    { 0x1E44, 0x1E4B, 'N' }, { 0x1E4C, 0x1E53, 'O' }, { 0x1E54, 0x1E57, 'P' },
    { 0x1E58, 0x1E5F, 'R' }, { 0x1E60, 0x1E69, 'S' }, { 0x1E6A, 0x1E71, 'T' },
    { 0x1E72, 0x1E7B, 'U' }, { 0x1E7C, 0x1E7F, 'V' }, { 0x1E80, 0x1E89, 'W' },
    { 0x1E8A, 0x1E8D, 'X' }, { 0x1E8E, 0x1E8F, 'Y' }, { 0x1E90, 0x1E95, 'Z' },
    { 0x1EA0, 0x1EB7, 'A' }, { 0x1EB8, 0x1EC7, 'E' }, { 0x1EC8, 0x1ECB, 'I' },
    { 0x1ECC, 0x1EE3, 'O' }, { 0x1EE4, 0x1EF1, 'U' }, { 0x1EF2, 0x1EF9, 'Y' },
};

/* Letters that are, or may be written as, two letters. */
static const struct pair {
    uint16_t code;
    const char *letters;
    bool always;
} pairs[] = {
    { 0xC6, "AE", true },  { 0xE6, "AE", true },   { 0xDE, "TH", true },  { 0xFE, "TH", true },
    { 0xDF, "SS", true },  { 0x1E9E, "SS", true }, { 0x132, "IJ", true }, { 0x133, "IJ", true },
    { 0x152, "OE", true }, { 0x153, "OE", true },  { 0xC4, "AE", false }, { 0xE4, "AE", false },
    { 0xD6, "OE", false }, { 0xF6, "OE", false },  { 0xDC, "UE", false }, { 0xFC, "UE", false },
    { 0xC5, "AA", false }, { 0xE5, "AA", false },  { 0xD8, "OE", false }, { 0xF8, "OE", false },
    { 0x1C4, "DZ", true }, { 0x1C5, "DZ", true },  { 0x1C6, "DZ", true }, { 0x1C7, "LJ", true },
    { 0x1C8, "LJ", true }, { 0x1C9, "LJ", true },  { 0x1CA, "NJ", true }, { 0x1CB, "NJ", true },
    { 0x1CC, "NJ", true }, { 0x1F1, "DZ", true },  { 0x1F2, "DZ", true }, { 0x1F3, "DZ", true },
    { 0x1E2, "AE", true }, { 0x1E3, "AE", true },  { 0x1FC, "AE", true }, { 0x1FD, "AE", true },
};

/* Letters of other scripts with marks, and their base letters; the other case folds as these do. */
static const struct mark {
    uint16_t first, last, base;
} others[] = {
    { 0x386, 0x386, 0x391 }, { 0x388, 0x388, 0x395 },    { 0x389, 0x389, 0x397 },
    { 0x38A, 0x38A, 0x399 }, { 0x38C, 0x38C, 0x39F },    { 0x38E, 0x38E, 0x3A5 },
    { 0x38F, 0x38F, 0x3A9 }, { 0x390, 0x390, 0x399 },    { 0x3AA, 0x3AA, 0x399 },
    { 0x3AB, 0x3AB, 0x3A5 }, { 0x3AC, 0x3AC, 0x391 },    { 0x3AD, 0x3AD, 0x395 },
    { 0x3AE, 0x3AE, 0x397 }, { 0x3AF, 0x3AF, 0x399 },    { 0x3B0, 0x3B0, 0x3A5 },
    { 0x3CA, 0x3CA, 0x399 }, { 0x3CB, 0x3CB, 0x3A5 },    { 0x3CC, 0x3CC, 0x39F },
    { 0x3CD, 0x3CD, 0x3A5 }, { 0x3CE, 0x3CE, 0x3A9 },    { 0x400, 0x401, 0x415 },
    { 0x403, 0x403, 0x413 }, { 0x407, 0x407, 0x406 },    { 0x40C, 0x40C, 0x41A },
    { 0x40D, 0x40D, 0x418 }, { 0x40E, 0x40E, 0x423 },    { 0x419, 0x419, 0x418 },
    { 0x439, 0x439, 0x418 }, { 0x450, 0x451, 0x415 },    { 0x453, 0x453, 0x413 },
    { 0x457, 0x457, 0x406 }, { 0x45C, 0x45C, 0x41A },    { 0x45D, 0x45D, 0x418 },
    { 0x45E, 0x45E, 0x423 }, { 0x3094, 0x3094, 0x3046 }, { 0x30F4, 0x30F4, 0x30A6 },
};

/* Kana with a voiced mark follow the ones without; of the row of H, one more with another mark. */
static uint32_t voiceless(uint32_t code) {
    const uint32_t kana = code >= 0x30A0 ? code - 0x60 : code;
    if (kana < 0x304B || kana > 0x307D) return code;
    if (kana >= 0x306F) return code - (kana - 0x306F) % 3;
    if (kana >= 0x306A) return code; /* the row of N */
    if (kana >= 0x3063) return kana == 0x3063 ? code : code - (kana - 0x3064) % 2;
    return code - (kana - 0x304B) % 2;
}

/* Marks that stand behind their letter, as in decomposed Unicode. */
static bool is_mark(uint32_t code) {
    static const uint32_t all[][2] = { { 0x300, 0x36F },   { 0x483, 0x487 },   { 0x1AB0, 0x1AFF },
                                       { 0x1DC0, 0x1DFF }, { 0x20D0, 0x20FF }, { 0x3099, 0x309A },
                                       { 0xFE20, 0xFE2F }, { 0xFF9E, 0xFF9F } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (code >= all[i][0] && code <= all[i][1]) return true;
    return false;
}

uint32_t sx_fold_compose(uint32_t code, uint32_t next) {
    /* The letters that may be written as two letters; a fold ignores all other marks. */
    static const struct {
        uint16_t base, mark, code;
    } all[] = {
        { 'A', 0x308, 0xC4 }, { 'a', 0x308, 0xE4 }, { 'O', 0x308, 0xD6 }, { 'o', 0x308, 0xF6 },
        { 'U', 0x308, 0xDC }, { 'u', 0x308, 0xFC }, { 'A', 0x30A, 0xC5 }, { 'a', 0x30A, 0xE5 },
        { 'O', 0x338, 0xD8 }, { 'o', 0x338, 0xF8 }, { 'O', 0x337, 0xD8 }, { 'o', 0x337, 0xF8 },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all && is_mark(next); i++)
        if (all[i].base == code && all[i].mark == next) return all[i].code;
    return is_mark(next) ? code : sx_compose_hangul(code, next);
}

/* The base letters of a code point; NULL: none. */
static const char *bare(uint32_t code, bool wide, char one[2]) {
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].code == code && (wide || pairs[i].always)) return pairs[i].letters;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last) {
            one[0] = ranges[i].letter;
            return one;
        }
    return NULL;
}

/* The letters of U+FB00 to U+FB06; NULL: another code point. */
static const char *ligature(uint32_t code) {
    static const char *const letters[] = { "FF", "FI", "FL", "FFI", "FFL", "ST", "ST" };
    return code >= 0xFB00 && code <= 0xFB06 ? letters[code - 0xFB00] : NULL;
}

/* The letters that raised and lowered ones stand for, blanks for those of no Latin letter; 0: none.
 */
static uint32_t modifier(uint32_t code) {
    static const struct {
        uint32_t first;
        const char *letters;
    } all[] = {
        { 0x2B0, "HHJR   WY" },
        { 0x2E1, "LSX" },
        { 0x1D2C, "A B DE GHIJKLMN O PRTUWA A BDEE  GIKM O   PTU MV" },
        { 0x1D62, "IRUV" },
        { 0x1D9C, "C" },
        { 0x1DA0, "F" },
        { 0x1DBB, "Z" },
        { 0x2071, "I" },
        { 0x207F, "N" },
        { 0x2090, "AEOX HKLMNPST" },
        { 0x2C7C, "JV" },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (code >= all[i].first && code - all[i].first < strlen(all[i].letters) &&
            all[i].letters[code - all[i].first] != ' ')
            return (unsigned char)all[i].letters[code - all[i].first];
    return 0;
}

/* The letter or digit in ASCII of which a code point is another form; else the code point. Each row
 * is repeated every `period` code points. */
static uint32_t compatible(uint32_t code) {
    static const struct {
        uint32_t first, last, period;
        char letter;
    } all[] = {
        { 0x660, 0x669, 10, '0' },     { 0x6F0, 0x6F9, 10, '0' },     { 0x966, 0x96F, 10, '0' },
        { 0x2070, 0x2070, 1, '0' },    { 0x2074, 0x2079, 6, '4' },    { 0x2080, 0x2089, 10, '0' },
        { 0x2460, 0x2468, 9, '1' },    { 0x24B6, 0x24E9, 26, 'A' },   { 0x1D400, 0x1D6A3, 26, 'A' },
        { 0x1D7CE, 0x1D7FF, 10, '0' }, { 0x1F130, 0x1F149, 26, 'A' },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (code >= all[i].first && code <= all[i].last)
            return (unsigned char)all[i].letter + (code - all[i].first) % all[i].period;
    const uint32_t letter = code >= 0x2B0 ? modifier(code) : 0;
    return letter ? letter : code;
}

/* The katakana of the half-width forms U+FF66 to U+FF9D, whose marks are signs of their own. */
static uint32_t full_width(uint32_t code) {
    static const uint8_t low[] = {
        0xF2, 0xA1, 0xA3, 0xA5, 0xA7, 0xA9, 0xE3, 0xE5, 0xE7, 0xC3, 0xFC, 0xA2, 0xA4, 0xA6,
        0xA8, 0xAA, 0xAB, 0xAD, 0xAF, 0xB1, 0xB3, 0xB5, 0xB7, 0xB9, 0xBB, 0xBD, 0xBF, 0xC1,
        0xC4, 0xC6, 0xC8, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF, 0xD2, 0xD5, 0xD8, 0xDB, 0xDE,
        0xDF, 0xE0, 0xE1, 0xE2, 0xE4, 0xE6, 0xE8, 0xE9, 0xEA, 0xEB, 0xEC, 0xED, 0xEF, 0xF3,
    };
    return code >= 0xFF66 && code <= 0xFF9D ? 0x3000U + low[code - 0xFF66] : code;
}

/* Greek and Cyrillic letters in upper case, these and kana without marks. */
static uint32_t upper(uint32_t code) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (code >= others[i].first && code <= others[i].last) return others[i].base;
    if (code == 0x3C2) return 0x3A3;
    if ((code >= 0x3B1 && code <= 0x3C9) || (code >= 0x430 && code <= 0x44F)) return code - 0x20;
    return code >= 0x450 && code <= 0x45F ? code - 0x50 : voiceless(code);
}

size_t sx_fold_code(uint32_t code, bool wide, uint32_t out[SX_FOLD_MOST]) {
    char one[2] = { 0 };
    if (code >= 0xFF01 && code <= 0xFF5E) code -= 0xFEE0; /* full width */
    code = full_width(code);
    if (is_mark(code)) return 0;
    code = compatible(code);
    const bool latin = (code >= 0xC0 && code < SX_FOLD_LATIN) || code >> 8 == 0x1E;
    const char *letters = latin ? bare(code, wide, one) : ligature(code);
    if (letters) {
        const size_t count = strlen(letters);
        for (size_t i = 0; i < count; i++)
            out[i] = (unsigned char)letters[i];
        return count;
    }
    if (code < 0x80)
        out[0] = sx_is_letter((int)code) ? (uint32_t)sx_to_upper((int)code) : code;
    else if (code < 0xA0)
        out[0] = 0;
    else if (code < 0xC0)
        out[0] = code == 0xA0 ? ' ' : '-';
    else
        out[0] = (code >= 0x2000 && code < 0x2070) || code == 0x3000 ? ' ' : upper(code);
    return 1;
}

bool sx_fold_is_letter(uint32_t code) {
    return code >= 0x80 || sx_is_letter((int)code) || sx_is_digit((int)code);
}

uint32_t sx_fold_next(const uint8_t *p, size_t n, size_t *length) {
    uint32_t code = sx_utf8_decode(p, n, length);
    for (size_t step; *length < n; *length += step) {
        const uint32_t composed =
            sx_fold_compose(code, sx_utf8_decode(p + *length, n - *length, &step));
        if (!composed) break;
        code = composed;
    }
    return code;
}

static void end_word(sx_str *s) {
    if (s->len && s->data[s->len - 1] != ' ') sx_str_add(s, " ");
}

char *sx_deid_fold(const char *text, bool wide) {
    const uint8_t *p = (const uint8_t *)text;
    sx_str s = { 0 };
    sx_str_add(&s, " ");
    for (size_t n = strlen(text), step; n > 0; p += step, n -= step) {
        uint32_t folded[SX_FOLD_MOST];
        const size_t count = sx_fold_code(sx_fold_next(p, n, &step), wide, folded);
        for (size_t i = 0; i < count; i++) {
            if (sx_fold_is_letter(folded[i]))
                sx_utf8_put(&s, folded[i]);
            else
                end_word(&s);
        }
    }
    end_word(&s);
    if (s.failed) sx_str_free(&s);
    return s.data;
}
