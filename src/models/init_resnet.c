#include "models/init_resnet.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "models/init_adapt.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- names ---- */

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

/* ---- places ---- */

enum { MOST_PLACES = 32, PLACE_BYTES = 160 };

/* What the names of a ResNet's tensors show. */
typedef struct resnet_names {
    /* What stands before them: "", "model.", "backbone.body.", ... */
    char places[MOST_PLACES][PLACE_BYTES];
    size_t place_count;
    bool torchvision; /* layer1.0.conv1 */
    bool backbone;    /* stem.conv1, res2.0.conv1 or Caffe2's: a file of the backbone alone */
    bool converted;   /* stem.fc: Detectron2's converter of torchvision's files keeps this layer */
} resnet_names;

static void add_place(resnet_names *seen, const char *name, size_t length) {
    if (seen->place_count == MOST_PLACES || length >= PLACE_BYTES) return;
    for (size_t i = 0; i < seen->place_count; i++)
        if (strlen(seen->places[i]) == length && strncmp(seen->places[i], name, length) == 0)
            return;
    memcpy(seen->places[seen->place_count], name, length);
    seen->places[seen->place_count++][length] = '\0';
}

/* Any prefix may stand before the names, so it is taken from a tensor that every ResNet has. */
static void find_places(resnet_names *seen, const sx_weights *w) {
    static const char *const firsts[] = { "layer1.0.conv1.weight", "res2.0.conv1.weight",
                                          "res2_0_branch2a_w" };
    add_place(seen, "", 0);
    for (size_t i = 0; i < sx_weights_count(w); i++)
        for (size_t k = 0; k < COUNT(firsts); k++) {
            const char *name = sx_weights_at(w, i)->name;
            if (!sx_ends_with(name, firsts[k])) continue;
            const size_t before = strlen(name) - strlen(firsts[k]);
            if (before == 0 || name[before - 1] == '.') add_place(seen, name, before);
        }
}

/* The name of a tensor that stands after `place`; false: it keeps its own. */
static bool rename_after(resnet_names *seen, const char *place, const char *old, char *out,
                         size_t size) {
    static const char whole[] = "backbone.bottom_up.", bottom_up[] = "bottom_up.";
    char modern[96];
    const bool torchvision = torchvision_name(old, modern, sizeof modern);
    const char *name = torchvision || modern_caffe2(old, modern, sizeof modern) ? modern : old;
    size_t before = strlen(place);
    if (!is_stage(name)) return false;
    seen->torchvision |= torchvision;
    if (sx_ends_with(place, bottom_up))
        before -= strlen(sx_ends_with(place, whole) ? whole : bottom_up);
    else
        seen->backbone = true;
    seen->converted |= sx_starts_with(name, "stem.fc.");
    const int n = snprintf(out, size, "%.*s%s%s", (int)before, place, whole, name);
    return n > 0 && (size_t)n < size;
}

static bool rename_resnet(void *user, const char *old, char *out, size_t size) {
    resnet_names *seen = user;
    for (size_t i = 0; i < seen->place_count; i++) {
        const char *place = seen->places[i];
        if (sx_starts_with(old, place) && rename_after(seen, place, old + strlen(place), out, size))
            return strcmp(old, out) != 0;
    }
    return false;
}

/* ---- origin ---- */

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
    return sx_weights_set_meta(w, SX_INIT_ORIGIN, text, err) &&
           (!torchvision || sx_weights_set_meta(w, SX_INIT_FIRST_LAYER,
                                                "backbone.bottom_up.stem.conv1.weight", err));
}

bool sx_init_resnet_names(sx_weights *w, sx_error *err) {
    resnet_names seen = { .place_count = 0 };
    find_places(&seen, w);
    return sx_weights_rename(w, rename_resnet, &seen, err) && set_origin(w, &seen, err);
}

/* ---- depth ---- */

enum { STAGES = 4 };

static const sx_tensor *weight_of(const sx_weights *w, int stage, int block, int conv) {
    char name[64];
    sx_format(name, sizeof name, "backbone.bottom_up.res%d.%d.conv%d.weight", stage + 2, block,
              conv);
    return sx_weights_find(w, name);
}

/* A block of two 3x3 convolutions, or of 1x1, 3x3 and 1x1 (He 2016, table 1); 0: another. */
static int depth_of(const int blocks[STAGES], int convs) {
    static const struct {
        int depth, convs, blocks[STAGES];
    } known[] = { { 18, 2, { 2, 2, 2, 2 } },
                  { 34, 2, { 3, 4, 6, 3 } },
                  { 50, 3, { 3, 4, 6, 3 } },
                  { 101, 3, { 3, 4, 23, 3 } },
                  { 152, 3, { 3, 8, 36, 3 } } };
    for (size_t i = 0; i < COUNT(known); i++)
        if (convs == known[i].convs && memcmp(blocks, known[i].blocks, sizeof known[i].blocks) == 0)
            return known[i].depth;
    return 0;
}

/* 0: no ResNet, or one with groups or of another width (ResNeXt, Wide ResNet). */
static int file_depth(const sx_weights *w) {
    int blocks[STAGES] = { 0 };
    const sx_tensor *stem = sx_weights_find(w, "backbone.bottom_up.stem.conv1.weight"),
                    *first = weight_of(w, 0, 0, 1), *second = weight_of(w, 0, 0, 2);
    if (!stem || !first || !second || second->ndim != 4 || stem->dims[0] != first->dims[0] ||
        second->dims[0] != second->dims[1])
        return 0;
    for (int i = 0; i < STAGES; i++)
        while (weight_of(w, i, blocks[i], 1))
            blocks[i]++;
    return depth_of(blocks, weight_of(w, 0, 0, 3) ? 3 : 2);
}

/* -1: the network has no ResNet. */
static int network_depth(const sx_network *net) {
    for (const sx_arch_field *f = net->arch->config->fields; f->name; f++)
        if (strcmp(f->name, "backbone_blocks") == 0 && f->count == STAGES)
            return depth_of((const int *)(const void *)(net->config + f->offset), 3);
    return -1;
}

/* sparse_rcnn_r101 for sparse_rcnn_r50; NULL: there is none. */
static const sx_arch *of_depth(const sx_arch *arch, int depth) {
    char name[64];
    size_t n = strlen(arch->name);
    while (n > 0 && sx_is_digit(arch->name[n - 1]))
        n--;
    sx_format(name, sizeof name, "%.*s%d", (int)n, arch->name, depth);
    return sx_arch_find(name);
}

bool sx_init_resnet_depths(const sx_network *net, const sx_weights *w, sx_str *out) {
    const int theirs = file_depth(w), ours = network_depth(net);
    if (theirs == 0 || ours < 0 || theirs == ours) return false;
    sx_str_printf(out, "the file seems to be a ResNet-%d", theirs);
    if (ours > 0) sx_str_printf(out, ", %s has a ResNet-%d", net->arch->name, ours);
    const sx_arch *other = of_depth(net->arch, theirs);
    if (other && other != net->arch)
        sx_str_printf(out, "; %s fits it (--set MODEL.RESNETS.DEPTH=%d)", other->name, theirs);
    return true;
}
