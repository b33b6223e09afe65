/* Sweeps: a configuration file with a section SWEEP, which gives some keys a list of values. Every
 * combination of the values is a variant, which is trained in its own folder. */
#ifndef SX_EXPERIMENT_SWEEP_H
#define SX_EXPERIMENT_SWEEP_H

#include "base/context.h"
#include "base/yaml.h"

typedef enum sx_variant_state {
    SX_VARIANT_TO_DO,
    SX_VARIANT_DONE,
    SX_VARIANT_FAILED
} sx_variant_state;

typedef struct sx_sweep_variant {
    sx_variant_state state;
    sx_error error; /* of SX_VARIANT_FAILED */
    long iterations, best_at;
    double best; /* validation score; NaN: none */
} sx_sweep_variant;

/* One key of the section SWEEP. */
typedef struct sx_sweep_axis {
    const sx_yaml_value *value; /* its values are value->items[value->count] */
    const char *key;            /* without "SWEEP.": "SOLVER.BASE_LR" */
    const char *short_name;     /* its last word: "BASE_LR" */
} sx_sweep_axis;

typedef struct sx_sweep {
    const char *file; /* borrowed */
    sx_yaml keys;     /* all keys of the file; owns the text of the axes */
    sx_sweep_axis *axes;
    size_t axis_count;
    sx_sweep_variant *variants; /* the last axis varies fastest */
    size_t variant_count;
    /* name of the validation score, "AUROC"; NULL before the first variant */
    const char *score_name;
} sx_sweep;

/* Reads the file and lists its variants; nothing is trained. `file` must outlive the sweep. Errors:
 * those of sx_yaml_open; SX_ERR_MISSING (no section SWEEP), SX_ERR_VALUE (a key without values),
 * SX_ERR_LIMIT (over 10,000 variants). Free with sx_sweep_free, also after an error. */
bool sx_sweep_open(const char *file, sx_sweep *s, sx_error *err) SX_MUST_USE;
void sx_sweep_free(sx_sweep *s); /* {0} is allowed */

/* Trains each variant in out/001, out/002, ... and writes out/sweep.csv after each. Variants that
 * an earlier call has finished are not trained again, and one that was interrupted resumes. Decoded
 * films are shared in out/cache. A variant that fails is recorded in its state, and the next one
 * follows. Errors: SX_ERR_CANCELLED (the same call continues the sweep), SX_ERR_IO,
 * SX_ERR_MEMORY. */
bool sx_sweep_run(sx_sweep *s, const sx_context *context, const char *out,
                  sx_error *err) SX_MUST_USE;

/* The value of an axis in a variant, as the file writes it. */
const char *sx_sweep_value(const sx_sweep *s, size_t axis, size_t variant);
/* The variant with the highest score, the first of equals; variant_count: no variant has one. */
size_t sx_sweep_best(const sx_sweep *s);
size_t sx_sweep_failed(const sx_sweep *s); /* how many variants failed */

#endif
