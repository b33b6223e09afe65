/* spinexr model publish, spinexr model verify */
#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/command.h"
#include "publish/model_release.h"

typedef struct publish_args {
    sx_texts weights, subgroups;
    const char *data, *list, *meta, *about, *out, *key;
    long resamples;
} publish_args;

static void print_score(const char *name, sx_score s) {
    if (isnan(s.value)) return;
    if (isnan(s.low))
        sx_cli_print("%s %.3f\n", name, s.value);
    else
        sx_cli_print("%s %.3f (%.3f, %.3f)\n", name, s.value, s.low, s.high);
}

static int run_model_publish(sx_call *call) {
    const publish_args *a = call->args;
    sx_error err = { 0 };
    sx_model_release_totals t;
    const sx_model_release r = { .weights = a->weights.items,
                                 .weight_count = (size_t)a->weights.count,
                                 .data = a->data,
                                 .list = a->list,
                                 .meta = a->meta,
                                 .subgroups = a->subgroups.items,
                                 .subgroup_count = (size_t)a->subgroups.count,
                                 .resamples = (size_t)a->resamples,
                                 .about = a->about,
                                 .out = a->out,
                                 .key = a->key,
                                 .context = call->context };
    if (!sx_model_release_write(&r, &t, &err)) return sx_cli_fail(&err);
    char text[160];
    snprintf(text, sizeof text, "%d %s, scores of %zu %s, %zu files", t.networks,
             sx_noun((size_t)t.networks, "network", "networks"), t.films,
             sx_noun(t.films, "film", "films"), t.files);
    sx_cli_print_parts((const sx_line_part[]){ { text, ": " }, { a->out, .name = true } }, 2);
    print_score("AUROC", t.auroc);
    print_score("mAP at IoU 0.5", t.ap50);
    if (t.without_verdict)
        sx_log(call->context, SX_LOG_WARNING, "%zu %s no verdict", t.without_verdict,
               sx_noun(t.without_verdict, "film got", "films got"));
    return SX_EXIT_OK;
}

static const sx_option publish_options[] = {
    { "weights", SX_OPT_LIST, offsetof(publish_args, weights), "PATH",
      "a weight file or a folder of them; may be repeated", .required = true },
    { "data", SX_OPT_TEXT, offsetof(publish_args, data), "DATASET", "data set for the scores",
      .required = true },
    { "about", SX_OPT_TEXT, offsetof(publish_args, about), "FILE",
      "YAML with title, licence, intended use, ...", .required = true },
    { "out", SX_OPT_TEXT, offsetof(publish_args, out), "DIR", "new folder", .required = true,
      .output_folder = true, .outside_inputs = true },
    { "list", SX_OPT_TEXT, offsetof(publish_args, list), "FILE",
      "only the films that this file names, one per line" },
    { "subgroup", SX_OPT_LIST, offsetof(publish_args, subgroups), "COLUMN",
      "also scores by sex, age, view ...; may be repeated" },
    { "meta", SX_OPT_TEXT, offsetof(publish_args, meta), "FILE",
      "CSV of the films' attributes, as data meta writes" },
    { "resamples", SX_OPT_INT, offsetof(publish_args, resamples), "N",
      "bootstrap resamples; 0: no intervals (default: 1000)", .min = 0, .max = 1000000 },
    { "sign", SX_OPT_TEXT, offsetof(publish_args, key), "FILE",
      "sign with this Ed25519 private key in PEM" },
    { 0 },
};

const sx_command sx_cmd_model_publish = {
    .name = "model publish",
    .summary = "Write networks with card, scores, ONNX and a test",
    .help = "Predicts and evaluates a data set that was not trained on, and writes a folder\n"
            "with the weights, ONNX models, a model card (README.md), the tables, drawn test\n"
            "films with the expected result, and checksums (docs/publish.md). Others check\n"
            "their installation with `spinexr model verify`.",
    .example = "spinexr model publish --weights run --data val --about a.yaml --out v1",
    .options = publish_options,
    .defaults = &(const publish_args){ .resamples = 1000 },
    .args_size = sizeof(publish_args),
    .run = run_model_publish,
};

typedef struct verify_args {
    const char *key;
    bool no_test;
} verify_args;

static int run_model_verify(sx_call *call) {
    const verify_args *a = call->args;
    sx_error err = { 0 };
    sx_release_checked done;
    const sx_release_check c = { call->inputs[0], a->key, a->no_test, call->context };
    const bool ok = sx_model_release_verify(&c, &done, &err);
    for (size_t i = 0; ok && i < done.faults.count; i++)
        sx_log(call->context, SX_LOG_ERROR, "%s", done.faults.items[i]);
    const bool right = ok && done.faults.count == 0;
    if (ok && done.is_signed && !a->key)
        sx_log(call->context, SX_LOG_WARNING, "the signature was not checked; --key KEY does");
    if (ok && !right)
        sx_cli_print("%zu %s\n", done.faults.count,
                     sx_noun(done.faults.count, "difference", "differences"));
    if (right)
        sx_cli_print("%zu %s as published%s", done.files, sx_noun(done.files, "file", "files"),
                     a->key ? " and signed" : "");
    if (right && !a->no_test)
        sx_cli_print(", the result of %zu test %s as expected", done.films,
                     sx_noun(done.films, "film", "films"));
    if (right) sx_cli_print("\n");
    sx_release_checked_free(&done);
    if (!ok) return sx_cli_fail(&err);
    return right ? SX_EXIT_OK : SX_EXIT_BAD;
}

static const sx_option verify_options[] = {
    { "key", SX_OPT_TEXT, offsetof(verify_args, key), "FILE",
      "check the signature with this public key in PEM" },
    { "no-test", SX_OPT_FLAG, offsetof(verify_args, no_test), NULL,
      "check only the files, and predict nothing" },
    { 0 },
};

const sx_command sx_cmd_model_verify = {
    .name = "model verify",
    .inputs = "DIR",
    .summary = "Check a published model and this installation",
    .help = "DIR is a folder of `spinexr model publish`. Checks every file against\n"
            "SHA256SUMS, predicts the test films, and compares the result with the expected\n"
            "one (docs/publish.md). Exit status 1 if anything differs.",
    .example = "spinexr model verify v1 --key publisher.pem",
    .options = verify_options,
    .min_inputs = 1,
    .max_inputs = 1,
    .args_size = sizeof(verify_args),
    .run = run_model_verify,
};
