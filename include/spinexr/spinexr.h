/* libspinexr: spinal lesions on radiographs.
 *
 *     sx_error err = { 0 };
 *     sx_predictor *p = sx_predictor_open(NULL, weights, 4, NULL, &err);
 *     sx_findings *f = p ? sx_predict_file(p, "film.dcm", 0, &err) : NULL;
 *
 * Strings are UTF-8. Fallible calls return NULL or false and fill `err` (spinexr/error.h), which
 * may be NULL. Threads: calls on different predictors may run at the same time; one predictor takes
 * one call at a time (it uses all threads itself). sx_set_threads and sx_set_log are for the whole
 * process, before anything else. Nothing is printed, and no call ends the program. */
#ifndef SPINEXR_H
#define SPINEXR_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/context.h"
#include "spinexr/error.h"
#include "spinexr/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0"; lives as long as the program. */
SX_API const char *sx_version(void);

/* ---- predictor: a bundle of networks ---- */

typedef struct sx_predictor sx_predictor;

/* Begin with SX_PREDICT_DEFAULTS. Negative numbers mean: as the weights' metadata say. */
typedef struct sx_predict_options {
    sx_precision precision;
    sx_pixels pixels;
    /* c*: a film whose P(abnormal) reaches it keeps all boxes; 0..1 (paper: 0.2808) */
    double threshold;
    double keep; /* score a box must reach on any other film; 0..1 (0.5) */
    /* IoU above which the weaker box of one finding is dropped; 1: none (the detector's own: Sparse
     * R-CNN 0.7) */
    double nms;
    /* JPEG 2000 films are decoded at half, quarter .. size where that is still no smaller than what
     * the networks look at: much faster; results differ slightly (docs/films.md) */
    bool reduced;
    sx_tta tta; /* how many looks at each film; several cost as many times the time */
} sx_predict_options;
#define SX_PREDICT_DEFAULTS                                                                        \
    { SX_PRECISION_AUTO, SX_PIXELS_AUTO, -1.0, -1.0, -1.0, false, SX_TTA_NONE }

/* Opens a bundle: `weights` are files (safetensors, .pth, .pkl) or folders of them; any number of
 * classifiers and at most one detector, told apart by their metadata. `options` NULL: defaults.
 * Files must stay unchanged while the predictor lives. Free with sx_predictor_free. */
SX_API sx_predictor *sx_predictor_open(const sx_context *context, const char *const *weights,
                                       size_t count, const sx_predict_options *options,
                                       sx_error *err) SX_MUST_USE;
SX_API void sx_predictor_free(sx_predictor *p); /* NULL is allowed */

/* The detector's classes, in the order of sx_finding.label. Strings live as long as the
 * predictor. */
SX_API int sx_predictor_label_count(const sx_predictor *p); /* 0 without a detector */
SX_API const char *sx_predictor_label(const sx_predictor *p, int label);

/* ---- findings ---- */

/* A box in the film's own pixels: (x0, y0) upper left, (x1, y1) lower right. */
typedef struct sx_finding {
    float x0, y0, x1, y1;
    float score;      /* 0..1 */
    int label;        /* 0.. */
    const char *name; /* "Osteophytes"; lives as long as the predictor */
} sx_finding;

/* What is known of one film. Owned by the caller (sx_findings_free); may outlive no predictor. */
typedef struct sx_findings {
    char study_id[65], series_id[65]; /* DICOM UIDs, "" if there are none */
    /* the file's name without folder and ending (.dcm, .png, ...); "" for pixels */
    char image_id[256];
    int frame;         /* 1.. */
    int width, height; /* of the film, in its own pixels */
    /* the networks saw it decoded at 1/reduced of that: 1, 2, 4 .. (sx_predict_options) */
    int reduced;
    bool has_probability; /* the bundle has a classifier */
    double probability;   /* P(abnormal): the ensemble's */
    bool abnormal;        /* probability >= threshold */
    int classifier_count; /* P(abnormal) of each classifier, in the order of sx_predictor_open */
    double *classifier_probability;
    int count; /* findings, by falling score */
    sx_finding *items;
    int withheld; /* boxes that the decision rule dropped */
    struct {
        double read, classify, detect; /* wall-clock seconds */
    } seconds;
} sx_findings;

/* A film in a file: DICOM, PNG or JPEG. frame: 0 for the only one of a single-frame film, 1.. for
 * one of several. */
SX_API sx_findings *sx_predict_file(sx_predictor *p, const char *path, int frame,
                                    sx_error *err) SX_MUST_USE;

/* Pixels in memory, row by row, `stride` bytes from one row to the next (0: no gaps), not kept.
 * 8-bit samples are taken as they are; 16-bit ones (native byte order) are stretched from their
 * minimum..maximum to 0..255. channels: 1 grey, 3 RGB. Dark is air, bright is bone. */
typedef struct sx_pixel_view {
    const void *data;
    int width, height, channels, bits;
    size_t stride;
} sx_pixel_view;
SX_API sx_findings *sx_predict_pixels(sx_predictor *p, const sx_pixel_view *view,
                                      sx_error *err) SX_MUST_USE;

SX_API void sx_findings_free(sx_findings *f); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
