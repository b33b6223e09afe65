/* Deflated Explicit VR Little Endian (PS3.5 A.5). */
#ifndef SX_DICOM_INFLATE_H
#define SX_DICOM_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A raw deflate stream (RFC 1951) to *out, the caller's to free. Errors: SX_ERR_FORMAT (damaged,
 * truncated), SX_ERR_LIMIT (more than 1 GiB), SX_ERR_MEMORY; then *out is NULL. */
bool sx_inflate(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                sx_error *err) SX_MUST_USE;

#endif
