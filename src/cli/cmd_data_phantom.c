#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "phantom/phantom_set.h"

typedef struct args {
    long count, seed, size;
    const char *out;
    double test;
    int region, syntax, mix;
    bool healthy;
} args;

static const args defaults = { .count = 100, .seed = 1, .size = 1250, .test = 0.2 };

static bool print_json(const sx_phantom_totals *t, double seconds, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_count(root, "films", t->films);
    sx_json_count(root, "test_films", t->test_films);
    sx_json_count(root, "abnormal_films", t->abnormal);
    sx_json_count(root, "already_there", t->there);
    sx_json_count(root, "bytes", t->bytes);
    sx_json_number(root, "seconds", round(seconds * 1e3) / 1e3);
    sx_json boxes = sx_json_object(root, "boxes");
    for (int i = 0; i < SX_PHANTOM_FINDINGS; i++)
        sx_json_count(boxes, sx_phantom_finding_name((sx_phantom_finding)i), t->boxes[i]);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_ONE_LINE, err);
    sx_json_free(&doc);
    return ok;
}

static void print_text(const sx_phantom_totals *t) {
    sx_cli_print("%zu %s (%zu train, %zu test), %zu abnormal, %.1f MB\n", t->films,
                 sx_noun(t->films, "film", "films"), t->films - t->test_films, t->test_films,
                 t->abnormal, (double)t->bytes * 1e-6);
    if (t->there)
        sx_cli_print("%zu of them were written by an earlier, interrupted run\n", t->there);
    for (int i = 0; i < SX_PHANTOM_FINDINGS; i++)
        sx_cli_print("%8zu  %s\n", t->boxes[i], sx_phantom_finding_name((sx_phantom_finding)i));
}

static int run_data_phantom(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_phantom_totals totals;
    sx_phantom_set set = { .out = a->out,
                           .count = (size_t)a->count,
                           .seed = (uint64_t)a->seed,
                           .test = a->test,
                           .syntax = a->syntax - 1,
                           .film = { .long_side = (int)a->size,
                                     .region = (sx_phantom_region)a->region,
                                     .mix = (sx_phantom_mix)a->mix,
                                     .healthy = a->healthy },
                           .progress = sx_cli_progress(call, "films", (size_t)a->count),
                           .context = call->context };
    double start = sx_now();
    bool ok = sx_phantom_write_set(&set, &totals, &err);
    sx_cli_progress_end();
    if (!ok) return sx_cli_fail(&err);
    if (!call->json)
        print_text(&totals);
    else if (!print_json(&totals, sx_now() - start, &err))
        return sx_cli_fail(&err);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "folder of the data set", .required = true },
    { "count", SX_OPT_INT, offsetof(args, count), "N", "films, two per study (default: 100)",
      .min = 1, .max = 1000000 },
    { "seed", SX_OPT_INT, offsetof(args, seed), "S", "seed of all random numbers (default: 1)",
      .min = 0, .max = 9e15 },
    { "size", SX_OPT_INT, offsetof(args, size), "PIXELS", "longer side of a film (default: 1250)",
      .min = 64, .max = 8192 },
    { "region", SX_OPT_CHOICE, offsetof(args, region), "any|cervical|thoracic|lumbar|full",
      "part of the spine (default: any)" },
    { "mix", SX_OPT_CHOICE, offsetof(args, mix), "published|even|crowded|foci",
      "frequency of findings (default: published)" },
    { "healthy", SX_OPT_FLAG, offsetof(args, healthy), NULL, "draw no findings" },
    { "test", SX_OPT_NUMBER, offsetof(args, test), "SHARE",
      "a study's probability of the test set (default: 0.2)", .max = 1 },
    { "syntax", SX_OPT_CHOICE, offsetof(args, syntax),
      "mixed|explicit|implicit|big|deflated|rle|jpeg|jpegls|jpeg2000",
      "transfer syntax of the files (default: mixed)" },
    { 0 },
};

const sx_command sx_cmd_data_phantom = {
    .name = "data phantom",
    .summary = "Draw a data set of spines with known findings",
    .help = "Radiographs of a geometrical model, as DICOM files with annotations in the\n"
            "layout of VinDr-SpineXR: for tests, demonstrations and pretraining. They are\n"
            "no evidence about patients (docs/phantom.md).\n"
            "\n"
            "Regions: any (mostly lumbar), cervical, thoracic, lumbar, full. Syntaxes: mixed,\n"
            "explicit, implicit, big (endian), deflated, rle, jpeg, jpegls, jpeg2000; all\n"
            "lossless.",
    .example = "spinexr data phantom --count 200 --seed 7 --out phantoms",
    .options = options,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .json = true,
    .run = run_data_phantom,
};
