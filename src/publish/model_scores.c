#include "publish/model_scores.h"

#include <math.h>
#include <string.h>

#include "evaluation/evaluation.h"
#include "metrics/ap.h"

typedef struct work {
    const sx_model_scoring *o;
    sx_model_scores *s;
    sx_truth truth;
    sx_predictions predictions;
    sx_eval_films films;
    sx_subgroups subgroups;
    sx_eval_input input;
    sx_run run;
} work;

/* models[0].KEY... of the document; NaN where it is absent. */
static sx_score score_at(const sx_eval_output *out, const char *first, const char *second) {
    const json_t *model = json_array_get(json_object_get(out->json.root, "models"), 0);
    const json_t *at = json_object_get(model, first);
    if (second) at = json_object_get(at, second);
    const json_t *value = json_object_get(at, "value"), *low = json_object_get(at, "low"),
                 *high = json_object_get(at, "high");
    return (sx_score){ json_is_number(value) ? json_number_value(value) : (double)NAN,
                       json_is_number(low) ? json_number_value(low) : (double)NAN,
                       json_is_number(high) ? json_number_value(high) : (double)NAN };
}

/* Appends the tables, and the document to the CSV without its header line if it is not the
 * first. */
static bool take(work *w, sx_eval_output *out, sx_error *err) {
    sx_str csv = { 0 };
    bool ok =
        sx_doc_to_markdown(out->doc, &w->s->markdown, err) && sx_doc_to_csv(out->doc, &csv, err);
    const char *text = sx_str_text(&csv), *header = strchr(text, '\n');
    if (ok) sx_str_add(&w->s->csv, w->s->csv.len && header ? header + 1 : text);
    ok = ok && sx_str_ok(&w->s->csv, err);
    sx_str_free(&csv);
    return ok;
}

static bool classify(work *w, sx_error *err) {
    const sx_classify_options o = { .threshold = { NAN, NULL, NAN, NAN, false }, .bin_count = 10 };
    sx_eval_output out;
    if (!w->predictions.has_scores) return true;
    if (!sx_eval_classify(&w->input, &o, &out, err)) return false;
    w->s->auroc = score_at(&out, "measures", "auroc");
    const bool ok = take(w, &out, err);
    sx_eval_output_free(&out);
    return ok;
}

static bool detect(work *w, sx_error *err) {
    sx_detect_report_options o = {
        .iou_count = 7, .iou_one = 0.5, .fp_per_image = 1, .most_per_film = 100
    };
    sx_eval_output out;
    memcpy(o.ious, sx_vindr_ious, sizeof sx_vindr_ious);
    if (!sx_eval_detect(&w->input, &o, &out, err)) return false;
    w->s->ap50 = score_at(&out, "ap_one", NULL);
    const bool ok = take(w, &out, err);
    sx_eval_output_free(&out);
    return ok;
}

static bool pipeline(work *w, sx_error *err) {
    const sx_pipeline_options o = { .threshold = NAN, .keep = NAN, .iou_one = 0.5 };
    sx_eval_output out;
    if (!w->predictions.has_scores || !w->predictions.has_all_boxes) return true;
    if (!sx_eval_pipeline(&w->input, &o, &out, err)) return false;
    const bool ok = take(w, &out, err);
    sx_eval_output_free(&out);
    return ok;
}

static bool open_subgroups(work *w, sx_error *err) {
    const sx_model_scoring *o = w->o;
    if (o->subgroup_count && !sx_eval_films_open(&w->films, o->data, &w->truth, err)) return false;
    const sx_attribute_sources from = { o->context, o->meta, o->data,
                                        o->subgroup_count ? &w->films : NULL };
    for (size_t i = 0; i < o->subgroup_count; i++)
        if (!sx_subgroups_add(&w->subgroups, &from, &w->truth, o->subgroups[i], err)) return false;
    return true;
}

/* The classes of the detector that the data set lacks. If it has none of them, the two name their
 * classes differently, and scores of boxes would mean nothing. */
static bool add_classes(work *w, sx_error *err) {
    const sx_model_scoring *o = w->o;
    sx_names classes = { 0 };
    sx_str added = { 0 };
    bool ok = sx_predictions_labels(o->report, &classes, err), common = false;
    const bool compared = w->truth.has_boxes && w->truth.class_names.count && classes.count;
    for (size_t i = 0; ok && i < classes.count; i++) {
        const char *name = classes.items[i];
        if (sx_truth_class(&w->truth, name) >= 0)
            common = true;
        else
            sx_str_printf(&added, "%s%s", added.len ? ", " : "", name);
        ok = sx_truth_add_class(&w->truth, name, err);
    }
    ok = ok && sx_str_ok(&added, err);
    if (ok && compared && !common)
        ok = sx_fail(err, SX_ERR_MISMATCH, "%s: no class of the detector: %s", o->data,
                     sx_str_text(&added));
    if (ok && compared && added.len)
        sx_log(o->context, SX_LOG_WARNING, "%s: has no class %s", o->data, sx_str_text(&added));
    sx_str_free(&added);
    sx_names_free(&classes);
    return ok;
}

/* The scores are those of all films of the data set. */
static bool check_unseen(const work *w, sx_error *err) {
    const sx_predictions *p = &w->predictions;
    const size_t films = w->truth.films.count;
    size_t first = 0;
    if (!p->unseen) return true;
    while (first + 1 < films && p->places[first])
        first++;
    return sx_fail(err, SX_ERR_MISSING, "%s: %zu of its %zu %s no image, the first %.100s",
                   w->o->data, p->unseen, films, sx_noun(p->unseen, "films has", "films have"),
                   w->truth.films.items[first]);
}

static bool open_all(work *w, sx_error *err) {
    const sx_model_scoring *o = w->o;
    const sx_manifest_options how = { 0 };
    const sx_truth_films films = { .list = o->list };
    const sx_prediction_options predicted = { .all_boxes = false };
    if (!sx_truth_load(&w->truth, o->data, &how, &films, err) || !add_classes(w, err) ||
        !sx_predictions_load(&w->predictions, o->report, o->name, &w->truth, &predicted, err) ||
        !check_unseen(w, err) || !open_subgroups(w, err))
        return false;
    w->input = (sx_eval_input){ .run = &w->run,
                                .truth_path = o->data,
                                .truth = &w->truth,
                                .predictions = &w->predictions,
                                .prediction_count = 1,
                                .boot = { o->resamples, 1999, 0.95, o->context, NULL },
                                .draw = SX_UNIT_FILM,
                                .skip_missing = true,
                                .list = o->list,
                                .subgroups = w->subgroups.count ? &w->subgroups : NULL,
                                .unnamed = true };
    sx_truth_prevalence(&w->truth, &w->s->abnormal);
    w->s->films = w->truth.films.count;
    w->s->boxes = w->truth.box_count;
    w->s->without_verdict = sx_predictions_without_verdict(&w->predictions);
    memcpy(w->s->truth_hash, w->truth.hash, sizeof w->s->truth_hash);
    return true;
}

bool sx_model_scores_make(const sx_model_scoring *o, sx_model_scores *s, sx_error *err) {
    const sx_score none = { NAN, NAN, NAN };
    *s = (sx_model_scores){ .auroc = none, .ap50 = none };
    work w = { .o = o, .s = s };
    sx_run_start(&w.run, o->context, 0, NULL);
    bool ok = open_all(&w, err) && classify(&w, err);
    if (ok && w.predictions.has_boxes && w.truth.has_boxes && w.truth.box_count)
        ok = detect(&w, err) && pipeline(&w, err);
    sx_subgroups_free(&w.subgroups);
    sx_eval_films_close(&w.films);
    sx_predictions_free(&w.predictions);
    sx_truth_free(&w.truth);
    return ok;
}

void sx_model_scores_free(sx_model_scores *s) {
    sx_str_free(&s->markdown);
    sx_str_free(&s->csv);
}
