#include "cli/network_args.h"

#include <stdlib.h>

#include "models/model_export.h"

enum { SIDE_MIN = 32, SIDE_MAX = 8192 };

static bool parse_size(const char *text, int *width, int *height) {
    char *end;
    const long w = strtol(text, &end, 10);
    if (*end != 'x') return false;
    const long h = strtol(end + 1, &end, 10);
    if (*end || w < SIDE_MIN || h < SIDE_MIN || w > SIDE_MAX || h > SIDE_MAX) return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

bool sx_cli_network_size(const char *text, const sx_network *net, const sx_weights *weights,
                         sx_shape *shape, sx_error *err) {
    const bool detector = net->arch->task == SX_DETECTOR;
    int w, h;
    if (!text) return sx_network_usual_shape(net, weights, shape, err);
    if (!parse_size(text, &w, &h))
        return sx_fail(err, SX_ERR_USAGE, "--size is %s, not WIDTHxHEIGHT of %d to %d pixels", text,
                       SIDE_MIN, SIDE_MAX);
    const int stride = sx_network_stride(net);
    *shape = sx_network_shape(net, w, h);
    if (detector && (w % stride || h % stride))
        return sx_fail(err, SX_ERR_USAGE, "--size %dx%d: this detector's sides are multiples of %d",
                       w, h, stride);
    return true;
}
