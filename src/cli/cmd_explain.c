/* spinexr explain */
#include <stdio.h>

#include "cli/film_args.h"

typedef struct explain_args {
    sx_film_args films;
    bool numbers;
} explain_args;

typedef struct telling {
    const sx_call *call;
    const char *out;
    sx_json films; /* for --json */
} telling;

static void put_film(sx_json films, const sx_report_film *film, double most, double x, double y) {
    const sx_prediction *p = film->prediction;
    sx_json j = sx_json_object(films, NULL);
    sx_json_text(j, "path", film->path);
    sx_json_number(j, "probability", p->probability);
    sx_json_number(j, "highest", most);
    sx_json at = sx_json_array(j, "at");
    sx_json_number(at, NULL, x * p->width);
    sx_json_number(at, NULL, y * p->height);
    sx_json_number(j, "bias", (double)p->heat.mean.bias);
    sx_json_text(j, "picture", film->heat_map);
}

static void tell(void *user, const sx_report_film *film) {
    const telling *t = user;
    const sx_prediction *p = film->prediction;
    double x, y;
    if (!p) return;
    const double most = sx_heat_peak(&p->heat.mean, &x, &y);
    if (t->call->json) {
        put_film(t->films, film, most, x, y);
    } else if (!t->call->quiet) {
        char text[160], where[80] = "";
        sx_str picture = { 0 };
        if (p->abnormal && most > 0)
            snprintf(where, sizeof where, ", highest at x %.0f, y %.0f", x * p->width,
                     y * p->height);
        snprintf(text, sizeof text, "P(abnormal) %.3f, %s%s", p->probability, sx_verdict_text(p),
                 where);
        if (film->heat_map) sx_str_printf(&picture, "%s/%s", t->out, film->heat_map);
        sx_cli_print_parts(
            (const sx_line_part[]){
                { film->path, "  ", true },
                { text, "  " },
                { film->heat_map ? sx_str_text(&picture) : "no picture", .name = true } },
            3);
        sx_str_free(&picture);
    }
}

static int run_explain(sx_call *call) {
    explain_args *a = call->args;
    const int wanting = sx_film_args_default(&a->films, call);
    if (wanting) return wanting;
    sx_json_doc result = { 0 };
    telling told = { call, a->films.out, sx_json_array(sx_json_new_object(&result), "films") };
    sx_prediction_job job;
    sx_film_args_fill(&a->films, call, &job);
    job.numbers = a->numbers;
    job.film.keep_heat_maps = job.film.no_detector = true;
    job.film_done = tell;
    job.user = &told;
    sx_prediction_run run;
    sx_error err = { 0 };
    bool ok = sx_prediction_run_open(&run, &job, call->argc, call->argv, &err);
    if (ok) sx_film_args_notice(call, &run);
    ok = ok && sx_prediction_run_films(&run, &err);
    if (ok && call->json) {
        sx_json_count(sx_json_root(&result), "refused", sx_report_refused(&run.report));
        sx_json_count(sx_json_root(&result), "failed", sx_report_failed(&run.report));
        ok = sx_cli_print_json(&result, SX_JSON_LINES, &err);
    }
    if (ok && !call->json) sx_film_args_summary(&run, sx_report_done(&run.report) ? "heat" : NULL);
    const int status = sx_film_args_status(&run, ok ? NULL : &err);
    sx_prediction_run_close(&run);
    sx_json_free(&result);
    return status;
}

static const sx_option options[] = {
    SX_FILM_WEIGHTS_OPTION(explain_args),
    { "out", SX_OPT_TEXT, offsetof(explain_args, films.out), "DIR", "folder of heat/NAME.png",
      .required = true },
    SX_FILM_OVERWRITE_OPTION(explain_args),
    { "numbers", SX_OPT_FLAG, offsetof(explain_args, numbers), NULL,
      "also write heat/NAME.csv with the values" },
    SX_FILM_READING_OPTIONS(explain_args),
    { 0 },
};

const sx_command sx_cmd_explain = {
    .name = "explain",
    .inputs = "INPUT...",
    .summary = "Draw the classifiers' heat maps (Grad-CAM)",
    .help = "INPUT: as for predict. Each picture shows a film, the mean heat map and the heat\n"
            "map of each classifier. Colour shows evidence for abnormal (docs/report.md). For\n"
            "abnormal films it prints where the mean map is highest, in pixels of the film.",
    .example = "spinexr explain study/ --weights models/ --out maps",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .args_size = sizeof(explain_args),
    .json = true,
    .film_list = true,
    .run = run_explain,
};
