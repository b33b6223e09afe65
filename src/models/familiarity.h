/* Familiarity: how far a film is from the films to which weights were fitted, in the features that
 * a classifier pools before its linear layer. The features of validation films, standardised, are
 * described by a Gaussian with the variance of each of a few principal directions and one variance
 * for all others (probabilistic principal components, Tipping and Bishop 1999), which stays
 * invertible when there are fewer films than features. The distance is Mahalanobis' one, divided by
 * the root of the number of features: about 1 for a film like those. */
#ifndef SX_MODELS_FAMILIARITY_H
#define SX_MODELS_FAMILIARITY_H

#include "base/str.h"
#include "tensor/weights.h"

enum { SX_FAMILIARITY_FEATURES = 8192, SX_FAMILIARITY_COMPONENTS = 32 }; /* at most */

typedef struct sx_familiarity {
    int features, components; /* from 1; components from 0, fewer than features */
    /* A film is unfamiliar if the mean distance of the ensemble's classifiers is above it. */
    double limit;
    double rest;      /* variance of each direction that is no component, > 0 */
    double *mean;     /* [features] */
    double *scale;    /* [features] standard deviations, > 0 */
    double *variance; /* [components] along them, > 0 */
    double *basis;    /* [components][features] orthonormal */
    double room[];    /* of these arrays */
} sx_familiarity;

/* Zeros. The error is SX_ERR_MEMORY. Release with free(). */
sx_familiarity *sx_familiarity_new(int features, int components, sx_error *err) SX_MUST_USE;

/* The distance of a film with these x[features]. */
double sx_familiarity_distance(const sx_familiarity *f, const float *x);

/* Reads spinexr.familiarity into *out, which the caller frees; NULL without the key. Errors:
 * SX_ERR_FORMAT (names file, key and fault: not JSON, a number that is absent or out of range,
 * lists of different lengths), SX_ERR_MEMORY. */
bool sx_familiarity_read(const sx_weights *w, sx_familiarity **out, sx_error *err) SX_MUST_USE;
/* The text of that key, appended. Numbers have eight digits. */
bool sx_familiarity_text(const sx_familiarity *f, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
