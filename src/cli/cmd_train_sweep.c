/* spinexr train sweep */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "experiment/sweep.h"

typedef struct sweep_args {
    const char *out;
} sweep_args;

enum { MAX_COLUMN = 60 };

static int column_width(const sx_sweep_axis *axis) {
    size_t n = strlen(axis->short_name);
    for (size_t i = 0; i < axis->value->count; i++)
        if (strlen(axis->value->items[i]) > n) n = strlen(axis->value->items[i]);
    return n < MAX_COLUMN ? (int)n : MAX_COLUMN;
}

static void print_row(const sx_sweep *s, size_t i, size_t best) {
    const sx_sweep_variant *v = &s->variants[i];
    sx_str out = { 0 };
    sx_str_printf(&out, "%-7.3zu", i + 1);
    for (size_t k = 0; k < s->axis_count; k++)
        sx_str_printf(&out, "  %-*.60s", column_width(&s->axes[k]), sx_sweep_value(s, k, i));
    if (v->state == SX_VARIANT_FAILED)
        sx_str_printf(&out, "  failed: %s", v->error.message);
    else if (v->state == SX_VARIANT_TO_DO)
        sx_str_add(&out, "  to do");
    else if (isnan(v->best))
        sx_str_printf(&out, "  %-7s  %ld", "-", v->iterations);
    else
        sx_str_printf(&out, "  %-7.4f  %ld%s", v->best, v->best_at, i == best ? "  best" : "");
    sx_cli_print("%s\n", sx_str_text(&out));
    sx_str_free(&out);
}

static void print_table(const sx_sweep *s) {
    const size_t best = sx_sweep_best(s);
    sx_cli_print("variant");
    for (size_t k = 0; k < s->axis_count; k++)
        sx_cli_print("  %-*.60s", column_width(&s->axes[k]), s->axes[k].short_name);
    sx_cli_print("  %-7s  after\n", s->score_name ? s->score_name : "score");
    for (size_t i = 0; i < s->variant_count; i++)
        print_row(s, i, best);
}

static int run_train_sweep(sx_call *call) {
    const sweep_args *a = call->args;
    sx_error err = { 0 };
    sx_sweep s = { 0 };
    const bool ok =
        sx_sweep_open(call->inputs[0], &s, &err) && sx_sweep_run(&s, call->context, a->out, &err);
    const bool stopped = !ok && err.code == SX_ERR_CANCELLED, failed = sx_sweep_failed(&s) > 0;
    if (ok || stopped) print_table(&s);
    sx_sweep_free(&s);
    if (stopped) sx_cli_print("stopped; the same command continues\n");
    if (ok || stopped) return stopped || failed ? SX_EXIT_BAD : SX_EXIT_OK;
    return sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(sweep_args, out), "DIR",
      "a folder for each variant, and sweep.csv", .required = true },
    { 0 },
};

const sx_command sx_cmd_train_sweep = {
    .name = "train sweep",
    .inputs = "FILE.yaml",
    .summary = "Train variants of a configuration one after another",
    .help = "FILE.yaml is a configuration (docs/configuration.md) with a section SWEEP: keys\n"
            "and lists of their values. Every combination is trained. After a stop the same\n"
            "command continues; finished variants are not trained again.",
    .example = "spinexr train sweep rates.yaml --out rates",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .args_size = sizeof(sweep_args),
    .run = run_train_sweep,
};
