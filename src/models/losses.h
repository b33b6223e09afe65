/* The losses of networks in training, and their gradients. */
#ifndef SX_MODELS_LOSSES_H
#define SX_MODELS_LOSSES_H

#include "detect/box.h"
#include "nn/plan.h"

/* The truth of one image of a batch, in pixels of the network's input. */
typedef struct sx_targets {
    const sx_box *boxes;
    const int *labels;
    int count;
    int width, height; /* of the image without padding */
    /* classifiers: target of each class, 0..1; NaN after the first: not known, no loss */
    const float *classes;
    /* Key of the random draws for this image; 0: no randomness, the first in order are taken. */
    uint64_t draw;
} sx_targets;

/* The most boxes per film that an input "truth" can hold. */
enum { SX_TRUTH_CAP = 256 };

/* Fills the plan's inputs other than "image", if it has them: "sizes" [n][1][1][2], "truth"
 * [n][SX_TRUTH_CAP][1][4] and "draw" [n][1][1][4]. Error: SX_ERR_LIMIT (a film has more boxes). */
bool sx_targets_fill(sx_plan *p, const sx_targets *truth, int images, sx_error *err) SX_MUST_USE;

enum { SX_MAX_LOSSES = 40 };

typedef struct sx_losses {
    struct {
        char name[24]; /* "loss_ce_0", as the reference logs them */
        double value;  /* with its weight in the total */
    } items[SX_MAX_LOSSES];
    int count;
    double total;
} sx_losses;

/* State that a loss keeps from batch to batch. It starts as zeros and is part of a training's
 * checkpoints. */
typedef struct sx_loss_state {
    double normaliser; /* RetinaNet: running number of anchors on objects of the whole batch */
    const sx_peers
        *peers; /* ranks with the other parts of the batch; NULL: none; not in checkpoints */
} sx_loss_state;

/* Computes the losses from a plan's outputs after a run and writes the gradients of the outputs.
 * `truth` has one entry per image of the batch. Errors: SX_ERR_VALUE (names an output that is NaN
 * or infinite), SX_ERR_MEMORY. */
typedef bool sx_loss_fn(const void *config, sx_plan *p, const sx_targets *truth, int images,
                        sx_loss_state *state, sx_losses *out, sx_error *err);

/* Binary cross-entropy with logits: the mean over the films of class 0 ("loss_cls"), plus the mean
 * over films and other classes ("loss_findings"), to which unknown targets add 0. */
sx_loss_fn sx_classifier_loss;
sx_loss_fn sx_efficientdet_loss; /* Tan 2020: focal + Huber over anchors */
sx_loss_fn sx_faster_rcnn_loss;  /* Ren 2015: of the proposal network and of the classifier */
sx_loss_fn sx_retinanet_loss;    /* Lin 2017b: focal + L1 over anchors */
sx_loss_fn sx_rtmdet_loss;       /* Lyu 2022: quality focal + GIoU over cells */
/* Sun 2021, sec. 3.4: set prediction, focal + L1 + GIoU at every stage */
sx_loss_fn sx_sparse_rcnn_loss;

/* Sparse R-CNN's matching of one stage and image: proposal[k] is assigned to target k (focal class
 * cost 2, L1 cost 5, GIoU cost 2). */
bool sx_sparse_rcnn_match(const float *logits, const float *boxes, int proposals, int classes,
                          const sx_targets *truth, int *proposal, sx_error *err) SX_MUST_USE;

void sx_losses_add(sx_losses *l, const char *name, double value);
/* A rank's share of the divisor of a loss: the sum of `mine` over all ranks, but at least `least`,
 * divided by the number of ranks, because gradients and losses are later averaged over the ranks.
 * Each loss must call it exactly once, also after a failure. */
double sx_loss_share(const sx_loss_state *state, double mine, double least);
/* f32 copies of one output, "<what><level>" or "<what>", and of its gradient, for the whole
 * batch. */
enum { SX_NO_LEVEL = -1 };
typedef struct sx_loss_map {
    char name[16];
    int64_t count;
    float *value, *grad;
} sx_loss_map;
/* Call _close also if _open failed. With `ok` the gradient is written to the plan. */
bool sx_loss_map_open(sx_loss_map *o, sx_plan *p, const char *what, int level,
                      sx_error *err) SX_MUST_USE;
void sx_loss_map_close(sx_loss_map *o, sx_plan *p, bool ok);

/* An f32 copy of an output, to be freed by the caller, and the reverse for its gradient, in any
 * dtype of the plan. */
float *sx_loss_output(const sx_plan *p, const char *name, int64_t *count,
                      sx_error *err) SX_MUST_USE;
void sx_loss_set_grad(sx_plan *p, const char *name, const float *grad, int64_t count);

#endif
