/* The table of architectures: all that the pipeline, training and the commands know of a network is
 * its row here. To add one: a file that builds its graph, and a row in arch.c. */
#ifndef SX_MODELS_ARCH_H
#define SX_MODELS_ARCH_H

#include "detect/nms.h"
#include "models/init.h"
#include "models/input.h"
#include "models/losses.h"
#include "models/model.h"
#include "nn/graph.h"
#include "nn/plan.h"

typedef struct sx_arch sx_arch;

/* A number of the configuration that weights may set in their metadata ("spinexr.config"): small
 * variants of an architecture need no row of their own. */
typedef struct sx_arch_field {
    const char *name;
    size_t offset;
    int count;       /* 1, or the length of an array */
    int least, most; /* of each number */
} sx_arch_field;

/* Boxes of one image before suppression: the padded image's pixels. */
typedef struct sx_candidates {
    sx_box *boxes;
    float *scores;
    int *labels;
    size_t count, cap;
} sx_candidates;

enum { SX_ARCH_CONFIG = 256, SX_ARCH_FROZEN = 4 };

/* The configuration: the network's own struct, which begins as `defaults`. */
typedef struct sx_arch_config {
    size_t size;
    const sx_arch_field *fields; /* ends with a NULL name */
    size_t classes_offset;       /* of the int that holds the number of classes */
    /* The tensor whose first dimension is (classes + classes_more) * classes_times (0: 1); NULL
     * where it is not simply so. */
    const char *(*classes_tensor)(const void *config);
    int classes_more, classes_times;
    /* Before that: the configuration of the variant that the tensors show; NULL: there is one
     * only. */
    void (*adapt)(void *config, const sx_weights *w);
} sx_arch_config;

typedef struct sx_arch_build {
    /* Builds on the input "image" (and for detectors "sizes" [n][1][1][2]). */
    void (*whole)(sx_graph *g, const void *config, sx_shape image);
    /* Detectors: the feature pyramid alone, outputs "p2", "p3", ..; NULL for classifiers. */
    void (*pyramid)(sx_graph *g, const void *config, sx_shape image);
    /* An input's sides are multiples of this. NULL: of 32. */
    int (*stride)(const void *config);
    /* Unless the weights' metadata say otherwise. NULL: Detectron2's. */
    const sx_normalisation *norm;
    /* Classifiers that end in global average pooling and a linear layer: the stage (sx_probe) that
     * is pooled; NULL for others. */
    const char *features;
} sx_arch_build;

typedef struct sx_arch_detect {
    /* Image i's boxes after a run, for suppression; room for `candidates` of them. Where nothing is
     * suppressed `most` is how many the caller takes. */
    bool (*decode)(const void *config, const sx_plan *p, int i, int most, sx_candidates *out,
                   sx_error *err);
    int candidates; /* 0: 100. Equal scores are ordered as the candidates are */
    float nms; /* IoU above which the weaker box of one class is dropped, unless a caller says */
} sx_arch_detect;

typedef struct sx_arch_train {
    const sx_init_rule *init; /* first weights; ends with a NULL part; NULL: none */
    /* Parts of the names of what its paper's code holds still when it learns from public weights;
     * ends with NULL. */
    const char *frozen[SX_ARCH_FROZEN];
    sx_loss_fn *loss;
    bool loss_by_targets; /* it is divided by the batch's targets, not by its images */
} sx_arch_train;

struct sx_arch {
    const char *name, *summary;
    const char *meta; /* MODEL.META_ARCHITECTURE of Detectron2's configurations */
    sx_task task;
    const void *defaults; /* [config->size] */
    int width, height;    /* classifier: input; detector: shortest and longest edge */
    int table_depth;      /* parts of a layer's name that make a row of the layer table */
    bool usual;           /* of those that `bench` runs where none is named */
    const sx_arch_config *config;
    const sx_arch_build *build;
    const sx_arch_detect *detect; /* NULL: a classifier */
    const sx_arch_train *train;
};

size_t sx_arch_count(void);
const sx_arch *sx_arch_at(size_t i);
const sx_arch *sx_arch_find(const char *name); /* NULL if there is none */
/* For messages about a name that is none: "nearest: densenet121; known: densenet121, ...". */
enum { SX_ARCH_NAMES = 360 };
void sx_arch_names(const char *name, char text[SX_ARCH_NAMES]);

typedef struct sx_network {
    const sx_arch *arch;
    _Alignas(8) unsigned char config[SX_ARCH_CONFIG];
} sx_network;

/* The architecture with its default configuration and `classes` (0: as it is). */
void sx_network_default(sx_network *net, const sx_arch *arch, int classes);
/* By the metadata, or by the tensors' names and shapes. Errors: SX_ERR_MISSING, SX_ERR_FORMAT. */
bool sx_network_recognise(sx_network *net, const sx_weights *w, sx_error *err) SX_MUST_USE;
/* Of the architecture with this name, with `classes` (0: as it is) and *w NULL; or of the weight
 * file with this path, opened in *w and owned by the caller, also after an error. Errors: also
 * SX_ERR_IO (neither; the message lists the architectures). */
bool sx_network_open(const char *name_or_path, int classes, sx_network *net, sx_weights **w,
                     sx_error *err) SX_MUST_USE;
/* Sets the metadata by which sx_network_recognise finds the network: spinexr.arch, .config. */
bool sx_network_describe(const sx_network *net, sx_weights *w, sx_error *err) SX_MUST_USE;
/* The number of classes, and torchvision's names, as the tensors tell. */
void sx_network_adapt(sx_network *net, const sx_weights *w);
/* Sets numbers from JSON text {"growth": 16, "blocks": [2, 4, 4, 2]}. */
bool sx_network_configure(sx_network *net, const char *json, sx_error *err) SX_MUST_USE;
/* What differs from the defaults, as JSON text; to be freed. NULL: SX_ERR_MEMORY. */
char *sx_network_config_text(const sx_network *net, sx_error *err) SX_MUST_USE;
int sx_network_classes(const sx_network *net);
int sx_network_stride(const sx_network *net);
const sx_normalisation *sx_network_normalisation(const sx_network *net);
/* One image of width x height pixels, padded to what the network takes. */
sx_shape sx_network_shape(const sx_network *net, int width, int height);

typedef enum sx_part { SX_WHOLE, SX_WHOLE_WITH_STAGES, SX_PYRAMID, SX_FOR_TRAINING } sx_part;
/* Detectron2's DETECTIONS_PER_IMAGE, and Sparse R-CNN's proposals. */
enum { SX_MOST_DETECTIONS = 100 };
/* Detectors: image i's boxes after a run, decoded and suppressed, by falling score, in pixels of
 * the padded image; the best max_kept (0: all, at most SX_MOST_DETECTIONS). nms->iou 0: nothing is
 * suppressed. Errors: SX_ERR_VALUE (a box or score that is NaN or infinite), SX_ERR_MEMORY. */
bool sx_network_detections(const sx_network *net, const sx_plan *p, int image,
                           const sx_nms_options *nms, sx_detections *out,
                           sx_error *err) SX_MUST_USE;

/* `image`: sides are multiples of the stride. NULL on failure. SX_ERR_UNSUPPORTED: a classifier has
 * no pyramid. */
sx_graph *sx_network_build(const sx_network *net, sx_shape image, sx_part part,
                           sx_error *err) SX_MUST_USE;

#endif
