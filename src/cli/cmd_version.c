#include <stdio.h>

#include "base/cpu.h"
#include "base/threads.h"
#include "cli/command.h"
#include "spinexr/spinexr.h"

static int run_version(sx_call *call) {
    const sx_cpu *cpu = sx_cpu_get();
    if (call->json) {
        printf("{\"version\": \"%s\", \"cores\": %d, \"avx2\": %s, \"avx512\": %s, "
               "\"avx512_bf16\": %s, "
               "\"amx_bf16\": %s}\n",
               sx_version(), sx_cores(), cpu->avx2 ? "true" : "false",
               cpu->avx512 ? "true" : "false", cpu->avx512_bf16 ? "true" : "false",
               cpu->amx_bf16 ? "true" : "false");
        return SX_EXIT_OK;
    }
    printf("spinexr %s\n", sx_version());
    if (call->verbose)
        printf("%s, %d cores%s%s%s%s\n", cpu->model, sx_cores(), cpu->avx2 ? ", AVX2" : "",
               cpu->avx512 ? ", AVX-512" : "", cpu->avx512_bf16 ? ", AVX-512 BF16" : "",
               cpu->amx_bf16 ? ", AMX BF16" : "");
    return SX_EXIT_OK;
}

const sx_command sx_cmd_version = {
    .name = "version",
    .summary = "Say which version this is and what the processor offers",
    .help = "With -v also the processor and what of it the program uses.",
    .example = "spinexr version -v",
    .json = true,
    .run = run_version,
};
