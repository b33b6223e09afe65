/* Comparing a text with the values that were removed. */
#include "dicom/deid_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "dicom/deid_dates.h"
#include "dicom/deid_values.h"

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

static bool is_label(sx_secret_place place) {
    return place == SX_PLACE_LABEL || place == SX_PLACE_FREE_LABEL;
}

/* Whether the text has the digits a[n], which are too short without their leading zeros. */
static bool has_zeros(const sx_deid_folded *f, sx_secret_place place, const char *a, size_t n) {
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
static bool has_number(const sx_secret *x, const sx_deid_folded *f, sx_secret_place place) {
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

/* Whether the text has the characters a[n] of an identifier. Fewer than twelve must have three
 * digits: SIEMEN is no part of a number. */
static bool has_characters(const sx_deid_folded *f, const char *a, size_t n) {
    char part[16] = "";
    size_t digits = 0;
    for (size_t i = 0; i < n && i < sizeof part - 1; i++) {
        part[i] = a[i];
        digits += sx_is_digit(a[i]);
    }
    return (n >= 12 || digits >= 3) && strstr(f->joined, part);
}

/* The first or last six characters of a longer identifier, or its first twelve: values of SH are
 * cut at 16. */
static bool has_end(const sx_deid_folded *f, const sx_secret *x) {
    enum { LEAST = 6, LONG = 12 };
    const size_t n = strlen(x->joined);
    if (n > LONG && has_characters(f, x->joined, LONG)) return true;
    return n > LEAST &&
           (has_characters(f, x->joined, LEAST) || has_characters(f, x->joined + n - LEAST, LEAST));
}

static bool match_id(const sx_secret *x, const sx_deid_folded *f, sx_secret_place place) {
    const bool pure = all_digits(x->joined);
    if (is_label(place) && !strpbrk(x->joined, "0123456789"))
        return strlen(x->joined) >= 4 && strstr(f->words, x->words);
    if (is_label(place)) place = SX_PLACE_TEXT;
    if (place == SX_PLACE_TERM && !pure)
        return strlen(x->joined) >= 4 && strcmp(f->joined, x->joined) == 0;
    if (has_number(x, f, place)) return true;
    if (place != SX_PLACE_TEXT) return false;
    const char *whole = pure ? x->joined + strspn(x->joined, "0") : x->joined;
    return (strlen(whole) >= (pure ? 6 : 4) && strstr(f->joined, whole)) || has_end(f, x);
}

/* Year and month as a number; 19:57:03 is a valid time, too. */
static bool has_month(const char *words, const char *date, sx_secret_place place) {
    char month_year[7];
    snprintf(month_year, sizeof month_year, "%.2s%.4s", date + 4, date);
    return has_run(words, date, 6, 5) || has_run(words, month_year, 6, 5) ||
           (place == SX_PLACE_TEXT &&
            (has_split_run(words, date, 6, 5) || has_split_run(words, month_year, 6, 5)));
}

/* A date without the century: 190714, 140719, 071419. A number has no other digits, and may lack
 * the zero before them; a text may have others around them. */
static bool has_short_date(const sx_deid_folded *f, const char *digits, const char *date,
                           sx_secret_place place) {
    for (int form = 0; form < 3; form++) {
        char text[9];
        sx_date_form(date, false, form, text);
        if (place == SX_PLACE_TEXT ? strstr(f->digits, text) != NULL : strcmp(digits, text) == 0)
            return true;
        if (text[0] == '0' && text[1] != '0' && strcmp(digits, text + 1) == 0) return true;
    }
    return false;
}

/* Any order of day, month and year, with or without the century and zeros. */
static bool match_date(const sx_secret *x, const sx_deid_folded *f, sx_secret_place place) {
    const char *digits = f->digits + (f->fraction ? strspn(f->digits, "0") : 0);
    if (strspn(x->joined, "0123456789") < 8) return false;
    if (place == SX_PLACE_TEXT && sx_deid_has_date(f->words, x->joined)) return true;
    if (has_month(f->words, x->joined, place) || has_short_date(f, digits, x->joined, place))
        return true;
    for (int form = 0; form < SX_DATE_FORMS; form++) {
        char text[9];
        sx_date_form(x->joined, true, form, text);
        if (form < 3 && strstr(f->digits, text)) return true;
        if (strlen(text) >= 6 && strcmp(digits, text) == 0) return true;
    }
    return false;
}

static bool matches(const sx_secret *x, const sx_deid_folded *f, const char *text,
                    sx_secret_place place) {
    if (place == SX_PLACE_PRODUCT) {
        if (x->kind == SX_SECRET_TEXT || x->kind == SX_SECRET_WORDS) return false;
        place = SX_PLACE_TEXT;
    }
    const sx_secret_place plain = is_label(place) ? SX_PLACE_TEXT : place;
    switch (x->kind) {
    case SX_SECRET_NAME:
        return sx_deid_match_name(x, f, place);
    case SX_SECRET_INSTITUTION:
        return place == SX_PLACE_TEXT && sx_deid_match_institution(x, f);
    case SX_SECRET_WORDS:
        return place == SX_PLACE_TEXT && sx_deid_match_words(x, f);
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
        if (place == SX_PLACE_TERM || is_label(place)) return false;
        if (place == SX_PLACE_TEXT && ((strlen(x->joined) >= 6 && strstr(f->joined, x->joined)) ||
                                       sx_deid_has_all_words(f, x, 8)))
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

static const sx_secret *match_names_without_e(const sx_secrets *s, sx_deid_folded *f) {
    const bool words = drop_e(f->words), joined = drop_e(f->joined);
    if (!words && !joined) return NULL;
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].kind == SX_SECRET_NAME &&
            sx_deid_match_name(&s->items[i], f, SX_PLACE_TEXT))
            return &s->items[i];
    return NULL;
}

static const sx_secret *match_text(const sx_secrets *s, const char *text, sx_secret_place place) {
    const char *number = text + (*text == '+' || *text == '-');
    sx_deid_folded f = { .words = sx_deid_fold(text, false),
                         .decimal = strchr(text, '.') != NULL,
                         .fraction = number[strspn(number, "0")] == '.' };
    f.joined = f.words ? sx_deid_without_blanks(f.words) : NULL;
    f.digits = f.joined ? sx_deid_without_blanks(f.joined) : NULL;
    const sx_secret *found = NULL;
    if (f.digits) {
        char *to = f.digits;
        for (const char *p = f.joined; *p; p++)
            if (sx_is_digit(*p)) *to++ = *p;
        *to = '\0';
        for (size_t i = 0; i < s->count && !found; i++)
            if (matches(&s->items[i], &f, text, place)) found = &s->items[i];
        if (!found && (place == SX_PLACE_TEXT || place == SX_PLACE_PRODUCT))
            found = match_names_without_e(s, &f);
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
    const bool words = place == SX_PLACE_TERM || is_label(place);
    return found || words ? found : match_numbers(s, text);
}
