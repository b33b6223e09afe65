/* A prediction: the results of the networks for one film, and pictures of the film.
 *
 * A prediction never changes, so any number of threads may read it. It may outlive its predictor.
 * Returned pointers are valid until the prediction is freed, unless noted otherwise. Every function
 * accepts a NULL prediction and then returns 0, NaN, "" or NULL. */
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
/* Adds a reference and returns the same pointer. A callback calls it to keep a prediction after the
 * callback returns. Release the reference with sx_prediction_free. */
SX_API sx_prediction *sx_prediction_hold(const sx_prediction *prediction);

/* ---- the film ---- */

SX_API const char *sx_prediction_study_id(const sx_prediction *prediction);  /* a DICOM UID or "" */
SX_API const char *sx_prediction_series_id(const sx_prediction *prediction); /* likewise */
/* The film's name in results, in UTF-8: the file's name without folder and ending (.dcm, .png,
 * ...); in a batch with several films of that name, a longer one that no other film has
 * (docs/films.md, "Names in results"). "" for pixels. */
SX_API const char *sx_prediction_image_id(const sx_prediction *prediction);
/* "AP", "PA", "frontal", "lateral" or "oblique", by the film's header (docs/films.md); "": not
 * known. */
SX_API const char *sx_prediction_view(const sx_prediction *prediction);
SX_API int sx_prediction_frame(const sx_prediction *prediction); /* 1.. */
/* Size of the film in its own pixels. */
SX_API int sx_prediction_width(const sx_prediction *prediction);
SX_API int sx_prediction_height(const sx_prediction *prediction);
/* The factor by which the film was reduced on decoding: 1 (full size), 2, 4, ...
 * (sx_predictor_options.reduced). */
SX_API int sx_prediction_reduced(const sx_prediction *prediction);

/* What is doubtful in the film, such as a window that maps it to a single grey value; at most 4
 * sentences in English. */
SX_API int sx_prediction_warning_count(const sx_prediction *prediction);
SX_API const char *sx_prediction_warning(const sx_prediction *prediction, int index); /* "": none */

/* ---- the classifiers ---- */

/* NONE: there is no classifier among the networks, or the film is unfamiliar. */
typedef enum sx_verdict { SX_VERDICT_NONE, SX_VERDICT_NORMAL, SX_VERDICT_ABNORMAL } sx_verdict;
SX_API sx_verdict sx_prediction_verdict(const sx_prediction *prediction);
/* The film is unlike those that the weights were fitted to, as far as the classifiers' features
 * tell (docs/weights.md). Its numbers say nothing, and it must not be taken for normal. False as
 * well if the weights store no familiarity. */
SX_API bool sx_prediction_unfamiliar(const sx_prediction *prediction);
/* The mean distance of the classifiers, about 1 for a familiar film; NaN: they store no
 * familiarity. */
SX_API double sx_prediction_distance(const sx_prediction *prediction);
/* P(abnormal) of the ensemble, 0..1; NaN without classifiers. At or above the threshold the verdict
 * is ABNORMAL, unless the film is unfamiliar. */
SX_API double sx_prediction_probability(const sx_prediction *prediction);
SX_API double sx_prediction_threshold(const sx_prediction *prediction);
/* P(abnormal) of each classifier, in the order of sx_predictor_network. */
SX_API int sx_prediction_classifier_count(const sx_prediction *prediction);
SX_API double sx_prediction_classifier(const sx_prediction *prediction, int index);

/* ---- the detector ---- */

/* A box in the film's own pixels. (x0, y0) is the upper left corner and (x1, y1) the lower right
 * one: 0 <= x0 < x1 <= width, and the same for y and height. The library owns it. Later versions
 * may add fields at the end. */
typedef struct sx_finding {
    float x0, y0, x1, y1;
    float score;      /* 0..1 */
    int label;        /* 0.. (sx_predictor_label) */
    const char *name; /* "Osteophytes" */
    /* The highest operating point of its class that the score reaches. NONE: the score reaches no
     * operating point, or the class has none. */
    sx_point point;
    bool despite_verdict; /* a finding on a film that is called normal */
} sx_finding;

/* The findings: the boxes that the rule lists (sx_rule_kind), in descending order of score. */
SX_API int sx_prediction_finding_count(const sx_prediction *prediction);
SX_API const sx_finding *sx_prediction_finding(const sx_prediction *prediction, int index);
/* Every box of the detector, in descending order of score. An evaluation needs all of them. */
SX_API int sx_prediction_box_count(const sx_prediction *prediction);
SX_API const sx_finding *sx_prediction_box(const sx_prediction *prediction, int index);
/* The number of boxes that are not findings. */
SX_API int sx_prediction_withheld(const sx_prediction *prediction);

/* ---- the record ---- */

/* The notes of the weights that made the prediction, as sx_predictor_note; they must accompany
 * every result. "": none. */
SX_API const char *sx_prediction_note(const sx_prediction *prediction);

typedef enum sx_stage { SX_STAGE_READ, SX_STAGE_CLASSIFY, SX_STAGE_DETECT } sx_stage;
SX_API double sx_prediction_seconds(const sx_prediction *prediction, sx_stage stage); /* elapsed */

/* ---- pictures ---- */

/* The film as it was given to the detector, or to the first classifier if there is no detector. It
 * has the size at which the film was decoded. NULL: the picture was not kept
 * (sx_predict_options.keep_picture). */
SX_API const sx_picture *sx_prediction_picture(const sx_prediction *prediction);

/* Draws the film with P(abnormal), the verdict and the boxes whose score is at least `min_score`
 * (0..1), and below the film that the result is for research and not a diagnosis, with the note.
 * The picture is RGB and scaled so that the film's longer side has 1000 to 1600 pixels. Returns
 * NULL on failure: SX_ERR_MISSING (the picture was not kept), SX_ERR_USAGE, SX_ERR_MEMORY. Free
 * with sx_picture_free. */
SX_API sx_picture *sx_prediction_overlay(const sx_prediction *prediction, double min_score,
                                         sx_error *err) SX_MUST_USE;

/* Draws the film, the mean heat map and each classifier's heat map side by side, in RGB
 * (docs/report.md). Returns NULL on failure: SX_ERR_MISSING (the heat maps were not kept),
 * SX_ERR_USAGE, SX_ERR_MEMORY. Free with sx_picture_free. */
SX_API sx_picture *sx_prediction_heat_sheet(const sx_prediction *prediction,
                                            sx_error *err) SX_MUST_USE;

/* A classifier's heat map (Grad-CAM) as numbers. The logit is the mean of values[rows][columns]
 * plus `bias`; a value above 0 is evidence for abnormal. The grid begins at the film's upper left
 * corner. It covers over_x times the film's width and over_y times its height. These factors are
 * above 1 if the network's input is padded. This struct does not grow. */
typedef struct sx_heat_grid {
    int columns, rows;
    const float *values;
    double over_x, over_y;
    double bias;
} sx_heat_grid;
/* `index` is that of the classifier, 0.., or -1 for the ensemble. Returns false on failure:
 * SX_ERR_MISSING (the heat maps were not kept), SX_ERR_USAGE (NULL, no such classifier). */
SX_API bool sx_prediction_heat_grid(const sx_prediction *prediction, int index, sx_heat_grid *out,
                                    sx_error *err) SX_MUST_USE;

/* ---- report.json ---- */

/* Makes report.json (docs/report.md) for this film alone, in UTF-8, ending in a newline. `path`
 * (UTF-8 or any bytes) is the film's path in the document; NULL: none. Returns NULL on failure:
 * SX_ERR_USAGE, SX_ERR_MEMORY. Free with sx_text_free. */
SX_API char *sx_prediction_json(const sx_prediction *prediction, const char *path,
                                sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
