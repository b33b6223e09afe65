#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/c_locale.h"
#include "base/mem.h"

void sx_str_free(sx_str *s) {
    free(s->data);
    *s = (sx_str){ 0 };
}

static bool reserve(sx_str *s, size_t more) {
    size_t need;
    if (s->failed) return false;
    if (!sx_add_size(s->len, more, &need) || !sx_add_size(need, 1, &need))
        return !(s->failed = true);
    if (need <= s->cap) return true;
    size_t cap = s->cap ? s->cap : 256;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    char *p = sx_realloc(s->data, cap, 1);
    if (!p) return !(s->failed = true);
    s->data = p;
    s->cap = cap;
    return true;
}

void sx_str_append(sx_str *s, const void *bytes, size_t n) {
    if (!reserve(s, n)) return;
    if (n) memcpy(s->data + s->len, bytes, n);
    s->len += n;
    s->data[s->len] = '\0';
}

void sx_str_add(sx_str *s, const char *text) {
    sx_str_append(s, text, strlen(text));
}

void sx_str_append_le(sx_str *s, uint64_t v, int bytes) {
    uint8_t b[8];
    for (int i = 0; i < bytes; i++)
        b[i] = (uint8_t)(v >> (8 * i));
    sx_str_append(s, b, (size_t)bytes);
}

void sx_str_printf(sx_str *s, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    sx_str_vprintf(s, fmt, args);
    va_end(args);
}

void sx_str_vprintf(sx_str *s, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = sx_vformat(NULL, 0, fmt, args);
    if (n < 0) s->failed = true;
    if (n >= 0 && reserve(s, (size_t)n)) {
        sx_vformat(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
}

bool sx_str_ok(const sx_str *s, sx_error *err) {
    return s->failed ? sx_fail(err, SX_ERR_MEMORY, "out of memory for a text") : true;
}

const char *sx_str_text(const sx_str *s) {
    return s->data ? s->data : "";
}

bool sx_ends_with(const char *s, const char *suffix) {
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool sx_starts_with(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

int sx_vformat(char *buf, size_t size, const char *fmt, va_list args) {
    SX_IN_C_LOCALE;
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is lost behind the call above */
    return vsnprintf(buf, size, fmt, args);
}

int sx_format(char *buf, size_t size, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const int n = sx_vformat(buf, size, fmt, args);
    va_end(args);
    return n;
}

double sx_strtod(const char *text, char **end) {
    const locale_t c = sx_c_locale();
    if (c) return strtod_l(text, end, c);
    if (end) *end = (char *)text;
    return 0;
}

float sx_strtof(const char *text, char **end) {
    const locale_t c = sx_c_locale();
    if (c) return strtof_l(text, end, c);
    if (end) *end = (char *)text;
    return 0;
}

bool sx_parse_printed_double(const char *text, double *out) {
    char *end;
    errno = 0;
    double v = sx_strtod(text, &end);
    if (end == text || *end || (errno == ERANGE && fabs(v) > 1)) return false;
    *out = v;
    return true;
}

bool sx_parse_double(const char *text, double *out) {
    if (text[strspn(text, " \t\r\n\v\f+-.0123456789eE")]) return false;
    return sx_parse_printed_double(text, out);
}

bool sx_parse_long(const char *text, long min, long max, long *out) {
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < min || v > max) return false;
    *out = v;
    return true;
}

double sx_float_decimal(float v) {
    char text[40];
    double decimal = (double)v;
    for (int digits = 1; digits <= 9; digits++) {
        sx_format(text, sizeof text, "%.*g", digits, (double)v);
        if (sx_parse_double(text, &decimal) && (float)decimal == v) return decimal;
    }
    return (double)v;
}

const char *sx_noun(size_t n, const char *one, const char *many) {
    return n == 1 ? one : many;
}
