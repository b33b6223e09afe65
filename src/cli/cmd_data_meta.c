#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "cli/command.h"
#include "cli/found_films.h"
#include "data/headers.h"
#include "pipeline/inputs.h"

typedef struct args {
    const char *out;
} args;

/* Logs the errors of the files and of the folders that could not be read or have no film; returns
 * how many. */
static size_t log_failures(const sx_call *call, char *const *trouble, const sx_found_films *found) {
    const sx_paths *unread = &found->unread;
    const size_t count = found->files.count;
    size_t failed = unread->count + found->empty.count;
    for (size_t i = 0; i < count; i++) {
        if (trouble[i]) sx_log(call->context, SX_LOG_ERROR, "%s", trouble[i]);
        failed += trouble[i] != NULL;
    }
    for (size_t i = 0; i < unread->count; i++) {
        sx_error why = { 0 };
        sx_paths_unread_error(unread->items[i], &why);
        sx_log(call->context, SX_LOG_ERROR, "%s", why.message);
    }
    for (size_t i = 0; i < found->empty.count; i++)
        sx_log(call->context, SX_LOG_ERROR, "%s", found->empty.items[i]);
    return failed;
}

static void print_summary(size_t films, size_t passed_over, const char *out) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%zu %s", films, sx_noun(films, "film", "films"));
    if (passed_over)
        sx_str_printf(&text, ", %zu other %s passed over", passed_over,
                      sx_noun(passed_over, "file", "files"));
    sx_cli_print_parts(
        (const sx_line_part[]){ { sx_str_text(&text), "; " }, { out, .name = true } }, 2);
    sx_str_free(&text);
}

/* One row in one line: a line feed in a quoted field is shown as an escape. */
static void print_row(sx_str *row) {
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, sx_str_text(row), false);
    printf("%s\n", sx_str_text(&shown));
    sx_str_free(&shown);
    sx_str_free(row);
}

/* A terminal would obey the control characters of a film's name and values, and a line feed would
 * look like the end of a row. */
static void print_to_person(const char *csv) {
    sx_str row = { 0 };
    bool quoted = false;
    for (; *csv; csv++) {
        if (*csv == '"') quoted = !quoted;
        if (*csv == '\n' && !quoted)
            print_row(&row);
        else
            sx_str_append(&row, csv, 1);
    }
    sx_str_free(&row);
}

static void print_csv(const sx_str *csv) {
    if (isatty(STDOUT_FILENO))
        print_to_person(sx_str_text(csv));
    else
        fputs(sx_str_text(csv), stdout);
}

/* The names that results have for the same films. */
static bool name_films(const sx_paths *files, sx_paths *ids, sx_error *err) {
    sx_inputs in = { .items = sx_calloc_for(files->count + 1, sizeof *in.items, "names", err) };
    bool ok = in.items != NULL;
    for (; ok && in.count < files->count; in.count++) {
        in.items[in.count].path = sx_strdup(files->items[in.count]);
        ok = in.items[in.count].path || sx_fail(err, SX_ERR_MEMORY, "out of memory for names");
    }
    ok = ok && sx_inputs_name(&in, err);
    for (size_t i = 0; ok && i < in.count; i++)
        ok = sx_paths_add(ids, in.items[i].id, err);
    sx_inputs_free(&in);
    return ok;
}

static int run_data_meta(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_found_films found;
    sx_paths ids = { 0 };
    sx_str csv = { 0 };
    size_t failed = 0;
    bool ok = sx_found_films_open(call, &found, &err);
    const sx_paths *files = &found.files;
    char **trouble = ok ? sx_calloc_for(files->count + 1, sizeof *trouble, "messages", &err) : NULL;
    ok = trouble && name_films(files, &ids, &err) &&
         sx_headers_csv(call->context, files, &ids, sx_cli_progress(call, "films", files->count),
                        &csv, trouble, &err);
    sx_cli_progress_end();
    if (trouble) failed = log_failures(call, trouble, &found);
    const size_t films = files->count + found.unread.count + found.empty.count - failed;
    for (size_t i = 0; trouble && i < files->count; i++)
        free(trouble[i]);
    free(trouble);
    if (ok && films == 0 && a->out)
        ok = sx_fail(&err, SX_ERR_MISSING, "%s: not written, because no film was read", a->out);
    if (ok && a->out) ok = sx_write_file(a->out, sx_str_text(&csv), csv.len, &err);
    if (ok && !a->out) print_csv(&csv);
    if (ok && a->out) print_summary(films, found.passed_over, a->out);
    sx_str_free(&csv);
    sx_paths_free(&ids);
    sx_found_films_free(&found);
    if (!ok) return sx_cli_fail(&err);
    return failed ? SX_EXIT_BAD : SX_EXIT_OK;
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(args, out), "FILE",
      "CSV file to write (default: standard output)", .output = true },
    { 0 },
};

const sx_command sx_cmd_data_meta = {
    .name = "data meta",
    .inputs = "FILE|DIR...",
    .summary = "Write the films' header fields as CSV",
    .help = "One row per film: patient, study, size, age, sex, view, device. Headers are\n"
            "read in parallel, pixels are not. Films and folders that cannot be read are\n"
            "named on standard error; the exit status is then 1. Other files of a folder\n"
            "are passed over (-v names them).",
    .example = "spinexr data meta --out train_meta.csv vindr-spinexr/train_images",
    .options = options,
    .min_inputs = 1,
    .max_inputs = -1,
    .args_size = sizeof(args),
    .run = run_data_meta,
};
