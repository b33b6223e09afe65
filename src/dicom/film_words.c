#include "dicom/film_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dicom/deid_fold.h"

/* ---- folding ---- */

/* The standard's texts are short. If memory runs out, only the beginning of a longer one counts. */
static size_t make_room(sx_film_words *f, size_t n) {
    f->room = SX_FILM_TEXT_WIDTH * n + SX_FILM_TEXT_EDGES;
    f->heap = n > SX_FILM_TEXT_SHORT ? malloc(2 * f->room) : NULL;
    if (n > SX_FILM_TEXT_SHORT && !f->heap) {
        n = SX_FILM_TEXT_SHORT;
        f->room = SX_FILM_TEXT_WIDTH * n + SX_FILM_TEXT_EDGES;
    }
    f->words = f->heap ? f->heap : f->own;
    f->joined = f->words + f->room;
    return n;
}

static size_t put_utf8(uint32_t code, char *to) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    const size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = n; i-- > 1; code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3F));
    to[0] = (char)(leads[n] | code);
    return n;
}

static void note_bytes(sx_film_words *f) {
    memset(f->has, 0, sizeof f->has);
    memset(f->begins, 0, sizeof f->begins);
    uint8_t last = ' ';
    for (const uint8_t *c = (const uint8_t *)f->words; *c; last = *c++) {
        f->has[*c] = true;
        if (last == ' ') f->begins[*c] = true;
    }
}

/* Whether a value may be in the text, by its first byte. */
static bool may_have(const sx_film_words *f, const char *value) {
    return value[0] == '*' ? f->has[(uint8_t)value[1]] : f->begins[(uint8_t)value[0]];
}

void sx_film_words_join(sx_film_words *f) {
    char *to = f->joined, *kept = f->words;
    *to++ = ' ';
    for (const char *c = f->words; *c; c++) {
        if (*c != ' ' && *c != '|') *to++ = *c;
        if (*c != '|' && (*c != ' ' || kept == f->words || kept[-1] != ' ')) *kept++ = *c;
    }
    memcpy(to, " ", 2);
    *kept = '\0';
    note_bytes(f);
}

static void fold_symbol(uint32_t symbol, sx_film_words *f, size_t *at) {
    if (sx_fold_is_letter(symbol))
        *at += put_utf8(symbol, f->words + *at);
    else if (symbol < 0x80 && symbol && strchr("\\/,;+&", (int)symbol)) {
        memcpy(f->words + *at, f->words[*at - 1] == ' ' ? "| " : " | ", 3);
        *at += f->words[*at - 1] == ' ' ? 2 : 3;
    } else if (f->words[*at - 1] != ' ') {
        if (symbol == '.') f->words[(*at)++] = '.'; /* until ask_abbreviations */
        f->words[(*at)++] = ' ';
    }
}

void sx_film_words_fold(sx_film_words *f, const char *text) {
    size_t length, at = 0, n = make_room(f, strlen(text));
    const uint8_t *p = (const uint8_t *)text;
    f->words[at++] = ' ';
    for (; n > 0; p += length, n -= length) {
        uint32_t symbols[SX_FOLD_MOST];
        const size_t count = sx_fold_code(sx_fold_next(p, n, &length), false, symbols);
        for (size_t i = 0; i < count; i++)
            fold_symbol(symbols[i], f, &at);
    }
    if (f->words[at - 1] != ' ') f->words[at++] = ' ';
    f->words[at] = '\0';
    note_bytes(f);
}

void sx_film_words_free(sx_film_words *f) {
    free(f->heap);
}

/* ---- phrases ---- */

/* The end of the word that begins at `at`. */
static const char *word_end(const char *at) {
    return at + strcspn(at, " ");
}

static bool is_small_word(const char *word, size_t n) {
    static const char *const small[] = { "OF",  "THE", "DE",  "DEL", "DELLA", "DELLE", "DI",
                                         "DO",  "DA",  "DU",  "DES", "LA",    "LE",    "EL",
                                         "L",   "D",   "DER", "VAN", "HET",   "DEM",   "DEN",
                                         "DAS", "LAS", "LOS", "LES", "AUX",   "NA",    "SUL" };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strlen(small[i]) == n && strncmp(small[i], word, n) == 0) return true;
    return false;
}

/* Whether the word (n bytes) is this one of a phrase (m bytes, a last '*' for any ending, "*" alone
 * for any word). */
static bool is_word(const char *word, size_t n, const char *wanted, size_t m) {
    if (wanted[m - 1] == '*') return n >= m - 1 && strncmp(word, wanted, m - 1) == 0;
    return n == m && strncmp(word, wanted, n) == 0;
}

/* The end of the phrase that begins with the word at `at`; NULL: it is another. */
static const char *phrase_end(const char *at, const char *phrase) {
    for (bool first = true;; first = false) {
        const size_t m = strcspn(phrase, " ");
        const char *end = word_end(at);
        while (!first && end > at && is_small_word(at, (size_t)(end - at)) &&
               (phrase[0] == '*' || !is_word(at, (size_t)(end - at), phrase, m))) {
            at = end + 1;
            end = word_end(at);
        }
        if (end == at || !is_word(at, (size_t)(end - at), phrase, m)) return NULL;
        if (!phrase[m]) return end;
        phrase += m + 1;
        at = end + 1;
    }
}

/* "*X*": languages that write no blanks between words. */
static bool take_inside(sx_film_words *f, const char *phrase) {
    char part[SX_FILM_VALUE_ROOM];
    bool found = false;
    sx_format(part, sizeof part, "%.*s", (int)strlen(phrase) - 2, phrase + 1);
    for (const char *at = f->words; (at = strstr(at, part)) != NULL; at += strlen(part)) {
        found = true;
        memset(f->joined + (at - f->words), '|', strlen(part));
    }
    return found;
}

bool sx_film_words_take(sx_film_words *f, const char *phrase) {
    bool found = false;
    if (!may_have(f, phrase)) return false;
    if (phrase[0] == '*') return take_inside(f, phrase);
    for (const char *at = f->words + 1; *at; at = word_end(at) + 1) {
        const char *end = phrase_end(at, phrase);
        if (!end) continue;
        found = true;
        memset(f->joined + (at - f->words), '|', (size_t)(end - at));
    }
    return found;
}

/* ---- words ---- */

/* Whether `words` begins at a word with the n bytes of `value`; `whole`: and the word ends there.
 */
static bool has_words(const char *words, const char *value, size_t n, bool whole) {
    for (const char *at = words; (at = strchr(at, ' ')) && at[1]; at++)
        if (strncmp(at + 1, value, n) == 0 && (!whole || at[1 + n] == ' ')) return true;
    return false;
}

/* An abbreviation with points or blanks between its letters: "L.W.S." */
static bool has_spelt(const char *words, const char *value, size_t n) {
    char spelt[8];
    if (n < 3 || n > 4 || strchr(value, ' ')) return false;
    for (size_t i = 0; i < n; i++) {
        spelt[2 * i] = value[i];
        spelt[2 * i + 1] = ' ';
    }
    return has_words(words, spelt, 2 * n - 1, true);
}

static bool is_whole_text(const sx_film_words *f, const char *value) {
    const size_t n = strlen(value);
    return strncmp(f->joined + 1, value, n) == 0 && strcmp(f->joined + 1 + n, " ") == 0;
}

bool sx_film_value_next(const char **values, char value[SX_FILM_VALUE_ROOM]) {
    const size_t n = strcspn(*values, "|");
    if (n == 0 || n >= SX_FILM_VALUE_ROOM) return false;
    memcpy(value, *values, n);
    value[n] = '\0';
    *values += n + ((*values)[n] == '|');
    return true;
}

bool sx_film_words_match(const sx_film_words *f, const char *value) {
    char part[SX_FILM_VALUE_ROOM];
    const size_t n = strlen(value);
    if (value[0] == '=') return is_whole_text(f, value + 1);
    if (!may_have(f, value)) return false;
    if (value[0] == '*') {
        sx_format(part, sizeof part, "%.*s", (int)(n - 2), value + 1);
        return strstr(f->words, part) != NULL; /* within a word: "KNEES PINE RIDGE" has none */
    }
    const bool whole = value[n - 1] != '*';
    const size_t length = whole ? n : n - 1;
    return has_words(f->words, value, length, whole) ||
           has_words(f->joined, value, length, whole) || has_spelt(f->words, value, length);
}

/* ---- sides and joints within a word ---- */

/* The parts of a word before and after that of the body: "BOTH" and "JOINT" of "BOTHKNEEJOINTS". */
static const char *const before[] = { "",     "L",     "R",    "LT",    "RT",
                                      "LEFT", "RIGHT", "BOTH", "BILAT", "BILATERAL" };
static const char *const after[] = { "",      "L",     "R",      "LT",   "RT",   "LEFT",
                                     "RIGHT", "JOINT", "JOINTS", "BONE", "BONES" };

static bool is_after(const char *rest, size_t n) {
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        if (strlen(after[i]) == n && strncmp(after[i], rest, n) == 0) return true;
    return false;
}

/* Whether the word (n bytes) is the value (m bytes) with such parts. A single letter is a side only
 * beside four others, since "REAR" is no ear. */
static bool is_compound(const char *word, size_t n, const char *value, size_t m, bool whole) {
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        const size_t b = strlen(before[i]);
        if (n < b + m || strncmp(word, before[i], b) != 0 || strncmp(word + b, value, m) != 0)
            continue;
        const size_t rest = n - b - m;
        if (m < 4 && (b == 1 || rest == 1)) continue;
        if (!whole || is_after(word + b + m, rest)) return true;
    }
    return false;
}

bool sx_film_words_match_part(const sx_film_words *f, const char *value) {
    const size_t n = strlen(value);
    const bool whole = value[n - 1] != '*';
    if (n < 3 || value[0] == '*' || value[0] == '=' || strchr(value, ' ')) return false;
    if (!f->has[(uint8_t)value[0]]) return false;
    const char *const texts[] = { f->words, f->joined };
    for (size_t i = 0; i < 2; i++)
        for (const char *at = texts[i] + 1; *at; at = word_end(at) + 1)
            if (is_compound(at, (size_t)(word_end(at) - at), value, whole ? n : n - 1, whole))
                return true;
    return false;
}
