/* spinexr serve settings */
#include "base/str.h"
#include "cli/command.h"
#include "service/settings_example.h"

static int run_settings(sx_call *call) {
    sx_error err = { 0 };
    sx_str text = { 0 };
    (void)call;
    sx_settings_put_example(&text);
    const bool ok = sx_str_ok(&text, &err);
    if (ok) sx_cli_print("%s", sx_str_text(&text));
    sx_str_free(&text);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

const sx_command sx_cmd_serve_settings = {
    .name = "serve settings",
    .summary = "Print a settings file with every key and its default",
    .help = "The output is YAML, for --config. A comment above each key explains it. Keys\n"
            "that keep their default may be removed. `spinexr serve check` tests a file.",
    .example = "spinexr serve settings > spinexr.yaml",
    .serial = true,
    .run = run_settings,
};
