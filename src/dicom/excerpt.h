/* Some elements of a DICOM file as a file of its own, for a reader that is less tolerant than ours
 * (sx_dataset_read) and needs the rest of the file as little as we do. */
#ifndef SX_DICOM_EXCERPT_H
#define SX_DICOM_EXCERPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes those elements of the file bytes[n] that it has and that can be read to the end, in the
 * order of `tags`, with the bytes of their values unchanged: *size bytes by malloc, a preamble, a
 * File Meta Information with only the transfer syntax, and the elements in the encoding that the
 * data set really has. An element of unknown VR gets that of the standard, as one of another VR
 * does if it is a text there, its VR in the file is not of numbers, and its bytes are valid as
 * such; it is left out otherwise. Elements
 * that are damaged, e.g. a sequence whose items do not fit into it, are left out. Nothing from
 * Pixel Data on is read. Errors: SX_ERR_FORMAT (no element of the file can be read), SX_ERR_LIMIT,
 * SX_ERR_MEMORY. Call sx_dcmtk_dictionary before. Threads: any number at once. */
bool sx_dicom_excerpt(const uint8_t *bytes, size_t n, const uint32_t *tags, size_t count,
                      uint8_t **out, size_t *size, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
