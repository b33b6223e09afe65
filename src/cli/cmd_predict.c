/* spinexr predict */
#include "cli/film_args.h"
#include "pipeline/tiles.h"

typedef struct predict_args {
    sx_film_args films;
    int tta, rule, point;
    long tiles;
    double threshold, keep, nms, draw;
    bool no_overlay, explain, all_boxes, fuse;
} predict_args;

static const sx_option options[] = {
    SX_FILM_WEIGHTS_OPTION(predict_args),
    { "out", SX_OPT_TEXT, offsetof(predict_args, films.out), "DIR",
      "folder of the report; optional with --json" },
    SX_FILM_OVERWRITE_OPTION(predict_args),
    { "rule", SX_OPT_CHOICE, offsetof(predict_args, rule), "points|paper",
      "rule for findings (default: points, if stored)" },
    { "operating-point", SX_OPT_CHOICE, offsetof(predict_args, point), "sensitive|specific",
      "the one to reach (default: sensitive)" },
    { "all-boxes", SX_OPT_FLAG, offsetof(predict_args, all_boxes), NULL,
      "list every box of the detector as a finding" },
    { "threshold", SX_OPT_NUMBER, offsetof(predict_args, threshold), "P",
      "P(abnormal) of abnormal films (default: the weights')", .max = 1 },
    { "keep", SX_OPT_NUMBER, offsetof(predict_args, keep), "SCORE",
      "minimum score on other films (default: 0.5)", .max = 1 },
    { "nms", SX_OPT_NUMBER, offsetof(predict_args, nms), "IOU",
      "NMS above this IoU; 1: none (default: the detector's)", .max = 1 },
    { "draw", SX_OPT_NUMBER, offsetof(predict_args, draw), "SCORE",
      "minimum score drawn (default: 0; --rule paper: 0.3)", .max = 1 },
    SX_FILM_READING_OPTIONS(predict_args),
    { "tta", SX_OPT_CHOICE, offsetof(predict_args, tta), "none|flip|scales|both",
      "several views of each film (default: none)" },
    { "tiles", SX_OPT_INT, offsetof(predict_args, tiles), "N",
      "also detect in N x N tiles, N up to 8 (default: 1)", .min = 1, .max = SX_MOST_TILES },
    { "fuse", SX_OPT_FLAG, offsetof(predict_args, fuse), NULL,
      "average P(abnormal) with the best box's score" },
    { "explain", SX_OPT_FLAG, offsetof(predict_args, explain), NULL,
      "draw the classifiers' heat maps, as spinexr explain" },
    { "no-overlay", SX_OPT_FLAG, offsetof(predict_args, no_overlay), NULL, "draw no pictures" },
    { 0 },
};

/* The choices of --rule and --operating-point, in the order of the options. */
enum { NOT_GIVEN = -1, RULE_PAPER = 1, POINT_SPECIFIC = 1 };

/* Two options that exclude each other, such as one without effect; NULL: none. */
static const char *contradiction(const predict_args *a) {
    if (a->all_boxes && a->keep >= 0) return "--all-boxes and --keep";
    if (a->no_overlay && a->draw >= 0) return "--no-overlay and --draw";
    if (a->all_boxes && a->rule != NOT_GIVEN) return "--all-boxes and --rule";
    if (a->all_boxes && a->point != NOT_GIVEN) return "--all-boxes and --operating-point";
    if (a->rule == RULE_PAPER && a->point != NOT_GIVEN) return "--rule paper and --operating-point";
    /* the paper's rule is for the paper's P(abnormal) and boxes */
    if (a->rule == RULE_PAPER && a->fuse) return "--rule paper and --fuse";
    if (a->rule == RULE_PAPER && a->tiles > 1) return "--rule paper and --tiles";
    return NULL;
}

/* An option that the weights give no effect is a mistake, which a result must not hide. */
static bool check_networks(void *user, const sx_bundle_info *info, sx_error *err) {
    const sx_call *call = user;
    const predict_args *a = call->args;
    const struct {
        const char *name;
        bool given, for_detector;
    } all[] = { { "--all-boxes", a->all_boxes, true },
                { "--keep", a->keep >= 0, true },
                { "--nms", a->nms >= 0, true },
                { "--draw", a->draw >= 0, true },
                { "--rule", a->rule != NOT_GIVEN, true },
                { "--operating-point", a->point != NOT_GIVEN, true },
                { "--threshold", a->threshold >= 0, false } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].given) continue;
        if (all[i].for_detector && !sx_bundle_info_has_detector(info))
            return sx_fail(err, SX_ERR_USAGE,
                           "%s concerns findings: there is no detector among the weights",
                           all[i].name);
        if (!all[i].for_detector && info->classifier_count == 0)
            return sx_fail(err, SX_ERR_USAGE,
                           "%s concerns P(abnormal): there is no classifier among the weights",
                           all[i].name);
    }
    if (a->keep >= 0 && info->classifier_count == 0 &&
        !sx_rule_keeps(&info->rule, info->label_count))
        return sx_fail(err, SX_ERR_USAGE,
                       "--keep concerns films that are called normal: there is no classifier among "
                       "the weights");
    return true;
}

/* The weights decide whether there are operating points. If those that they store do not count, a
 * warning has said so. */
static void warn_about_points(const sx_call *call, const sx_bundle_info *info) {
    const predict_args *a = call->args;
    const bool wanted = a->point != NOT_GIVEN || (a->rule != NOT_GIVEN && a->rule != RULE_PAPER);
    if (!wanted || info->rule.points || info->points_unused) return;
    sx_log(call->context, SX_LOG_WARNING, "%s",
           "the weights store no operating points; the paper's rule is used instead");
}

static void print_film(void *user, const sx_report_film *film) {
    const sx_call *call = user;
    sx_str text = { 0 };
    if (!film->prediction || call->json || call->quiet) return;
    const size_t name = sx_line_columns(film->path) + 2;
    const size_t room = name < SX_LINE_COLUMNS ? SX_LINE_COLUMNS - name : 0;
    if (!sx_report_film_text(film, room, &text)) {
        /* the path has a line of its own */
        sx_str_free(&text);
        (void)!sx_report_film_text(film, SX_LINE_COLUMNS - 2, &text);
    }
    sx_cli_print_parts((const sx_line_part[]){ { film->path, "  ", true }, { sx_str_text(&text) } },
                       2);
    sx_str_free(&text);
}

static void hint_at_tiles(const sx_call *call, const sx_prediction_run *run) {
    const size_t n = sx_prediction_run_shrunk(run);
    if (n)
        sx_log(call->context, SX_LOG_INFO,
               "%zu %s more than %d times as large as the detector's input: with --tiles 2 it "
               "sees small findings larger (fit its points: spinexr model calibrate --tiles 2)",
               n, sx_noun(n, "film is", "films are"), SX_SHRUNK);
}

static bool print_json(const sx_report *r, sx_error *err) {
    sx_json_doc doc;
    const bool ok = sx_report_to_json(r, &doc, err) && sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

static void fill_job(sx_prediction_job *job, const sx_call *call) {
    const predict_args *a = call->args;
    sx_film_args_fill(&a->films, call, job);
    job->predictor.tta = (sx_tta)a->tta;
    job->predictor.threshold = a->threshold;
    job->predictor.keep = a->keep;
    job->predictor.nms = a->nms;
    job->predictor.fuse = a->fuse;
    job->predictor.tiles = (int)a->tiles;
    job->predictor.rule = a->all_boxes            ? SX_RULE_ALL
                          : a->rule == RULE_PAPER ? SX_RULE_PAPER
                                                  : SX_RULE_POINTS;
    job->predictor.point = a->point == POINT_SPECIFIC ? SX_POINT_SPECIFIC : SX_POINT_SENSITIVE;
    job->film.keep_heat_maps = a->explain;
    job->tables = true;
    job->overlays = !a->no_overlay;
    job->min_score = a->draw;
    job->film_done = print_film;
    job->check_networks = check_networks;
    job->user = (void *)call;
}

static int run_predict(sx_call *call) {
    sx_prediction_job job;
    sx_prediction_run run;
    sx_error err = { 0 };
    const char *weights = sx_film_args_weights(call);
    if (weights)
        return sx_cli_usage(
            call, "%s is a weight file: give it its own --weights, or name its folder", weights);
    const char *excluded = contradiction(call->args);
    if (excluded) return sx_cli_usage(call, "%s exclude each other", excluded);
    predict_args *a = call->args;
    if (!a->films.out && !call->json) return sx_cli_usage(call, "--out DIR is missing (or --json)");
    if (!a->films.out && a->explain)
        return sx_cli_usage(call, "--explain draws pictures: it needs --out DIR too");
    const int wanting = sx_film_args_default(&a->films, call);
    if (wanting) return wanting;
    fill_job(&job, call);
    bool ok = sx_prediction_run_open(&run, &job, call->argc, call->argv, &err);
    if (ok) sx_film_args_notice(call, &run);
    if (ok) warn_about_points(call, run.report.info);
    ok = ok && sx_prediction_run_films(&run, &err);
    const bool first = sx_comm_rank(call->comm) == 0;
    if (ok && first && call->json) ok = print_json(&run.report, &err);
    if (ok && first && !call->json) sx_film_args_summary(&run, "report.json");
    if (ok && first) hint_at_tiles(call, &run);
    int status = sx_film_args_status(&run, ok ? NULL : &err);
    sx_comm_share_status(call->comm, &status);
    sx_prediction_run_close(&run);
    return status;
}

const sx_command sx_cmd_predict = {
    .name = "predict",
    .inputs = "INPUT...",
    .summary = "Find lesions on films and report them",
    .help = "INPUT: a DICOM, PNG or JPEG file, a folder of them, or - for a list on standard\n"
            "input. Writes report.json, report.html, findings.csv, scores.csv,\n"
            "coco_results.json and a picture of each film. Ctrl-C stops and keeps the\n"
            "finished films. Without --weights, an installed program uses its demonstration\n"
            "weights (demo), which are of no use for patients.",
    .example = "spinexr predict study/ --weights models/ --out findings",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .defaults = &(const predict_args){ .rule = NOT_GIVEN,
                                       .point = NOT_GIVEN,
                                       .tiles = 1,
                                       .threshold = -1,
                                       .keep = -1,
                                       .nms = -1,
                                       .draw = -1 },
    .args_size = sizeof(predict_args),
    .json = true,
    .ranks = true,
    .film_list = true,
    .run = run_predict,
};
