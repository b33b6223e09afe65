/* spinexr reading verify */
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "service/reading/reading_verify.h"

typedef struct verify_args {
    sx_serve_args service;
} verify_args;

static int run_verify(sx_call *call) {
    const verify_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    sx_reading_verified n;
    char text[80];
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    const bool ok = db && sx_db_verify(db, &err) && sx_reading_verify(db, p.id, &n, &err);
    sx_db_close(db);
    if (!ok) return sx_cli_fail(&err);
    sx_format(text, sizeof text, "%zu %s in %zu %s verified", n.ops,
              sx_noun(n.ops, "operation", "operations"), n.tasks,
              sx_noun(n.tasks, "task", "tasks"));
    sx_cli_print_parts((const sx_line_part[]){ { p.key, ": ", true }, { text } }, 2);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    SX_SERVE_DATA_OPTION(verify_args),
    SX_SERVE_CONFIG_OPTION(verify_args),
    { 0 },
};

const sx_command sx_cmd_reading_verify = {
    .name = "reading verify",
    .inputs = "KEY",
    .summary = "Check that no operation of a reader was changed or lost",
    .help = "Checks the chain of hashes over each task's operations, that all are of its\n"
            "reader, and that its boxes, verdicts and tags are what the operations say.\n"
            "Exit status 1 names the first task and operation that are not.\n"
            "\n"
            "Decisions of adjudicators, names of labels, ids of films and studies,\n"
            "comments and versions have no hashes: the database refuses to change, replace\n"
            "or delete them, but whoever may change its tables could remove that. States\n"
            "and times of tasks, time at films, splits, views and spacing of films, films\n"
            "that are held, attributes of labels and accounts are not checked.",
    .example = "spinexr reading verify spine-1 --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults = &(const verify_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(verify_args),
    .serial = true,
    .run = run_verify,
};
