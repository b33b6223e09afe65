#include "models/model_import.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vindr_classes.h"
#include "models/arch.h"
#include "models/model_impl.h"
#include "models/recognise.h"
#include "models/weights_use.h"

/* ---- tensors ---- */

static bool add_as(sx_weights *to, const sx_tensor *t, const char *name, sx_dtype dtype,
                   sx_error *err) {
    sx_tensor copy = *t;
    copy.name = name;
    bool number =
        t->dtype == SX_F32 || t->dtype == SX_F16 || t->dtype == SX_F64 || t->dtype == SX_BF16;
    if (!number || t->dtype == dtype) return sx_weights_add(to, &copy, err);
    void *data = sx_weights_add_empty(to, name, dtype, t->ndim, t->dims, err);
    float buf[1024];
    int64_t n = sx_tensor_count(t);
    for (int64_t i = 0; data && i < n; i += 1024) {
        int64_t k = n - i < 1024 ? n - i : 1024;
        if (!sx_tensor_to_f32(t, i, k, buf, err)) return false;
        for (int64_t j = 0; j < k; j++)
            if (dtype == SX_BF16)
                ((uint16_t *)data)[i + j] = sx_f32_to_bf16(buf[j]);
            else
                ((float *)data)[i + j] = buf[j];
    }
    return data != NULL;
}

/* Before the tensors are copied, so that the message can name one of the checkpoint. */
static bool check_present(const sx_weights *from, const sx_graph *g, const sx_network *net,
                          sx_error *err) {
    char want[96], first[300];
    for (size_t k = 0; k < sx_graph_param_count(g); k++) {
        const sx_param *p = sx_graph_param(g, k);
        sx_tensor wanted = { .ndim = p->ndim };
        if (p->kind == SX_PARAM_COUNTER || sx_weights_find(from, p->name)) continue;
        memcpy(wanted.dims, p->dims, sizeof wanted.dims);
        return sx_fail(err, SX_ERR_MISMATCH, "%s as %s: no tensor %s (%s); %s%s",
                       sx_weights_path(from), net->arch->name, p->name,
                       sx_tensor_shape(&wanted, want, sizeof want),
                       sx_weights_describe_first(from, first, sizeof first),
                       sx_recognise_start_hint(net, from));
    }
    return true;
}

/* Copies the tensors that the network has, under its names. Other tensors of the checkpoint
 * (optimizer, EMA) are skipped and counted. */
static bool copy_tensors(sx_weights *to, const sx_weights *from, const sx_graph *g, sx_dtype dtype,
                         size_t *left_out, sx_error *err) {
    size_t taken = 0;
    for (size_t k = 0; k < sx_graph_param_count(g); k++) {
        const char *name = sx_graph_param(g, k)->name;
        const sx_tensor *t = sx_weights_find(from, name);
        if (!t) continue;
        /* biases, norms and their statistics keep their precision: they are few, and rounding them
         * matters */
        if (!add_as(to, t, name, t->ndim > 1 ? dtype : SX_F32, err)) return false;
        taken++;
    }
    *left_out = sx_weights_count(from) - taken;
    return true;
}

/* ---- metadata ---- */

static bool set_class_names(sx_weights *w, const char *names, int classes, sx_error *err) {
    sx_json_doc doc;
    sx_names each = { 0 };
    if (strcmp(names, "vindr") == 0) /* data sets have another order than the authors' weights */
        return sx_fail(err, SX_ERR_USAGE, "--classes vindr: list the names in the outputs' order");
    sx_json list = sx_json_new_array(&doc);
    bool ok = sx_class_list(names, &each, err) || sx_fail_in(err, "--classes");
    for (size_t i = 0; ok && i < each.count; i++)
        sx_json_text(list, NULL, each.items[i]);
    if (ok && each.count != (size_t)classes)
        ok = sx_fail(err, SX_ERR_USAGE, "--classes names %zu, the network has %d", each.count,
                     classes);
    sx_str text = { 0 };
    ok = ok && sx_json_print(&doc, SX_JSON_COMPACT, &text, err) &&
         sx_weights_set_meta(w, "spinexr.classes", text.data, err);
    sx_str_free(&text);
    sx_names_free(&each);
    sx_json_free(&doc);
    return ok;
}

/* Keeps the metadata of our own weight files: classes, input, operating point, origin. */
static bool keep_metadata(sx_weights *to, const sx_weights *from, sx_error *err) {
    const char *key, *value;
    for (size_t i = 0; sx_weights_meta_at(from, i, &key, &value); i++)
        if (strncmp(key, "spinexr.", 8) == 0 && !sx_weights_set_meta(to, key, value, err))
            return false;
    return true;
}

static bool set_threshold(sx_weights *w, const sx_import_options *o, sx_error *err) {
    char number[32];
    sx_format(number, sizeof number, "%.9g", o->threshold);
    if (o->threshold >= 0)
        return sx_weights_set_fitted(w, "threshold", number, o->threshold_chosen_on, err);
    return !o->threshold_chosen_on ||
           sx_weights_set_meta(w, "spinexr.threshold_chosen_on", o->threshold_chosen_on, err);
}

/* What the network sees of a film. */
static bool set_input(sx_weights *w, const sx_import_options *o, sx_error *err) {
    const char *pixels = o->pixels == SX_PIXELS_DICOM ? "dicom" : "vindr";
    return (o->pixels == SX_PIXELS_AUTO || sx_weights_set_meta(w, "spinexr.pixels", pixels, err)) &&
           (!o->input || sx_weights_set_meta(w, "spinexr.input", o->input, err)) &&
           (!o->mean || sx_weights_set_meta(w, "spinexr.mean", o->mean, err)) &&
           (!o->std || sx_weights_set_meta(w, "spinexr.std", o->std, err)) &&
           (!o->channels || sx_weights_set_meta(w, "spinexr.channels", o->channels, err));
}

typedef struct input_form {
    int width, height;
    sx_pixels pixels;
    sx_normalisation norm;
} input_form;

/* False: the metadata have a fault, which check_metadata reports. */
static bool read_form(const sx_weights *w, const sx_network *net, input_form *form, sx_error *why) {
    sx_model_info info;
    const bool ok = sx_model_info_read(w, net, &info, &form->norm, why);
    form->width = info.input_width;
    form->height = info.input_height;
    form->pixels = info.pixels == SX_PIXELS_AUTO ? SX_PIXELS_DICOM : info.pixels;
    sx_model_info_free(&info);
    return ok;
}

static bool is_same_form(const input_form *a, const input_form *b) {
    bool same = a->width == b->width && a->height == b->height && a->pixels == b->pixels &&
                a->norm.bgr == b->norm.bgr;
    for (int i = 0; i < 3; i++)
        same = same && a->norm.mean[i] == b->norm.mean[i] && a->norm.std[i] == b->norm.std[i];
    return same;
}

/* Values fitted to films that the new file lacks. */
typedef struct removed_values {
    sx_str of_input, of_classes;
} removed_values;

/* Sets the input. Thresholds, operating points, familiarity ... were fitted to what the network
 * made of the old one. */
static bool change_input(sx_weights *w, const sx_network *net, const sx_import_options *o,
                         sx_str *removed, sx_error *err) {
    input_form old, new;
    sx_error why = { 0 };
    bool known = read_form(w, net, &old, &why);
    if (!set_input(w, o, err)) return false;
    known = known && read_form(w, net, &new, &why);
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    return !known || is_same_form(&old, &new) || sx_weights_remove_fitted(w, removed, err);
}

/* Whether the classes have other names; false: the metadata have a fault, which check_metadata
 * reports. */
static bool has_other_classes(const sx_weights *w, const sx_network *net, const char *names,
                              sx_error *why) {
    sx_model_info info = { 0 };
    sx_normalisation norm;
    sx_names each = { 0 };
    const bool known =
        sx_class_list(names, &each, why) && sx_model_info_read(w, net, &info, &norm, why);
    bool other = known && each.count != (size_t)info.classes;
    for (size_t i = 0; known && !other && i < each.count; i++)
        other = strcmp(info.class_names[i], each.items[i]) != 0;
    sx_model_info_free(&info);
    sx_names_free(&each);
    return other;
}

/* What the file has by the names of its classes would be that of other outputs, or of none. */
static bool change_classes(sx_weights *w, const sx_network *net, const sx_import_options *o,
                           sx_str *removed, sx_error *err) {
    sx_error why = { 0 };
    if (!o->class_names) return true;
    const bool other = has_other_classes(w, net, o->class_names, &why);
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    return set_class_names(w, o->class_names, sx_network_classes(net), err) &&
           (!other || sx_weights_remove_of_classes(w, removed, err));
}

static bool set_metadata(sx_weights *w, const sx_network *net, const sx_import_options *o,
                         removed_values *removed, sx_error *err) {
    /* a stated threshold replaces the old one, so that none is left out */
    if (o->threshold >= 0 && !sx_weights_set_meta(w, "spinexr.threshold", NULL, err)) return false;
    return sx_network_describe(net, w, err) && change_input(w, net, o, &removed->of_input, err) &&
           set_threshold(w, o, err) &&
           (!o->note || sx_weights_set_meta(w, "spinexr.note", o->note, err)) &&
           (!o->demonstration || sx_weights_set_meta(w, "spinexr.demonstration", "yes", err)) &&
           change_classes(w, net, o, &removed->of_classes, err);
}

/* PyTorch's numbers are for pixels of 0 to 1. With them the network would see nothing but white. */
static bool check_scale(const sx_weights *w, const sx_network *net, const sx_import_options *o,
                        sx_error *err) {
    sx_model_info info;
    sx_normalisation norm;
    bool unit = o->mean || o->std, ok = sx_model_info_read(w, net, &info, &norm, err);
    for (int i = 0; i < 3; i++)
        unit = unit && norm.mean[i] >= -1 && norm.mean[i] <= 1 && norm.std[i] < 1;
    sx_model_info_free(&info);
    return ok && (!unit || sx_fail(err, SX_ERR_USAGE,
                                   "--mean and --std are of pixels from 0 to 255; these look like "
                                   "those from 0 to 1: multiply them by 255"));
}

/* Whether the input's own metadata have the fault that `why` states of the weights `to`. */
static bool is_fault_of_input(const sx_weights *from, const sx_weights *to, const sx_network *net,
                              const sx_error *why, sx_error *fault) {
    sx_weights *own = sx_weights_new(NULL);
    bool same = own && sx_weights_set_path(own, sx_weights_path(from), NULL) &&
                keep_metadata(own, from, NULL) && sx_network_describe(net, own, NULL) &&
                !sx_model_info_check(own, net, fault);
    const char *const a = same ? sx_weights_path(own) : "", *const b = sx_weights_path(to);
    same = same && sx_starts_with(fault->message, a) && sx_starts_with(why->message, b) &&
           strcmp(fault->message + strlen(a), why->message + strlen(b)) == 0;
    sx_weights_free(own);
    return same;
}

/* A fault is the input's or, if the options made it, one of the output. */
static bool check_metadata(sx_weights *to, const sx_weights *from, const sx_network *net,
                           const char *out, sx_error *err) {
    sx_error why = { 0 }, fault = { 0 };
    sx_str name = { 0 };
    sx_str_printf(&name, "metadata of %s", out);
    const bool ok = sx_str_ok(&name, err) && sx_weights_set_path(to, sx_str_text(&name), err);
    sx_str_free(&name);
    if (!ok || sx_model_info_check(to, net, &why)) return ok;
    const sx_error *of = is_fault_of_input(from, to, net, &why, &fault) ? &fault : &why;
    return sx_fail(err, of->code, "%s", of->message);
}

/* ---- import ---- */

static bool recognise(sx_weights *from, const char *arch, sx_network *net, sx_error *err) {
    if (!arch) return sx_network_recognise(net, from, err);
    const sx_arch *found = sx_arch_find(arch);
    char known[SX_ARCH_NAMES];
    sx_arch_names(arch, known);
    if (!found)
        return sx_fail(err, SX_ERR_USAGE, "--arch: %.60s is not an architecture (%s)", arch, known);
    return sx_recognise_tensors(net, found, from, err);
}

/* Checks that every parameter of the network exists and has its shape. */
static bool check_tensors(const sx_graph *g, const sx_weights *w, const char *path,
                          const sx_network *net, sx_error *err) {
    sx_error why = { 0 };
    sx_store *store = sx_store_open(g, w, (sx_store_options){ 0 }, &why);
    if (!store)
        return sx_fail(err, why.code, "%s as %s: %s%s", path, net->arch->name, why.message,
                       sx_recognise_start_hint(net, w));
    sx_store_free(store);
    return true;
}

/* A file of another program seldom states how its network read the pixels. */
static bool describe_assumed(const sx_weights *from, const sx_weights *to, const sx_network *net,
                             sx_import_report *r, sx_error *err) {
    sx_model_info info;
    sx_normalisation n;
    const bool stated = sx_weights_meta(from, "spinexr.arch") ||
                        (sx_weights_meta(to, "spinexr.mean") && sx_weights_meta(to, "spinexr.std"));
    const bool ok = sx_model_info_read(to, net, &info, &n, err);
    sx_model_info_free(&info);
    if (!ok || stated) return ok;
    sx_format(r->assumed, sizeof r->assumed,
              "the network reads pixels as (value - %g,%g,%g) / %g,%g,%g, %s first; --mean, --std "
              "and --channels state another normalisation",
              (double)n.mean[0], (double)n.mean[1], (double)n.mean[2], (double)n.std[0],
              (double)n.std[1], (double)n.std[2], n.bgr ? "blue" : "red");
    r->torchvision = sx_weights_find(to, "features.conv0.weight") != NULL;
    return true;
}

/* Which of several sets of weights was taken: by the key of a wrapper, or by the prefix. */
static bool describe_others(sx_weights *from, const sx_network *net, sx_import_report *r,
                            sx_error *err) {
    const char *taken, *others = sx_weights_others(from, &taken), *prefix = r->prefix;
    const size_t n = strlen(prefix);
    sx_str names = { 0 };
    sx_str_add(&names, others);
    const bool ok = sx_recognise_others(net, from, &names, err);
    sx_format(r->taken, sizeof r->taken, "%s", *others ? taken : "");
    if (!*others && names.len && n)
        sx_format(r->taken, sizeof r->taken, "%.*s", (int)n - 1, prefix);
    sx_format(r->others, sizeof r->others, "%s", sx_str_text(&names));
    sx_str_free(&names);
    return ok;
}

static bool describe_source(sx_weights *from, const sx_network *net, unsigned wrappers,
                            sx_import_report *r, sx_error *err) {
    sx_str names = { 0 };
    sx_format(r->prefix, sizeof r->prefix, "%s", sx_weights_prefix(from));
    sx_recognise_wrapper_names(wrappers & ~sx_recognise_wrappers(from), &names);
    sx_format(r->wrappers, sizeof r->wrappers, "%s", sx_str_text(&names));
    sx_str_free(&names);
    return describe_others(from, net, r, err);
}

bool sx_model_import(const char *path, const char *out, const sx_import_options *o,
                     sx_import_report *report, sx_error *err) {
    sx_network net;
    sx_weights *from = sx_weights_open_trained(path, err), *to = from ? sx_weights_new(err) : NULL;
    sx_graph *g = NULL;
    size_t left_out = 0;
    removed_values removed = { 0 };
    const unsigned wrappers = from ? sx_recognise_wrappers(from) : 0;
    bool ok = to && recognise(from, o->arch, &net, err) &&
              (g = sx_network_build(&net, sx_network_shape(&net, 224, 224), SX_WHOLE, err)) &&
              check_present(from, g, &net, err) &&
              copy_tensors(to, from, g, o->dtype, &left_out, err) && keep_metadata(to, from, err) &&
              set_metadata(to, &net, o, &removed, err) && check_tensors(g, to, path, &net, err) &&
              check_metadata(to, from, &net, out, err) && check_scale(to, &net, o, err);
    if (ok) {
        *report = (sx_import_report){ .arch = net.arch->name,
                                      .classes = sx_network_classes(&net),
                                      .tensor_count = sx_weights_count(to),
                                      .left_out = left_out };
        sx_format(report->removed, sizeof report->removed, "%s", sx_str_text(&removed.of_input));
        sx_format(report->removed_of_classes, sizeof report->removed_of_classes, "%s",
                  sx_str_text(&removed.of_classes));
        ok = describe_source(from, &net, wrappers, report, err) &&
             describe_assumed(from, to, &net, report, err) && sx_weights_save(to, out, err);
    }
    sx_str_free(&removed.of_input);
    sx_str_free(&removed.of_classes);
    sx_graph_free(g);
    sx_weights_free(to);
    sx_weights_free(from);
    return ok;
}
