/* Films of test_dicom, de-identified in memory with a fixed key. */
#ifndef TESTS_SUPPORT_DEIDENTIFIED_H
#define TESTS_SUPPORT_DEIDENTIFIED_H

#include "dicom/deid.h"
#include "support/dicom.h"

typedef struct deidentified {
    uint8_t *bytes; /* free with free() */
    size_t n;
} deidentified;

/* The film is called "in.dcm" in messages. r: empty if it fails. */
bool deidentify(const test_dicom *d, deidentified *r, sx_error *err);
/* With options; the key is set. */
bool deidentify_with(const test_dicom *d, const sx_deid_options *o, deidentified *r, sx_error *err);

#endif
