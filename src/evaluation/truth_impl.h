/* Internal to the reader of truths. */
#ifndef SX_EVALUATION_TRUTH_IMPL_H
#define SX_EVALUATION_TRUTH_IMPL_H

#include "evaluation/truth.h"

/* Removes the films that are not evaluated from the data set and notes their names in *t. */
bool sx_truth_choose(sx_truth *t, sx_manifest *m, const sx_truth_films *films,
                     sx_error *err) SX_MUST_USE;
/* Adds the alias of t->films[film], if it has one. */
bool sx_truth_add_alias(sx_truth *t, const sx_manifest_film *f, uint32_t film,
                        sx_error *err) SX_MUST_USE;
/* Completes t->endings, when all names are known. */
bool sx_truth_add_endings(sx_truth *t, sx_error *err) SX_MUST_USE;

#endif
