#include "base/run_record.h"

#include <math.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/threads.h"
#include "spinexr/spinexr.h"

const char *sx_version(void) {
    return SX_VERSION;
}

void sx_run_start(sx_run *run, int argc, char **argv) {
    *run = (sx_run){ .argc = argc, .argv = argv, .began = sx_now() };
    sx_timestamp(run->started, sizeof run->started);
}

static json_t *cpu_json(void) {
    const sx_cpu *cpu = sx_cpu_get();
    return json_pack("{s:s, s:i, s:b, s:b, s:b, s:b}", "model", cpu->model, "cores", sx_cores(),
                     "avx2", cpu->avx2, "avx512", cpu->avx512, "avx512_bf16", cpu->avx512_bf16,
                     "amx_bf16", cpu->amx_bf16);
}

/* A file name need not be UTF-8, which JSON must be. */
static json_t *text_json(const char *text) {
    json_t *j = json_string(text);
    return j ? j : json_string("(not UTF-8)");
}

json_t *sx_run_to_json(const sx_run *run) {
    json_t *command = json_array();
    for (int i = 0; i < run->argc; i++)
        json_array_append_new(command, text_json(run->argv[i]));
    json_t *seed = run->has_seed ? json_integer((json_int_t)run->seed) : json_null();
    return json_pack("{s:s, s:s, s:s, s:f, s:o, s:i, s:s?, s:o, s:o, s:I}", "program", "spinexr",
                     "version", sx_version(), "started", run->started, "seconds",
                     round((sx_now() - run->began) * 1e3) / 1e3, "command", command, "threads",
                     sx_threads(), "precision", run->precision, "seed", seed, "cpu", cpu_json(),
                     "peak_memory_bytes", (json_int_t)sx_peak_memory());
}
