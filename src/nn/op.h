/* Internal to the engine: what an op is. To add one, write a file in nn/ops/ with its builder
 * function (declared in nn/graph.h), its shape rule, its forward and backward functions and one
 * `sx_op`, and add the file to nn/meson.build. */
#ifndef SX_NN_OP_H
#define SX_NN_OP_H

#include "nn/graph.h"

typedef struct sx_step sx_step;
typedef struct sx_plan sx_plan;
typedef struct sx_op sx_op;
typedef struct sx_exporter sx_exporter;

/* What the backward pass needs from the forward pass. */
enum {
    SX_SAVES_NOTHING = 0,
    SX_SAVES_INPUTS = 1,
    SX_SAVES_OUTPUT = 2,
    SX_SAVES_LAST = 4 /* the last input */
};

/* The forms of an op's inputs and output, so that the planner can avoid copies and conversions. */
enum {
    /* Input 0 may be a concatenation that is kept as a list of pieces. */
    SX_TAKES_PIECES = 1,
    /* A concatenation. Its output is kept as a list of pieces; a step of this op, with the list as
     * input 0, is made only for a reader that needs one array. */
    SX_GIVES_PIECES = 2,
    /* Inputs may have any dtype. Without this flag each input is converted to the plan's compute
     * dtype. */
    SX_TAKES_ANY = 4,
    /* All inputs, or the last one, should be f32 if their producer can provide it: an input of the
     * network, or an op with SX_MAY_GIVE_F32. Needs SX_TAKES_ANY. */
    SX_PREFERS_F32 = 8,
    SX_PREFERS_LAST_F32 = 16,
    /* The output is always f32 (boxes), or is f32 if every reader prefers f32 (logits). */
    SX_GIVES_F32 = 32,
    SX_MAY_GIVE_F32 = 64,
    /* The output shares the memory of input 0. */
    SX_IS_VIEW = 128,
    /* Selects boxes; `bench` reports the share of these steps. */
    SX_CHOOSES = 256,
    /* The backward pass applies the mask of a folded ReLU without reading the output. */
    SX_MASKS = 512
};

/* What can be folded into the preceding step, in this order and each at most once: a per-channel
 * map x * scale + shift (sx_step.bn), the sum with another value (sx_step.residual), an activation
 * (sx_step.act). */
typedef enum sx_fold {
    SX_FOLD_NORM = 1,
    SX_FOLD_SUM = 2,
    SX_FOLD_RELU = 4,
    SX_FOLD_ACT = 8 /* any activation, ReLU included */
} sx_fold;

struct sx_op {
    const char *name;
    unsigned flags;
    unsigned saves;

    /* Folding. `folds`: the kinds (sx_fold) that a step of this op can absorb. `folded_as`: the
     * kind that this op is when it is absorbed; 0: it never is. An op that is folded as
     * SX_FOLD_ACT has `folded_act`. `can_fold`: whether this node can be folded in such a plan;
     * NULL: always. */
    unsigned folds, folded_as;
    sx_act (*folded_act)(const sx_node *n);
    bool (*can_fold)(const sx_node *n, bool training);

    /* A mean over positions that follows a pointwise product is computed first: the result is the
     * same, and there are fewer numbers to multiply. `is_pointwise`: the op is linear in its input,
     * without a constant, and the same at every position. `is_mean`: the op is the mean over
     * disjoint windows, the same in every channel. NULL: false. */
    bool (*is_pointwise)(const sx_node *n);
    bool (*is_mean)(const sx_node *n);

    bool stops_gradient;

    /* Sets n->shape from inputs and attributes. The error names the mismatch. */
    bool (*infer)(sx_node *n, sx_error *err);
    /* Packs weights, creates primitives, requests scratch memory. Called from several threads for
     * different steps of a plan (from one thread in training): changes its own step only. */
    bool (*prepare)(sx_plan *p, sx_step *s, sx_error *err);

    /* The error of these four does not name the step; the plan adds the name. */

    /* Writes the output. */
    bool (*forward)(sx_step *s, sx_error *err);
    /* Computes the same output again from the same inputs during the backward pass, and changes
     * nothing else (no running statistics). The values may be at other addresses than in `forward`.
     * NULL: the output is always kept. */
    bool (*again)(sx_step *s, sx_error *err);
    /* Adds to the gradients of the inputs and parameters. NULL: no gradient passes. */
    bool (*backward)(sx_step *s, sx_error *err);
    /* Called in place of `backward` if no gradient has reached the step. May be NULL. */
    bool (*settle)(sx_step *s, sx_error *err);

    void (*release)(sx_step *s);
    /* Floating-point operations of one forward pass. NULL: 0. */
    double (*flops)(const sx_node *n);
    /* Ops defined outside nn/: writes the op's rows [n][c] with nn/onnx/exporter.h. */
    bool (*onnx)(sx_exporter *e, sx_error *err);
};

enum { SX_NODE_PARAMS = 5 };

struct sx_node {
    const sx_op *op;
    sx_graph *graph;
    const char *name;
    int index;
    sx_shape shape;
    sx_node **inputs;
    int input_count;
    sx_param *params[SX_NODE_PARAMS]; /* weight, bias, (running mean, running var, counter) */
    int param_count;
    const void *attr; /* the op's own struct */
};

enum { SX_WEIGHT = 0, SX_BIAS = 1, SX_MEAN = 2, SX_VAR = 3, SX_COUNTER = 4 };

/* ---- for the builders in nn/ops ---- */

typedef struct sx_node_spec {
    const sx_op *op;
    const char *name; /* NULL: the scope and the op's name */
    sx_node *const *inputs;
    int input_count;
    const void *attr;
    size_t attr_size;
} sx_node_spec;

/* NULL if an input is NULL or memory is exhausted. Parameters are added with sx_node_param; then
 * sx_node_done infers the shape and returns the node, or NULL. */
sx_node *sx_node_begin(sx_graph *g, sx_node_spec spec);
void sx_node_param(sx_node *n, int slot, sx_param_kind kind, const char *leaf, int ndim,
                   const int64_t *dims);
sx_node *sx_node_done(sx_node *n);
/* A node with one input and no parameters. */
sx_node *sx_node_simple(sx_graph *g, const sx_op *op, sx_node *x, const void *attr,
                        size_t attr_size);
/* Zeroed memory that is freed with the graph; NULL on failure, which the graph remembers. */
void *sx_graph_alloc(sx_graph *g, size_t count, size_t size);

static inline bool sx_same_shape(sx_shape a, sx_shape b) {
    return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}
static inline int64_t sx_rows(sx_shape s) {
    return (int64_t)s.n * s.h * s.w;
}

#endif
