/* spinexr help: with --man or --completion. `spinexr help COMMAND` reads as `spinexr COMMAND
 * --help` (dispatch.c). */
#include "base/str.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man_page.h"

typedef struct help_args {
    bool man;
    int shell;
    const char *out;
} help_args;

enum { NOT_GIVEN = -1 };

static const sx_option options[] = {
    { "man", SX_OPT_FLAG, offsetof(help_args, man), NULL, "print the manual page" },
    { "out", SX_OPT_TEXT, offsetof(help_args, out), "DIR", "with --man: write all pages there" },
    { "completion", SX_OPT_CHOICE, offsetof(help_args, shell), "bash|zsh|fish",
      "print the completion script (default: none)" },
    { 0 },
};

static void join_words(sx_str *words, const sx_call *call) {
    for (int i = 0; i < call->input_count; i++)
        sx_str_printf(words, "%s%s", i ? " " : "", call->inputs[i]);
}

static int print_text(sx_str *text) {
    sx_error err = { 0 };
    if (!sx_str_ok(text, &err)) return sx_cli_fail(&err);
    sx_cli_print("%s", sx_str_text(text));
    return SX_EXIT_OK;
}

static int print_page(const sx_call *call) {
    sx_str text = { 0 }, words = { 0 };
    join_words(&words, call);
    const bool found = sx_man_page(&text, sx_commands, sx_command_groups, sx_str_text(&words));
    const int status =
        found ? print_text(&text)
              : sx_cli_usage(call, "there is no command '%.200s'", sx_str_text(&words));
    sx_str_free(&text);
    sx_str_free(&words);
    return status;
}

static int print_completion(int shell) {
    static void (*const scripts[])(sx_str *, const sx_command *const *,
                                   const sx_command_group *) = { sx_complete_bash, sx_complete_zsh,
                                                                 sx_complete_fish };
    sx_str text = { 0 };
    scripts[shell](&text, sx_commands, sx_command_groups);
    const int status = print_text(&text);
    sx_str_free(&text);
    return status;
}

static int run_help(sx_call *call) {
    const help_args *a = call->args;
    sx_error err = { 0 };
    if (a->man && a->shell != NOT_GIVEN)
        return sx_cli_usage(call, "--man and --completion exclude each other");
    if (a->out && !a->man) return sx_cli_usage(call, "--out DIR needs --man");
    if (call->input_count && (a->out || a->shell != NOT_GIVEN))
        return sx_cli_usage(call, "%s concerns all commands: one argument too many: %s",
                            a->out ? "--out" : "--completion", call->inputs[0]);
    if (a->shell != NOT_GIVEN) return print_completion(a->shell);
    if (!a->man) return sx_cli_usage(call, "--man or --completion is missing");
    if (!a->out) return print_page(call);
    return sx_man_pages(a->out, sx_commands, sx_command_groups, &err) ? SX_EXIT_OK
                                                                      : sx_cli_fail(&err);
}

const sx_command sx_cmd_help = {
    .name = "help",
    .inputs = "[COMMAND]",
    .summary = "Explain a command; print manual pages and completions",
    .help = "`spinexr help data check` prints what `spinexr data check --help` prints.\n"
            "Packages install the manual pages and the completion scripts.",
    .example = "spinexr help --man data check | man -l -",
    .max_inputs = 2,
    .options = options,
    .defaults = &(const help_args){ .shell = NOT_GIVEN },
    .args_size = sizeof(help_args),
    .serial = true,
    .run = run_help,
};
