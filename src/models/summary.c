#include "models/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NAME = 160 };

static int64_t count_of(const sx_param *p) {
    int64_t n = 1;
    for (int i = 0; i < p->ndim; i++)
        n *= p->dims[i];
    return n;
}

static bool is_learned(const sx_param *p) {
    return p->kind != SX_PARAM_BUFFER && p->kind != SX_PARAM_COUNTER;
}

/* The first `depth` parts of a dotted name. */
static void prefix_of(const char *name, int depth, char *out) {
    size_t n = 0;
    for (int dots = 0; name[n] && n + 1 < NAME; n++)
        if (name[n] == '.' && ++dots == depth) break;
    memcpy(out, name, n);
    out[n] = '\0';
}

/* A node is listed if it has weights or changes the size of the map. */
static bool is_listed(const sx_node *n) {
    const char *op = sx_node_op(n);
    return sx_node_param_count(n) > 0 || strstr(op, "pool") || strcmp(op, "roi_align") == 0;
}

static void add_node(sx_summary *s, const sx_node *n, int depth, bool *seen) {
    char prefix[NAME];
    prefix_of(sx_node_name(n), depth > 0 ? depth : NAME, prefix);
    sx_summary_row *r = s->count ? &s->rows[s->count - 1] : NULL;
    if (!r || strcmp(r->name, prefix) != 0) {
        char *name = s->names + s->count * NAME;
        memcpy(name, prefix, strlen(prefix) + 1);
        r = &s->rows[s->count++];
        *r = (sx_summary_row){ .name = name, .op = sx_node_op(n) };
    } else
        r->op = "";
    r->layers += sx_node_param_count(n) > 0;
    r->out = sx_node_shape(n);
    r->flops += sx_node_flops(n);
    for (int i = 0; i < sx_node_param_count(n); i++) {
        const sx_param *p = sx_node_param_at(n, i);
        if (!p || seen[p->index]) continue;
        seen[p->index] = true;
        if (is_learned(p))
            r->params += count_of(p);
        else if (p->kind == SX_PARAM_BUFFER)
            s->buffers += count_of(p);
    }
}

bool sx_summarise(const sx_graph *g, int depth, sx_summary *s, sx_error *err) {
    const size_t n = sx_graph_node_count(g);
    *s = (sx_summary){ .rows = sx_calloc_for(n + 1, sizeof *s->rows, "layer table", err),
                       .names = sx_calloc_for(n + 1, NAME, "layer table", err) };
    bool *seen = sx_calloc_for(sx_graph_param_count(g) + 1, sizeof *seen, "layer table", err);
    bool ok = s->rows && s->names && seen;
    for (size_t i = 0; ok && i < n; i++) {
        const sx_node *x = sx_graph_node(g, i);
        s->flops += sx_node_flops(x);
        if (is_listed(x)) add_node(s, x, depth, seen);
    }
    free(seen);
    for (size_t i = 0; i < s->count; i++)
        s->params += s->rows[i].params;
    if (!ok) sx_summary_free(s);
    return ok;
}

void sx_summary_free(sx_summary *s) {
    free(s->rows);
    free(s->names);
    *s = (sx_summary){ 0 };
}
