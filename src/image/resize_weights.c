#include "image/resize_weights.h"

#include <math.h>

static double half_width(int in, int out) {
    return fmax((double)in / out, 1.0);
}

int sx_resize_taps(int in, int out) {
    return (int)ceil(half_width(in, out)) * 2 + 2;
}

int sx_resize_weights(int in, int out, int at, int *first, double *weights) {
    const double scale = (double)in / out, width = half_width(in, out), inverse = 1.0 / width;
    const double centre = (at + 0.5) * scale;
    int low = (int)(centre - width + 0.5), high = (int)(centre + width + 0.5);
    low = low < 0 ? 0 : low;
    high = high > in ? in : high;
    double sum = 0;
    for (int i = low; i < high; i++) {
        const double d = fabs((i - centre + 0.5) * inverse);
        weights[i - low] = d < 1.0 ? 1.0 - d : 0.0;
        sum += weights[i - low];
    }
    for (int i = 0; i < high - low; i++)
        weights[i] /= sum;
    *first = low;
    return high - low;
}
