/* The form in which DCMTK reads a file, where our reader accepts another one. */
#ifndef SX_DICOM_DEID_FORM_H
#define SX_DICOM_DEID_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A copy of a DICOM file, *size bytes by malloc, in which
 * - compressed Pixel Data of a defined length, or with another VR than OB or OW, are fragments of
 *   undefined length (PS3.5 A.4); the copy ends with them;
 * - the transfer syntax is Explicit VR Little Endian if it says that the pixels are compressed and
 *   they are not;
 * - the length of the File Meta Information is right.
 * *out is NULL if the file needs none of this. The file is not deflated. Errors: those of the
 * readers of its parts; SX_ERR_MEMORY. */
bool sx_deid_regular_form(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                          sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
