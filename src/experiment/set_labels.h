/* What the labels of a set of films allow: to learn from them, and to score a network on them. */
#ifndef SX_EXPERIMENT_SET_LABELS_H
#define SX_EXPERIMENT_SET_LABELS_H

#include "experiment/film_set.h"

/* The number of films that are labelled abnormal. */
size_t sx_set_abnormal_count(const sx_film_set *s);

/* Whether there is something to learn from the training set, `path` in messages. `named`: the
 * network has the classes of the boxes, as detectors and classifiers with outputs of findings have.
 * An output that learns nothing beside others that do is logged as a warning. Error:
 * SX_ERR_MISSING. */
bool sx_set_check_training(const sx_film_set *s, const char *path, sx_task task, bool named,
                           sx_error *err) SX_MUST_USE;

/* Why a validation on this set has no score, "the 12 validation films are all abnormal"; empty if
 * it has one. */
void sx_set_no_score(const sx_film_set *s, sx_task task, char *why, size_t size);

#endif
