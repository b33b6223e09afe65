/* EfficientDet, for which no reference can run here: every value of a small network against plain
 * loops in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"

#include "support/run_plan.h"
#include "support/small_efficientdet.h"

/* ---- plain loops ---- */

typedef struct map {
    int h, w, c;
    double *v; /* [h][w][c] */
} map;

static void *kept[512];
static int kept_count;
static const sx_weights *ref;

static map new_map(int h, int w, int c) {
    assert_true(kept_count < 512 && h > 0 && w > 0 && c > 0);
    double *v = kept[kept_count++] = calloc((size_t)h * (size_t)w * (size_t)c, sizeof *v);
    assert_non_null(v);
    return (map){ h, w, c, v };
}

static double *at(map m, int y, int x) {
    return m.v + ((size_t)y * (size_t)m.w + (size_t)x) * (size_t)m.c;
}

static const sx_tensor *tensor(const char *prefix, const char *leaf) {
    char name[160];
    snprintf(name, sizeof name, "%s%s", prefix, leaf);
    return sx_weights_find(ref, name);
}

static const float *numbers(const char *prefix, const char *leaf) {
    const sx_tensor *t = tensor(prefix, leaf);
    if (!t) fail_msg("no weights %s%s", prefix, leaf);
    return t->data;
}

/* TensorFlow's "same": as many places as strides fit, what is missing shared out, the odd one at
 * the end. */
static int missing_before(int size, int kernel, int stride) {
    const int places = (size + stride - 1) / stride, total = (places - 1) * stride + kernel - size;
    return total > 0 ? total / 2 : 0;
}

static map conv(map x, const char *name, int stride) {
    const sx_tensor *t = tensor(name, ".weight"), *b = tensor(name, ".bias");
    assert_non_null(t);
    const float *w = t->data;
    const int out = (int)t->dims[0], in = (int)t->dims[1], k = (int)t->dims[2],
              per = out / (x.c / in);
    const int top = missing_before(x.h, k, stride), left = missing_before(x.w, k, stride);
    map y = new_map((x.h + stride - 1) / stride, (x.w + stride - 1) / stride, out);
    for (int i = 0; i < y.h * y.w * out; i++) {
        const int o = i % out, px = i / out % y.w, py = i / out / y.w;
        double sum = b ? (double)((const float *)b->data)[o] : 0;
        for (int ky = 0; ky < k; ky++)
            for (int kx = 0; kx < k; kx++) {
                const int sy = py * stride - top + ky, sx = px * stride - left + kx;
                if (sy < 0 || sy >= x.h || sx < 0 || sx >= x.w) continue;
                for (int c = 0; c < in; c++)
                    sum += (double)w[((o * in + c) * k + ky) * k + kx] *
                           at(x, sy, sx)[o / per * in + c];
            }
        y.v[i] = sum;
    }
    return y;
}

static map norm(map x, const char *name) {
    const float *w = numbers(name, ".weight"), *b = numbers(name, ".bias"),
                *mean = numbers(name, ".running_mean"), *var = numbers(name, ".running_var");
    map y = new_map(x.h, x.w, x.c);
    for (int i = 0; i < x.h * x.w * x.c; i++) {
        const int c = i % x.c;
        y.v[i] =
            (x.v[i] - (double)mean[c]) / sqrt((double)var[c] + 1e-3) * (double)w[c] + (double)b[c];
    }
    return y;
}

static double sigmoid(double v) {
    return 1 / (1 + exp(-v));
}

static map swish(map x) {
    map y = new_map(x.h, x.w, x.c);
    for (int i = 0; i < x.h * x.w * x.c; i++)
        y.v[i] = x.v[i] * sigmoid(x.v[i]);
    return y;
}

static map excite(map x, const char *prefix) {
    map mean = new_map(1, 1, x.c), y = new_map(x.h, x.w, x.c);
    for (int i = 0; i < x.h * x.w * x.c; i++)
        mean.v[i % x.c] += x.v[i] / (x.h * x.w);
    map gate = conv(swish(conv(mean, small_join(prefix, "conv_reduce"), 1)),
                    small_join(prefix, "conv_expand"), 1);
    for (int i = 0; i < x.h * x.w * x.c; i++)
        y.v[i] = x.v[i] * sigmoid(gate.v[i % x.c]);
    return y;
}

static map sum(map a, map b) {
    map y = new_map(a.h, a.w, a.c);
    for (int i = 0; i < a.h * a.w * a.c; i++)
        y.v[i] = a.v[i] + b.v[i];
    return y;
}

static map mbconv(map x, const char *prefix, int stride) {
    char p[64];
    snprintf(p, sizeof p, "%s", prefix);
    const bool expands = tensor(p, "conv_pwl.weight") != NULL;
    map y = x;
    if (expands) y = swish(norm(conv(y, small_join(p, "conv_pw"), 1), small_join(p, "bn1")));
    y = swish(
        norm(conv(y, small_join(p, "conv_dw"), stride), small_join(p, expands ? "bn2" : "bn1")));
    y = excite(y, small_join(p, "se."));
    y = norm(conv(y, small_join(p, expands ? "conv_pwl" : "conv_pw"), 1),
             small_join(p, expands ? "bn3" : "bn2"));
    return stride == 1 && y.c == x.c ? sum(x, y) : y;
}

static map halve(map x) {
    map y = new_map((x.h + 1) / 2, (x.w + 1) / 2, x.c);
    const int top = missing_before(x.h, 3, 2), left = missing_before(x.w, 3, 2);
    for (int i = 0; i < y.h * y.w * y.c; i++) {
        y.v[i] = -INFINITY;
        for (int k = 0; k < 9; k++) {
            const int sy = i / y.c / y.w * 2 - top + k / 3, sx = i / y.c % y.w * 2 - left + k % 3;
            if (sy >= 0 && sy < x.h && sx >= 0 && sx < x.w)
                y.v[i] = fmax(y.v[i], at(x, sy, sx)[i % y.c]);
        }
    }
    return y;
}

static map twice(map x) {
    map y = new_map(2 * x.h, 2 * x.w, x.c);
    for (int i = 0; i < y.h * y.w * y.c; i++)
        y.v[i] = at(x, i / y.c / y.w / 2, i / y.c % y.w / 2)[i % y.c];
    return y;
}

static map separable(map x, const char *prefix) {
    char p[96];
    snprintf(p, sizeof p, "%s", prefix);
    return conv(conv(x, small_join(p, ".conv_dw"), 1), small_join(p, ".conv_pw"), 1);
}

/* Fig. 2d for four levels: values 0 to 3 come in (fine to coarse), nodes add 4 to 9. */
static const struct {
    int level, count, from[3];
} nodes[6] = { { 2, 2, { 2, 3 } },    { 1, 2, { 1, 4 } },    { 0, 2, { 0, 5 } },
               { 1, 3, { 1, 5, 6 } }, { 2, 3, { 2, 4, 7 } }, { 3, 2, { 3, 8 } } };

static map bring(map x, int from, int to, const char *p) {
    if (tensor(p, "conv.conv.weight"))
        x = norm(conv(x, small_join(p, "conv.conv"), 1), small_join(p, "conv.bn"));
    return from < to ? halve(x) : from > to ? twice(x) : x;
}

static map node(const map *all, const int *level, int i, const char *cell) {
    char p[64], q[96];
    map blend = { 0 };
    double total = 1e-4;
    snprintf(p, sizeof p, "%sfnode.%d.", cell, i);
    const float *w = numbers(p, "combine.edge_weights");
    for (int k = 0; k < nodes[i].count; k++)
        total += fmax((double)w[k], 0);
    for (int k = 0; k < nodes[i].count; k++) {
        const int from = nodes[i].from[k];
        snprintf(q, sizeof q, "%scombine.resample.%d.", p, from);
        map x = bring(all[from], level[from], nodes[i].level, q);
        if (k == 0) blend = new_map(x.h, x.w, x.c);
        for (int j = 0; j < x.h * x.w * x.c; j++)
            blend.v[j] += x.v[j] * fmax((double)w[k], 0) / total;
    }
    snprintf(q, sizeof q, "%safter_combine.conv", p);
    return norm(separable(swish(blend), q), small_join(q, ".bn"));
}

static void cell(map levels[4], const char *prefix) {
    map all[10];
    int level[10];
    for (int k = 0; k < 4; k++) {
        all[k] = levels[k];
        level[k] = k;
    }
    for (int i = 0; i < 6; i++) {
        level[4 + i] = nodes[i].level;
        all[4 + i] = node(all, level, i, prefix);
    }
    for (int k = 0; k < 4; k++)
        levels[k] = all[6 + k];
}

static map head(map x, const char *name, int level, int convs) {
    char p[64], q[64];
    for (int i = 0; i < convs; i++) {
        snprintf(p, sizeof p, "%s.conv_rep.%d", name, i);
        snprintf(q, sizeof q, "%s.bn_rep.%d.%d.bn", name, i, level);
        x = swish(norm(separable(x, p), q));
    }
    return separable(x, small_join(name, ".predict"));
}

/* Within f32's rounding of a hundred layers: 1e-5 of the largest number. */
static void same(const small_run *r, const char *name, map want) {
    sx_error err = { 0 };
    const int n = want.h * want.w * want.c;
    float *got = calloc((size_t)n, sizeof *got);
    double most = 0, off = 0, spread = 0;
    assert_non_null(got);
    CHECK_OK(sx_plan_output(r->plan, name, got, n, &err), err);
    for (int i = 0; i < n; i++) {
        most = fmax(most, fabs(want.v[i]));
        off = fmax(off, fabs((double)got[i] - want.v[i]));
        spread = fmax(spread, fabs(want.v[i] - want.v[0]));
    }
    free(got);
    if (!(off <= 1e-5 * most) || !(spread > 0.01 * most))
        fail_msg("%s is off by %g of %g (spread %g)", name, off, most, spread);
}

static void check_small(sx_plan_options o) {
    static const int strides[] = { 1, 2, 2, 2, 1, 2, 1 };
    small_run r;
    char name[64];
    small_start(&r, 1, SX_WHOLE_WITH_STAGES, o);
    ref = r.weights;
    map x = new_map(H, W, 3), levels[LEVELS];
    const float *image = sx_plan_input(r.plan, "image", NULL, NULL);
    for (int i = 0; i < H * W * 3; i++)
        x.v[i] = (double)image[i];
    check_run(r.plan);
    x = swish(norm(conv(x, "backbone.conv_stem", 2), "backbone.bn1"));
    for (int s = 0, feature = 0; s < 7; s++) {
        for (int b = 0;; b++) {
            snprintf(name, sizeof name, "backbone.blocks.%d.%d.", s, b);
            if (!tensor(name, "conv_dw.weight")) break;
            x = mbconv(x, name, b == 0 ? strides[s] : 1);
        }
        snprintf(name, sizeof name, "stage%d", s + 1);
        same(&r, name, x);
        if (s == 2 || s == 4 || s == 6) levels[feature++] = x;
    }
    levels[3] = bring(levels[2], 2, 3, "fpn.resample.3.");
    cell(levels, "fpn.cell.0.");
    cell(levels, "fpn.cell.1.");
    for (int k = 0; k < LEVELS; k++) {
        snprintf(name, sizeof name, "p%d", k + 3);
        same(&r, name, levels[k]);
        snprintf(name, sizeof name, "logits%d", k);
        same(&r, name, head(levels[k], "class_net", k, 2));
        snprintf(name, sizeof name, "deltas%d", k);
        same(&r, name, head(levels[k], "box_net", k, 2));
    }
    while (kept_count > 0)
        free(kept[--kept_count]);
    small_stop(&r);
}

static void test_values(void **state) {
    (void)state;
    check_small((sx_plan_options){ .compute = SX_F32 });
    check_small((sx_plan_options){ .compute = SX_F32, .plain = true });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
