#include "cli/film_args.h"

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/notice.h"

const char *sx_film_args_weights(const sx_call *call) {
    for (int i = 0; i < call->input_count; i++)
        if (sx_is_weight_file(call->inputs[i])) return call->inputs[i];
    return NULL;
}

int sx_film_args_default(sx_film_args *a, const sx_call *call) {
    sx_error err = { 0 };
    if (a->weights.count) return SX_EXIT_OK;
    if (!sx_demo_weights(a->demo))
        return sx_cli_usage(call, "--weights PATH is missing; only an installed program finds its "
                                  "demonstration weights (in the sources: --weights weights)");
    a->weights.items = sx_calloc(1, sizeof *a->weights.items);
    if (!a->weights.items) {
        (void)sx_fail(&err, SX_ERR_MEMORY, "out of memory for the weights");
        return sx_cli_fail(&err);
    }
    a->weights.items[a->weights.count++] = a->demo;
    sx_log(call->context, SX_LOG_WARNING,
           "no --weights: the demonstration weights in %s are used, which were trained on drawn "
           "films and are of no use for patients",
           a->demo);
    return SX_EXIT_OK;
}

void sx_film_args_fill(const sx_film_args *a, const sx_call *call, sx_prediction_job *job) {
    *job = (sx_prediction_job){ .context = call->context,
                                .comm = call->comm,
                                .inputs = (const char *const *)call->inputs,
                                .input_count = (size_t)call->input_count,
                                .list = stdin,
                                .only = a->list,
                                .weights = a->weights.items,
                                .weight_count = (size_t)a->weights.count,
                                .predictor = SX_PREDICTOR_DEFAULTS,
                                .film = SX_PREDICT_DEFAULTS,
                                .out = a->out,
                                .command = call->command->name,
                                .overwrite = a->overwrite };
    job->predictor.precision = (sx_precision)a->precision;
    job->predictor.pixels = (sx_pixels)a->pixels;
    job->predictor.reduced = a->reduced;
    job->film.frame = (int)a->frame;
    job->film.any_film = a->any_film;
}

void sx_film_args_notice(const sx_call *call, const sx_prediction_run *run) {
    sx_log(call->context, SX_LOG_INFO, "%s", SX_NOTICE);
    if (run->report.info->note[0])
        sx_log(call->context, SX_LOG_WARNING, "%s", run->report.info->note);
}

int sx_film_args_status(const sx_prediction_run *run, const sx_error *err) {
    if (err) return sx_cli_fail(err);
    return sx_prediction_run_incomplete(run) ? SX_EXIT_BAD : SX_EXIT_OK;
}

void sx_film_args_summary(const sx_prediction_run *run, const char *file) {
    sx_str text = { 0 }, path = { 0 };
    sx_prediction_run_text(run, &text);
    if (file) sx_str_printf(&path, "%s/%s", run->job.out, file);
    sx_cli_print_parts((const sx_line_part[]){ { sx_str_text(&text), "; " },
                                               { sx_str_text(&path), .name = true } },
                       file ? 2 : 1);
    sx_str_free(&text);
    sx_str_free(&path);
}
