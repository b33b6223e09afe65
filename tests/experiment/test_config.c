/* Configurations of training: the authors' keys do what their program does with them, what is
 * written loads again, and what is wrong is named with its line. */
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "experiment/config.h"
#include "support/check.h"

static bool make_in(const sx_context *context, const char *text, const char *preset,
                    sx_train_config *c, sx_error *err) {
    sx_yaml y = { 0 };
    *err = (sx_error){ 0 };
    *c = (sx_train_config){ 0 };
    const bool ok = sx_yaml_parse("c.yaml", text, strlen(text), &y, err) &&
                    sx_train_config_make(context, "c.yaml", &y, preset, "densenet121", c, err);
    sx_yaml_free(&y);
    return ok;
}

static bool read_config(const char *text, const char *preset, sx_train_config *c, sx_error *err) {
    return make_in(NULL, text, preset, c, err);
}

static void must_in(const sx_context *context, const char *text, const char *preset,
                    sx_train_config *c) {
    sx_error err;
    CHECK_OK(make_in(context, text, preset, c, &err), err);
}

static void must(const char *text, const char *preset, sx_train_config *c) {
    must_in(NULL, text, preset, c);
}

static void refused(const char *text, sx_error_code code, const char *message) {
    sx_train_config c;
    sx_error err;
    CHECK_FAILS(read_config(text, NULL, &c, &err), err, code, message);
    sx_train_config_free(&c);
}

/* Every key of the authors' densenet121.yaml, in an order of our own. */
static const char classifier[] = "SOLVER:\n"
                                 "  STEPS: (5000,7500)\n"
                                 "  CLIP_GRADIENTS: {ENABLED: True}\n"
                                 "  BASE_LR: 0.01\n"
                                 "  IMS_PER_BATCH: 32\n"
                                 "  MAX_ITER: 10000\n"
                                 "  CHECKPOINT_PERIOD: 250\n"
                                 "TEST: {EVAL_PERIOD: 250}\n"
                                 "SEED: 1999\n"
                                 "OUTPUT_DIR: \"out\"\n"
                                 "DATALOADER: {NUM_WORKERS: 8, ASPECT_RATIO_GROUPING: True}\n"
                                 "DATASETS:\n"
                                 "  TRAIN: (\"spine_cls_train\",)\n"
                                 "  TEST: (\"spine_cls_test\",)\n"
                                 "CLASSIFICATION: {BOOTSTRAP: True}\n"
                                 "MODEL:\n"
                                 "  META_ARCHITECTURE: \"Classifier\"\n"
                                 "  WEIGHTS: \"\"\n"
                                 "  BACKBONE: {NAME: \"DenseNet\"}\n"
                                 "  DENSENET: {DEPTH: 169, OUT_FEATURES: [\"dense4\"]}\n"
                                 "  CLASSIFIER: {CLASSES: [\"Abnormal\"], LOSS_NAMES: [\"BCE\",], "
                                 "IN_FEATURES: [\"dense4\"], INPUT_SIZE: "
                                 "224}\n"
                                 "SPINE: {TASK: classification, ARCH: \"\", DATA_MAPPER: "
                                 "SpineClsDatasetMapper2, TRAIN_METADATA: m.csv,\n"
                                 "  TRAIN_ANNOTATION: a.csv, TRAIN_DATA_FOLDER: pngs, "
                                 "TEST_METADATA: t.csv, TEST_ANNOTATION: t.csv,\n"
                                 "  TEST_DATA_FOLDER: t}\n";

static void test_authors_classifier(void **state) {
    (void)state;
    sx_train_config c;
    must(classifier, NULL, &c);
    const sx_preset *p = sx_preset_find("densenet169");
    assert_string_equal(c.preset_name, "densenet169");
    assert_memory_equal(&c.preset.optim, &p->optim, sizeof p->optim);
    assert_memory_equal(&c.preset.schedule, &p->schedule, sizeof p->schedule);
    assert_int_equal(c.preset.batch, 32);
    assert_int_equal(c.preset.iterations, 10000);
    assert_int_equal(c.seed, 1999);
    assert_int_equal(c.validate, 250);
    assert_string_equal(c.data, "a.csv");
    assert_string_equal(c.images, "pngs");
    assert_null(c.init);
    assert_true(c.preset.group);
    sx_train_config_free(&c);
}

/* Every key of their sparsercnn.yaml that does something; the optimizer that they name and never
 * build does nothing. */
static const char detector[] =
    "MODEL:\n"
    "  META_ARCHITECTURE: SparseRCNN\n"
    "  WEIGHTS: ./r50.pth\n"
    "  BACKBONE: {NAME: build_resnet_fpn_backbone}\n"
    "  RESNETS: {DEPTH: 50, STRIDE_IN_1X1: False, OUT_FEATURES: [res2, res3, res4, res5]}\n"
    "  FPN: {IN_FEATURES: [res2, res3, res4, res5]}\n"
    "  ROI_HEADS: {IN_FEATURES: [p2, p3, p4, p5]}\n"
    "  ROI_BOX_HEAD: {POOLER_TYPE: ROIAlignV2, POOLER_RESOLUTION: 7, POOLER_SAMPLING_RATIO: 2}\n"
    "  SparseRCNN: {NUM_PROPOSALS: 60, NUM_CLASSES: 2}\n"
    "SPINE: {ARCH: sparse_rcnn, FINDINGS: [Osteophytes, Other lesions,], DATA_MAPPER: "
    "SpineAutoAugmentMapper,\n"
    "  DATASET_DICT_FN: SpineDatasetFunction, AUTO_AUGMENT: v2}\n"
    "DATALOADER: {SAMPLER_TRAIN: RepeatFactorTrainingSampler, REPEAT_THRESHOLD: 0.2, "
    "FILTER_EMPTY_ANNOTATIONS: "
    "True}\n"
    "SOLVER:\n"
    "  STEPS: (300,)\n"
    "  OPTIMIZER: ADAMW\n"
    "  BASE_LR: 0.002\n"
    "  MAX_ITER: 500\n"
    "  IMS_PER_BATCH: 4 #16\n"
    "  CLIP_GRADIENTS: {ENABLED: True}\n"
    "VIS_PERIOD: 500\n";

static void test_authors_detector(void **state) {
    (void)state;
    sx_train_config c;
    must(detector, NULL, &c);
    const sx_preset *p = sx_preset_find("sparse_rcnn_r50");
    assert_string_equal(c.preset_name, p->name);
    assert_memory_equal(&c.preset.optim, &p->optim, sizeof p->optim);
    assert_int_equal(c.preset.optim.kind, SX_OPTIM_SGD);
    assert_true(c.preset.policy && c.preset.frozen && !c.preset.keep_empty);
    assert_true(c.preset.repeat > 0.19 && c.preset.repeat < 0.21);
    assert_int_equal(c.preset.schedule.steps[0], 300);
    assert_int_equal(c.preset.schedule.steps[1], 0);
    assert_int_equal(c.preset.schedule.warmup, 100);
    assert_string_equal(c.classes, "Osteophytes,Other lesions");
    assert_string_equal(c.init, "./r50.pth");
    char *text = sx_network_config_text(&c.net, NULL);
    assert_string_equal(text, "{\"proposals\":60}");
    free(text);
    sx_train_config_free(&c);
    must("SPINE: {DATA_MAPPER: SpineDatasetMapper, AUTO_AUGMENT: v1}\n"
         "DATALOADER: {SAMPLER_TRAIN: TrainingSampler, REPEAT_THRESHOLD: 0.5}\n"
         "SOLVER: {CLIP_GRADIENTS: {ENABLED: False}}\n"
         "MODEL: {BACKBONE: {FREEZE_AT: 0}}\n",
         "sparse_rcnn_r50", &c);
    assert_false(c.preset.policy || c.preset.frozen || c.preset.repeat > 0);
    assert_int_equal(c.preset.optim.clip, SX_CLIP_NONE);
    sx_train_config_free(&c);
}

static void test_over_a_preset(void **state) {
    (void)state;
    sx_train_config c;
    must("SOLVER: {MAX_ITER: 600, LR_SCHEDULER_NAME: WarmupMultiStepLR, STEPS: [100, 200]}\n"
         "SPINEXR: {OPTIMIZER: SGD, EMA: 0, ON_NAN: skip, PRECISION: bf16, NETWORK: {growth: 8, "
         "blocks: [1, "
         "2, 3, 4]}}\n",
         "densenet_small", &c);
    assert_int_equal(c.preset.optim.kind, SX_OPTIM_SGD);
    assert_int_equal(c.preset.schedule.warmup, 120); /* a fifth of 600, the preset's 200 is more */
    assert_int_equal(c.preset.schedule.steps[1], 200);
    assert_int_equal(c.on_nan, SX_ON_NAN_SKIP);
    assert_int_equal(c.precision, SX_PRECISION_BF16);
    char *text = sx_network_config_text(&c.net, NULL);
    assert_string_equal(text, "{\"growth\":8,\"stem\":32,\"blocks\":[1,2,3,4],\"classes\":1}");
    free(text);
    sx_train_config_iterations(&c, 300);
    assert_int_equal(c.preset.schedule.steps[0], 50);
    assert_int_equal(c.preset.schedule.warmup, 60);
    sx_train_config_free(&c);
    must("", NULL, &c);
    assert_string_equal(c.preset_name, "densenet121");
    sx_train_config_free(&c);
}

static void check_round(const char *given, const char *preset) {
    sx_error err = { 0 };
    sx_train_config a, b;
    sx_str first = { 0 }, second = { 0 };
    must(given, preset, &a);
    CHECK_OK(sx_train_config_text(&a, &first, &err), err);
    must(first.data, NULL, &b);
    CHECK_OK(sx_train_config_text(&b, &second, &err), err);
    assert_string_equal(first.data, second.data);
    assert_memory_equal(&a.preset.optim, &b.preset.optim, sizeof a.preset.optim);
    assert_memory_equal(&a.preset.schedule, &b.preset.schedule, sizeof a.preset.schedule);
    assert_memory_equal(a.preset.sizes, b.preset.sizes, sizeof a.preset.sizes);
    assert_memory_equal(a.net.config, b.net.config, sizeof a.net.config);
    assert_int_equal(a.preset.frozen, b.preset.frozen);
    assert_int_equal(a.preset.policy, b.preset.policy);
    assert_int_equal(a.preset.group, b.preset.group);
    assert_int_equal(a.preset.shortest, b.preset.shortest);
    assert_true(a.net.arch == b.net.arch);
    sx_str_free(&first);
    sx_str_free(&second);
    sx_train_config_free(&a);
    sx_train_config_free(&b);
}

static void test_what_is_written_loads_again(void **state) {
    (void)state;
    for (size_t i = 0; i < sx_preset_count(); i++)
        check_round("SEED: 3\n", sx_preset_at(i)->name);
    check_round(classifier, NULL);
    check_round(detector, NULL);
    check_round(
        "SOLVER: {CLIP_GRADIENTS: {ENABLED: False}, BASE_LR: 0.30000000000000004, STEPS: []}\n"
        "SPINE: {TRAIN_ANNOTATION: \"a: b # c\"}\n"
        "MODEL: {RESNETS: {DEPTH: 101}}\n",
        "faster_rcnn_r50");
}

static void bad_settings_are_refused(void **state) {
    (void)state;
    refused("A: 1\nSOLVER:\n  BASE_LT: 3\n", SX_ERR_USAGE, "c.yaml, line 1: A: not a key");
    refused("SOLVER:\n  BASE_LT: 3\n", SX_ERR_USAGE,
            "c.yaml, line 2: SOLVER.BASE_LT: not a key; did you mean SOLVER.BASE_LR?");
    refused("SOLVER: {BASE_LR: fast}\n", SX_ERR_VALUE,
            "line 1: SOLVER.BASE_LR: fast is not a number from 0 to 100");
    refused("SOLVER: {MAX_ITER: 1.5}\n", SX_ERR_VALUE, "1.5 is not a whole number");
    refused("SOLVER: {STEPS: [20, 10]}\n", SX_ERR_VALUE, "10 falls");
    refused("SOLVER: {NESTEROV: True}\n", SX_ERR_UNSUPPORTED,
            "SOLVER.NESTEROV: True; only False is supported");
    refused("SOLVER: {BASE_LR: [1, 2]}\n", SX_ERR_VALUE, "expected one value, not 2");
    refused("MODEL:\n  META_ARCHITECTURE: Swin\n", SX_ERR_UNSUPPORTED,
            "line 2: MODEL.META_ARCHITECTURE: no preset trains Swin");
    refused("MODEL: {DENSENET: {DEPTH: 122}}\n", SX_ERR_UNSUPPORTED, "there is no densenet122");
    refused("MODEL: {CLASSIFIER: {LOSS_NAMES: [BCE, focal]}}\n", SX_ERR_UNSUPPORTED,
            "only BCE is supported");
    refused("SPINEXR: {PRESET: retinanet_small}\nSPINE: {FINDINGS: [a, \"b,c\"]}\n",
            SX_ERR_UNSUPPORTED, "a comma in b,c");
    refused("SPINEXR: {PRESET: x}\n", SX_ERR_USAGE, "SPINEXR.PRESET: x is not known");
    refused("SPINEXR: {NETWORK: {depth: 3}}\n", SX_ERR_UNSUPPORTED, "densenet121 has no depth");
    refused("SPINEXR: {NETWORK: {growth: many}}\n", SX_ERR_VALUE, "whole numbers from 0 to 65536");
}

static sx_str logged;

static void keep(void *user, sx_log_level level, const char *message) {
    (void)user;
    (void)level;
    sx_str_printf(&logged, "%s\n", message);
}

static void test_says_what_has_no_effect(void **state) {
    (void)state;
    sx_train_config c;
    const sx_context context = { .log = keep, .log_level = SX_LOG_INFO };
    must_in(&context,
            "SOLVER: {OPTIMIZER: ADAMW, BACKBONE_MULTIPLIER: 1.0, BASE_LR: 0.1}\nMODEL: {DENSENET: "
            "{DEPTH: "
            "121}}\n",
            "sparse_small", &c);
    assert_non_null(strstr(sx_str_text(&logged),
                           "c.yaml: SOLVER.OPTIMIZER, SOLVER.BACKBONE_MULTIPLIER without "
                           "effect: the authors' code never builds that optimizer"));
    assert_non_null(
        strstr(logged.data, "MODEL.DENSENET.DEPTH without effect: not of this network"));
    assert_null(strstr(logged.data, "BASE_LR"));
    sx_str_free(&logged);
    sx_train_config_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authors_classifier),
        cmocka_unit_test(test_authors_detector),
        cmocka_unit_test(test_over_a_preset),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(test_what_is_written_loads_again),
        cmocka_unit_test(test_says_what_has_no_effect),
    };
    return cmocka_run_group_tests_name("train_config", tests, NULL, NULL);
}
