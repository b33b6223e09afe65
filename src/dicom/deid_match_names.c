/* Names of persons and institutions in a text. */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "dicom/deid_match.h"

static bool has_word(const char *words, const char *word, size_t n) {
    for (const char *p = words; (p = strchr(p, ' ')) && p[1]; p++)
        if (strncmp(p + 1, word, n) == 0 && p[1 + n] == ' ') return true;
    return false;
}

bool sx_deid_has_all_words(const sx_deid_folded *f, const sx_secret *x, size_t least) {
    size_t total = 0;
    for (const char *p = x->words + 1; *p;) {
        const size_t n = strcspn(p, " ");
        if (!has_word(f->words, p, n)) return false;
        total += n;
        p += n + 1;
    }
    return total >= least;
}

/* Whether a word of `least` characters or more is a word of the text, or in free text a part of a
 * word. */
static bool has_some_word(const sx_deid_folded *f, const sx_secret *x, sx_secret_place place,
                          size_t least) {
    char part[256];
    for (const char *p = x->words + 1; *p;) {
        const size_t n = strcspn(p, " ");
        if (n >= least && n < sizeof part) {
            memcpy(part, p, n);
            part[n] = '\0';
            if (has_word(f->words, p, n) || (place == SX_PLACE_TEXT && strstr(f->joined, part)))
                return true;
        }
        p += n + 1;
    }
    return false;
}

/* Whether the text has the words a[n] and b[k] joined, with at least five letters. */
static bool has_pair(const sx_deid_folded *f, const char *a, size_t n, const char *b, size_t k) {
    char pair[256];
    if (n + k < 5 || n + k >= sizeof pair) return false;
    memcpy(pair, a, n);
    memcpy(pair + n, b, k);
    pair[n + k] = '\0';
    return strstr(f->joined, pair) != NULL;
}

/* Two components of a name that are joined, in either order: LEEKIM for Lee^Kim^Ann. */
static bool has_joined_words(const sx_deid_folded *f, const sx_secret *x) {
    for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1) {
        const size_t n = strcspn(p, " ");
        for (const char *q = p + n + 1; *q; q += strcspn(q, " ") + 1) {
            const size_t k = strcspn(q, " ");
            if (has_pair(f, p, n, q, k) || has_pair(f, q, k, p, n)) return true;
        }
    }
    return false;
}

/* Whether the word a[n], of five letters or more, begins or ends the text b[k]. */
static bool is_end_of(const char *a, size_t n, const char *b, size_t k) {
    return n >= 5 && n < k && (memcmp(a, b, n) == 0 || memcmp(a, b + k - n, n) == 0);
}

/* A word of the text that is a part of a component, or of all components joined: values of SH have
 * only 16 characters, and a name may be spread over two attributes. */
static bool has_part(const sx_deid_folded *f, const sx_secret *x) {
    const size_t total = strlen(x->joined);
    if (is_end_of(f->joined, strlen(f->joined), x->joined, total)) return true;
    for (const char *a = f->words + 1; *a; a += strcspn(a, " ") + 1) {
        const size_t n = strcspn(a, " ");
        if (is_end_of(a, n, x->joined, total)) return true;
        for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1)
            if (is_end_of(a, n, p, strcspn(p, " "))) return true;
    }
    return false;
}

/* Letters in a row of a component of a name, anywhere in the text: its first five, if it has more,
 * or any seven. PCHAGELS and CTAGELSTE for Hagelstein. */
static bool has_piece(const sx_deid_folded *f, const sx_secret *x) {
    enum { FIRST = 5, LEAST = 7 };
    char piece[LEAST + 1] = "";
    for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1) {
        const size_t n = strcspn(p, " ");
        if (n > FIRST) {
            snprintf(piece, sizeof piece, "%.*s", (int)FIRST, p);
            if (strstr(f->joined, piece)) return true;
        }
        for (size_t i = 0; i + LEAST <= n; i++) {
            snprintf(piece, sizeof piece, "%.*s", (int)LEAST, p + i);
            if (strstr(f->joined, piece)) return true;
        }
    }
    return false;
}

static bool is_one_of(const char *word, size_t n, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && memcmp(list[i], word, n) == 0) return true;
    return false;
}

/* Whether the text has the letters a[n] with no other letters next to them: "ABT-PC", "ABT1". */
static bool has_token(const sx_deid_folded *f, const char *a, size_t n) {
    for (const char *p = f->words + 1; *p; p++)
        if (strncmp(p, a, n) == 0 && (p[-1] == ' ' || sx_is_digit(p[-1])) &&
            (p[n] == ' ' || sx_is_digit(p[n])))
            return true;
    return false;
}

/* A component of three letters that stands alone. Titles are no names. */
static bool has_short_name(const sx_deid_folded *f, const sx_secret *x) {
    static const char *const titles[] = { "MED", "PHD", "MRS", "VON", "VAN", "DER", "DEN", "DEL" };
    for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1)
        if (strcspn(p, " ") == 3 && !is_one_of(p, 3, titles, sizeof titles / sizeof *titles) &&
            has_token(f, p, 3))
            return true;
    return false;
}

static bool match_label(const sx_secret *x, const sx_deid_folded *f) {
    return has_some_word(f, x, SX_PLACE_TEXT, 5) || has_part(f, x) || has_piece(f, x);
}

bool sx_deid_match_name(const sx_secret *x, const sx_deid_folded *f, sx_secret_place place) {
    if (place == SX_PLACE_NUMBER || place == SX_PLACE_DATE) return false;
    if (place == SX_PLACE_FREE_LABEL && match_label(x, f)) return true;
    if (has_some_word(f, x, place, 4) || sx_deid_has_all_words(f, x, 4)) return true;
    return place == SX_PLACE_TEXT &&
           ((strlen(x->joined) >= 5 && strstr(f->joined, x->joined)) || has_joined_words(f, x) ||
            has_part(f, x) || has_piece(f, x) || has_short_name(f, x));
}

/* ---- institutions ---- */

/* Words of the names of many institutions, and of manufacturers, devices and programs. */
static bool is_general(const char *word, size_t n) {
    static const char *const general[] = {
        "AND",     "DER", "DIE",    "FOR",     "HEALTH", "THE",  "HEALTHCARE", "IMAGING",
        "MEDICAL", "RAY", "SYSTEM", "SYSTEMS", "UND",    "XRAY", "DIGITAL"
    };
    return is_one_of(word, n, general, sizeof general / sizeof *general);
}

/* The first letters of three words or more: MHH for Medizinische Hochschule Hannover. */
static bool has_acronym(const sx_deid_folded *f, const sx_secret *x) {
    char letters[16];
    size_t n = 0;
    for (const char *p = x->words + 1; *p && n < sizeof letters; p += strcspn(p, " ") + 1)
        if (!sx_is_digit(*p)) letters[n++] = *p;
    return n >= 3 && n < sizeof letters && has_token(f, letters, n);
}

bool sx_deid_match_words(const sx_secret *x, const sx_deid_folded *f) {
    for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1) {
        const size_t n = strcspn(p, " "), digits = strspn(p, "0123456789");
        if (n >= 5 && digits < n && !is_general(p, n) && has_token(f, p, n)) return true;
    }
    return false;
}

bool sx_deid_match_institution(const sx_secret *x, const sx_deid_folded *f) {
    char word[64];
    for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1) {
        const size_t n = strcspn(p, " ");
        if (n < 3 || n >= sizeof word || is_general(p, n)) continue;
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        if (n == 3 ? has_token(f, p, n) : strstr(f->joined, word) != NULL) return true;
    }
    return has_acronym(f, x) || has_part(f, x);
}
