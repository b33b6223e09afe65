/* Recognises the network of a set of weights, and configures networks. */
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "models/arch.h"
#include "models/model_impl.h"
#include "models/recognise.h"

static int *field_of(sx_network *net, const sx_arch_field *f) {
    return (int *)(void *)(net->config + f->offset);
}

void sx_network_default(sx_network *net, const sx_arch *arch, int classes) {
    *net = (sx_network){ .arch = arch };
    memcpy(net->config, arch->defaults, arch->config->size);
    int *c = (int *)(void *)(net->config + arch->config->classes_offset);
    if (classes > 0) *c = classes;
    if (*c <= 0) *c = 1;
}

int sx_network_classes(const sx_network *net) {
    int c;
    memcpy(&c, net->config + net->arch->config->classes_offset, sizeof c);
    return c;
}

int sx_network_stride(const sx_network *net) {
    return net->arch->build->stride ? net->arch->build->stride(net->config) : 32;
}

const sx_normalisation *sx_network_normalisation(const sx_network *net) {
    return net->arch->build->norm ? net->arch->build->norm : &sx_normalisation_detectron2;
}

sx_shape sx_network_shape(const sx_network *net, int width, int height) {
    const int s = sx_network_stride(net);
    return (sx_shape){ 1, (height + s - 1) / s * s, (width + s - 1) / s * s, 3 };
}

static bool set_number(int *out, const json_t *value, const sx_arch_field *f, sx_error *err) {
    json_int_t v = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
    if ((!json_is_integer(value) && !json_is_boolean(value)) || v < f->least || v > f->most)
        return sx_fail(err, SX_ERR_FORMAT, "configuration: %s is not a number between %d and %d",
                       f->name, f->least, f->most);
    *out = (int)v;
    return true;
}

static bool set_field(sx_network *net, const char *name, const json_t *value, sx_error *err) {
    for (const sx_arch_field *f = net->arch->config->fields; f->name; f++) {
        if (strcmp(f->name, name) != 0) continue;
        if (f->count == 1) return set_number(field_of(net, f), value, f, err);
        if (json_array_size(value) != (size_t)f->count)
            return sx_fail(err, SX_ERR_FORMAT, "configuration: %s is not a list of %d numbers",
                           name, f->count);
        for (int i = 0; i < f->count; i++)
            if (!set_number(field_of(net, f) + i, json_array_get(value, (size_t)i), f, err))
                return false;
        return true;
    }
    return sx_fail(err, SX_ERR_UNSUPPORTED, "configuration: %s has no %s", net->arch->name, name);
}

bool sx_network_configure(sx_network *net, const char *json, sx_error *err) {
    sx_error why = { 0 };
    json_t *root = sx_json_parse(json, strlen(json), true, NULL, &why);
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "configuration: %s", why.message);
    bool ok =
        json_is_object(root) || sx_fail(err, SX_ERR_FORMAT, "configuration: not a JSON object");
    const char *name;
    json_t *value;
    if (ok) {
        json_object_foreach(root, name, value) {
            ok = set_field(net, name, value, err);
            if (!ok) break;
        }
    }
    json_decref(root);
    return ok;
}

char *sx_network_config_text(const sx_network *net, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    for (const sx_arch_field *f = net->arch->config->fields; f->name; f++) {
        int now[8], usual[8];
        memcpy(now, net->config + f->offset, sizeof(int) * (size_t)f->count);
        memcpy(usual, (const char *)net->arch->defaults + f->offset,
               sizeof(int) * (size_t)f->count);
        if (memcmp(now, usual, sizeof(int) * (size_t)f->count) == 0) continue;
        if (f->count == 1) {
            sx_json_integer(root, f->name, now[0]);
            continue;
        }
        sx_json list = sx_json_array(root, f->name);
        for (int i = 0; i < f->count; i++)
            sx_json_integer(list, NULL, now[i]);
    }
    sx_str text = { 0 };
    if (!sx_json_print(&doc, SX_JSON_COMPACT, &text, err)) sx_str_free(&text);
    sx_json_free(&doc);
    return text.data;
}

sx_graph *sx_network_build(const sx_network *net, sx_shape image, sx_part part, sx_error *err) {
    if (part == SX_PYRAMID && !net->arch->build->pyramid) {
        sx_fail(err, SX_ERR_UNSUPPORTED, "%s has no feature pyramid", net->arch->name);
        return NULL;
    }
    sx_graph *g = sx_graph_new(err);
    if (!g) return NULL;
    if (part == SX_WHOLE_WITH_STAGES) sx_graph_want_probes(g);
    if (part == SX_WHOLE_WITH_POOLED) sx_graph_want_probe(g, net->arch->build->pooled);
    if (part == SX_FOR_TRAINING) sx_graph_set_for_training(g);
    if (part == SX_PYRAMID)
        net->arch->build->pyramid(g, net->config, image);
    else
        net->arch->build->whole(g, net->config, image);
    if (sx_graph_finish(g, err)) return g;
    sx_fail_in(err, "%s", net->arch->name);
    sx_graph_free(g);
    return NULL;
}

int sx_network_feature_count(const sx_network *net, const sx_graph *g) {
    const sx_node *head = net->arch->build->pooled ? sx_graph_find_output(g, "logits") : NULL;
    return head ? (int)sx_node_param_at(head, 0)->dims[1] : 0;
}

void sx_network_adapt(sx_network *net, const sx_weights *w) {
    if (net->arch->config->adapt) net->arch->config->adapt(net->config, w);
    const char *name =
        net->arch->config->classes_tensor ? net->arch->config->classes_tensor(net->config) : NULL;
    const sx_tensor *t = name ? sx_weights_find(w, name) : NULL;
    if (!t || t->ndim < 1 || t->dims[0] < 1 || t->dims[0] >= 65536) return;
    const int times = net->arch->config->classes_times > 0 ? net->arch->config->classes_times : 1;
    const int classes = (int)t->dims[0] / times - net->arch->config->classes_more;
    if (classes > 0)
        memcpy(net->config + net->arch->config->classes_offset, &classes, sizeof classes);
}

static bool configure_stated(sx_network *net, const char *config, const sx_weights *w,
                             sx_error *err) {
    return sx_network_configure(net, config, err) ||
           sx_fail_in(err, "%s: spinexr.config", sx_weights_path(w));
}

bool sx_network_recognise(sx_network *net, sx_weights *w, sx_error *err) {
    const char *name = sx_weights_meta(w, "spinexr.arch"),
               *config = sx_weights_meta(w, "spinexr.config");
    if (!name) return sx_recognise_tensors(net, NULL, w, err);
    const sx_arch *arch = sx_arch_find(name);
    char known[SX_ARCH_NAMES];
    sx_arch_names(name, known);
    if (!arch)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "%s: spinexr.arch is %.60s, not an architecture (%s)", sx_weights_path(w),
                       name, known);
    sx_network_default(net, arch, 0);
    if (config) return configure_stated(net, config, w, err) && sx_recognise_names(net, w, err);
    if (!sx_recognise_has_names(arch, w)) return sx_recognise_tensors(net, arch, w, err);
    sx_network_adapt(net, w);
    return true;
}

bool sx_network_open(const char *name_or_path, int classes, sx_network *net, sx_weights **w,
                     sx_error *err) {
    const sx_arch *arch = sx_arch_find(name_or_path);
    *w = NULL;
    if (arch) {
        sx_network_default(net, arch, classes);
        return true;
    }
    char known[SX_ARCH_NAMES];
    sx_arch_names(name_or_path, known);
    if (!strpbrk(name_or_path, "./") && !sx_path_exists(name_or_path))
        return sx_fail(err, SX_ERR_IO, "%.60s: neither a file nor an architecture (%s)",
                       name_or_path, known);
    *w = sx_weights_open_trained(name_or_path, err);
    return *w && sx_network_recognise(net, *w, err) && sx_model_info_check(*w, net, err);
}

bool sx_network_describe(const sx_network *net, sx_weights *w, sx_error *err) {
    char *config = sx_network_config_text(net, err);
    const bool ok = config && sx_weights_set_meta(w, "spinexr.arch", net->arch->name, err) &&
                    sx_weights_set_meta(w, "spinexr.config", config, err);
    free(config);
    return ok;
}
