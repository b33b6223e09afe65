/* Films by their names without folder and ending. */
#ifndef SX_DATA_FILM_STEMS_H
#define SX_DATA_FILM_STEMS_H

#include <stdint.h>

#include "base/fail.h"
#include "base/names.h"

/* Names of films, numbered in the order in which they are added, found without folder and ending,
 * in any case. Begin with zeros. */
typedef struct sx_film_stems {
    sx_names first; /* sx_film_name_upper_stem -> the first such name */
    uint32_t *next; /* [count] the next one with that stem; its own number: none */
    size_t count, cap;
} sx_film_stems;
bool sx_film_stems_add(sx_film_stems *s, const char *name, sx_error *err) SX_MUST_USE;
/* The first name with the stem of `name`, and the next after `at`; -1: none. */
long sx_film_stems_find(const sx_film_stems *s, const char *name);
long sx_film_stems_next(const sx_film_stems *s, long at);
void sx_film_stems_free(sx_film_stems *s);

/* How a path agrees with a name that annotations use for a film, apart from case and the form of
 * letters with marks. */
typedef struct sx_name_fit {
    bool ending;     /* the name has none of a film, or that of the path */
    bool has_folder; /* the name has a folder */
    long folders;    /* that agree, from the last one upwards */
    bool all_folders;
    bool same_stem, same_folders; /* also in case: the names; the folders that agree */
} sx_name_fit;
sx_name_fit sx_name_fit_of(const char *path, const char *name);

#endif
