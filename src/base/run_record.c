#include "base/run_record.h"

#include <math.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/cpu.h"
#include "spinexr/version.h"

void sx_run_start(sx_run *run, const sx_context *context, int argc, char **argv) {
    *run = (sx_run){
        .threads = sx_threads_of(context), .argc = argc, .argv = argv, .began = sx_now()
    };
    sx_timestamp(run->started, sizeof run->started);
}

void sx_run_backdate(sx_run *run, double seconds) {
    run->began = sx_now() - seconds;
    sx_timestamp_of(sx_wall_clock() - (int64_t)(seconds * 1e3), run->started, sizeof run->started);
}

static void put_cpu(sx_json run) {
    const sx_cpu *cpu = sx_cpu_get();
    sx_json at = sx_json_object(run, "cpu");
    sx_json_text(at, "model", cpu->model);
    sx_json_integer(at, "cores", sx_cores());
    sx_json_bool(at, "avx2", cpu->avx2);
    sx_json_bool(at, "avx512", cpu->avx512);
    sx_json_bool(at, "avx512_bf16", cpu->avx512_bf16);
    sx_json_bool(at, "amx_bf16", cpu->amx_bf16);
}

void sx_run_to_json(const sx_run *run, sx_json parent, const char *key) {
    sx_json at = sx_json_object(parent, key);
    sx_json_text(at, "program", "spinexr");
    sx_json_text(at, "version", sx_version());
    sx_json_text(at, "started", run->started);
    sx_json_number(at, "seconds", round((sx_now() - run->began) * 1e3) / 1e3);
    sx_json command = sx_json_array(at, "command");
    for (int i = 0; i < run->argc; i++)
        sx_json_text(command, NULL, run->argv[i]);
    sx_json_integer(at, "threads", run->threads);
    sx_json_text(at, "precision", run->precision);
    if (run->has_seed)
        sx_json_integer(at, "seed", (int64_t)run->seed);
    else
        sx_json_null(at, "seed");
    put_cpu(at);
    sx_json_integer(at, "peak_memory_bytes", (int64_t)sx_peak_memory());
}
