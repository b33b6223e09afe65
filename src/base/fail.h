/* Reporting errors: how fallible functions return a failure. */
#ifndef SX_BASE_FAIL_H
#define SX_BASE_FAIL_H

#include <stdarg.h>

#include "spinexr/error.h"

#if defined(__GNUC__)
#define SX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SX_PRINTF(fmt, args)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Sets code and message (replacing earlier ones); always returns false, so that a fallible function
 * can end in `return sx_fail(err, ...)`. A message that is too long is cut with "...". */
bool sx_fail(sx_error *err, sx_error_code code, const char *fmt, ...) SX_PRINTF(3, 4);
bool sx_vfail(sx_error *err, sx_error_code code, const char *fmt, va_list args);

/* "PATH: cannot WHAT: " and the text of errno: SX_ERR_IO, or SX_ERR_MEMORY for ENOMEM. */
bool sx_fail_errno(sx_error *err, const char *path, const char *what);

/* Puts "context: " before the existing message; always returns false. */
bool sx_fail_in(sx_error *err, const char *fmt, ...) SX_PRINTF(2, 3);
/* Puts `name`, which the caller knows, in the place of `path` wherever the message has it. */
void sx_fail_rename(sx_error *err, const char *path, const char *name);

#ifdef __cplusplus
}
#endif

/* The analyser sees one file at a time, so it does not know that these return false. */
#if defined(__clang_analyzer__) && !defined(SX_BASE_FAIL_C)
#define sx_fail(...)       (sx_fail(__VA_ARGS__) && false)
#define sx_vfail(...)      (sx_vfail(__VA_ARGS__) && false)
#define sx_fail_errno(...) (sx_fail_errno(__VA_ARGS__) && false)
#define sx_fail_in(...)    (sx_fail_in(__VA_ARGS__) && false)
#endif

#endif
