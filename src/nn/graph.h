/* The static graph of a network: built once for given input shapes, then planned (nn/plan.h) and
 * run.
 *
 * The builder stores the first error. After an error, nodes are NULL, every later call accepts
 * NULL, and sx_graph_finish reports the error. A model therefore needs no checks, and its code
 * reads like the figure in its paper.
 *
 * Every value is an array [n][h][w][c], channels innermost (nhwc). A batch of images has h and w;
 * rows of features are [rows][1][1][c]; a sequence is [batch][steps][1][c]. Nodes, names and
 * attributes belong to the graph and are freed with it. */
#ifndef SX_NN_GRAPH_H
#define SX_NN_GRAPH_H

#include "tensor/tensor.h"

typedef struct sx_graph sx_graph;
typedef struct sx_node sx_node;

typedef struct sx_shape {
    int n, h, w, c;
} sx_shape;

static inline int64_t sx_shape_count(sx_shape s) {
    return (int64_t)s.n * s.h * s.w * s.c;
}

typedef enum sx_param_kind {
    SX_PARAM_WEIGHT, /* convolutions, linear layers, embeddings */
    SX_PARAM_BIAS,
    SX_PARAM_NORM,   /* scale and shift of a normalisation: no weight decay by default */
    SX_PARAM_BUFFER, /* running statistics: not learned */
    SX_PARAM_COUNTER /* num_batches_tracked: an int64 scalar that checkpoints hold */
} sx_param_kind;

/* A parameter with the name and the layout of the public checkpoints (convolution OIHW, linear
 * OI). */
typedef struct sx_param {
    const char *name;
    sx_param_kind kind;
    int ndim;
    int64_t dims[SX_MAX_DIMS];
    int index;
} sx_param;

sx_graph *sx_graph_new(sx_error *err) SX_MUST_USE;
void sx_graph_free(sx_graph *g);
/* Fails with the first error of any builder call; the message names the node. */
bool sx_graph_finish(sx_graph *g, sx_error *err) SX_MUST_USE;

/* A scope prefixes names: within scopes "backbone" and "res2", "conv1" is "backbone.res2.conv1". */
void sx_scope_push(sx_graph *g, const char *fmt, ...) SX_PRINTF(2, 3);
void sx_scope_pop(sx_graph *g);

/* Inputs and outputs are found by name. */
sx_node *sx_input(sx_graph *g, const char *name, sx_shape shape);
void sx_output(sx_graph *g, const char *name, sx_node *x);
/* A probe is an output only in graphs built with probes, for tests and inspection. Probes cost
 * memory. */
void sx_graph_want_probes(sx_graph *g);
void sx_graph_want_probe(sx_graph *g, const char *name); /* only this one; borrowed */
void sx_probe(sx_graph *g, const char *name, sx_node *x);

/* A graph for training only. Two-stage detectors sample their regions in it. */
void sx_graph_set_for_training(sx_graph *g);
bool sx_graph_for_training(const sx_graph *g);

/* ---- convolution, norms, pooling ---- */

typedef struct sx_conv {
    int out;      /* output channels */
    int kernel;   /* square */
    int stride;   /* 0 means 1 */
    int pad;      /* on all four sides */
    int pad_more; /* more rows and columns below and to the right ("same" padding, even sizes) */
    int groups;   /* 0 means 1 */
    bool bias;
} sx_conv;

/* Cross-correlation as in PyTorch: weight [out][in/groups][kernel][kernel] named NAME.weight,
 * NAME.bias. */
sx_node *sx_conv2d(sx_graph *g, sx_node *x, const char *name, sx_conv conv);

typedef struct sx_bn {
    float eps;      /* 0 means 1e-5 */
    float momentum; /* of the running statistics; 0 means 0.1 */
    bool frozen;  /* an affine map of the running statistics also in training (FrozenBatchNorm2d) */
    bool counter; /* the checkpoint has NAME.num_batches_tracked */
} sx_bn;

/* y = (x - mean) / sqrt(var + eps) * weight + bias per channel (Ioffe 2015). The batch's variance
 * is the population one, the running variance uses the sample one, as in PyTorch. */
sx_node *sx_batch_norm(sx_graph *g, sx_node *x, const char *name, sx_bn bn);

typedef enum sx_act {
    SX_ACT_NONE,
    SX_ACT_RELU,
    SX_ACT_SIGMOID,
    SX_ACT_SWISH,       /* x sigmoid(x), also called SiLU */
    SX_ACT_GELU,        /* x P(X < x) of a standard normal X (Hendrycks 2016), not approximated */
    SX_ACT_HARD_SIGMOID /* (x + 3) / 6, held in 0..1 (Howard 2019, sec. 5.2) */
} sx_act;
sx_node *sx_activation(sx_graph *g, sx_node *x, sx_act act);
static inline sx_node *sx_relu(sx_graph *g, sx_node *x) {
    return sx_activation(g, x, SX_ACT_RELU);
}

typedef struct sx_pool {
    int kernel, stride, pad, pad_more;
} sx_pool;

sx_node *sx_max_pool(sx_graph *g, sx_node *x, sx_pool pool);
sx_node *sx_avg_pool(sx_graph *g, sx_node *x, sx_pool pool);
sx_node *sx_global_avg_pool(sx_graph *g, sx_node *x); /* [n][h][w][c] -> [n][1][1][c] */

sx_node *sx_concat(sx_graph *g, sx_node *const *x, int count); /* along channels */
sx_node *sx_add(sx_graph *g, sx_node *a, sx_node *b);          /* same shape */
/* Nearest neighbour: each pixel becomes 2x2 (FPN's top-down path, Lin 2017). */
sx_node *sx_upsample2x(sx_graph *g, sx_node *x);

/* y = x * scale. scale: [n][1][1][c], a number for each channel of each image (squeeze and excite,
 * Hu 2018), or [n][1][1][1], one for each image. */
sx_node *sx_channel_scale(sx_graph *g, sx_node *x, sx_node *scale);
/* Stochastic depth (Huang 2016): a scale [n][1][1][1], f32, that is 0 with probability `rate` (the
 * layer is skipped for that image), else 1 / (1 - rate). draw [n][1][1][4]: each image's key in
 * parts of 16 bits, lowest first; `layer` makes the draws of the layers differ. */
sx_node *sx_drop_path(sx_graph *g, sx_node *draw, int layer, float rate);
/* Dropout (Srivastava 2014): each number becomes 0 with probability `rate`, else x / (1 - rate).
 * x: [n * rows][..]; draw and layer as above. In graphs for training only. */
sx_node *sx_dropout(sx_graph *g, sx_node *x, sx_node *draw, int layer, float rate);
enum { SX_WEIGHTED_SUM_MAPS = 3 };
/* Fast normalised fusion (Tan 2020, sec. 3.3): the sum of max(w_i, 0) x_i, divided by 1e-4 + the
 * sum of max(w_i, 0), with the learned weights NAME [count]; 1 to 3 maps of one shape. */
sx_node *sx_weighted_sum(sx_graph *g, sx_node *const *x, int count, const char *name);

/* ---- rows of features ---- */

/* y = x W^T + b over the innermost dimension; weight [out][in]. */
sx_node *sx_linear(sx_graph *g, sx_node *x, const char *name, int out, bool bias);
/* Over the innermost dimension, eps 1e-5 (Ba 2016). On maps: over the channels of each pixel. */
sx_node *sx_layer_norm(sx_graph *g, sx_node *x, const char *name);
sx_node *sx_layer_norm_eps(sx_graph *g, sx_node *x, const char *name, float eps);
/* Multi-head self-attention over a sequence [batch][steps][1][c] (Vaswani 2017, sec. 3.2) with the
 * parameters of torch.nn.MultiheadAttention: NAME.in_proj_weight [3c][c], NAME.in_proj_bias,
 * NAME.out_proj.weight, .bias. */
sx_node *sx_self_attention(sx_graph *g, sx_node *x, const char *name, int heads);
/* One matrix for each row of x: y[r] = x[r] M[r], with x [rows][s][1][k] and M[r] the [k][c]
 * numbers that begin at `offset` in row r of `params` [rows][1][1][>= offset + k c] (dynamic
 * filters, Sun 2021, sec. 3.3). */
sx_node *sx_dynamic_linear(sx_graph *g, sx_node *x, sx_node *params, int64_t offset, int out);
/* [n][h][w][c] -> [n][1][1][c h w], channels first within a row, as the linear layers of the
 * checkpoints expect. */
sx_node *sx_flatten(sx_graph *g, sx_node *x);
/* The same numbers under another shape of equal count. */
sx_node *sx_reshape(sx_graph *g, sx_node *x, sx_shape shape);
/* The learned array NAME [rows][c] as a value, repeated `times` times: [times * rows][1][1][c]. */
sx_node *sx_learned(sx_graph *g, const char *name, int rows, int c, int times);
/* The learned number NAME [c][1][1] of each channel, for sx_channel_scale: [times][1][1][c]. It has
 * no weight decay by default (layer scale, Touvron 2021). */
sx_node *sx_learned_scale(sx_graph *g, const char *name, int c, int times);

/* ---- boxes ---- */

typedef struct sx_roi_align_spec {
    int size;           /* output is [boxes][size][size][c] */
    int sampling_ratio; /* samples of a bin along each side; 0: adaptive, ceil(bin) */
    int levels;         /* feature maps of strides min_stride, 2 min_stride, ... */
    int min_stride;
    int per_image; /* boxes of one image; box r belongs to image r / per_image */
} sx_roi_align_spec;

/* ROIAlign, aligned (half-pixel shift), level by the box's size (Lin 2017, eq. 1: canonical 224 at
 * level 4). boxes [rows][1][1][4] x0 y0 x1 y1 in input pixels; no gradient reaches the boxes. */
sx_node *sx_roi_align(sx_graph *g, sx_node *const *features, sx_node *boxes,
                      sx_roi_align_spec spec);

/* Box deltas [rows][1][1][4] (dx, dy, dw, dh divided by `weights`) applied to boxes [rows][1][1][4]
 * (Girshick 2014, appendix C; dw and dh at most log(1000 / 16) or as `clamp` says). */
sx_node *sx_apply_deltas(sx_graph *g, sx_node *deltas, sx_node *boxes, const float weights[4],
                         float clamp);

/* Learned boxes (cx, cy, w, h, relative) [rows][4] to x0 y0 x1 y1 in pixels of each image:
 * sizes [n][1][1][2] holds (width, height) -> [n * rows][1][1][4]. */
sx_node *sx_learned_boxes(sx_graph *g, const char *name, int rows, sx_node *sizes);

/* The same value; no gradient flows back through it. */
sx_node *sx_detach(sx_graph *g, sx_node *x);

/* ---- the contents of a graph ---- */

size_t sx_graph_node_count(const sx_graph *g);
/* In the order of building: producers before readers. */
const sx_node *sx_graph_node(const sx_graph *g, size_t i);
size_t sx_graph_param_count(const sx_graph *g);
const sx_param *sx_graph_param(const sx_graph *g, size_t i);
sx_node *sx_graph_find_output(const sx_graph *g, const char *name); /* NULL if absent */
sx_node *sx_graph_find_input(const sx_graph *g, const char *name);
int sx_graph_outputs(const sx_graph *g);
sx_node *sx_graph_output_at(const sx_graph *g, int i, const char **name); /* name may be NULL */
bool sx_node_is_input(const sx_node *x);

sx_shape sx_node_shape(const sx_node *x);
const char *sx_node_name(const sx_node *x); /* "backbone.block1.denselayer1.conv1"; never NULL */
const char *sx_node_op(const sx_node *x);   /* "conv2d" */
int sx_node_param_count(const sx_node *x);
/* NULL if the node has no parameter in this slot. */
const sx_param *sx_node_param_at(const sx_node *x, int i);
/* Of one forward pass; a multiply-add counts as 2. */
double sx_node_flops(const sx_node *x);

#endif
