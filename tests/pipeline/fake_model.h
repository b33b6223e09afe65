/* Networks that read their answers from their weight file: fake_model.c. */
#ifndef TESTS_PIPELINE_FAKE_MODEL_H
#define TESTS_PIPELINE_FAKE_MODEL_H

#include <stdatomic.h>

/* Films that classifiers were shown. */
extern atomic_int fake_model_films;
/* Models that share another's weights: how many there were, and whether they find no memory. */
extern atomic_int fake_model_shared;
extern atomic_bool fake_model_starved;

#endif
