/* A byte string that grows. It remembers a failed allocation, so a writer may append many times and
 * check `failed` once at the end. */
#ifndef SX_BASE_STR_H
#define SX_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_str {
    char *data; /* always followed by a NUL byte once something was appended; NULL when empty */
    size_t len, cap;
    bool failed; /* memory ran out: `data` is incomplete */
} sx_str;

void sx_str_free(sx_str *s); /* frees the bytes and clears *s; *s = {0} is a valid empty string */
void sx_str_append(sx_str *s, const void *bytes, size_t n);
void sx_str_add(sx_str *s, const char *text);
/* The lowest `bytes` (1 to 8) bytes of v, little-endian. */
void sx_str_append_le(sx_str *s, uint64_t v, int bytes);
void sx_str_printf(sx_str *s, const char *fmt, ...) SX_PRINTF(2, 3);
void sx_str_vprintf(sx_str *s, const char *fmt, va_list args);
/* false and "out of memory" when failed */
bool sx_str_ok(const sx_str *s, sx_error *err) SX_MUST_USE;
const char *sx_str_text(const sx_str *s); /* never NULL */

bool sx_ends_with(const char *s, const char *suffix);
bool sx_starts_with(const char *s, const char *prefix);

/* strtod and strtof in the C locale, regardless of the thread's locale. */
double sx_strtod(const char *text, char **end);
float sx_strtof(const char *text, char **end);

/* snprintf and vsnprintf of the C locale: for data, and wherever a format comes from another
 * function. */
int sx_format(char *buf, size_t size, const char *fmt, ...) SX_PRINTF(3, 4);
int sx_vformat(char *buf, size_t size, const char *fmt, va_list args) SX_PRINTF(3, 0);

/* The decimal number of the fewest digits that reads back as this float: 0.7 for 0.7F. */
double sx_float_decimal(float v);
/* `one` for 1, `many` for other numbers: "%zu %s". */
const char *sx_noun(size_t n, const char *one, const char *many);

/* The whole of `text` as a decimal number; false if there is other text or the number is out of
 * range. "inf", "nan" and hexadecimal numbers are none. */
bool sx_parse_double(const char *text, double *out) SX_MUST_USE;
/* The same with "inf", "nan" and hexadecimal numbers, as %a and %g print them: for what this
 * program wrote. */
bool sx_parse_printed_double(const char *text, double *out) SX_MUST_USE;
bool sx_parse_long(const char *text, long min, long max, long *out) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
