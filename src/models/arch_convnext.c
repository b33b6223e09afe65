/* The row of ConvNeXt in the table of architectures. */
#include "models/arch.h"
#include "models/convnext.h"

/* As the paper's code (appendix A.1); a truncated normal there. */
static const sx_init_rule convnext_init[] = {
    { "layer_scale", SX_INIT_CONSTANT, 1e-6 },
    { "", SX_INIT_NORMAL, 0.02 },
    { 0 },
};

static const sx_arch_field convnext_fields[] = {
    SX_ARCH_FIELD(sx_convnext, width, 1, 1024),
    SX_ARCH_FIELD(sx_convnext, blocks, 1, 64),
    SX_ARCH_FIELD(sx_convnext, drop, 0, 99),
    SX_ARCH_FIELD(sx_convnext, classes, 1, 4096),
    { 0 },
};

static void build_convnext(sx_graph *g, const void *config, sx_shape image) {
    sx_convnext_build(g, sx_input(g, "image", image), config);
}

static const char *convnext_classes(const void *config) {
    (void)config;
    return "classifier.2.weight";
}

static const char *const convnext_anchors[] = { "features.0.0.weight",
                                                "features.7.0.block.0.weight", NULL };

const sx_arch_config sx_convnext_config = { .size = sizeof(sx_convnext),
                                            .fields = convnext_fields,
                                            .classes_offset = offsetof(sx_convnext, classes),
                                            .classes_tensor = convnext_classes,
                                            .anchors = convnext_anchors };
/* The last layer reads normalised features: a heat map is not a sum of its weights. */
const sx_arch_build sx_convnext_build_parts = { .whole = build_convnext,
                                                .norm = &sx_normalisation_imagenet,
                                                .pooled = "norm" };
const sx_arch_train sx_convnext_train = { .init = convnext_init, .loss = sx_classifier_loss };
