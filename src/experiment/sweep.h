/* Sweeps. The section SWEEP of a configuration file gives some keys a list of values. Every
 * combination of the values is a variant, which is trained in its own folder. */
#ifndef SX_EXPERIMENT_SWEEP_H
#define SX_EXPERIMENT_SWEEP_H

#include "base/context_impl.h"
#include "experiment/sweep_table.h"

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

/* The variant with the highest score (the first of several); variant_count if no variant has a
 * score. */
size_t sx_sweep_best(const sx_sweep *s);
size_t sx_sweep_failed(const sx_sweep *s); /* how many variants failed */

#endif
