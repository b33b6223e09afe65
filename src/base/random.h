/* Random numbers of the system: for names that nobody else draws. Not repeatable; base/rng.h has
 * numbers that are. */
#ifndef SX_BASE_RANDOM_H
#define SX_BASE_RANDOM_H

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills n bytes, at most 256. SX_ERR_IO: the system has none. Any thread. */
bool sx_random_bytes(void *out, size_t n, sx_error *err) SX_MUST_USE;

enum { SX_RANDOM_NAME = 17 }; /* bytes, with the NUL */
/* 64 bits as 16 hexadecimal digits. Errors and threads as above. */
bool sx_random_name(char out[SX_RANDOM_NAME], sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
