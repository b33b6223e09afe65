#include "cli/command.h"
#include "cli/set_args.h"
#include "data/manifest_write.h"

typedef struct args {
    const char *out, *classes, *images;
    bool link, stated_sizes;
    int to, films, pixels;
    long size;
} args;

enum { NOT_GIVEN = -1 };

/* How films are written. Returns options of which one would have no effect; NULL: none. */
static const char *parse_films(const args *a, sx_film_export *to) {
    if (a->link && a->films != NOT_GIVEN) return "--link and --films exclude each other";
    const char *excluded = sx_cli_film_export(a->films, a->pixels, to);
    if (excluded) return excluded;
    if (a->size && (a->films == NOT_GIVEN || a->films == SX_EXPORT_DICOM))
        return "--size needs --films png, png16 or jpeg";
    to->side = (int)a->size;
    return NULL;
}

static int run_data_convert(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    const sx_layout to = sx_cli_layout(a->to);
    sx_film_export films_to = { 0 };
    const char *excluded = parse_films(a, &films_to);
    if (excluded) return sx_cli_usage(call, "%s", excluded);
    const sx_manifest_options o = { .classes = a->classes,
                                    .classes_from = "--classes",
                                    .images = a->images };
    sx_paths unread = { 0 };
    bool ok = sx_manifest_open(call->inputs[0], &o, &m, &err) &&
              sx_cli_read_headers(call, call->inputs[0], &m, &unread, &err);
    ok = ok && (!a->size || sx_film_export_fit(&m, films_to.side, &err));
    if (ok) {
        const sx_manifest_target target = { .layout = to,
                                            .dir = a->out,
                                            .link = a->link,
                                            .films = a->films == NOT_GIVEN ? NULL : &films_to,
                                            .stated_sizes = a->stated_sizes,
                                            .context = call->context,
                                            .progress =
                                                sx_cli_progress(call, "films", m.film_count) };
        ok = sx_manifest_write(&m, &target, &loss, &err);
        sx_cli_progress_end();
    }
    if (ok) {
        char counts[SX_CLI_COUNTS];
        sx_cli_print("%s: %s to %s\n",
                     sx_cli_set_counts(counts, m.film_count, m.box_count, m.classes.count),
                     sx_layout_name(m.layout), sx_layout_name(to));
        sx_cli_tell_losses(&loss, to == SX_LAYOUT_YOLO && !a->stated_sizes);
    }
    sx_cli_tell_unreadable(call, &unread);
    const bool all = unread.count == 0 && (!ok || loss.unwritten == 0);
    sx_paths_free(&unread);
    sx_manifest_free(&m);
    if (!ok) return sx_cli_fail(&err);
    return all ? SX_EXIT_OK : SX_EXIT_BAD;
}

static const sx_option options[] = {
    { "to", SX_OPT_CHOICE, offsetof(args, to), SX_CLI_LAYOUTS, "layout of the new files",
      .required = true },
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "new folder", .required = true,
      .output_folder = true, .outside_inputs = true },
    { "link", SX_OPT_FLAG, offsetof(args, link), NULL, "add symbolic links to the films" },
    { "films", SX_OPT_CHOICE, offsetof(args, films), "png|png16|jpeg|dicom",
      "write the films, too (default: none)" },
    { "pixels", SX_OPT_CHOICE, offsetof(args, pixels), "dicom|vindr",
      "how stored values become 8 bit (default: dicom)" },
    { "size", SX_OPT_INT, offsetof(args, size), "PIXELS",
      "shrink longer sides to this (default: full size)", .min = 32, .max = 32768 },
    { "stated-sizes", SX_OPT_FLAG, offsetof(args, stated_sizes), NULL,
      "yolo: use the annotated size of films without a file" },
    { "classes", SX_OPT_TEXT, offsetof(args, classes), "A,B|vindr", "lesion names, in this order" },
    { "images", SX_OPT_TEXT, offsetof(args, images), "DIR",
      "folder of the films (default: the layout's)" },
    { 0 },
};

const sx_command sx_cmd_data_convert = {
    .name = "data convert",
    .inputs = "DATASET",
    .summary = "Write a data set's annotations in another layout",
    .help = "Reads and writes the layouts vindr (VinDr-SpineXR's CSV), labels (CSV of image\n"
            "labels), coco (JSON), voc (Pascal VOC XML) and yolo (text). Data that\n"
            "the target cannot hold are counted. Sizes are read from the films;\n"
            "films that cannot be read are left out. --films png16 stretches the stored\n"
            "values to 16 bit; dicom copies the files.",
    .example = "spinexr data convert --to coco --link --out spines-coco vindr-spinexr",
    .options = options,
    .min_inputs = 1,
    .max_inputs = 1,
    .defaults = &(const args){ .to = NOT_GIVEN, .films = NOT_GIVEN, .pixels = NOT_GIVEN },
    .args_size = sizeof(args),
    .run = run_data_convert,
};
