/* The order of films in training. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/sampler.h"

/* By hand: 8 films; class 0 on 4 of them, class 1 on 1, class 2 on none. Threshold 0.5:
 * r0 = max(1, sqrt(0.5 / 0.5)) = 1, r1 = sqrt(0.5 / 0.125) = 2. */
static void repeat_factors(void **state) {
    (void)state;
    static const size_t first[] = { 0, 1, 2, 2, 5, 6, 6, 6, 6 };
    static const int classes[] = { 0, 0, 1, 1, 0, 0 };
    static const double want[] = { 1, 1, 1, 2, 1, 1, 1, 1 };
    double got[8];
    sx_error err = { 0 };
    CHECK_OK(sx_repeat_factors(first, classes, 8, 3, 0.5, got, &err), err);
    for (size_t i = 0; i < 8; i++)
        assert_true(fabs(got[i] - want[i]) < 1e-15);
    CHECK_OK(sx_repeat_factors(first, classes, 8, 3, 0.1, got, &err),
             err); /* no class is below a tenth */
    for (size_t i = 0; i < 8; i++)
        assert_true(got[i] == 1);
    CHECK_FAILS(sx_repeat_factors(first, classes, 8, 1, 0.1, got, &err), err, SX_ERR_VALUE,
                "film 3 has class 1 of 1");
}

/* The published training set: 268 boxes of vertebral collapse, if on 200 of 8,390 films. */
static void repeat_factor_of_a_rare_finding(void **state) {
    (void)state;
    enum { N = 8390 };
    size_t *first = calloc(N + 1, sizeof *first);
    int *classes = calloc(N, sizeof *classes);
    double *got = calloc(N, sizeof *got);
    assert_true(first && classes && got);
    for (size_t i = 0; i < N; i++)
        first[i + 1] = first[i] + (i % 42 == 0 && i < 42 * 200);
    sx_error err = { 0 };
    CHECK_OK(sx_repeat_factors(first, classes, N, 1, 0.1, got, &err), err);
    assert_true(fabs(got[0] - sqrt(0.1 * N / 200)) < 1e-12);
    assert_true(got[1] == 1);
    free(first);
    free(classes);
    free(got);
}

static void shards_cover_all_once(void **state) {
    (void)state;
    for (size_t films = 0; films < 23; films++)
        for (int world = 1; world <= 5; world++) {
            size_t at = 0;
            for (int rank = 0; rank < world; rank++) {
                size_t begin, end;
                sx_shard(films, rank, world, &begin, &end);
                assert_int_equal(begin, at);
                assert_true(end - begin == films / (size_t)world ||
                            end - begin == films / (size_t)world + 1);
                at = end;
            }
            assert_int_equal(at, films);
        }
}

static sx_sampler *sampler(size_t films, const double *factors, uint64_t seed, int rank,
                           int world) {
    sx_error err = { 0 };
    const sx_sampler_options o = {
        .film_count = films, .factors = factors, .seed = seed, .rank = rank, .world = world
    };
    sx_sampler *s = sx_sampler_new(&o, &err);
    if (!s) fail_msg("%s", err.message);
    return s;
}

static void every_epoch_has_every_film(void **state) {
    (void)state;
    enum { N = 101, EPOCHS = 50 };
    sx_sampler *s = sampler(N, NULL, 3, 0, 1);
    double place[N] = { 0 }; /* mean place of each film: near the middle if the order is random */
    size_t previous[N] = { 0 }, same = 0;
    for (size_t e = 0; e < EPOCHS; e++) {
        bool seen[N] = { false };
        for (size_t i = 0; i < N; i++) {
            const size_t film = sx_sampler_next(s);
            assert_true(film < N && !seen[film]);
            assert_int_equal(sx_sampler_epoch(s), e);
            seen[film] = true;
            place[film] += (double)i / EPOCHS;
            same += e > 0 && previous[i] == film;
            previous[i] = film;
        }
    }
    assert_int_equal(sx_sampler_position(s), N * EPOCHS);
    assert_true(same < 2 * EPOCHS); /* one film an epoch stays in place by chance */
    for (size_t i = 0; i < N; i++)  /* standard deviation 29.2 / sqrt(50) = 4.1 */
        assert_true(fabs(place[i] - 50) < 4.5 * 4.1);
    sx_sampler_free(s);
}

static void ranks_share_one_row(void **state) {
    (void)state;
    double factors[37];
    for (size_t i = 0; i < 37; i++)
        factors[i] = 1 + 0.07 * (double)i;
    for (int world = 1; world <= 4; world++) {
        sx_sampler *all = sampler(37, factors, 8, 0, 1), *rank[4];
        for (int r = 0; r < world; r++)
            rank[r] = sampler(37, factors, 8, r, world);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(sx_sampler_next(all), sx_sampler_next(rank[i % world]));
        for (int r = 0; r < world; r++)
            sx_sampler_free(rank[r]);
        sx_sampler_free(all);
    }
}

static void rare_findings_come_more_often(void **state) {
    (void)state;
    static const double factors[] = { 1, 1.25, 2, 3.5, 1 };
    enum { EPOCHS = 4000 };
    double count[5] = { 0 };
    sx_sampler *s = sampler(5, factors, 1, 0, 1);
    size_t film = sx_sampler_next(s), in_epoch[5] = { 0 };
    for (uint64_t e = 0; e < EPOCHS;) {
        count[film]++;
        in_epoch[film]++;
        film = sx_sampler_next(s);
        if (sx_sampler_epoch(s) == e) continue;
        for (size_t i = 0; i < 5; i++)
            assert_true((double)in_epoch[i] == floor(factors[i]) ||
                        (double)in_epoch[i] == ceil(factors[i]));
        memset(in_epoch, 0, sizeof in_epoch);
        e++;
    }
    for (size_t i = 0; i < 5; i++) /* standard deviation at most 0.5 / sqrt(4000) = 0.008 */
        assert_true(fabs(count[i] / EPOCHS - factors[i]) < 0.035);
    sx_sampler_free(s);
}

/* Two films of factor 1.5: their repetitions in an epoch are independent. */
static void films_repeat_independently(void **state) {
    (void)state;
    static const double factors[] = { 1.5, 1.5 };
    enum { EPOCHS = 4000 };
    size_t sizes[5] = { 0 }, size = 0;
    sx_sampler *s = sampler(2, factors, 6, 0, 1);
    for (uint64_t e = 0; e < EPOCHS;) {
        (void)sx_sampler_next(s);
        if (sx_sampler_epoch(s) != e) {
            sizes[size]++;
            size = 0;
            e++;
        }
        size++;
    }
    assert_int_equal(sizes[2] + sizes[3] + sizes[4], EPOCHS);
    assert_in_range(sizes[2], 1000 - 140, 1000 + 140); /* standard deviation 27 */
    assert_in_range(sizes[3], 2000 - 160, 2000 + 160); /* 32 */
    sx_sampler_free(s);
}

static void all_orders_are_alike(void **state) {
    (void)state;
    size_t count[27] = { 0 }, orders = 0;
    sx_sampler *s = sampler(3, NULL, 2, 0, 1);
    for (size_t e = 0; e < 6000; e++) {
        const size_t a = sx_sampler_next(s), b = sx_sampler_next(s), c = sx_sampler_next(s);
        count[a * 9 + b * 3 + c]++;
    }
    for (size_t i = 0; i < 27; i++) {
        if (count[i] == 0) continue;
        assert_in_range(count[i], 1000 - 145, 1000 + 145); /* standard deviation 29 */
        orders++;
    }
    assert_int_equal(orders, 6);
    sx_sampler_free(s);
}

static void seeds_differ_and_repeat(void **state) {
    (void)state;
    sx_sampler *a = sampler(1000, NULL, 1, 0, 1), *b = sampler(1000, NULL, 1, 0, 1),
               *c = sampler(1000, NULL, 2, 0, 1);
    size_t same = 0;
    for (size_t i = 0; i < 1000; i++) {
        const size_t film = sx_sampler_next(a);
        assert_int_equal(film, sx_sampler_next(b));
        same += film == sx_sampler_next(c);
    }
    assert_true(same < 10);
    sx_sampler_free(a);
    sx_sampler_free(b);
    sx_sampler_free(c);
}

static void a_sampler_continues_from_any_place(void **state) {
    (void)state;
    static const double factors[] = { 1, 1.5, 2.2, 1, 1, 7.7, 1.1 };
    enum { N = 500 };
    size_t row[N];
    sx_sampler *s = sampler(7, factors, 4, 1, 3);
    for (size_t i = 0; i < N; i++)
        row[i] = sx_sampler_next(s);
    for (size_t from = 0; from < N; from += 37) {
        sx_sampler_seek(s, from);
        assert_int_equal(sx_sampler_position(s), from);
        for (size_t i = from; i < N && i < from + 60; i++)
            assert_int_equal(sx_sampler_next(s), row[i]);
    }
    sx_sampler_free(s);
}

static void in_order(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_sampler *s =
        sx_sampler_new(&(sx_sampler_options){ .film_count = 3, .in_order = true }, &err);
    assert_non_null(s);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(sx_sampler_next(s), i % 3);
    sx_sampler_free(s);
}

static void batches_of_one_shape(void **state) {
    (void)state;
    enum { N = 53, B = 4, BATCHES = 200 };
    sx_error err = { 0 };
    uint8_t group[N];
    for (size_t i = 0; i < N; i++)
        group[i] = sx_aspect_group(i % 3 == 0 ? 3000 : 1500, 2500);
    sx_batches *b = sx_batches_new(sampler(N, NULL, 9, 0, 1), group, N, 2, B, &err);
    assert_non_null(b);
    size_t films[BATCHES][B], count[N] = { 0 };
    for (size_t i = 0; i < BATCHES; i++) {
        sx_batches_next(b, films[i]);
        for (size_t k = 0; k < B; k++) {
            assert_int_equal(group[films[i][k]], group[films[i][0]]);
            count[films[i][k]]++;
        }
    }
    for (size_t i = 0; i < N; i++) /* 800 films are 15 epochs; a few wait for their batch */
        assert_in_range(count[i], 14, 16);
    for (uint64_t from = 0; from < BATCHES; from += 23) {
        sx_batches_seek(b, from);
        for (uint64_t i = from; i < BATCHES; i++) {
            size_t got[B];
            sx_batches_next(b, got);
            assert_memory_equal(got, films[i], sizeof got);
        }
    }
    sx_batches_free(b);
}

static void bad_weights_are_refused(void **state) {
    (void)state;
    static const double bad[] = { 1, NAN }, none[] = { 0.5, 0.5 };
    static const uint8_t group[] = { 0, 2 };
    sx_error err = { 0 };
    CHECK_FAILS(sx_sampler_new(&(sx_sampler_options){ .film_count = 0 }, &err), err, SX_ERR_VALUE,
                "0 films");
    CHECK_FAILS(sx_sampler_new(&(sx_sampler_options){ .film_count = 2, .factors = bad }, &err), err,
                SX_ERR_VALUE, "film 1");
    CHECK_FAILS(sx_sampler_new(&(sx_sampler_options){ .film_count = 2, .factors = none }, &err),
                err, SX_ERR_VALUE, "at least");
    CHECK_FAILS(
        sx_sampler_new(&(sx_sampler_options){ .film_count = 2, .rank = 2, .world = 2 }, &err), err,
        SX_ERR_VALUE, "rank 2 of 2");
    CHECK_FAILS(sx_batches_new(sampler(2, NULL, 0, 0, 1), group, 2, 2, 4, &err), err, SX_ERR_VALUE,
                "film 1 is in group 2");
    CHECK_FAILS(sx_batches_new(sampler(2, NULL, 0, 0, 1), group, 1, 2, 4, &err), err, SX_ERR_VALUE,
                "1 films");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeat_factors),
        cmocka_unit_test(repeat_factor_of_a_rare_finding),
        cmocka_unit_test(shards_cover_all_once),
        cmocka_unit_test(every_epoch_has_every_film),
        cmocka_unit_test(ranks_share_one_row),
        cmocka_unit_test(rare_findings_come_more_often),
        cmocka_unit_test(films_repeat_independently),
        cmocka_unit_test(all_orders_are_alike),
        cmocka_unit_test(seeds_differ_and_repeat),
        cmocka_unit_test(a_sampler_continues_from_any_place),
        cmocka_unit_test(in_order),
        cmocka_unit_test(batches_of_one_shape),
        cmocka_unit_test(bad_weights_are_refused),
    };
    return cmocka_run_group_tests_name("data-sampler", tests, NULL, NULL);
}
