#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "data/manifest_write.h"

typedef struct args {
    const char *out, *classes, *images;
    int to;
    bool link;
} args;

static void tell(size_t n, const char *what) {
    if (n) printf("not in this layout: %zu %s\n", n, what);
}

static int run(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    const sx_layout to = (sx_layout)(SX_LAYOUT_VINDR + a->to);
    const sx_manifest_options o = { .classes = a->classes, .images = a->images };
    bool ok = sx_manifest_open(call->inputs[0], &o, &m, &err);
    if (ok && to != SX_LAYOUT_VINDR && to != SX_LAYOUT_LABELS) ok = sx_manifest_sizes(&m, &err);
    ok = ok && sx_manifest_write(&m, to, a->out, a->link, &loss, &err);
    if (ok) {
        printf("%zu films, %zu boxes, %zu classes: %s to %s\n", m.films, m.boxes, m.classes.count,
               sx_layout_name(m.layout), sx_layout_name(to));
        tell(loss.boxes, "boxes");
        tell(loss.films, "films, abnormal without a box or not known");
        tell(loss.readers, "readers of boxes");
        tell(loss.labels, "films that are not normal, and have no box to say so");
        tell(loss.described, "films' studies and patients");
    }
    sx_manifest_free(&m);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "to", SX_OPT_CHOICE, offsetof(args, to), "vindr|labels|coco|voc|yolo", "layout to write",
      .required = true },
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "new folder", .required = true },
    { "link", SX_OPT_FLAG, offsetof(args, link), NULL, "with symbolic links to the films" },
    { "classes", SX_OPT_TEXT, offsetof(args, classes), "A,B|vindr", "lesion names, in the order wanted" },
    { "images", SX_OPT_TEXT, offsetof(args, images), "DIR",
      "folder of the films (default as the layout has it)" },
    { 0 },
};

const sx_command sx_cmd_data_convert = {
    .name = "data convert",
    .inputs = "DATASET",
    .summary = "Write a data set's annotations in another layout",
    .help = "Reads and writes VinDr-SpineXR's CSV, CSV of image labels, COCO JSON, Pascal\n"
            "VOC XML and YOLO text; what the target cannot hold is counted.",
    .example = "spinexr data convert --to coco --link --out spines-coco vindr-spinexr",
    .options = options,
    .min_inputs = 1,
    .max_inputs = 1,
    .args_size = sizeof(args),
    .run = run,
};
