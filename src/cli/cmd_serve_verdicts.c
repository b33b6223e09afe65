/* spinexr serve verdicts: opinions of radiologists from other systems, and back to them */
#include <string.h>

#include "base/files.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "cli/serve_list.h"
#include "service/worklist/verdict_import.h"

typedef struct verdicts_args {
    sx_serve_args service;
} verdicts_args;

static bool store_verdicts(sx_db *db, const sx_file *f, const char *path, sx_verdict_counts *counts,
                           sx_error *err) {
    char detail[80];
    if (!sx_verdicts_import(db, f->data, f->size, path, counts, err)) return false;
    sx_format(detail, sizeof detail, "%zu %s, %zu added", counts->rows,
              sx_noun(counts->rows, "row", "rows"), counts->added);
    return sx_serve_note(db, "verdicts import", "", detail, err);
}

static bool run_import(sx_db *db, const char *path, sx_error *err) {
    sx_file f;
    sx_verdict_counts counts = { 0 };
    if (!sx_file_open(&f, path, err)) return false;
    const bool ok =
        sx_db_begin(db, err) && sx_db_end(db, store_verdicts(db, &f, path, &counts, err), err);
    sx_file_close(&f);
    if (!ok) return false;
    sx_cli_print("%zu %s, %zu added\n", counts.rows, sx_noun(counts.rows, "verdict", "verdicts"),
                 counts.added);
    return true;
}

static bool run_export(sx_db *db, sx_error *err) {
    sx_str text = { 0 };
    const bool ok = sx_verdicts_export(db, &text, err);
    if (ok) sx_cli_print("%s", sx_str_text(&text));
    sx_str_free(&text);
    return ok;
}

static int run_verdicts(sx_call *call) {
    const verdicts_args *a = call->args;
    const char *word = call->inputs[0];
    const bool import = strcmp(word, "import") == 0;
    sx_error err = { 0 };
    if (!sx_word_is_one_of(word, "import|export"))
        return sx_cli_usage(call, "the first argument is one of import|export, not %s", word);
    if (import != (call->input_count == 2))
        return sx_cli_usage(call, import ? "the file is missing" : "export takes no file");
    sx_db *db = sx_serve_open_store(&a->service, &err);
    const bool ok = db && (import ? run_import(db, call->inputs[1], &err) : run_export(db, &err));
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    SX_SERVE_DATA_OPTION(verdicts_args),
    SX_SERVE_CONFIG_OPTION(verdicts_args),
    { 0 },
};

const sx_command sx_cmd_serve_verdicts = {
    .name = "serve verdicts",
    .inputs = "import|export [FILE]",
    .summary = "Import and export the verdicts of radiologists",
    .help = "A CSV with the columns study_uid or accession, verdict (abnormal, normal,\n"
            "unsure), reader, date and comment; docs/node.md describes it. Either all rows\n"
            "are imported or none. Rows that are there already are left out. `export`\n"
            "prints what `import` reads. The service may run meanwhile.",
    .example = "spinexr serve verdicts import verdicts.csv --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const verdicts_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(verdicts_args),
    .serial = true,
    .run = run_verdicts,
};
