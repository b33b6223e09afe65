/* Reads the numbers of tests/golden/eval. */
#ifndef SX_METRICS_GOLDEN_JSON_H
#define SX_METRICS_GOLDEN_JSON_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "support/check.h"

static inline json_t *golden_json(const char *name) {
    json_error_t e;
    json_t *j = json_load_file(check_golden(name), 0, &e);
    if (!j) fail_msg("%s: %s", name, e.text);
    return j;
}

/* "a/b/c": a path of keys; array elements by number. */
static inline json_t *at_path(json_t *j, const char *path) {
    char buf[256];
    snprintf(buf, sizeof buf, "%s", path);
    buf[sizeof buf - 1] = '\0';
    char *save = NULL;
    for (char *key = strtok_r(buf, "/", &save); key; key = strtok_r(NULL, "/", &save)) {
        j = json_is_array(j) ? json_array_get(j, strtoul(key, NULL, 10)) : json_object_get(j, key);
        if (!j) fail_msg("no %s in the golden file", path);
    }
    return j;
}

static inline double number_at(json_t *j, const char *path) {
    json_t *v = at_path(j, path);
    return json_is_null(v) ? NAN : json_number_value(v);
}

static inline double *numbers_at(json_t *j, const char *path, size_t *n) {
    json_t *a = at_path(j, path);
    *n = json_array_size(a);
    double *v = calloc(*n ? *n : 1, sizeof *v);
    for (size_t i = 0; i < *n; i++) {
        json_t *x = json_array_get(a, i);
        v[i] = json_is_null(x) ? NAN : json_number_value(x);
    }
    return v;
}

static inline unsigned char *labels_at(json_t *j, const char *path, size_t *n) {
    double *v = numbers_at(j, path, n);
    unsigned char *l = calloc(*n ? *n : 1, 1);
    for (size_t i = 0; i < *n; i++)
        l[i] = v[i] != 0;
    free(v);
    return l;
}

#define CHECK_NEAR(got, want, tol)                                                                 \
    do {                                                                                           \
        double got_ = (got), want_ = (want);                                                       \
        if (!(fabs(got_ - want_) <= (tol)) && !(isnan(got_) && isnan(want_)))                      \
            fail_msg("%s:%d: %s = %.17g, not %.17g", __FILE__, __LINE__, #got, got_, want_);       \
    } while (0)

#endif
