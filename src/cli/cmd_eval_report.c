#include <math.h>

#include "cli/eval_args.h"
#include "evaluation/film_view.h"

static int run_eval_report(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f = { 0 };
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_eval_report_options o = { .title = a->title,
                                 .least = a->min_score,
                                 .iou_one = a->iou_one,
                                 .sheet_count = (size_t)a->sheets,
                                 .worst_first = a->order == 1,
                                 .prevalence = a->prevalence };
    bool ok = sx_eval_open(call, a, 1000, false, &f, &err);
    if (ok && isnan(f.predictions[0].threshold + f.predictions[0].keep))
        ok = sx_fail(&err, SX_ERR_FORMAT, "%s: not the report.json of spinexr predict",
                     f.predictions[0].path);
    if (ok && f.input.films && (a->pictures == 2 || (a->pictures == 0 && a->sheets > 48)))
        ok = sx_film_view_folder(a->html, &f.input.pictures, &err) &&
             sx_run_folder_begin(f.input.pictures, &err);
    if (ok) {
        o.threshold = f.predictions[0].threshold;
        o.keep = f.predictions[0].keep;
        /* operating points have chosen what is shown; the paper's rule lists boxes of any score */
        if (o.least < 0) o.least = f.predictions[0].findings ? 0 : 0.3;
        ok = sx_eval_report(&f.input, &o, &out, &err);
    }
    sx_run_folder_close(f.input.pictures, ok);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_report = {
    .name = "eval report",
    .inputs = "TRUTH REPORT [ALL-BOXES]",
    .summary = "Write a page of studies, films with their truth, and results",
    .help = "REPORT is the report.json of spinexr predict. ALL-BOXES is needed only for a\n"
            "report without the key `boxes`, of an older program: a second one, made with\n"
            "--threshold 0.",
    .example = "spinexr eval report set out/report.json --films set --html page.html",
    .min_inputs = 2,
    .max_inputs = 3,
    SX_EVAL_COMMAND(SX_EVAL_REPORT),
    .run = run_eval_report,
};
