/* spinexr model calibrate */
#include "base/str.h"
#include "cli/command.h"
#include "experiment/calibrate.h"

typedef struct calibrate_args {
    sx_texts weights;
    const char *data, *list;
} calibrate_args;

static void put_calibration(sx_json at, const char *key, const sx_calibration *c) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "log_loss", c->log_loss);
    sx_json_number(j, "ece", c->ece);
    sx_json_number(j, "brier", c->brier);
}

static bool print_json(const sx_calibrate_result *r, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_count(root, "films", r->film_count);
    sx_json_integer(root, "classifiers", r->classifier_count);
    sx_json_number(root, "temperature", r->after.temperature);
    sx_json_number(root, "threshold", r->after.threshold);
    put_calibration(root, "before", &r->before.calibration);
    put_calibration(root, "after", &r->after.calibration);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

static void print_row(const char *name, double before, double after) {
    sx_cli_print("%-27s  %6.4f  %6.4f\n", name, before, after);
}

static void print_table(const sx_calibrate_result *r) {
    const sx_calibration *b = &r->before.calibration, *c = &r->after.calibration;
    sx_cli_print("%zu %s, %d %s\n\n", r->film_count, sx_noun(r->film_count, "film", "films"),
                 r->classifier_count,
                 sx_noun((size_t)r->classifier_count, "classifier", "classifiers"));
    sx_cli_print("                             before   after\n");
    print_row("temperature", r->before.temperature, r->after.temperature);
    print_row("log loss", b->log_loss, c->log_loss);
    print_row("expected calibration error", b->ece, c->ece);
    print_row("Brier score", b->brier, c->brier);
    print_row("threshold (Youden's J)", r->before.threshold, r->after.threshold);
}

static int run_model_calibrate(sx_call *call) {
    const calibrate_args *a = call->args;
    sx_error err = { 0 };
    sx_calibrate_result r = { 0 };
    const sx_calibrate_options o = { .context = call->context,
                                     .weights = a->weights.items,
                                     .weight_count = (size_t)a->weights.count,
                                     .data = a->data,
                                     .list = a->list };
    bool ok = sx_calibrate_weights(&o, &r, &err);
    if (ok && call->json)
        ok = print_json(&r, &err);
    else if (ok)
        print_table(&r);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "weights", SX_OPT_LIST, offsetof(calibrate_args, weights), "PATH",
      "a weight file or a folder of them; may be repeated", .required = true },
    { "data", SX_OPT_TEXT, offsetof(calibrate_args, data), "PATH",
      "validation set: folder or annotation file", .required = true },
    { "list", SX_OPT_TEXT, offsetof(calibrate_args, list), "FILE",
      "use only these of its films (ids, one per line)" },
    { 0 },
};

const sx_command sx_cmd_model_calibrate = {
    .name = "model calibrate",
    .summary = "Fit an ensemble's temperature and operating point to films",
    .help = "P = sigmoid(logit / temperature), one temperature for all classifiers, and\n"
            "Youden's threshold are written to their weight files' metadata. Use films that\n"
            "are neither trained nor tested on. AUROC does not change.",
    .example = "spinexr model calibrate --weights models --data val",
    .options = options,
    .args_size = sizeof(calibrate_args),
    .json = true,
    .run = run_model_calibrate,
};
