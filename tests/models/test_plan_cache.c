/* How many plans are made for sequences of sizes, and that memory is bounded. */
#include "models/plan_cache.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/run_plan.h"

typedef struct fixture {
    sx_network net;
    sx_weights *weights;
    sx_store *store;
    sx_plan_cache *cache;
} fixture;

static void start_fixture(fixture *f, size_t most_bytes) {
    sx_error err = { 0 };
    sx_network_default(&f->net, sx_arch_find("retinanet_r50"), 3);
    CHECK_OK(sx_network_configure(&f->net,
                                  "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 8, "
                                  "\"channels\": 16, \"convs\": 1}",
                                  &err),
             err);
    sx_graph *g = sx_network_build(&f->net, sx_network_shape(&f->net, 64, 64), SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    f->weights = sx_synthetic_weights(g, &err);
    f->store = f->weights ? sx_store_open(g, f->weights, (sx_store_options){ 0 }, &err) : NULL;
    CHECK_OK(f->store != NULL, err);
    sx_graph_free(g);
    f->cache = sx_plan_cache_new(
        &f->net, f->store, (sx_plan_options){ .compute = SX_F32, .threads = 1 }, most_bytes, &err);
    CHECK_OK(f->cache != NULL, err);
}

static void stop(fixture *f) {
    sx_plan_cache_free(f->cache);
    sx_store_free(f->store);
    sx_weights_free(f->weights);
}

/* Requests plans for inputs of these widths, `times` times over; returns the number of plans
 * made. */
static long ask(fixture *f, const int *widths, int count, int times) {
    const long before = sx_plan_cache_made(f->cache);
    for (int t = 0; t < times; t++)
        for (int i = 0; i < count; i++) {
            sx_error err = { 0 };
            const sx_shape shape = sx_network_shape(&f->net, widths[i], 64);
            sx_plan *p = sx_plan_cache_get(f->cache, shape, SX_WHOLE, &err);
            CHECK_OK(p != NULL, err);
            sx_shape got;
            assert_non_null(sx_plan_input(p, "image", NULL, &got));
            assert_int_equal(got.w, shape.w);
            assert_non_null(sx_graph_find_output(sx_plan_cache_graph(f->cache), "logits0"));
            check_run(p);
        }
    return sx_plan_cache_made(f->cache) - before;
}

/* The first plan of that shape is made of the graph itself. */
static void test_taken_graph(void **state) {
    (void)state;
    fixture f;
    sx_error err = { 0 };
    start_fixture(&f, 0);
    const sx_shape shape = sx_network_shape(&f.net, 64, 64),
                   other = sx_network_shape(&f.net, 96, 64);
    sx_graph *g = sx_network_build(&f.net, shape, SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    sx_plan_cache_take_graph(f.cache, shape, SX_WHOLE, g);
    CHECK_OK(sx_plan_cache_get(f.cache, other, SX_WHOLE, &err), err);
    assert_true(sx_plan_cache_graph(f.cache) != g);
    for (int i = 0; i < 2; i++) {
        sx_plan *p = sx_plan_cache_get(f.cache, shape, SX_WHOLE, &err);
        CHECK_OK(p != NULL, err);
        assert_ptr_equal(sx_plan_cache_graph(f.cache), g);
        check_run(p);
    }
    assert_int_equal(sx_plan_cache_made(f.cache), 2);
    stop(&f);
}

static void test_one_size(void **state) {
    (void)state;
    fixture f;
    start_fixture(&f, 0);
    assert_int_equal(ask(&f, (int[]){ 64 }, 1, 5), 1);
    stop(&f);
}

/* --tta scales: three sizes for each film. The first film makes three plans, the second one more
 * for what was dropped meanwhile, further ones none. */
static void test_three_sizes_in_turn(void **state) {
    (void)state;
    const int scales[] = { 64, 96, 128 };
    fixture f;
    start_fixture(&f, 0);
    assert_int_equal(ask(&f, scales, 3, 1), 3);
    assert_in_range(ask(&f, scales, 3, 1), 1, 2);
    assert_int_equal(ask(&f, scales, 3, 4), 0);
    stop(&f);
}

/* Sizes that are not requested again do not enlarge the cache. */
static void test_ever_new_sizes(void **state) {
    (void)state;
    int widths[40];
    fixture f;
    start_fixture(&f, 0);
    for (int i = 0; i < 40; i++)
        widths[i] = 64 + 32 * i;
    assert_int_equal(ask(&f, widths, 40, 1), 40);
    assert_int_equal(ask(&f, widths + 38, 2, 3), 0); /* the last two are there */
    assert_int_equal(ask(&f, widths + 37, 1, 1), 1); /* no third one */
    stop(&f);
}

static void test_parts_are_told_apart(void **state) {
    (void)state;
    sx_error err = { 0 };
    fixture f;
    start_fixture(&f, 0);
    const sx_shape shape = sx_network_shape(&f.net, 64, 64);
    sx_plan *whole = sx_plan_cache_get(f.cache, shape, SX_WHOLE, &err),
            *part = sx_plan_cache_get(f.cache, shape, SX_PYRAMID, &err);
    CHECK_OK(whole && part, err);
    assert_int_equal(sx_plan_output_count(whole, "p3"), 0);
    assert_true(sx_plan_output_count(part, "p3") > 0);
    stop(&f);
}

/* With memory for one plan, only the newest is kept, for any sequence of requests. */
static void test_memory_is_bounded(void **state) {
    (void)state;
    const int scales[] = { 64, 96, 128 };
    fixture f;
    start_fixture(&f, 1);
    assert_int_equal(ask(&f, scales, 3, 4), 12);
    assert_int_equal(ask(&f, scales + 2, 1, 4), 0);
    stop(&f);
}

static void test_a_failure_leaves_the_others(void **state) {
    (void)state;
    sx_error err = { 0 };
    fixture f;
    start_fixture(&f, 0);
    assert_int_equal(ask(&f, (int[]){ 64, 96 }, 2, 1), 2);
    assert_null(sx_plan_cache_get(f.cache, (sx_shape){ 1, 0, 0, 3 }, SX_WHOLE, &err));
    assert_true(err.code != SX_OK);
    assert_int_equal(ask(&f, (int[]){ 96 }, 1, 1), 0);
    stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_size),
        cmocka_unit_test(test_taken_graph),
        cmocka_unit_test(test_three_sizes_in_turn),
        cmocka_unit_test(test_ever_new_sizes),
        cmocka_unit_test(test_parts_are_told_apart),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_a_failure_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
