#include "models/fpn.h"

#include <stdio.h>

void sx_fpn_build(sx_graph *g, sx_node *const features[4], int first, int channels,
                  sx_node *pyramid[4]) {
    static const char *const names[] = { "p2", "p3", "p4", "p5" };
    sx_node *top = NULL;
    for (int k = 3; k >= first; k--) {
        char lateral[16], output[16];
        snprintf(lateral, sizeof lateral, "fpn_lateral%d", k + 2);
        snprintf(output, sizeof output, "fpn_output%d", k + 2);
        sx_node *above = top ? sx_upsample2x(g, top) : NULL;
        top = sx_conv2d(g, features[k], lateral,
                        (sx_conv){ .out = channels, .kernel = 1, .bias = true });
        if (above) top = sx_add(g, top, above);
        pyramid[k] = sx_conv2d(g, top, output,
                               (sx_conv){ .out = channels, .kernel = 3, .pad = 1, .bias = true });
        sx_probe(g, names[k], pyramid[k]);
    }
}
