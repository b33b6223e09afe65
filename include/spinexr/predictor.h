/* A predictor: the networks of a framework, ready to predict films.
 *
 *     sx_predictor *p = sx_predictor_open(context, weights, 4, NULL, &err);
 *     sx_prediction *film = p ? sx_predict_file(p, "film.dcm", NULL, &err) : NULL;
 *
 * Threads: any number of threads may use one predictor. It has its own lock: films are read in
 * parallel, but the networks take one film at a time (they use all threads of the context), so
 * calls wait for one another. Different predictors run at the same time. Results do not depend on
 * the number of threads.
 *
 * OpenMP: a predictor of several threads cannot predict inside a parallel region of the caller, nor
 * after the caller has lowered what OpenMP gives (omp_set_max_active_levels) since an earlier
 * prediction: SX_ERR_USAGE. Use a context of one thread there. */
#ifndef SPINEXR_PREDICTOR_H
#define SPINEXR_PREDICTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/context.h"
#include "spinexr/error.h"
#include "spinexr/result.h"
#include "spinexr/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_predictor sx_predictor;

/* ---- opening ---- */

/* Begin with SX_PREDICTOR_DEFAULTS. A negative number means the value in the weights' metadata. */
typedef struct sx_predictor_options {
    size_t struct_size; /* sizeof(sx_predictor_options): later versions may add fields */
    sx_precision precision;
    sx_pixels pixels;
    sx_tta tta; /* the time grows with the number of views */
    /* JPEG 2000 films are decoded at half, quarter .. size where that is still no smaller than the
     * input of the networks: much faster; results differ slightly (docs/films.md). */
    bool reduced;
    /* c*: a film with P(abnormal) >= c* keeps all boxes; 0..1 (the paper's 0.2808 where the weights
     * store none). */
    double threshold;
    double keep; /* score that a box must reach on any other film; 0..1 (0.5) */
    /* IoU above which the weaker of two boxes of one finding is dropped; 0..1; 1: none is dropped
     * (default: the detector's; Sparse R-CNN 0.7). */
    double nms;
} sx_predictor_options;
#define SX_PREDICTOR_DEFAULTS                                                                      \
    {                                                                                              \
        sizeof(sx_predictor_options), SX_PRECISION_AUTO, SX_PIXELS_AUTO, SX_TTA_NONE, false, -1.0, \
            -1.0, -1.0                                                                             \
    }

/* Opens the networks. `weights` names `count` files (safetensors, .pth, .pkl) or folders of them:
 * up to 64 classifiers and at most one detector, distinguished by their metadata. `context` NULL:
 * all cores, no messages; otherwise it is borrowed and must outlive the predictor. `options` NULL:
 * the defaults. The files must stay unchanged while the predictor lives.
 *
 * NULL on failure: SX_ERR_USAGE (no weights; an option out of range), SX_ERR_IO, SX_ERR_FORMAT
 * (damaged), SX_ERR_MISSING (a folder without weights, a tensor that is absent), SX_ERR_MISMATCH
 * (an unknown architecture, a second detector), SX_ERR_VALUE (NaN among the weights),
 * SX_ERR_LIMIT, SX_ERR_MEMORY, SX_ERR_CANCELLED. The message names the file. Free with
 * sx_predictor_free. */
SX_API sx_predictor *sx_predictor_open(const sx_context *context, const char *const *weights,
                                       size_t count, const sx_predictor_options *options,
                                       sx_error *err) SX_MUST_USE;
/* No thread may be using it. Its predictions stay valid. NULL is allowed. */
SX_API void sx_predictor_free(sx_predictor *p);

/* ---- what was opened ---- */

/* A network. Owned by the library; later versions may add fields at the end. */
typedef struct sx_network_info {
    sx_task task;
    const char *arch;       /* "densenet121", "sparse_rcnn_r50", ... */
    const char *path;       /* of the weights */
    sx_pixels pixels;       /* in use, never AUTO */
    sx_precision precision; /* in use, never AUTO */
    /* Stored in the weights: a classifier's c*, the score that a detector's box must reach on a
     * normal film; NaN: none. */
    double threshold;
    /* A classifier's probability is sigmoid(logit / temperature); NaN: a detector. */
    double temperature;
    int input_width, input_height; /* pixels; a detector's shortest and longest edge */
    const char *chosen_on; /* the data set that the threshold was chosen on; "": not known */
    const char *note;      /* must accompany every result of these weights; "": none */
} sx_network_info;

/* The classifiers in the order in which they were opened, then the detector. Returned pointers are
 * valid as long as the predictor. */
SX_API int sx_predictor_network_count(const sx_predictor *p);
/* NULL: no such network */
SX_API const sx_network_info *sx_predictor_network(const sx_predictor *p, int index);
/* c* in force, 0..1, and its origin: "option", "weights' metadata", "mean of the weights' metadata"
 * (classifiers with different ones) or "paper". */
SX_API double sx_predictor_threshold(const sx_predictor *p);
SX_API const char *sx_predictor_threshold_source(const sx_predictor *p);
/* The score in force that a box of a film below c* must reach, 0..1. */
SX_API double sx_predictor_keep(const sx_predictor *p);
/* The first note among the networks', "" if none has one. */
SX_API const char *sx_predictor_note(const sx_predictor *p);
/* The detector's classes, in the order of sx_finding.label. */
SX_API int sx_predictor_label_count(const sx_predictor *p);              /* 0 without a detector */
SX_API const char *sx_predictor_label(const sx_predictor *p, int label); /* "": no such label */

/* ---- one film ---- */

/* Begin with SX_PREDICT_DEFAULTS. */
typedef struct sx_predict_options {
    size_t struct_size; /* sizeof(sx_predict_options): later versions may add fields */
    int frame;          /* frame of a multi-frame film, from 1; 0: the only frame */
    /* Keep the film as the networks saw it, for sx_prediction_picture and sx_prediction_overlay. */
    bool keep_picture;
    /* Keep the classifiers' heat maps, which need a second run of each classifier, and the picture
     * for their sheet. SX_ERR_MISSING without classifiers. */
    bool keep_heat_maps;
    bool no_detector; /* the detector is not run: no findings */
} sx_predict_options;
#define SX_PREDICT_DEFAULTS                                                                        \
    { sizeof(sx_predict_options), 0, false, false, false }

/* A DICOM, PNG or JPEG file. `options` NULL: the defaults. NULL on failure; the message begins with
 * the path. Free with sx_prediction_free.
 *
 * Errors: SX_ERR_IO; SX_ERR_FORMAT (not a film, truncated, inconsistent); SX_ERR_MISSING (no pixel
 * data); SX_ERR_VALUE (zero rows; an output of a network that is not finite); SX_ERR_LIMIT (sides
 * of 32768 pixels, 2^28 pixels, files of 2 GiB); SX_ERR_UNSUPPORTED (a colour DICOM film, several
 * frames without options->frame, an unknown transfer syntax); SX_ERR_USAGE (NULL, an option out of
 * range, no such frame, a predictor from before fork, an OpenMP parallel region); SX_ERR_MEMORY
 * (also threads that cannot be started); SX_ERR_CANCELLED. */
SX_API sx_prediction *sx_predict_file(sx_predictor *p, const char *path,
                                      const sx_predict_options *options, sx_error *err) SX_MUST_USE;

/* The same from the bytes of such a file in memory, which are not kept. `name` takes the place of
 * the path in messages and gives the image_id; NULL: none. */
SX_API sx_prediction *sx_predict_memory(sx_predictor *p, const void *bytes, size_t size,
                                        const char *name, const sx_predict_options *options,
                                        sx_error *err) SX_MUST_USE;

/* Pixels in memory, not kept. 8-bit samples are taken as they are; 16-bit ones are stretched from
 * their smallest..largest to 0..255. */
SX_API sx_prediction *sx_predict_pixels(sx_predictor *p, const sx_pixel_view *view,
                                        const sx_predict_options *options,
                                        sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
