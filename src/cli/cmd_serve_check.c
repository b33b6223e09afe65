/* spinexr serve check */
#include "base/line.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "service/node/check_up.h"

typedef struct check_args {
    sx_serve_args service;
} check_args;

static void tell(void *user, const char *what, const char *error) {
    (void)user;
    const bool failed = error && !sx_starts_with(error, "warning: ");
    sx_str memory = { 0 }, line = { 0 };
    sx_str_printf(&line, "%s: %s", sx_line_one(&memory, what), failed ? "error: " : "");
    sx_line_fold(&line, error ? error : "ok", 2);
    sx_cli_print("%s\n", sx_str_text(&line));
    sx_str_free(&line);
    sx_str_free(&memory);
}

static int run_check(sx_call *call) {
    static const char *const worker[] = { "/proc/self/exe", "serve", "worker", NULL };
    const check_args *a = call->args;
    sx_error err = { 0 };
    sx_settings s;
    size_t faults = 0;
    const bool ok = sx_serve_read_settings(&a->service, &s, &err) &&
                    sx_node_check_up(&s, worker, tell, NULL, &faults, &err);
    sx_settings_free(&s);
    if (!ok) return sx_cli_fail(&err);
    sx_cli_print(faults ? "%zu %s\n" : "no errors\n", faults, sx_noun(faults, "error", "errors"));
    return faults ? SX_EXIT_BAD : SX_EXIT_OK;
}

static const sx_option options[] = {
    SX_SERVE_CONFIG_OPTION(check_args),
    SX_SERVE_DATA_OPTION(check_args),
    { "weights", SX_OPT_LIST, offsetof(check_args, service.weights), "PATH",
      "weight file or folder of them; may be repeated" },
    { "allow-demo", SX_OPT_FLAG, offsetof(check_args, service.allow_demo), NULL,
      "accept demonstration weights" },
    { 0 },
};

const sx_command sx_cmd_serve_check = {
    .name = "serve check",
    .summary = "Test the settings of a service without starting it",
    .help = "Reads the settings; tests the folder, the disk, the database, whether the ports\n"
            "are free, certificates, destinations (C-ECHO, QIDO-RS) and weights. Run it\n"
            "before the service, which occupies the ports.",
    .example = "spinexr serve check --config /etc/spinexr/spinexr.yaml",
    .options = options,
    .defaults = &(const check_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(check_args),
    .serial = true,
    .run = run_check,
};
