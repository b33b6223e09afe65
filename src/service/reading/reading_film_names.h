/* Finds the films of a project by the names that other files use for them, as `data` finds films of
 * a data set: with or without folders and an ending. */
#ifndef SX_SERVICE_READING_READING_FILM_NAMES_H
#define SX_SERVICE_READING_READING_FILM_NAMES_H

#include "service/reading/reading_access.h"

typedef struct sx_reading_film_names sx_reading_film_names;

typedef struct sx_reading_named_film {
    int64_t id;
    const char *image_id;
    const char *claimed; /* internal: the name that claimed it */
} sx_reading_named_film;

/* The films that the project has now, held ones included. NULL: *err. Free it with
 * sx_reading_film_names_close. */
sx_reading_film_names *sx_reading_film_names_open(sx_db *db, int64_t project,
                                                  sx_error *err) SX_MUST_USE;
/* The film of that id, or else of that name (data/film_matcher.h); *film is NULL: none.
 * SX_ERR_MISMATCH: the name fits several films. */
bool sx_reading_film_names_find(sx_reading_film_names *x, const char *name,
                                sx_reading_named_film **film, sx_error *err) SX_MUST_USE;
/* SX_ERR_MISMATCH: another name has claimed the film, so that two films of the other file would
 * become one. `name` is borrowed until the names are closed. */
bool sx_reading_film_names_claim(sx_reading_named_film *film, const char *name,
                                 sx_error *err) SX_MUST_USE;
void sx_reading_film_names_close(sx_reading_film_names *x);

#endif
