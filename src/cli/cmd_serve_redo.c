/* spinexr serve redo */
#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "service/node/redo.h"

typedef struct redo_args {
    sx_serve_args service;
    const char *study;
    bool force;
} redo_args;

static int run_redo(sx_call *call) {
    const redo_args *a = call->args;
    sx_error err = { 0 };
    size_t films = 0;
    sx_db *db = sx_serve_open_store(&a->service, &err);
    bool ok = db && sx_node_redo(db, a->study, a->force, sx_wall_clock(), &films, &err);
    if (ok && !films)
        ok = sx_fail(&err, SX_ERR_MISSING, "%.80s: no films of such a study are kept", a->study);
    sx_db_close(db);
    if (!ok) return sx_cli_fail(&err);
    sx_cli_print("%zu %s will be predicted again\n", films, sx_noun(films, "film", "films"));
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    { "study", SX_OPT_TEXT, offsetof(redo_args, study), "UID", "Study Instance UID",
      .required = true },
    { "force", SX_OPT_FLAG, offsetof(redo_args, force), NULL,
      "make a new version also if the result is the same" },
    SX_SERVE_DATA_OPTION(redo_args),
    SX_SERVE_CONFIG_OPTION(redo_args),
    { 0 },
};

const sx_command sx_cmd_serve_redo = {
    .name = "serve redo",
    .summary = "Repeat a study with the weights in use",
    .help = "The service predicts its films again. If the result differs, it sends a new\n"
            "version, which names the earlier one as its predecessor.",
    .example = "spinexr serve redo --study 1.2.3.4 --data /var/lib/spinexr",
    .options = options,
    .defaults = &(const redo_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(redo_args),
    .serial = true,
    .run = run_redo,
};
