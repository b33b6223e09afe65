/* spinexr reading import: films of a data set, or what somebody marked on them */
#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"
#include "service/reading/reading_import.h"
#include "service/reading/reading_import_reads.h"

typedef struct import_args {
    sx_serve_args service;
    const char *images, *as, *rad_id;
    long round;
} import_args;

static bool import_films(const sx_call *call, sx_db *db, const sx_reading_project *p,
                         const sx_manifest *m, sx_error *err) {
    sx_reading_import_counts n;
    char films[60], studies[40], known[60], lost[60], held[60];
    const bool ok = sx_reading_import(db, call->context, p, m,
                                      sx_cli_progress(call, "films", m->film_count), &n, err);
    sx_cli_progress_end();
    if (!ok) return false;
    sx_format(films, sizeof films, "%zu new %s", n.films, sx_noun(n.films, "film", "films"));
    sx_format(studies, sizeof studies, " in %zu %s", n.studies,
              sx_noun(n.studies, "study", "studies"));
    sx_format(known, sizeof known, ", %zu known", n.known);
    sx_format(lost, sizeof lost, ", %zu without a file", n.without_file);
    sx_format(held, sizeof held, ", %zu held: text is burned into the image", n.held);
    sx_cli_print_parts((const sx_line_part[]){ { p->key, ": ", true },
                                               { films },
                                               { studies },
                                               { n.known ? known : "" },
                                               { n.without_file ? lost : "" },
                                               { n.held ? held : "" } },
                       6);
    return true;
}

static bool import_reads(const import_args *a, sx_db *db, const sx_reading_project *p,
                         const sx_manifest *m, sx_error *err) {
    sx_reading_reads_counts n;
    const sx_reading_import_reads_options o = { .reader = a->as,
                                                .round = (int)a->round,
                                                .now = sx_wall_clock() };
    char text[200];
    if (!sx_reading_import_reads(db, p, m, &o, &n, err)) return false;
    sx_format(text, sizeof text, "%zu films with %zu boxes, %zu of %zu studies complete", n.films,
              n.boxes, n.complete, n.tasks);
    sx_cli_print_parts((const sx_line_part[]){ { p->key, ": ", true }, { text } }, 2);
    if (n.unknown)
        sx_cli_print("%zu %s unknown to the project\n", n.unknown,
                     sx_noun(n.unknown, "film is", "films are"));
    return true;
}

static int run_import(sx_call *call) {
    const import_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    sx_manifest m = { 0 };
    const sx_manifest_options o = { .images = a->images,
                                    .reader = a->as ? a->rad_id : NULL,
                                    .annotations_only = a->as != NULL };
    if (a->rad_id && !a->as) return sx_cli_usage(call, "--rad-id is for --as");
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    bool ok = db && sx_manifest_open(call->inputs[1], &o, &m, &err);
    ok = ok && (a->as ? import_reads(a, db, &p, &m, &err) : import_films(call, db, &p, &m, &err)) &&
         sx_serve_note(db, "reading import", p.key, a->as ? a->as : "", &err);
    sx_manifest_free(&m);
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "images", SX_OPT_TEXT, offsetof(import_args, images), "DIR",
      "folder of the films (default: the layout's)" },
    { "as", SX_OPT_TEXT, offsetof(import_args, as), "LOGIN",
      "import the annotations as readings of this person, not films" },
    { "rad-id", SX_OPT_TEXT, offsetof(import_args, rad_id), "ID",
      "with --as: only the rows of this reader (default: all rows)" },
    { "round", SX_OPT_INT, offsetof(import_args, round), "N", "with --as (default: 1)", .min = 1,
      .max = 100 },
    SX_SERVE_DATA_OPTION(import_args),
    SX_SERVE_CONFIG_OPTION(import_args),
    { 0 },
};

const sx_command sx_cmd_reading_import = {
    .name = "reading import",
    .inputs = "KEY DATASET",
    .summary = "Add the films of a data set to a project",
    .help = "Layouts: docs/data.md. Films stay where they are; the database has their paths\n"
            "and SHA-256, and a file that is replaced is no longer shown. A film whose\n"
            "header says that text is burned in is held. With --as, boxes and \"No finding\"\n"
            "rows become complete readings of a person.",
    .example = "spinexr reading import spine-1 films --data /var/lib/spinexr",
    .min_inputs = 2,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const import_args){ .service = SX_SERVE_ARGS_DEFAULTS, .round = 1 },
    .args_size = sizeof(import_args),
    .run = run_import,
};
