#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/eval_args.h"

/* Reads the decision rule of a report; missing values are not changed. */
static bool read_rule(const char *path, sx_eval_report_options *o, sx_error *err) {
    const char *equals = strchr(path, '=');
    json_t *j = sx_json_read(path, err);
    if (!j && equals) j = sx_json_read(path = equals + 1, err);
    if (!j) return false;
    const json_t *rule = json_object_get(j, "rule");
    const json_t *threshold = json_object_get(rule, "threshold"),
                 *keep = json_object_get(rule, "keep");
    const bool ok = json_is_number(threshold) && json_is_number(keep);
    if (ok) {
        o->threshold = json_number_value(threshold);
        o->keep = json_number_value(keep);
    }
    json_decref(j);
    return ok || sx_fail(err, SX_ERR_FORMAT, "%s: not the report.json of spinexr predict", path);
}

static int run_eval_report(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f = { 0 };
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_eval_report_options o = { .title = a->title,
                                 .least = a->min_score,
                                 .iou_one = a->iou_one,
                                 .sheet_count = (size_t)a->sheets };
    const bool ok = read_rule(call->inputs[1], &o, &err) &&
                    sx_eval_open(call, a, 1000, false, &f, &err) &&
                    sx_eval_report(&f.input, &o, &out, &err);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_report = {
    .name = "eval report",
    .inputs = "TRUTH REPORT [ALL-BOXES]",
    .summary = "Write a page of studies, films with their truth, and results",
    .help = "REPORT is the report.json of spinexr predict; ALL-BOXES another, made with\n"
            "--threshold 0, from which the gain of the decision rule is computed.",
    .example = "spinexr eval report set out/report.json --films set --html page.html",
    .min_inputs = 2,
    .max_inputs = 3,
    SX_EVAL_COMMAND(SX_EVAL_REPORT),
    .run = run_eval_report,
};
