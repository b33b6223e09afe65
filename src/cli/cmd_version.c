#include <stdio.h>

#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/str.h"
#include "cli/command.h"
#include "spinexr/version.h"

static bool print_json(const sx_cpu *cpu, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "version", sx_version());
    sx_json_integer(root, "cores", sx_cores());
    sx_json_bool(root, "avx2", cpu->avx2);
    sx_json_bool(root, "avx512", cpu->avx512);
    sx_json_bool(root, "avx512_bf16", cpu->avx512_bf16);
    sx_json_bool(root, "amx_bf16", cpu->amx_bf16);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_ONE_LINE, err);
    sx_json_free(&doc);
    return ok;
}

static int run_version(sx_call *call) {
    const sx_cpu *cpu = sx_cpu_get();
    sx_error err = { 0 };
    if (call->json) return print_json(cpu, &err) ? SX_EXIT_OK : sx_cli_fail(&err);
    printf("spinexr %s\n", sx_version());
    if (call->verbose)
        printf("%s, %d %s%s%s%s%s\n", cpu->model, sx_cores(),
               sx_noun((size_t)sx_cores(), "core", "cores"), cpu->avx2 ? ", AVX2" : "",
               cpu->avx512 ? ", AVX-512" : "", cpu->avx512_bf16 ? ", AVX-512 BF16" : "",
               cpu->amx_bf16 ? ", AMX BF16" : "");
    return SX_EXIT_OK;
}

const sx_command sx_cmd_version = {
    .name = "version",
    .summary = "Print the version and the processor's features",
    .help = "-v also prints the processor and the instruction sets in use.",
    .example = "spinexr version -v",
    .json = true,
    .serial = true,
    .run = run_version,
};
