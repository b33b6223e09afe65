#include "evaluation/verdict_write.h"

#include <stdio.h>

#include "base/str.h"
#include "evaluation/eval_write.h"

const char *sx_eval_no_verdict_text(sx_film_outcome outcome) {
    static const char *const texts[SX_FILM_OUTCOMES] = {
        [SX_FILM_UNFAMILIAR] = "no verdict (unfamiliar)",
        [SX_FILM_REFUSED] = "no verdict (refused)",
        [SX_FILM_FAILED] = "no verdict (failed)",
    };
    return texts[outcome];
}

void sx_eval_warn_about_boxes(const sx_eval_input *in, sx_eval_output *out) {
    for (size_t m = 0; m < in->prediction_count; m++) {
        const sx_predictions *p = &in->predictions[m];
        const size_t unfamiliar = p->outcome_counts[SX_FILM_UNFAMILIAR],
                     others = sx_predictions_without_verdict(p) - unfamiliar;
        if (unfamiliar)
            sx_eval_warn(out, "%s: the boxes of %zu unfamiliar %s count like those of others.",
                         p->name, unfamiliar, sx_noun(unfamiliar, "film", "films"));
        if (others)
            sx_eval_warn(out,
                         "%s: %zu refused or failed %s no boxes: %s true boxes count as missed.",
                         p->name, others, sx_noun(others, "film has", "films have"),
                         sx_noun(others, "its", "their"));
    }
}

static const char *truth_of(int label) {
    return label < 0 ? "-" : label ? "abnormal" : "normal";
}

static void put_film(const sx_eval_input *in, const sx_predictions *p, size_t film, sx_table *t,
                     sx_json list) {
    const sx_film_outcome outcome = (sx_film_outcome)p->outcomes[film];
    const char *name = in->truth->films.items[film], *reason = sx_film_outcome_name(outcome),
               *truth = truth_of(in->truth->labels[film]);
    sx_table_row(t, false);
    sx_table_text(t, "%s", name);
    sx_table_link(t, "film-%zu", film + 1);
    if (in->prediction_count > 1) sx_table_text(t, "%s", p->name);
    sx_table_text(t, "%s", truth);
    sx_table_text(t, "%s", reason);
    sx_table_value(t, p->scores[film], 4, 1);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "film", name);
    sx_json_text(j, "model", p->name);
    if (in->truth->labels[film] < 0)
        sx_json_null(j, "abnormal");
    else
        sx_json_bool(j, "abnormal", in->truth->labels[film] == 1);
    sx_json_text(j, "reason", reason);
    sx_json_number(j, "probability", p->scores[film]);
}

void sx_eval_write_no_verdict(const sx_eval_input *in, sx_eval_output *out) {
    sx_json list = sx_json_array(sx_json_root(&out->json), "no_verdict");
    sx_table *t = NULL;
    for (size_t m = 0; !in->unnamed && m < in->prediction_count; m++) {
        const sx_predictions *p = &in->predictions[m];
        for (size_t i = 0; i < in->truth->films.count; i++) {
            if (p->outcomes[i] == SX_FILM_CALLED) continue;
            if (!t) {
                sx_doc_section(out->doc, "No verdict");
                t = sx_doc_table(out->doc, "no verdict",
                                 "Films called neither abnormal nor normal");
                sx_table_column(t, "film", false);
                if (in->prediction_count > 1) sx_table_column(t, "model", false);
                sx_table_column(t, "truth", false);
                sx_table_column(t, "reason", false);
                sx_table_column(t, "P(abnormal)", true);
            }
            put_film(in, p, i, t, list);
        }
    }
}
