/* Compressed pixels of a defined length as fragments. */
#ifndef SX_DICOM_ENCAPSULATE_H
#define SX_DICOM_ENCAPSULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A copy of a DICOM file up to the end of its pixels, in which compressed Pixel Data of a defined
 * length are fragments (PS3.5 A.4): *size bytes by malloc. *out is NULL if they are not such, or if
 * the data set is not Explicit VR Little Endian. The file is not deflated. Errors: those of the
 * readers of its parts; SX_ERR_MEMORY. */
bool sx_pixels_encapsulate(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                           sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
