/* spinexr train plot */
#include <stdlib.h>

#include "base/mem.h"
#include "cli/command.h"
#include "document/training_curves.h"

typedef struct plot_args {
    const char *out;
} plot_args;

static bool draw(const sx_run_metrics *runs, size_t count, const char *path, sx_error *err) {
    sx_figure *f = NULL;
    const bool ok = sx_training_curves(runs, count, &f, err) && sx_figure_write(f, path, err);
    sx_figure_free(f);
    return ok;
}

static void print_summary(const sx_run_metrics *m) {
    const sx_run_step *last = &m->steps[m->step_count - 1];
    const size_t best = sx_run_metrics_best(m);
    const double steps = last->iteration + 1;
    sx_str text = { 0 };
    sx_str_printf(&text, "%.0f %s, loss %.4f", steps, sx_noun((size_t)steps, "step", "steps"),
                  last->loss);
    if (best < m->score_count)
        sx_str_printf(&text, ", best validation %.4f after %.0f", m->scores[best],
                      m->scored_at[best]);
    sx_cli_print_parts((const sx_line_part[]){ { m->name, ": ", true }, { sx_str_text(&text) } },
                       2);
    sx_str_free(&text);
}

static int run_train_plot(sx_call *call) {
    const plot_args *a = call->args;
    const size_t count = (size_t)call->input_count;
    sx_error err = { 0 };
    if (!sx_figure_named(a->out))
        return sx_cli_usage(call, "--out: the file's name ends in .svg, .png or .pdf, not %s",
                            a->out);
    sx_run_metrics *runs = sx_calloc_for(count, sizeof *runs, "runs", &err);
    bool ok = runs != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = sx_run_metrics_read(call->inputs[i], &runs[i], &err);
    ok = ok && draw(runs, count, a->out, &err);
    for (size_t i = 0; runs && i < count; i++) {
        if (ok) print_summary(&runs[i]);
        sx_run_metrics_free(&runs[i]);
    }
    free(runs);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(plot_args, out), "FILE",
      "picture, .svg, .png or .pdf (default: curves.svg)", .output = true },
    { 0 },
};

const sx_command sx_cmd_train_plot = {
    .name = "train plot",
    .inputs = "DIR...",
    .summary = "Draw the curves of training runs",
    .help = "Draws loss, learning rate and validation scores of the runs in these folders in\n"
            "the same axes. For a single run it also draws the parts of the loss. A run may\n"
            "still be in progress.",
    .example = "spinexr train plot run1 run2 --out curves.png",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .defaults = &(const plot_args){ .out = "curves.svg" },
    .args_size = sizeof(plot_args),
    .serial = true,
    .run = run_train_plot,
};
