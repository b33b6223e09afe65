/* The record of a run, which is stored with its results: command line, version, machine. */
#ifndef SX_BASE_RUN_RECORD_H
#define SX_BASE_RUN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "base/json.h"

typedef struct sx_run {
    int threads;
    char started[32]; /* UTC, "2026-11-23T12:00:00Z" */
    double began;     /* sx_now() */
    int argc;
    char **argv;
    bool has_seed; /* false: the run uses no random numbers */
    uint64_t seed;
    const char *precision; /* "f32", "bf16", "mixed" or NULL: not recorded */
} sx_run;

/* Records the start time. argv is borrowed, not copied; may be NULL. */
void sx_run_start(sx_run *run, const sx_context *context, int argc, char **argv);
/* For a run whose work is done: it started so many seconds ago. */
void sx_run_backdate(sx_run *run, double seconds);
/* Appends {"program", "version", "started", "seconds", "command", "threads", "precision", "seed",
 * "cpu", "peak_memory_bytes"} to `parent` under `key`; `seconds` is the time since the start. */
void sx_run_to_json(const sx_run *run, sx_json parent, const char *key);

#endif
