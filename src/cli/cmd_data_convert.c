#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"
#include "data/headers.h"
#include "data/manifest_write.h"

typedef struct args {
    const char *to, *out, *classes, *images;
    bool link, stated_sizes;
    int films, pixels;
    long size;
} args;

enum { NOT_GIVEN = -1 };

static void tell(size_t n, const char *one, const char *many) {
    char text[160];
    snprintf(text, sizeof text, "%zu %s", n, sx_noun(n, one, many));
    if (n)
        sx_cli_print_parts((const sx_line_part[]){ { "not in this layout", ": " }, { text } }, 2);
}

static void tell_losses(const sx_manifest_loss *loss) {
    tell(loss->boxes, "box", "boxes");
    tell(loss->films, "film that is abnormal without a box, or of unknown label",
         "films that are abnormal without a box, or of unknown label");
    tell(loss->readers, "reader of a box, or of a film without one",
         "readers of boxes, or of films without one");
    tell(loss->described, "film's study, patient, age and sex",
         "films' studies, patients, ages and sexes");
    tell(loss->folders, "film's folder, in its id", "films' folders, in their ids");
    tell(loss->crowds, "box's mark as crowd or difficult", "boxes' marks as crowd or difficult");
}

static const char *films(size_t n) {
    return sx_noun(n, "film", "films");
}

static void tell_sizes(const sx_manifest_loss *loss, bool from_films) {
    const char *const why = from_films ? "no file to read its size from; --stated-sizes"
                                       : "neither a file nor a stated size";
    if (loss->unsized)
        sx_cli_print("left out: %zu %s, %zu %s (%s)\n", loss->unsized, films(loss->unsized),
                     loss->unsized_boxes, sx_noun(loss->unsized_boxes, "box", "boxes"), why);
    if (loss->other_sizes)
        sx_cli_print("%zu %s: the annotations state another size; the film's is written\n",
                     loss->other_sizes, films(loss->other_sizes));
    if (loss->unchecked_sizes)
        sx_cli_print("%zu %s: no file; the size is written as the annotations state it\n",
                     loss->unchecked_sizes, films(loss->unchecked_sizes));
}

static void tell_films(const sx_manifest_loss *loss) {
    if (loss->unwritten)
        sx_cli_print("not written: %zu %s\n", loss->unwritten, films(loss->unwritten));
}

/* Options of which one would have no effect; NULL: none. */
static const char *contradiction(const args *a) {
    const bool eight_bits = a->films == SX_EXPORT_PNG || a->films == SX_EXPORT_JPEG;
    if (a->link && a->films != NOT_GIVEN) return "--link and --films exclude each other";
    if (a->pixels != NOT_GIVEN && !eight_bits) return "--pixels needs --films png or jpeg";
    if (a->size && !eight_bits) return "--size needs --films png or jpeg";
    return NULL;
}

/* Names the films that cannot be read. */
static void tell_unreadable(const sx_call *call, const sx_paths *messages) {
    for (size_t i = 0; i < messages->count; i++)
        sx_log(call->context, SX_LOG_ERROR, "%s", messages->items[i]);
    if (messages->count)
        sx_cli_print("left out: %zu %s that cannot be read\n", messages->count,
                     films(messages->count));
}

static bool read_headers(const sx_call *call, sx_manifest *m, sx_paths *unread, sx_error *err) {
    const bool ok = sx_manifest_headers_readable(
        call->context, m, sx_cli_progress(call, "headers", m->film_count), unread, err);
    sx_cli_progress_end();
    return ok &&
           (m->film_count > 0 || unread->count == 0 ||
            sx_fail(err, SX_ERR_MISSING, "%s: none of the films can be read", call->inputs[0]));
}

static int run_data_convert(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    sx_layout to = SX_LAYOUT_VINDR;
    while (to < SX_LAYOUTS && strcmp(sx_layout_name(to), a->to) != 0)
        to++;
    if (to == SX_LAYOUTS) return sx_cli_no_word(call, "to", a->to, "vindr|labels|coco|voc|yolo");
    const char *excluded = contradiction(a);
    if (excluded) return sx_cli_usage(call, "%s", excluded);
    const sx_film_export films_to = { .format = (sx_film_format)a->films,
                                      .pixels = a->pixels == 1 ? SX_PIXELS_VINDR : SX_PIXELS_DICOM,
                                      .side = (int)a->size };
    const sx_manifest_options o = { .classes = a->classes, .images = a->images };
    sx_paths unread = { 0 };
    bool ok =
        sx_manifest_open(call->inputs[0], &o, &m, &err) && read_headers(call, &m, &unread, &err);
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
        sx_cli_print("%zu %s, %zu %s, %zu %s: %s to %s\n", m.film_count, films(m.film_count),
                     m.box_count, sx_noun(m.box_count, "box", "boxes"), m.classes.count,
                     sx_noun(m.classes.count, "class", "classes"), sx_layout_name(m.layout),
                     sx_layout_name(to));
        tell_sizes(&loss, to == SX_LAYOUT_YOLO && !a->stated_sizes);
        tell_losses(&loss);
        tell_films(&loss);
    }
    tell_unreadable(call, &unread);
    const bool all = unread.count == 0 && (!ok || loss.unwritten == 0);
    sx_paths_free(&unread);
    sx_manifest_free(&m);
    if (!ok) return sx_cli_fail(&err);
    return all ? SX_EXIT_OK : SX_EXIT_BAD;
}

static const sx_option options[] = {
    { "to", SX_OPT_TEXT, offsetof(args, to), "LAYOUT", "layout to write", .required = true },
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "new folder", .required = true },
    { "link", SX_OPT_FLAG, offsetof(args, link), NULL, "add symbolic links to the films" },
    { "films", SX_OPT_CHOICE, offsetof(args, films), "png|png16|jpeg|dicom",
      "write the films, too" },
    { "pixels", SX_OPT_CHOICE, offsetof(args, pixels), "dicom|vindr",
      "how stored values become 8 bit (default: dicom)" },
    { "size", SX_OPT_INT, offsetof(args, size), "PIXELS",
      "shrink longer sides to this, and boxes too", .min = 32, .max = 32768 },
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
    .defaults = &(const args){ .films = NOT_GIVEN, .pixels = NOT_GIVEN },
    .args_size = sizeof(args),
    .run = run_data_convert,
};
