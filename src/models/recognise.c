#include "models/recognise.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "models/convnext.h"

enum { MAX_PREFIXES = 256, PREFIX_BYTES = 256, MEASURED = 12 };

/* ---- names ---- */

static const char *const wrappers[] = { "_orig_mod.", "module.", "_fsdp_wrapped_module.",
                                        "_checkpoint_wrapped_module.", "_forward_module." };
enum { WRAPPERS = sizeof wrappers / sizeof wrappers[0] };

/* Removes every `part` that begins a part of the name ("a._orig_mod.b" -> "a.b"). */
static void remove_part(char *name, const char *part) {
    const size_t n = strlen(part);
    for (char *at = strstr(name, part); at; at = strstr(at, part))
        if (at == name || at[-1] == '.')
            memmove(at, at + n, strlen(at + n) + 1);
        else
            at++;
}

/* Replaces the first `from` by a shorter `to`; false: there is none. */
static bool shorten(char *name, const char *from, const char *to) {
    char *at = strstr(name, from);
    const size_t n = strlen(from), m = strlen(to);
    if (!at) return false;
    memcpy(at, to, m);
    memmove(at + m, at + n, strlen(at + n) + 1);
    return true;
}

/* A DenseNet of torchvision before 0.3 or of MONAI, or with a layer after its classifier. */
static void modern_densenet(char *name, bool keep_classifier) {
    static const char *const layers[][2] = { { ".norm.1.", ".norm1." },
                                             { ".norm.2.", ".norm2." },
                                             { ".conv.1.", ".conv1." },
                                             { ".conv.2.", ".conv2." },
                                             { ".layers.", "." } };
    for (size_t i = 0; strstr(name, ".denselayer") && i < sizeof layers / sizeof layers[0]; i++)
        shorten(name, layers[i][0], layers[i][1]);
    char *last = strstr(name, "class_layers.out.");
    if (last) shorten(last, "class_layers.out.", "classifier.");
    last = keep_classifier ? NULL : strstr(name, "classifier.0.");
    if (last) shorten(last, "classifier.0.", "classifier.");
}

static bool rename_tensor(void *user, const char *old, char *out, size_t size) {
    if (strlen(old) >= size) return false;
    memcpy(out, old, strlen(old) + 1);
    for (size_t i = 0; i < WRAPPERS; i++)
        remove_part(out, wrappers[i]);
    modern_densenet(out, *(const bool *)user);
    return *out && strcmp(old, out) != 0;
}

/* ---- ConvNeXt ---- */

/* What stands before the names of a ConvNeXt of timm or of the paper's code; false: it is none. */
static bool find_convnext(const sx_weights *w, char prefix[PREFIX_BYTES]) {
    static const char *const firsts[] = { "stages.0.blocks.0.conv_dw.weight",
                                          "stages.0.0.dwconv.weight" };
    for (size_t i = 0; i < sx_weights_count(w); i++)
        for (size_t k = 0; k < sizeof firsts / sizeof *firsts; k++) {
            const char *name = sx_weights_at(w, i)->name;
            if (!sx_ends_with(name, firsts[k])) continue;
            const size_t n = strlen(name) - strlen(firsts[k]);
            if ((n > 0 && name[n - 1] != '.') || n >= PREFIX_BYTES) continue;
            memcpy(prefix, name, n);
            prefix[n] = '\0';
            return true;
        }
    return false;
}

static bool rename_after(void *user, const char *old, char *out, size_t size) {
    const char *prefix = user;
    const size_t n = strlen(prefix);
    if (!sx_starts_with(old, prefix) || n >= size) return false;
    memcpy(out, prefix, n);
    return sx_convnext_rename(NULL, old + n, out + n, size - n);
}

/* torchvision's layer scale is [channels][1][1], that of the others [channels]. */
static bool convert_convnext(sx_weights *w, char *prefix, sx_error *err) {
    bool ok = sx_weights_rename(w, rename_after, prefix, err);
    for (size_t i = 0; ok && i < sx_weights_count(w); i++) {
        const sx_tensor *t = sx_weights_at(w, i);
        const int64_t dims[3] = { t->ndim == 1 ? t->dims[0] : 0, 1, 1 };
        if (t->ndim == 1 && sx_ends_with(t->name, ".layer_scale"))
            ok = sx_weights_reshape(w, i, 3, dims, err);
    }
    return ok;
}

bool sx_recognise_rename(sx_weights *w, sx_error *err) {
    char prefix[PREFIX_BYTES];
    bool keep_classifier = find_convnext(w, prefix); /* a norm, then a linear layer */
    for (size_t i = 0; i < sx_weights_count(w) && !keep_classifier; i++)
        keep_classifier = strstr(sx_weights_at(w, i)->name, "classifier.2.") != NULL;
    return sx_weights_rename(w, rename_tensor, &keep_classifier, err) &&
           (!find_convnext(w, prefix) || convert_convnext(w, prefix, err));
}

static bool has_part(const char *name, const char *part) {
    for (const char *at = strstr(name, part); at; at = strstr(at + 1, part))
        if (at == name || at[-1] == '.') return true;
    return false;
}

unsigned sx_recognise_wrappers(const sx_weights *w) {
    unsigned found = 0;
    for (size_t i = 0; i < sx_weights_count(w); i++)
        for (unsigned k = 0; k < WRAPPERS; k++)
            if (has_part(sx_weights_at(w, i)->name, wrappers[k])) found |= 1U << k;
    return found;
}

void sx_recognise_wrapper_names(unsigned found, sx_str *out) {
    for (unsigned k = 0; k < WRAPPERS; k++)
        if (found >> k & 1) sx_str_printf(out, "%s\"%s\"", out->len ? ", " : "", wrappers[k]);
}

/* ---- prefixes ---- */

typedef struct prefixes {
    char items[MAX_PREFIXES][PREFIX_BYTES];
    size_t count;
    bool full; /* there are more */
} prefixes;

static void add_prefix(prefixes *p, const char *name, size_t n) {
    if (n >= PREFIX_BYTES) return;
    for (size_t i = 0; i < p->count; i++)
        if (strlen(p->items[i]) == n && memcmp(p->items[i], name, n) == 0) return;
    p->full = p->full || p->count == MAX_PREFIXES;
    if (p->count == MAX_PREFIXES) return;
    memcpy(p->items[p->count], name, n);
    p->items[p->count++][n] = '\0';
}

static void find_anchor(prefixes *p, const sx_weights *w, const char *anchor) {
    for (size_t i = 0; i < sx_weights_count(w); i++) {
        const char *name = sx_weights_at(w, i)->name;
        if (!sx_ends_with(name, anchor)) continue;
        const size_t n = strlen(name) - strlen(anchor);
        if (n == 0 || name[n - 1] == '.') add_prefix(p, name, n);
    }
}

static bool is_average(const char *prefix) {
    return strstr(prefix, "ema") || strstr(prefix, "teacher") || strstr(prefix, "averaged");
}

/* What may stand before the names of the architectures: nothing, or what stands before one of their
 * anchors. Moving averages follow the raw weights. */
static void find_prefixes(prefixes *p, const sx_weights *w, const sx_arch *only) {
    prefixes all = { .count = 0 };
    add_prefix(&all, "", 0);
    for (size_t i = 0; i < sx_arch_count(); i++) {
        const sx_arch *arch = sx_arch_at(i);
        if (only && only != arch) continue;
        for (const char *const *a = arch->config->anchors; *a; a++)
            find_anchor(&all, w, *a);
    }
    for (int average = 0; average < 2; average++)
        for (size_t i = 0; i < all.count; i++)
            if (is_average(all.items[i]) == (average == 1))
                add_prefix(p, all.items[i], strlen(all.items[i]));
    p->full = all.full;
}

/* ---- fits ---- */

/* How well the tensors after a prefix fit an architecture. */
typedef struct fit {
    sx_network net;
    const char *prefix;
    size_t found, of; /* parameters of the network, without counters that are absent */
    sx_error misfit;  /* the first one that does not fit */
} fit;

static bool same_shape(const sx_tensor *t, const sx_param *p) {
    return t->ndim == p->ndim && memcmp(t->dims, p->dims, sizeof *p->dims * (size_t)p->ndim) == 0;
}

static void describe_misfit(fit *f, const sx_tensor *t, const sx_param *p) {
    char want[96], got[96];
    sx_tensor wanted = { .ndim = p->ndim };
    memcpy(wanted.dims, p->dims, sizeof wanted.dims);
    sx_tensor_shape(&wanted, want, sizeof want);
    if (!t)
        sx_fail(&f->misfit, SX_ERR_MISSING, "no tensor %s (%s)", p->name, want);
    else
        sx_fail(&f->misfit, SX_ERR_MISSING, "tensor %s is %s, the network needs %s", p->name,
                sx_tensor_shape(t, got, sizeof got), want);
}

static void measure(fit *f, const sx_weights *w) {
    sx_graph *g = sx_network_build(&f->net, sx_network_shape(&f->net, 224, 224), SX_WHOLE, NULL);
    for (size_t i = 0; g && i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        const sx_tensor *t = sx_weights_find(w, p->name);
        if (!t && p->kind == SX_PARAM_COUNTER) continue;
        f->of++;
        if (t && same_shape(t, p))
            f->found++;
        else if (f->misfit.code == SX_OK)
            describe_misfit(f, t, p);
    }
    sx_graph_free(g);
}

static bool is_whole(const fit *f) {
    return f->found > 0 && f->misfit.code == SX_OK;
}

static bool is_better(const fit *a, const fit *b) {
    if (is_whole(a) != is_whole(b)) return is_whole(a);
    return a->of && (!b->of || a->found * b->of > b->found * a->of);
}

/* Measures the architectures with each of the first prefixes until one fits as a whole. A deeper
 * network has all tensors of a shallower one, except for the shapes after it, so that the order of
 * the table does not matter. Each measurement builds a network, which takes too long for hundreds
 * of prefixes. */
static bool find_best(const prefixes *p, const sx_arch *only, sx_weights *w, fit *best,
                      sx_error *err) {
    for (size_t k = 0; k < p->count && k < MEASURED && !is_whole(best); k++) {
        if (!sx_weights_set_prefix(w, p->items[k], err)) return false;
        for (size_t i = 0; i < sx_arch_count() && !is_whole(best); i++) {
            if (only && only != sx_arch_at(i)) continue;
            fit f = { .prefix = p->items[k] };
            sx_network_default(&f.net, sx_arch_at(i), 0);
            sx_network_adapt(&f.net, w);
            measure(&f, w);
            if (!best->net.arch || is_better(&f, best)) *best = f;
        }
    }
    return sx_weights_set_prefix(w, best->prefix, err);
}

/* Whether these are a ResNet of 50 layers or more by itself, as torchvision, timm, Detectron2 and
 * Caffe2 name its tensors: the backbone of a detector. */
static bool is_resnet(const sx_weights *w) {
    static const char *const names[] = { "layer1.0.conv3.weight", "res2.0.conv3.weight",
                                         "res2_0_branch2c_w" };
    for (size_t i = 0; i < sx_weights_count(w); i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (sx_ends_with(sx_weights_at(w, i)->name, names[k])) return true;
    return false;
}

/* A backbone, or a network of one input channel, is no whole network but can start one. */
static const char *start_hint(const fit *f, const sx_weights *w) {
    if (f->of && 10 * f->found >= 9 * f->of)
        return f->net.arch->task == SX_DETECTOR
                   ? " (a training can start from it: spinexr train detector --init FILE)"
                   : " (a training can start from it: spinexr train classifier --init FILE)";
    if (is_resnet(w) && (!f->net.arch || f->net.arch->task == SX_DETECTOR || f->found == 0))
        return " (a ResNet alone; a detector's training can start from it: spinexr train detector "
               "--init FILE)";
    return "";
}

const char *sx_recognise_start_hint(const sx_network *net, const sx_weights *w) {
    fit f = { .net = *net };
    measure(&f, w);
    return start_hint(&f, w);
}

static bool fail_misfit(const fit *best, const sx_weights *w, sx_error *err) {
    char first[300];
    const char *path = sx_weights_path(w), *const hint = start_hint(best, w),
               *const none = "the metadata do not name the architecture, "
                             "and the tensors fit no known one";
    if (best->found == 0)
        return sx_fail(err, SX_ERR_MISSING, "%s: %s; %s%s", path, none,
                       sx_weights_describe_first(w, first, sizeof first), hint);
    return sx_fail(err, SX_ERR_MISSING,
                   "%s: %s; nearest: %s, %zu of its %zu tensors fit%s%s%s: %s%s", path, none,
                   best->net.arch->name, best->found, best->of, *best->prefix ? " after \"" : "",
                   best->prefix, *best->prefix ? "\"" : "", best->misfit.message, hint);
}

bool sx_recognise_tensors(sx_network *net, const sx_arch *only, sx_weights *w, sx_error *err) {
    prefixes p = { .count = 0 };
    fit best = { .prefix = "" };
    if (!sx_recognise_rename(w, err)) return false;
    find_prefixes(&p, w, only);
    if (!find_best(&p, only, w, &best, err)) return false;
    *net = best.net;
    return only || is_whole(&best) || fail_misfit(&best, w, err);
}

static bool fits_after(const sx_arch *arch, sx_weights *w, const char *prefix, bool *whole,
                       sx_error *err) {
    fit f = { .prefix = prefix };
    if (!sx_weights_set_prefix(w, prefix, err)) return false;
    sx_network_default(&f.net, arch, 0);
    sx_network_adapt(&f.net, w);
    measure(&f, w);
    *whole = is_whole(&f);
    return true;
}

bool sx_recognise_others(const sx_network *net, sx_weights *w, sx_str *out, sx_error *err) {
    prefixes p = { .count = 0 };
    char own[PREFIX_BYTES];
    size_t others = 0;
    snprintf(own, sizeof own, "%s", sx_weights_prefix(w));
    bool whole = false, ok = sx_weights_set_prefix(w, "", err);
    if (ok) find_prefixes(&p, w, net->arch);
    for (size_t i = 0; ok && i < p.count; i++) {
        const char *other = p.items[i];
        if (!*other || strcmp(other, own) == 0) continue;
        ok = fits_after(net->arch, w, other, &whole, err);
        if (ok && whole && others++ < SX_RECOGNISE_OTHERS)
            sx_str_printf(out, "%s%.*s", out->len ? ", " : "", (int)strlen(other) - 1, other);
    }
    if (others > SX_RECOGNISE_OTHERS)
        sx_str_printf(out, ", and %s%zu more", p.full ? "at least " : "",
                      others - SX_RECOGNISE_OTHERS);
    return ok && sx_weights_set_prefix(w, own, err) && sx_str_ok(out, err);
}

bool sx_recognise_has_names(const sx_arch *arch, const sx_weights *w) {
    for (const char *const *a = arch->config->anchors; *a; a++)
        if (sx_weights_find(w, *a)) return true;
    return false;
}

bool sx_recognise_names(const sx_network *net, sx_weights *w, sx_error *err) {
    prefixes p = { .count = 0 };
    size_t best = 0, most = 0;
    if (sx_weights_meta(w, "spinexr.arch") && sx_recognise_has_names(net->arch, w)) return true;
    if (!sx_recognise_rename(w, err)) return false;
    find_prefixes(&p, w, net->arch);
    for (size_t i = 0; i < p.count; i++) {
        fit f = { .net = *net };
        if (!sx_weights_set_prefix(w, p.items[i], err)) return false;
        measure(&f, w);
        if (f.found > most) {
            best = i;
            most = f.found;
        }
    }
    return sx_weights_set_prefix(w, p.items[best], err);
}
