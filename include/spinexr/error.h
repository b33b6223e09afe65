/* Errors: a code, and a sentence that names the file, tag or tensor concerned.
 *
 * Every function that can fail returns false or NULL on failure. Its last argument is
 * `sx_error *err`, which the caller allocates. `err` may be NULL. A call that succeeds does not
 * change it. The message has a fixed buffer, so the library can report "out of memory" without
 * allocating memory. */
#ifndef SPINEXR_ERROR_H
#define SPINEXR_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SX_API      __attribute__((visibility("default")))
#define SX_MUST_USE __attribute__((warn_unused_result))
#else
#define SX_API
#define SX_MUST_USE
#endif

typedef enum sx_error_code {
    SX_OK = 0,
    SX_ERR_IO,          /* an error of the operating system: not found, no permission, disk full */
    SX_ERR_FORMAT,      /* the bytes are not what they claim to be: truncated, inconsistent */
    SX_ERR_UNSUPPORTED, /* valid, but not supported */
    SX_ERR_LIMIT,       /* beyond a stated limit (sizes that would exhaust memory) */
    SX_ERR_MISSING,     /* a required part is absent (pixel data, tensor, metadata key) */
    SX_ERR_MISMATCH,    /* two things do not match (weights of another architecture) */
    SX_ERR_VALUE,       /* a number is not usable (NaN weight, negative width) */
    SX_ERR_MEMORY,      /* out of memory */
    SX_ERR_CANCELLED,   /* stopped on request */
    SX_ERR_USAGE,       /* the caller's argument is wrong */
    SX_ERR_INTERNAL,    /* a fault of this program */
    SX_ERR_REFUSED      /* a film whose header says that it is no radiograph of the spine */
} sx_error_code;

/* Allocated by the caller. This struct does not grow. */
typedef struct sx_error {
    sx_error_code code;
    char message[512];
} sx_error;

/* A short lower-case word for a code, e.g. "format"; never NULL. */
SX_API const char *sx_error_name(sx_error_code code);

#ifdef __cplusplus
}
#endif
#endif
