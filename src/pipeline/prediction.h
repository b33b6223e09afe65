/* The internals of sx_prediction (spinexr/result.h): the result of all functions that predict a
 * film. Reports, pictures and DICOM objects are made from it. */
#ifndef SX_PIPELINE_PREDICTION_H
#define SX_PIPELINE_PREDICTION_H

#include "pipeline/bundle.h"
#include "pipeline/bundle_info.h"
#include "pipeline/explain.h"
#include "pipeline/film_views.h"
#include "spinexr/result.h"

struct sx_prediction {
    atomic_int holders;
    sx_bundle_info *info; /* the networks and the rule; a reference, NULL: unknown */
    char *image_id;       /* the film's name in results; "" for pixels in memory */
    char study_id[SX_UID_ROOM], series_id[SX_UID_ROOM];
    sx_projection projection;
    int frame;
    int width, height; /* of the film, in its own pixels */
    int reduced;
    bool has_probability; /* there is a classifier */
    double probability;
    double ensemble_probability; /* of the classifiers; `probability` differs from it if fused */
    double best_score;           /* of all boxes, 0: none; set if fused */
    bool abnormal;               /* false for an unfamiliar film */
    /* The mean distance of the classifiers that have a familiarity; NaN: none has. */
    double distance;
    bool unfamiliar; /* it is above the limit: there is no verdict */
    int classifier_count;
    double *classifier_probability; /* [classifier_count] */
    double *class_probability;      /* [info->class_count] of findings; NULL: none */
    int box_count, finding_count;
    sx_finding *boxes;    /* [box_count], by falling score; names belong to `info` */
    sx_finding *findings; /* [finding_count]: those of the boxes that the rule lists */
    sx_film_warnings warnings;
    struct {
        double read, classify, detect;
    } seconds;
    /* The 8-bit input of the detector, or of the first classifier if there is no detector; empty:
     * not kept. */
    sx_image picture;
    sx_picture shown;    /* the same for callers of the library; borrowed */
    sx_explanation heat; /* count 0: not kept */
};

/* NONE without classifiers and for an unfamiliar film. */
static inline sx_verdict sx_verdict_of(const sx_prediction *p) {
    if (!p->has_probability || p->unfamiliar) return SX_VERDICT_NONE;
    return p->abnormal ? SX_VERDICT_ABNORMAL : SX_VERDICT_NORMAL;
}

/* In words: "abnormal", "normal", "unfamiliar film, no verdict"; NULL without classifiers. */
const char *sx_verdict_text(const sx_prediction *p);

/* Reads a film from any source and predicts it. `options` are complete. Errors: those of
 * sx_predict_file. */
sx_prediction *sx_predict(sx_predictor *p, const sx_film_source *source,
                          const sx_predict_options *options, sx_error *err) SX_MUST_USE;

/* The second half of sx_predict: runs the networks under the predictor's lock. Pictures that are
 * kept are moved out of *views; the caller must still free *views. Messages begin with the name of
 * the network. */
sx_prediction *sx_predict_views(sx_predictor *p, sx_film_views *views,
                                const sx_predict_options *options, sx_error *err) SX_MUST_USE;

/* The same with networks that no other thread uses meanwhile: the predictor's own, or others that
 * share their weights (sx_bundle_share). No lock is taken. */
sx_prediction *sx_predict_views_with(const sx_predictor *p, const sx_bundle *networks,
                                     sx_film_views *views, const sx_predict_options *options,
                                     sx_error *err) SX_MUST_USE;

/* Frees the picture and the heat maps. The findings are kept. No other thread may read the
 * prediction. */
void sx_prediction_drop_pictures(sx_prediction *prediction);

#endif
