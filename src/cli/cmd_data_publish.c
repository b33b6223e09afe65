#include "base/str.h"
#include "cli/command.h"
#include "cli/set_args.h"
#include "publish/set_release.h"

typedef struct args {
    const char *out, *about, *images, *lesion_names;
    int to, films, pixels;
} args;

enum { NOT_GIVEN = -1 };

static void refused(void *user, const char *why) {
    const sx_call *call = user;
    sx_log(call->context, SX_LOG_ERROR, "%s", why);
}

static void tell(const sx_call *call, const sx_set_release_totals *t) {
    const args *a = call->args;
    char counts[SX_CLI_COUNTS], text[200];
    sx_format(text, sizeof text, "%s (%s), %zu %s",
              sx_cli_set_counts(counts, t->films, t->boxes, t->classes), sx_layout_name(t->layout),
              t->files, sx_noun(t->files, "file", "files"));
    sx_cli_print_parts((const sx_line_part[]){ { text, ": " }, { a->out, .name = true } }, 2);
    sx_cli_tell_losses(&t->loss, false);
    if (t->unanswered)
        sx_log(call->context, SX_LOG_WARNING,
               "DATASHEET.md: %zu %s without an answer; the keys are in docs/publish.md",
               t->unanswered, sx_noun(t->unanswered, "question is", "questions are"));
    if (t->no_url)
        sx_log(
            call->context, SX_LOG_WARNING,
            "croissant.json: Croissant 1.0 requires the address of the data set; add the key url "
            "to %s",
            a->about);
}

static int run_data_publish(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_names approved = { 0 };
    sx_film_export films = { 0 };
    const char *excluded = sx_cli_film_export(a->films, a->pixels, &films);
    if (excluded) return sx_cli_usage(call, "%s", excluded);
    bool ok = sx_cli_read_lesion_names(a->lesion_names, &approved, &err);
    if (ok) {
        const sx_set_release r = {
            .set = call->inputs[0],
            .images = a->images,
            .about = a->about,
            .out = a->out,
            .to = sx_cli_layout(a->to),
            .films = films,
            .approved = &approved,
            .context = call->context,
            .progress = sx_cli_progress(call, "films", 0),
            .refused = refused,
            .user = call,
        };
        sx_set_release_totals totals;
        ok = sx_set_release_write(&r, &totals, &err);
        sx_cli_progress_end();
        if (ok) tell(call, &totals);
    }
    sx_names_free(&approved);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "new folder", .required = true,
      .output_folder = true, .outside_inputs = true },
    { "about", SX_OPT_TEXT, offsetof(args, about), "FILE",
      "YAML: title, creators, licence, datasheet, ...", .required = true },
    { "to", SX_OPT_CHOICE, offsetof(args, to), SX_CLI_LAYOUTS,
      "layout of the new files (default: the set's)" },
    { "films", SX_OPT_CHOICE, offsetof(args, films), "png|png16|jpeg|dicom",
      "how films are written (default: dicom)" },
    { "pixels", SX_OPT_CHOICE, offsetof(args, pixels), "dicom|vindr",
      "how stored values become 8 bit (default: dicom)" },
    { "images", SX_OPT_TEXT, offsetof(args, images), "DIR",
      "folder of the films (default: the layout's)" },
    { "lesion-names", SX_OPT_TEXT, offsetof(args, lesion_names), "FILE",
      "lesion names that identify nobody, one per line" },
    { 0 },
};

const sx_command sx_cmd_data_publish = {
    .name = "data publish",
    .inputs = "DATASET",
    .summary = "Write a de-identified data set for publication",
    .help = "Writes films, annotations, splits, a datasheet, Croissant metadata, a page with\n"
            "a sample and checksums into a new folder (docs/publish.md). A set with a fault\n"
            "(data check) is refused, and one with a film or annotation that has not\n"
            "passed de-identification (data deidentify).",
    .example = "spinexr data publish deidentified --about about.yaml --out spines-1.0",
    .options = options,
    .min_inputs = 1,
    .max_inputs = 1,
    .defaults = &(const args){ .to = NOT_GIVEN, .films = SX_EXPORT_DICOM, .pixels = NOT_GIVEN },
    .args_size = sizeof(args),
    .run = run_data_publish,
};
