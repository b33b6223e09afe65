/* Whether a DICOM film has passed de-identification. */
#ifndef SX_DICOM_DEID_PASSED_H
#define SX_DICOM_DEID_PASSED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* What the header of such a film says. */
typedef struct sx_deid_passed {
    /* Options of PS3.15 table E.1-1 that were used: 113107, 113109, 113108 */
    bool kept_dates, kept_device, kept_patient;
    char image[65], study[65], series[65]; /* UIDs */
    char patient[132];                     /* Patient ID */
} sx_deid_passed;

/* Checks that the header of bytes[n] records the Basic Application Level Confidentiality Profile
 * (Patient Identity Removed is YES, the method's codes contain 113100), and that sx_deid_again with
 * the recorded options does not change a byte. It cannot check values that are kept or replaced: it
 * does not know the original. `name` names the file in messages. Errors: SX_ERR_UNSUPPORTED (not
 * passed, with the element or the reason), and those of sx_deid_again. Any number of threads at
 * once. */
bool sx_deid_check_passed(const void *bytes, size_t n, const char *name, sx_deid_passed *out,
                          sx_error *err) SX_MUST_USE;

#endif
