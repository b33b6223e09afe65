/* Deflated Explicit VR Little Endian (PS3.5 A.5). */
#ifndef SX_DICOM_INFLATE_H
#define SX_DICOM_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Unpacks a raw deflate stream (RFC 1951) of a data set to *out, which the caller frees. The size
 * is limited to 32 MiB up to Pixel Data, the bytes that the pixels need (rows, columns, bits and
 * frames), and 8 MiB after them, and to at most 1 GiB in total. With `header_only`, *out ends
 * anywhere after the beginning of Pixel Data. A data set that is not deflated, although its file
 * says so, is copied. Errors: SX_ERR_FORMAT (damaged, truncated), SX_ERR_LIMIT (larger than that),
 * SX_ERR_MEMORY; then *out is NULL. */
bool sx_inflate(const uint8_t *bytes, size_t n, bool header_only, uint8_t **out, size_t *size,
                sx_error *err) SX_MUST_USE;

/* Converts a deflated file to Explicit VR Little Endian: a preamble, a File Meta Information with
 * only the transfer syntax, and the data set, unpacked within the same limits. If the file is not
 * deflated, *out is NULL and the result true. The caller frees *out. The result is passed to DCMTK,
 * whose own unpacking crashes when zlib is out of memory. Errors: as above. */
bool sx_inflate_file(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                     sx_error *err) SX_MUST_USE;
/* The reverse: deflates a file of Explicit VR Little Endian that DCMTK has written, for the same
 * reason. Errors: SX_ERR_LIMIT (over 1 GiB), SX_ERR_MEMORY, SX_ERR_INTERNAL. */
bool sx_deflate_file(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                     sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
