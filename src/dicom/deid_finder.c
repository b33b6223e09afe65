#include "dicom/deid_finder.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "dicom/deid_fold.h"
#include "dicom/deid_patterns.h"

enum {
    BLOCK = 1 << 16, /* bytes that are folded at a time */
    BEFORE = 16,     /* and bytes before and after them */
    AFTER = 1 << 10,
    MOST_SYMBOLS = 2 * (BEFORE + BLOCK + AFTER),
    HASHES = 1 << 16,
    SYMBOLS = 1 << 16,
    FIRST = 1,
    INNER = 2,
    MOST_BETWEEN = 3 /* separators in a row */
};

struct sx_finder {
    sx_patterns patterns;
    uint32_t first[HASHES];     /* the first pattern of a hash, plus 1 */
    uint8_t begins[HASHES / 8]; /* a bit for each hash of two symbols */
    /* Of symbols and of UTF-16 code units: whether a pattern begins with it; whether it may be in
     * one. */
    uint8_t symbols[SYMBOLS], units[SYMBOLS];
    struct {
        uint8_t n;
        uint16_t symbols[2];
    } latin[SX_FOLD_LATIN]; /* folded */
};

/* The standard texts of every result; values in them do not come from the film. */
static const char record[] =
    "spinexr: PS3.15 annex E, list of what may stay\\text in the pixels was not looked for|"
    "REMOVED|MODIFIED|Basic Application Confidentiality Profile|Clean Pixel Data Option|"
    "Retain Longitudinal Temporal Information Modified Dates Option|"
    "Retain Patient Characteristics Option|Retain Device Identity Option|OFFIS_DCMTK_367|"
    "1.2.276.0.7230010.3.0.3.6.7|Little Endian|DCM|113100|113101|113107|113108|113109";

/* ---- hashing ---- */

static uint32_t hash_of(const uint16_t *symbols, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ symbols[i]) * 16777619u;
    return (h ^ h >> 16) & (HASHES - 1);
}

/* How many of the pattern's letters and digits its hash is of. */
static size_t key_length(const sx_pattern *x) {
    return x->solid >= 8 ? 8 : x->solid >= 4 ? 4 : 2;
}

static void add_hash(sx_finder *f, size_t index) {
    sx_pattern *x = &f->patterns.items[index];
    uint16_t key[SX_PATTERN_MOST] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->text[i] != '-') key[n++] = x->text[i];
    f->symbols[key[0]] |= FIRST;
    for (size_t i = 0; i < n; i++)
        f->symbols[key[i]] |= INNER;
    const uint32_t pair = hash_of(key, 2), h = hash_of(key, key_length(x));
    f->begins[pair >> 3] |= (uint8_t)(1u << (pair & 7));
    x->next = f->first[h];
    f->first[h] = (uint32_t)index + 1;
}

/* ---- symbols ---- */

/* Some folded bytes. */
typedef struct run {
    const uint16_t *at;
    size_t n;
    size_t from, to; /* where a text may begin, so that what is around it is known */
    sx_find_place place;
    bool wide; /* UTF-16 */
} run;

static uint16_t *put_symbols(const sx_finder *f, uint32_t code, uint16_t *to) {
    uint32_t folded[SX_FOLD_MOST];
    if (code < SX_FOLD_LATIN) {
        for (size_t i = 0; i < f->latin[code].n; i++)
            *to++ = f->latin[code].symbols[i];
        return to;
    }
    const size_t n = sx_fold_code(code, false, folded);
    for (size_t i = 0; i < n; i++)
        *to++ = (uint16_t)(folded[i] < 0xFFFF ? folded[i] : 0xFFFF);
    return to;
}

static size_t read_bytes(const sx_finder *f, const uint8_t *p, size_t n, uint16_t *out) {
    uint16_t *to = out;
    for (size_t i = 0, step = 1; i < n; i += step) {
        step = 1;
        to = put_symbols(f, p[i] < 0x80 ? p[i] : sx_fold_next(p + i, n - i, &step), to);
    }
    return (size_t)(to - out);
}

static uint32_t unit_at(const uint8_t *p, bool big) {
    return (uint32_t)p[big] | (uint32_t)p[!big] << 8;
}

/* The marks of letters below U+1100 fold to nothing. */
static size_t read_utf16(const sx_finder *f, const uint8_t *p, size_t n, bool big, uint16_t *out) {
    uint16_t *to = out;
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint32_t code = unit_at(p + i, big), composed = 0;
        while (code >= 0x1100 && i + 3 < n &&
               (composed = sx_fold_compose(code, unit_at(p + i + 2, big)))) {
            code = composed;
            i += 2;
        }
        to = put_symbols(f, code, to);
    }
    return (size_t)(to - out);
}

/* ---- comparing ---- */

static bool is_separator(const run *r, uint16_t symbol) {
    if (sx_fold_is_letter(symbol)) return false;
    return symbol >= ' ' ||
           (r->place == SX_FIND_HEADER && (symbol == '\t' || symbol == '\n' || symbol == '\r'));
}

/* 0 outside. */
static uint16_t symbol_at(const run *r, size_t i) {
    return i < r->n ? r->at[i] : 0;
}

static size_t separators_at(const run *r, size_t i) {
    size_t n = 0;
    while (n < MOST_BETWEEN && i + n < r->n && is_separator(r, r->at[i + n]))
        n++;
    return n;
}

/* Not within a longer number: 12.5 and 0012 are longer than 12, but not than 012. */
static bool is_whole_number(const run *r, size_t begin, size_t end, bool open) {
    while (begin > 0 && r->at[begin - 1] == '0')
        begin--;
    const uint16_t before = begin ? r->at[begin - 1] : 0;
    if (sx_is_digit(before)) return false;
    if (before == '.' && begin > 1 && sx_is_digit(r->at[begin - 2])) return false;
    if (open) return true;
    if (symbol_at(r, end) == '.' && sx_is_digit(symbol_at(r, end + 1)))
        for (end++; symbol_at(r, end) == '0';)
            end++;
    return !sx_is_digit(symbol_at(r, end));
}

static bool is_word(const run *r, size_t begin, size_t end) {
    const uint16_t before = begin ? r->at[begin - 1] : 0, after = symbol_at(r, end);
    return (!sx_fold_is_letter(before) || sx_is_digit(before)) &&
           (!sx_fold_is_letter(after) || sx_is_digit(after));
}

static bool is_between_blanks(const run *r, size_t begin, size_t end) {
    return (!begin || r->at[begin - 1] <= ' ') && symbol_at(r, end) <= ' ';
}

/* Whether the pattern is long enough for the place. */
static bool is_sought(const run *r, const sx_pattern *x) {
    const size_t size = r->wide && r->place != SX_FIND_HEADER ? x->solid : x->size;
    return r->place == SX_FIND_HEADER || size >= (x->digits ? 6 : 5);
}

static bool has_limits(const run *r, const sx_pattern *x, size_t begin, size_t end) {
    const bool header = r->place == SX_FIND_HEADER;
    if (x->digits && !is_whole_number(r, begin, end, x->open && (header || x->solid > 8)))
        return false;
    if (x->digits)
        return r->place != SX_FIND_PIXELS || x->solid >= 8 || is_between_blanks(r, begin, end);
    return x->size >= 6 || r->place == SX_FIND_TABLE ||
           (header ? is_word(r, begin, end) : is_between_blanks(r, begin, end));
}

static bool is_at(const run *r, const sx_pattern *x, size_t begin) {
    const bool pixels = r->place == SX_FIND_PIXELS || r->place == SX_FIND_TABLE;
    const bool one_piece = x->digits && !x->separators && x->solid < (pixels ? 8 : 6);
    size_t at = begin, gaps = 0;
    for (size_t k = 0; k < x->n; k++) {
        const bool must = x->text[k] == '-';
        const size_t n = k ? separators_at(r, at) : 0;
        if ((must && !n) || (n && one_piece)) return false;
        gaps += n > 0;
        at += n;
        k += must;
        if (symbol_at(r, at++) != x->text[k]) return false;
    }
    return (!pixels || gaps <= 3) && has_limits(r, x, begin, at);
}

/* ---- searching ---- */

/* The first eight letters and digits from i on. */
static size_t read_key(const run *r, size_t i, uint16_t key[8]) {
    size_t n = 0;
    while (n < 8 && i < r->n && sx_fold_is_letter(r->at[i])) {
        key[n++] = r->at[i++];
        i += separators_at(r, i);
    }
    return n;
}

typedef bool (*visit)(const sx_pattern *x, void *ctx);

static const sx_pattern *search_run(const sx_finder *f, const run *r, visit ignored, void *ctx) {
    static const size_t lengths[] = { 2, 4, 8 };
    for (size_t i = r->from; i < r->to; i++) {
        uint16_t key[8];
        if (!(f->symbols[r->at[i]] & FIRST)) continue;
        const size_t next = i + 1 + separators_at(r, i + 1);
        key[0] = r->at[i];
        key[1] = symbol_at(r, next);
        const uint32_t pair = hash_of(key, 2);
        if (!(f->begins[pair >> 3] >> (pair & 7) & 1)) continue;
        const size_t n = read_key(r, i, key);
        for (size_t k = 0; k < 3 && lengths[k] <= n; k++)
            for (uint32_t at = f->first[hash_of(key, lengths[k])]; at;) {
                const sx_pattern *x = &f->patterns.items[at - 1];
                if (!x->dropped && key_length(x) == lengths[k] && is_sought(r, x) &&
                    is_at(r, x, i) && !ignored(x, ctx))
                    return x;
                at = x->next;
            }
    }
    return NULL;
}

/* Some bytes of a place; others are before them and behind them, or not. */
typedef struct block {
    const uint8_t *at;
    size_t n;
    sx_find_place place;
    bool begins, ends;
} block;

/* The fewest symbols of BEFORE and of AFTER bytes. */
enum { SYMBOLS_BEFORE = BEFORE / 4, SYMBOLS_AFTER = AFTER / 4 };

/* Blocks of pixels are folded only if they have LEAST characters in a row, or two units of UTF-16
 * that a pattern may begin with: that is quicker by far. */
static bool has_text(const block *b) {
    enum { LEAST = 5 };
    size_t n = 0;
    for (size_t i = 0; i < b->n && n < LEAST; i++)
        n = b->at[i] >= ' ' ? n + 1 : 0;
    return n == LEAST || b->place == SX_FIND_HEADER;
}

static bool has_utf16(const sx_finder *f, const uint8_t *p, size_t n) {
    uint8_t before = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        const uint8_t unit = f->units[p[i] | p[i + 1] << 8];
        if ((before & FIRST) && (unit & INNER)) return true;
        before = unit;
    }
    return false;
}

static run run_of(const block *b, const uint16_t *symbols, size_t n, bool wide) {
    const size_t after = b->ends ? 0 : SYMBOLS_AFTER;
    return (run){ symbols,  n,   b->begins ? 0 : SYMBOLS_BEFORE, n > after ? n - after : 0,
                  b->place, wide };
}

/* One block, in each encoding. Of UTF-16 in pixels, both alignments of one byte order are enough
 * for Latin letters. */
static const sx_pattern *search_block(const sx_finder *f, const block *b, uint16_t *symbols,
                                      visit ignored, void *ctx) {
    const sx_pattern *x = NULL;
    if (has_text(b)) {
        const run r = run_of(b, symbols, read_bytes(f, b->at, b->n, symbols), false);
        x = search_run(f, &r, ignored, ctx);
    }
    for (size_t i = 0; i < 4 && !x; i++) {
        const uint8_t *p = b->at + (i & 1);
        const size_t n = b->n - (i & 1);
        const bool big = i >= 2, header = b->place == SX_FIND_HEADER;
        if (big && !header) break;
        if (!header && !has_utf16(f, p, n)) continue;
        const run r = run_of(b, symbols, read_utf16(f, p, n, big, symbols), true);
        x = search_run(f, &r, ignored, ctx);
    }
    return x;
}

static const sx_secret *search(const sx_finder *f, const uint8_t *bytes, size_t n,
                               sx_find_place place, visit ignored, void *ctx) {
    const sx_pattern *x = NULL;
    if (!f->patterns.count) return NULL;
    uint16_t *symbols = malloc(MOST_SYMBOLS * sizeof *symbols);
    if (!symbols) return &sx_secret_no_memory;
    for (size_t i = 0; i < n && !x; i += BLOCK) {
        const size_t from = i ? i - BEFORE : 0, end = n - i > BLOCK + AFTER ? i + BLOCK + AFTER : n;
        const block b = { bytes + from, end - from, place, !from, end == n };
        x = search_block(f, &b, symbols, ignored, ctx);
    }
    free(symbols);
    return x ? x->of : NULL;
}

/* ---- values that do not count ---- */

typedef struct kept_terms {
    const sx_finder *f;
    const char *const *items;
    size_t count;
} kept_terms;

static bool is_other(const sx_pattern *x, void *ctx) {
    return x->of != ctx;
}

/* Free text that only repeats a kept term, such as "LUMBAR SPINE" as a procedure. */
static bool repeats_term(const sx_pattern *x, void *ctx) {
    const kept_terms *kept = ctx;
    if (x->of->kind != SX_SECRET_TEXT) return false;
    for (size_t i = 0; i < kept->count; i++)
        if (search(kept->f, (const uint8_t *)kept->items[i], strlen(kept->items[i]), SX_FIND_HEADER,
                   is_other, (void *)x->of) == x->of)
            return true;
    return false;
}

const sx_secret *sx_finder_search(const sx_finder *f, const uint8_t *bytes, size_t n,
                                  sx_find_place place, const char *const *kept, size_t count) {
    kept_terms terms = { f, kept, count };
    return search(f, bytes, n, place, repeats_term, &terms);
}

/* A pattern that a standard text of the result repeats. */
static bool drop_pattern(const sx_pattern *x, void *ctx) {
    sx_finder *f = ctx;
    f->patterns.items[x - f->patterns.items].dropped = true;
    return true;
}

static void fill_latin(sx_finder *f) {
    for (uint32_t c = 0; c < SX_FOLD_LATIN; c++) {
        uint32_t folded[SX_FOLD_MOST] = { 0 };
        f->latin[c].n = (uint8_t)sx_fold_code(c, false, folded);
        f->latin[c].symbols[0] = (uint16_t)folded[0];
        f->latin[c].symbols[1] = (uint16_t)folded[1];
    }
}

/* Separators and accents may be in any pattern. */
static void fill_units(sx_finder *f) {
    for (uint32_t c = 0; c < SYMBOLS; c++) {
        uint16_t symbols[SX_FOLD_MOST] = { 0 };
        const size_t n = (size_t)(put_symbols(f, c, symbols) - symbols);
        f->units[c] = n == 0 || (symbols[0] >= ' ' && !sx_fold_is_letter(symbols[0]))
                          ? INNER
                          : f->symbols[symbols[0]];
    }
}

sx_finder *sx_finder_new(const sx_secrets *s, sx_error *err) {
    sx_finder *f = sx_calloc_for(1, sizeof *f, "the final search", err);
    bool ok = f != NULL;
    if (ok) fill_latin(f);
    for (size_t i = 0; ok && i < s->count; i++)
        ok = sx_patterns_add(&f->patterns, &s->items[i], err);
    for (size_t i = 0; ok && i < f->patterns.count; i++)
        add_hash(f, i);
    if (ok) fill_units(f);
    if (ok &&
        search(f, (const uint8_t *)record, sizeof record - 1, SX_FIND_HEADER, drop_pattern, f))
        ok = sx_fail(err, SX_ERR_MEMORY, "out of memory for the final search");
    if (ok) return f;
    sx_finder_free(f);
    return NULL;
}

void sx_finder_free(sx_finder *f) {
    if (!f) return;
    free(f->patterns.items);
    free(f);
}
