/* spinexr reading prelabel */
#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"
#include "service/reading/reading_prelabel_file.h"

typedef struct prelabel_args {
    sx_serve_args service;
    sx_reading_prelabel_choice scores;
} prelabel_args;

static int run_prelabel(sx_call *call) {
    const prelabel_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    sx_reading_prelabel_counts n = { 0 };
    char text[80], unknown[60], test[80];
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    const bool ok = db && sx_db_begin(db, &err) &&
                    sx_db_end(db,
                              sx_reading_prelabel_read(db, &p, call->inputs[1], &a->scores,
                                                       sx_wall_clock(), &n, &err) &&
                                  sx_serve_note(db, "reading prelabel", p.key, "", &err),
                              &err);
    sx_db_close(db);
    if (!ok) return sx_cli_fail(&err);
    sx_format(text, sizeof text, "%zu %s on %zu %s, shown from %g", n.boxes,
              sx_noun(n.boxes, "box", "boxes"), n.films, sx_noun(n.films, "film", "films"),
              n.threshold);
    sx_format(unknown, sizeof unknown, ", %zu %s unknown to the project", n.unknown,
              sx_noun(n.unknown, "film is", "films are"));
    sx_format(test, sizeof test, ", %zu %s of the test split left out", n.test,
              sx_noun(n.test, "film", "films"));
    sx_cli_print_parts(
        (const sx_line_part[]){
            { p.key, ": ", true }, { text }, { n.unknown ? unknown : "" }, { n.test ? test : "" } },
        4);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    { "least", SX_OPT_NUMBER, offsetof(prelabel_args, scores.least), "SCORE",
      "leave out boxes below (default: 0.05; or see above)", .min = 0, .max = 1 },
    { "threshold", SX_OPT_NUMBER, offsetof(prelabel_args, scores.threshold), "SCORE",
      "shown to readers at first (default: 0.3; or see above)", .min = 0, .max = 1 },
    SX_SERVE_DATA_OPTION(prelabel_args),
    SX_SERVE_CONFIG_OPTION(prelabel_args),
    { 0 },
};

const sx_command sx_cmd_reading_prelabel = {
    .name = "reading prelabel",
    .inputs = "KEY REPORT",
    .summary = "Offer boxes of a detector to readers",
    .help = "REPORT is report.json of `spinexr predict`, whose film ids are those of the\n"
            "project. Tasks of mode \"before\" show the boxes at once, those of \"after\" when\n"
            "the reader's own boxes are drawn. Films of a test split never have any.\n"
            "\n"
            "If the report was made with operating points and neither score is given, the\n"
            "boxes are its findings. Otherwise they are all boxes of the detector.",
    .example = "spinexr reading prelabel spine-1 out/report.json",
    .min_inputs = 2,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const prelabel_args){ .service = SX_SERVE_ARGS_DEFAULTS,
                                        .scores = { .least = NAN, .threshold = NAN } },
    .args_size = sizeof(prelabel_args),
    .serial = true,
    .run = run_prelabel,
};
