/* What a network's outputs are held against in training, and what comes back. */
#ifndef SX_MODELS_LOSSES_H
#define SX_MODELS_LOSSES_H

#include "detect/box.h"
#include "nn/plan.h"

/* The truth of one image of a batch, in pixels of the network's input. */
typedef struct sx_targets {
    const sx_box *boxes;
    const int *labels;
    int count;
    int width, height;    /* of the image without padding */
    const float *classes; /* classifiers: target of each class, 0..1 */
    uint64_t
        draw; /* key of what is drawn at random for this image; 0: the first in order are taken */
} sx_targets;

/* The most boxes of a film that an input "truth" holds. */
enum { SX_TRUTH_CAP = 256 };

/* Fills the inputs that a plan may have beside "image" before a run: "sizes" [n][1][1][2], "truth"
 * [n][SX_TRUTH_CAP][1][4] and "draw" [n][1][1][4]. Error: SX_ERR_LIMIT (a film has more boxes). */
bool sx_targets_fill(sx_plan *p, const sx_targets *truth, int images, sx_error *err) SX_MUST_USE;

enum { SX_MAX_LOSSES = 40 };

typedef struct sx_losses {
    struct {
        char name[24]; /* "loss_ce_0", as the reference logs them */
        double value;  /* weighted, as it is added up */
    } item[SX_MAX_LOSSES];
    int count;
    double total;
} sx_losses;

/* What a loss carries from batch to batch; begins as zeros and belongs to a training's
 * checkpoints. */
typedef struct sx_loss_state {
    double normaliser;     /* RetinaNet: running number of anchors on objects of the whole batch */
    const sx_peers *peers; /* that hold the rest of the batch; NULL: none. Not of a checkpoint */
} sx_loss_state;

/* Works the losses out of a plan's outputs after a run and writes the outputs' gradients. `truth`
 * has one entry for each image of the batch. Errors: SX_ERR_VALUE (an output that is NaN: named),
 * SX_ERR_MEMORY. */
typedef bool sx_loss_fn(const void *config, sx_plan *p, const sx_targets *truth, int images,
                        sx_loss_state *state, sx_losses *out, sx_error *err);

sx_loss_fn sx_classifier_loss;   /* mean binary cross-entropy with logits */
sx_loss_fn sx_efficientdet_loss; /* Tan 2020: focal + Huber over anchors */
sx_loss_fn sx_faster_rcnn_loss;  /* Ren 2015: of the proposal network and of the classifier */
sx_loss_fn sx_retinanet_loss;    /* Lin 2017b: focal + L1 over anchors */
sx_loss_fn
    sx_sparse_rcnn_loss; /* Sun 2021, sec. 3.4: set prediction, focal + L1 + GIoU at every stage */

/* Sparse R-CNN's matching of one stage and image: proposal[k] is the one that answers for target k
 * (focal class cost 2, L1 cost 5, GIoU cost 2). */
bool sx_sparse_rcnn_match(const float *logits, const float *boxes, int proposals, int classes,
                          const sx_targets *truth, int *proposal, sx_error *err) SX_MUST_USE;

void sx_losses_add(sx_losses *l, const char *name, double value);
/* What a loss is divided by, counted over the whole batch (at least `least`) and shared out to its
 * ranks: gradients and losses are later averaged over them. Each loss calls it once, also when it
 * fails. */
double sx_loss_share(const sx_loss_state *state, double mine, double least);
/* One output for the whole batch, "<what><level>" or "<what>", with its gradient: f32 copies. */
enum { SX_NO_LEVEL = -1 };
typedef struct sx_loss_map {
    char name[16];
    int64_t count;
    float *value, *grad;
} sx_loss_map;
/* Close also what could not be opened; with `ok` the gradient goes back into the plan. */
bool sx_loss_map_open(sx_loss_map *o, sx_plan *p, const char *what, int level,
                      sx_error *err) SX_MUST_USE;
void sx_loss_map_close(sx_loss_map *o, sx_plan *p, bool ok);

/* f32 copies of an output (to be freed) and the way back into its gradient, whatever dtype the plan
 * uses. */
float *sx_loss_output(const sx_plan *p, const char *name, int64_t *count,
                      sx_error *err) SX_MUST_USE;
void sx_loss_set_grad(sx_plan *p, const char *name, const float *grad, int64_t count);

#endif
