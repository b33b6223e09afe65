#include "detect/sample.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "detect/select.h"

static int rising(const void *a, const void *b) {
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Chooses up to `most` indices of one label and returns their number. The index makes all keys
 * differ. */
static int choose(const int8_t *label, int64_t n, int wanted, int most, uint64_t draw,
                  uint64_t *key, int *out) {
    size_t m = 0;
    for (int64_t i = 0; i < n; i++)
        if (label[i] == wanted)
            key[m++] = (draw ? sx_rng_u64(draw, (uint64_t)i) >> 32 << 32 : 0) | (uint64_t)i;
    const size_t k = most > 0 ? (m < (size_t)most ? m : (size_t)most) : 0;
    if (k > 0 && k < m) sx_select_smallest(key, m, k);
    for (size_t i = 0; i < k; i++)
        out[i] = (int)(uint32_t)key[i];
    qsort(out, k, sizeof *out, rising);
    return (int)k;
}

bool sx_sample_labels(const int8_t *label, int64_t n, int most, double fraction, uint64_t draw,
                      sx_sample *out, sx_error *err) {
    if (n > INT32_MAX) return sx_fail(err, SX_ERR_LIMIT, "too many boxes: %lld", (long long)n);
    uint64_t *key = sx_calloc_for((size_t)n + 1, sizeof *key, "a sample", err);
    if (!key) return false;
    out->objects = choose(label, n, 1, (int)(most * fraction), draw, key, out->chosen);
    out->count = out->objects +
                 choose(label, n, 0, most - out->objects, draw, key, out->chosen + out->objects);
    free(key);
    return true;
}
