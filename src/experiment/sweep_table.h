/* The table of a sweep as a file. */
#ifndef SX_EXPERIMENT_SWEEP_TABLE_H
#define SX_EXPERIMENT_SWEEP_TABLE_H

#include "base/fail.h"
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

/* The value of an axis in a variant, as the file writes it. */
const char *sx_sweep_value(const sx_sweep *s, size_t axis, size_t variant);

/* Writes a CSV file with a row for each variant: its number, its values, its result, and "done",
 * "to do" or the reason of the failure. Errors: SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_sweep_write_csv(const sx_sweep *s, const char *path, sx_error *err) SX_MUST_USE;

#endif
