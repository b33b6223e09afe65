#include "models/init_adapt.h"

#include <math.h>
#include <string.h>

#include "models/input.h"

enum { CHANNELS = 3 };

/* The number of dimensions without those of 1 at the end. */
static int used(int ndim, const int64_t *dims) {
    while (ndim > 0 && dims[ndim - 1] == 1)
        ndim--;
    return ndim;
}

bool sx_init_same_shape(const sx_tensor *t, const sx_param *p) {
    const int n = used(t->ndim, t->dims);
    return n == used(p->ndim, p->dims) &&
           memcmp(t->dims, p->dims, sizeof *t->dims * (size_t)n) == 0;
}

/* A convolution of one input channel where the network has three. */
static bool is_grey(const sx_tensor *t, const sx_param *p) {
    return t->ndim == 4 && p->ndim == 4 && t->dims[1] == 1 && p->dims[1] == CHANNELS &&
           t->dims[0] == p->dims[0] && t->dims[2] == p->dims[2] && t->dims[3] == p->dims[3];
}

bool sx_init_read(const sx_weights *from, const sx_tensor *t, float *out, sx_error *err) {
    char names[SX_TENSOR_NAMES];
    const int64_t n = sx_tensor_count(t);
    if (!sx_tensor_to_f32(t, 0, n, out, err)) return sx_fail_in(err, "%s", sx_weights_path(from));
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(out[i]))
            return sx_fail(err, SX_ERR_VALUE, "%s: tensor %s holds %s", sx_weights_path(from),
                           sx_tensor_names(t, names, sizeof names),
                           isnan(out[i]) ? "NaN" : "an infinite value");
    return true;
}

/* out[o][0][..] of the file becomes a third of it in each channel; from the end, since the result
 * is longer. */
static void spread(const sx_param *p, float scale, float *out) {
    const int64_t area = p->dims[2] * p->dims[3];
    for (int64_t o = p->dims[0] - 1; o >= 0; o--)
        for (int64_t i = area - 1; i >= 0; i--) {
            const float v = out[o * area + i] * scale / CHANNELS;
            for (int64_t c = 0; c < CHANNELS; c++)
                out[(o * CHANNELS + c) * area + i] = v;
        }
}

/* Red, green, blue, each divided by its deviation, to blue, green, red that are not. */
static void from_imagenet(const sx_param *p, float *out) {
    const int64_t area = p->dims[2] * p->dims[3];
    const float *std = sx_normalisation_imagenet.std;
    for (int64_t o = 0; o < p->dims[0]; o++)
        for (int64_t i = 0; i < area; i++) {
            float *v = out + o * CHANNELS * area + i;
            const float red = v[0];
            v[0] = v[2 * area] / std[2];
            v[area] /= std[1];
            v[2 * area] = red / std[0];
        }
}

/* TorchXRayVision's networks. */
static bool is_xrayvision(const sx_weights *from) {
    return sx_weights_find(from, "op_threshs") != NULL;
}

const char *sx_init_adaptation(const sx_weights *from, const sx_param *p) {
    const sx_tensor *t = sx_weights_find(from, p->name);
    if (!t || !is_grey(t, p))
        return "its channels reversed and each divided by ImageNet's deviation, because this "
               "network reads blue first and does not divide";
    return is_xrayvision(from)
               ? "of one channel, a third of it in each of three, times 2048/255, because its "
                 "network reads -1024 to 1024 and this one 0 to 255"
               : "of one channel, a third of it in each of three";
}

sx_init_fit sx_init_copy(const sx_weights *from, const sx_param *p, float *out, sx_error *err) {
    const sx_tensor *t = sx_weights_find(from, p->name);
    const char *first = sx_weights_meta(from, SX_INIT_FIRST_LAYER);
    const bool grey = t && is_grey(t, p);
    if (!t || (!grey && !sx_init_same_shape(t, p)) || !sx_init_read(from, t, out, err))
        return SX_INIT_NO_FIT;
    if (grey) spread(p, is_xrayvision(from) ? 2 * 1024 / 255.0F : 1, out);
    const bool imagenet =
        first && strcmp(first, p->name) == 0 && p->ndim == 4 && p->dims[1] == CHANNELS;
    if (imagenet) from_imagenet(p, out);
    return grey || imagenet ? SX_INIT_ADAPTED : SX_INIT_TAKEN;
}
