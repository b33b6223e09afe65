#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/files.h"
#include "base/film_name.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/command.h"
#include "data/sampler.h"
#include "pipeline/explain.h"
#include "pipeline/inputs.h"
#include "report/report.h"
#include "report/report_folder.h"
#include "report/report_gather.h"

typedef struct predict_args {
    sx_texts weights;
    const char *out;
    int precision, pixels, tta;
    double threshold, keep, nms, draw;
    long frame;
    bool no_overlay, reduced, explain;
} predict_args;

static const sx_option options[] = {
    { "weights", SX_OPT_LIST, offsetof(predict_args, weights), "PATH",
      "a weight file or a folder of them; may be repeated", .required = true },
    { "out", SX_OPT_TEXT, offsetof(predict_args, out), "DIR",
      "where the report goes (may be left out with --json)" },
    { "threshold", SX_OPT_NUMBER, offsetof(predict_args, threshold), "P",
      "P(abnormal) from which a film keeps all boxes (from weights)", .max = 1 },
    { "keep", SX_OPT_NUMBER, offsetof(predict_args, keep), "SCORE",
      "score a box of any other film must reach (0.5)", .max = 1 },
    { "nms", SX_OPT_NUMBER, offsetof(predict_args, nms), "IOU",
      "overlap above which the weaker box goes; 1: none (0.7)", .max = 1 },
    { "draw", SX_OPT_NUMBER, offsetof(predict_args, draw), "SCORE",
      "score from which the picture shows a box (0.3)", .max = 1 },
    { "pixels", SX_OPT_CHOICE, offsetof(predict_args, pixels), "auto|dicom|vindr",
      "how stored values become 8 bit (auto)" },
    { "precision", SX_OPT_CHOICE, offsetof(predict_args, precision), "auto|f32|bf16",
      "what the networks compute with (auto)" },
    { "frame", SX_OPT_INT, offsetof(predict_args, frame), "N",
      "frame of films that have several, from 1", .min = 1, .max = 100000 },
    { "reduced", SX_OPT_FLAG, offsetof(predict_args, reduced), NULL,
      "JPEG 2000 at 1/2, 1/4 .. size where networks need no more" },
    { "tta", SX_OPT_CHOICE, offsetof(predict_args, tta), "none|flip|scales|both",
      "look at each film several times" },
    { "explain", SX_OPT_FLAG, offsetof(predict_args, explain), NULL,
      "draw what the classifiers looked at (spinexr explain)" },
    { "no-overlay", SX_OPT_FLAG, offsetof(predict_args, no_overlay), NULL, "draw no pictures" },
    { 0 },
};

typedef struct predict_job {
    const predict_args *args;
    const sx_call *call;
    sx_predictor *predictor;
    sx_report report;
    sx_report_folder folder; /* dir NULL: nothing is written */
} predict_job;

static void print_film(const sx_report_film *film, bool has_detector) {
    const sx_findings *f = film->findings;
    char verdict[64] = "";
    if (f->has_probability)
        snprintf(verdict, sizeof verdict, "  P(abnormal) %.3f, %s", f->probability,
                 f->abnormal ? "abnormal" : "normal");
    sx_str boxes = { 0 };
    if (has_detector) sx_str_printf(&boxes, "  %d finding%s", f->count, f->count == 1 ? "" : "s");
    for (int i = 0; i < f->count && i < 3; i++)
        sx_str_printf(&boxes, "%s %s %.2f", i ? "," : ":", f->items[i].name,
                      (double)f->items[i].score);
    if (f->count > 3) sx_str_add(&boxes, ", ...");
    sx_cli_print("%s%s%s\n", film->path, verdict, sx_str_text(&boxes));
    sx_str_free(&boxes);
}

static bool draw(predict_job *job, const sx_image *shown, const sx_findings *f,
                 const sx_explanation *why, char overlay[300], char heat[300], sx_error *err) {
    overlay[0] = heat[0] = '\0';
    if (!job->folder.dir) return true;
    if (job->folder.overlays && !sx_report_folder_overlay(&job->folder, &job->report, shown, f,
                                                          job->args->draw, overlay, 300, err))
        return false;
    return !why->count || sx_report_folder_heat(&job->folder, &job->report, job->predictor, shown,
                                                f, why, false, heat, 300, err);
}

/* One film: read, run, draw. False only if the run cannot go on. A film whose picture could not be
 * written still counts: its findings are in the report. */
static bool do_film(predict_job *job, const char *path, sx_error *err) {
    sx_error why = { 0 };
    sx_image shown = { 0 };
    sx_explanation maps = { 0 };
    char overlay[300] = "", heat[300] = "";
    double seconds = 0;
    bool drawn = true;
    sx_findings *f = sx_predict_explained(job->predictor, path, (int)job->args->frame, &shown,
                                          job->args->explain ? &maps : NULL, &why);
    if (!f) sx_log(job->call->context, SX_LOG_ERROR, "%s", why.message);
    if (f) {
        double t = sx_now();
        drawn = draw(job, &shown, f, &maps, overlay, heat, err);
        seconds = sx_now() - t;
    }
    sx_explanation_free(&maps);
    sx_image_free(&shown);
    bool added = sx_report_add(&job->report, path, f, &why, overlay[0] ? overlay : NULL, seconds,
                               drawn ? err : NULL) &&
                 (!heat[0] || sx_report_set_heat_map(&job->report, heat, drawn ? err : NULL));
    if (added && f && !job->call->json && !job->call->quiet)
        print_film(&job->report.films[job->report.film_count - 1],
                   job->predictor->bundle.detector != NULL);
    return drawn && added;
}

/* Films of this name that ranks before this one have, so that pictures of all have names of their
 * own. */
static int named_before(const sx_inputs *inputs, size_t begin, size_t i) {
    const char *name = sx_path_base(inputs->items[i].path);
    const size_t n = sx_film_name_length(name);
    int count = 0;
    for (size_t k = 0; k < begin; k++) {
        const char *other = sx_path_base(inputs->items[k].path);
        count += sx_film_name_length(other) == n && strncmp(other, name, n) == 0;
    }
    return count;
}

/* This rank's films. */
static bool do_films(predict_job *job, const sx_inputs *inputs, sx_error *err) {
    const double save_every = 30;
    size_t begin, end;
    sx_shard(inputs->count, sx_comm_rank(job->call->comm), sx_comm_size(job->call->comm), &begin,
             &end);
    sx_progress *bar = sx_cli_progress(job->call, "films", end - begin);
    double saved = sx_now();
    bool ok = true;
    for (size_t i = begin; ok && i < end; i++) {
        if (sx_context_cancelled(job->call->context)) {
            job->report.stopped = true;
            break;
        }
        job->folder.named = named_before(inputs, begin, i);
        ok = do_film(job, inputs->items[i].path, err);
        sx_progress_step(bar, 1);
        if (ok && job->folder.dir && begin == 0 && sx_now() - saved > save_every) {
            ok = sx_report_folder_tables(&job->folder, &job->report, false, err);
            saved = sx_now();
        }
    }
    sx_cli_progress_end();
    if (!ok) job->report.stopped = true;
    return ok;
}

static void describe(sx_report_model *out, const sx_predictor *p, const sx_model *m) {
    const sx_model_info *info = sx_model_get_info(m);
    *out = (sx_report_model){
        .task = info->task == SX_DETECTOR ? "detector" : "classifier",
        .arch = info->arch,
        .path = info->path,
        .pixels = sx_predictor_pixels(p, m) == SX_PIXELS_VINDR ? "vindr" : "dicom",
        .precision = sx_model_precision(m) == SX_PRECISION_BF16 ? "bf16" : "f32",
        .chosen_on = info->chosen_on,
        .note = info->note,
        .threshold = info->threshold,
        .temperature = info->task == SX_DETECTOR ? (double)NAN : info->temperature,
        .input_width = info->input_width,
        .input_height = info->input_height
    };
}

/* What the report says about the bundle and the rule. */
static bool describe_run(predict_job *job, sx_error *err) {
    const sx_predictor *p = job->predictor;
    const sx_bundle *b = &p->bundle;
    sx_report *r = &job->report;
    r->threshold = p->rule.threshold;
    r->keep = p->rule.keep;
    r->nms = p->nms;
    r->threshold_source = p->threshold_source;
    r->keep_source = p->keep_source;
    r->models =
        sx_calloc_for((size_t)b->classifier_count + 1, sizeof *r->models, "the report", err);
    if (!r->models) return false;
    for (int i = 0; i < b->classifier_count; i++)
        describe(&r->models[r->model_count++], p, b->classifiers[i]);
    if (b->detector) {
        describe(&r->models[r->model_count++], p, b->detector);
        r->labels = sx_model_get_info(b->detector)->class_names;
        r->label_count = sx_predictor_label_count(p);
    }
    r->run.precision = r->models[0].precision;
    if (sx_report_note(r)[0]) sx_log(job->call->context, SX_LOG_WARNING, "%s", sx_report_note(r));
    return true;
}

static bool open_predictor(predict_job *job, sx_error *err) {
    const predict_args *a = job->args;
    const sx_predict_options o = { .precision = (sx_precision)a->precision,
                                   .pixels = (sx_pixels)a->pixels,
                                   .threshold = a->threshold,
                                   .keep = a->keep,
                                   .nms = a->nms,
                                   .reduced = a->reduced,
                                   .tta = (sx_tta)a->tta };
    double t = sx_now();
    job->predictor =
        sx_predictor_open(job->call->context, a->weights.items, (size_t)a->weights.count, &o, err);
    if (!job->predictor) return false;
    sx_log(job->call->context, SX_LOG_DEBUG, "networks opened in %.2f s", sx_now() - t);
    if (a->explain && job->predictor->bundle.classifier_count == 0)
        return sx_fail(err, SX_ERR_MISSING, "--explain: there is no classifier among the weights");
    return describe_run(job, err);
}

static int finish(predict_job *job) {
    const sx_report *r = &job->report;
    size_t failed = sx_report_failed(r), done = r->film_count - failed;
    int abnormal = 0;
    for (size_t i = 0; i < r->film_count; i++)
        abnormal += r->films[i].findings && r->films[i].findings->abnormal;
    if (!job->call->json && !job->call->quiet) {
        sx_cli_print("%zu film%s", done, done == 1 ? "" : "s");
        if (job->predictor->bundle.classifier_count) sx_cli_print(", %d abnormal", abnormal);
        if (failed) sx_cli_print(", %zu failed", failed);
        if (r->stopped) sx_cli_print(", stopped before the rest");
        sx_cli_print("; %s/report.json\n", job->args->out);
    }
    return failed || r->stopped ? SX_EXIT_BAD : SX_EXIT_OK;
}

static bool print_json(const sx_report *r, sx_error *err) {
    sx_json_doc doc;
    const bool ok = sx_report_to_json(r, &doc, err) && sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

/* All ranks' films in rank 0's report, and told of there. */
static bool gather(predict_job *job, sx_error *err) {
    const size_t mine = job->report.film_count;
    const bool ok = sx_report_gather(&job->report, job->call->comm, err);
    for (size_t i = mine; i < job->report.film_count; i++)
        if (job->report.films[i].findings && !job->call->json && !job->call->quiet)
            print_film(&job->report.films[i], job->predictor->bundle.detector != NULL);
    return ok;
}

/* The cheap things that can go wrong come first: the folder and the films before the networks. */
static bool predict(predict_job *job, sx_error *err) {
    const predict_args *a = job->args;
    sx_inputs inputs = { 0 };
    bool ok = sx_inputs_collect(job->call->context, &inputs, (const char *const *)job->call->inputs,
                                (size_t)job->call->input_count, stdin, err);
    if (inputs.passed_over)
        sx_log(job->call->context, SX_LOG_DEBUG, "%zu files of the folders are no films",
               inputs.passed_over);
    if (ok && a->out)
        ok = sx_report_folder_open(&job->folder, a->out, inputs.count, !a->no_overlay, err);
    ok = sx_comm_all_succeeded(job->call->comm, ok && open_predictor(job, err), err);
    if (ok) {
        sx_error later = { 0 };
        ok = do_films(job, &inputs, err);
        const bool first = sx_comm_rank(job->call->comm) == 0;
        /* what is finished is written even when the run broke off */
        if (!gather(job, ok ? err : &later)) ok = false;
        if (a->out && first &&
            !sx_report_folder_tables(&job->folder, &job->report, true, ok ? err : &later))
            ok = false;
        if (ok && first && job->call->json) ok = print_json(&job->report, err);
        ok = sx_comm_all_succeeded(job->call->comm, ok, err);
    }
    sx_inputs_free(&inputs);
    return ok;
}

static int run_predict(sx_call *call) {
    predict_job job = { .args = call->args, .call = call, .folder = { .reserve = -1 } };
    sx_error err = { 0 };
    for (int i = 0; i < call->input_count;
         i++) /* --weights dir/A*.safetensors, spread by the shell */
        if (sx_is_weight_file(call->inputs[i]))
            return sx_cli_usage(
                call, "%s is a weight file: it needs a --weights of its own, or name its folder",
                call->inputs[i]);
    if (!job.args->out && !call->json)
        return sx_cli_usage(call, "--out DIR is missing (or --json)");
    sx_run_start(&job.report.run, call->context, call->argc, call->argv);
    int status = predict(&job, &err) ? finish(&job) : sx_cli_fail(&err);
    sx_comm_share_status(call->comm, &status);
    sx_report_folder_close(&job.folder);
    sx_report_free(&job.report);
    sx_predictor_free(job.predictor);
    return status;
}

const sx_command sx_cmd_predict = {
    .name = "predict",
    .inputs = "INPUT...",
    .summary = "Find lesions on films and report them",
    .help = "INPUT: a DICOM, PNG or JPEG file, a folder of them, or - for a list on standard\n"
            "input. Writes report.json, findings.csv, scores.csv, coco_results.json and a\n"
            "picture of each film. Ctrl-C keeps what is finished.",
    .example = "spinexr predict study/ --weights models/ --out findings",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .defaults = &(const predict_args){ .threshold = -1, .keep = -1, .nms = -1, .draw = 0.3 },
    .args_size = sizeof(predict_args),
    .json = true,
    .ranks = true,
    .run = run_predict,
};
