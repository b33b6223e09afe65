/* The withdrawal of a result that a later one replaces: a rejection note (Key Object Selection,
 * PS3.3 A.35.4) as IHE's Imaging Object Change Management defines it, with the title "Rejected for
 * Quality Reasons". An archive that supports the profile hides what the note refers to. */
#ifndef SX_DICOM_RESULT_WITHDRAWAL_H
#define SX_DICOM_RESULT_WITHDRAWAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "dicom/results.h"

#define SX_WITHDRAWAL_CLASS "1.2.840.10008.5.1.4.1.1.88.59"

/* An object that is withdrawn. Texts are UIDs. */
typedef struct sx_withdrawn {
    const char *sop_class, *sop_uid, *series_uid;
} sx_withdrawn;

typedef struct sx_withdrawal {
    /* The file of the new report: patient, study, device, date and time are copied from it, so that
     * the note needs no film. Borrowed. */
    const void *file;
    size_t size;
    const char *study_uid, *successor; /* of the new report: its SOP Instance UID */
    const sx_withdrawn *items;         /* [count], at least one; those of a series need not be
                                          neighbours */
    size_t count;
    int number; /* Instance Number: of the revision that replaces the objects */
} sx_withdrawal;

/* "2.25." and 128 bits of a SHA-256 of what the note refers to, its successor and the program's
 * version; with `series`, one UID for all notes of a study. The only error is SX_ERR_MEMORY. */
bool sx_withdrawal_uid(const sx_withdrawal *w, bool series, char out[SX_RESULT_UID],
                       sx_error *err) SX_MUST_USE;

/* The file: *bytes by malloc, which the caller frees. The same input gives the same bytes. Errors:
 * SX_ERR_VALUE (nothing is withdrawn; a UID that is none), those of sx_object_copy and
 * sx_object_encode. */
bool sx_withdrawal_encode(const sx_withdrawal *w, uint8_t **bytes, size_t *n,
                          sx_error *err) SX_MUST_USE;

#endif
