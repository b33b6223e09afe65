#include "models/init_names.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "models/convnext.h"
#include "models/densenet.h"
#include "models/init_adapt.h"
#include "models/recognise.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define ORIGIN      "init.origin"

/* ---- DenseNet ---- */

/* torchvision's names and the authors'; the first that a name contains counts. */
static const char *const densenet_names[][2] = {
    { "features.conv0.", "backbone.stem.0." },   { "features.norm0.", "backbone.stem.1." },
    { "features.denseblock", "backbone.block" }, { "features.transition", "backbone.transition" },
    { "features.norm5.", "backbone.norm5." },    { "classifier.", "head.heads.0." },
};

/* Where `part` begins a part of the dotted name; NULL: nowhere. */
static const char *find_part(const char *name, const char *part) {
    const char *at = strstr(name, part);
    while (at && at != name && at[-1] != '.')
        at = strstr(at + 1, part);
    return at;
}

static bool rename_densenet(void *user, const char *old, char *out, size_t size) {
    const int from = *(const int *)user;
    for (size_t i = 0; i < COUNT(densenet_names); i++) {
        const char *part = densenet_names[i][from], *at = find_part(old, part);
        if (!at) continue;
        const int n = snprintf(out, size, "%.*s%s%s", (int)(at - old), old,
                               densenet_names[i][!from], at + strlen(part));
        return n > 0 && (size_t)n < size;
    }
    return false;
}

/* ---- ResNet ---- */

/* "w", "bn_s" and so on, after "conv1_" or "res2_0_branch2a_"; NULL: unknown. */
static const char *caffe2_kind(const char *kind) {
    static const char *const kinds[][2] = {
        { "w", "weight" },
        { "b", "bias" },
        { "bn_s", "norm.weight" },
        { "bn_b", "norm.bias" },
        { "bn_rm", "norm.running_mean" },
        { "bn_riv", "norm.running_var" },
        { "bn_running_mean", "norm.running_mean" },
        { "bn_running_var", "norm.running_var" },
    };
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kind, kinds[i][0]) == 0) return kinds[i][1];
    return NULL;
}

static const char *caffe2_branch(const char *branch) {
    static const char *const branches[][2] = {
        { "1", "shortcut" }, { "2a", "conv1" }, { "2b", "conv2" }, { "2c", "conv3" }
    };
    for (size_t i = 0; i < COUNT(branches); i++)
        if (strcmp(branch, branches[i][0]) == 0) return branches[i][1];
    return NULL;
}

/* A number of at most `digits` digits at *at, which moves behind it; -1: there is none. */
static int take_number(const char **at, int digits) {
    int n = -1;
    for (; digits > 0 && sx_is_digit(**at); digits--, ++*at)
        n = (n < 0 ? 0 : 10 * n) + (**at - '0');
    return n;
}

/* Moves *at behind `text` if it stands there. */
static bool take_text(const char **at, const char *text) {
    if (!sx_starts_with(*at, text)) return false;
    *at += strlen(text);
    return true;
}

/* Caffe2's name as Detectron2 writes it; false: the name is another. */
static bool modern_caffe2(const char *old, char *out, size_t size) {
    const char *at = old;
    if (take_text(&at, "res_conv1_") || take_text(&at, "conv1_")) {
        const char *kind = caffe2_kind(at);
        if (kind) snprintf(out, size, "stem.conv1.%s", kind);
        return kind != NULL;
    }
    if (!take_text(&at, "res")) return false;
    const int stage = take_number(&at, 1);
    if (stage < 0 || !take_text(&at, "_")) return false;
    const int block = take_number(&at, 3);
    if (block < 0 || !take_text(&at, "_branch")) return false;
    char part[3] = "";
    for (int i = 0; i < 2 && *at && *at != '_'; i++)
        part[i] = *at++;
    if (!take_text(&at, "_")) return false;
    const char *branch = caffe2_branch(part), *kind = caffe2_kind(at);
    if (branch && kind) snprintf(out, size, "res%d.%d.%s.%s", stage, block, branch, kind);
    return branch && kind;
}

/* torchvision's and timm's name as Detectron2 writes it; false: the name is another. */
static bool torchvision_name(const char *old, char *out, size_t size) {
    const char *at = old;
    int n = 0;
    if (take_text(&at, "conv1."))
        n = snprintf(out, size, "stem.conv1.%s", at);
    else if (take_text(&at, "bn1."))
        n = snprintf(out, size, "stem.conv1.norm.%s", at);
    if (n > 0) return (size_t)n < size;
    if (!take_text(&at, "layer")) return false;
    const int layer = take_number(&at, 1);
    if (layer < 1 || layer > 4 || !take_text(&at, ".")) return false;
    const int block = take_number(&at, 3);
    if (block < 0 || !take_text(&at, ".")) return false;
    char part[24] = "";
    if (take_text(&at, "downsample.0."))
        snprintf(part, sizeof part, "shortcut.");
    else if (take_text(&at, "downsample.1."))
        snprintf(part, sizeof part, "shortcut.norm.");
    else if (take_text(&at, "bn"))
        snprintf(part, sizeof part, "conv%d.norm.", take_number(&at, 1));
    else if (take_text(&at, "conv"))
        snprintf(part, sizeof part, "conv%d.", take_number(&at, 1));
    if (!part[0]) return false;
    n = snprintf(out, size, "res%d.%d.%s%s", layer + 1, block, part, *at == '.' ? at + 1 : at);
    return n > 0 && (size_t)n < size;
}

static bool is_stage(const char *name) {
    return sx_starts_with(name, "stem.") ||
           (sx_starts_with(name, "res") && name[3] >= '2' && name[3] <= '5' && name[4] == '.');
}

/* What the names of a ResNet's tensors show. */
typedef struct resnet_names {
    bool torchvision; /* layer1.0.conv1 */
    bool backbone;    /* stem.conv1, res2.0.conv1 or Caffe2's: a file of the backbone alone */
    bool converted;   /* stem.fc: Detectron2's converter of torchvision's files keeps this layer */
} resnet_names;

static bool rename_resnet(void *user, const char *old, char *out, size_t size) {
    char modern[96];
    resnet_names *seen = user;
    const bool torchvision = torchvision_name(old, modern, sizeof modern);
    const char *name = torchvision || modern_caffe2(old, modern, sizeof modern) ? modern : old;
    seen->torchvision |= torchvision;
    seen->backbone |= is_stage(name);
    seen->converted |= sx_starts_with(name, "stem.fc.");
    const char *before = is_stage(name)                       ? "backbone.bottom_up."
                         : sx_starts_with(name, "bottom_up.") ? "backbone."
                                                              : NULL;
    if (!before) return false;
    const int n = snprintf(out, size, "%s%s", before, name);
    return n > 0 && (size_t)n < size;
}

/* Whose ResNet it is decides how its network read the pixels. `author`: of the file's header. */
static bool set_origin(sx_weights *w, const resnet_names *seen, sx_error *err) {
    char how[128] = "its names";
    const char *author = sx_weights_meta(w, SX_WEIGHTS_AUTHOR);
    bool torchvision = seen->torchvision;
    if (!torchvision && !seen->backbone) return true; /* a whole detector, or no ResNet */
    if (!torchvision && author) {
        torchvision = sx_equal_letters(author, "torchvision");
        sx_format(how, sizeof how, "its header, %s: %s", SX_WEIGHTS_AUTHOR, author);
    } else if (!torchvision && seen->converted) {
        torchvision = true;
        sx_format(how, sizeof how, "its tensors stem.fc");
    } else if (!torchvision) {
        sx_format(how, sizeof how, "default: no header names another author");
    }
    char text[256];
    sx_format(text, sizeof text, "%s (%s)",
              torchvision ? "taken as a ResNet of torchvision or timm, which reads red first and "
                            "divides by ImageNet's deviation"
                          : "taken as MSRA's ResNet, which reads blue first and does not divide by "
                            "the deviation",
              how);
    return sx_weights_set_meta(w, ORIGIN, text, err) &&
           (!torchvision || sx_weights_set_meta(w, SX_INIT_FIRST_LAYER,
                                                "backbone.bottom_up.stem.conv1.weight", err));
}

/* ---- both ---- */

static bool has_anchor(const sx_network *net, const char *part) {
    for (const char *const *a = net->arch->config->anchors; *a; a++)
        if (strstr(*a, part)) return true;
    return false;
}

bool sx_init_names(const sx_network *net, sx_weights *w, sx_error *err) {
    if (!sx_weights_meta(w, "spinexr.arch") && !sx_recognise_rename(w, err)) return false;
    if (has_anchor(net, "features.conv0")) {
        int from = ((const sx_densenet *)(const void *)&net->config)->torchvision;
        if (!sx_weights_rename(w, rename_densenet, &from, err)) return false;
    } else if (has_anchor(net, "features.7.0.block")) {
        if (!sx_weights_rename(w, sx_convnext_rename, NULL, err)) return false;
    } else if (has_anchor(net, "backbone.bottom_up.stem")) {
        resnet_names seen = { 0 };
        if (!sx_weights_rename(w, rename_resnet, &seen, err) || !set_origin(w, &seen, err))
            return false;
    }
    return sx_recognise_names(net, w, err);
}

const char *sx_init_origin(const sx_weights *w) {
    return sx_weights_meta(w, ORIGIN);
}

bool sx_init_other_strides(const sx_network *net, const sx_weights *w) {
    if (!sx_weights_meta(w, SX_INIT_FIRST_LAYER)) return false;
    for (const sx_arch_field *f = net->arch->config->fields; f->name; f++)
        if (strcmp(f->name, "backbone_stride_in_1x1") == 0)
            return *(const int *)(const void *)(net->config + f->offset) != 0;
    return false;
}
