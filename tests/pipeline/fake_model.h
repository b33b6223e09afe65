/* Networks that read their answers from their weight file: fake_model.c. */
#ifndef TESTS_PIPELINE_FAKE_MODEL_H
#define TESTS_PIPELINE_FAKE_MODEL_H

#include <stdatomic.h>

/* Films that classifiers were shown. */
extern atomic_int fake_model_films;

#endif
