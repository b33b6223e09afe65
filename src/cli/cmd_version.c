/* spinexr version */
#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/versions.h"
#include "spinexr/version.h"

static void put_build(sx_json root) {
    sx_json build = sx_json_object(root, "build");
    sx_json_text(build, "commit", sx_build_commit());
    sx_json_text(build, "compiler", sx_build_compiler());
    sx_json_text(build, "type", sx_build_type());
    sx_library_version items[SX_LIBRARIES];
    const size_t count = sx_library_versions(items);
    sx_json libraries = sx_json_object(root, "libraries");
    for (size_t i = 0; i < count; i++)
        sx_json_text(libraries, items[i].name, items[i].version);
}

static bool print_json(const sx_cpu *cpu, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "version", sx_version());
    sx_json_text(root, "processor", cpu->model);
    sx_json_integer(root, "cores", sx_cores());
    sx_json_bool(root, "avx2", cpu->avx2);
    sx_json_bool(root, "avx512", cpu->avx512);
    sx_json_bool(root, "avx512_bf16", cpu->avx512_bf16);
    sx_json_bool(root, "amx_bf16", cpu->amx_bf16);
    put_build(root);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_ONE_LINE, err);
    sx_json_free(&doc);
    return ok;
}

static void print_text(const sx_cpu *cpu) {
    const char *commit = sx_build_commit();
    sx_library_version items[SX_LIBRARIES];
    const size_t count = sx_library_versions(items);
    sx_cli_print("spinexr %s\n", sx_version());
    sx_cli_print("commit      %s\n", *commit ? commit : "(not built from git)");
    sx_cli_print("build       %s, %s\n", sx_build_compiler(), sx_build_type());
    sx_cli_print("processor   %s, %d %s\n", cpu->model, sx_cores(),
                 sx_noun((size_t)sx_cores(), "core", "cores"));
    sx_cli_print("in use      %s%s%s%s\n", cpu->avx2 ? "AVX2" : "no vector instructions",
                 cpu->avx512 ? ", AVX-512" : "", cpu->avx512_bf16 ? ", AVX-512 BF16" : "",
                 cpu->amx_bf16 ? ", AMX BF16" : "");
    for (size_t i = 0; i < count; i++)
        sx_cli_print("%-11s %s %s\n", i ? "" : "libraries", items[i].name, items[i].version);
}

static int run_version(sx_call *call) {
    const sx_cpu *cpu = sx_cpu_get();
    sx_error err = { 0 };
    if (call->json) return print_json(cpu, &err) ? SX_EXIT_OK : sx_cli_fail(&err);
    print_text(cpu);
    return SX_EXIT_OK;
}

const sx_command sx_cmd_version = {
    .name = "version",
    .summary = "Print the version, the processor and the libraries",
    .help = "Also prints the commit, the compiler and the instruction sets in use. A report\n"
            "of a fault needs all of it. spinexr --version (-V) prints the version alone.",
    .example = "spinexr version",
    .json = true,
    .serial = true,
    .run = run_version,
};
