/* For the fuzz targets of weight files: reads every byte of every tensor. */
#ifndef TESTS_FUZZ_WEIGHTS_WALK_H
#define TESTS_FUZZ_WEIGHTS_WALK_H

#include <stdio.h>
#include <stdlib.h>

#include "tensor/weights_impl.h"

typedef bool weights_reader(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err);

static inline void walk_tensor(const sx_weights *w, const sx_tensor *t) {
    sx_error err = { 0 };
    float buf[256];
    char shape[64];
    const int64_t n = sx_tensor_count(t);
    if (sx_weights_find(w, t->name) != t) abort();
    sx_tensor_shape(t, shape, sizeof shape);
    for (int64_t i = 0; i < n; i += 256)
        if (!sx_tensor_to_f32(t, i, n - i < 256 ? n - i : 256, buf, &err)) abort();
}

static inline void walk_weights(weights_reader *read, const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    if (!w) return;
    if (!read(w, data, size, &err) && err.code == SX_OK) abort(); /* a failure must say why */
    for (size_t i = 0; i < sx_weights_count(w); i++)
        walk_tensor(w, sx_weights_at(w, i));
    sx_weights_free(w);
}

#endif
