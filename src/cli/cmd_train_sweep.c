/* spinexr train sweep */
#include <math.h>

#include "cli/command.h"
#include "cli/documents.h"
#include "experiment/sweep.h"

typedef struct sweep_args {
    const char *out;
} sweep_args;

static void add_row(sx_table *t, const sx_sweep *s, size_t i, size_t best) {
    const sx_sweep_variant *v = &s->variants[i];
    const bool done = v->state == SX_VARIANT_DONE;
    sx_table_row(t, i == best);
    sx_table_text(t, "%03zu", i + 1);
    for (size_t k = 0; k < s->axis_count; k++)
        sx_table_text(t, "%s", sx_sweep_value(s, k, i));
    if (done)
        sx_table_value(t, v->best, 4, 1);
    else
        sx_table_text(t, "%s", "");
    if (done)
        sx_table_text(t, "%ld", isnan(v->best) ? v->iterations : v->best_at);
    else
        sx_table_text(t, "%s", "");
    sx_table_text(t, "%s",
                  v->state == SX_VARIANT_FAILED  ? "failed"
                  : v->state == SX_VARIANT_TO_DO ? "to do"
                  : i == best                    ? "best"
                                                 : "done");
}

static bool print_table(const sx_sweep *s, sx_error *err) {
    const size_t best = sx_sweep_best(s);
    sx_doc *d = sx_doc_new("");
    if (!d) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table");
    sx_table *t = sx_doc_table(d, "variants", "");
    sx_table_column(t, "variant", false);
    for (size_t k = 0; k < s->axis_count; k++)
        sx_table_column(t, s->axes[k].short_name, false);
    sx_table_column(t, s->score_name ? s->score_name : "score", true);
    sx_table_column(t, "after", true);
    sx_table_column(t, "state", false);
    for (size_t i = 0; i < s->variant_count; i++)
        add_row(t, s, i, best);
    for (size_t i = 0; i < s->variant_count; i++)
        if (s->variants[i].state == SX_VARIANT_FAILED)
            sx_doc_text(d, "%03zu failed: %s", i + 1, s->variants[i].error.message);
    return sx_cli_print_doc(d, err);
}

static int run_train_sweep(sx_call *call) {
    const sweep_args *a = call->args;
    sx_error err = { 0 };
    sx_sweep s = { 0 };
    const bool ok =
        sx_sweep_open(call->inputs[0], &s, &err) && sx_sweep_run(&s, call->context, a->out, &err);
    const bool stopped = !ok && err.code == SX_ERR_CANCELLED, failed = sx_sweep_failed(&s) > 0;
    sx_error unprinted = { 0 };
    const bool printed = (ok || stopped) && print_table(&s, &unprinted);
    sx_sweep_free(&s);
    if ((ok || stopped) && !printed) return sx_cli_fail(&unprinted);
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
