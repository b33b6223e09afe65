#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/clock.h"
#include "base/rng.h"
#include "detect/nms.h"

static float number(uint64_t key, size_t i, double low, double high) {
    return (float)(low + (high - low) * sx_rng_unit(key, i));
}

/* Boxes with integer corners in a small square, so that ties and equal boxes occur. */
static void random_boxes(uint64_t seed, size_t n, double side, double size, sx_box *b, float *score,
                         int *label, int labels) {
    uint64_t key = sx_rng_key("nms", seed);
    for (size_t i = 0; i < n; i++) {
        float x = floorf(number(key, 6 * i, 0, side)), y = floorf(number(key, 6 * i + 1, 0, side));
        b[i] = (sx_box){ x, y, x + floorf(number(key, 6 * i + 2, 0, size)),
                         y + floorf(number(key, 6 * i + 3, 0, size)) };
        score[i] = floorf(number(key, 6 * i + 4, 0, 50)) / 50.0F - 0.1F;
        label[i] = (int)(sx_rng_u64(key, 6 * i + 5) % (uint64_t)labels);
    }
}

/* The definition, word by word: repeatedly take the best that is left. */
static size_t by_definition(const sx_box *b, const float *s, const int *label, size_t n, double iou,
                            double min_score, int *keep) {
    char *gone = calloc(n + 1, 1);
    size_t kept = 0;
    for (;;) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!gone[i] && !isnan(s[i]) && s[i] >= min_score && (best == n || s[i] > s[best]))
                best = i;
        if (best == n) break;
        keep[kept++] = (int)best;
        for (size_t i = 0; i < n; i++)
            if (label[i] == label[best] && (double)sx_iou(b[i], b[best]) > iou) gone[i] = 1;
        gone[best] = 1;
    }
    free(gone);
    return kept;
}

static void iou_by_hand(void **state) {
    (void)state;
    assert_true(sx_iou((sx_box){ 0, 0, 2, 2 }, (sx_box){ 1, 1, 3, 3 }) == 1.0F / 7.0F);
    assert_true(sx_iou((sx_box){ 0, 0, 2, 2 }, (sx_box){ 0, 0, 2, 2 }) == 1.0F);
    assert_true(sx_iou((sx_box){ 0, 0, 2, 2 }, (sx_box){ 2, 0, 4, 2 }) == 0.0F);
    assert_true(sx_iou((sx_box){ 1, 1, 1, 1 }, (sx_box){ 1, 1, 1, 1 }) == 0.0F);
    assert_true(sx_iou((sx_box){ 5, 5, 1, 1 }, (sx_box){ 0, 0, 9, 9 }) == 0.0F);
}

static void equals_the_definition(void **state) {
    (void)state;
    enum { N = 300 };
    sx_box b[N];
    float s[N];
    int label[N], got[N], want[N];
    sx_error err = { 0 };
    for (uint64_t seed = 0; seed < 200; seed++) {
        size_t n = (size_t)(sx_rng_u64(9, seed) % (N + 1)), kept = 0;
        random_boxes(seed, n, seed % 3 ? 60 : 200, 30, b, s, label, 1 + (int)(seed % 7));
        if (n > 3) s[3] = NAN;
        sx_nms_options o = { .iou = 0.1F * (float)(seed % 11),
                             .min_score = seed % 2 ? 0.2F : 0.0F };
        CHECK_OK(sx_nms(b, s, label, n, &o, got, &kept, &err), err);
        double least = seed % 2 ? (double)0.2F : -INFINITY;
        assert_int_equal(kept, by_definition(b, s, label, n, (double)o.iou, least, want));
        assert_memory_equal(got, want, kept * sizeof *got);
        if (kept > 5) { /* a limit takes the best of the same */
            size_t fewer = 0;
            o.max_kept = 5;
            CHECK_OK(sx_nms(b, s, label, n, &o, got, &fewer, &err), err);
            assert_int_equal(fewer, 5);
            assert_memory_equal(got, want, 5 * sizeof *got);
        }
    }
}

static int worse_first(const void *a, const void *b) {
    const float *x = *(const float *const *)a, *y = *(const float *const *)b;
    if (*x != *y) return *x > *y ? -1 : 1;
    return x < y ? -1 : 1;
}

static void best_come_first_by_index_among_equals(void **state) {
    (void)state;
    enum { N = 1000 };
    float s[N];
    const float *sorted[N];
    int order[N];
    size_t count;
    sx_error err = { 0 };
    for (uint64_t seed = 0; seed < 40; seed++) {
        for (size_t i = 0; i < N; i++) {
            s[i] = (float)(int64_t)(sx_rng_u64(seed, i) % (seed % 2 ? 20 : 100000)) - 10.0F;
            if (s[i] == 0.0F && i % 2) s[i] = -0.0F;
            sorted[i] = &s[i];
        }
        qsort(sorted, N, sizeof *sorted, worse_first);
        for (size_t k = 0; k <= N; k = k ? 3 * k : 1) {
            CHECK_OK(sx_order_by_score(s, N, 0, k, order, &count, &err), err);
            assert_int_equal(count, k ? k : N);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(order[i], sorted[i] - s);
        }
    }
}

static void two_hundred_thousand_anchors(void **state) {
    (void)state;
    enum { N = 200000 };
    sx_box *b = malloc(N * sizeof *b);
    float *s = malloc(N * sizeof *s);
    int *label = malloc(N * sizeof *label), *keep = malloc(N * sizeof *keep);
    size_t kept = 0;
    sx_error err = { 0 };
    random_boxes(1, N, 1300, 200, b, s, label, 7);
    double t = sx_now();
    sx_nms_options o = { .iou = 0.5F };
    CHECK_OK(sx_nms(b, s, label, N / 4, &o, keep, &kept, &err), err);
    print_message("%d boxes, %zu kept, %.0f ms\n", N / 4, kept, 1e3 * (sx_now() - t));
    t = sx_now();
    o.top_k = 2000;
    CHECK_OK(sx_nms(b, s, label, N, &o, keep, &kept, &err), err);
    print_message("best 2000 of %d, %zu kept, %.1f ms\n", N, kept, 1e3 * (sx_now() - t));
    for (size_t i = 0; i < kept; i++)
        for (size_t j = 0; j < i; j++)
            if (label[keep[i]] == label[keep[j]])
                assert_true(sx_iou(b[keep[i]], b[keep[j]]) <= 0.5F);
    free(b), free(s), free(label), free(keep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iou_by_hand),
        cmocka_unit_test(equals_the_definition),
        cmocka_unit_test(best_come_first_by_index_among_equals),
        cmocka_unit_test(two_hundred_thousand_anchors),
    };
    return cmocka_run_group_tests_name("nms", tests, NULL, NULL);
}
