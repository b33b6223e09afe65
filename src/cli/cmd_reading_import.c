/* spinexr reading import: films of a data set, or what somebody marked on them */
#include <stdlib.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"
#include "service/reading/reading_import_reads.h"
#include "service/reading/reading_received.h"

typedef struct import_args {
    sx_serve_args service;
    const char *images, *as, *rad_id;
    long round;
    bool received;
    sx_texts studies;
} import_args;

/* The folder in which the service looks for prepared films, and its limit. */
static bool read_cache(const sx_serve_args *service, sx_reading_import_options *o, char **folder,
                       sx_error *err) {
    sx_settings s;
    bool ok = sx_serve_read_settings(service, &s, err);
    if (ok && *s.data) {
        *folder = sx_path_absolute(s.data);
        ok = *folder || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
        o->most_bytes = sx_settings_pixel_bytes(&s);
    }
    sx_settings_free(&s);
    o->folder = *folder;
    return ok;
}

static void print_refused(void *user, const sx_error *why) {
    sx_log(user, SX_LOG_ERROR, "not taken: %s", why->message);
}

/* What goes to the audit log, in the transaction of the import. */
typedef struct import_note {
    sx_db *db;
    const char *project, *detail;
} import_note;

static bool put_note(void *user, sx_error *err) {
    const import_note *n = user;
    return sx_serve_note(n->db, "reading import", n->project, n->detail, err);
}

/* m NULL: what the node received. */
static bool import_into(const sx_call *call, sx_db *db, const sx_reading_project *p,
                        const sx_manifest *m, sx_reading_received_counts *n, sx_error *err) {
    const import_args *a = call->args;
    const sx_reading_received received = { .studies = a->studies.items,
                                           .study_count = (size_t)a->studies.count,
                                           .refused = print_refused,
                                           .user = (void *)(uintptr_t)call->context };
    import_note note = { db, p->key, m ? "" : "received" };
    sx_reading_import_options o = { .context = call->context,
                                    .note = put_note,
                                    .user = &note,
                                    .locked = print_refused,
                                    .locked_user = (void *)(uintptr_t)call->context };
    char *folder = NULL;
    bool ok = read_cache(&a->service, &o, &folder, err);
    if (ok && m) {
        o.progress = sx_cli_progress(call, "films", m->film_count);
        ok = sx_reading_import(db, p, m, &o, &n->films, err);
        sx_cli_progress_end();
    } else if (ok) {
        ok = folder ? sx_reading_import_received(db, p, &received, &o, n, err)
                    : sx_fail(err, SX_ERR_USAGE, "--received needs the folder of the service");
    }
    free(folder);
    return ok;
}

static bool import_films(const sx_call *call, sx_db *db, const sx_reading_project *p,
                         const sx_manifest *m, size_t *refused, sx_error *err) {
    char films[60], studies[40], known[60], lost[60], held[60], back[60], out[60];
    sx_reading_received_counts all = { 0 };
    if (!import_into(call, db, p, m, &all, err)) return false;
    const sx_reading_import_counts n = all.films;
    *refused = all.refused + n.locked;
    sx_format(films, sizeof films, "%zu new %s", n.films, sx_noun(n.films, "film", "films"));
    sx_format(studies, sizeof studies, " in %zu %s", n.studies,
              sx_noun(n.studies, "study", "studies"));
    sx_format(known, sizeof known, ", %zu known", n.known);
    sx_format(lost, sizeof lost, ", %zu without a file", n.without_file);
    sx_format(held, sizeof held, ", %zu held: see `spinexr reading held`", n.held);
    sx_format(back, sizeof back, ", %zu complete %s returned to %s", n.returned,
              sx_noun(n.returned, "task", "tasks"),
              sx_noun(n.returned, "its reader", "their readers"));
    sx_format(out, sizeof out, ", %zu not taken", *refused);
    sx_cli_print_parts((const sx_line_part[]){ { p->key, ": ", true },
                                               { films },
                                               { studies },
                                               { n.known ? known : "" },
                                               { n.without_file ? lost : "" },
                                               { n.held ? held : "" },
                                               { n.returned ? back : "" },
                                               { *refused ? out : "" } },
                       8);
    return true;
}

static void print_reads(const sx_reading_project *p, const sx_reading_reads_counts *n) {
    char text[200], full[120];
    sx_format(text, sizeof text, "%zu %s with %zu %s, %zu of %zu %s complete", n->films,
              sx_noun(n->films, "film", "films"), n->boxes, sx_noun(n->boxes, "box", "boxes"),
              n->complete, n->tasks, sx_noun(n->tasks, "study", "studies"));
    sx_format(full, sizeof full, ", of reading.json: %zu rejected, %zu abnormal without a box",
              n->rejected, n->unboxed);
    sx_cli_print_parts((const sx_line_part[]){ { p->key, ": ", true },
                                               { text },
                                               { n->rejected || n->unboxed ? full : "" } },
                       3);
    if (n->copies)
        sx_cli_print("left out: %zu %s of another box\n", n->copies,
                     sx_noun(n->copies, "exact copy", "exact copies"));
    if (n->unknown)
        sx_cli_print("%zu %s unknown to the project\n", n->unknown,
                     sx_noun(n->unknown, "film is", "films are"));
}

/* full: reading.json; NULL: none. */
static bool import_reads(const import_args *a, sx_db *db, const sx_reading_project *p,
                         const sx_manifest *m, const json_t *full, sx_error *err) {
    sx_reading_reads_counts n;
    import_note note = { db, p->key, a->as };
    const sx_reading_import_reads_options o = { .reader = a->as,
                                                .round = (int)a->round,
                                                .full = full,
                                                .rad_id = a->rad_id,
                                                .now = sx_wall_clock(),
                                                .note = put_note,
                                                .user = &note };
    const bool ok = sx_reading_import_reads(db, p, m, &o, &n, err);
    if (ok) print_reads(p, &n);
    return ok;
}

/* The annotations were read to their end, which sets the hash, and have no row that is wanted. */
static bool lacks_rows(const sx_manifest *m, const sx_error *why) {
    return why->code == SX_ERR_MISSING && *m->hash && !m->film_count && !m->unread.count;
}

/* An export in which each film is rejected, or abnormal without a box, has no row: its verdicts are
 * in reading.json alone. */
static bool open_readings(const char *data_set, const sx_manifest_options *o, sx_manifest *m,
                          json_t **full, sx_error *err) {
    if (!sx_reading_full_open(data_set, full, err)) return false;
    if (sx_manifest_open(data_set, o, m, err)) return true;
    if (!*full || !lacks_rows(m, err)) return false;
    *err = (sx_error){ 0 };
    return true;
}

/* NULL: the arguments fit together; otherwise what is wrong. */
static const char *check_arguments(const sx_call *call) {
    const import_args *a = call->args;
    if (a->received == (call->input_count == 2))
        return a->received ? "--received takes no DATASET" : "DATASET or --received is missing";
    if (a->studies.count && !a->received) return "--study is for --received";
    if (a->received && (a->as || a->images)) return "--as and --images are for a DATASET";
    return a->rad_id && !a->as ? "--rad-id is for --as" : NULL;
}

static int run_import(sx_call *call) {
    const import_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    sx_manifest m = { 0 };
    size_t refused = 0;
    const sx_manifest_options o = { .images = a->images,
                                    .reader = a->as ? a->rad_id : NULL,
                                    .annotations_only = a->as != NULL };
    const char *wrong = check_arguments(call);
    if (wrong) return sx_cli_usage(call, "%s", wrong);
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    json_t *full = NULL;
    bool ok = db && (a->received || (a->as ? open_readings(call->inputs[1], &o, &m, &full, &err)
                                           : sx_manifest_open(call->inputs[1], &o, &m, &err)));
    ok = ok && (a->as ? import_reads(a, db, &p, &m, full, &err)
                      : import_films(call, db, &p, a->received ? NULL : &m, &refused, &err));
    sx_manifest_free(&m);
    json_decref(full);
    sx_db_close(db);
    if (!ok) return sx_cli_fail(&err);
    return refused ? SX_EXIT_BAD : SX_EXIT_OK;
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
    { "received", SX_OPT_FLAG, offsetof(import_args, received), NULL,
      "de-identified copies of films that the node received" },
    { "study", SX_OPT_LIST, offsetof(import_args, studies), "UID",
      "with --received: this study; may be repeated (default: all)" },
    SX_SERVE_DATA_OPTION(import_args),
    SX_SERVE_CONFIG_OPTION(import_args),
    { 0 },
};

const sx_command sx_cmd_reading_import = {
    .name = "reading import",
    .inputs = "KEY [DATASET]",
    .summary = "Add the films of a data set to a project",
    .help = "Layouts: docs/data.md. Films stay where they are; the database has their paths\n"
            "and SHA-256, and a file that is replaced is no longer shown. Films that may\n"
            "contain text are held (`reading held`). With --as, boxes and \"No finding\"\n"
            "rows become readings of a person; of an export, also the verdicts of\n"
            "reading.json that no row can say.",
    .example = "spinexr reading import spine-1 films --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const import_args){ .service = SX_SERVE_ARGS_DEFAULTS, .round = 1 },
    .args_size = sizeof(import_args),
    .run = run_import,
};
