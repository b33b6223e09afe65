/* Checkpoints as other programs name their tensors: each is recognised as the network that it is,
 * and all tensors are found by the network's names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "models/arch.h"
#include "models/model_import.h"
#include "models/recognise.h"
#include "support/check.h"
#include "support/foreign_names.h"

typedef void spell_fn(const char *name, char *out, size_t size);

/* All parameters of a network, as zeros that take one block, under the names that `spell` writes
 * ("": left out). */
static void add_spelt(sx_weights *w, const char *arch, const char *config, spell_fn *spell,
                      const char *prefix) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), 0);
    if (config) CHECK_OK(sx_network_configure(&net, config, &err), err);
    sx_graph *g = sx_network_build(&net, sx_network_shape(&net, 224, 224), SX_WHOLE, &err);
    CHECK_OK(g, err);
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        char name[256], whole[400];
        spell(p->name, name, sizeof name);
        if (!name[0]) continue;
        snprintf(whole, sizeof whole, "%s%s", prefix, name);
        CHECK_OK(sx_weights_add_empty(w, whole, p->kind == SX_PARAM_COUNTER ? SX_I64 : SX_F32,
                                      p->ndim, p->dims, &err),
                 err);
    }
    sx_graph_free(g);
}

static sx_weights *spelt(const char *arch, const char *config, spell_fn *spell,
                         const char *prefix) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    add_spelt(w, arch, config, spell, prefix);
    return w;
}

static void add(sx_weights *w, const char *name, int ndim, const int64_t *dims) {
    sx_error err = { 0 };
    CHECK_OK(sx_weights_add_empty(w, name, SX_F32, ndim, dims, &err), err);
}

static void check(sx_weights *w, const char *arch, int classes, const char *prefix) {
    sx_error err = { 0 };
    sx_network net;
    CHECK_OK(sx_network_recognise(&net, w, &err), err);
    assert_string_equal(net.arch->name, arch);
    assert_int_equal(sx_network_classes(&net), classes);
    assert_string_equal(sx_weights_prefix(w), prefix);
    sx_graph *g = sx_network_build(&net, sx_network_shape(&net, 224, 224), SX_WHOLE, &err);
    CHECK_OK(g, err);
    for (size_t i = 0; i < sx_graph_param_count(g); i++)
        if (sx_graph_param(g, i)->kind != SX_PARAM_COUNTER)
            assert_non_null(sx_weights_find(w, sx_graph_param(g, i)->name));
    sx_graph_free(g);
    sx_weights_free(w);
}

#define TORCHVISION "{\"torchvision\": 1, \"relu_at_end\": 1, \"classes\": 14}"

static void same(const char *name, char *out, size_t size) {
    snprintf(out, size, "%s", name);
}

/* Puts `with` after the first `after` of `word` in the name. */
static void insert(const char *name, const char *word, size_t after, const char *with, char *out,
                   size_t size) {
    const char *at = strstr(name, word);
    if (!at)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%.*s%s%s", (int)(at - name + (ptrdiff_t)after), name, with,
                 at + after);
}

/* torchvision before 0.3: "denselayer1.norm.1", and no counters */
static void old(const char *name, char *out, size_t size) {
    static const char *const words[] = { ".norm1.", ".norm2.", ".conv1.", ".conv2." };
    snprintf(out, size, "%s", strstr(name, "num_batches_tracked") ? "" : name);
    for (int i = 0; i < 4 && strstr(name, ".denselayer") && out[0]; i++)
        if (strstr(name, words[i])) insert(name, words[i], 5, ".", out, size);
}

/* The same in a class around the network, whose classifier is a Sequential (CheXNet's public
 * copies). */
static void wrapped(const char *name, char *out, size_t size) {
    char text[256];
    old(name, text, sizeof text);
    insert(text, "classifier.", strlen("classifier."), "0.", out, size);
}

static void monai(const char *name, char *out, size_t size) {
    if (strncmp(name, "classifier.", 11) == 0) {
        snprintf(out, size, "class_layers.out.%s", name + 11);
        return;
    }
    const char *layer = strstr(name, ".denselayer"), *dot = layer ? strchr(layer + 1, '.') : NULL;
    if (dot)
        snprintf(out, size, "%.*s.layers%s", (int)(dot - name), name, dot);
    else
        snprintf(out, size, "%s", name);
}

/* FSDP and activation checkpoints name their wrappers within the names. */
static void fsdp(const char *name, char *out, size_t size) {
    char text[256];
    insert(name, "features.", strlen("features."), "_fsdp_wrapped_module.", text, sizeof text);
    insert(text, "denselayer1.", strlen("denselayer1."), "_checkpoint_wrapped_module.", out, size);
}

static void test_densenet(void **state) {
    (void)state;
    check(spelt("densenet121", TORCHVISION, old, ""), "densenet121", 14, "");
    check(spelt("densenet121", TORCHVISION, wrapped, "module.densenet121."), "densenet121", 14,
          "densenet121.");
    check(spelt("densenet169", NULL, old, "net."), "densenet169", 1, "net.");
    check(spelt("densenet121", TORCHVISION, monai, ""), "densenet121", 14, "");
    check(spelt("densenet121", TORCHVISION, fsdp, "_forward_module.model."), "densenet121", 14,
          "model.");
}

static void test_prefixes(void **state) {
    (void)state;
    static const char *const prefixes[][2] = {
        { "model.", "model." },
        { "module.", "" },
        { "module.module.", "" },
        { "_orig_mod.", "" },
        { "_orig_mod.module.", "" },
        { "model._orig_mod.", "model." },
        { "anything.at.all.", "anything.at.all." },
        { "module.net.model.", "net.model." },
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        check(spelt("densenet121", TORCHVISION, same, prefixes[i][0]), "densenet121", 14,
              prefixes[i][1]);
    check(spelt("retinanet_r50", NULL, same, "model."), "retinanet_r50", 7, "model.");
    check(spelt("sparse_rcnn_r50", NULL, same, "module.detector."), "sparse_rcnn_r50", 7,
          "detector.");
    check(spelt("efficientdet_d0", NULL, same, "model."), "efficientdet_d0", 7, "model.");
}

/* The metadata name the architecture, as in a weight file of ours that another program has loaded
 * into a class and written again. */
static void test_stated_architecture(void **state) {
    (void)state;
    static const struct {
        const char *arch, *config;
        spell_fn *spell;
        int classes;
        const char *before, *prefix;
    } cases[] = {
        { "densenet121", TORCHVISION, same, 14, "", "" },
        { "densenet121", TORCHVISION, same, 14, "module.", "" },
        { "densenet121", TORCHVISION, same, 14, "net.", "net." },
        { "densenet121", TORCHVISION, same, 14, "ema_model.", "ema_model." },
        { "densenet121", TORCHVISION, fsdp, 14, "_forward_module.model.", "model." },
        { "densenet121", "{\"classes\": 3}", same, 3, "model.", "model." },
        { "sparse_rcnn_r50", "{}", same, 7, "module.detector.", "detector." },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int with_config = 0; with_config < 2; with_config++) {
            sx_error err = { 0 };
            sx_weights *w = spelt(cases[i].arch, cases[i].config, cases[i].spell, cases[i].before);
            CHECK_OK(sx_weights_set_meta(w, "spinexr.arch", cases[i].arch, &err), err);
            if (with_config)
                CHECK_OK(sx_weights_set_meta(w, "spinexr.config", cases[i].config, &err), err);
            check(w, cases[i].arch, cases[i].classes, cases[i].prefix);
        }
}

/* A tensor that is missing: the message also says what the file has. */
static void test_other_tensors(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_import_report r;
    const sx_import_options o = { .threshold = -1 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    add(w, "encoder.weight", 2, (int64_t[]){ 8, 4 });
    CHECK_OK(sx_weights_set_meta(w, "spinexr.arch", "densenet121", &err), err);
    const char *in = check_tmp_path("other.safetensors");
    CHECK_OK(sx_weights_save(w, in, &err), err);
    sx_weights_free(w);
    CHECK_FAILS(sx_model_import(in, check_tmp_path("none.safetensors"), &o, &r, &err), err,
                SX_ERR_MISMATCH,
                "other.safetensors as densenet121: no tensor backbone.stem.0.weight (64x3x7x7); "
                "the first of 1 is encoder.weight (8x4)");
}

static void timm_convnext(const char *name, char *out, size_t size) {
    foreign_convnext_name(name, out, size, true);
}

static void paper_convnext(const char *name, char *out, size_t size) {
    foreign_convnext_name(name, out, size, false);
}

/* timm's and the paper's code store the layer scale without its dimensions of 1. */
static sx_weights *spelt_convnext(spell_fn *spell, const char *prefix) {
    sx_error err = { 0 };
    sx_weights *w = spelt("convnext_tiny", "{\"classes\": 5}", spell, prefix);
    size_t flat = 0;
    for (size_t i = 0; i < sx_weights_count(w); i++) {
        const sx_tensor *t = sx_weights_at(w, i);
        if (!sx_ends_with(t->name, ".gamma")) continue;
        const int64_t channels = t->dims[0];
        CHECK_OK(sx_weights_reshape(w, i, 1, &channels, &err), err);
        flat++;
    }
    assert_int_equal(flat, 18); /* blocks of ConvNeXt-Tiny: 3 + 3 + 9 + 3 */
    return w;
}

static void test_convnext(void **state) {
    (void)state;
    check(spelt("convnext_tiny", NULL, same, ""), "convnext_tiny", 1, "");
    check(spelt_convnext(timm_convnext, ""), "convnext_tiny", 5, "");
    check(spelt_convnext(timm_convnext, "module.model."), "convnext_tiny", 5, "model.");
    check(spelt_convnext(paper_convnext, ""), "convnext_tiny", 5, "");
}

/* The imported file is whole: the network opens, with the layer scale in its own shape. */
static void test_import_convnext(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = spelt_convnext(timm_convnext, "");
    char *in = sx_strdup(check_tmp_path("timm.safetensors"));
    CHECK_OK(sx_weights_save(w, in, &err), err);
    sx_weights_free(w);
    sx_import_report r;
    const sx_import_options o = { .threshold = -1 };
    const char *out = check_tmp_path("ours.safetensors");
    CHECK_OK(sx_model_import(in, out, &o, &r, &err), err);
    assert_string_equal(r.arch, "convnext_tiny");
    assert_int_equal(r.left_out, 0);
    w = sx_weights_open(out, &err);
    CHECK_OK(w, err);
    const sx_tensor *scale = sx_weights_find(w, "features.1.0.layer_scale");
    assert_true(scale && scale->ndim == 3 && scale->dims[0] == 96);
    sx_weights_free(w);
    free(in);
}

/* MMDetection's names are ours; the levels' convolutions of the head are stored for each level. */
static void test_import_rtmdet(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = spelt("rtmdet_s", "{\"classes\": 80}", same, "");
    const int64_t dims[] = { 128, 128, 3, 3 };
    add(w, "bbox_head.cls_convs.1.0.conv.weight", 4, dims);
    add(w, "bbox_head.cls_convs.2.0.conv.weight", 4, dims);
    add(w, "data_preprocessor.mean", 3, (int64_t[]){ 3, 1, 1 });
    char *in = sx_strdup(check_tmp_path("rtmdet.safetensors"));
    CHECK_OK(sx_weights_save(w, in, &err), err);
    sx_weights_free(w);
    sx_import_report r;
    const sx_import_options o = { .threshold = -1 };
    CHECK_OK(sx_model_import(in, check_tmp_path("s.safetensors"), &o, &r, &err), err);
    assert_string_equal(r.arch, "rtmdet_s");
    assert_int_equal(r.classes, 80);
    assert_int_equal(r.left_out, 3);
    free(in);
}

/* Tensors outside of the prefix: Lightning's losses and metrics, AveragedModel's n_averaged. The
 * raw weights are taken, whichever come first. */
static void test_more_tensors(void **state) {
    (void)state;
    sx_error err = { 0 };
    const int64_t one[] = { 1 };
    sx_weights *w = spelt("densenet121", TORCHVISION, same, "module.");
    add(w, "n_averaged", 0, NULL);
    add(w, "criterion.pos_weight", 1, one);
    check(w, "densenet121", 14, "");

    w = spelt("densenet121", TORCHVISION, same, "ema_model.");
    sx_weights *raw = spelt("densenet121", TORCHVISION, same, "model.");
    for (size_t i = 0; i < sx_weights_count(raw); i++)
        CHECK_OK(sx_weights_add(w, sx_weights_at(raw, i), &err), err);
    sx_weights_free(raw);
    check(w, "densenet121", 14, "model.");
}

static void refused(sx_weights *w, const char *text) {
    sx_error err = { 0 };
    sx_network net;
    CHECK_FAILS(sx_network_recognise(&net, w, &err), err, SX_ERR_MISSING, text);
    sx_weights_free(w);
}

static void without_classifier(const char *name, char *out, size_t size) {
    snprintf(out, size, "%s", strncmp(name, "classifier", 10) == 0 ? "" : name);
}

static void convnext_trunk(const char *name, char *out, size_t size) {
    timm_convnext(name, out, size);
    if (strncmp(out, "head.", 5) == 0) out[0] = '\0';
}

static void without_first(const char *name, char *out, size_t size) {
    snprintf(out, size, "%s", strcmp(name, "features.conv0.weight") == 0 ? "" : name);
}

static void with_another(const char *name, char *out, size_t size) {
    const bool this = strcmp(name, "features.denseblock3.denselayer2.conv1.weight") == 0;
    snprintf(out, size, "%s", this ? "" : name);
}

static void test_nearest(void **state) {
    (void)state;
    static const int64_t other[] = { 128, 288, 1, 2 }, first[] = { 64, 3, 7, 7 };
    refused(spelt("densenet169", TORCHVISION, without_classifier, "trunk."),
            "nearest: densenet169, 1013 of its 1015 tensors fit after \"trunk.\": no tensor "
            "classifier.weight (1x1664) (a training can start from it: spinexr train classifier "
            "--init FILE)");
    sx_weights *w = spelt("densenet121", TORCHVISION, with_another, "");
    add(w, "features.denseblock3.denselayer2.conv1.weight", 4, other);
    refused(w, "nearest: densenet121, 726 of its 727 tensors fit: tensor "
               "features.denseblock3.denselayer2.conv1.weight is 128x288x1x2, the network needs "
               "128x288x1x1");
    refused(spelt_convnext(convnext_trunk, ""),
            " (a training can start from it: spinexr train classifier --init FILE)");
    sx_error err = { 0 };
    w = sx_weights_new(&err);
    CHECK_OK(w, err);
    add(w, "conv1.weight", 4, first);
    add(w, "module.layer1.0.conv3.weight", 4, first);
    refused(w, "(a ResNet alone; a detector's training can start from it: spinexr train detector "
               "--init FILE)");
    w = sx_weights_new(&err);
    CHECK_OK(w, err);
    add(w, "conv1.weight", 4, first);
    refused(w, "the first of 1 is conv1.weight (64x3x7x7)");
    w = sx_weights_new(&err);
    CHECK_OK(w, err);
    refused(w, "there are no tensors");
}

/* What the import of these weights says of the normalisation. */
static void check_assumed(sx_weights *w, const char *mean, const char *std, const char *text,
                          bool torchvision) {
    sx_error err = { 0 };
    sx_import_report r;
    const sx_import_options o = { .mean = mean, .std = std, .threshold = -1 };
    char *in = sx_strdup(check_tmp_path("in.safetensors"));
    CHECK_OK(sx_weights_save(w, in, &err), err);
    sx_weights_free(w);
    CHECK_OK(sx_model_import(in, check_tmp_path("out.safetensors"), &o, &r, &err), err);
    assert_string_equal(r.assumed, text);
    assert_int_equal(r.torchvision, torchvision);
    free(in);
}

static void test_assumed_normalisation(void **state) {
    (void)state;
    sx_error err = { 0 };
    static const char mean[] = "1,2,3", std[] = "50,50,50";
#define STATE "first; --mean, --std and --channels state another normalisation"
    check_assumed(
        spelt("densenet121", TORCHVISION, same, ""), NULL, NULL,
        "the network reads pixels as (value - 103.53,116.28,123.675) / 1,1,1, blue " STATE, true);
    check_assumed(
        spelt("densenet121", "{}", same, ""), NULL, NULL,
        "the network reads pixels as (value - 103.53,116.28,123.675) / 1,1,1, blue " STATE, false);
    check_assumed(spelt_convnext(timm_convnext, ""), NULL, NULL,
                  "the network reads pixels as (value - 123.675,116.28,103.53) / "
                  "58.395,57.12,57.375, red " STATE,
                  false);
#undef STATE
    check_assumed(spelt("densenet121", TORCHVISION, same, ""), mean, std, "", false);
    sx_weights *w = spelt("densenet121", TORCHVISION, same, "");
    CHECK_OK(sx_weights_set_meta(w, "spinexr.arch", "densenet121", &err), err);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.config", TORCHVISION, &err), err);
    check_assumed(w, NULL, NULL, "", false);
}

static void check_import_refused(sx_weights *w, const char *arch, const char *text) {
    sx_error err = { 0 };
    sx_import_report r;
    const sx_import_options o = { .arch = arch, .threshold = -1 };
    char *in = sx_strdup(check_tmp_path("in.safetensors"));
    CHECK_OK(sx_weights_save(w, in, &err), err);
    sx_weights_free(w);
    CHECK_FAILS(sx_model_import(in, check_tmp_path("out.safetensors"), &o, &r, &err), err,
                SX_ERR_MISMATCH, text);
    free(in);
}

/* With --arch, too, the error says that such weights can start a training. */
static void test_import_of_a_trunk(void **state) {
    (void)state;
    sx_error err = { 0 };
    static const int64_t grey[] = { 64, 1, 7, 7 }, first[] = { 64, 3, 7, 7 };
    check_import_refused(spelt("densenet121", TORCHVISION, without_classifier, ""), "densenet121",
                         "spinexr train classifier --init FILE");
    sx_weights *w = spelt("densenet121", TORCHVISION, without_first, "");
    add(w, "features.conv0.weight", 4, grey);
    check_import_refused(w, "densenet121", "spinexr train classifier --init FILE");
    w = sx_weights_new(&err);
    CHECK_OK(w, err);
    add(w, "layer1.0.conv3.weight", 4, first);
    check_import_refused(w, "retinanet_r50", "spinexr train detector --init FILE");
}

/* With --arch the prefix is found too, and the report names it. */
static void test_import(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = spelt("densenet121", TORCHVISION, old, "net.");
    char *in = sx_strdup(check_tmp_path("in.safetensors"));
    CHECK_OK(sx_weights_save(w, in, &err), err);
    sx_weights_free(w);
    sx_import_report r;
    const sx_import_options o = { .arch = "densenet121", .threshold = -1 };
    const char *out = check_tmp_path("out.safetensors");
    CHECK_OK(sx_model_import(in, out, &o, &r, &err), err);
    assert_string_equal(r.prefix, "net.");
    assert_string_equal(r.wrappers, "");
    assert_int_equal(r.classes, 14);
    assert_int_equal(r.left_out, 0);
    w = sx_weights_open(out, &err);
    CHECK_OK(w, err);
    assert_non_null(sx_weights_find(w, "features.denseblock1.denselayer1.norm1.weight"));
    sx_weights_free(w);
    free(in);
}

/* The report names what was removed, and nothing else. */
static void test_import_report(void **state) {
    (void)state;
    static const char *const prefixes[][3] = {
        { "", "", "" },
        { "net.", "net.", "" },
        { "module.", "", "\"module.\"" },
        { "module._orig_mod.", "", "\"_orig_mod.\", \"module.\"" },
        { "_forward_module.net.", "net.", "\"_forward_module.\"" },
        { "xmodule.", "xmodule.", "" },
    };
    const sx_import_options o = { .threshold = -1 };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        sx_error err = { 0 };
        sx_import_report r;
        sx_weights *w = spelt("densenet121", TORCHVISION, same, prefixes[i][0]);
        char *in = sx_strdup(check_tmp_path("in.safetensors"));
        CHECK_OK(sx_weights_save(w, in, &err), err);
        CHECK_OK(sx_model_import(in, check_tmp_path("out.safetensors"), &o, &r, &err), err);
        assert_string_equal(r.prefix, prefixes[i][1]);
        assert_string_equal(r.wrappers, prefixes[i][2]);
        sx_weights_free(w);
        free(in);
    }
}

/* A checkpoint of two networks; one without a prefix comes first, a moving average last. The report
 * names the one that is not taken, if it is a whole network. */
static void test_two_networks(void **state) {
    (void)state;
    static const struct {
        const char *prefixes[2], *taken, *others;
        bool part; /* the second lacks its classifier */
    } cases[] = {
        { { "net1.", "net2." }, "net1", "net2", false },
        { { "teacher.", "student." }, "student", "teacher", false },
        { { "model_ema.module.", "model." }, "model", "model_ema", false },
        { { "x.ema.", "" }, "", "x.ema", false },
        { { "net1.", "net2." }, "", "", true },
    };
    const sx_import_options o = { .threshold = -1 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_import_report r;
        sx_weights *w = spelt("densenet121", TORCHVISION, same, cases[i].prefixes[0]);
        sx_weights *second = spelt("densenet121", TORCHVISION,
                                   cases[i].part ? without_classifier : same, cases[i].prefixes[1]);
        for (size_t k = 0; k < sx_weights_count(second); k++)
            CHECK_OK(sx_weights_add(w, sx_weights_at(second, k), &err), err);
        char *in = sx_strdup(check_tmp_path("two.safetensors"));
        CHECK_OK(sx_weights_save(w, in, &err), err);
        CHECK_OK(sx_model_import(in, check_tmp_path("out.safetensors"), &o, &r, &err), err);
        assert_string_equal(r.taken, cases[i].taken);
        assert_string_equal(r.others, cases[i].others);
        sx_weights_free(w);
        sx_weights_free(second);
        free(in);
    }
}

/* A checkpoint of an ensemble: a dozen of the other networks are named, and the number of the rest.
 * A part of a network counts for none. */
static void test_many_networks(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_network net;
    sx_str names = { 0 };
    char prefix[40];
    sx_weights *w = spelt("densenet121", TORCHVISION, without_classifier, "part.");
    for (int i = 1; i <= 13; i++) {
        snprintf(prefix, sizeof prefix, "net%d.", i);
        add_spelt(w, "densenet121", TORCHVISION, same, prefix);
    }
    CHECK_OK(sx_recognise_tensors(&net, NULL, w, &err), err);
    assert_string_equal(sx_weights_prefix(w), "net1.");
    CHECK_OK(sx_recognise_others(&net, w, &names, &err), err);
    assert_string_equal(sx_str_text(&names), "net2, net3, net4, net5, net6, net7, net8, net9, "
                                             "net10, net11, net12, net13");
    names.len = 0;
    add_spelt(w, "densenet121", TORCHVISION, same, "net14.");
    add_spelt(w, "densenet121", TORCHVISION, same, "ema.net1.");
    CHECK_OK(sx_recognise_others(&net, w, &names, &err), err);
    assert_string_equal(sx_str_text(&names), "net2, net3, net4, net5, net6, net7, net8, net9, "
                                             "net10, net11, net12, net13, and 2 more");
    sx_str_free(&names);
    sx_weights_free(w);
}

/* Two tensors that would get one name keep theirs. */
static void test_rename_clash(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    add(w, "_orig_mod.a", 0, NULL);
    add(w, "a", 0, NULL);
    add(w, "x.module.b", 0, NULL);
    add(w, "xmodule.b", 0, NULL);
    CHECK_OK(sx_recognise_rename(w, &err), err);
    static const char *const names[] = { "_orig_mod.a", "a", "x.b", "xmodule.b" };
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(sx_weights_at(w, i)->name, names[i]);
        assert_ptr_equal(sx_weights_find(w, names[i]), sx_weights_at(w, i));
    }
    assert_null(sx_weights_find(w, "x.module.b"));
    sx_weights_free(w);
}

static int remove_folder(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_densenet),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_more_tensors),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_import_of_a_trunk),
        cmocka_unit_test(test_assumed_normalisation),
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_import_report),
        cmocka_unit_test(test_two_networks),
        cmocka_unit_test(test_many_networks),
        cmocka_unit_test(test_rename_clash),
        cmocka_unit_test(test_convnext),
        cmocka_unit_test(test_import_convnext),
        cmocka_unit_test(test_import_rtmdet),
        cmocka_unit_test(test_other_tensors),
        cmocka_unit_test(test_stated_architecture),
    };
    return cmocka_run_group_tests_name("foreign names", tests, NULL, remove_folder);
}
