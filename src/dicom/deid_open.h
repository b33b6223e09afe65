/* The elements of a DICOM file that is, or was, de-identified. */
#ifndef SX_DICOM_DEID_OPEN_H
#define SX_DICOM_DEID_OPEN_H

#include "dicom/dataset.h"

typedef struct sx_deid_opened {
    sx_dataset dataset;
    size_t begin;      /* of the data set in the file */
    uint8_t *inflated; /* the data set of a deflated file; NULL: it is in the caller's bytes */
} sx_deid_opened;

/* Lists the elements of bytes[n], which must stay valid. Errors: those of sx_part10_read and
 * sx_dataset_read; SX_ERR_UNSUPPORTED: an unknown transfer syntax; SX_ERR_FORMAT: they are not
 * written as the transfer syntax says. On failure *o is empty. */
bool sx_deid_open(const uint8_t *bytes, size_t n, sx_deid_opened *o, sx_error *err) SX_MUST_USE;
void sx_deid_close(sx_deid_opened *o);

#endif
