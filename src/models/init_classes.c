#include "models/init_classes.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum { LISTED = 12 };

struct sx_init_classes {
    const sx_weights *from;
    const sx_graph *graph;
    sx_graph *more;     /* of the network with one more class: shows the class layers */
    json_t *own, *file; /* lists of names; NULL: not known */
    int *rows;          /* for each class of the network its number in the file; -1: it is new */
    int count, taken, file_count;
    bool anchors_first; /* the rows of an anchor stand together, not those of a class */
    bool same;          /* both sides have the same classes in the same order */
    bool found, fits;   /* some class layer is in the file; some was taken */
};

/* The rows of a class layer: `each` for a class, and `extra` for the background at the end. */
typedef struct layer {
    int64_t each, extra;
} layer;

/* ---- names ---- */

/* A list of texts; NULL: it is none, or out of memory (err is set). */
static json_t *read_list(const char *text, sx_error *err) {
    sx_error why = { 0 };
    json_t *list = text ? sx_json_parse(text, strlen(text), true, NULL, &why) : NULL;
    if (why.code == SX_ERR_MEMORY) sx_fail(err, why.code, "%s", why.message);
    bool ok = json_is_array(list);
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = json_is_string(json_array_get(list, i));
    if (ok) return list;
    json_decref(list);
    return NULL;
}

static const char *name_at(const json_t *list, int i) {
    return json_string_value(json_array_get(list, (size_t)i));
}

static int find_name(const json_t *list, const char *name) {
    for (int i = 0; i < (int)json_array_size(list); i++)
        if (strcmp(name_at(list, i), name) == 0) return i;
    return -1;
}

static bool match_names(sx_init_classes *c, sx_error *err) {
    c->rows = sx_calloc_for((size_t)c->count, sizeof *c->rows, "classes", err);
    if (!c->rows) return false;
    c->same = c->file_count == c->count;
    for (int i = 0; i < c->count; i++) {
        c->rows[i] = find_name(c->file, name_at(c->own, i));
        c->taken += c->rows[i] >= 0;
        c->same = c->same && c->rows[i] == i;
    }
    return true;
}

sx_init_classes *sx_init_classes_new(const sx_network *net, const sx_graph *g, const char *names,
                                     const sx_weights *from, sx_error *err) {
    sx_init_classes *c = sx_calloc_for(1, sizeof *c, "classes", err);
    if (!c) return NULL;
    sx_error why = { 0 };
    sx_network more = *net;
    c->from = from;
    c->graph = g;
    c->count = sx_network_classes(net);
    c->anchors_first = net->arch->config->classes_times > 1;
    memcpy(more.config + net->arch->config->classes_offset, &(int){ c->count + 1 }, sizeof(int));
    c->more = sx_network_build(&more, sx_network_shape(&more, 64, 64), SX_WHOLE, err);
    bool ok = c->more != NULL;
    if (ok) c->own = read_list(names, &why);
    if (ok) c->file = read_list(sx_weights_meta(from, "spinexr.classes"), &why);
    if (ok && why.code != SX_OK) ok = sx_fail(err, why.code, "%s", why.message);
    c->file_count = (int)json_array_size(c->file);
    if (ok && c->file && json_array_size(c->own) == (size_t)c->count) ok = match_names(c, err);
    if (ok) return c;
    sx_init_classes_free(c);
    return NULL;
}

void sx_init_classes_free(sx_init_classes *c) {
    if (!c) return;
    sx_graph_free(c->more);
    json_decref(c->own);
    json_decref(c->file);
    free(c->rows);
    free(c);
}

/* ---- layers ---- */

/* What a network with one more class has more of; false: parameter i is no class layer. */
static bool find_layer(const sx_init_classes *c, size_t i, layer *l) {
    const sx_param *p = sx_graph_param(c->graph, i), *q = sx_graph_param(c->more, i);
    if (p->ndim < 1 || q->dims[0] == p->dims[0]) return false;
    l->each = q->dims[0] - p->dims[0];
    l->extra = p->dims[0] - l->each * c->count;
    return true;
}

bool sx_init_classes_has(const sx_init_classes *c, size_t i) {
    layer l;
    return find_layer(c, i, &l);
}

/* The number of classes that the file's tensor has rows for; 0: it does not fit. */
static int classes_of(const layer *l, const sx_tensor *t, const sx_param *p) {
    sx_tensor as_ours = *t;
    if (t->ndim < 1) return 0;
    as_ours.dims[0] = p->dims[0];
    const int64_t rows = t->dims[0] - l->extra;
    if (rows <= 0 || rows % l->each || !sx_init_same_shape(&as_ours, p)) return 0;
    return rows / l->each <= INT32_MAX ? (int)(rows / l->each) : 0;
}

static int64_t row_of(const sx_init_classes *c, const layer *l, int64_t classes, int64_t class,
                      int64_t k) {
    return c->anchors_first ? k * classes + class : class * l->each + k;
}

static void copy_rows(const sx_init_classes *c, const layer *l, const sx_tensor *t,
                      const float *from, float *out) {
    const int64_t inner = sx_tensor_count(t) / t->dims[0];
    const size_t bytes = sizeof *out * (size_t)inner;
    for (int64_t i = 0; i < c->count; i++)
        for (int64_t k = 0; k < l->each && c->rows[i] >= 0; k++)
            memcpy(out + row_of(c, l, c->count, i, k) * inner,
                   from + row_of(c, l, c->file_count, c->rows[i], k) * inner, bytes);
    memcpy(out + c->count * l->each * inner, from + c->file_count * l->each * inner,
           bytes * (size_t)l->extra);
}

static sx_init_fit copy_by_name(const sx_init_classes *c, const layer *l, const sx_tensor *t,
                                float *out, sx_error *err) {
    float *all = sx_calloc_for((size_t)sx_tensor_count(t), sizeof *all, t->name, err);
    const bool ok = all && sx_init_read(c->from, t, all, err);
    if (ok) copy_rows(c, l, t, all, out);
    free(all);
    return ok ? SX_INIT_ADAPTED : SX_INIT_NO_FIT;
}

sx_init_fit sx_init_classes_copy(sx_init_classes *c, size_t i, float *out, sx_error *err) {
    const sx_param *p = sx_graph_param(c->graph, i);
    const sx_tensor *t = sx_weights_find(c->from, p->name);
    layer l;
    const int classes = t && find_layer(c, i, &l) ? classes_of(&l, t, p) : 0;
    if (!classes) return SX_INIT_NO_FIT;
    c->found = true;
    const bool named = c->rows && c->file_count == classes;
    if (!named) free(c->rows), c->rows = NULL, c->file_count = classes;
    if (named && !c->taken) return SX_INIT_NO_FIT;
    const sx_init_fit fit =
        named && !c->same ? copy_by_name(c, &l, t, out, err) : sx_init_copy(c->from, p, out, err);
    c->fits = c->fits || fit != SX_INIT_NO_FIT;
    return fit;
}

/* ---- messages ---- */

/* The classes of the network that were taken, or those that were not. */
static void list_classes(const sx_init_classes *c, bool taken, sx_str *out) {
    int n = 0;
    for (int i = 0; i < c->count; i++) {
        if ((c->rows[i] >= 0) != taken) continue;
        if (n++ < LISTED) sx_str_printf(out, "%s%.60s", n > 1 ? ", " : "", name_at(c->own, i));
    }
    if (n > LISTED) sx_str_printf(out, " and %d more", n - LISTED);
}

void sx_init_classes_describe(const sx_init_classes *c, sx_str *out, bool *doubtful) {
    *doubtful = c->own && c->fits && !c->rows && c->count > 1;
    if (!c->found || !c->own) return;
    if (c->rows && c->taken == c->count && c->count > 1) {
        sx_str_printf(out, "class layers: all %d classes taken by name", c->count);
    } else if (c->rows) {
        sx_str_add(out, "class layers: ");
        if (c->taken) list_classes(c, true, out);
        if (c->taken) sx_str_add(out, " taken by name");
        if (c->taken < c->count) sx_str_add(out, c->taken ? "; new: " : "new: ");
        if (c->taken < c->count) list_classes(c, false, out);
    } else if (c->fits) {
        sx_str_printf(out, "class layers taken by position, because %s",
                      c->file ? "the list of its classes does not fit its tensors"
                              : "the file does not name its classes");
    } else {
        sx_str_printf(out,
                      "class layers start new: the file has %d classes without names, the "
                      "network %d",
                      c->file_count, c->count);
    }
}
