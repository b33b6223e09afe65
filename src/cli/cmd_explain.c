/* spinexr explain */
#include <stdio.h>

#include "base/context.h"
#include "base/json.h"
#include "cli/command.h"
#include "pipeline/explain.h"
#include "pipeline/inputs.h"
#include "report/report_folder.h"

typedef struct explain_args {
    sx_texts weights;
    const char *out;
    int precision, pixels;
    long frame;
    bool reduced, numbers;
} explain_args;

typedef struct explain_job {
    const explain_args *args;
    const sx_call *call;
    sx_predictor *predictor;
    sx_report report; /* keeps the names that are taken */
    sx_report_folder folder;
    sx_json_doc result; /* for --json */
    sx_json films;
    size_t failed;
} explain_job;

static void put_film(sx_json films, const char *path, const sx_findings *f, const sx_explanation *e,
                     const char *picture) {
    double x, y;
    const double most = sx_heat_peak(&e->mean, &x, &y);
    sx_json j = sx_json_object(films, NULL);
    sx_json_text(j, "path", path);
    sx_json_number(j, "probability", f->probability);
    sx_json_number(j, "highest", most);
    sx_json at = sx_json_array(j, "at");
    sx_json_number(at, NULL, x * f->width);
    sx_json_number(at, NULL, y * f->height);
    sx_json_number(j, "bias", (double)e->mean.bias);
    sx_json_text(j, "picture", picture);
}

static void tell(const explain_job *job, const char *path, const sx_findings *f,
                 const sx_explanation *e, const char *picture) {
    double x, y;
    const double most = sx_heat_peak(&e->mean, &x, &y);
    if (job->call->json)
        put_film(job->films, path, f, e, picture);
    else if (!job->call->quiet && most > 0)
        sx_cli_print("%s  P(abnormal) %.3f  most at %.0f,%.0f  %s/%s\n", path, f->probability,
                     x * f->width, y * f->height, job->args->out, picture);
    else if (!job->call->quiet)
        sx_cli_print("%s  P(abnormal) %.3f  nothing speaks for it  %s/%s\n", path, f->probability,
                     job->args->out, picture);
}

/* False only if the run cannot go on. */
static bool do_film(explain_job *job, const char *path, sx_error *err) {
    sx_error why = { 0 };
    sx_image shown = { 0 };
    sx_explanation maps = { 0 };
    char name[300] = "";
    sx_findings *f =
        sx_predict_explained(job->predictor, path, (int)job->args->frame, &shown, &maps, &why);
    bool ok = true;
    if (!f) {
        sx_log(job->call->context, SX_LOG_ERROR, "%s", why.message);
        job->failed++;
    } else {
        ok = sx_report_folder_heat(&job->folder, &job->report, job->predictor, &shown, f, &maps,
                                   job->args->numbers, name, sizeof name, err);
        if (ok) tell(job, path, f, &maps, name);
    }
    sx_explanation_free(&maps);
    sx_image_free(&shown);
    return sx_report_add(&job->report, path, f, &why, NULL, 0, ok ? err : NULL) && ok &&
           (!f || sx_report_set_heat_map(&job->report, name, err));
}

static bool print_json(explain_job *job, sx_error *err) {
    sx_json_count(sx_json_root(&job->result), "failed", job->failed);
    return sx_cli_print_json(&job->result, SX_JSON_LINES, err);
}

static bool explain(explain_job *job, sx_error *err) {
    const explain_args *a = job->args;
    const sx_predict_options o = { .precision = (sx_precision)a->precision,
                                   .pixels = (sx_pixels)a->pixels,
                                   .threshold = -1,
                                   .keep = -1,
                                   .nms = -1,
                                   .reduced = a->reduced };
    sx_inputs inputs = { 0 };
    bool ok = sx_inputs_collect(job->call->context, &inputs, (const char *const *)job->call->inputs,
                                (size_t)job->call->input_count, stdin, err) &&
              sx_report_folder_open(&job->folder, a->out, 0, false, err) &&
              (job->predictor = sx_predictor_open(job->call->context, a->weights.items,
                                                  (size_t)a->weights.count, &o, err));
    if (ok && job->predictor->bundle.classifier_count == 0)
        ok = sx_fail(err, SX_ERR_MISSING,
                     "there is no classifier among the weights: nothing to explain");
    if (ok) {
        job->predictor->classify_only = true;
        sx_progress *bar = sx_cli_progress(job->call, "films", inputs.count);
        for (size_t i = 0; ok && i < inputs.count && !sx_context_cancelled(job->call->context);
             i++) {
            ok = do_film(job, inputs.items[i].path, err);
            sx_progress_step(bar, 1);
        }
        sx_cli_progress_end();
        if (sx_context_cancelled(job->call->context)) job->report.stopped = true;
    }
    ok = ok && (!job->call->json || print_json(job, err));
    sx_inputs_free(&inputs);
    return ok;
}

static int run_explain(sx_call *call) {
    explain_job job = { .args = call->args, .call = call, .folder = { .reserve = -1 } };
    job.films = sx_json_array(sx_json_new_object(&job.result), "films");
    sx_error err = { 0 };
    int status = explain(&job, &err) ? SX_EXIT_OK : sx_cli_fail(&err);
    if (status == SX_EXIT_OK && (job.failed || job.report.stopped)) status = SX_EXIT_BAD;
    sx_report_folder_close(&job.folder);
    sx_report_free(&job.report);
    sx_predictor_free(job.predictor);
    sx_json_free(&job.result);
    return status;
}

static const sx_option options[] = {
    { "weights", SX_OPT_LIST, offsetof(explain_args, weights), "PATH",
      "a weight file or a folder of them; may be repeated", .required = true },
    { "out", SX_OPT_TEXT, offsetof(explain_args, out), "DIR", "where heat/NAME.png goes",
      .required = true },
    { "numbers", SX_OPT_FLAG, offsetof(explain_args, numbers), NULL,
      "also heat/NAME.csv with the values" },
    { "pixels", SX_OPT_CHOICE, offsetof(explain_args, pixels), "auto|dicom|vindr",
      "how stored values become 8 bit (auto)" },
    { "precision", SX_OPT_CHOICE, offsetof(explain_args, precision), "auto|f32|bf16",
      "what the networks compute with (auto)" },
    { "frame", SX_OPT_INT, offsetof(explain_args, frame), "N",
      "frame of films that have several, from 1", .min = 1, .max = 100000 },
    { "reduced", SX_OPT_FLAG, offsetof(explain_args, reduced), NULL,
      "JPEG 2000 at 1/2, 1/4 .. size where networks need no more" },
    { 0 },
};

const sx_command sx_cmd_explain = {
    .name = "explain",
    .inputs = "INPUT...",
    .summary = "Draw what the classifiers looked at (Grad-CAM)",
    .help = "INPUT: as for predict. For each film a picture: the film, the mean of the heat\n"
            "maps and each classifier's. Colour: what speaks for abnormal (docs/report.md).",
    .example = "spinexr explain study/ --weights models/ --out findings",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .args_size = sizeof(explain_args),
    .json = true,
    .run = run_explain,
};
