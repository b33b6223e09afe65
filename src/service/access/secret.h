/* Random secrets of sessions and programs. The database stores only their SHA-256. */
#ifndef SX_SERVICE_ACCESS_SECRET_H
#define SX_SERVICE_ACCESS_SECRET_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/hash.h"

/* 32 random bytes as base64url, 43 characters, with the NUL; and with room for a prefix. */
enum { SX_SECRET = 44, SX_SECRET_MOST = 64 };

bool sx_secret_make(char out[SX_SECRET], sx_error *err) SX_MUST_USE;
bool sx_secret_hash(const char *secret, sx_sha256 *out, sx_error *err) SX_MUST_USE;
/* Compares in a time that does not depend on where they differ. */
bool sx_secret_equal(const char *a, const char *b);

#endif
