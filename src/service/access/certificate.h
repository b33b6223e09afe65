/* Certificates in files. */
#ifndef SX_SERVICE_ACCESS_CERTIFICATE_H
#define SX_SERVICE_ACCESS_CERTIFICATE_H

#include "base/fail.h"
#include "base/hash.h"

/* The SHA-256 of the first certificate of a PEM file (of its DER bytes), as tokens.h stores it.
 * Errors: SX_ERR_FORMAT (it has none), and those of sx_file_open. */
bool sx_certificate_hash(const char *path, sx_sha256 *out, sx_error *err) SX_MUST_USE;

#endif
