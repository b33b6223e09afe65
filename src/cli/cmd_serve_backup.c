/* spinexr serve backup */
#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"

typedef struct backup_args {
    sx_serve_args service;
} backup_args;

static bool verify(const char *path, sx_error *err) {
    sx_db *copy = sx_db_open(path, err);
    const bool ok = copy && sx_db_verify(copy, err);
    sx_db_close(copy);
    return ok || sx_fail_in(err, "%s", path);
}

static int run_backup(sx_call *call) {
    const backup_args *a = call->args;
    const char *to = call->inputs[0];
    sx_error err = { 0 };
    sx_db *db = sx_serve_open_any_store(&a->service, &err);
    const bool ok = db && sx_db_backup(db, to, &err) && verify(to, &err);
    sx_db_close(db);
    if (!ok) return sx_cli_fail(&err);
    sx_cli_print_parts((const sx_line_part[]){ { to, ": ", true }, { "copied and verified" } }, 2);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    SX_SERVE_DATA_OPTION(backup_args),
    SX_SERVE_CONFIG_OPTION(backup_args),
    { 0 },
};

/* What the two commands have in common. */
#define BACKUP_FIELDS                                                                              \
    .inputs = "FILE", .min_inputs = 1, .max_inputs = 1, .options = options,                        \
    .defaults = &(const backup_args){ .service = SX_SERVE_ARGS_DEFAULTS },                         \
    .args_size = sizeof(backup_args), .serial = true, .run = run_backup,                           \
    .help = "The copy is of one moment, and is verified. Films are files below DIR/films that\n"   \
            "never change: copy them after the database with any tool."

const sx_command sx_cmd_serve_backup = {
    .name = "serve backup",
    .summary = "Copy the database of a running service",
    .example = "spinexr serve backup store-copy.sqlite --data /var/lib/spinexr",
    BACKUP_FIELDS,
};

/* The same under the name that managers of a reading room look for. */
const sx_command sx_cmd_reading_backup = {
    .name = "reading backup",
    .summary = "The same as `serve backup`: copy the database",
    .example = "spinexr reading backup store-copy.sqlite --data /var/lib/spinexr",
    BACKUP_FIELDS,
};
