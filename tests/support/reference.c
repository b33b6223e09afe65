#include "support/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "image/noise.h"
#include "models/input.h"
#include "support/check.h"

sx_weights *reference_open(const char *name) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_open(check_golden(name), &err);
    CHECK_OK(w != NULL, err);
    return w;
}

const float *reference_f32(const sx_weights *w, const char *name, int64_t count) {
    const sx_tensor *t = sx_weights_find(w, name);
    if (!t || t->dtype != SX_F32 || sx_tensor_count(t) != count)
        fail_msg("reference %s is absent or of another size", name);
    return t->data;
}

void reference_fill(sx_plan *p, int index, const char *name, int width, int height, bool color) {
    sx_error err = { 0 };
    sx_image image;
    CHECK_OK(sx_noise_image(name, width, height, color, &image, &err), err);
    sx_input_fill(p, index, &image, &sx_normalisation_detectron2);
    sx_image_free(&image);
}

static void check_whole(const float *got, const sx_tensor *t, const char *what, double bound) {
    const float *want = t->data;
    double scale = 0;
    int64_t n = sx_tensor_count(t);
    for (int64_t i = 0; i < n; i++)
        scale = fmax(scale, fabs((double)want[i]));
    check_close_f32(got, want, (size_t)n, bound * scale, what);
}

/* Place i of 64 in the reference's [n][c][h][w] order, looked up in our [n][h][w][c]. */
static float at_place(const float *v, sx_shape s, int i) {
    int64_t n = sx_shape_count(s), k = i * (n - 1) / 63;
    int64_t x = k % s.w, y = k / s.w % s.h, c = k / s.w / s.h % s.c, image = k / s.w / s.h / s.c;
    return v[((image * s.h + y) * s.w + x) * s.c + c];
}

void reference_check(const sx_plan *p, const sx_graph *g, const char *output, const sx_weights *w,
                     const char *name, double bound) {
    reference_check_times(p, g, output, 1, w, name, bound);
}

void reference_check_times(const sx_plan *p, const sx_graph *g, const char *output, float factor,
                           const sx_weights *w, const char *name, double bound) {
    sx_error err = { 0 };
    sx_node *node = sx_graph_find_output(g, output);
    assert_non_null(node);
    const sx_shape s = sx_node_shape(node);
    const int64_t n = sx_shape_count(s);
    float *got = malloc((size_t)n * sizeof *got), picked[64];
    assert_non_null(got);
    CHECK_OK(sx_plan_output(p, output, got, n, &err), err);
    for (int64_t i = 0; i < n; i++)
        got[i] *= factor;
    char key[128];
    snprintf(key, sizeof key, "%s/stride", name);
    const sx_tensor *places = sx_weights_find(w, key), *whole = sx_weights_find(w, name);
    if (whole) {
        assert_int_equal(sx_tensor_count(whole), n);
        check_whole(got, whole, name, bound);
    } else {
        assert_non_null(places);
        for (int i = 0; i < 64; i++)
            picked[i] = at_place(got, s, i);
        check_whole(picked, places, name, bound);
    }
    free(got);
}
