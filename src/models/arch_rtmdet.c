/* The rows of RTMDet in the table of architectures. */
#include "models/arch.h"
#include "models/rtmdet.h"

/* A score of 0.01 at first, and boxes of four strides around each cell, so that they overlap the
 * true ones and learn from them: the published head starts from pretrained features. */
static const sx_init_rule rtmdet_init[] = {
    { "rtm_cls.0.bias", SX_INIT_CONSTANT, -4.59511985013459 },
    { "rtm_cls.1.bias", SX_INIT_CONSTANT, -4.59511985013459 },
    { "rtm_cls.2.bias", SX_INIT_CONSTANT, -4.59511985013459 },
    { "rtm_reg.0.bias", SX_INIT_CONSTANT, 2 },
    { "rtm_reg.1.bias", SX_INIT_CONSTANT, 2 },
    { "rtm_reg.2.bias", SX_INIT_CONSTANT, 2 },
    { "bbox_head", SX_INIT_NORMAL, 0.01 },
    { 0 },
};

static const sx_arch_field rtmdet_fields[] = {
    SX_ARCH_FIELD(sx_rtmdet, width, 50, 2000),
    SX_ARCH_FIELD(sx_rtmdet, depth, 10, 2000),
    SX_ARCH_FIELD(sx_rtmdet, classes, 1, 4096),
    { 0 },
};

static void build_rtmdet(sx_graph *g, const void *config, sx_shape image) {
    sx_rtmdet_build(g, sx_input(g, "image", image), config);
}

static void build_pyramid(sx_graph *g, const void *config, sx_shape image) {
    static const char *const names[] = { "p3", "p4", "p5" };
    sx_node *pyramid[SX_RTMDET_LEVELS];
    sx_rtmdet_pyramid(g, sx_input(g, "image", image), config, pyramid);
    for (int i = 0; i < SX_RTMDET_LEVELS; i++)
        sx_output(g, names[i], pyramid[i]);
}

static const char *classes_tensor(const void *config) {
    (void)config;
    return "bbox_head.rtm_cls.0.weight";
}

static const char *const anchors[] = { "backbone.stem.0.conv.weight", "bbox_head.rtm_cls.0.weight",
                                       NULL };

/* ImageNet's in the order of cv2.imread; films are padded with grey. */
static const sx_normalisation norm = { .mean = { 103.53F, 116.28F, 123.675F },
                                       .std = { 57.375F, 57.12F, 58.395F },
                                       .bgr = true,
                                       .pad = 114 };

const sx_arch_config sx_rtmdet_config = { .size = sizeof(sx_rtmdet),
                                          .fields = rtmdet_fields,
                                          .classes_offset = offsetof(sx_rtmdet, classes),
                                          .classes_tensor = classes_tensor,
                                          .anchors = anchors };
const sx_arch_build sx_rtmdet_build_parts = { .whole = build_rtmdet,
                                              .pyramid = build_pyramid,
                                              .norm = &norm };
const sx_arch_detect sx_rtmdet_detect = { .decode = sx_rtmdet_decode,
                                          .candidates = 90000,
                                          .nms = 0.65F };
const sx_arch_train sx_rtmdet_train = { .init = rtmdet_init,
                                        .loss = sx_rtmdet_loss,
                                        .loss_by_targets = true };
