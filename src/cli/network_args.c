#include "cli/network_args.h"

#include <stdio.h>

bool sx_cli_network_size(const char *text, const sx_network *net, sx_shape *shape, sx_error *err) {
    const bool detector = net->arch->task == SX_DETECTOR;
    int w = detector ? 1088 : net->arch->width, h = detector ? 800 : net->arch->height;
    char rest;
    if (text &&
        (sscanf(text, "%dx%d%c", &w, &h, &rest) != 2 || w < 32 || h < 32 || w > 8192 || h > 8192))
        return sx_fail(err, SX_ERR_USAGE, "--size is %s, not WIDTHxHEIGHT", text);
    const int stride = sx_network_stride(net);
    *shape = sx_network_shape(net, w, h);
    if (text && detector && (w % stride || h % stride))
        return sx_fail(err, SX_ERR_USAGE, "--size %dx%d: this detector's sides are multiples of %d",
                       w, h, stride);
    return true;
}
