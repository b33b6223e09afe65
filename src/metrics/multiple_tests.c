#include "metrics/multiple_tests.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

bool sx_holm(const double *p, size_t count, double *adjusted, sx_error *err) {
    double *values = sx_calloc_for(count + 1, sizeof *values, "p-values", err);
    uint32_t *order = sx_calloc_for(count + 1, 2 * sizeof *order, "p-values", err);
    uint32_t *at = order ? order + count + 1 : NULL;
    size_t tests = 0;
    for (size_t i = 0; values && order && i < count; i++) {
        adjusted[i] = p[i];
        if (isnan(p[i])) continue;
        at[tests] = (uint32_t)i;
        values[tests++] = p[i];
    }
    const bool ok = values && order && sx_sort_descending(values, tests, order, err);
    double least = 0;
    for (size_t k = 0; ok && k < tests; k++) {
        const uint32_t smallest = order[tests - 1 - k];
        least = fmax(least, fmin((double)(tests - k) * values[smallest], 1));
        adjusted[at[smallest]] = least;
    }
    free(values);
    free(order);
    return ok;
}
