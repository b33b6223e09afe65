/* Patient IDs that name no patient. */
#ifndef SX_DATA_PATIENT_ID_H
#define SX_DATA_PATIENT_ID_H

#include <stdbool.h>

/* Whether the ID is empty or a placeholder that films of different patients share: a word such as
 * UNKNOWN, ANONYMOUS or NONE (docs/data.md lists them; case, spaces and punctuation do not matter),
 * or one repeated character of 0, X, - and other punctuation. ANON0012 is no placeholder. */
bool sx_patient_is_placeholder(const char *id);

#endif
