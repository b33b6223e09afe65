#include "support/foreign_names.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

void foreign_convnext_name(const char *name, char *out, size_t size, bool timm) {
    static const char *const parts[][3] = { { "block.0.", "conv_dw.", "dwconv." },
                                            { "block.2.", "norm.", "norm." },
                                            { "block.3.", "mlp.fc1.", "pwconv1." },
                                            { "block.5.", "mlp.fc2.", "pwconv2." },
                                            { "layer_scale", "gamma", "gamma" } };
    int stage, block, at = 0;
    if (sscanf(name, "features.0.%n", &at) == 0 && at)
        snprintf(out, size, "%s%s", timm ? "stem." : "downsample_layers.0.", name + at);
    else if (sscanf(name, "features.%d.%d.%n", &stage, &block, &at) == 2 && at && stage % 2)
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            if (!sx_starts_with(name + at, parts[i][0])) continue;
            snprintf(out, size, "stages.%d.%s%d.%s%s", stage / 2, timm ? "blocks." : "", block,
                     parts[i][timm ? 1 : 2], name + at + strlen(parts[i][0]));
        }
    else if (sx_starts_with(name, "features."))
        snprintf(out, size, timm ? "stages.%d.downsample.%s" : "downsample_layers.%d.%s",
                 (name[9] - '0') / 2, name + 11);
    else if (sx_starts_with(name, "classifier.0."))
        snprintf(out, size, "%snorm.%s", timm ? "head." : "", name + 13);
    else
        snprintf(out, size, "%s%s", timm ? "head.fc." : "head.", name + 13);
}
