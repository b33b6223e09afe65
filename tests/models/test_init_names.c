/* Weights that training starts from: names of torchvision, of the authors, of Detectron2 and of
 * Caffe2 become those of the network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "models/init_adapt.h"
#include "models/init_names.h"
#include "support/check.h"
#include "support/small_networks.h"
#include "train/trainer.h"

#define SMALL      "\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]"
#define SMALL_NETS "\"backbone_stem\": 8, \"backbone_blocks\": [2, 1, 1, 1]"

/* All parameters of the network as zeros. */
static sx_weights *weights_of(const sx_network *net) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    sx_graph *g = small_network_graph(net);
    CHECK_OK(w, err);
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        CHECK_OK(sx_weights_add_empty(w, p->name, p->kind == SX_PARAM_COUNTER ? SX_I64 : SX_F32,
                                      p->ndim, p->dims, &err),
                 err);
    }
    sx_graph_free(g);
    return w;
}

static size_t found(const sx_network *net, const sx_weights *w) {
    sx_graph *g = small_network_graph(net);
    size_t n = 0;
    for (size_t i = 0; i < sx_graph_param_count(g); i++)
        n += sx_weights_find(w, sx_graph_param(g, i)->name) != NULL;
    sx_graph_free(g);
    return n;
}

static void check_densenet(const char *of_file, const char *of_network) {
    sx_error err = { 0 };
    const sx_network theirs = small_network("densenet121", of_file),
                     ours = small_network("densenet121", of_network);
    sx_weights *w = weights_of(&theirs);
    CHECK_OK(sx_init_names(&ours, w, &err), err);
    assert_int_equal(found(&ours, w), sx_weights_count(w));
    sx_weights_free(w);
}

static void test_densenet_in_both_directions(void **state) {
    (void)state;
    static const char torchvision[] = "{" SMALL ", \"torchvision\": 1}", authors[] = "{" SMALL "}";
    check_densenet(torchvision, authors);
    check_densenet(authors, torchvision);
    check_densenet(authors, authors);
    check_densenet(torchvision, torchvision);
}

/* ---- a file like R-50.pkl, written byte by byte ---- */

static void put_text(sx_str *out, const char *text) {
    sx_str_append(out, "X", 1);
    sx_str_append_le(out, strlen(text), 4);
    sx_str_add(out, text);
}

static void put_number(sx_str *out, int64_t n) {
    sx_str_append(out, "J", 1);
    sx_str_append_le(out, (uint64_t)n, 4);
}

/* A numpy array of f32 whose values are all `value`. */
static void put_array(sx_str *out, const sx_param *p, float value) {
    static const char begin[] = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
                                "K\0\x85U\1b\x87R(K\1(";
    static const char type[] = "tcnumpy\ndtype\nU\2f4K\0K\1\x87R(K\3U\1<NNNJ\377\377\377\377J"
                               "\377\377\377\377K\0tb\x89T";
    int64_t count = 1;
    sx_str_append(out, begin, sizeof begin - 1);
    for (int i = 0; i < p->ndim; i++) {
        put_number(out, p->dims[i]);
        count *= p->dims[i];
    }
    sx_str_append(out, type, sizeof type - 1);
    sx_str_append_le(out, (uint64_t)count * 4, 4);
    for (int64_t i = 0; i < count; i++)
        sx_str_append(out, &value, 4);
    sx_str_append(out, "tb", 2);
}

/* "backbone.bottom_up.res2.0.conv1.norm.weight" as res2_0_branch2a_bn_s; false: not in the file. */
static bool caffe2_name(const char *name, char *out, size_t size) {
    static const char *const parts[][2] = {
        { "stem.conv1.norm.", "res_conv1_bn_" }, { "stem.conv1.", "conv1_" },
        { "shortcut.norm.", "branch1_bn_" },     { "shortcut.", "branch1_" },
        { "conv1.norm.", "branch2a_bn_" },       { "conv1.", "branch2a_" },
        { "conv2.norm.", "branch2b_bn_" },       { "conv2.", "branch2b_" },
        { "conv3.norm.", "branch2c_bn_" },       { "conv3.", "branch2c_" },
    };
    static const char before[] = "backbone.bottom_up.";
    const bool norm = strstr(name, ".norm.") != NULL;
    if (!sx_starts_with(name, before) || strstr(name, "running")) return false;
    name += strlen(before);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *at = strstr(name, parts[i][0]);
        if (!at) continue;
        const bool bias = strcmp(at + strlen(parts[i][0]), "bias") == 0;
        snprintf(out, size, "%.*s%s%s", (int)(at - name), name, parts[i][1],
                 bias   ? "b"
                 : norm ? "s"
                        : "w");
        for (char *dot = out; (dot = strchr(dot, '.'));)
            *dot = '_';
        return true;
    }
    return false;
}

typedef bool name_fn(const char *name, char *out, size_t size);

static bool detectron2_name(const char *name, char *out, size_t size) {
    static const char before[] = "backbone.bottom_up.";
    if (!sx_starts_with(name, before)) return false;
    snprintf(out, size, "%s", name + strlen(before));
    return true;
}

static bool prefixed_caffe2_name(const char *name, char *out, size_t size) {
    char own[160];
    return caffe2_name(name, own, sizeof own) && snprintf(out, size, "net.model.%s", own) > 0;
}

static bool prefixed_detectron2_name(const char *name, char *out, size_t size) {
    char own[160];
    return detectron2_name(name, own, sizeof own) && snprintf(out, size, "net.model.%s", own) > 0;
}

/* {"model": {name: array, ...}, "__author__": "...", "matching_heuristics": True} with a layer
 * `last`; author NULL: without the header. */
static size_t write_pickle(const sx_network *net, name_fn *rename, const char *author,
                           const char *last, sx_str *out) {
    sx_graph *g = small_network_graph(net);
    size_t count = 0;
    sx_str_append(out, "\x80\2}(", 4);
    put_text(out, "model");
    sx_str_append(out, "}(", 2);
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        char name[160];
        if (!rename(p->name, name, sizeof name)) continue;
        put_text(out, name);
        put_array(out, p, (float)++count);
    }
    put_text(out, last);
    put_array(out, &(sx_param){ .ndim = 1, .dims = { 3 } }, 0);
    sx_str_append(out, "u", 1);
    if (author) put_text(out, "__author__");
    if (author) put_text(out, author);
    put_text(out, "matching_heuristics");
    sx_str_append(out, "\x88u.", 3);
    sx_graph_free(g);
    return count;
}

static void check_resnet(const char *arch, name_fn *rename, bool with_statistics) {
    sx_error err = { 0 };
    sx_str bytes = { 0 };
    const sx_network net = small_network(arch, "{" SMALL_NETS "}");
    const size_t count = write_pickle(&net, rename, "Caffe2", "fc1000_b", &bytes);
    sx_weights *w = sx_weights_open_memory(bytes.data, bytes.len, "R-50.pkl", &err);
    CHECK_OK(w, err);
    assert_int_equal(sx_weights_count(w), count + 1);
    CHECK_OK(sx_init_names(&net, w, &err), err);
    assert_int_equal(found(&net, w), count);
    const sx_tensor *first = sx_weights_find(w, "backbone.bottom_up.stem.conv1.weight");
    assert_non_null(first);
    float value; /* a pickle aligns nothing */
    memcpy(&value, first->data, sizeof value);
    assert_true(value == 1);
    assert_int_equal(sx_weights_find(w, "backbone.bottom_up.res2.0.conv1.norm.running_var") != NULL,
                     with_statistics);
    assert_non_null(sx_weights_find(w, "backbone.bottom_up.res5.0.shortcut.norm.bias"));
    sx_weights_free(w);
    sx_str_free(&bytes);
}

static void test_resnet_of_detectron2_and_caffe2(void **state) {
    (void)state;
    static const char *const archs[] = { "sparse_rcnn_r50", "faster_rcnn_r50", "retinanet_r50" };
    for (int i = 0; i < 3; i++) {
        check_resnet(archs[i], caffe2_name, false);
        check_resnet(archs[i], detectron2_name, true);
        check_resnet(archs[i], prefixed_caffe2_name, false);
        check_resnet(archs[i], prefixed_detectron2_name, true);
    }
}

/* The file of Detectron2's converter of torchvision's weights: its names are Detectron2's, but its
 * network reads red first and divides. */
static void check_origin(const char *author, const char *last, bool torchvision, const char *told) {
    sx_error err = { 0 };
    sx_str bytes = { 0 };
    const sx_network net = small_network("faster_rcnn_r50", "{" SMALL_NETS "}");
    const size_t count = write_pickle(&net, detectron2_name, author, last, &bytes);
    sx_weights *w = sx_weights_open_memory(bytes.data, bytes.len, "r50.pkl", &err);
    CHECK_OK(w, err);
    CHECK_OK(sx_init_names(&net, w, &err), err);
    assert_int_equal(found(&net, w), count);
    const char *first = sx_weights_meta(w, SX_INIT_FIRST_LAYER);
    assert_int_equal(first != NULL, torchvision);
    if (first) assert_string_equal(first, "backbone.bottom_up.stem.conv1.weight");
    assert_int_equal(sx_init_other_strides(&net, w), torchvision);
    assert_non_null(sx_init_origin(w));
    if (!strstr(sx_init_origin(w), told)) fail_msg("%s lacks %s", sx_init_origin(w), told);
    sx_weights_free(w);
    sx_str_free(&bytes);
}

static void test_origin_of_a_resnet(void **state) {
    (void)state;
    check_origin("torchvision", "fc.weight", true,
                 "of torchvision or timm, which reads red first and divides by ImageNet's "
                 "deviation (its header, __author__: torchvision)");
    check_origin("MSRA", "stem.fc.weight", false,
                 "MSRA's ResNet, which reads blue first and does not divide by the deviation (its "
                 "header, __author__: MSRA)");
    check_origin(NULL, "fc1000_b", false, "(default: no header names another author)");
    check_origin(NULL, "stem.fc.weight", true, "(its tensors stem.fc)");
}

static void test_no_tensor_fits(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_network classifier = small_network("densenet121", "{" SMALL "}"),
                     detector = small_network("retinanet_r50", "{" SMALL_NETS "}");
    sx_weights *w = weights_of(&classifier);
    CHECK_OK(sx_init_names(&detector, w, &err), err);
    const sx_trainer_options o = { .pad = 32 };
    CHECK_FAILS(sx_trainer_new(&detector, w, &o, &err), err, SX_ERR_MISMATCH,
                "none of its 79 tensors fits retinanet_r50");
    sx_weights_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_densenet_in_both_directions),
        cmocka_unit_test(test_resnet_of_detectron2_and_caffe2),
        cmocka_unit_test(test_origin_of_a_resnet),
        cmocka_unit_test(test_no_tensor_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
