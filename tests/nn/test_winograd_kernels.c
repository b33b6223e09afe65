/* Winograd's convolution, its input's gradient and its weights' gradient against the definition, on
 * every instruction set that this machine has. Numbers of tiles and of channels leave every
 * remainder of every register block. */
#include <math.h>
#include <stdlib.h>

#include "support/kernel_check.h"

enum { WINO = 36 };

typedef struct winograd_case {
    sx_shape in;
    int out;
} winograd_case;

/* Channels are multiples of 16: 32 and 160 leave 2 and 4 of blocks of 6, 8 and 4 of blocks of 12,
 * 96 and 192 none; 16, 48 and 80 leave half a panel. */
static const winograd_case cases[] = {
    { { 1, 1, 1, 32 }, 32 },  { { 1, 4, 4, 96 }, 32 },   { { 2, 9, 14, 32 }, 64 },
    { { 1, 18, 5, 64 }, 96 }, { { 2, 7, 10, 160 }, 32 }, { { 3, 5, 3, 192 }, 32 },
    { { 1, 6, 7, 16 }, 48 },  { { 2, 5, 9, 48 }, 80 },   { { 1, 9, 4, 80 }, 16 },
};

/* The outputs, with those that fill the last panel. */
static int whole_panels(int out) {
    return (out + 31) / 32 * 32;
}

static int64_t size_of(sx_shape s) {
    return (int64_t)s.n * s.h * s.w * s.c;
}

static int64_t tiles_of(sx_shape s) {
    return (int64_t)s.n * ((s.h + 3) / 4) * ((s.w + 3) / 4);
}

static sx_shape out_of(const winograd_case *c) {
    return (sx_shape){ c->in.n, c->in.h, c->in.w, c->out };
}

typedef void visit_fn(void *ctx, int64_t weight, int64_t x, int64_t y);

/* Each product of the definition: places in w[out][in][3][3], x[n][h][w][in] and
 * y[n][h][w][out]. */
static void each_product(const winograd_case *c, visit_fn *visit, void *ctx) {
    const sx_shape in = c->in;
    for (int64_t p = 0; p < (int64_t)in.n * in.h * in.w; p++)
        for (int tap = 0; tap < 9; tap++) {
            const int64_t y = p / in.w % in.h + tap / 3 - 1, x = p % in.w + tap % 3 - 1;
            if (y < 0 || x < 0 || y >= in.h || x >= in.w) continue;
            const int64_t q = (p / in.w / in.h * in.h + y) * in.w + x;
            for (int o = 0; o < c->out; o++)
                for (int i = 0; i < in.c; i++)
                    visit(ctx, ((int64_t)o * in.c + i) * 9 + tap, q * in.c + i, p * c->out + o);
        }
}

typedef struct problem {
    kernel_array w, x, y; /* y: the output's gradient where one is wanted */
    kernel_expected want;
} problem;

static void add_output(void *ctx, int64_t weight, int64_t x, int64_t y) {
    problem *p = ctx;
    kernel_add_term(&p->want, y, kernel_at(&p->w, weight) * kernel_at(&p->x, x));
}

static void add_input_gradient(void *ctx, int64_t weight, int64_t x, int64_t y) {
    problem *p = ctx;
    kernel_add_term(&p->want, x, kernel_at(&p->w, weight) * kernel_at(&p->y, y));
}

static void add_weight_gradient(void *ctx, int64_t weight, int64_t x, int64_t y) {
    problem *p = ctx;
    kernel_add_term(&p->want, weight, kernel_at(&p->x, x) * kernel_at(&p->y, y));
}

static problem new_problem(const winograd_case *c, int64_t results) {
    return (problem){ kernel_random("w", (int64_t)9 * c->in.c * c->out, SX_F32),
                      kernel_random("x", size_of(c->in), SX_F32),
                      kernel_random("y", size_of(out_of(c)), SX_F32), kernel_expect(results) };
}

static void free_problem(problem *p) {
    kernel_free(&p->w);
    kernel_free(&p->x);
    kernel_free(&p->y);
    kernel_expected_free(&p->want);
}

/* All tiles, `block` at a time, with weights[out][in][3][3]. */
static void convolve(const sx_kernels *k, sx_winograd_job *job, const float *weights,
                     int64_t block) {
    const int in = job->in.c, out = job->out.c, whole = whole_panels(out);
    kernel_array u = kernel_unset((int64_t)WINO * in * whole, SX_F32);
    kernel_array scratch = kernel_unset(WINO * block * (in + whole), SX_F32);
    k->winograd_weights(u.data, weights, job->tile, out, in, 0, out / 2);
    k->winograd_weights(u.data, weights, job->tile, out, in, out / 2, whole);
    job->u = u.data;
    const int tile = job->tile;
    const int64_t tiles =
        (int64_t)job->out.n * ((job->out.h + tile - 1) / tile) * ((job->out.w + tile - 1) / tile);
    for (int64_t t = 0; t < tiles; t += block)
        k->winograd(job, scratch.data, t, t + block < tiles ? t + block : tiles);
    kernel_free(&u);
    kernel_free(&scratch);
}

/* Blocks of 1 to 13 tiles leave each remainder of 12, 6 and 4 rows; 64 are more than any case
 * has. */
static const int blocks[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 64 };

/* The transforms multiply by up to 8 and add up six numbers twice on each side, so that the
 * rounding of one number reaches its whole tile: 3e-6 of the largest sum of magnitudes. The largest
 * error seen is 2e-6, 34 roundings. */
enum { ROUNDINGS = 48, ROUNDINGS_2 = 12 };

static void check_forward(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        problem p = new_problem(&cases[i], size_of(out_of(&cases[i])));
        each_product(&cases[i], add_output, &p);
        kernel_share_terms(&p.want);
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            for (int tile = 2; tile <= 4; tile += 2) {
                kernel_array y = kernel_unset(p.want.count, SX_F32);
                sx_winograd_job job = { .in = cases[i].in,
                                        .out = out_of(&cases[i]),
                                        .tile = tile,
                                        .x = p.x.data,
                                        .y = y.data };
                convolve(k, &job, p.w.data, blocks[b]);
                kernel_compare(tile == 4 ? "winograd f4x4" : "winograd f2x2", &y, &p.want,
                               tile == 4 ? ROUNDINGS : ROUNDINGS_2);
                kernel_free(&y);
            }
        }
        free_problem(&p);
    }
}

static const sx_act acts[] = { SX_ACT_SWISH, SX_ACT_RELU, SX_ACT_GELU };

/* Bias, residual (which is also the output) and an activation, together. */
static void check_epilogue(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int out = cases[i].out;
        const sx_act act = acts[i / 2 % 3];
        problem p = new_problem(&cases[i], size_of(out_of(&cases[i])));
        kernel_array bias = kernel_random("bias", out, SX_F32), y = kernel_copy(&p.y);
        each_product(&cases[i], add_output, &p);
        for (int64_t q = 0; q < p.want.count; q++) {
            kernel_add_term(&p.want, q, kernel_at(&bias, q % out));
            kernel_add_term(&p.want, q, kernel_at(&p.y, q));
        }
        kernel_expect_act(&p.want, act);
        kernel_share_terms(&p.want);
        sx_winograd_job job = { .in = cases[i].in,
                                .out = out_of(&cases[i]),
                                .tile = i % 2 ? 2 : 4,
                                .x = p.x.data,
                                .bias = bias.data,
                                .residual = y.data,
                                .act = act,
                                .y = y.data };
        convolve(k, &job, p.w.data, 7);
        kernel_compare("winograd with bias, residual and activation", &y, &p.want, ROUNDINGS);
        kernel_free(&y);
        kernel_free(&bias);
        free_problem(&p);
    }
}

/* The weights with inputs and outputs exchanged and each kernel turned by half a circle. */
static kernel_array turned(const kernel_array *w, int out, int in) {
    kernel_array to = kernel_unset(w->count, SX_F32);
    for (int o = 0; o < out; o++)
        for (int i = 0; i < in; i++)
            for (int tap = 0; tap < 9; tap++)
                kernel_set(&to, ((int64_t)i * out + o) * 9 + 8 - tap,
                           (float)kernel_at(w, ((int64_t)o * in + i) * 9 + tap));
    return to;
}

static void check_input_gradient(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        problem p = new_problem(&cases[i], size_of(cases[i].in));
        each_product(&cases[i], add_input_gradient, &p);
        kernel_share_terms(&p.want);
        kernel_array w = turned(&p.w, cases[i].out, cases[i].in.c);
        for (int64_t block = 3; block < 12; block += 4) {
            kernel_array dx = kernel_unset(p.want.count, SX_F32);
            sx_winograd_job job = { .in = out_of(&cases[i]),
                                    .out = cases[i].in,
                                    .tile = block == 7 ? 2 : 4,
                                    .x = p.y.data,
                                    .y = dx.data };
            convolve(k, &job, w.data, block);
            kernel_compare("winograd, gradient of the input", &dx, &p.want, ROUNDINGS);
            kernel_free(&dx);
        }
        kernel_free(&w);
        free_problem(&p);
    }
}

/* dw[out][in][3][3] over all tiles, `block` at a time; the sums in two parts of the panels. */
static kernel_array weight_gradient(const sx_kernels *k, const sx_winograd_job *job,
                                    int64_t block) {
    const int in = job->in.c, out = job->out.c;
    const int64_t tiles = tiles_of(job->out), panels = WINO * out / 32;
    kernel_array u = kernel_unset((int64_t)WINO * in * out, SX_F32);
    kernel_array v = kernel_unset(WINO * block * in, SX_F32),
                 m = kernel_unset(WINO * block * out, SX_F32);
    kernel_array dw = kernel_unset((int64_t)9 * in * out, SX_F32);
    for (int64_t first = 0; first < tiles; first += block) {
        const int64_t count = tiles - first < block ? tiles - first : block;
        k->winograd_grad_tiles(job, v.data, m.data, first, count, 0, count / 2);
        k->winograd_grad_tiles(job, v.data, m.data, first, count, count / 2, count);
        k->winograd_grad_sums(u.data, v.data, m.data, count, in, out, first > 0, 0, panels / 3);
        k->winograd_grad_sums(u.data, v.data, m.data, count, in, out, first > 0, panels / 3,
                              panels);
    }
    k->winograd_grad_weights(dw.data, u.data, out, in, 0, out / 2);
    k->winograd_grad_weights(dw.data, u.data, out, in, out / 2, out);
    kernel_free(&u);
    kernel_free(&v);
    kernel_free(&m);
    return dw;
}

static void check_weight_gradient(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].in.c % 32 || cases[i].out % 32) continue;
        problem p = new_problem(&cases[i], (int64_t)9 * cases[i].in.c * cases[i].out);
        each_product(&cases[i], add_weight_gradient, &p);
        kernel_share_terms(&p.want);
        for (int64_t block = 1; block < 64; block = 3 * block + 2) {
            const sx_winograd_job job = {
                .in = cases[i].in, .out = out_of(&cases[i]), .x = p.x.data, .g = p.y.data
            };
            kernel_array dw = weight_gradient(k, &job, block);
            kernel_compare("winograd, gradient of the weights", &dw, &p.want, ROUNDINGS);
            kernel_free(&dw);
        }
        free_problem(&p);
    }
}

/* ---- rounding errors, in units of those of a plain loop in f32 ---- */

typedef struct plain_sums {
    problem p;
    float *sums; /* one product after the other, each sum rounded once */
} plain_sums;

static void add_plain(plain_sums *s, int64_t at, double product) {
    kernel_add_term(&s->p.want, at, product);
    s->sums[at] = (float)((double)s->sums[at] + product);
}

static void add_plain_output(void *ctx, int64_t weight, int64_t x, int64_t y) {
    plain_sums *s = ctx;
    add_plain(s, y, kernel_at(&s->p.w, weight) * kernel_at(&s->p.x, x));
}

static void add_plain_gradient(void *ctx, int64_t weight, int64_t x, int64_t y) {
    plain_sums *s = ctx;
    add_plain(s, weight, kernel_at(&s->p.x, x) * kernel_at(&s->p.y, y));
}

static plain_sums sum_plainly(const winograd_case *c, int64_t results, visit_fn *visit) {
    plain_sums s = { new_problem(c, results), calloc((size_t)results, sizeof(float)) };
    each_product(c, visit, &s);
    return s;
}

static void free_sums(plain_sums *s) {
    free(s->sums);
    free_problem(&s->p);
}

/* The root of the summed squares of the errors of f32 numbers. */
static double error_of(const float *got, const kernel_expected *e) {
    double sum = 0;
    for (int64_t i = 0; i < e->count; i++)
        sum += ((double)got[i] - e->want[i]) * ((double)got[i] - e->want[i]);
    return sqrt(sum);
}

static void check_share(const char *what, const kernel_array *got, const plain_sums *s,
                        double most) {
    const double share = error_of(got->data, &s->p.want) / error_of(s->sums, &s->p.want);
    print_message("%s: %.2f of the error of a plain loop\n", what, share);
    if (!(share <= most)) fail_msg("%s: more than %g", what, most);
}

static const winograd_case wide = { { 1, 28, 28, 32 }, 128 }, tall = { { 1, 56, 56, 32 }, 32 };
static plain_sums wide_sums, tall_sums;

/* Layers before a batch norm are computed by F(2x2) in training because its error is smaller than
 * that of a plain loop, and not by F(4x4) (nn/ops/conv2d_winograd.c). */
static void check_errors(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (int tile = 2; tile <= 4; tile += 2) {
        kernel_array y = kernel_unset(wide_sums.p.want.count, SX_F32);
        sx_winograd_job job = {
            .in = wide.in, .out = out_of(&wide), .tile = tile, .x = wide_sums.p.x.data, .y = y.data
        };
        convolve(k, &job, wide_sums.p.w.data, 48);
        check_share(tile == 4 ? "F(4x4)" : "F(2x2)", &y, &wide_sums, tile == 4 ? 5.5 : 1);
        kernel_free(&y);
    }
    const sx_winograd_job job = {
        .in = tall.in, .out = out_of(&tall), .x = tall_sums.p.x.data, .g = tall_sums.p.y.data
    };
    kernel_array dw = weight_gradient(k, &job, 48);
    check_share("gradient of the weights", &dw, &tall_sums, 3.5);
    kernel_free(&dw);
}

static void test_errors(void **state) {
    (void)state;
    wide_sums = sum_plainly(&wide, size_of(out_of(&wide)), add_plain_output);
    tall_sums = sum_plainly(&tall, (int64_t)9 * tall.in.c * tall.out, add_plain_gradient);
    kernel_each_level(check_errors, false);
    free_sums(&wide_sums);
    free_sums(&tall_sums);
}

static void test_forward(void **state) {
    (void)state;
    kernel_each_level(check_forward, false);
}

static void test_epilogue(void **state) {
    (void)state;
    kernel_each_level(check_epilogue, false);
}

static void test_input_gradient(void **state) {
    (void)state;
    kernel_each_level(check_input_gradient, false);
}

static void test_weight_gradient(void **state) {
    (void)state;
    kernel_each_level(check_weight_gradient, false);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_forward),
                                        cmocka_unit_test(test_epilogue),
                                        cmocka_unit_test(test_input_gradient),
                                        cmocka_unit_test(test_weight_gradient),
                                        cmocka_unit_test(test_errors) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
