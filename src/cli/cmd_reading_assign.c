/* spinexr reading assign: who reads which study */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"
#include "service/reading/reading_assign.h"

typedef struct assign_args {
    sx_serve_args service;
    sx_texts readers;
    const char *arm;
    long per_study, round, session;
    int prelabels;
    double control, rereading;
} assign_args;

static const char prelabel_words[] = "project|none|after|before";

static bool assign(sx_db *db, const sx_reading_project *p, const sx_reading_assignment *how,
                   sx_reading_assigned *n, sx_error *err) {
    char note[SX_READING_NOTE];
    if (!sx_reading_assign(db, p, how, n, err)) return false;
    sx_reading_note(note, n->tasks, how->round, how->readers, how->reader_count);
    return sx_serve_note(db, "reading assign", p->key, note, err);
}

static int run_assign(sx_call *call) {
    static const char *const modes[] = { NULL, "none", "after", "before" };
    const assign_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    sx_reading_assigned n = { 0 };
    char tasks[60], control[60], repeats[60];
    const sx_reading_assignment how = { .readers = a->readers.items,
                                        .reader_count = (size_t)a->readers.count,
                                        .per_study = (int)a->per_study,
                                        .round = (int)a->round,
                                        .prelabels = modes[a->prelabels],
                                        .arm = a->arm,
                                        .session = (int)a->session,
                                        .control = a->control,
                                        .rereading = a->rereading,
                                        .now = sx_wall_clock() };
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    const bool ok =
        db && sx_db_begin(db, &err) && sx_db_end(db, assign(db, &p, &how, &n, &err), &err);
    sx_db_close(db);
    if (!ok) return sx_cli_fail(&err);
    sx_format(tasks, sizeof tasks, "%zu new %s", n.tasks, sx_noun(n.tasks, "task", "tasks"));
    sx_format(control, sizeof control, ", %zu without boxes of networks as control", n.control);
    sx_format(repeats, sizeof repeats, ", %zu a second time", n.repeats);
    sx_cli_print_parts((const sx_line_part[]){ { p.key, ": ", true },
                                               { tasks },
                                               { n.control ? control : "" },
                                               { n.repeats ? repeats : "" } },
                       4);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    { "reader", SX_OPT_LIST, offsetof(assign_args, readers), "LOGIN",
      "a reader; repeat it for several", .required = true },
    { "per-study", SX_OPT_INT, offsetof(assign_args, per_study), "N",
      "readers of each study (default: the project's)", .min = 0, .max = 20 },
    { "round", SX_OPT_INT, offsetof(assign_args, round), "N", "(default: 1)", .min = 1,
      .max = 100 },
    { "prelabels", SX_OPT_CHOICE, offsetof(assign_args, prelabels), prelabel_words,
      "boxes of networks (default: project)" },
    { "control", SX_OPT_NUMBER, offsetof(assign_args, control), "SHARE",
      "of tasks without boxes of networks (default: 0.1)", .min = 0, .max = 1 },
    { "rereading", SX_OPT_NUMBER, offsetof(assign_args, rereading), "SHARE",
      "of tasks that come a second time (default: 0)", .min = 0, .max = 1 },
    { "arm", SX_OPT_TEXT, offsetof(assign_args, arm), "TEXT",
      "of a reader study, for instance with or without the program" },
    { "session", SX_OPT_INT, offsetof(assign_args, session), "N", "of a reader study (default: 1)",
      .min = 1, .max = 100 },
    SX_SERVE_DATA_OPTION(assign_args),
    SX_SERVE_CONFIG_OPTION(assign_args),
    { 0 },
};

const sx_command sx_cmd_reading_assign = {
    .name = "reading assign",
    .inputs = "KEY",
    .summary = "Give the studies of a project to readers",
    .help = "All readers get the same number of studies, but for one. Who reads what, and\n"
            "in which order, follows from the project's seed. Tasks that exist stay, so the\n"
            "command can be repeated after another import.",
    .example = "spinexr reading assign spine-1 --reader ann --reader ben",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults =
        &(const assign_args){
            .service = SX_SERVE_ARGS_DEFAULTS, .round = 1, .session = 1, .control = 0.1 },
    .args_size = sizeof(assign_args),
    .serial = true,
    .run = run_assign,
};
