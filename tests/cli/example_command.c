#include "cli/command.h"

typedef struct hello_args {
    const char *name;
    long times;
} hello_args;

static const sx_option options[] = {
    { "name", SX_OPT_TEXT, offsetof(hello_args, name), "TEXT", "whom to greet", .required = true },
    { "times", SX_OPT_INT, offsetof(hello_args, times), "N", "how often (1)", .min = 1,
      .max = 100 },
    { 0 },
};

static bool greet(const char *name, sx_error *err) {
    if (!*name) return sx_fail(err, SX_ERR_VALUE, "--name is empty");
    sx_cli_print("Hello, %s!\n", name);
    return true;
}

static int run_hello(sx_call *call) {
    const hello_args *a = call->args;
    sx_error err = { 0 };
    bool ok = true;
    sx_progress *bar = sx_cli_progress(call, "greetings", (size_t)a->times);
    for (long i = 0; ok && i < a->times; i++) {
        /* after Ctrl-C the check fails with SX_ERR_CANCELLED */
        ok = sx_context_check(call->context, &err) && greet(a->name, &err);
        if (ok) sx_progress_step(bar, 1);
    }
    sx_cli_progress_end();
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

const sx_command sx_cmd_hello = {
    .name = "hello",
    .summary = "Greet a person",
    .example = "spinexr hello --name Ada",
    .options = options,
    .defaults = &(const hello_args){ .times = 1 },
    .args_size = sizeof(hello_args),
    .run = run_hello,
};
