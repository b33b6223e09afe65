/* Weights that training starts from in other shapes and with other names: torchvision's and timm's
 * ResNets for detectors, timm's ConvNeXt, a DenseNet for grey images. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "models/init_adapt.h"
#include "models/init_names.h"
#include "support/check.h"
#include "support/foreign_names.h"
#include "support/small_networks.h"
#include "train/trainer.h"

typedef bool name_fn(const char *name, char *out, size_t size);

static float value_at(const char *name, int64_t i) {
    return (float)(strlen(name) % 7 + 1) + 0.01F * (float)(i % 97);
}

/* The parameters for which `rename` gives a name, with that name; flat: those with dimensions of 1
 * at the end have fewer. Numbers: value_at of our name. *count: their number. */
static sx_weights *foreign_weights(const sx_network *net, name_fn *rename, bool flat,
                                   size_t *count) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    sx_graph *g = sx_network_build(net, sx_network_shape(net, 64, 64), SX_WHOLE, &err);
    CHECK_OK(w && g, err);
    *count = 0;
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        char name[160];
        if (p->kind == SX_PARAM_COUNTER || !rename(p->name, name, sizeof name)) continue;
        int ndim = p->ndim;
        while (flat && ndim == 3 && p->dims[1] == 1 && p->dims[2] == 1)
            ndim = 1;
        float *v = sx_weights_add_empty(w, name, SX_F32, ndim, p->dims, &err);
        CHECK_OK(v != NULL, err);
        int64_t n = 1;
        for (int k = 0; k < p->ndim; k++)
            n *= p->dims[k];
        for (int64_t k = 0; k < n; k++)
            v[k] = value_at(p->name, k);
        ++*count;
    }
    sx_graph_free(g);
    return w;
}

/* The weights of a trainer that starts from w. */
static sx_weights *started(const sx_network *net, sx_weights *w) {
    sx_error err = { 0 };
    const sx_trainer_options o = { .pad = 32 };
    CHECK_OK(sx_init_names(net, w, &err), err);
    sx_trainer *t = sx_trainer_new(net, w, &o, &err);
    CHECK_OK(t != NULL, err);
    sx_weights *out = sx_trainer_weights(t, false, &err);
    CHECK_OK(out != NULL, err);
    sx_trainer_free(t);
    return out;
}

/* Whether every tensor of `out` that the names contain `part` holds the file's numbers; `except`:
 * one that was adapted. */
static size_t check_taken(const sx_weights *out, const char *part, const char *except) {
    size_t n = 0;
    for (size_t i = 0; i < sx_weights_count(out); i++) {
        const sx_tensor *t = sx_weights_at(out, i);
        if (t->dtype != SX_F32 || !strstr(t->name, part) || strcmp(t->name, except) == 0) continue;
        const int64_t last = sx_tensor_count(t) - 1;
        if (((const float *)t->data)[last] != value_at(t->name, last))
            fail_msg("%s was not taken", t->name);
        n++;
    }
    return n;
}

/* ---- ResNet ---- */

/* "backbone.bottom_up.res2.0.conv1.norm.bias" as layer1.0.bn1.bias */
static bool torchvision_name(const char *name, char *out, size_t size) {
    static const char before[] = "backbone.bottom_up.";
    int stage, block, conv, at = 0;
    if (!sx_starts_with(name, before)) return false;
    name += strlen(before);
    if (sx_starts_with(name, "stem.conv1.norm."))
        snprintf(out, size, "bn1.%s", name + strlen("stem.conv1.norm."));
    else if (sx_starts_with(name, "stem."))
        snprintf(out, size, "%s", name + strlen("stem."));
    else if (sscanf(name, "res%d.%d.shortcut.norm.%n", &stage, &block, &at) == 2 && at)
        snprintf(out, size, "layer%d.%d.downsample.1.%s", stage - 1, block, name + at);
    else if (sscanf(name, "res%d.%d.shortcut.%n", &stage, &block, &at) == 2 && at)
        snprintf(out, size, "layer%d.%d.downsample.0.%s", stage - 1, block, name + at);
    else if (sscanf(name, "res%d.%d.conv%d.norm.%n", &stage, &block, &conv, &at) == 3 && at)
        snprintf(out, size, "layer%d.%d.bn%d.%s", stage - 1, block, conv, name + at);
    else if (sscanf(name, "res%d.%d.conv%d.%n", &stage, &block, &conv, &at) == 3 && at)
        snprintf(out, size, "layer%d.%d.conv%d.%s", stage - 1, block, conv, name + at);
    return true;
}

/* The ResNet of a model, of a detector of MMDetection, of one of torchvision. */
static bool of_model(const char *name, char *out, size_t size) {
    char own[160];
    return torchvision_name(name, own, sizeof own) && snprintf(out, size, "model.%s", own) > 0;
}

static bool of_backbone(const char *name, char *out, size_t size) {
    char own[160];
    return torchvision_name(name, own, sizeof own) && snprintf(out, size, "backbone.%s", own) > 0;
}

static bool of_body(const char *name, char *out, size_t size) {
    char own[160];
    return torchvision_name(name, own, sizeof own) &&
           snprintf(out, size, "module.backbone.body.%s", own) > 0;
}

static void check_torchvision(name_fn *rename, const char *prefix) {
    static const char first[] = "backbone.bottom_up.stem.conv1.weight";
    const sx_network net =
        small_network("retinanet_r50", "{\"backbone_stem\": 8, \"backbone_blocks\": [2, 1, 1, 1], "
                                       "\"channels\": 16, \"convs\": 1}");
    size_t count;
    sx_error err = { 0 };
    sx_weights *w = foreign_weights(&net, rename, false, &count);
    CHECK_OK(sx_weights_set_prefix(w, prefix, &err), err);
    assert_non_null(sx_weights_find(w, "layer1.1.conv3.weight"));
    assert_non_null(sx_weights_find(w, "layer4.0.downsample.1.running_var"));
    sx_weights *out = started(&net, w);
    assert_int_equal(check_taken(out, "bottom_up", first), count - 1);
    /* 7x7; the last output: blue of the network is red of the file times 1 / its deviation */
    assert_true(sx_init_other_strides(&net, w));
    const sx_network same = small_network("retinanet_r50", "{\"backbone_stride_in_1x1\": 0}");
    assert_false(sx_init_other_strides(&same, w));
    const float *v = sx_weights_find(out, first)->data;
    static const float std[] = { 58.395F, 57.12F, 57.375F };
    for (int c = 0; c < 3; c++) {
        const int64_t at = (7 * 3 + c) * 49 + 5, from = (7 * 3 + 2 - c) * 49 + 5;
        assert_true(fabsf(v[at] - value_at(first, from) / std[2 - c]) <= 1e-6F);
    }
    sx_weights_free(out);
    sx_weights_free(w);
}

static void test_resnet_of_torchvision(void **state) {
    (void)state;
    check_torchvision(torchvision_name, "");
    check_torchvision(of_model, "model.");
    check_torchvision(of_backbone, "backbone.");
    check_torchvision(of_body, "module.backbone.body.");
}

/* A number that is no number is named as the file names it, too. */
static void test_names_of_the_file(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t count;
    const sx_network net =
        small_network("retinanet_r50", "{\"backbone_stem\": 8, \"backbone_blocks\": [1, 1, 1, 1], "
                                       "\"channels\": 16, \"convs\": 1}");
    sx_weights *w = foreign_weights(&net, of_model, false, &count);
    const sx_tensor *t = sx_weights_find(w, "model.layer2.0.conv1.weight");
    assert_non_null(t);
    ((float *)(uintptr_t)t->data)[1] = NAN;
    CHECK_OK(sx_init_names(&net, w, &err), err);
    const sx_trainer_options o = { .pad = 32 };
    CHECK_FAILS(sx_trainer_new(&net, w, &o, &err), err, SX_ERR_VALUE,
                "tensor model.backbone.bottom_up.res3.0.conv1.weight (in the file "
                "model.layer2.0.conv1.weight) holds NaN");
    sx_weights_free(w);
}

/* ---- ConvNeXt ---- */

static bool timm_name(const char *name, char *out, size_t size) {
    foreign_convnext_name(name, out, size, true);
    return true;
}
static bool paper_name(const char *name, char *out, size_t size) {
    foreign_convnext_name(name, out, size, false);
    return true;
}

static bool own_name(const char *name, char *out, size_t size) {
    snprintf(out, size, "%s", name);
    return true;
}

static void test_convnext(void **state) {
    (void)state;
    const sx_network net =
        small_network("convnext_tiny", "{\"width\": 8, \"blocks\": [1, 1, 2, 1]}");
    static const struct {
        name_fn *rename;
        const char *scale;
    } files[] = { { timm_name, "stages.2.blocks.1.gamma" },
                  { paper_name, "stages.2.1.gamma" },
                  { own_name, "features.5.1.layer_scale" } };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        size_t count;
        sx_weights *w = foreign_weights(&net, files[i].rename, true, &count);
        assert_int_equal(sx_weights_find(w, files[i].scale)->ndim, 1);
        sx_weights *out = started(&net, w);
        assert_int_equal(check_taken(out, "", ""), count);
        sx_weights_free(out);
        sx_weights_free(w);
    }
}

/* ---- one channel ---- */

static bool same_name(const char *name, char *out, size_t size) {
    snprintf(out, size, "%s", name);
    return strcmp(name, "features.conv0.weight") != 0;
}

static void check_grey_densenet(bool torchxrayvision) {
    sx_error err = { 0 };
    const float scale = torchxrayvision ? 2048.0F / 255 : 1;
    static const char first[] = "features.conv0.weight";
    const sx_network net =
        small_network("densenet121", "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, "
                                     "1, 1], \"torchvision\": 1}");
    size_t count;
    sx_weights *w = foreign_weights(&net, same_name, false, &count);
    float *v = sx_weights_add_empty(w, first, SX_F32, 4, (int64_t[]){ 8, 1, 7, 7 }, &err);
    CHECK_OK(v != NULL, err);
    for (int i = 0; i < 8 * 49; i++)
        v[i] = (float)i;
    if (torchxrayvision)
        assert_non_null(sx_weights_add_empty(w, "op_threshs", SX_F32, 1, (int64_t[]){ 18 }, &err));
    sx_weights *out = started(&net, w);
    assert_int_equal(check_taken(out, "", first), count);
    const float *got = sx_weights_find(out, first)->data;
    for (int o = 0; o < 8; o++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 49; i++)
                assert_true(fabsf(got[(o * 3 + c) * 49 + i] - scale * (float)(o * 49 + i) / 3) <=
                            1e-3F);
    sx_weights_free(out);
    sx_weights_free(w);
}

static void test_grey_densenet(void **state) {
    (void)state;
    check_grey_densenet(false);
    check_grey_densenet(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resnet_of_torchvision),
        cmocka_unit_test(test_names_of_the_file),
        cmocka_unit_test(test_convnext),
        cmocka_unit_test(test_grey_densenet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
