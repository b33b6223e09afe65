#include "dicom/deid_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "dicom/dataset.h"

static size_t digits(const char *s) {
    return strspn(s, "0123456789");
}

static int two_digits(const char *s) {
    return (s[0] - '0') * 10 + (s[1] - '0');
}

/* "." and 1 to 6 digits, or nothing. */
static bool fraction(const char **s) {
    if (**s != '.') return true;
    const size_t n = digits(*s + 1);
    *s += n + 1;
    return n >= 1 && n <= 6;
}

/* HH[MM[SS[.F]]] (PS3.5 6.2, TM); *s moves behind it. */
static bool clock_time(const char **s) {
    static const int most[] = { 23, 59, 60 };
    int parts = 0;
    for (; parts < 3 && digits(*s) >= 2; parts++) {
        if (two_digits(*s) > most[parts]) return false;
        *s += 2;
    }
    return parts > 0 && digits(*s) == 0 && (parts == 3 ? fraction(s) : **s != '.');
}

static bool is_time(const char *s) {
    return clock_time(&s) && !*s;
}

static bool calendar_date(const char *s) {
    static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (digits(s) < 8) return false;
    const int month = two_digits(s + 4), day = two_digits(s + 6);
    return two_digits(s) >= 10 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

static bool is_date(const char *s) {
    return strlen(s) == 8 && calendar_date(s);
}

/* YYYYMMDD[time][&ZZXX]; without the day it cannot be shifted. */
static bool is_date_time(const char *s) {
    if (!calendar_date(s)) return false;
    s += 8;
    if (sx_is_digit(*s) && !clock_time(&s)) return false;
    if (*s != '+' && *s != '-') return !*s;
    return digits(s + 1) == 4 && !s[5] && two_digits(s + 1) <= 14 && two_digits(s + 3) <= 59;
}

static bool is_age(const char *s) {
    return digits(s) == 3 && s[3] && strchr("DWMY", s[3]) && !s[4];
}

static bool decimal_syntax(const char *s) {
    s += *s == '+' || *s == '-';
    const size_t whole = digits(s);
    s += whole;
    size_t part = 0;
    if (*s == '.') {
        part = digits(s + 1);
        s += part + 1;
    }
    if (whole + part == 0) return false;
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '+' || s[1] == '-');
        const size_t n = digits(s);
        if (n < 1 || n > 3) return false;
        s += n;
    }
    return !*s;
}

bool sx_deid_plain_number(const char *text, char out[SX_DEID_VALUE]) {
    enum { MOST = 40 };
    char number[2 * MOST + 1]; /* MOST places before the point and behind it */
    out[0] = '\0';
    if (!decimal_syntax(text) || strlen(text) > MOST) return false;
    text += *text == '+' || *text == '-';
    const char *exponent = text + strcspn(text, "eE");
    const long shift = *exponent ? strtol(exponent + 1, NULL, 10) : 0;
    const size_t whole = digits(text);
    if (shift < -MOST / 2 || shift > MOST / 2) return false;
    memset(number, '0', sizeof number);
    long at = MOST - (long)whole - shift;
    for (const char *p = text; p < exponent; p++)
        if (*p != '.') {
            if (at < 0 || at >= 2 * MOST) return false;
            number[at++] = *p;
        }
    int first = 0, last = 2 * MOST;
    while (first < MOST - 1 && number[first] == '0')
        first++;
    while (last > MOST && number[last - 1] == '0')
        last--;
    snprintf(out, SX_DEID_VALUE, "%.*s%s%.*s", MOST - first, number + first, last > MOST ? "." : "",
             last - MOST, number + MOST);
    return true;
}

bool sx_deid_number(double v) {
    return isfinite(v) && fabs(v) < 1e6 && (v == 0 || fabs(v) >= 1e-9);
}

/* A comma is read as a point (sx_dataset_number), and written as one. */
static bool decimal(const char *text, char out[SX_DEID_VALUE]) {
    char s[SX_DEID_VALUE];
    double v;
    if (strlen(text) >= sizeof s) return false;
    snprintf(s, sizeof s, "%s", text);
    sx_point_for_comma(s);
    if (!decimal_syntax(s) || !sx_parse_double(s, &v) || !sx_deid_number(v)) return false;
    if (strlen(s) <= 16)
        snprintf(out, SX_DEID_VALUE, "%s", s);
    else
        sx_format(out, SX_DEID_VALUE, "%.9g", v);
    return true;
}

static bool integer(const char *s, char out[SX_DEID_VALUE]) {
    const char *p = s + (*s == '+' || *s == '-');
    const size_t n = digits(p);
    if (n < 1 || p[n] || strlen(s) > 12 || !sx_deid_number(sx_strtod(s, NULL))) return false;
    snprintf(out, SX_DEID_VALUE, "%s", s);
    return true;
}

static bool printable(const char *s, size_t most) {
    const size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' || s[i] > '~' || s[i] == '\\') return false;
    return n <= most;
}

static bool is_vr(const char vr[2], const char *other) {
    return memcmp(vr, other, 2) == 0;
}

bool sx_deid_value(uint32_t tag, const char vr[2], const char *value, char out[SX_DEID_VALUE]) {
    bool listed = false;
    out[0] = '\0';
    if (is_vr(vr, "DS")) return decimal(value, out);
    if (is_vr(vr, "IS")) return integer(value, out);
    const bool term = sx_deid_term(tag, value, &listed, out);
    if (listed || is_vr(vr, "CS")) return term;
    const bool ok = is_vr(vr, "TM")   ? is_time(value)
                    : is_vr(vr, "DA") ? is_date(value)
                    : is_vr(vr, "DT") ? is_date_time(value)
                    : is_vr(vr, "AS") ? is_age(value)
                    : is_vr(vr, "UI") ? sx_deid_uid_is_known(value)
                    : is_vr(vr, "LO") ? printable(value, 64)
                    : is_vr(vr, "SH") ? printable(value, 16)
                                      : false;
    if (!ok || strlen(value) >= SX_DEID_VALUE) return false;
    snprintf(out, SX_DEID_VALUE, "%s", value);
    return true;
}
