#include "data/patients.h"

#include <string.h>

bool sx_patients_are_numbered(const sx_manifest *m) {
    for (size_t i = 0; i < m->film_count; i++)
        if (strcmp(m->films[i].patient, "1") == 0) return true;
    return false;
}

size_t sx_films_of_placeholders(const sx_manifest *m, const char **first) {
    const bool numbered = sx_patients_are_numbered(m);
    size_t count = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const char *id = m->films[i].patient;
        if (!id[0] || sx_patient_is_known(id, numbered)) continue;
        if (count++ == 0) *first = id;
    }
    return count;
}
