/* The layer table of a graph, in the form that papers use. It is made from the graph that runs. */
#ifndef SX_MODELS_SUMMARY_H
#define SX_MODELS_SUMMARY_H

#include "nn/graph.h"

typedef struct sx_summary_row {
    const char *name; /* "backbone.block1", or a layer's full name; valid as long as the summary */
    const char *op;   /* of a single layer; "" for a group */
    int layers;       /* with weights */
    sx_shape out;     /* after its last layer */
    int64_t params;   /* learned numbers */
    double flops;     /* of one forward pass; a multiply-add counts 2 */
} sx_summary_row;

typedef struct sx_summary {
    sx_summary_row *rows;
    size_t count;
    int64_t params;  /* learned numbers in all, each counted once */
    int64_t buffers; /* running statistics */
    double flops;
    char *names; /* internal */
} sx_summary;

/* Layers whose names agree in their first `depth` parts form a row; 0: every layer is a row. */
bool sx_summarise(const sx_graph *g, int depth, sx_summary *s, sx_error *err) SX_MUST_USE;
void sx_summary_free(sx_summary *s);

#endif
