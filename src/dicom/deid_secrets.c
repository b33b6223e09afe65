#include "dicom/deid_secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/patient_id.h"
#include "base/str.h"
#include "dicom/deid_dates.h"
#include "dicom/deid_values.h"

enum { MAX_SECRETS = 10000 };

const sx_secret sx_secret_no_memory = { 0 };

/* Placeholders for unknown values identify nobody. */
static bool is_placeholder(const sx_secret *x) {
    return strcmp(x->joined, "OTHER") == 0 || strcmp(x->joined, "YES") == 0 ||
           sx_patient_is_placeholder(x->words);
}

static char *without_blanks(const char *words) {
    char *joined = malloc(strlen(words) + 1), *to = joined;
    if (!joined) return NULL;
    for (; *words; words++)
        if (*words != ' ') *to++ = *words;
    *to = '\0';
    return joined;
}

/* Adds the digits a[n] of a value of `length` letters and digits, if they may stand for it: without
 * leading zeros, or with them if the rest is too short. */
static void put_number(sx_str *s, sx_secret_kind kind, const char *a, size_t n, size_t length) {
    const bool main_part = kind == SX_SECRET_ID && 2 * n >= length;
    const size_t zeros = strspn(a, "0"), skipped = zeros < n ? zeros : n;
    if (n - skipped >= (main_part ? 4u : 6u))
        sx_str_append(s, a + skipped, n - skipped);
    else if (main_part && skipped && n >= 4)
        sx_str_append(s, a, n);
    else
        return;
    sx_str_add(s, " ");
}

static char *numbers_of(sx_secret_kind kind, const char *words, const char *joined) {
    static const char digits[] = "0123456789";
    const size_t length = strlen(joined);
    sx_str s = { 0 }, all = { 0 };
    sx_str_add(&s, " ");
    sx_str_add(&all, "");
    for (const char *p = words + strcspn(words, digits); *p; p += strcspn(p, digits)) {
        const size_t n = strspn(p, digits);
        put_number(&s, kind, p, n, length);
        p += n;
    }
    for (const char *p = joined; *p; p++)
        if (sx_is_digit(*p)) sx_str_append(&all, p, 1);
    if (kind == SX_SECRET_ID) put_number(&s, kind, sx_str_text(&all), all.len, length);
    if (all.failed) s.failed = true;
    if (s.failed) sx_str_free(&s);
    sx_str_free(&all);
    return s.data;
}

static void free_secret(sx_secret *x) {
    free(x->raw);
    free(x->words);
    free(x->joined);
    free(x->numbers);
}

/* *fresh: the same value was not added before. */
static bool is_fresh(sx_secrets *s, const sx_secret *x, bool *fresh, sx_error *err) {
    sx_str key = { 0 };
    sx_str_printf(&key, "%d%s", (int)x->kind, x->words);
    sx_str_append(&key, x->raw, x->raw_count);
    const bool ok = sx_str_ok(&key, err) && sx_names_put(&s->seen, key.data, 0, fresh, err);
    sx_str_free(&key);
    return ok;
}

static bool append_secret(sx_secrets *s, const sx_secret *x, sx_error *err) {
    if (s->count == MAX_SECRETS)
        return sx_fail(err, SX_ERR_LIMIT, "more than %d different values to remove",
                       (int)MAX_SECRETS);
    if (s->count == s->cap) {
        const size_t cap = s->cap ? 2 * s->cap : 64;
        sx_secret *items = sx_realloc(s->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for what is taken out");
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = *x;
    return true;
}

static bool add_one(sx_secrets *s, uint32_t tag, sx_secret_kind kind, const char *raw, size_t n,
                    const char *utf8, bool wide, sx_error *err) {
    sx_secret x = { .tag = tag, .kind = kind, .raw_count = n };
    x.raw = malloc(n + 1);
    x.words = sx_deid_fold(utf8, wide);
    x.joined = x.words ? without_blanks(x.words) : NULL;
    x.numbers = x.joined ? numbers_of(kind, x.words, x.joined) : NULL;
    bool ok = x.raw && x.words && x.joined && x.numbers;
    if (!ok) sx_fail(err, SX_ERR_MEMORY, "out of memory for what is taken out");
    if (ok) {
        memcpy(x.raw, raw, n);
        x.raw[n] = '\0';
    }
    bool wanted = ok && !is_placeholder(&x);
    if (wanted) ok = is_fresh(s, &x, &wanted, err);
    if (ok && wanted) ok = append_secret(s, &x, err);
    if (!ok || !wanted) free_secret(&x);
    return ok;
}

bool sx_secrets_add(sx_secrets *s, uint32_t tag, sx_secret_kind kind, const char *raw, size_t n,
                    const char *utf8, sx_error *err) {
    return add_one(s, tag, kind, raw, n, utf8, false, err) &&
           add_one(s, tag, kind, raw, n, utf8, true, err);
}

void sx_secrets_free(sx_secrets *s) {
    for (size_t i = 0; i < s->count; i++)
        free_secret(&s->items[i]);
    free(s->items);
    sx_names_free(&s->seen);
    *s = (sx_secrets){ 0 };
}

/* ---- digits ---- */

static bool all_digits(const char *s) {
    return *s && s[strspn(s, "0123456789")] == '\0';
}

static const char *without_zeros(const char *s, size_t *n) {
    while (*n > 0 && *s == '0') {
        s++;
        --*n;
    }
    return s;
}

/* Whether the digits a[n], without leading zeros, are a run of at least `least` digits in s. */
static bool has_run(const char *s, const char *a, size_t n, size_t least) {
    a = without_zeros(a, &n);
    if (n < least) return false;
    for (s += strcspn(s, "0123456789"); *s; s += strcspn(s, "0123456789")) {
        size_t k = strspn(s, "0123456789");
        const char *end = s + k, *run = without_zeros(s, &k);
        if (k == n && memcmp(run, a, n) == 0) return true;
        s = end;
    }
    return false;
}

/* Whether the digits a[n] are a run in s. In a number with a fraction, only before the point. */
static bool has_exact_run(const char *s, const char *a, size_t n, bool fraction) {
    for (s += strcspn(s, "0123456789"); *s; s += strcspn(s, "0123456789")) {
        const size_t k = strspn(s, "0123456789");
        if (k == n && memcmp(s, a, n) == 0) return true;
        if (fraction) return false;
        s += k;
    }
    return false;
}

static bool is_same_number(const char *s, const char *a, size_t k, size_t least) {
    size_t n = strlen(s);
    s = without_zeros(s, &n);
    return n == k && n >= least && memcmp(s, a, n) == 0;
}

/* Whether the digits a[n], without leading zeros, are those of neighbouring words: "038 890". */
static bool has_split_run(const char *words, const char *a, size_t n, size_t least) {
    char digits[64];
    a = without_zeros(a, &n);
    if (n < least || n >= sizeof digits) return false;
    for (const char *begin = words; (begin = strchr(begin, ' ')) && begin[1]; begin++) {
        size_t count = 0;
        for (const char *p = begin + 1; *p && count <= n;) {
            const size_t k = strcspn(p, " ");
            if (strspn(p, "0123456789") != k || count + k >= sizeof digits) break;
            memcpy(digits + count, p, k);
            count += k;
            digits[count] = '\0';
            while (*digits == '0')
                memmove(digits, digits + 1, count--);
            if (count == n && memcmp(digits, a, n) == 0) return true;
            p += k + (p[k] == ' ');
        }
    }
    return false;
}

/* ---- the kinds ---- */

static bool is_number_place(sx_secret_place place) {
    return place == SX_PLACE_NUMBER || place == SX_PLACE_DATE;
}

typedef struct folded {
    char *words, *joined, *digits;
    bool decimal, fraction; /* with a point; below 1 */
} folded;

static bool has_word(const char *words, const char *word, size_t n) {
    for (const char *p = words; (p = strchr(p, ' ')) && p[1]; p++)
        if (strncmp(p + 1, word, n) == 0 && p[1 + n] == ' ') return true;
    return false;
}

/* Whether the text has all words of at least `least` characters, in any order. */
static bool has_all_words(const folded *f, const sx_secret *x, size_t least) {
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
static bool has_some_word(const folded *f, const sx_secret *x, sx_secret_place place,
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
static bool has_pair(const folded *f, const char *a, size_t n, const char *b, size_t k) {
    char pair[256];
    if (n + k < 5 || n + k >= sizeof pair) return false;
    memcpy(pair, a, n);
    memcpy(pair + n, b, k);
    pair[n + k] = '\0';
    return strstr(f->joined, pair) != NULL;
}

/* Two components of a name that are joined, in either order: LEEKIM for Lee^Kim^Ann. */
static bool has_joined_words(const folded *f, const sx_secret *x) {
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
static bool has_part(const folded *f, const sx_secret *x) {
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

/* Seven letters in a row of a component of a name, within a word: CTHAGELST for Hagelstein. */
static bool has_piece(const folded *f, const sx_secret *x) {
    enum { LEAST = 7 };
    char piece[LEAST + 1] = "";
    for (const char *p = x->words + 1; *p; p += strcspn(p, " ") + 1) {
        const size_t n = strcspn(p, " ");
        for (size_t i = 0; i + LEAST <= n; i++) {
            memcpy(piece, p + i, LEAST);
            if (strstr(f->joined, piece)) return true;
        }
    }
    return false;
}

static bool match_name(const sx_secret *x, const folded *f, sx_secret_place place) {
    if (is_number_place(place)) return false;
    if (has_some_word(f, x, place, 4) || has_all_words(f, x, 4)) return true;
    return place == SX_PLACE_TEXT && ((strlen(x->joined) >= 5 && strstr(f->joined, x->joined)) ||
                                      has_joined_words(f, x) || has_part(f, x) || has_piece(f, x));
}

/* Whether the text has the digits a[n], which are too short without their leading zeros. */
static bool has_zeros(const folded *f, sx_secret_place place, const char *a, size_t n) {
    if (*a != '0') return false;
    return has_exact_run(f->words, a, n, is_number_place(place) && f->decimal) ||
           (place == SX_PLACE_TEXT && strlen(f->digits) == n && memcmp(f->digits, a, n) == 0);
}

/* Six digits or more that a number with a fraction has among others: 0.1771234 for 771234. */
static bool has_digits_in(const char *digits, const char *a, size_t n) {
    char run[64];
    a = without_zeros(a, &n);
    if (n < 6 || n >= sizeof run) return false;
    memcpy(run, a, n);
    run[n] = '\0';
    return strstr(digits, run) != NULL;
}

/* Whether the text has one of the secret's numbers. A number with a fraction is more often a
 * measurement: six digits are then needed, and in a pure number only where it is below 1. */
static bool has_number(const sx_secret *x, const folded *f, sx_secret_place place) {
    const bool pure = all_digits(x->joined), number = is_number_place(place);
    const size_t least_run = number && f->decimal ? 6 : 4,
                 least = pure ? (number && f->fraction ? 6 : 4) : least_run;
    for (const char *p = x->numbers + 1; *p;) {
        const size_t n = strcspn(p, " ");
        if (has_zeros(f, place, p, n) || has_run(f->words, p, n, least_run) ||
            (x->kind == SX_SECRET_ID && is_same_number(f->digits, p, n, least)) ||
            (number && f->decimal && has_digits_in(f->digits, p, n)))
            return true;
        if (x->kind == SX_SECRET_ID && place == SX_PLACE_TEXT && has_split_run(f->words, p, n, 4))
            return true;
        p += n + 1;
    }
    return false;
}

/* The first twelve characters of a longer identifier: values of SH are cut at 16. */
static bool has_beginning(const folded *f, const sx_secret *x) {
    enum { LEAST = 12 };
    char head[LEAST + 1] = "";
    if (strlen(x->joined) <= LEAST) return false;
    memcpy(head, x->joined, LEAST);
    return strstr(f->joined, head) != NULL;
}

static bool match_id(const sx_secret *x, const folded *f, sx_secret_place place) {
    const bool pure = all_digits(x->joined);
    if (place == SX_PLACE_LABEL && !strpbrk(x->joined, "0123456789"))
        return strlen(x->joined) >= 4 && strstr(f->words, x->words);
    if (place == SX_PLACE_LABEL) place = SX_PLACE_TEXT;
    if (place == SX_PLACE_TERM && !pure)
        return strlen(x->joined) >= 4 && strcmp(f->joined, x->joined) == 0;
    if (has_number(x, f, place)) return true;
    if (place != SX_PLACE_TEXT) return false;
    const char *whole = pure ? x->joined + strspn(x->joined, "0") : x->joined;
    return (strlen(whole) >= (pure ? 6 : 4) && strstr(f->joined, whole)) || has_beginning(f, x);
}

/* Year and month of the birth date as a number; 19:57:03 is a valid time, too. */
static bool has_month(const char *words, const char *date, sx_secret_place place) {
    char month_year[7];
    snprintf(month_year, sizeof month_year, "%.2s%.4s", date + 4, date);
    return has_run(words, date, 6, 5) || has_run(words, month_year, 6, 5) ||
           (place == SX_PLACE_TEXT &&
            (has_split_run(words, date, 6, 5) || has_split_run(words, month_year, 6, 5)));
}

/* Any date with all its eight digits. The birth date also without the century or without zeros, if
 * the text has six digits and no others. */
static bool match_date(const sx_secret *x, const folded *f, sx_secret_place place) {
    const bool birth = x->kind == SX_SECRET_BIRTH;
    const char *digits = f->digits + (f->fraction ? strspn(f->digits, "0") : 0);
    if (strspn(x->joined, "0123456789") < 8) return false;
    if (place == SX_PLACE_TEXT && sx_deid_names_month(f->words, x->joined, birth)) return true;
    if (birth && has_month(f->words, x->joined, place)) return true;
    for (int form = 0; form < SX_DATE_FORMS; form++) {
        char text[9];
        sx_date_form(x->joined, true, form, text);
        if (form < 3 && strstr(f->digits, text)) return true;
        if (birth && strlen(text) >= 6 && strcmp(digits, text) == 0) return true;
        sx_date_form(x->joined, false, form, text);
        if (birth && strlen(text) == 6 && strcmp(digits, text) == 0) return true;
    }
    return false;
}

static bool matches(const sx_secret *x, const folded *f, const char *text, sx_secret_place place) {
    const sx_secret_place plain = place == SX_PLACE_LABEL ? SX_PLACE_TEXT : place;
    switch (x->kind) {
    case SX_SECRET_NAME:
        return match_name(x, f, place);
    case SX_SECRET_INSTITUTION:
        return place == SX_PLACE_TEXT && has_some_word(f, x, place, 5);
    case SX_SECRET_ID:
        return match_id(x, f, place);
    case SX_SECRET_SHIFTED:
        return place != SX_PLACE_TERM && place != SX_PLACE_DATE && match_date(x, f, plain);
    case SX_SECRET_DATE:
    case SX_SECRET_BIRTH:
        return place != SX_PLACE_TERM && match_date(x, f, plain);
    case SX_SECRET_UID:
        return plain == SX_PLACE_TEXT && x->raw_count >= 6 && strstr(text, x->raw);
    default:
        if (place == SX_PLACE_TERM || place == SX_PLACE_LABEL) return false;
        if (place == SX_PLACE_TEXT &&
            ((strlen(x->joined) >= 6 && strstr(f->joined, x->joined)) || has_all_words(f, x, 8)))
            return true;
        return has_number(x, f, place);
    }
}

/* "MUELLER" may stand for a name that the film has without the umlaut. Removes the E behind A, O
 * and U; false: there is none. */
static bool drop_e(char *words) {
    char *to = words;
    bool dropped = false;
    for (const char *p = words; *p; p++) {
        const bool umlaut = *p == 'E' && p > words && strchr("AOU", p[-1]);
        dropped = dropped || umlaut;
        if (!umlaut) *to++ = *p;
    }
    *to = '\0';
    return dropped;
}

static const sx_secret *match_names_without_e(const sx_secrets *s, folded *f) {
    const bool words = drop_e(f->words), joined = drop_e(f->joined);
    if (!words && !joined) return NULL;
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].kind == SX_SECRET_NAME && match_name(&s->items[i], f, SX_PLACE_TEXT))
            return &s->items[i];
    return NULL;
}

static const sx_secret *match_text(const sx_secrets *s, const char *text, sx_secret_place place) {
    const char *number = text + (*text == '+' || *text == '-');
    folded f = { .words = sx_deid_fold(text, false),
                 .decimal = strchr(text, '.') != NULL,
                 .fraction = number[strspn(number, "0")] == '.' };
    f.joined = f.words ? without_blanks(f.words) : NULL;
    f.digits = f.joined ? without_blanks(f.joined) : NULL;
    const sx_secret *found = NULL;
    if (f.digits) {
        char *to = f.digits;
        for (const char *p = f.joined; *p; p++)
            if (sx_is_digit(*p)) *to++ = *p;
        *to = '\0';
        for (size_t i = 0; i < s->count && !found; i++)
            if (matches(&s->items[i], &f, text, place)) found = &s->items[i];
        if (!found && place == SX_PLACE_TEXT) found = match_names_without_e(s, &f);
    } else if (s->count) {
        found = &sx_secret_no_memory;
    }
    free(f.words);
    free(f.joined);
    free(f.digits);
    return found;
}

/* Each number of the text that has another spelling, as a plain number. */
static const sx_secret *match_numbers(const sx_secrets *s, const char *text) {
    static const char blanks[] = " \t\r\n\f";
    const sx_secret *found = NULL;
    for (text += strspn(text, blanks); *text && !found; text += strspn(text, blanks)) {
        const size_t n = strcspn(text, blanks);
        char word[SX_DEID_VALUE], plain[SX_DEID_VALUE];
        if (n < sizeof word) {
            memcpy(word, text, n);
            word[n] = '\0';
            if (sx_deid_plain_number(word, plain) && strcmp(word, plain) != 0)
                found = match_text(s, plain, SX_PLACE_NUMBER);
        }
        text += n;
    }
    return found;
}

const sx_secret *sx_secrets_match(const sx_secrets *s, const char *text, sx_secret_place place) {
    const sx_secret *found = match_text(s, text, place);
    const bool words = place == SX_PLACE_TERM || place == SX_PLACE_LABEL;
    return found || words ? found : match_numbers(s, text);
}
