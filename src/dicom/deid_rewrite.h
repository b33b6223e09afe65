/* Films that our reader accepts although they are not written as PS3.5 and PS3.10 say. */
#ifndef SX_DICOM_DEID_REWRITE_H
#define SX_DICOM_DEID_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A copy of a DICOM file, *size bytes by malloc, with preamble and file meta information, whose
 * transfer syntax says how the elements are written, also those in sequences. Elements of unknown
 * VR have that of the standard, or UN. Values are the same, except that group lengths are left out;
 * the copy ends with Pixel Data. *out is NULL if the file needs no copy, or is damaged in a way
 * that the walk of its elements (sx_deid_extent) reports. The file is not deflated. Errors: those
 * of the readers of its parts; SX_ERR_MEMORY. */
bool sx_deid_rewrite(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                     sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
