/* For tests that compare the kernels of every instruction set with plain loops. */
#ifndef TESTS_SUPPORT_KERNEL_CHECK_H
#define TESTS_SUPPORT_KERNEL_CHECK_H

#include "nn/kernels/kernels.h"
#include "support/check.h"

/* An array as a kernel takes it, of f32 or bf16 numbers, followed by guard bytes. */
typedef struct kernel_array {
    sx_dtype type;
    int64_t count;
    void *data;
} kernel_array;

/* Random numbers in [-1, 1), the same for the same name. The caller frees the array. */
kernel_array kernel_random(const char *name, int64_t count, sx_dtype t);
/* In [-scale, scale). */
kernel_array kernel_random_scaled(const char *name, int64_t count, sx_dtype t, float scale);
/* Numbers that a kernel has to overwrite: NaN. The caller frees the array. */
kernel_array kernel_unset(int64_t count, sx_dtype t);
kernel_array kernel_copy(const kernel_array *from);
/* Fails if a kernel wrote into the guard bytes. */
void kernel_free(kernel_array *a);

double kernel_at(const kernel_array *a, int64_t i);
void kernel_set(kernel_array *a, int64_t i, float v);

/* The result of plain loops: `want` in double, and `terms`, the sum of the magnitudes that were
 * added. */
typedef struct kernel_expected {
    int64_t count;
    double *want, *terms;
} kernel_expected;

kernel_expected kernel_expect(int64_t count); /* zeros */
/* Adds one product or addend to a number. */
void kernel_add_term(kernel_expected *e, int64_t i, double term);
/* Adds what an array holds, as the start of a sum. */
void kernel_expect_held(kernel_expected *e, const kernel_array *held);
double kernel_activated(double x, sx_act act);
/* The numbers go through the activation. */
void kernel_expect_act(kernel_expected *e, sx_act act);
/* Gives each number the terms of the largest one: for algorithms that mix neighbours and take them
 * apart again. */
void kernel_share_terms(kernel_expected *e);
void kernel_expected_free(kernel_expected *e);

/* Each number must lie within roundings * 2^-24 * terms of what is expected; bf16 numbers within
 * half of their last place more. Prints level, type, name and place of the worst one otherwise. */
void kernel_compare(const char *what, const kernel_array *got, const kernel_expected *e,
                    double roundings);
void kernel_compare_f32(const char *what, const float *got, const kernel_expected *e,
                        double roundings);
void kernel_compare_f64(const char *what, const double *got, const kernel_expected *e,
                        double roundings);

/* Calls check for each level that this machine has, in f32 and, if `bf16`, in bf16. */
void kernel_each_level(void (*check)(const sx_kernels *k, sx_dtype t), bool bf16);

#endif
