#include "support/kernel_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "tensor/tensor.h"

enum { GUARD_BYTES = 64, GUARD = 0xA5 };

static char label[64]; /* level and type that are being tested */

static size_t bytes_of(const kernel_array *a) {
    return (size_t)a->count * (a->type == SX_BF16 ? sizeof(uint16_t) : sizeof(float));
}

static kernel_array new_array(int64_t count, sx_dtype t) {
    kernel_array a = { .type = t, .count = count };
    a.data = malloc(bytes_of(&a) + GUARD_BYTES);
    assert_non_null(a.data);
    memset((char *)a.data + bytes_of(&a), GUARD, GUARD_BYTES);
    return a;
}

kernel_array kernel_random_scaled(const char *name, int64_t count, sx_dtype t, float scale) {
    kernel_array a = new_array(count, t);
    const uint64_t key = sx_rng_key(name, 5);
    for (int64_t i = 0; i < count; i++)
        kernel_set(&a, i, scale * (float)(2 * sx_rng_unit(key, (uint64_t)i) - 1));
    return a;
}

kernel_array kernel_random(const char *name, int64_t count, sx_dtype t) {
    return kernel_random_scaled(name, count, t, 1);
}

kernel_array kernel_unset(int64_t count, sx_dtype t) {
    kernel_array a = new_array(count, t);
    for (int64_t i = 0; i < count; i++)
        kernel_set(&a, i, NAN);
    return a;
}

kernel_array kernel_copy(const kernel_array *from) {
    kernel_array a = new_array(from->count, from->type);
    memcpy(a.data, from->data, bytes_of(from));
    return a;
}

void kernel_free(kernel_array *a) {
    const unsigned char *guard = (const unsigned char *)a->data + bytes_of(a);
    for (int i = 0; i < GUARD_BYTES; i++)
        if (guard[i] != GUARD) fail_msg("%s: byte %d behind an array was overwritten", label, i);
    free(a->data);
    *a = (kernel_array){ 0 };
}

double kernel_at(const kernel_array *a, int64_t i) {
    if (a->type == SX_F32) return (double)((const float *)a->data)[i];
    return (double)sx_bf16_to_f32(((const uint16_t *)a->data)[i]);
}

void kernel_set(kernel_array *a, int64_t i, float v) {
    if (a->type == SX_F32)
        ((float *)a->data)[i] = v;
    else
        ((uint16_t *)a->data)[i] = sx_f32_to_bf16(v);
}

kernel_expected kernel_expect(int64_t count) {
    kernel_expected e = { count, calloc((size_t)count, sizeof *e.want),
                          calloc((size_t)count, sizeof *e.terms) };
    assert_true(e.want && e.terms);
    return e;
}

void kernel_add_term(kernel_expected *e, int64_t i, double term) {
    e->want[i] += term;
    e->terms[i] += fabs(term);
}

void kernel_expect_held(kernel_expected *e, const kernel_array *held) {
    for (int64_t i = 0; i < e->count; i++)
        kernel_add_term(e, i, kernel_at(held, i));
}

double kernel_activated(double x, sx_act act) {
    const double sigmoid = 1 / (1 + exp(-x));
    switch (act) {
    case SX_ACT_RELU:
        return fmax(x, 0);
    case SX_ACT_SIGMOID:
        return sigmoid;
    case SX_ACT_SWISH:
        return x * sigmoid;
    case SX_ACT_GELU:
        return 0.5 * x * erfc(-x / sqrt(2));
    case SX_ACT_HARD_SIGMOID:
        return fmin(fmax((x + 3) / 6, 0), 1);
    case SX_ACT_NONE:
        break;
    }
    return x;
}

void kernel_expect_act(kernel_expected *e, sx_act act) {
    for (int64_t i = 0; i < e->count; i++)
        e->want[i] = kernel_activated(e->want[i], act);
}

void kernel_share_terms(kernel_expected *e) {
    double most = 0;
    for (int64_t i = 0; i < e->count; i++)
        most = fmax(most, e->terms[i]);
    for (int64_t i = 0; i < e->count; i++)
        e->terms[i] = most;
}

void kernel_expected_free(kernel_expected *e) {
    free(e->want);
    free(e->terms);
    *e = (kernel_expected){ 0 };
}

/* Half of the last of bf16's 8 significant bits. */
static double bound_of(const kernel_expected *e, int64_t i, double roundings, bool half) {
    const double f32 = roundings * ldexp(e->terms[i], -24);
    return half ? f32 + ldexp(fabs(e->want[i]) + f32, -8) : f32;
}

static double got_f32(const void *data, int64_t i) {
    return (double)((const float *)data)[i];
}

static double got_f64(const void *data, int64_t i) {
    return ((const double *)data)[i];
}

static double got_array(const void *data, int64_t i) {
    return kernel_at(data, i);
}

static void compare(const char *what, double (*at)(const void *, int64_t), const void *got,
                    bool half, const kernel_expected *e, double roundings) {
    double worst = 0;
    int64_t place = -1;
    for (int64_t i = 0; i < e->count; i++) {
        const double error = fabs(at(got, i) - e->want[i]), bound = bound_of(e, i, roundings, half);
        if (error <= bound) continue;
        const double ratio = bound > 0 && isfinite(error) ? error / bound : INFINITY;
        if (ratio < worst) continue;
        worst = ratio;
        place = i;
    }
    if (place >= 0)
        fail_msg("%s, %s: [%lld] of %lld is %.9g, should be %.9g within %.3g", label, what,
                 (long long)place, (long long)e->count, at(got, place), e->want[place],
                 bound_of(e, place, roundings, half));
}

void kernel_compare(const char *what, const kernel_array *got, const kernel_expected *e,
                    double roundings) {
    assert_int_equal(got->count, e->count);
    compare(what, got_array, got, got->type == SX_BF16, e, roundings);
}

void kernel_compare_f32(const char *what, const float *got, const kernel_expected *e,
                        double roundings) {
    compare(what, got_f32, got, false, e, roundings);
}

void kernel_compare_f64(const char *what, const double *got, const kernel_expected *e,
                        double roundings) {
    compare(what, got_f64, got, false, e, roundings);
}

void kernel_each_level(void (*check)(const sx_kernels *k, sx_dtype t), bool bf16) {
    static const char *const names[SX_KERNEL_LEVELS] = { "generic", "avx2", "avx512" };
    static const sx_dtype types[] = { SX_F32, SX_BF16 };
    for (int level = 0; level < SX_KERNEL_LEVELS; level++)
        for (int i = 0; i <= bf16; i++) {
            const sx_kernels *k = sx_kernels_at((sx_kernel_level)level, types[i]);
            if (!k) continue;
            snprintf(label, sizeof label, "%s %s", names[level], sx_dtype_name(types[i]));
            check(k, types[i]);
        }
}
