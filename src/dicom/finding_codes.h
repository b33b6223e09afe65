/* Codes for the classes of findings. No public code system has agreed codes for all of VinDr's
 * classes, so results use a private scheme; a hospital can map it to SNOMED CT or RadLex. */
#ifndef SX_DICOM_FINDING_CODES_H
#define SX_DICOM_FINDING_CODES_H

#include "dicom/sr_content.h"

#define SX_FINDING_SCHEME "99SPINEXR"

/* A code with the memory of its texts. */
typedef struct sx_finding_code {
    char value[17], meaning[65];
} sx_finding_code;

/* The code of a class: fixed values for VinDr's seven classes. For any other name, UTF-8, the value
 * is made of its letters and digits, and of a hash if they are too many; the meaning is the name,
 * with ? for characters that are not ASCII. */
void sx_finding_code_of(const char *label, sx_finding_code *out);
/* The same as a concept; its texts belong to *code. */
sx_code sx_finding_concept(const sx_finding_code *code);

#endif
