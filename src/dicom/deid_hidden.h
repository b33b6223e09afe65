/* Elements in the bytes of an element whose form is not known. */
#ifndef SX_DICOM_DEID_HIDDEN_H
#define SX_DICOM_DEID_HIDDEN_H

#include <stddef.h>
#include <stdint.h>

#include "dicom/deid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_deid_hidden {
    uint32_t tag;
    size_t begin, length; /* of the value, within the bytes */
} sx_deid_hidden;

/* Finds the next text of the groups 0008, 0010, 0020, 0032, 0038 and 0040 that looks like an
 * element of the standard's dictionary, in implicit or explicit VR and in either byte order, from
 * *at on, which moves behind its header. The bytes need not be a data set: a header of another
 * format may stand before it, and the end may be missing. False: there is none. */
bool sx_deid_hidden_next(const uint8_t *bytes, size_t n, size_t *at, sx_deid_hidden *out);

#ifdef __cplusplus
}
#endif
#endif
