/* The classifiers of a bundle on the films of a set, for fits. */
#ifndef SX_EXPERIMENT_CLASSIFY_SET_H
#define SX_EXPERIMENT_CLASSIFY_SET_H

#include "experiment/film_set.h"
#include "pipeline/bundle_info.h"

/* The validation films, and the classifiers' logits and features for them. */
typedef struct sx_set_predictions {
    size_t film_count;
    int classifier_count;
    unsigned char *labels; /* [film_count] */
    float *logits;         /* [film_count][classifier_count] */
    double *scores;        /* [film_count] P of the ensemble at some temperature */
    double *classes;       /* [film_count][info->class_count] P of the findings they name */
    float *outputs;        /* of all classifiers, for one film */
    const sx_bundle_info *info;
    uint32_t *groups; /* [film_count] of the films' patients or studies */
    int feature_counts[SX_MAX_CLASSIFIERS];
    float *features[SX_MAX_CLASSIFIERS]; /* [film_count][feature_counts[i]] */
} sx_set_predictions;

/* Reads and classifies every film. `info` describes the bundle and must outlive *p. `groups` and
 * `scores` are left at 0. Errors: those of reading a film and of its networks, SX_ERR_CANCELLED,
 * SX_ERR_MEMORY. Free *p with sx_set_predictions_free, also after an error. */
bool sx_classify_set(const sx_film_set *s, sx_bundle *b, const sx_bundle_info *info,
                     sx_set_predictions *p, sx_error *err) SX_MUST_USE;
void sx_set_predictions_free(sx_set_predictions *p); /* {0} is allowed */

/* [classifier_count] of one film. */
static inline float *sx_set_logits(const sx_set_predictions *p, size_t film) {
    return p->logits + film * (size_t)p->classifier_count;
}

/* [feature_counts[classifier]] of one film. */
static inline float *sx_set_features(const sx_set_predictions *p, int classifier, size_t film) {
    return p->features[classifier] + film * (size_t)p->feature_counts[classifier];
}

#endif
