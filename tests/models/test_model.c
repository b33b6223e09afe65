/* Weight files: what is recognised, and what is refused in which words. */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "image/noise.h"
#include "models/arch.h"
#include "models/model.h"
#include "models/model_export.h"
#include "models/model_impl.h"
#include "models/synthetic_weights.h"
#include "support/check.h"

static const char small[] = "{\"growth\": 8, \"stem\": 16, \"blocks\": [1, 1, 1, 1]}";

/* A small DenseNet's weights in memory; metadata only if `named`. */
static sx_weights *make_weights(const char *config, bool named) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find("densenet121"), 1);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 224, 224, 3 }, SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    sx_weights *w = sx_synthetic_weights(g, &err);
    CHECK_OK(w != NULL, err);
    char *text = sx_network_config_text(&net, &err);
    if (named)
        CHECK_OK(sx_weights_set_meta(w, "spinexr.arch", "densenet121", &err) &&
                     sx_weights_set_meta(w, "spinexr.config", text, &err),
                 err);
    free(text);
    sx_graph_free(g);
    return w;
}

static const char *saved(sx_weights *w) {
    sx_error err = { 0 };
    const char *path = check_tmp_path("w.safetensors");
    CHECK_OK(sx_weights_save(w, path, &err), err);
    sx_weights_free(w);
    return path;
}

/* `model show` and `model export` open a file by this function. */
static void not_opened(const char *path, sx_error_code code, const char *text) {
    sx_error err = { 0 };
    sx_network net;
    sx_weights *w;
    CHECK_FAILS(sx_network_open(path, 0, &net, &w, &err), err, code, text);
    sx_weights_free(w);
}

static void refused(sx_weights *w, sx_error_code code, const char *text) {
    sx_error err = { 0 };
    CHECK_FAILS(sx_model_open(NULL, saved(w), SX_PRECISION_F32, &err), err, code, text);
    check_error(&err, code, "w.safetensors"); /* the file is named */
}

static void test_nan(void **state) {
    (void)state;
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    for (int i = 0; i < 3; i++) {
        sx_weights *w = make_weights(small, true);
        ((float *)(uintptr_t)sx_weights_find(w, "backbone.norm5.bias")->data)[3] = bad[i];
        refused(w, SX_ERR_VALUE, "tensor backbone.norm5.bias holds NaN or infinity");
    }
}

static void test_names_twice(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = make_weights(
        "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1], \"classes\": 3}", true);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.classes", "[\"Abnormal\", \"b\", \"b\"]", &err), err);
    refused(w, SX_ERR_FORMAT, "spinexr.classes: the outputs 2 and 3 are both called b");
}

/* An ONNX file says how films are fitted to its input, if the weights say so. */
static void test_exported_resize(void **state) {
    (void)state;
    const char *path = check_tmp_path("w.onnx");
    for (int k = 0; k < 2; k++) {
        sx_error err = { 0 };
        sx_network net;
        sx_shape shape;
        sx_file f;
        sx_weights *w = make_weights(small, true);
        CHECK_OK((!k || sx_weights_set_meta(w, "spinexr.resize", "letterbox", &err)) &&
                     sx_network_recognise(&net, w, &err) &&
                     sx_network_usual_shape(&net, w, &shape, &err) &&
                     sx_model_export(&net, w, shape, SX_WHOLE, path, NULL, &err) &&
                     sx_file_open(&f, path, &err),
                 err);
        /* keys and values are preceded by their lengths */
        static const char entry[] = "\x0espinexr.resize\x12\x09letterbox";
        assert_true((memmem(f.data, f.size, entry, sizeof entry - 1) != NULL) == (k == 1));
        sx_file_close(&f);
        sx_weights_free(w);
    }
}

static void test_other_architecture(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = make_weights(small, true);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.config",
                                 "{\"growth\": 16, \"stem\": 16, \"blocks\": [1, 1, 1, 1]}", &err),
             err);
    refused(w, SX_ERR_MISMATCH,
            "tensor backbone.block1.denselayer1.conv1.weight is 32x16x1x1, the network needs "
            "64x16x1x1");
    w = make_weights(small, true);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.config", NULL, &err), err);
    refused(w, SX_ERR_MISMATCH, "the network needs");
    w = make_weights(small, true);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.arch", "sparse_rcnn_r50", &err), err);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.config", "{}", &err), err);
    refused(w, SX_ERR_MISMATCH, "no tensor backbone.bottom_up.stem.conv1.weight (64x3x7x7)");
    w = make_weights(small, true);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.arch", "alexnet", &err), err);
    refused(w, SX_ERR_UNSUPPORTED,
            "spinexr.arch is alexnet, not an architecture (known: densenet1");
}

static void test_metadata(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *text;
        sx_error_code code; /* 0: SX_ERR_FORMAT */
    } bad[] = {
        { "spinexr.config", "growth", "not a JSON object" },
        { "spinexr.config", "{\"depth\": 3}", "densenet121 has no depth", SX_ERR_UNSUPPORTED },
        { "spinexr.config", "{\"growth\": -1}",
          "spinexr.config: configuration: growth is not a number between 1 and 1024" },
        { "spinexr.config", "{\"blocks\": [1, 2]}", "blocks is not a list of 4 numbers" },
        { "spinexr.threshold", "1.5", "spinexr.threshold is \"1.5\", not between 0 and 1" },
        { "spinexr.threshold", "nan", "spinexr.threshold is \"nan\"" },
        { "spinexr.pixels", "raw", "spinexr.pixels is \"raw\", not vindr or dicom" },
        { "spinexr.config", "{\"growth\": 0}", "growth is not a number between 1 and 1024" },
        { "spinexr.config", "{\"classes\": 5000}", "classes is not a number between 1 and 4096" },
        { "spinexr.input", "224", "spinexr.input is \"224\", not WIDTHxHEIGHT" },
        { "spinexr.input", "8x8", "spinexr.input is \"8x8\"" },
        { "spinexr.input", "99999999999x224", "spinexr.input is \"99999999999x224\"" },
        { "spinexr.input", "224x224 ", "spinexr.input is \"224x224 \"" },
        { "spinexr.input", "x224", "spinexr.input is \"x224\"" },
        { "spinexr.temperature", "0", "spinexr.temperature is \"0\", not between 0.001 and 1000" },
        { "spinexr.temperature", "nan", "spinexr.temperature is \"nan\"" },
        { "spinexr.channels", "grb", "spinexr.channels is \"grb\", not rgb or bgr" },
        { "spinexr.classes", "[\"a\", \"b\"]", "spinexr.classes is not a list of 1 names" },
        { "spinexr.classes", "[\"\"]", "spinexr.classes is not a list of 1 names" },
        { "spinexr.classes", "[1]", "spinexr.classes is not a list of 1 names" },
        { "spinexr.mean", "1,2", "spinexr.mean is \"1,2\", not three numbers" },
        { "spinexr.mean", "1,2,3,4", "spinexr.mean is \"1,2,3,4\", not three numbers" },
        { "spinexr.mean", "1,2,nan", "spinexr.mean is \"1,2,nan\", not three numbers" },
        { "spinexr.mean", "1,,3", "spinexr.mean is \"1,,3\", not three numbers" },
        { "spinexr.std", "1,0,1", "spinexr.std is \"1,0,1\", not three numbers between 0.001" },
        { "spinexr.std", "-1,1,1", "spinexr.std is \"-1,1,1\"" },
        { "spinexr.std", "1,1,inf", "spinexr.std is \"1,1,inf\"" },
        { "spinexr.std", "1,1,10001", "not three numbers between 0.001 and 10000" },
        { "spinexr.mean", "1,2,-10001", "not three numbers between -10000 and 10000" },
        { "spinexr.input", "31x224", "not WIDTHxHEIGHT, 32 to 8192 each" },
        { "spinexr.input", "224x8193", "not WIDTHxHEIGHT, 32 to 8192 each" },
        { "spinexr.temperature", "1001", "not between 0.001 and 1000" },
        { "spinexr.operating_points", "{}", "belongs to a detector" },
        { "spinexr.resize", "crop", "spinexr.resize is \"crop\", not stretch or letterbox" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sx_error err = { 0 };
        sx_weights *w = make_weights(small, true);
        CHECK_OK(sx_weights_set_meta(w, bad[i].key, bad[i].value, &err), err);
        const sx_error_code code = bad[i].code ? bad[i].code : SX_ERR_FORMAT;
        refused(w, code, bad[i].text);
        not_opened(check_tmp_path("w.safetensors"), code, bad[i].text);
    }
}

/* What only a classifier uses is an error in a detector. */
static void test_metadata_of_another_task(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        { "spinexr.temperature", "1.5" },
        { "spinexr.familiarity", "{\"limit\":1,\"rest\":1,\"mean\":[0],\"scale\":[1],"
                                 "\"variance\":[],\"basis\":[]}" },
        { "spinexr.familiarity", "{}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sx_error err = { 0 };
        sx_network net;
        sx_weights *w = sx_weights_new(&err);
        CHECK_OK(w && sx_weights_set_meta(w, rows[i][0], rows[i][1], &err), err);
        sx_network_default(&net, sx_arch_find("sparse_rcnn_r50"), 7);
        CHECK_FAILS(sx_model_info_check(w, &net, &err), err, SX_ERR_FORMAT,
                    "belongs to a classifier");
        check_error(&err, SX_ERR_FORMAT, rows[i][0]);
        sx_weights_free(w);
    }
}

/* A familiarity of another network is refused by whatever reads the weights, not by predict alone.
 */
static void test_familiarity_of_another_network(void **state) {
    (void)state;
    static const char *const values[] = {
        "{\"limit\":1,\"rest\":1,\"mean\":[0],\"scale\":[1],\"variance\":[],\"basis\":[]}",
        "{\"limit\":1,\"rest\":1,\"mean\":[0,0,0],\"scale\":[1,1,1],\"variance\":[1],"
        "\"basis\":[[1,0,0]]}",
    };
    for (size_t i = 0; i < 2; i++) {
        sx_error err = { 0 };
        sx_network net;
        char message[100];
        snprintf(message, sizeof message,
                 "spinexr.familiarity is of %d features, the network has 17", i ? 3 : 1);
        sx_weights *w = make_weights(small, true);
        CHECK_OK(sx_weights_set_meta(w, "spinexr.familiarity", values[i], &err), err);
        CHECK_OK(sx_network_recognise(&net, w, &err), err);
        CHECK_FAILS(sx_model_info_check(w, &net, &err), err, SX_ERR_MISMATCH, message);
        refused(w, SX_ERR_MISMATCH, message);
        not_opened(check_tmp_path("w.safetensors"), SX_ERR_MISMATCH, message);
    }
}

static void test_recognised_by_tensors(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_network net;
    sx_weights *w = make_weights("{}", false);
    CHECK_OK(sx_network_recognise(&net, w, &err), err);
    assert_string_equal(net.arch->name, "densenet121");
    assert_int_equal(sx_network_classes(&net), 1);
    sx_weights_free(w);
    w = make_weights(
        "{\"blocks\": [6, 12, 48, 32], \"torchvision\": 1, \"relu_at_end\": 1, \"classes\": 3}",
        false);
    CHECK_OK(sx_network_recognise(&net, w, &err), err);
    assert_string_equal(net.arch->name, "densenet201");
    assert_int_equal(sx_network_classes(&net), 3);
    sx_weights_free(w);
    w = make_weights(small, false);
    CHECK_FAILS(sx_network_recognise(&net, w, &err), err, SX_ERR_MISSING,
                "the tensors fit no known one");
    sx_weights_free(w);
}

/* Each number of each configuration at both ends of its range: a network, or an error. */
static void test_ranges_of_configurations(void **state) {
    (void)state;
    for (size_t i = 0; i < sx_arch_count(); i++) {
        const sx_arch *arch = sx_arch_at(i);
        for (const sx_arch_field *f = arch->config->fields; f->name; f++)
            for (int end = 0; end < 2; end++) {
                const int v = end ? f->most : f->least;
                sx_error err = { 0 };
                sx_network net;
                char json[128];
                if (f->count == 1)
                    snprintf(json, sizeof json, "{\"%s\": %d}", f->name, v);
                else
                    snprintf(json, sizeof json, "{\"%s\": [%d, %d, %d, %d]}", f->name, v, v, v, v);
                sx_network_default(&net, arch, 0);
                CHECK_OK(sx_network_configure(&net, json, &err), err);
                sx_graph *g =
                    sx_network_build(&net, sx_network_shape(&net, 64, 64), SX_FOR_TRAINING, &err);
                if (!g) assert_true(err.code != SX_OK && err.message[0]);
                sx_graph_free(g);
            }
    }
}

/* A grey film gives what the same film in colour gives; what is no film for the network is
 * refused. */
static void test_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_model *m = sx_model_open(NULL, saved(make_weights(small, true)), SX_PRECISION_F32, &err);
    CHECK_OK(m != NULL, err);
    sx_image grey, color;
    CHECK_OK(sx_noise_image("film", 300, 200, false, &grey, &err), err);
    CHECK_OK(sx_image_new(&color, 300, 200, 3, 8, &err), err);
    for (int i = 0; i < 300 * 200 * 3; i++)
        sx_image_u8(&color)[i] = sx_image_u8(&grey)[i / 3];
    float a = 0, b = 1;
    CHECK_OK(sx_model_classify(m, &grey, &a, &err) && sx_model_classify(m, &color, &b, &err), err);
    assert_true(a == b);
    sx_detections d;
    CHECK_FAILS(sx_model_detect(m, &grey, &(sx_model_detect_options){ 0 }, &d, &err), err,
                SX_ERR_USAGE, "is not a detector");
    color.bits = 16;
    CHECK_FAILS(sx_model_classify(m, &color, &a, &err), err, SX_ERR_USAGE, "not 16-bit");
    color.bits = 8;
    sx_image_free(&grey);
    sx_image_free(&color);
    sx_model_free(m);
}

/* Writes the weight file again with blanks after its header, so that its tensors begin at other
 * addresses. */
static const char *shifted(const char *path, size_t blanks) {
    sx_error err = { 0 };
    sx_file f;
    sx_str out = { 0 };
    uint64_t header;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    memcpy(&header, f.data, sizeof header);
    const uint64_t longer = header + blanks;
    sx_str_append(&out, &longer, sizeof longer);
    sx_str_append(&out, f.data + sizeof header, header);
    for (size_t i = 0; i < blanks; i++)
        sx_str_add(&out, " ");
    sx_str_append(&out, f.data + sizeof header + header, f.size - sizeof header - header);
    const char *to = check_tmp_path("shifted.safetensors");
    CHECK_OK(sx_write_file(to, out.data, out.len, &err), err);
    sx_file_close(&f);
    sx_str_free(&out);
    return to;
}

/* Weight files and pickles of other programs have tensors at any address: the answer is the same.
 * Built with -fsanitize=alignment, this test finds an access that needs an aligned one. */
static void tensors_may_begin_anywhere(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image film;
    float want = 0;
    char path[512];
    CHECK_OK(sx_noise_image("film", 64, 64, false, &film, &err), err);
    snprintf(path, sizeof path, "%s", saved(make_weights(small, true)));
    for (size_t blanks = 0; blanks < 8; blanks++) {
        sx_model *m = sx_model_open(NULL, shifted(path, blanks), SX_PRECISION_F32, &err);
        float logit = NAN;
        CHECK_OK(m && sx_model_classify(m, &film, &logit, &err), err);
        if (blanks == 0) want = logit;
        assert_true(logit == want);
        sx_model_free(m);
    }
    sx_image_free(&film);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* Every name that is known, or "..." at the end in place of those that do not fit. */
static void unknown_names_are_told_the_known_ones(void **state) {
    (void)state;
    char text[SX_ARCH_NAMES];
    sx_arch_names("densnet121", text);
    assert_non_null(strstr(text, "nearest: densenet121; known: "));
    const bool cut = sx_ends_with(text, "...");
    for (size_t i = 0; i < sx_arch_count(); i++)
        if (!strstr(text, sx_arch_at(i)->name) && !cut)
            fail_msg("%s is missing: %s", sx_arch_at(i)->name, text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_names_are_told_the_known_ones),
        cmocka_unit_test(test_nan),
        cmocka_unit_test(test_names_twice),
        cmocka_unit_test(test_exported_resize),
        cmocka_unit_test(test_other_architecture),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_metadata_of_another_task),
        cmocka_unit_test(test_familiarity_of_another_network),
        cmocka_unit_test(test_recognised_by_tensors),
        cmocka_unit_test(test_films),
        cmocka_unit_test(tensors_may_begin_anywhere),
        cmocka_unit_test(test_ranges_of_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
