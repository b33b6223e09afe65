#include "evaluation/utility.h"

/* Bands need fewer resamples than the intervals in tables. */
static bool make_curve(const sx_eval_input *in, const sx_eval_cases *c, const sx_groups *groups,
                       sx_utility *out, sx_error *err) {
    sx_bootstrap bands = in->boot;
    if (bands.resamples > 2000) bands.resamples = 2000;
    out->has_curve = true;
    return sx_decision_curve_of(c->labels, c->scores[0], groups, out->prevalence, &bands,
                                &out->curve, err);
}

bool sx_utility_compute(const sx_eval_input *in, const sx_eval_cases *c,
                        const sx_proportion *proportions, double prevalence, bool probabilities,
                        sx_utility *out, sx_error *err) {
    const sx_cases view = sx_eval_cases_view(c);
    const sx_proportion *se = &proportions[SX_SENSITIVITY], *sp = &proportions[SX_SPECIFICITY];
    const sx_confusion2 n = { .tp = se->k, .fn = se->n - se->k, .tn = sp->k, .fp = sp->n - sp->k };
    *out = (sx_utility){ .prevalence = prevalence };
    sx_predictive_values(se->value, sp->value, prevalence, out->values);
    sx_predictive_intervals(n, se->design_effect, sp->design_effect, prevalence, in->boot.level,
                            out->intervals);
    return !se->n || !sp->n || !probabilities || make_curve(in, c, &view.groups, out, err);
}
