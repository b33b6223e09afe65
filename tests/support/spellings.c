#include "support/spellings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *part(const secret_value *v, size_t i, spelling s) {
    const char *plain = v->plain[i] ? v->plain[i] : v->own[i];
    switch (s) {
    case SPELL_PLAIN:
    case SPELL_REVERSED:
    case SPELL_BLANKS:
    case SPELL_JOINED:
    case SPELL_SEPARATED:
    case SPELL_UTF16_LE:
    case SPELL_UTF16_BE:
    case SPELL_LETTER_BY_LETTER:
        return plain;
    case SPELL_WIDE:
        return v->wide[i] ? v->wide[i] : plain;
    default:
        return v->own[i];
    }
}

static char separator(const secret_value *v, spelling s, int variant) {
    static const char others[SPELL_VARIANTS] = { '^', '-', '_', '.', '/', ',', '=', '\\' };
    if (s == SPELL_BLANKS || s == SPELL_REVERSED) return ' ';
    if (s == SPELL_JOINED || s == SPELL_STRIPPED_OR_PADDED || s == SPELL_LETTER_BY_LETTER) return 0;
    if (s == SPELL_DECIMAL && v->number) return 0;
    return s == SPELL_SEPARATED ? others[variant % SPELL_VARIANTS] : v->separator;
}

static void change_case(char *text, size_t n, spelling s) {
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c >= 0x80) continue;
        if (s == SPELL_UPPER) text[i] = (char)toupper(c);
        if (s == SPELL_LOWER) text[i] = (char)tolower(c);
    }
}

static size_t spread(char *text, size_t n, char between) {
    for (size_t i = n; i-- > 0;) {
        text[2 * i] = text[i];
        text[2 * i + 1] = between;
    }
    return n ? 2 * n - 1 : 0;
}

static size_t as_utf16(char *text, size_t n, bool big) {
    for (size_t i = n; i-- > 0;) {
        text[2 * i + big] = text[i];
        text[2 * i + !big] = 0;
    }
    return 2 * n;
}

static size_t strip_or_pad(char *text, size_t n, bool pad) {
    const size_t zeros = strspn(text, "0"), rest = n - zeros;
    const size_t filled = pad && rest < 12 ? 12 - rest : 0;
    memmove(text + filled, text + zeros, rest);
    memset(text, '0', filled);
    return filled + rest;
}

/* text[n] are digits. */
static size_t as_decimal(char *text, size_t n, bool exponent) {
    if (!exponent) return n + (size_t)snprintf(text + n, SPELL_SIZE - n, ".0");
    const size_t zeros = strspn(text, "0"), rest = n - zeros;
    if (rest < 2) return n;
    memmove(text, text + zeros, rest);
    memmove(text + 2, text + 1, rest - 1);
    text[1] = '.';
    return rest + 1 + (size_t)snprintf(text + rest + 1, SPELL_SIZE - rest - 1, "E%zu", rest - 1);
}

/* The parts of a date, with a letter for each: Y four digits, y two; m and d without zeros. */
static size_t as_date(const secret_value *v, int variant, char out[SPELL_SIZE]) {
    static const struct {
        const char *order;
        char between;
    } forms[SPELL_VARIANTS] = { { "DMY", 0 },   { "MDY", 0 },   { "yMD", 0 },   { "DMy", 0 },
                                { "dmY", '.' }, { "mdY", '/' }, { "YDM", ' ' }, { "yMD", '-' } };
    size_t n = 0;
    for (const char *o = forms[variant].order; *o; o++) {
        const size_t i = *o == 'Y' || *o == 'y' ? 0 : *o == 'M' || *o == 'm' ? 1 : 2;
        const char *text = v->own[i] + (*o == 'y' ? 2 : 0);
        if ((*o == 'm' || *o == 'd') && *text == '0') text++;
        if (n && forms[variant].between) out[n++] = forms[variant].between;
        n += (size_t)snprintf(out + n, SPELL_SIZE - n, "%s", text);
    }
    return n;
}

/* The same with the name of the month as M; English, German or French. */
static size_t with_month(const secret_value *v, int variant, char out[SPELL_SIZE]) {
    static const char *const months[][12] = {
        { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" },
        { "January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December" },
        { "Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez" },
        { "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
          "octobre", "novembre", "decembre" },
    };
    const char *month = months[variant / 2][strtol(v->own[1], NULL, 10) - 1];
    const char *between = variant & 1 ? " " : "";
    if (variant == 3)
        return (size_t)snprintf(out, SPELL_SIZE, "%s %s, %s", month, v->own[2], v->own[0]);
    return (size_t)snprintf(out, SPELL_SIZE, "%s%s%s%s%s", v->own[2], between, month, between,
                            v->own[0]);
}

size_t spell(const secret_value *v, spelling s, int variant, char out[SPELL_SIZE]) {
    size_t n = 0;
    if (s == SPELL_DATE && v->date) return as_date(v, variant, out);
    if (s == SPELL_MONTH && v->date) return with_month(v, variant, out);
    for (size_t i = 0; i < v->count; i++) {
        const bool backwards = s == SPELL_REVERSED && !v->ordered;
        const char *text = part(v, backwards ? v->count - 1 - i : i, s);
        const char between = separator(v, s, variant);
        if (i && between) out[n++] = between;
        const size_t length = strlen(text);
        memcpy(out + n, text, length);
        n += length;
    }
    out[n] = '\0';
    change_case(out, n, s);
    if (s == SPELL_UTF16_LE || s == SPELL_UTF16_BE) return as_utf16(out, n, s == SPELL_UTF16_BE);
    if (s == SPELL_LETTER_BY_LETTER) return spread(out, n, ' ');
    if (s == SPELL_STRIPPED_OR_PADDED && v->number) return strip_or_pad(out, n, variant & 1);
    if (s == SPELL_DECIMAL && v->number) return as_decimal(out, n, variant & 1);
    return n;
}

const char *spelling_name(spelling s) {
    static const char *const names[] = {
        "as it is",        "upper case",      "lower case",
        "reversed",        "with blanks",     "joined",
        "separated",       "without accents", "accents as two letters",
        "UTF-16 LE",       "UTF-16 BE",       "zeros stripped or padded",
        "decimal",         "other date",      "letter by letter",
        "month in letters"
    };
    return names[s];
}

const uint8_t *find_text(const uint8_t *bytes, size_t n, const char *text, size_t length,
                         bool number) {
    for (size_t i = 0; i + length <= n; i++) {
        size_t k = 0;
        while (k < length && tolower(bytes[i + k]) == tolower((unsigned char)text[k]))
            k++;
        if (k < length) continue;
        const bool longer =
            number && ((i && isdigit(bytes[i - 1])) || (i + k < n && isdigit(bytes[i + k])));
        if (!longer) return bytes + i;
    }
    return NULL;
}
