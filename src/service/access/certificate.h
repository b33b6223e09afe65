/* Certificates in files. */
#ifndef SX_SERVICE_ACCESS_CERTIFICATE_H
#define SX_SERVICE_ACCESS_CERTIFICATE_H

#include <stdint.h>

#include "base/fail.h"
#include "base/hash.h"

/* The SHA-256 of the first certificate of a PEM file (of its DER bytes), as tokens.h stores it.
 * Errors: SX_ERR_FORMAT (it has none), and those of sx_file_open. */
bool sx_certificate_hash(const char *path, sx_sha256 *out, sx_error *err) SX_MUST_USE;

/* In how many whole days the first of the certificates of a PEM file ends; `now` in milliseconds
 * since 1970. Errors: SX_ERR_VALUE (one has expired or is not valid yet), SX_ERR_FORMAT (there is
 * none), and those of sx_file_open. */
bool sx_certificate_days(const char *path, int64_t now, long *days, sx_error *err) SX_MUST_USE;

#endif
