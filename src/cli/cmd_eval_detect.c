#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/eval_args.h"
#include "evaluation/rjafroc_file.h"
#include "metrics/ap.h"
#include "train/comm.h"

/* "vindr", "coco", "0.5", "0.2,0.3,0.4" */
static bool read_ious(const char *text, sx_detect_report_options *o) {
    o->iou_count = 0;
    if (!text || strcmp(text, "vindr") == 0 || strcmp(text, "coco") == 0) {
        bool coco = text && text[0] == 'c';
        o->iou_count = coco ? 10 : 7;
        memcpy(o->ious, coco ? sx_coco_ious : sx_vindr_ious, o->iou_count * sizeof *o->ious);
        return true;
    }
    for (const char *p = text; o->iou_count + 1 < SX_IOUS_MAX;) {
        char one[40];
        size_t n = strcspn(p, ",");
        if (n >= sizeof one) return false;
        snprintf(one, sizeof one, "%.*s", (int)n, p);
        double *v = &o->ious[o->iou_count++];
        if (!sx_parse_double(one, v) || !(*v > 0 && *v <= 1)) return false;
        if (o->iou_count > 1 && *v <= v[-1]) return false;
        if (!p[n]) return true;
        p += n + 1;
    }
    return false;
}

static int run_eval_detect(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_detect_report_options o = { .iou_one = a->iou_one,
                                   .centre = a->centre,
                                   .fp_per_image = a->fp_per_image,
                                   .points_from = a->points_from,
                                   .most_per_film = 100,
                                   .worst_count = (size_t)a->worst,
                                   .paper = a->paper };
    if (!read_ious(a->ious, &o))
        return sx_cli_usage(
            call, "--iou takes vindr, coco, or rising numbers in 0..1 with commas, not %s",
            a->ious);
    bool ok =
        sx_eval_open(call, a, 1000, false, &f, &err) && sx_eval_detect(&f.input, &o, &out, &err);
    if (ok && a->rjafroc && sx_comm_rank(call->comm) == 0 &&
        !sx_rjafroc_write(&f.input, a->iou_one, a->rjafroc, &err)) {
        sx_eval_output_free(&out);
        ok = false;
    }
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_detect = {
    .name = "eval detect",
    .inputs = "TRUTH PREDICTIONS...",
    .summary = "Evaluate detectors: average precision, FROC, operating points",
    .example = "spinexr eval detect test.csv out/findings.csv --html page.html",
    .min_inputs = 2,
    .max_inputs = 9,
    SX_EVAL_COMMAND(SX_EVAL_DETECT),
    .ranks = true,
    .run = run_eval_detect,
};
