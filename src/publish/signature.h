/* Signatures of a release with Ed25519 (RFC 8032), in the files of OpenSSL:
 *
 *     openssl genpkey -algorithm ed25519 -out key.pem
 *     openssl pkey -in key.pem -pubout -out key.pub.pem
 *     openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in SHA256SUMS \
 *         -sigfile SHA256SUMS.sig */
#ifndef SX_PUBLISH_SIGNATURE_H
#define SX_PUBLISH_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

enum { SX_SIGNATURE = 64 };

/* Signs bytes[n] with the private key in a PEM file without a passphrase. Errors: SX_ERR_IO,
 * SX_ERR_FORMAT (no Ed25519 private key, or one with a passphrase), SX_ERR_MEMORY. */
bool sx_sign(const char *key, const void *bytes, size_t n, uint8_t out[SX_SIGNATURE],
             sx_error *err) SX_MUST_USE;
/* Checks a signature with the public key in a PEM file. SX_ERR_MISMATCH: it is not the signature of
 * these bytes by this key. Other errors as above. */
bool sx_check_signature(const char *key, const void *bytes, size_t n, const void *signature,
                        size_t size, sx_error *err) SX_MUST_USE;

#endif
