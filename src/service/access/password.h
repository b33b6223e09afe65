/* Passwords, hashed with Argon2id by libsodium (crypto_pwhash, INTERACTIVE: 64 MiB, about 0.1 s).
 * A gate limits how many are computed at once, so that sign-ins cannot exhaust memory and
 * processors.
 *
 * Threads: a gate is shared by all. */
#ifndef SX_SERVICE_ACCESS_PASSWORD_H
#define SX_SERVICE_ACCESS_PASSWORD_H

#include <stdbool.h>

#include "base/fail.h"

/* Bytes of a hash as text, with its NUL; characters of a password. */
enum { SX_PASSWORD_HASH = 128, SX_PASSWORD_LEAST = 12, SX_PASSWORD_MOST = 256 };

typedef struct sx_password_gate sx_password_gate;

/* `at_once` hashes are computed at the same time, and `waiting` more callers wait; 1..100 each.
 * Errors: SX_ERR_USAGE, SX_ERR_MEMORY. */
sx_password_gate *sx_password_gate_new(int at_once, int waiting, sx_error *err) SX_MUST_USE;
void sx_password_gate_free(sx_password_gate *gate); /* NULL is allowed */

/* Whether it may become a password. SX_ERR_VALUE: it is too short or too long, not UTF-8, or has
 * control characters. */
bool sx_password_check(const char *password, sx_error *err) SX_MUST_USE;

/* Errors: SX_ERR_LIMIT (too many wait already), SX_ERR_MEMORY. */
bool sx_password_hash(sx_password_gate *gate, const char *password, char out[SX_PASSWORD_HASH],
                      sx_error *err) SX_MUST_USE;
/* `hash` NULL or "": no password is right, but finding that takes as long as with a hash, so that
 * the time does not tell whether an account exists. Errors: as above. */
bool sx_password_verify(sx_password_gate *gate, const char *hash, const char *password, bool *right,
                        sx_error *err) SX_MUST_USE;

#endif
