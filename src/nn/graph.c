#include "nn/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nn/op.h"

enum { MAX_SCOPES = 16, MAX_NAME = 256 };

typedef struct named_node {
    const char *name;
    sx_node *node;
} named_node;

struct sx_graph {
    sx_arena *arena;
    sx_error err;
    sx_node **nodes;
    size_t node_count, node_cap;
    sx_param **params;
    size_t param_count, param_cap;
    named_node io[64];
    int io_count;
    bool probes, for_training;
    const char *probe; /* the name of the only one, NULL: see `probes` */
    char scope[MAX_NAME];
    size_t scope_end[MAX_SCOPES];
    int depth;
};

sx_graph *sx_graph_new(sx_error *err) {
    sx_graph *g = sx_calloc_for(1, sizeof *g, "graph", err);
    if (!g) return NULL;
    g->arena = sx_arena_new();
    if (!g->arena) {
        free(g);
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a graph");
        return NULL;
    }
    return g;
}

void sx_graph_free(sx_graph *g) {
    if (!g) return;
    sx_arena_free(g->arena);
    free(g->nodes);
    free(g->params);
    free(g);
}

bool sx_graph_finish(sx_graph *g, sx_error *err) {
    if (g->err.code == SX_OK) return true;
    return sx_fail(err, g->err.code, "%s", g->err.message);
}

static void keep_error(sx_graph *g, sx_error_code code, const char *what) {
    if (g->err.code == SX_OK) sx_fail(&g->err, code, "%s", what);
}

void sx_scope_push(sx_graph *g, const char *fmt, ...) {
    if (g->depth == MAX_SCOPES) {
        keep_error(g, SX_ERR_INTERNAL, "scopes nested too deeply");
        return;
    }
    size_t at = strlen(g->scope);
    g->scope_end[g->depth++] = at;
    va_list args;
    va_start(args, fmt);
    int n = sx_vformat(g->scope + at, sizeof g->scope - at, fmt, args);
    va_end(args);
    size_t end = strlen(g->scope);
    if (n < 0 || (size_t)n != end - at || end + 2 > sizeof g->scope)
        keep_error(g, SX_ERR_INTERNAL, "a scope's name is too long");
    else
        memcpy(g->scope + end, ".", 2);
}

void sx_scope_pop(sx_graph *g) {
    if (g->depth > 0) g->scope[g->scope_end[--g->depth]] = '\0';
}

void *sx_graph_alloc(sx_graph *g, size_t count, size_t size) {
    void *p = sx_arena_alloc(g->arena, count, size);
    if (!p) keep_error(g, SX_ERR_MEMORY, "out of memory for a graph");
    return p;
}

static bool grow_array(void **items, size_t count, size_t *cap) {
    if (count < *cap) return true;
    size_t bigger = *cap ? *cap * 2 : 256;
    void *p = sx_realloc(*items, bigger, sizeof(void *));
    if (!p) return false;
    *items = p;
    *cap = bigger;
    return true;
}

sx_node *sx_node_begin(sx_graph *g, sx_node_spec spec) {
    for (int i = 0; i < spec.input_count; i++)
        if (!spec.inputs[i]) return NULL;
    sx_node *n = sx_graph_alloc(g, 1, sizeof *n);
    void *nodes = g->nodes;
    if (!n || !grow_array(&nodes, g->node_count, &g->node_cap)) {
        keep_error(g, SX_ERR_MEMORY, "out of memory for a graph");
        return NULL;
    }
    g->nodes = nodes;
    n->op = spec.op;
    n->graph = g;
    n->index = (int)g->node_count;
    n->name = spec.name ? sx_arena_printf(g->arena, "%s%s", g->scope, spec.name)
                        : sx_arena_printf(g->arena, "%s%s", g->scope, spec.op->name);
    n->input_count = spec.input_count;
    n->inputs = sx_graph_alloc(g, (size_t)spec.input_count + 1, sizeof *n->inputs);
    void *attr = sx_graph_alloc(g, 1, spec.attr_size + 1);
    if (!n->name || !n->inputs || !attr) {
        keep_error(g, SX_ERR_MEMORY, "out of memory for a graph");
        return NULL;
    }
    for (int i = 0; i < spec.input_count; i++)
        n->inputs[i] = spec.inputs[i];
    if (spec.attr_size) memcpy(attr, spec.attr, spec.attr_size);
    n->attr = attr;
    g->nodes[g->node_count++] = n;
    return n;
}

static sx_param *find_param(sx_graph *g, const char *name) {
    for (size_t i = 0; i < g->param_count; i++)
        if (strcmp(g->params[i]->name, name) == 0) return g->params[i];
    return NULL;
}

/* A parameter that exists already is shared (RetinaNet's heads run on five levels). */
static sx_param *get_param(sx_graph *g, const char *name, sx_param_kind kind, int ndim,
                           const int64_t *dims) {
    sx_param *p = find_param(g, name);
    if (p) {
        bool same = p->ndim == ndim &&
                    (ndim == 0 || memcmp(p->dims, dims, (size_t)ndim * sizeof *dims) == 0);
        if (same) return p;
        keep_error(g, SX_ERR_INTERNAL, "one parameter used with two shapes");
        return NULL;
    }
    p = sx_graph_alloc(g, 1, sizeof *p);
    void *params = g->params;
    if (!p || !grow_array(&params, g->param_count, &g->param_cap)) {
        keep_error(g, SX_ERR_MEMORY, "out of memory for a graph");
        return NULL;
    }
    g->params = params;
    p->name = name;
    p->kind = kind;
    p->ndim = ndim;
    if (ndim) memcpy(p->dims, dims, (size_t)ndim * sizeof *dims);
    p->index = (int)g->param_count;
    g->params[g->param_count++] = p;
    return p;
}

void sx_node_param(sx_node *n, int slot, sx_param_kind kind, const char *leaf, int ndim,
                   const int64_t *dims) {
    if (!n) return;
    sx_graph *g = n->graph;
    const char *dot = *leaf && *leaf != '_' ? "." : ""; /* MultiheadAttention: in_proj_weight */
    const char *name = sx_arena_printf(g->arena, "%s%s%s", n->name, dot, leaf);
    if (!name) {
        keep_error(g, SX_ERR_MEMORY, "out of memory for a graph");
        return;
    }
    n->params[slot] = get_param(g, name, kind, ndim, dims);
    if (slot >= n->param_count) n->param_count = slot + 1;
}

sx_node *sx_node_done(sx_node *n) {
    if (!n) return NULL;
    sx_graph *g = n->graph;
    sx_error err = { 0 };
    if (g->err.code != SX_OK) return NULL;
    if (n->op->infer && !n->op->infer(n, &err)) {
        sx_fail_in(&err, "%s (%s)", n->name, n->op->name);
        keep_error(g, err.code, err.message);
        return NULL;
    }
    if (n->shape.n <= 0 || n->shape.h <= 0 || n->shape.w <= 0 || n->shape.c <= 0) {
        sx_fail(&err, SX_ERR_VALUE, "%s (%s): its result would be empty (%dx%dx%dx%d)", n->name,
                n->op->name, n->shape.n, n->shape.h, n->shape.w, n->shape.c);
        keep_error(g, err.code, err.message);
        return NULL;
    }
    return n;
}

sx_node *sx_node_simple(sx_graph *g, const sx_op *op, sx_node *x, const void *attr,
                        size_t attr_size) {
    return sx_node_done(sx_node_begin(
        g, (sx_node_spec){
               .op = op, .inputs = &x, .input_count = 1, .attr = attr, .attr_size = attr_size }));
}

static const sx_op op_input = { .name = "input" };

sx_node *sx_input(sx_graph *g, const char *name, sx_shape shape) {
    sx_node *n = sx_node_begin(g, (sx_node_spec){ .op = &op_input, .name = name });
    if (n) n->shape = shape;
    return sx_node_done(n);
}

void sx_output(sx_graph *g, const char *name, sx_node *x) {
    if (!x) return;
    if (g->io_count == (int)(sizeof g->io / sizeof g->io[0])) {
        keep_error(g, SX_ERR_INTERNAL, "too many outputs");
        return;
    }
    char *copy = sx_arena_strdup(g->arena, name);
    if (!copy) {
        keep_error(g, SX_ERR_MEMORY, "out of memory for a graph");
        return;
    }
    g->io[g->io_count++] = (named_node){ copy, x };
}

void sx_graph_want_probes(sx_graph *g) {
    g->probes = true;
}

void sx_graph_want_probe(sx_graph *g, const char *name) {
    g->probe = name;
}

void sx_graph_set_for_training(sx_graph *g) {
    g->for_training = true;
}

bool sx_graph_for_training(const sx_graph *g) {
    return g->for_training;
}

void sx_probe(sx_graph *g, const char *name, sx_node *x) {
    if (g->probes || (g->probe && strcmp(g->probe, name) == 0)) sx_output(g, name, x);
}

size_t sx_graph_node_count(const sx_graph *g) {
    return g->node_count;
}
const sx_node *sx_graph_node(const sx_graph *g, size_t i) {
    return g->nodes[i];
}
size_t sx_graph_param_count(const sx_graph *g) {
    return g->param_count;
}
const sx_param *sx_graph_param(const sx_graph *g, size_t i) {
    return g->params[i];
}

int sx_graph_outputs(const sx_graph *g) {
    return g->io_count;
}
sx_node *sx_graph_output_at(const sx_graph *g, int i, const char **name) {
    if (name) *name = g->io[i].name;
    return g->io[i].node;
}

sx_node *sx_graph_find_output(const sx_graph *g, const char *name) {
    for (int i = 0; i < g->io_count; i++)
        if (strcmp(g->io[i].name, name) == 0) return g->io[i].node;
    return NULL;
}

sx_node *sx_graph_find_input(const sx_graph *g, const char *name) {
    for (size_t i = 0; i < g->node_count; i++)
        if (g->nodes[i]->op == &op_input && strcmp(g->nodes[i]->name, name) == 0)
            return g->nodes[i];
    return NULL;
}

bool sx_node_is_input(const sx_node *x) {
    return x->op == &op_input;
}
sx_shape sx_node_shape(const sx_node *x) {
    return x->shape;
}
const char *sx_node_name(const sx_node *x) {
    return x->name;
}
const char *sx_node_op(const sx_node *x) {
    return x->op->name;
}
int sx_node_param_count(const sx_node *x) {
    return x->param_count;
}
const sx_param *sx_node_param_at(const sx_node *x, int i) {
    return x->params[i];
}
double sx_node_flops(const sx_node *x) {
    return x->op->flops ? x->op->flops(x) : 0;
}
