/* Errors: one code and one sentence that names the file, tag or tensor it is about.
 *
 * Every fallible function of the library returns bool (or a pointer, NULL on failure) and takes a
 * trailing `sx_error *err`, allocated by the caller. `err` may be NULL. On success it is left
 * alone. The message lives in a fixed buffer, so that "out of memory" can be told without
 * allocating. */
#ifndef SPINEXR_ERROR_H
#define SPINEXR_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SX_API               __attribute__((visibility("default")))
#define SX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SX_MUST_USE          __attribute__((warn_unused_result))
#else
#define SX_API
#define SX_PRINTF(fmt, args)
#define SX_MUST_USE
#endif

typedef enum sx_error_code {
    SX_OK = 0,
    SX_ERR_IO,          /* the operating system refused: not found, no permission, disk full */
    SX_ERR_FORMAT,      /* the bytes are not what they claim to be: truncated, inconsistent */
    SX_ERR_UNSUPPORTED, /* valid, but something this program does not do */
    SX_ERR_LIMIT,       /* beyond a stated limit (sizes that would exhaust memory) */
    SX_ERR_MISSING,     /* a required part is absent (pixel data, tensor, metadata key) */
    SX_ERR_MISMATCH,    /* two things do not fit (weights of another architecture) */
    SX_ERR_VALUE,       /* a number is not usable (NaN weight, negative width) */
    SX_ERR_MEMORY,      /* out of memory */
    SX_ERR_CANCELLED,   /* stopped on request */
    SX_ERR_USAGE,       /* the caller's argument is wrong */
    SX_ERR_INTERNAL     /* a fault of this program */
} sx_error_code;

typedef struct sx_error {
    sx_error_code code;
    char message[512];
} sx_error;

/* Sets code and message (replacing what is there); always returns false, so that a fallible
 * function can end in `return sx_fail(err, ...)`. A message that is too long is cut with "...". */
SX_API bool sx_fail(sx_error *err, sx_error_code code, const char *fmt, ...) SX_PRINTF(3, 4);
SX_API bool sx_vfail(sx_error *err, sx_error_code code, const char *fmt, va_list args);

/* Puts "context: " before the message that is there; always returns false. */
SX_API bool sx_fail_in(sx_error *err, const char *fmt, ...) SX_PRINTF(2, 3);

/* A short lower-case word for a code, e.g. "format"; never NULL. */
SX_API const char *sx_error_name(sx_error_code code);

#ifdef __cplusplus
}
#endif
#endif
