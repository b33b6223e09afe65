#define _GNU_SOURCE /* memmem */
/* Numbers that are spread over several values of an attribute, or over several attributes. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "dicom/deid_dates.h"
#include "dicom/deid_secrets.h"
#include "dicom/deid_values.h"

/* Digits of a secret that is found, without and with a fraction, and of a date, with and without
 * its leading zeros. Neighbouring attributes give short numbers by chance. */
typedef struct limits {
    size_t digits, with_fraction, date, date_value;
} limits;
static const limits in_attribute = { 4, 5, 6, 5 }, in_neighbours = { 6, 7, 7, 7 };

/* Digits of a date with its century, if year, month and day may be values of their own. */
enum { LEAST_IN_PARTS = 6, PARTS = 3 };

/* The digits of a value: as it is written; of the plain number; of that without the 0 before a
 * fraction; and without any zeros before the first other digit. */
typedef enum digit_form { AS_WRITTEN, PLAIN, FRACTION, NO_ZEROS, DIGIT_FORMS } digit_form;

/* The digits of all values. */
typedef struct joined_digits {
    char *digits;
    bool *begins; /* [n + 1]: a value begins here; true at n */
    size_t n, least;
    const limits *limits;
} joined_digits;

/* A number of zeros stays as it is. */
static const char *without_zeros(const char *number, digit_form f) {
    if (f == FRACTION && number[0] == '0' && number[1] == '.') return number + 1;
    if (f != NO_ZEROS) return number;
    const char *digit = number + strcspn(number, "123456789");
    return *digit ? digit : number;
}

static bool join(joined_digits *j, const char *const *values, size_t count, const limits *l,
                 digit_form f) {
    size_t room = 1;
    for (size_t i = 0; i < count; i++)
        room += strlen(values[i]) + SX_DEID_VALUE;
    *j = (joined_digits){ malloc(room), sx_calloc(room, sizeof *j->begins), 0, l->digits, l };
    if (!j->digits || !j->begins) return false;
    for (size_t i = 0; i < count; i++) {
        char number[SX_DEID_VALUE];
        const bool plain = f != AS_WRITTEN && sx_deid_plain_number(values[i], number);
        const char *p = plain ? number : values[i];
        j->begins[j->n] = true;
        if (strchr(p, '.')) j->least = l->with_fraction;
        for (p = without_zeros(p, f); *p; p++)
            if (sx_is_digit(*p)) j->digits[j->n++] = *p;
    }
    j->begins[j->n] = true;
    return true;
}

static void free_joined(joined_digits *j) {
    free(j->digits);
    free(j->begins);
}

/* Whether the digits a[n] are those of `least` values or more, without leading zeros. */
static bool has_number(const joined_digits *j, const char *a, size_t n, size_t least) {
    for (; n > 0 && *a == '0'; n--)
        a++;
    if (n < j->least) return false;
    const char *end = j->digits + j->n;
    for (const char *p = j->digits; (p = memmem(p, (size_t)(end - p), a, n)); p++) {
        size_t from = (size_t)(p - j->digits), values = 0;
        const size_t to = from + n;
        while (from > 0 && !j->begins[from] && j->digits[from - 1] == '0')
            from--;
        for (size_t i = from; i < to; i++)
            values += j->begins[i];
        if (values >= least && j->begins[from] && j->begins[to]) return true;
    }
    return false;
}

static bool has_digits(const joined_digits *j, const char *digits, bool century) {
    const size_t n = strlen(digits), value = n - strspn(digits, "0");
    if (n >= j->limits->date && value >= j->limits->date_value) return has_number(j, digits, n, 2);
    return century && value >= LEAST_IN_PARTS && has_number(j, digits, n, PARTS);
}

/* A date in any order of day, month and year, whose months and days may lack their zeros, with or
 * without the century. */
static bool has_date(const joined_digits *j, const sx_secret *x) {
    const char *date = x->joined;
    if (strspn(date, "0123456789") < 8) return false;
    for (int century = 2; century >= 0; century -= 2)
        for (int form = 0; form < SX_DATE_FORMS; form++) {
            char text[9];
            sx_date_form(date, century == 2, form, text);
            if (has_digits(j, text, century == 2)) return true;
        }
    return false;
}

static bool repeats(const joined_digits *j, const sx_secret *x) {
    if (x->kind == SX_SECRET_NAME || x->kind == SX_SECRET_UID || x->kind == SX_SECRET_WORDS)
        return false;
    if (sx_secret_is_date(x->kind)) return has_date(j, x);
    for (const char *p = x->numbers + 1; *p;) {
        const size_t n = strcspn(p, " ");
        if (has_number(j, p, n, 2)) return true;
        p += n + 1;
    }
    return false;
}

static const sx_secret *match(const sx_secrets *s, const char *const *values, size_t count,
                              const limits *l) {
    const sx_secret *found = NULL;
    for (int f = 0; f < DIGIT_FORMS && !found; f++) {
        joined_digits j;
        if (!join(&j, values, count, l, (digit_form)f)) found = &sx_secret_no_memory;
        for (size_t i = 0; i < s->count && !found; i++)
            if (repeats(&j, &s->items[i])) found = &s->items[i];
        free_joined(&j);
    }
    return found;
}

const sx_secret *sx_secrets_match_joined(const sx_secrets *s, const char *const *values,
                                         size_t count) {
    return match(s, values, count, &in_attribute);
}

const sx_secret *sx_secrets_match_spread(const sx_secrets *s, const char *const *values,
                                         size_t count) {
    return match(s, values, count, &in_neighbours);
}
