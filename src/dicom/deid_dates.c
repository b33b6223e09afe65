#include "dicom/deid_dates.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

enum { PARTS = 3 };

/* Up to three numbers, or a month in letters. */
typedef struct parts {
    size_t count, sizes[PARTS]; /* of a number: its digits; of a month in letters: 0 */
    int values[PARTS];
} parts;

typedef struct dates {
    char (*out)[9];
    size_t count;
} dates;

/* The number that the digits a[n] are, at most four. */
static int number(const char *a, size_t n) {
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = 10 * value + (a[i] - '0');
    return value;
}

/* English, German and French, folded. */
static int month_of(const char *word, size_t n) {
    static const char names[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
                                "JANFEVMRZAVRMAIJUNJULAOUSEPOKTNOVDEZ"
                                "JAEFEBMAEAPRMAIJUNJULAUGSEPOKTNOVDEZ";
    if (n < 3) return 0;
    const char head[4] = { (char)sx_to_upper(word[0]), (char)sx_to_upper(word[1]),
                           (char)sx_to_upper(word[2]), n > 3 ? (char)sx_to_upper(word[3]) : '\0' };
    if (memcmp(head, "JUIN", 4) == 0) return 6;
    if (memcmp(head, "JUI", 3) == 0) return 7;
    for (size_t i = 0; i < sizeof names - 1; i += 3)
        if (memcmp(head, names + i, 3) == 0) return (int)(i / 3 % 12) + 1;
    return 0;
}

static void read_parts(const char *text, parts *p) {
    *p = (parts){ 0 };
    while (*text && p->count < PARTS) {
        size_t n = 0;
        if (sx_is_digit(*text)) {
            n = strspn(text, "0123456789");
            if (n > 4) return;
            p->sizes[p->count] = n;
            p->values[p->count++] = number(text, n);
        } else if (sx_is_letter(*text)) {
            while (sx_is_letter(text[n]))
                n++;
            const int month = month_of(text, n);
            if (month) p->values[p->count++] = month;
        }
        text += n ? n : 1;
    }
}

static bool is_date(int year, int month, int day) {
    return year >= 1800 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static void put_date(dates *d, int year, int month, int day) {
    char date[9 + 24];
    if (!is_date(year, month, day) || d->count == SX_DEID_DATES) return;
    snprintf(date, sizeof date, "%04d%02d%02d", year, month, day);
    for (size_t i = 0; i < d->count; i++)
        if (memcmp(d->out[i], date, 8) == 0) return;
    memcpy(d->out[d->count++], date, 9);
}

/* size: of the year. */
static void put_years(dates *d, size_t size, int year, int month, int day) {
    if (size >= 4) put_date(d, year, month, day);
    if (size != 2) return;
    put_date(d, 1900 + year, month, day);
    put_date(d, 2000 + year, month, day);
}

/* Every order in which the parts are a year, a month and a day. */
static void put_orders(dates *d, const parts *p) {
    static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 2, 0, 1 } }; /* YMD, DMY, MDY */
    for (size_t i = 0; i < 3 && p->count == PARTS; i++) {
        const int year = orders[i][0], month = orders[i][1], day = orders[i][2];
        if (p->sizes[day] && p->sizes[day] <= 2 && p->sizes[month] <= 2)
            put_years(d, p->sizes[year], p->values[year], p->values[month], p->values[day]);
    }
}

/* Digits in a row: eight, or six without the century. */
static void put_digits(dates *d, const char *a, size_t n) {
    const size_t size = n - 4;
    const parts forth = { 3,
                          { size, 2, 2 },
                          { number(a, size), number(a + size, 2), number(a + size + 2, 2) } },
                back = { 3,
                         { 2, 2, size },
                         { number(a, 2), number(a + 2, 2), number(a + 4, size) } };
    put_orders(d, &forth);
    put_orders(d, &back);
}

size_t sx_deid_dates(const char *text, char out[SX_DEID_DATES][9]) {
    dates d = { out, 0 };
    parts p;
    const size_t n = strspn(text, "0123456789");
    if (n >= 8) put_date(&d, number(text, 4), number(text + 4, 2), number(text + 6, 2));
    if (d.count) return d.count;
    if (n == 8 || n == 6) put_digits(&d, text, n);
    read_parts(text, &p);
    put_orders(&d, &p);
    return d.count;
}

/* A run of digits or of letters. */
typedef struct token {
    size_t digits; /* 0: letters */
    int value;     /* of letters: the month, or 0 */
    bool roman;
} token;

/* I to XII as 1 to 12; 0: something else. */
static int roman_of(const char *word, size_t n) {
    static const char *const months[] = { "I",   "II",   "III", "IV", "V",  "VI",
                                          "VII", "VIII", "IX",  "X",  "XI", "XII" };
    for (int i = 0; i < 12; i++)
        if (strlen(months[i]) == n && memcmp(word, months[i], n) == 0) return i + 1;
    return 0;
}

/* "24th", "the 24th of": words between the parts of a date. */
static const char *skip_words(const char *p) {
    static const char *const words[] = { "ST", "ND", "RD", "TH",   "OF",   "DE",   "ER",
                                         "IN", "ON", "AM", "IM",   "THE",  "DEN",  "DER",
                                         "LE", "DU", "AN", "JAHR", "YEAR", "ANNEE" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = p + (*p == ' ');
        const size_t n = strlen(words[i]);
        if (strncmp(at, words[i], n) != 0 || (at[n] && at[n] != ' ')) continue;
        p = at + n;
        i = (size_t)-1;
    }
    return p + (*p == ' ');
}

static const char *next_token(const char *p, token *t) {
    size_t n = 0;
    *t = (token){ 0 };
    p = skip_words(p);
    if (sx_is_digit(*p)) {
        n = t->digits = strspn(p, "0123456789");
        t->value = n <= 4 ? number(p, n) : -1;
    } else {
        while (p[n] && p[n] != ' ' && !sx_is_digit(p[n]))
            n++;
        t->value = month_of(p, n);
        t->roman = !t->value && (t->value = roman_of(p, n)) > 0;
    }
    return p + n;
}

static bool is_year(const token *t, const char *date) {
    return (t->digits == 4 && t->value == number(date, 4)) ||
           (t->digits == 2 && t->value == number(date + 2, 2));
}

static bool is_day(const token *t, const char *date) {
    return t->digits >= 1 && t->digits <= 2 && t->value == number(date + 6, 2);
}

static bool is_month(const token *t, const char *date) {
    return t->digits >= 1 && t->digits <= 2 && t->value == number(date + 4, 2);
}

/* Three numbers: the year at an end, month and day in either order. */
static bool is_numeric(const token t[3], const char *date) {
    for (int year = 0; year < 3; year += 2) {
        const token *a = &t[1], *b = &t[2 - year];
        if (is_year(&t[year], date) &&
            ((is_month(a, date) && is_day(b, date)) || (is_day(a, date) && is_month(b, date))))
            return true;
    }
    return false;
}

/* Three tokens: a month in letters, and day and year in any order around it; or the name of the
 * month and the year. */
static bool is_named(const token t[3], const char *date) {
    for (int m = 0; m < 3; m++) {
        const token *a = &t[m == 0 ? 1 : 0], *b = &t[m == 2 ? 1 : 2];
        if (t[m].digits || t[m].value != number(date + 4, 2)) continue;
        if ((is_day(a, date) && is_year(b, date)) || (is_day(b, date) && is_year(a, date)))
            return true;
        for (int k = m - 1; !t[m].roman && k <= m + 1; k += 2)
            if (k >= 0 && k < 3 && is_year(&t[k], date)) return true;
    }
    return false;
}

bool sx_deid_has_date(const char *words, const char *date) {
    token t[3] = { { 0 } };
    for (int rest = 2; rest > 0;) {
        t[0] = t[1];
        t[1] = t[2];
        if (*words == '\0' || strcmp(words, " ") == 0) rest--;
        words = *words ? next_token(words, &t[2]) : (t[2] = (token){ 0 }, words);
        if (is_named(t, date) || is_numeric(t, date)) return true;
    }
    return false;
}

void sx_date_form(const char *date, bool century, int form, char out[9]) {
    static const char orders[][4] = { "YMD", "DMY", "MDY" };
    size_t n = 0;
    for (const char *c = orders[form % 3]; *c; c++) {
        const char *from = date + (*c == 'Y' ? 0 : *c == 'M' ? 4 : 6);
        size_t length = *c == 'Y' ? 4 : 2;
        const bool bare = *c == 'M' ? form / 3 & 1 : form / 6;
        const size_t skipped = *c == 'Y' ? (century ? 0 : 2) : (bare && *from == '0');
        length -= skipped;
        memcpy(out + n, from + skipped, length);
        n += length;
    }
    out[n] = '\0';
}
