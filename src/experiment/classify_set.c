#include "experiment/classify_set.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "dicom/dicom_film.h"
#include "experiment/network_film.h"
#include "pipeline/bundle_classes.h"

static bool make_features(sx_set_predictions *p, const sx_bundle *b, sx_error *err) {
    for (int i = 0; i < b->classifier_count; i++) {
        p->feature_counts[i] = sx_model_feature_count(b->classifiers[i]);
        p->features[i] = sx_calloc_for(p->film_count * (size_t)p->feature_counts[i], sizeof(float),
                                       "features", err);
        if (!p->features[i]) return false;
    }
    return true;
}

static bool predictions_new(sx_set_predictions *p, size_t films, const sx_bundle *b,
                            const sx_bundle_info *info, sx_error *err) {
    const int classifiers = b->classifier_count;
    *p = (sx_set_predictions){ .film_count = films, .classifier_count = classifiers, .info = info };
    p->classes = sx_calloc_for(films * (size_t)info->class_count + 1, sizeof *p->classes,
                               "probabilities", err);
    p->outputs = sx_calloc_for(sx_bundle_outputs(info) + 1, sizeof *p->outputs, "logits", err);
    p->labels = sx_calloc_for(films, 1, "labels", err);
    p->logits = sx_calloc_for(films * (size_t)classifiers, sizeof *p->logits, "logits", err);
    p->scores = sx_calloc_for(films, sizeof *p->scores, "scores", err);
    p->groups = sx_calloc_for(films, sizeof *p->groups, "groups", err);
    return p->classes && p->outputs && p->labels && p->logits && p->scores && p->groups &&
           make_features(p, b, err);
}

void sx_set_predictions_free(sx_set_predictions *p) {
    for (int i = 0; i < p->classifier_count; i++)
        free(p->features[i]);
    free(p->groups);
    free(p->outputs);
    free(p->classes);
    free(p->scores);
    free(p->logits);
    free(p->labels);
}

static bool classify_film(sx_bundle *b, const sx_film_set *s, sx_set_predictions *p, size_t index,
                          sx_error *err) {
    float *logits = sx_set_logits(p, index), *outputs = p->outputs;
    const char *path = s->films[index].path;
    sx_film_warnings warnings = { 0 };
    sx_film *film = sx_film_open(path, &(sx_film_options){ .warnings = &warnings }, err);
    bool ok = film != NULL;
    for (int i = 0; ok && i < b->classifier_count; i++) {
        sx_model *m = b->classifiers[i];
        sx_image im = { 0 };
        ok = sx_network_film(m, film, &im, err) &&
             sx_model_classify_features(m, &im, outputs, sx_set_features(p, i, index), err);
        logits[i] = outputs[0];
        outputs += p->info->classifiers[i].output_count;
        sx_image_free(&im);
    }
    if (ok)
        sx_bundle_classes_from(p->info, p->outputs,
                               p->classes + index * (size_t)p->info->class_count);
    sx_film_notes_add(s->notes, path, &warnings);
    sx_film_free(film);
    return ok;
}

bool sx_classify_set(const sx_film_set *s, sx_bundle *b, const sx_bundle_info *info,
                     sx_set_predictions *p, sx_error *err) {
    if (!predictions_new(p, s->count, b, info, err)) return false;
    sx_progress bar;
    sx_progress_start(&bar, s->context, "films", s->count);
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        ok = sx_context_cancelled(s->context)
                 ? sx_fail(err, SX_ERR_CANCELLED, "cancelled; no weights were written")
                 : classify_film(b, s, p, i, err);
        p->labels[i] = s->films[i].target > 0.5F;
        sx_progress_step(&bar, 1);
    }
    sx_progress_end(&bar);
    return ok;
}
