/* ONNX files, checked without a runtime (bench/vs_onnxruntime compares the numbers): parameters
 * shared by several levels are written once; an op without an ONNX form is an error that names
 * it. */
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "models/arch.h"
#include "models/synthetic_weights.h"
#include "nn/onnx/onnx.h"
#include "support/check.h"

#define BACKBONE "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 8, \"channels\": 16, "

static const char *export(const char *arch, const char *numbers, int images, sx_error *err) {
    const char *path = check_tmp_path("network.onnx");
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), 3);
    CHECK_OK(sx_network_configure(&net, numbers, err), *err);
    sx_graph *g = sx_network_build(&net, (sx_shape){ images, 128, 128, 3 }, SX_WHOLE, err);
    CHECK_OK(g != NULL, *err);
    sx_weights *w = sx_synthetic_weights(g, err);
    CHECK_OK(w != NULL, *err);
    sx_store *store = sx_store_open(g, w, (sx_store_options){ 0 }, err);
    CHECK_OK(store != NULL, *err);
    const bool ok = sx_onnx_export(g, store, arch, NULL, path, NULL, err);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
    return ok ? path : NULL;
}

/* How often a text field with this tag holds exactly `text`: 8 (0x42) is a TensorProto's name, 1
 * (0x0A) a NodeProto's input, 4 (0x22) its op. */
static int fields(const sx_file *f, unsigned char tag, const char *text) {
    const size_t n = strlen(text);
    int count = 0;
    for (size_t i = 0; i + 2 + n <= f->size; i++)
        count += f->data[i] == tag && f->data[i + 1] == n && memcmp(f->data + i + 2, text, n) == 0;
    return count;
}

#define SMALL                                                                                      \
    "{\"backbone_width\": 25, \"backbone_depth\": 50, \"channels\": 16, \"cells\": 1, \"convs\": " \
    "1}"

static void check_once(const char *arch, const char *numbers, const char *shared, int levels,
                       const char *op, int ops) {
    sx_error err = { 0 };
    sx_file f;
    const char *path = export(arch, numbers, 1, &err);
    CHECK_OK(path && sx_file_open(&f, path, &err), err);
    assert_int_equal(fields(&f, 0x42, shared), 1);
    assert_int_equal(fields(&f, 0x0A, shared), levels);
    assert_int_equal(fields(&f, 0x22, op), ops);
    sx_file_close(&f);
}

static void test_shared(void **state) {
    (void)state;
    check_once("retinanet_r50", BACKBONE "\"convs\": 1}", "head.cls_score.weight", 5, "Relu",
               10 + 13 + 1);
    /* two strides of the pyramid's six; two heads of five levels; each of ten blocks pools once for
     * its scale */
    check_once("efficientdet_d0", SMALL, "class_net.predict.conv_pw.weight", 5, "MaxPool", 2 + 4);
    check_once("efficientdet_d0", SMALL, "box_net.bn_rep.0.4.bn.weight", 1, "ReduceMean", 10);
    /* attention in each of four stages; the head's convolutions serve three levels */
    check_once("rtmdet_tiny", "{\"width\": 125}", "bbox_head.cls_convs.0.1.conv.weight", 3,
               "HardSigmoid", 4);
    check_once("faster_rcnn_r50", BACKBONE "\"proposals\": 20, \"fc\": 16}",
               "proposal_generator.rpn_head.conv.weight", 5, "NonMaxSuppression", 1);
}

static void test_one_image(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_FAILS(export("faster_rcnn_r50", BACKBONE "\"proposals\": 20, \"fc\": 16}", 2, &err), err,
                SX_ERR_UNSUPPORTED, "only one image has an ONNX form");
}

/* ---- the shapes of inputs and outputs ---- */

/* How often the file holds a TensorShapeProto of these dimensions; -1: the parameter "batch". */
static int shapes(const sx_file *f, const int *dims, int count) {
    sx_str s = { 0 };
    for (int i = 0; i < count; i++) {
        const char value[] = { 0x0A, (char)(dims[i] < 128 ? 2 : 3), 0x08 };
        if (dims[i] < 0) {
            sx_str_add(&s, "\x0A\x07\x12\x05"
                           "batch");
            continue;
        }
        sx_str_append(&s, value, sizeof value);
        if (dims[i] >= 128) sx_str_append_le(&s, (uint64_t)((dims[i] & 127) | 128), 1);
        sx_str_append_le(&s, (uint64_t)(dims[i] >= 128 ? dims[i] >> 7 : dims[i]), 1);
    }
    assert_false(s.failed);
    int found = 0;
    for (size_t i = 0; i + s.len + 2 <= f->size; i++) /* field 2 of a tensor's type */
        found += f->data[i] == 0x12 && f->data[i + 1] == s.len &&
                 memcmp(f->data + i + 2, s.data, s.len) == 0;
    sx_str_free(&s);
    return found;
}

static void check_shapes(const char *arch, const char *numbers, int images, const int *input,
                         const int *output, int output_dims) {
    sx_error err = { 0 };
    sx_file f;
    const char *path = export(arch, numbers, images, &err);
    CHECK_OK(path && sx_file_open(&f, path, &err), err);
    assert_int_equal(shapes(&f, input, 4), 1);
    assert_true(shapes(&f, output, output_dims) > 0);
    assert_int_equal(fields(&f, 0x12, "batch") == 0, input[0] > 0);
    sx_file_close(&f);
}

#define SMALL_DENSENET "{\"growth\": 8, \"stem\": 16, \"blocks\": [1, 1, 1, 1]}"

#define SMALL_CONVNEXT "{\"width\": 8, \"blocks\": [1, 1, 2, 1]}"

/* A model of one image takes any number of them where the number is not written into it. */
static void test_batch(void **state) {
    (void)state;
    check_shapes("densenet121", SMALL_DENSENET, 1, (int[]){ -1, 3, 128, 128 }, (int[]){ -1, 3 }, 2);
    check_shapes("densenet121", SMALL_DENSENET, 2, (int[]){ 2, 3, 128, 128 }, (int[]){ 2, 3 }, 2);
    check_shapes("convnext_tiny", SMALL_CONVNEXT, 1, (int[]){ -1, 3, 128, 128 }, (int[]){ -1, 3 },
                 2);
    check_once("convnext_tiny", SMALL_CONVNEXT, "features.5.1.layer_scale", 1, "Erf", 5);
    /* to features and back: in five blocks and three norms between stages; to features for the
     * stem's norm, and back for the first block's convolution and for its sum */
    check_once("convnext_tiny", SMALL_CONVNEXT, "features.0.1.weight", 1, "Transpose", 10 + 6 + 3);
    check_shapes("retinanet_r50", BACKBONE "\"convs\": 1}", 1, (int[]){ -1, 3, 128, 128 },
                 (int[]){ -1, 27, 16, 16 }, 4);
    check_shapes("faster_rcnn_r50", BACKBONE "\"proposals\": 20, \"fc\": 16}", 1,
                 (int[]){ 1, 3, 128, 128 }, (int[]){ 20, 4 }, 2);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_shared),
                                        cmocka_unit_test(test_one_image),
                                        cmocka_unit_test(test_batch) };
    return cmocka_run_group_tests(tests, NULL, clean);
}
