#include "models/init_names.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "models/convnext.h"
#include "models/densenet.h"
#include "models/init_adapt.h"
#include "models/init_resnet.h"
#include "models/recognise.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

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
        if (!sx_init_resnet_names(w, err)) return false;
    }
    return sx_recognise_names(net, w, err);
}

const char *sx_init_origin(const sx_weights *w) {
    return sx_weights_meta(w, SX_INIT_ORIGIN);
}

bool sx_init_other_strides(const sx_network *net, const sx_weights *w) {
    if (!sx_weights_meta(w, SX_INIT_FIRST_LAYER)) return false;
    for (const sx_arch_field *f = net->arch->config->fields; f->name; f++)
        if (strcmp(f->name, "backbone_stride_in_1x1") == 0)
            return *(const int *)(const void *)(net->config + f->offset) != 0;
    return false;
}
