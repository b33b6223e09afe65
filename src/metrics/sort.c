#include "metrics/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

typedef struct keyed {
    uint64_t key;
    uint32_t index;
} keyed;

/* Keys that ascend as the doubles descend. */
static uint64_t descending_key(double v) {
    uint64_t bits;
    v += 0.0; /* -0 becomes +0 */
    memcpy(&bits, &v, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return ~bits;
}

/* One pass over 16 bits; false when all keys have the same ones and none was moved. */
static bool radix_pass(const keyed *from, keyed *to, size_t n, int shift, uint32_t *count) {
    memset(count, 0, 65536 * sizeof *count);
    for (size_t i = 0; i < n; i++)
        count[(from[i].key >> shift) & 0xffff]++;
    if (count[(from[0].key >> shift) & 0xffff] == n) return false;
    uint32_t sum = 0;
    for (size_t i = 0; i < 65536; i++) {
        uint32_t c = count[i];
        count[i] = sum;
        sum += c;
    }
    for (size_t i = 0; i < n; i++)
        to[count[(from[i].key >> shift) & 0xffff]++] = from[i];
    return true;
}

/* Insertion sort, for short lists. */
static void insertion_sort(keyed *a, size_t n) {
    for (size_t i = 1; i < n; i++) {
        keyed k = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1].key > k.key; j--)
            a[j] = a[j - 1];
        a[j] = k;
    }
}

static void merge_sort(keyed *a, keyed *scratch, size_t n) {
    if (n <= 16) {
        insertion_sort(a, n);
        return;
    }
    size_t half = n / 2, i = 0, j = half, k = 0;
    merge_sort(a, scratch, half);
    merge_sort(a + half, scratch, n - half);
    memcpy(scratch, a, half * sizeof *a);
    while (i < half && j < n)
        a[k++] = a[j].key < scratch[i].key ? a[j++] : scratch[i++];
    while (i < half)
        a[k++] = scratch[i++];
}

bool sx_sort_descending(const double *score, size_t n, uint32_t *order, sx_error *err) {
    if (n == 0) return true;
    if (n > UINT32_MAX)
        return sx_fail(err, SX_ERR_LIMIT, "%zu scores are more than can be sorted", n);
    keyed *a = sx_calloc_for(n, 2 * sizeof *a, "scores", err);
    if (!a) return false;
    keyed *b = a + n, *from = a, *to = b;
    for (size_t i = 0; i < n; i++)
        a[i] = (keyed){ descending_key(score[i]), (uint32_t)i };
    uint32_t *count = n > 20000 ? sx_calloc(65536, sizeof *count) : NULL;
    if (!count) {
        merge_sort(a, b, n);
    } else {
        for (int shift = 0; shift < 64; shift += 16) {
            if (!radix_pass(from, to, n, shift, count)) continue;
            keyed *t = from;
            from = to;
            to = t;
        }
    }
    for (size_t i = 0; i < n; i++)
        order[i] = from[i].index;
    free(count);
    free(a);
    return true;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

void sx_sort_values(double *values, size_t n) {
    if (n > 1) qsort(values, n, sizeof *values, by_value);
}
