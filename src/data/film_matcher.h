/* Finds the films of a data set by the names that another file uses for them, such as a table of
 * metadata. */
#ifndef SX_DATA_FILM_MATCHER_H
#define SX_DATA_FILM_MATCHER_H

#include "data/film_stems.h"
#include "data/manifest.h"

typedef struct sx_film_matcher {
    const sx_manifest *m;
    sx_film_stems stems; /* the films' ids and aliases */
    uint32_t *films;     /* [stems.count] */
    size_t rows, fitting, unknown,
        ambiguous; /* that were searched for; that name one film; none; several */
    char *first;   /* the first row without a film; NULL: none */
    size_t first_line;
} sx_film_matcher;
enum { SX_MATCH_NONE = -1, SX_MATCH_SEVERAL = -2, SX_MATCH_FAILED = -3 };
/* Of the films with chosen[film]; NULL: of all. The manifest is borrowed, and only the names
 * and paths of its films are used. Free *x with sx_film_matcher_free, also after an error. */
bool sx_film_matcher_open(sx_film_matcher *x, const sx_manifest *m, const bool *chosen,
                          sx_error *err) SX_MUST_USE;
/* The film of that id, or else of that name: with or without folders and an ending, in any case.
 * Folders that the name has must be those of the id or of the film's file. SX_MATCH_NONE,
 * SX_MATCH_SEVERAL: both are counted; SX_MATCH_FAILED: *err. */
long sx_film_matcher_find(sx_film_matcher *x, const char *text, size_t line,
                          sx_error *err) SX_MUST_USE;
void sx_film_matcher_free(sx_film_matcher *x);

#endif
