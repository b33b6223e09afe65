/* Passwords from a person or a script. They are never arguments, which other users can see. */
#ifndef SX_CLI_PASSWORD_PROMPT_H
#define SX_CLI_PASSWORD_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* Reads a new password into out[size]: from a terminal twice and without echo, otherwise the first
 * line of standard input. Errors: SX_ERR_VALUE (the two differ; it is too long; there is none),
 * SX_ERR_CANCELLED (Ctrl-C), SX_ERR_IO. */
bool sx_read_password(char *out, size_t size, sx_error *err) SX_MUST_USE;

#endif
