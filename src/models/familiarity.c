#include "models/familiarity.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const char key[] = "spinexr.familiarity";

sx_familiarity *sx_familiarity_new(int features, int components, sx_error *err) {
    const size_t n = (size_t)features, k = (size_t)components;
    const size_t numbers = 2 * n + k + k * n;
    sx_familiarity *f = sx_calloc_for(1, sizeof *f + numbers * sizeof(double), key, err);
    if (!f) return NULL;
    f->features = features;
    f->components = components;
    f->mean = f->room;
    f->scale = f->mean + n;
    f->variance = f->scale + n;
    f->basis = f->variance + k;
    return f;
}

double sx_familiarity_distance(const sx_familiarity *f, const float *x) {
    const int n = f->features;
    double all = 0, within = 0, sum = 0;
    for (int i = 0; i < n; i++) {
        const double z = ((double)x[i] - f->mean[i]) / f->scale[i];
        all += z * z;
    }
    for (int k = 0; k < f->components; k++) {
        const double *axis = f->basis + (size_t)k * (size_t)n;
        double t = 0;
        for (int i = 0; i < n; i++)
            t += axis[i] * (((double)x[i] - f->mean[i]) / f->scale[i]);
        within += t * t;
        sum += t * t / f->variance[k];
    }
    return sqrt((sum + fmax(all - within, 0) / f->rest) / n);
}

/* ---- text ---- */

static bool refuse(const sx_weights *w, const char *fault, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s: %s", sx_weights_path(w), key, fault);
}

/* What a number may be. */
typedef struct range {
    double least, most;
} range;

static const range any_number = { -1e9, 1e9 }, above_zero = { 1e-12, 1e9 }, in_basis = { -1, 1 };

static bool read_value(const json_t *value, range allowed, double *out) {
    *out = json_is_number(value) ? json_number_value(value) : (double)NAN;
    return *out >= allowed.least && *out <= allowed.most;
}

static bool read_list(const json_t *list, size_t count, range allowed, double *out) {
    bool ok = json_is_array(list) && json_array_size(list) == count;
    for (size_t i = 0; ok && i < count; i++)
        ok = read_value(json_array_get(list, i), allowed, &out[i]);
    return ok;
}

static bool read_basis(const json_t *rows, sx_familiarity *f) {
    const size_t n = (size_t)f->features;
    bool ok = true;
    for (size_t k = 0; ok && k < (size_t)f->components; k++)
        ok = read_list(json_array_get(rows, k), n, in_basis, f->basis + k * n);
    return ok;
}

static bool read_parts(const sx_weights *w, const json_t *root, sx_familiarity *f, sx_error *err) {
    const size_t n = (size_t)f->features, k = (size_t)f->components;
    if (!read_value(json_object_get(root, "limit"), above_zero, &f->limit) ||
        !read_value(json_object_get(root, "rest"), above_zero, &f->rest))
        return refuse(w, "\"limit\" or \"rest\" is not a number from 1e-12 to 1e9", err);
    if (!read_list(json_object_get(root, "mean"), n, any_number, f->mean))
        return refuse(w, "\"mean\" is not a list of numbers from -1e9 to 1e9", err);
    if (!read_list(json_object_get(root, "scale"), n, above_zero, f->scale))
        return refuse(w, "\"scale\" is not a list of as many numbers from 1e-12 to 1e9", err);
    if (!read_list(json_object_get(root, "variance"), k, above_zero, f->variance))
        return refuse(w,
                      "\"variance\" is not a list of a number from 1e-12 to 1e9 for each row of "
                      "\"basis\"",
                      err);
    return read_basis(json_object_get(root, "basis"), f) ||
           refuse(w, "a row of \"basis\" is not a list of as many numbers from -1 to 1", err);
}

static bool read_root(const sx_weights *w, const json_t *root, sx_familiarity **out,
                      sx_error *err) {
    const json_t *mean = json_object_get(root, "mean"), *basis = json_object_get(root, "basis");
    const size_t n = json_array_size(mean), k = json_array_size(basis);
    if (!json_is_object(root) || !json_is_array(mean) || !json_is_array(basis))
        return refuse(w, "not an object with the lists \"mean\" and \"basis\"", err);
    if (n < 1 || n > SX_FAMILIARITY_FEATURES || k >= n || k > SX_FAMILIARITY_COMPONENTS)
        return refuse(w, "1 to 8192 features and at most 32 components, fewer than features", err);
    *out = sx_familiarity_new((int)n, (int)k, err);
    return *out && read_parts(w, root, *out, err);
}

bool sx_familiarity_read(const sx_weights *w, sx_familiarity **out, sx_error *err) {
    const char *text = sx_weights_meta(w, key);
    sx_error why = { 0 };
    *out = NULL;
    if (!text) return true;
    json_t *root = sx_json_parse(text, strlen(text), true, NULL, &why);
    const bool ok =
        root ? read_root(w, root, out, err)
             : sx_fail(err, why.code, "%s: %s: %s", sx_weights_path(w), key, why.message);
    json_decref(root);
    if (!ok) {
        free(*out);
        *out = NULL;
    }
    return ok;
}

/* Eight digits: more than a float has. */
static void put_list(sx_str *out, const double *v, size_t count) {
    for (size_t i = 0; i < count; i++)
        sx_str_printf(out, "%s%.8g", i ? "," : "[", v[i]);
    sx_str_add(out, count ? "]" : "[]");
}

bool sx_familiarity_text(const sx_familiarity *f, sx_str *out, sx_error *err) {
    const size_t n = (size_t)f->features, k = (size_t)f->components;
    sx_str_printf(out, "{\"limit\":%.8g,\"rest\":%.8g,\"mean\":", f->limit, f->rest);
    put_list(out, f->mean, n);
    sx_str_add(out, ",\"scale\":");
    put_list(out, f->scale, n);
    sx_str_add(out, ",\"variance\":");
    put_list(out, f->variance, k);
    sx_str_add(out, ",\"basis\":[");
    for (size_t i = 0; i < k; i++) {
        if (i) sx_str_add(out, ",");
        put_list(out, f->basis + i * n, n);
    }
    sx_str_add(out, "]}");
    return sx_str_ok(out, err);
}
