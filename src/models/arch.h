/* The table of architectures. The pipeline, training and the commands use a network only through
 * its row here. To add a network, write a file that builds its graph and add a row in arch.c. */
#ifndef SX_MODELS_ARCH_H
#define SX_MODELS_ARCH_H

#include <stddef.h>

#include "detect/candidates.h"
#include "detect/nms.h"
#include "models/init.h"
#include "models/input.h"
#include "models/losses.h"
#include "nn/graph.h"
#include "nn/plan.h"
#include "spinexr/types.h"

typedef struct sx_arch sx_arch;

/* A number of the configuration that a weight file may set in its metadata ("spinexr.config"), so
 * that small variants of an architecture need no row of their own. */
typedef struct sx_arch_field {
    const char *name;
    size_t offset;
    int count;       /* 1, or the length of an array */
    int least, most; /* of each number */
} sx_arch_field;

enum { SX_ARCH_CONFIG = 256, SX_ARCH_FROZEN = 4 };

/* The configuration is the network's own struct, initialised from sx_arch.defaults. */
typedef struct sx_arch_config {
    size_t size;
    const sx_arch_field *fields; /* ends with a NULL name */
    size_t classes_offset;       /* of the int that holds the number of classes */
    /* The tensor whose first dimension is (classes + classes_more) * classes_times (0: 1); NULL:
     * there is none. */
    const char *(*classes_tensor)(const void *config);
    int classes_more, classes_times;
    /* Names of tensors that every network of this kind has, in each variant; ends with NULL. What
     * stands before one of them in a checkpoint is a prefix of all names. */
    const char *const *anchors;
    /* Called first: sets the configuration to the variant whose tensors are present. NULL: there is
     * only one variant. */
    void (*adapt)(void *config, const sx_weights *w);
} sx_arch_config;

typedef struct sx_arch_build {
    /* Builds on the input "image" (and for detectors "sizes" [n][1][1][2]). */
    void (*whole)(sx_graph *g, const void *config, sx_shape image);
    /* Detectors: only the feature pyramid, outputs "p2", "p3", ..; NULL for classifiers. */
    void (*pyramid)(sx_graph *g, const void *config, sx_shape image);
    /* The sides of an input are multiples of this. NULL: of 32. */
    int (*stride)(const void *config);
    /* The default; the weights' metadata may override it. NULL: Detectron2's. */
    const sx_normalisation *norm;
    /* Classifiers that end in global average pooling and a linear layer: the stage (sx_probe) that
     * is pooled; NULL for others. */
    const char *features;
    const char *pooled; /* the stage that is the linear layer's input; NULL for others */
} sx_arch_build;

typedef struct sx_arch_detect {
    /* Writes the boxes of image i after a run, before suppression, to `out`, which has room for
     * `candidates` boxes. `most` is the number of boxes that the caller uses if nothing is
     * suppressed. */
    bool (*decode)(const void *config, const sx_plan *p, int i, int most, sx_candidates *out,
                   sx_error *err);
    int candidates; /* 0: 100. Equal scores keep the order of the candidates */
    float nms;      /* the default IoU above which the weaker box of one class is dropped */
} sx_arch_detect;

typedef struct sx_arch_train {
    const sx_init_rule *init; /* first weights; ends with a NULL part; NULL: none */
    /* Parts of parameter names, ending with NULL. The paper's code freezes parameters with these
     * parts when it starts from public weights. */
    const char *frozen[SX_ARCH_FROZEN];
    sx_loss_fn *loss;
    bool loss_by_targets; /* the loss is divided by the number of targets, not of images */
} sx_arch_train;

struct sx_arch {
    const char *name, *summary;
    const char *meta; /* MODEL.META_ARCHITECTURE of Detectron2's configurations */
    sx_task task;
    const void *defaults; /* [config->size] */
    int width, height;    /* classifier: input; detector: shortest and longest edge */
    int table_depth;      /* parts of a layer's name that make a row of the layer table */
    bool usual;           /* run by `bench` if no network is named */
    const sx_arch_config *config;
    const sx_arch_build *build;
    const sx_arch_detect *detect; /* NULL: a classifier */
    const sx_arch_train *train;
};

size_t sx_arch_count(void);
const sx_arch *sx_arch_at(size_t i);
const sx_arch *sx_arch_find(const char *name); /* NULL: unknown */
/* Writes text for messages about an unknown name: "nearest: densenet121; known: densenet121, ...";
 * without a nearest one if none is near.
 * Names for which there is no room are replaced by "...". */
enum { SX_ARCH_NAMES = 480 };
void sx_arch_names(const char *name, char text[SX_ARCH_NAMES]);

typedef struct sx_network {
    const sx_arch *arch;
    _Alignas(8) unsigned char config[SX_ARCH_CONFIG];
} sx_network;

/* The architecture with its default configuration and `classes` classes (0: the default). */
void sx_network_default(sx_network *net, const sx_arch *arch, int classes);
/* Recognises the network by the metadata, or without metadata by the names and shapes of the
 * tensors; these are then renamed and a prefix is set, so that sx_weights_find finds them by the
 * network's own names (models/recognise.h). Errors: SX_ERR_MISSING (no network fits; names the
 * nearest and the first tensor that differs), SX_ERR_UNSUPPORTED, SX_ERR_FORMAT (file, key and
 * value). */
bool sx_network_recognise(sx_network *net, sx_weights *w, sx_error *err) SX_MUST_USE;
/* Opens a network by the name of an architecture or the path of a weight file. For a name, the
 * network has `classes` classes (0: the default), and *w is NULL. For a path, the weights are
 * opened in *w, which the caller owns, also after an error. Errors: as above, and SX_ERR_IO
 * (neither a name nor a file; the message lists the architectures). */
bool sx_network_open(const char *name_or_path, int classes, sx_network *net, sx_weights **w,
                     sx_error *err) SX_MUST_USE;
/* The size in the weights' metadata (spinexr.input); without it, *width and *height do not change.
 * Error: SX_ERR_FORMAT. */
bool sx_network_stored_size(const sx_network *net, const sx_weights *w, int *width, int *height,
                            sx_error *err) SX_MUST_USE;
/* Sets the metadata that sx_network_recognise reads: spinexr.arch and spinexr.config. */
bool sx_network_describe(const sx_network *net, sx_weights *w, sx_error *err) SX_MUST_USE;
/* Sets the number of classes and the variant (torchvision's names) that the tensors show. */
void sx_network_adapt(sx_network *net, const sx_weights *w);
/* Sets numbers from JSON text {"growth": 16, "blocks": [2, 4, 4, 2]}. */
bool sx_network_configure(sx_network *net, const char *json, sx_error *err) SX_MUST_USE;
/* The values that differ from the defaults, as JSON text, to be freed by the caller. NULL:
 * SX_ERR_MEMORY. */
char *sx_network_config_text(const sx_network *net, sx_error *err) SX_MUST_USE;
int sx_network_classes(const sx_network *net);
int sx_network_stride(const sx_network *net);
const sx_normalisation *sx_network_normalisation(const sx_network *net);
/* The input shape for one image of width x height pixels, padded to multiples of the stride. */
sx_shape sx_network_shape(const sx_network *net, int width, int height);

/* WITH_POOLED: the outputs of WHOLE, with the same bytes, and arch->build->pooled. */
typedef enum sx_part {
    SX_WHOLE,
    SX_WHOLE_WITH_STAGES,
    SX_PYRAMID,
    SX_FOR_TRAINING,
    SX_WHOLE_WITH_POOLED
} sx_part;
/* Detectron2's DETECTIONS_PER_IMAGE, and Sparse R-CNN's proposals. */
enum { SX_MOST_DETECTIONS = 100 };
/* Detectors: decodes and suppresses the boxes of one image after a run. The result is in descending
 * order of score and in pixels of the padded image. It has the best nms->max_kept boxes (0: all, at
 * most SX_MOST_DETECTIONS). nms->iou 0: nothing is suppressed. Free with sx_detections_free.
 * Errors: SX_ERR_VALUE (a box or score that is NaN or infinite), SX_ERR_MEMORY. */
bool sx_network_detections(const sx_network *net, const sx_plan *p, int image,
                           const sx_nms_options *nms, sx_detections *out,
                           sx_error *err) SX_MUST_USE;

/* The sides of `image` are multiples of the stride. Errors: SX_ERR_UNSUPPORTED (a classifier has no
 * pyramid), SX_ERR_VALUE, SX_ERR_MISMATCH (layers that do not fit), SX_ERR_MEMORY. */
sx_graph *sx_network_build(const sx_network *net, sx_shape image, sx_part part,
                           sx_error *err) SX_MUST_USE;

/* The number of features that a classifier pools before its linear layer; 0: it pools none. `g`:
 * the whole network. */
int sx_network_feature_count(const sx_network *net, const sx_graph *g);

/* ---- for the rows of the table ---- */

/* A member of the configuration `type`: an int or an array of ints. */
#define SX_ARCH_FIELD(type, member, least, most) SX_ARCH_NAMED(#member, type, member, least, most)
#define SX_ARCH_NAMED(name, type, member, least, most)                                             \
    { name, offsetof(type, member), (int)(sizeof(((type *)0)->member) / sizeof(int)), least, most }

/* models/arch_convnext.c */
extern const sx_arch_config sx_convnext_config;
extern const sx_arch_build sx_convnext_build_parts;
extern const sx_arch_train sx_convnext_train;
/* models/arch_rtmdet.c */
extern const sx_arch_config sx_rtmdet_config;
extern const sx_arch_build sx_rtmdet_build_parts;
extern const sx_arch_detect sx_rtmdet_detect;
extern const sx_arch_train sx_rtmdet_train;

#endif
