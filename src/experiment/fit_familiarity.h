/* Fits the familiarity of a framework (models/familiarity.h) to validation films. */
#ifndef SX_EXPERIMENT_FIT_FAMILIARITY_H
#define SX_EXPERIMENT_FIT_FAMILIARITY_H

#include <stdint.h>

#include "models/familiarity.h"

/* Fewer films do not determine it. */
enum { SX_FAMILIARITY_LEAST_FILMS = 20 };

/* The features of one classifier for all films. */
typedef struct sx_film_features {
    int count;           /* of a film, from 2 */
    const float *values; /* [films][count] */
} sx_film_features;

/* Films of one patient or study have the same number (data/split.h). */
typedef struct sx_grouped_films {
    const uint32_t *items; /* [count] */
    size_t count;          /* films */
} sx_grouped_films;

/* Makes out[classifiers], each to be released with free(), also after an error. Their common limit
 * is exceeded by the share `unfamiliar` (0..1) of the films, by the mean distance of the
 * classifiers, where each film is measured with a fit that does not know its group (cross-fitting
 * in five parts). *limit receives it. Error: SX_ERR_MEMORY. Requires SX_FAMILIARITY_LEAST_FILMS
 * films. */
bool sx_fit_familiarity(const sx_film_features *features, int classifiers,
                        const sx_grouped_films *groups, double unfamiliar, sx_familiarity **out,
                        double *limit, sx_error *err) SX_MUST_USE;

#endif
