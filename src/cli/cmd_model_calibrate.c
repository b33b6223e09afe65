/* spinexr model calibrate */
#include <math.h>

#include "base/str.h"
#include "cli/command.h"
#include "experiment/calibrate.h"
#include "experiment/fit_familiarity.h"
#include "pipeline/tiles.h"

enum { NAME_COLUMNS = 22 };

typedef struct calibrate_args {
    sx_texts weights;
    const char *data, *list, *out;
    double sensitive_fp, specific_fp, iou, unfamiliar, gate_loss;
    long tiles;
    bool overwrite;
} calibrate_args;

static void put_calibration(sx_json at, const char *key, const sx_calibration *c) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "log_loss", c->log_loss);
    sx_json_number(j, "ece", c->ece);
    sx_json_number(j, "brier", c->brier);
}

static void put_point(sx_json at, const char *key, double score, const sx_point_rates *r) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "score", score);
    sx_json_number(j, "sensitivity", r->sensitivity);
    sx_json_number(j, "fp_per_image", r->fp_per_image);
}

static void put_points(sx_json root, const sx_fitted_points *p) {
    sx_json_count(root, "detector_films", p->film_count);
    sx_json list = sx_json_array(root, "operating_points");
    for (int i = 0; i < p->count; i++) {
        const sx_points_row *row = &p->rows[i];
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "name", row->name);
        sx_json_count(j, "lesions", row->lesions);
        put_point(j, "sensitive", row->point.sensitive, &row->sensitive);
        put_point(j, "specific", row->point.specific, &row->specific);
        if (isnan(row->gate.gate)) continue;
        sx_json gate = sx_json_object(j, "gate");
        sx_json_number(gate, "probability", row->gate.gate);
        sx_json_count(gate, "hits", row->gate.hits);
        sx_json_count(gate, "hits_removed", row->gate.lost);
        sx_json_count(gate, "false_positives", row->gate.false_boxes);
        sx_json_count(gate, "false_positives_removed", row->gate.removed);
    }
}

static void put_fusion(sx_json root, const sx_fitted_points *p) {
    sx_json list = sx_json_array(root, "fusion");
    for (int i = 0; i < p->count; i++) {
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "name", p->rows[i].name);
        sx_json weights = sx_json_array(j, "weights");
        for (int d = 0; d < p->detector_count; d++)
            sx_json_number(weights, NULL, (double)p->weights[d * p->count + i]);
        sx_json_number(j, "ap_equal_weights", p->gains[i].equal);
        sx_json_number(j, "ap", p->gains[i].fitted);
    }
}

static bool print_json(const sx_calibrate_result *r, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    if (r->classifier_count) {
        sx_json_count(root, "films", r->film_count);
        sx_json_integer(root, "classifiers", r->classifier_count);
        sx_json_number(root, "temperature", r->after.temperature);
        sx_json_bool(root, "separated", r->separated);
        sx_json_number(root, "threshold", r->after.threshold);
        sx_json_number(root, "distance_limit", r->distance_limit);
        sx_json_bool(root, "familiarity_kept", r->familiarity_kept > 0);
        put_calibration(root, "before", &r->before.calibration);
        put_calibration(root, "after", &r->after.calibration);
    }
    if (r->points.count) put_points(root, &r->points);
    if (r->points.detector_count > 1) put_fusion(root, &r->points);
    if (!isnan(r->fused.threshold)) {
        sx_json fused = sx_json_object(root, "fused");
        sx_json_count(fused, "films", r->fused.film_count);
        sx_json_number(fused, "threshold", r->fused.threshold);
        sx_json_number(fused, "auroc_ensemble", r->fused.auroc_alone);
        sx_json_number(fused, "auroc", r->fused.auroc);
    }
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

static void print_row(const char *name, double before, double after) {
    sx_cli_print("%-27s  %6.4f  %6.4f\n", name, before, after);
}

/* Why the log loss of these films may be higher than before. */
static void print_separated(const sx_calibrate_result *r) {
    if (!r->separated) return;
    sx_cli_print(
        "\nThe logit 0 separates the classes of these films: no temperature has the least\n"
        "log loss. Platt's targets gave one that is more cautious, so that the log loss\n"
        "of these films may be higher than before (docs/training.md).\n");
}

static void print_familiarity(const sx_calibrate_result *r) {
    char kept[80] = "";
    if (r->familiarity_kept == r->classifier_count)
        sx_format(kept, sizeof kept, "; that of the weights is kept");
    else if (r->familiarity_kept)
        sx_format(kept, sizeof kept, "; that of %d of %d classifiers is kept", r->familiarity_kept,
                  r->classifier_count);
    if (!isnan(r->distance_limit))
        sx_cli_print("%-27s  %6s  %6.4f\n", "limit of familiarity", "", r->distance_limit);
    else if (r->no_features)
        sx_cli_print("familiarity: not fitted, a classifier has no features for it%s\n", kept);
    else
        sx_cli_print("familiarity: not fitted, %d films are needed%s\n", SX_FAMILIARITY_LEAST_FILMS,
                     kept);
}

static void print_classifiers(const sx_calibrate_result *r) {
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
    print_familiarity(r);
    print_separated(r);
}

static void print_point(double score, const sx_point_rates *r) {
    sx_cli_print("   %6.4f  %6.1f %%  %6.3f", score, 100 * r->sensitivity, r->fp_per_image);
}

static void print_class(const sx_points_row *row) {
    sx_str name = { 0 };
    sx_line_shorten(&name, row->name, NAME_COLUMNS);
    sx_cli_print("%s%*s%4zu", sx_str_text(&name),
                 NAME_COLUMNS - (int)sx_line_columns(sx_str_text(&name)), "", row->lesions);
    sx_str_free(&name);
}

/* AP of the fused boxes, and the weight of each detector in the order of the weights. */
static void print_fusion(const sx_fitted_points *p) {
    sx_cli_print("%22s       AP of the fused boxes  weights of the detectors\n", "");
    sx_cli_print("%-22s  n     equal    fitted       in the order given\n", "class");
    for (int i = 0; i < p->count; i++) {
        print_class(&p->rows[i]);
        if (isnan(p->gains[i].fitted)) {
            sx_cli_print("   no lesion: equal weights\n");
            continue;
        }
        sx_cli_print("    %6.4f    %6.4f      ", p->gains[i].equal, p->gains[i].fitted);
        for (int d = 0; d < p->detector_count; d++)
            sx_cli_print(" %4.2f", (double)p->weights[d * p->count + i]);
        sx_cli_print("\n");
    }
    sx_cli_print("\n");
}

static void print_points(const sx_fitted_points *p) {
    sx_cli_print("%zu %s, %d %s\n\n", p->film_count, sx_noun(p->film_count, "film", "films"),
                 p->detector_count, sx_noun((size_t)p->detector_count, "detector", "detectors"));
    if (p->detector_count > 1) print_fusion(p);
    sx_cli_print("%22s       %-26s  %s\n", "", "sensitive operating point", "specific");
    sx_cli_print("%-22s  n     score   found  FP/image    score   found  FP/image\n", "class");
    for (int i = 0; i < p->count; i++) {
        const sx_points_row *row = &p->rows[i];
        print_class(row);
        if (row->lesions == 0) {
            sx_cli_print("   no lesion: no operating point\n");
            continue;
        }
        print_point(row->point.sensitive, &row->sensitive);
        print_point(row->point.specific, &row->specific);
        sx_cli_print("\n");
    }
}

/* What they remove of the boxes that reach the sensitive point. */
static void print_gates(const sx_fitted_points *p) {
    if (!p->gates) return;
    sx_cli_print("\n%22s       P of the  hits     false positives\n", "");
    sx_cli_print("%-22s  n     class     removed  removed\n", "gate");
    for (int i = 0; i < p->count; i++) {
        const sx_gate_fit *g = &p->rows[i].gate;
        if (isnan(g->gate)) continue;
        print_class(&p->rows[i]);
        sx_cli_print("   %8.6f  %zu of %zu  %zu of %zu\n", g->gate, g->lost, g->hits, g->removed,
                     g->false_boxes);
    }
}

static void print_fused(const sx_fused_threshold *f) {
    sx_cli_print("\nP(abnormal) averaged with the best box (predict --fuse), %zu %s:\n"
                 "threshold %.4f, AUROC %.4f (the classifiers alone: %.4f)\n",
                 f->film_count, sx_noun(f->film_count, "film", "films"), f->threshold, f->auroc,
                 f->auroc_alone);
}

static void print_written(int files, const char *folder) {
    char text[80];
    snprintf(text, sizeof text, "%d weight %s written to", files,
             sx_noun((size_t)files, "file", "files"));
    sx_cli_print("\n");
    sx_cli_print_parts((const sx_line_part[]){ { text, " " }, { folder, .name = true } }, 2);
}

static double or_default(double value, double otherwise) {
    return value < 0 ? otherwise : value;
}

/* An option that the weights give no effect is a mistake. */
static bool check_weights(void *user, bool classifiers, bool detector, sx_error *err) {
    const calibrate_args *a = user;
    if (!classifiers && a->unfamiliar >= 0)
        return sx_fail(err, SX_ERR_USAGE,
                       "--unfamiliar: there is no classifier among the weights, so no familiarity");
    const char *name = a->sensitive_fp >= 0  ? "--sensitive-fp"
                       : a->specific_fp >= 0 ? "--specific-fp"
                       : a->iou >= 0         ? "--at"
                       : a->gate_loss >= 0   ? "--gate-loss"
                       : a->tiles > 1        ? "--tiles"
                                             : NULL;
    if (detector || !name) return true;
    return sx_fail(err, SX_ERR_USAGE,
                   "%s: there is no detector among the weights, so no operating points", name);
}

static int run_model_calibrate(sx_call *call) {
    const calibrate_args *a = call->args;
    const double sensitive = or_default(a->sensitive_fp, 1),
                 specific = or_default(a->specific_fp, 0.2);
    sx_error err = { 0 };
    sx_calibrate_result r = { 0 };
    const sx_calibrate_options o = { .context = call->context,
                                     .weights = a->weights.items,
                                     .weight_count = (size_t)a->weights.count,
                                     .data = a->data,
                                     .list = a->list,
                                     .out = a->out,
                                     .overwrite = a->overwrite,
                                     .unfamiliar = or_default(a->unfamiliar, 0.01),
                                     .tiles = (int)a->tiles,
                                     .check = check_weights,
                                     .user = (void *)a,
                                     .points = { sensitive, specific, or_default(a->iou, 0.5),
                                                 or_default(a->gate_loss, 0.02) } };
    if (!(specific > 0 && specific <= sensitive))
        return sx_cli_usage(call, "--specific-fp must be above 0 and at most --sensitive-fp");
    bool ok = sx_calibrate_weights(&o, &r, &err);
    if (ok && call->json)
        ok = print_json(&r, &err);
    else if (ok) {
        if (r.classifier_count) print_classifiers(&r);
        if (r.classifier_count && r.points.count) sx_cli_print("\n");
        if (r.points.count) print_points(&r.points);
        print_gates(&r.points);
        if (!isnan(r.fused.threshold)) print_fused(&r.fused);
        print_written(r.written, o.out);
    }
    sx_calibrate_result_free(&r);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "weights", SX_OPT_LIST, offsetof(calibrate_args, weights), "PATH",
      "a weight file or a folder of them; may be repeated", .required = true },
    { "data", SX_OPT_TEXT, offsetof(calibrate_args, data), "PATH",
      "validation set: folder or annotation file", .required = true },
    { "list", SX_OPT_TEXT, offsetof(calibrate_args, list), "FILE",
      "use only these of its films: ids, one per line" },
    { "out", SX_OPT_TEXT, offsetof(calibrate_args, out), "DIR", "folder for the new weight files",
      .required = true },
    { "overwrite", SX_OPT_FLAG, offsetof(calibrate_args, overwrite), NULL,
      "replace weight files that are in DIR" },
    { "sensitive-fp", SX_OPT_NUMBER, offsetof(calibrate_args, sensitive_fp), "N",
      "false positives per image, sensitive point (default: 1)", .max = 100 },
    { "specific-fp", SX_OPT_NUMBER, offsetof(calibrate_args, specific_fp), "N",
      "false positives per image, specific point (default: 0.2)", .max = 100 },
    { "tiles", SX_OPT_INT, offsetof(calibrate_args, tiles), "N", "as predict --tiles (default: 1)",
      .min = 1, .max = SX_MOST_TILES },
    { "unfamiliar", SX_OPT_NUMBER, offsetof(calibrate_args, unfamiliar), "SHARE",
      "of films beyond the limit of familiarity (default: 0.01)", .max = 1 },
    { "gate-loss", SX_OPT_NUMBER, offsetof(calibrate_args, gate_loss), "SHARE",
      "of hits that a gate may remove (default: 0.02)", .max = 1 },
    { "at", SX_OPT_NUMBER, offsetof(calibrate_args, iou), "IOU",
      "IoU from which a box hits a lesion (default: 0.5)", .max = 1 },
    { 0 },
};

const sx_command sx_cmd_model_calibrate = {
    .name = "model calibrate",
    .summary = "Fit temperature, threshold, familiarity and operating points",
    .help = "Classifiers: P = sigmoid(logit / temperature), one temperature for all, Youden's\n"
            "threshold, and the familiarity of films (docs/weights.md). Detectors: for\n"
            "each class the weights of their fusion, if there are several, and the lowest\n"
            "scores that give at most the allowed false positives, which the classes share\n"
            "equally. Both: gates, if a classifier names findings (docs/weights.md). The\n"
            "weight files with these values are written to --out.\n"
            "Use films that are neither trained nor tested on. AUROC and AP do not change.",
    .example = "spinexr model calibrate --weights models --data val --out calibrated",
    .options = options,
    .defaults = &(const calibrate_args){ .tiles = 1,
                                         .unfamiliar = -1,
                                         .sensitive_fp = -1,
                                         .specific_fp = -1,
                                         .iou = -1,
                                         .gate_loss = -1 },
    .args_size = sizeof(calibrate_args),
    .json = true,
    .run = run_model_calibrate,
};
