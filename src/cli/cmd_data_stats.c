#include <stdio.h>

#include "cli/command.h"
#include "cli/documents.h"
#include "data/headers.h"
#include "document/stats_plot.h"
#include "document/stats_tables.h"

typedef struct args {
    const char *classes, *images, *plot, *csv;
    bool headers;
} args;

static bool plot(const sx_manifest *m, const char *name, const char *path, sx_error *err) {
    sx_distributions d;
    if (!sx_distributions_of(m, &d, err)) return false;
    sx_figure *f = sx_stats_plot(&d, name);
    const bool ok = f ? sx_figure_write(f, path, err)
                      : sx_fail(err, SX_ERR_MEMORY, "out of memory for a figure");
    sx_figure_free(f);
    sx_distributions_free(&d);
    return ok;
}

/* Sizes are in the films, and only some layouts' annotations have them. */
static void hint_at_headers(const sx_call *call, const sx_set_stats *s) {
    const args *a = call->args;
    const sx_stats_column *all = &s->columns[SX_STATS_ALL];
    if (!a->headers && all->films && !all->width.n)
        sx_log(call->context, SX_LOG_INFO,
               "the annotations have no sizes of films; --headers reads the films");
}

static bool print_tables(const sx_call *call, const sx_manifest *m, sx_error *err) {
    const args *a = call->args;
    const char *name = call->inputs[0], *csv = a->csv;
    sx_set_stats s;
    if (!sx_set_stats_of(m, &s, err)) return false;
    sx_doc *d = sx_stats_tables(m, &s, name);
    const bool ok = d ? (!csv || sx_cli_write_doc(d, sx_doc_to_csv, csv, err)) &&
                            sx_cli_write_doc(d, sx_doc_to_text, NULL, err)
                      : sx_fail(err, SX_ERR_MEMORY, "out of memory for tables");
    if (ok) hint_at_headers(call, &s);
    sx_doc_free(d);
    sx_set_stats_free(&s);
    return ok;
}

static int run_data_stats(sx_call *call) {
    const args *a = call->args;
    if (a->plot && !sx_figure_named(a->plot))
        return sx_cli_usage(call, "--plot: the file's name ends in .svg, .png or .pdf, not %s",
                            a->plot);
    sx_error err = { 0 };
    sx_manifest m;
    const sx_manifest_options o = { .classes = a->classes,
                                    .classes_from = "--classes",
                                    .images = a->images };
    bool ok = sx_manifest_open(call->inputs[0], &o, &m, &err);
    if (ok) sx_manifest_warn(call->context, &m);
    if (ok && a->headers) {
        ok = sx_manifest_headers(call->context, &m, sx_cli_progress(call, "films", m.film_count),
                                 &err);
        sx_cli_progress_end();
    }
    if (ok && a->plot) ok = plot(&m, call->inputs[0], a->plot, &err);
    ok = ok && print_tables(call, &m, &err);
    sx_manifest_free(&m);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "headers", SX_OPT_FLAG, offsetof(args, headers), NULL,
      "also read sizes, ages and sexes from the films" },
    { "plot", SX_OPT_TEXT, offsetof(args, plot), "FILE",
      "also draw the distributions: .svg, .png or .pdf", .output = true },
    { "csv", SX_OPT_TEXT, offsetof(args, csv), "FILE", "write the tables as CSV", .output = true },
    { "classes", SX_OPT_TEXT, offsetof(args, classes), "A,B|vindr", "lesion names, in this order" },
    { "images", SX_OPT_TEXT, offsetof(args, images), "DIR",
      "folder of the films (default: the layout's)" },
    { 0 },
};

const sx_command sx_cmd_data_stats = {
    .name = "data stats",
    .inputs = "DATASET",
    .summary = "Print tables of films, patients and findings",
    .help = "Tables 1 and 2 of the VinDr-SpineXR paper for any data set: studies, films,\n"
            "sexes, ages and sizes, then each finding's boxes, films and box sizes.",
    .example = "spinexr data stats --headers vindr-spinexr",
    .options = options,
    .min_inputs = 1,
    .max_inputs = 1,
    .args_size = sizeof(args),
    .run = run_data_stats,
};
