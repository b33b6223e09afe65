/* A network with its weights, ready to run: the pipeline's interface to classifiers and
 * detectors. */
#ifndef SX_MODELS_MODEL_H
#define SX_MODELS_MODEL_H

#include "base/context_impl.h"
#include "detect/box.h"
#include "image/heat_sheet.h"
#include "image/image.h"
#include "models/calibration_record.h"
#include "models/familiarity.h"
#include "models/fusion_record.h"
#include "models/gate_record.h"
#include "models/weights_use.h"
#include "spinexr/types.h" /* sx_task, sx_precision, sx_pixels */
#include "tensor/weights.h"

typedef struct sx_model sx_model;

/* The metadata of a weight file. The strings are owned by the model. */
typedef struct sx_model_info {
    sx_task task;
    const char *arch; /* "densenet121", "sparse_rcnn_r50", ... */
    const char *path; /* the weight file */
    int classes;
    const char *const *class_names; /* [classes] */
    sx_pixels pixels;               /* AUTO: the metadata do not say */
    /* Classifier: c*. Detector: the score that a box must reach on a normal film. NaN: none. */
    double threshold;
    double fused_threshold; /* classifier: c* of P averaged with the best box's score; NaN: none */
    double temperature;     /* classifier: P = sigmoid(logit / temperature); 1: none stored */
    const char *note;       /* shown beside every result of these weights; "": none */
    bool demonstration;     /* the weights are not for films of patients */
    const char *config;     /* JSON: what differs from the architecture's usual form; "": nothing */
    const sx_class_points *points;     /* detector: operating points [classes]; NULL: none */
    const sx_familiarity *familiarity; /* classifier; NULL: none */
    const sx_fusion_record *fusion;    /* detector: calibrated with others; NULL: alone */
    const sx_gate_record *gates;       /* classifier with several classes; NULL: none */
    sx_calibration_record calibration; /* the last one that wrote the file */
    /* The films to which these were fitted, and the date; "" if unknown (models/weights_use.h). */
    const char *threshold_chosen_on, *threshold_date;
    const char *fused_threshold_chosen_on, *fused_threshold_date;
    const char *temperature_chosen_on, *temperature_date;
    const char *points_chosen_on, *points_date;
    const char *fusion_chosen_on, *fusion_date;
    const char *familiarity_chosen_on, *familiarity_date;
    const char *gates_chosen_on, *gates_date;
    int input_width, input_height; /* classifier: fixed size; detector: shortest and longest edge */
    bool letterbox; /* classifier: a film keeps its aspect ratio in that size (image/letterbox.h) */
    double nms;     /* detector: its own IoU threshold of suppression */
} sx_model_info;

/* Finds the architecture in the metadata (or, without metadata, by the tensors' names and shapes),
 * checks every tensor and packs the weights for this machine. Errors: those of sx_weights_open;
 * SX_ERR_MISMATCH (names the first tensor that is absent or has another shape), SX_ERR_VALUE (names
 * a tensor with NaN), SX_ERR_UNSUPPORTED (bf16 on a processor without it; then nothing was read).
 * The context is borrowed and must outlive the model (NULL: one thread). */
sx_model *sx_model_open(const sx_context *context, const char *path, sx_precision precision,
                        sx_error *err) SX_MUST_USE;
/* The same network for another thread: it has the numbers and the description of `of`, which must
 * outlive it, and plans of its own. Both may be used at the same time. Error: SX_ERR_MEMORY. */
sx_model *sx_model_share(const sx_model *of, const sx_context *context, sx_error *err) SX_MUST_USE;
void sx_model_free(sx_model *m); /* NULL is allowed */
const sx_model_info *sx_model_get_info(const sx_model *m);
sx_precision sx_model_precision(const sx_model *m); /* what AUTO resolved to */
/* Of the weight file as it was read. SX_ERR_MEMORY. */
bool sx_model_hash(const sx_model *m, sx_sha256 *hash, sx_error *err) SX_MUST_USE;

/* Writes finite logits[info.classes] for one 8-bit film (1 or 3 channels, any size). One thread at
 * a time may use a model; the call itself uses all threads of the context. Errors, here and below:
 * SX_ERR_VALUE (NaN or infinity in the network's outputs; names the file and the architecture),
 * SX_ERR_MEMORY. */
bool sx_model_classify(sx_model *m, const sx_image *film, float *logits, sx_error *err) SX_MUST_USE;

/* The same logits, and the film's distance by the weights' familiarity; NaN: they store none. */
bool sx_model_classify_film(sx_model *m, const sx_image *film, float *logits, double *distance,
                            sx_error *err) SX_MUST_USE;

/* The number of features: the mean of each channel of the last feature map, which the linear layer
 * turns into logits. 0: the architecture does not end in this way. */
int sx_model_feature_count(const sx_model *m);
/* The same logits as sx_model_classify, and features[sx_model_feature_count(m)]. */
bool sx_model_classify_features(sx_model *m, const sx_image *film, float *logits, float *features,
                                sx_error *err) SX_MUST_USE;

/* Computes a heat map, which shows where on the film the evidence for a class is: Grad-CAM
 * (Selvaraju 2017, eq. 1 and 2) without its ReLU and scaling. The networks end in a mean over
 * positions and a linear layer, so the gradient of a logit with respect to the last feature map is
 * the layer's weights divided by the number of positions. The heat map is therefore the sum of the
 * channels weighted by the layer, and no backward pass is needed. It is not divided by the number
 * of positions, so the mean of the cells plus the bias is the logit. Cells above 0 are evidence for
 * the class. *out is [7][7] for a 224x224 input; free it with sx_heat_map_free. Error:
 * SX_ERR_UNSUPPORTED (the architecture does not end in this way). */
bool sx_model_explain(sx_model *m, const sx_image *film, int class_index, sx_heat_map *out,
                      sx_error *err) SX_MUST_USE;

typedef struct sx_model_detect_options {
    /* IoU above which the box with the lower score, of two boxes of one class, is removed; 0 or >=
     * 1: no box is removed; < 0: the detector's own IoU. */
    float nms;
    float min_score; /* boxes with a lower score are dropped */
    int max_count;   /* the most boxes; 0: the model's own limit (100) */
    float scale;     /* factor of the input's shortest and longest edge; 0: 1 */
} sx_model_detect_options;

/* Detects boxes on one 8-bit film, in pixels of the film, clipped to it. Free with
 * sx_detections_free. */
bool sx_model_detect(sx_model *m, const sx_image *film, const sx_model_detect_options *options,
                     sx_detections *out, sx_error *err) SX_MUST_USE;

#endif
