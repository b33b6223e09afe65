/* Which films of a data set have a known patient. */
#ifndef SX_DATA_PATIENTS_H
#define SX_DATA_PATIENTS_H

#include "base/patient_id.h"
#include "data/manifest.h"

/* Whether the patients are numbered: one is "1", so that "0" is a patient, too
 * (sx_patient_is_known). */
bool sx_patients_are_numbered(const sx_manifest *m);
/* The number of films whose patient ID is a placeholder, but not empty; the first of these IDs in
 * *first. */
size_t sx_films_of_placeholders(const sx_manifest *m, const char **first);

#endif
