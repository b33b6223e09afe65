/* The files of a truth's films, for pictures on a page, and the number of pictures drawn. */
#ifndef SX_EVALUATION_EVAL_FILMS_H
#define SX_EVALUATION_EVAL_FILMS_H

#include "data/film_index.h"
#include "data/film_notes.h"
#include "evaluation/truth.h"

typedef struct sx_eval_films {
    const char *dir; /* borrowed */
    sx_film_index index;
    const char **paths; /* [films of the truth] NULL: not found */
    size_t count, missing;
    uint32_t first_missing;
    size_t shown, lost; /* pictures that were drawn; pictures that could not be */
    sx_error first_lost;
    sx_film_notes
        *notes; /* warnings about films that are drawn; owned; NULL: they are not printed */
} sx_eval_films;

/* Searches for the films in the folder `dir` (sx_film_index_open). Free *f with
 * sx_eval_films_close, also after an error. */
bool sx_eval_films_open(sx_eval_films *f, const char *dir, const sx_truth *t,
                        sx_error *err) SX_MUST_USE;
void sx_eval_films_close(sx_eval_films *f); /* {0} is allowed */

#endif
