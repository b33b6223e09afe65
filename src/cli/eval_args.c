#include "cli/eval_args.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "cli/documents.h"
#include "train/comm.h"

bool sx_eval_threshold_rule(const char *text, sx_threshold_rule *rule) {
    rule->given = rule->least_sensitivity = rule->least_specificity = NAN;
    rule->youden = text && strcmp(text, "youden") == 0;
    if (!text || rule->youden) return true;
    double *to = sx_starts_with(text, "sens=")   ? &rule->least_sensitivity
                 : sx_starts_with(text, "spec=") ? &rule->least_specificity
                                                 : &rule->given;
    if (!sx_parse_double(to == &rule->given ? text : text + 5, to) || !isfinite(*to)) return false;
    return to == &rule->given || (*to > 0 && *to <= 1);
}

/* Files with the same name are distinguished by their folders: A/scores.csv and B/scores.csv. */
static bool add_folder(sx_predictions *p, sx_error *err) {
    const char *base = sx_path_base(p->path), *from = base;
    if (strcmp(p->name, base) != 0) return true;
    while (from > p->path && from[-1] == '/')
        from--;
    while (from > p->path && from[-1] != '/')
        from--;
    char *longer = sx_strdup(from);
    if (!longer) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a name");
    free(p->name);
    p->name = longer;
    return true;
}

static bool distinguish(sx_eval_files *f, sx_error *err) {
    bool equal[32] = { false }; /* more than any command takes */
    for (size_t i = 0; i < f->prediction_count && i < 32; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(f->predictions[i].name, f->predictions[k].name) == 0)
                equal[i] = equal[k] = true;
    for (size_t i = 0; i < f->prediction_count && i < 32; i++)
        if (equal[i] && !add_folder(&f->predictions[i], err)) return false;
    return true;
}

/* NAME=FILE, unless a file of that full name exists. Returns the file; name[0] is 0 if there is no
 * name. */
static const char *split_name(const char *given, char name[128]) {
    const char *equals = strchr(given, '=');
    name[0] = '\0';
    if (!equals || equals == given || equals - given >= 128 || sx_path_exists(given)) return given;
    snprintf(name, 128, "%.*s", (int)(equals - given), given);
    return equals + 1;
}

static bool open_predictions(sx_call *call, const sx_prediction_options *how, sx_eval_files *f,
                             sx_error *err) {
    for (f->prediction_count = 0; f->prediction_count + 1 < (size_t)call->input_count;
         f->prediction_count++) {
        char name[128];
        const char *path = split_name(call->inputs[f->prediction_count + 1], name);
        if (!sx_predictions_load(&f->predictions[f->prediction_count], path, name[0] ? name : NULL,
                                 &f->truth, how, err))
            return false;
    }
    return distinguish(f, err);
}

static void close_predictions(sx_eval_files *f) {
    for (size_t i = 0; i < f->prediction_count; i++)
        sx_predictions_free(&f->predictions[i]);
    f->prediction_count = 0;
}

static bool is_predicted(const sx_eval_files *f, size_t film) {
    for (size_t i = 0; i < f->prediction_count; i++)
        if (f->predictions[i].names_all && !f->predictions[i].places[film]) return false;
    return true;
}

/* With --lenient, films that a report does not name are left out: truth and predictions are read
 * again without them. */
static bool leave_out_unpredicted(sx_call *call, const sx_eval_args *a,
                                  const sx_manifest_options *truth,
                                  const sx_prediction_options *how, sx_eval_files *f,
                                  sx_error *err) {
    sx_names only = { 0 };
    const size_t films = f->truth.films.count;
    bool ok = true;
    for (size_t i = 0; ok && i < films; i++) {
        uint32_t at;
        if (is_predicted(f, i)) ok = sx_names_add(&only, f->truth.films.items[i], &at, err);
    }
    f->unpredicted = films - only.count;
    if (ok && f->unpredicted && only.count) {
        const sx_truth_films choice = { a->list, &only };
        close_predictions(f);
        sx_truth_free(&f->truth);
        ok = sx_truth_load(&f->truth, call->inputs[0], truth, &choice, err) &&
             open_predictions(call, how, f, err);
    }
    sx_names_free(&only);
    return ok;
}

/* The classes that a report names or that boxes have. */
static bool find_classes(const sx_call *call, const sx_prediction_options *how, const sx_truth *t,
                         sx_names *found, sx_error *err) {
    sx_prediction_options gather = *how;
    gather.new_classes = found;
    for (int i = 1; i < call->input_count; i++) {
        char name[128];
        sx_predictions p;
        const char *path = split_name(call->inputs[i], name);
        if (!sx_predictions_labels(path, found, err) ||
            !sx_predictions_load(&p, path, NULL, t, &gather, err))
            return false;
        sx_predictions_free(&p);
    }
    return true;
}

/* A truth in which no film has a lesion names no class: then those of the predictions count. If
 * these have no box either, the classes are the seven of VinDr-SpineXR. */
static bool add_classes(const sx_call *call, const sx_manifest_options *options,
                        const sx_truth_films *choice, const sx_prediction_options *how,
                        sx_truth *truth, sx_error *err) {
    sx_manifest_options named = *options;
    sx_names found = { 0 };
    sx_str classes = { 0 };
    if (how->scores_only || truth->class_names.count || named.classes) return true;
    bool ok = find_classes(call, how, truth, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        sx_str_printf(&classes, "%s%s", i ? "," : "", found.items[i]);
    ok = ok && sx_str_ok(&classes, err);
    if (ok) {
        named.classes = found.count ? sx_str_text(&classes) : "vindr";
        sx_truth_free(truth);
        *truth = (sx_truth){ 0 };
        ok = sx_truth_load(truth, call->inputs[0], &named, choice, err);
    }
    sx_names_free(&found);
    sx_str_free(&classes);
    return ok;
}

static bool open_files(sx_call *call, const sx_eval_args *a, bool scores_only, sx_eval_files *f,
                       sx_error *err) {
    sx_manifest_options truth = a->truth;
    const sx_truth_films choice = { .list = a->list };
    char column[128];
    const char *text = a->label ? strchr(a->label, '=') : NULL;
    truth.label_column = a->label;
    if (text) {
        snprintf(column, sizeof column, "%.*s", (int)(text - a->label), a->label);
        truth.label_column = column;
        truth.positive = text + 1;
    }
    if (!sx_truth_load(&f->truth, call->inputs[0], &truth, &choice, err)) return false;
    f->predictions =
        sx_calloc_for((size_t)call->input_count, sizeof *f->predictions, "predictions", err);
    if (!f->predictions) return false;
    const sx_prediction_options how = { .score_column = a->score_column,
                                        .ignore_unknown = a->lenient,
                                        .any_score = a->lenient,
                                        .scores_only = scores_only || !f->truth.has_boxes };
    return add_classes(call, &truth, &choice, &how, &f->truth, err) &&
           open_predictions(call, &how, f, err) &&
           (!a->lenient || how.scores_only || leave_out_unpredicted(call, a, &truth, &how, f, err));
}

static void tell_placeholders(const sx_call *call, const sx_truth *t) {
    if (t->placeholders)
        sx_log(call->context, SX_LOG_WARNING,
               "%zu %s a patient ID that names no patient, the first %.60s; only films of one "
               "study count as one patient there",
               t->placeholders, sx_noun(t->placeholders, "film has", "films have"), t->placeholder);
}

/* Only the page contains pictures. */
static bool open_films(sx_call *call, const sx_eval_args *a, sx_eval_files *f, sx_error *err) {
    if (!a->films) return true;
    if (!a->html && a->subgroups.count == 0 && call->command->option_bit != SX_EVAL_SHORTCUT)
        sx_log(call->context, SX_LOG_WARNING,
               "--films shows pictures on the page of --html FILE, which is not given");
    return sx_eval_films_open(&f->films, a->films, &f->truth, err) &&
           (f->films.notes = sx_film_notes_new(call->context, err)) != NULL;
}

static bool open_subgroups(sx_call *call, const sx_eval_args *a, sx_eval_files *f, sx_error *err) {
    const sx_attribute_sources from = { call->context, a->meta, call->inputs[0],
                                        a->films ? &f->films : NULL };
    for (int i = 0; i < a->subgroups.count; i++)
        if (!sx_subgroups_add(&f->subgroups, &from, &f->truth, a->subgroups.items[i], err))
            return false;
    return true;
}

bool sx_eval_open(sx_call *call, const sx_eval_args *a, size_t resamples, bool scores_only,
                  sx_eval_files *f, sx_error *err) {
    *f = (sx_eval_files){ 0 };
    sx_run_start(&f->run, call->context, call->argc, call->argv);
    f->run.has_seed = true;
    f->run.seed = (uint64_t)a->seed;
    if (!open_files(call, a, scores_only, f, err)) return false;
    tell_placeholders(call, &f->truth);
    if (!open_films(call, a, f, err) || !open_subgroups(call, a, f, err)) return false;
    f->input = (sx_eval_input){
        .run = &f->run,
        .truth_path = call->inputs[0],
        .truth = &f->truth,
        .predictions = f->predictions,
        .prediction_count = f->prediction_count,
        .boot = { a->resamples < 0 ? resamples : (size_t)a->resamples, (uint64_t)a->seed, a->level,
                  call->context, call->comm },
        .draw_given = a->draw > 0,
        .draw = a->draw > 0 ? (sx_unit)(a->draw - 1) : SX_UNIT_FILM,
        .skip_missing = a->lenient,
        .list = a->list,
        .unpredicted = f->unpredicted,
        .films = a->films && a->html ? &f->films : NULL,
        .page = a->html != NULL || a->figures != NULL,
        .page_path = a->html,
        .subgroups = f->subgroups.count ? &f->subgroups : NULL,
    };
    return true;
}

/* Doubles with 17 digits, so that thresholds and results are read back exactly. The dispatcher
 * reports a write that failed. */
static bool print_json(const sx_json_doc *doc, sx_error *err) {
    sx_str text = { 0 };
    const bool ok = sx_json_print(doc, SX_JSON_INDENTED, &text, err);
    if (ok) (void)!fwrite(text.data, 1, text.len, stdout);
    sx_str_free(&text);
    return ok;
}

/* The files that --csv and others wrote, after the text. */
static void print_written(const sx_eval_args *a) {
    const char *const paths[] = { a->csv, a->latex, a->markdown, a->figures, a->html, a->rjafroc };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i])
            sx_cli_print_parts(
                (const sx_line_part[]){ { "written: " }, { paths[i], .name = true } }, 2);
}

int sx_eval_close(sx_call *call, const sx_eval_args *a, sx_eval_files *f, bool ok,
                  sx_eval_output *out, sx_error *err) {
    const bool first = sx_comm_rank(call->comm) == 0;
    if (ok && !first) sx_eval_output_free(out);
    if (ok && first) {
        bool wrote =
            (!a->figures || sx_doc_write_figures(out->doc, a->figures, err)) &&
            (!a->csv || sx_cli_write_doc(out->doc, sx_doc_to_csv, a->csv, err)) &&
            (!a->latex || sx_cli_write_doc(out->doc, sx_doc_to_latex, a->latex, err)) &&
            (!a->markdown || sx_cli_write_doc(out->doc, sx_doc_to_markdown, a->markdown, err)) &&
            (!a->html || sx_cli_write_doc(out->doc, sx_doc_to_html, a->html, err)) &&
            (call->json ? print_json(&out->json, err)
                        : sx_cli_write_doc(out->doc, sx_doc_to_text, NULL, err));
        sx_eval_output_free(out);
        if (wrote && !call->json) print_written(a);
        ok = wrote;
    }
    close_predictions(f);
    sx_eval_films_close(&f->films);
    sx_subgroups_free(&f->subgroups);
    free(f->predictions);
    sx_truth_free(&f->truth);
    /* all ranks read the same files: an error in them, or in the output, is printed once */
    ok = sx_comm_all_succeeded(call->comm, ok, err);
    return ok ? SX_EXIT_OK : sx_cli_fail(err);
}
