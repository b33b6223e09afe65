/* A predictor: the networks of a framework, ready to predict films.
 *
 *     sx_predictor *p = sx_predictor_open(context, weights, 4, NULL, &err);
 *     sx_prediction *film = p ? sx_predict_file(p, "film.dcm", NULL, &err) : NULL;
 *
 * Threads: any number of threads may use one predictor. Their films are read in parallel. The
 * networks then process one film at a time, with all threads of the context, so a call may wait for
 * another. Different predictors run at the same time. Results do not depend on the number of
 * threads.
 *
 * OpenMP: a predictor with several threads returns SX_ERR_USAGE if it is called inside a parallel
 * region of the caller, or if OpenMP grants fewer threads than at an earlier prediction (for
 * instance after omp_set_max_active_levels). In both cases use a context of one thread. */
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

/* Begin with SX_PREDICTOR_DEFAULTS. A negative number selects the value in the weights'
 * metadata. */
typedef struct sx_predictor_options {
    size_t struct_size; /* sizeof(sx_predictor_options): later versions may add fields */
    sx_precision precision;
    sx_pixels pixels;
    sx_tta tta; /* the time grows with the number of views */
    /* Decodes JPEG 2000 films at 1/2, 1/4, ... of their size, but not below the size of the
     * networks' input. This is much faster, and results differ slightly (docs/films.md). */
    bool reduced;
    /* c*: a film with P(abnormal) >= c* keeps all its boxes. 0..1. If the weights store none, the
     * default is 0.2808, as in the paper. */
    double threshold;
    /* Minimum score of a box on a film with P(abnormal) < c*. 0..1. If the weights store none, the
     * default is 0.5. */
    double keep;
    /* IoU for each detector's non-maximum suppression: of two boxes of one class with a higher IoU,
     * the one with the lower score is removed. 0..1; 1: no box is removed. The default is that of
     * the detector, e.g. 0.7 for Sparse R-CNN. */
    double nms;
    sx_rule_kind rule;
    /* With SX_RULE_POINTS: the point that a finding must reach; NONE: SENSITIVE. */
    sx_point point;
    /* Not 0: P(abnormal) is the mean of the classifiers' probability and the score of the best box
     * (Nguyen et al. 2021, section 4; docs/report.md). Then c* is `threshold`, or the one that the
     * weights store for this, if it was fitted with these networks and as many tiles; without
     * either, the predictor is not opened (SX_ERR_USAGE). Needs classifiers and detectors. An int,
     * as sx_predict_options.any_film. */
    int fuse;
    /* 2 to 8: detectors see the whole film and tiles x tiles overlapping parts of it, which makes
     * small findings larger; the time grows with the number of parts. 0 or 1: the whole film. Needs
     * detectors. Operating points that were fitted with another number are not used; a warning says
     * so. */
    int tiles;
} sx_predictor_options;
#define SX_PREDICTOR_DEFAULTS                                                                      \
    {                                                                                              \
        sizeof(sx_predictor_options), SX_PRECISION_AUTO, SX_PIXELS_AUTO, SX_TTA_NONE, false, -1.0, \
            -1.0, -1.0, SX_RULE_POINTS, SX_POINT_SENSITIVE, 0, 0                                   \
    }

/* Opens the networks. `weights` names `count` files (safetensors, .pth, .pkl) or folders of them:
 * up to 64 classifiers and 16 detectors. A file's metadata state whether it is a classifier or a
 * detector. The boxes of several detectors are fused (docs/detectors.md). Of a training run's
 * folder, best.safetensors is opened, or last.safetensors if there is no best one; a message names
 * it. A file that is named twice is opened once, with a warning. `context` must outlive the
 * predictor; NULL stands for all cores and no messages. `options` may be NULL for the defaults. The
 * files are read into memory: they may change or be removed afterwards.
 *
 * Returns NULL on failure: SX_ERR_USAGE (no weights; an option out of range), SX_ERR_IO,
 * SX_ERR_FORMAT (damaged), SX_ERR_MISSING (a folder without weights, a tensor that is absent),
 * SX_ERR_MISMATCH (an unknown architecture), SX_ERR_VALUE (NaN among the weights), SX_ERR_LIMIT,
 * SX_ERR_MEMORY, SX_ERR_CANCELLED. The message names the file. Free with sx_predictor_free. */
SX_API sx_predictor *sx_predictor_open(const sx_context *context, const char *const *weights,
                                       size_t count, const sx_predictor_options *options,
                                       sx_error *err) SX_MUST_USE;
/* Frees a predictor, which no thread may use any longer. Its predictions stay valid. NULL is
 * allowed. */
SX_API void sx_predictor_free(sx_predictor *p);

/* ---- what was opened ---- */

/* A network. Owned by the library; later versions may add fields at the end. */
typedef struct sx_network_info {
    sx_task task;
    const char *arch;       /* "densenet121", "sparse_rcnn_r50", ... */
    const char *path;       /* of the weights */
    sx_pixels pixels;       /* in use, never AUTO */
    sx_precision precision; /* in use, never AUTO */
    /* The threshold that the weights store: c* of a classifier, or a detector's minimum score of a
     * box on a film below c*. NaN: none. */
    double threshold;
    /* A classifier's probability is sigmoid(logit / temperature); NaN: a detector. */
    double temperature;
    int input_width, input_height; /* pixels; a detector's shortest and longest edge */
    const char *chosen_on; /* the data set that the threshold was chosen on; "": not known */
    const char *note;      /* must accompany every result of these weights; "": none */
    /* JSON: in what the network differs from the architecture `arch` as published; "": in nothing
     */
    const char *config;
    const char *sha256; /* of the weight file, 64 hexadecimal digits */
    bool demonstration; /* the weights are marked as not for films of patients */
    /* A classifier that sees films with their aspect ratio kept, in the upper left corner of the
     * input; others see them stretched to it. */
    bool letterbox;
} sx_network_info;

/* The networks: the classifiers, then the detectors, each in the order in which they were opened.
 * Returned pointers are valid until the predictor is freed. */
SX_API int sx_predictor_network_count(const sx_predictor *p);
/* NULL: no such network */
SX_API const sx_network_info *sx_predictor_network(const sx_predictor *p, int index);
/* The c* that the predictor uses, 0..1, and where it comes from: "option", "weights' metadata",
 * "mean of the weights' metadata" (if the classifiers store different values), or "paper". */
SX_API double sx_predictor_threshold(const sx_predictor *p);
SX_API const char *sx_predictor_threshold_source(const sx_predictor *p);
/* The minimum score that the predictor uses for boxes on films below c*, 0..1. */
SX_API double sx_predictor_keep(const sx_predictor *p);
/* The rule in use: PAPER if POINTS was requested but the weights store no operating points that
 * were fitted with these detectors and tiles. */
SX_API sx_rule_kind sx_predictor_rule(const sx_predictor *p);
/* The score of a class's operating point, 0..1; NaN: the weights store none for it. */
SX_API double sx_predictor_point(const sx_predictor *p, int label, sx_point point);
/* A film whose distance (sx_prediction_distance) is above this is unfamiliar; NaN: the weights
 * store no familiarity, and every film gets a verdict. */
SX_API double sx_predictor_distance_limit(const sx_predictor *p);
/* The notes of the networks, each once, separated by "; "; "": none has one. */
SX_API const char *sx_predictor_note(const sx_predictor *p);
/* The classes of all detectors, each once, in the order of sx_finding.label. */
SX_API int sx_predictor_label_count(const sx_predictor *p);              /* 0 without a detector */
SX_API const char *sx_predictor_label(const sx_predictor *p, int label); /* "": no such label */

/* ---- one film ---- */

/* Begin with SX_PREDICT_DEFAULTS. */
typedef struct sx_predict_options {
    size_t struct_size; /* sizeof(sx_predict_options): later versions may add fields */
    int frame;          /* frame of a multi-frame film, from 1; 0: the only frame */
    /* Keep the film as the networks saw it, for sx_prediction_picture and sx_prediction_overlay. */
    bool keep_picture;
    /* Compute and keep the classifiers' heat maps, and keep the picture for the heat sheet. This
     * runs each classifier a second time. Without classifiers the call returns SX_ERR_MISSING. */
    bool keep_heat_maps;
    bool no_detector; /* do not run the detector; there are no findings */
    /* Not 0: predict films too whose headers contradict a radiograph of the spine (docs/films.md).
     * An int, because a bool would be a padding byte of older versions of this struct. */
    int any_film;
} sx_predict_options;
#define SX_PREDICT_DEFAULTS                                                                        \
    { sizeof(sx_predict_options), 0, false, false, false, 0 }

/* Predicts a DICOM, PNG or JPEG file. `options` may be NULL for the defaults. Returns NULL on
 * failure; the message begins with the path. Free the prediction with sx_prediction_free.
 *
 * Errors: SX_ERR_IO; SX_ERR_FORMAT (not a film, truncated, inconsistent); SX_ERR_MISSING (no pixel
 * data); SX_ERR_VALUE (zero rows; an output of a network that is not finite); SX_ERR_LIMIT (a side
 * above 32768 pixels, more than 2^28 pixels, a file above 2 GiB); SX_ERR_UNSUPPORTED (a colour
 * DICOM film, several frames without options->frame, an unknown transfer syntax); SX_ERR_USAGE
 * (NULL, an option out of range, no such frame, a predictor from before fork, an OpenMP parallel
 * region); SX_ERR_REFUSED (the header says that the film shows something else than the spine, or is
 * no radiograph; the film was not predicted, and nothing is known about it); SX_ERR_MEMORY (also
 * threads that cannot be started); SX_ERR_CANCELLED. */
SX_API sx_prediction *sx_predict_file(sx_predictor *p, const char *path,
                                      const sx_predict_options *options, sx_error *err) SX_MUST_USE;

/* Predicts a file whose bytes are in memory. The library does not keep them. `name` replaces the
 * path in messages, and the image_id is derived from it; NULL: none. */
SX_API sx_prediction *sx_predict_memory(sx_predictor *p, const void *bytes, size_t size,
                                        const char *name, const sx_predict_options *options,
                                        sx_error *err) SX_MUST_USE;

/* Predicts pixels in memory. The library does not keep them. 8-bit samples are used as they are.
 * 16-bit samples are scaled so that the smallest becomes 0 and the largest 255. */
SX_API sx_prediction *sx_predict_pixels(sx_predictor *p, const sx_pixel_view *view,
                                        const sx_predict_options *options,
                                        sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
