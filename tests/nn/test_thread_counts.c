/* At AVX2, and at AVX-512 on up to eight threads, a network has the same outputs, to the bit, on
 * any number of threads: while other programs are busy, a prediction gets fewer
 * (models/plan_cache.h). */
#include <stdlib.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "models/arch.h"
#include "models/synthetic_weights.h"
#include "nn/store.h"
#include "support/check.h"
#include "support/run_plan.h"

static void fill(sx_plan *p) {
    sx_shape s;
    float *in = sx_plan_input(p, "image", NULL, &s);
    for (int64_t i = 0; i < sx_shape_count(s); i++)
        in[i] = (float)((i * 7919) % 255) - 117;
    float *sizes = sx_plan_input(p, "sizes", NULL, NULL);
    if (sizes) sizes[0] = (float)s.w, sizes[1] = (float)s.h;
}

static uint64_t hash_of(const void *data, size_t bytes, uint64_t hash) {
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 0x100000001b3U;
    return hash;
}

/* Of all outputs of a run with so many threads. */
static uint64_t hash_with(const sx_graph *g, sx_store *store, int threads) {
    sx_error err = { 0 };
    uint64_t hash = 0xcbf29ce484222325U;
    sx_plan *p = sx_plan_new(g, store, (sx_plan_options){ .threads = threads }, &err);
    CHECK_OK(p != NULL, err);
    assert_int_equal(sx_plan_threads(p), threads);
    fill(p);
    check_run(p);
    for (int i = 0; i < sx_graph_outputs(g); i++) {
        const char *name;
        sx_graph_output_at(g, i, &name);
        const int64_t count = sx_plan_output_count(p, name);
        float *out = calloc((size_t)count, sizeof *out);
        assert_non_null(out);
        CHECK_OK(sx_plan_output(p, name, out, count, &err), err);
        hash = hash_of(out, (size_t)count * sizeof *out, hash);
        free(out);
    }
    sx_plan_free(p);
    return hash;
}

static int most_threads(void) {
    return sx_cpu_get()->avx512 ? SX_PLAN_SAME_THREADS : 3;
}

/* Frees the graph. */
static void check_graph(sx_graph *g, const char *name) {
    sx_error err = { 0 };
    sx_weights *w = g ? sx_synthetic_weights(g, &err) : NULL;
    sx_store *store = w ? sx_store_open(g, w, (sx_store_options){ 0 }, &err) : NULL;
    CHECK_OK(store != NULL, err);
    const uint64_t want = hash_with(g, store, 1);
    for (int threads = 2; threads <= most_threads(); threads++)
        if (hash_with(g, store, threads) != want)
            fail_msg("%s: other numbers with %d threads", name, threads);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

static void check_network(const sx_arch *arch) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, arch, 0);
    sx_graph *g = sx_network_build(&net, sx_network_shape(&net, 128, 96), SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    check_graph(g, arch->name);
}

static void test_any_number_of_threads(void **state) {
    (void)state;
    if (!sx_cpu_get()->avx2) skip();
    for (size_t i = 0; i < sx_arch_count(); i++)
        if (sx_arch_at(i)->usual) check_network(sx_arch_at(i));
}

/* Between 1 and most: the next number of the sequence. */
static int draw(uint64_t *at, int most) {
    return 1 + (int)(sx_rng_u64(17, (*at)++) % (uint64_t)most);
}

static void check_convolution(uint64_t *r) {
    sx_error err = { 0 };
    char name[100];
    const sx_conv c = { .kernel = 3 + 2 * (draw(r, 8) == 1),
                        .stride = draw(r, 2),
                        .pad = 1,
                        .out = draw(r, 200),
                        .bias = true };
    const sx_shape in = { 1, 2 + draw(r, 68), 2 + draw(r, 68), 8 * draw(r, 48) };
    snprintf(name, sizeof name, "%dx%d, %d to %d, kernel %d, stride %d", in.h, in.w, in.c, c.out,
             c.kernel, c.stride);
    sx_graph *g = sx_graph_new(&err);
    sx_output(g, "y", sx_relu(g, sx_conv2d(g, sx_input(g, "image", in), "conv", c)));
    CHECK_OK(sx_graph_finish(g, &err), err);
    check_graph(g, name);
}

/* Small ones, whose blocks oneDNN would choose by the number of threads. */
static void test_convolutions_of_any_shape(void **state) {
    (void)state;
    uint64_t r = 0;
    if (!sx_cpu_get()->avx2) skip();
    for (int i = 0; i < 100; i++)
        check_convolution(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_convolutions_of_any_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
