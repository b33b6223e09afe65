/* A prediction: the result of the networks for one film, and pictures of it.
 *
 * A prediction never changes: any number of threads may read it. It may outlive its predictor.
 * Returned pointers are valid as long as the prediction, unless noted. Every function accepts a
 * NULL prediction and then returns 0, NaN, "" or NULL. */
#ifndef SPINEXR_RESULT_H
#define SPINEXR_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/error.h"
#include "spinexr/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_prediction sx_prediction;
/* Releases a reference; the last release frees the prediction. NULL is allowed. */
SX_API void sx_prediction_free(sx_prediction *prediction);
/* Adds a reference, so that the prediction stays valid after the call in which it was received;
 * returns the same pointer (NULL: NULL). Release it with sx_prediction_free. */
SX_API sx_prediction *sx_prediction_hold(const sx_prediction *prediction);

/* ---- the film ---- */

SX_API const char *sx_prediction_study_id(const sx_prediction *prediction);  /* a DICOM UID or "" */
SX_API const char *sx_prediction_series_id(const sx_prediction *prediction); /* likewise */
/* The file's name without folder and ending (.dcm, .png, ...), at most 255 bytes; "" for pixels. */
SX_API const char *sx_prediction_image_id(const sx_prediction *prediction);
SX_API int sx_prediction_frame(const sx_prediction *prediction); /* 1.. */
/* Size of the film in its own pixels. */
SX_API int sx_prediction_width(const sx_prediction *prediction);
SX_API int sx_prediction_height(const sx_prediction *prediction);
/* The film was decoded at 1/reduced of that size: 1, 2, 4 .. (sx_predictor_options.reduced). */
SX_API int sx_prediction_reduced(const sx_prediction *prediction);

/* ---- the classifiers ---- */

/* NONE: there is no classifier among the networks. */
typedef enum sx_verdict { SX_VERDICT_NONE, SX_VERDICT_NORMAL, SX_VERDICT_ABNORMAL } sx_verdict;
SX_API sx_verdict sx_prediction_verdict(const sx_prediction *prediction);
/* P(abnormal) of the ensemble, 0..1; NaN without classifiers. At or above the threshold the verdict
 * is ABNORMAL. */
SX_API double sx_prediction_probability(const sx_prediction *prediction);
SX_API double sx_prediction_threshold(const sx_prediction *prediction);
/* P(abnormal) of each classifier, in the order of sx_predictor_network. */
SX_API int sx_prediction_classifier_count(const sx_prediction *prediction);
SX_API double sx_prediction_classifier(const sx_prediction *prediction, int index);

/* ---- the detector ---- */

/* A box in the film's own pixels, (x0, y0) its upper left and (x1, y1) its lower right corner:
 * 0 <= x0 < x1 <= width. Owned by the library; later versions may add fields at the end. */
typedef struct sx_finding {
    float x0, y0, x1, y1;
    float score;      /* 0..1 */
    int label;        /* 0.. (sx_predictor_label) */
    const char *name; /* "Osteophytes" */
} sx_finding;

/* By falling score. */
SX_API int sx_prediction_finding_count(const sx_prediction *prediction);
SX_API const sx_finding *sx_prediction_finding(const sx_prediction *prediction, int index);
/* Boxes that the decision rule dropped. */
SX_API int sx_prediction_withheld(const sx_prediction *prediction);

/* ---- the record ---- */

/* A sentence of the weights that must accompany every result; "": none. */
SX_API const char *sx_prediction_note(const sx_prediction *prediction);

typedef enum sx_stage { SX_STAGE_READ, SX_STAGE_CLASSIFY, SX_STAGE_DETECT } sx_stage;
SX_API double sx_prediction_seconds(const sx_prediction *prediction, sx_stage stage); /* elapsed */

/* ---- pictures ---- */

/* The film as the detector (or else the first classifier) saw it, at the size at which it was
 * decoded. NULL: it was not kept (sx_predict_options.keep_picture). */
SX_API const sx_picture *sx_prediction_picture(const sx_prediction *prediction);

/* The film with the boxes that score at least `min_score` (0..1), P(abnormal), the verdict and the
 * note drawn on it, in RGB, scaled until its longer side has 1000 to 1600 pixels. NULL on failure:
 * SX_ERR_MISSING (the picture was not kept), SX_ERR_USAGE, SX_ERR_MEMORY. Free with
 * sx_picture_free. */
SX_API sx_picture *sx_prediction_overlay(const sx_prediction *prediction, double min_score,
                                         sx_error *err) SX_MUST_USE;

/* The film, the mean of the heat maps and each classifier's, side by side, in RGB (docs/report.md).
 * NULL on failure: SX_ERR_MISSING (the heat maps were not kept), SX_ERR_USAGE, SX_ERR_MEMORY. Free
 * with sx_picture_free. */
SX_API sx_picture *sx_prediction_heat_sheet(const sx_prediction *prediction,
                                            sx_error *err) SX_MUST_USE;

/* A classifier's heat map (Grad-CAM) as numbers: the mean of values[rows][columns] plus `bias` is
 * the logit; above 0 is evidence for abnormal. The grid begins at the film's upper left corner and
 * covers over_x times its width and over_y times its height: 1, or more where a network's input is
 * padded. This struct does not grow. */
typedef struct sx_heat_grid {
    int columns, rows;
    const float *values;
    double over_x, over_y;
    double bias;
} sx_heat_grid;
/* index 0..: of that classifier; -1: of the ensemble. False on failure: SX_ERR_MISSING (the heat
 * maps were not kept), SX_ERR_USAGE (NULL, no such classifier). */
SX_API bool sx_prediction_heat_grid(const sx_prediction *prediction, int index, sx_heat_grid *out,
                                    sx_error *err) SX_MUST_USE;

/* ---- report.json ---- */

/* The document of docs/report.md for this film alone, in UTF-8, ending in a newline. `path` (UTF-8
 * or any bytes) is the film's path in the document; NULL: none. NULL on failure: SX_ERR_USAGE,
 * SX_ERR_MEMORY. Free with sx_text_free. */
SX_API char *sx_prediction_json(const sx_prediction *prediction, const char *path,
                                sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
