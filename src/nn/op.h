/* Inside of the engine: what an op is. To add one: a file in nn/ops/ with its builder function
 * (declared in nn/graph.h), its shape rule, forward and backward, and one `sx_op`; a line in
 * nn/meson.build. */
#ifndef SX_NN_OP_H
#define SX_NN_OP_H

#include "nn/graph.h"

typedef struct sx_step sx_step;
typedef struct sx_plan sx_plan;
typedef struct sx_op sx_op;
typedef struct sx_exporter sx_exporter;

/* What the backward pass needs kept from the forward pass. */
enum {
    SX_SAVES_NOTHING = 0,
    SX_SAVES_INPUTS = 1,
    SX_SAVES_OUTPUT = 2,
    SX_SAVES_LAST = 4 /* input */
};

/* How an op takes its inputs and gives its output, so that the planner can leave out copies and
 * conversions. */
enum {
    /* Input 0 may be a concatenation that was never put together. */
    SX_TAKES_PIECES = 1,
    /* The inputs side by side: kept as a list of pieces. A step of this op, with the list as its
     * input 0, is made only for a reader that needs one array. */
    SX_GIVES_PIECES = 2,
    /* Inputs of any dtype; else each is converted to the plan's compute dtype. */
    SX_TAKES_ANY = 4,
    /* Inputs (or the last one) should be f32, where an input of the network or an op that
     * SX_MAY_GIVE_F32 makes them. With SX_TAKES_ANY. */
    SX_WANTS_F32 = 8,
    SX_WANTS_LAST_F32 = 16,
    /* The output is f32 in every precision (boxes), or can be, where every reader wants it so
     * (logits). */
    SX_GIVES_F32 = 32,
    SX_MAY_GIVE_F32 = 64,
    /* The output is input 0's memory. */
    SX_IS_VIEW = 128,
    /* Picks boxes: no arithmetic of the network's own (bench tells its share). */
    SX_CHOOSES = 256,
    /* A ReLU that was folded into it passes back without its output. */
    SX_MASKS = 512
};

/* What can be folded into the step before it, in this order, each at most once: a map x * scale +
 * shift of each channel (sx_step.bn), a sum with another value (sx_step.residual), an activation
 * (sx_step.act). */
typedef enum sx_fold {
    SX_FOLD_NORM = 1,
    SX_FOLD_SUM = 2,
    SX_FOLD_RELU = 4,
    SX_FOLD_ACT = 8 /* ReLU and every other */
} sx_fold;

struct sx_op {
    const char *name;
    unsigned flags;
    unsigned saves;
    /* Folding. `folds`: the kinds that a step of this op takes in. `folded_as`: the kind that the
     * op itself is, 0: none; SX_FOLD_ACT with `folded_act`. `can_fold`: whether this node can be in
     * a plan of this sort; NULL: it always can. */
    unsigned folds, folded_as;
    sx_act (*folded_act)(const sx_node *n);
    bool (*can_fold)(const sx_node *n, bool training);
    /* A product across channels that is the same at every place, without a constant; a mean of
     * places that is the same in every channel, without overlap. The mean is taken first where it
     * follows such a product: the numbers are the same and there are fewer to multiply. NULL: the
     * op is not such a one. */
    bool (*is_pointwise)(const sx_node *n);
    bool (*is_mean)(const sx_node *n);
    bool stops_gradient;
    /* Sets n->shape from inputs and attributes; false with a sentence if they do not fit. */
    bool (*infer)(sx_node *n, sx_error *err);
    /* Packs weights, makes primitives, says how much scratch memory it needs. Called from several
     * threads for the steps of a plan (one in training): what it changes is its own step's. */
    bool (*prepare)(sx_plan *p, sx_step *s, sx_error *err);
    /* Writes the output. False with the reason, without the step's name, on failure; likewise the
     * three below. */
    bool (*forward)(sx_step *s, sx_error *err);
    /* The same numbers once more, from the same inputs, in the backward pass of the same run;
     * nothing else may change (running statistics). Their places may be others than in `forward`.
     * NULL: the output is always kept. */
    bool (*again)(sx_step *s, sx_error *err);
    /* Adds to the gradients of its inputs and parameters. NULL: no gradient passes. */
    bool (*backward)(sx_step *s, sx_error *err);
    /* Called in place of `backward` where no gradient has reached the step. May be NULL. */
    bool (*settle)(sx_step *s, sx_error *err);
    void (*release)(sx_step *s);
    double (*flops)(const sx_node *n); /* NULL: counts as nothing */
    /* Ops from outside nn/: writes their rows [n][c] with the help of nn/onnx/exporter.h. */
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

/* ---- for the builders in nn/ops
 * ------------------------------------------------------------------ */

typedef struct sx_node_spec {
    const sx_op *op;
    const char *name; /* NULL: the scope and the op's name */
    sx_node *const *inputs;
    int input_count;
    const void *attr;
    size_t attr_size;
} sx_node_spec;

/* NULL if an input is NULL or memory is out. Parameters are added with sx_node_param, then
 * sx_node_done infers the shape; it returns the node or NULL. */
sx_node *sx_node_begin(sx_graph *g, sx_node_spec spec);
void sx_node_param(sx_node *n, int slot, sx_param_kind kind, const char *leaf, int ndim,
                   const int64_t *dims);
sx_node *sx_node_done(sx_node *n);
sx_node *sx_node_simple(sx_graph *g, const sx_op *op, sx_node *x, const void *attr,
                        size_t attr_size);
void *sx_graph_alloc(sx_graph *g, size_t count, size_t size);

static inline bool sx_same_shape(sx_shape a, sx_shape b) {
    return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}
static inline int64_t sx_rows(sx_shape s) {
    return (int64_t)s.n * s.h * s.w;
}

#endif
