/* Patient IDs and names that stand for no patient. */
#ifndef SX_BASE_PATIENT_ID_H
#define SX_BASE_PATIENT_ID_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the text is empty or a placeholder that films of different patients share (docs/data.md):
 * a word or phrase of the list, such as UNKNOWN or NO NAME, or only such words ("UNKNOWN PATIENT",
 * "Unknown^Unknown"); case, spaces and punctuation do not matter. Also one repeated character of 0,
 * X and punctuation, and -1 or a minus sign before nines. ANON0012 is no placeholder. */
bool sx_patient_is_placeholder(const char *id);
/* Whether the text is a placeholder with one to three digits, which hospitals use again for another
 * patient: "TRAUMA 3", "UNBEKANNT1". */
bool sx_patient_is_doubtful(const char *id);
/* Whether the ID names a patient. `numbered`: patients have numbers, so that 0 is one, too. */
bool sx_patient_is_known(const char *id, bool numbered);

#ifdef __cplusplus
}
#endif
#endif
