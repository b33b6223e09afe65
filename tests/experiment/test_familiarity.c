/* What weights say about familiar films (models/familiarity.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/fit_familiarity.h"
#include "models/familiarity.h"
#include "support/check.h"

static sx_error err;
static const char name[] = "spinexr.familiarity";

static sx_weights *weights_with(const char *text) {
    sx_weights *w = sx_weights_new(&err);
    if (!w) fail_msg("%s", err.message);
    CHECK_OK(sx_weights_set_meta(w, name, text, &err), err);
    return w;
}

/* Two features of standard deviation 2 and 0.5; one component along (0.6, 0.8). */
static const char small[] = "{\"limit\": 1.5, \"rest\": 0.25, \"mean\": [1, -1], "
                            "\"scale\": [2, 0.5], \"variance\": [4], \"basis\": [[0.6, 0.8]]}";

static void the_distance_is_mahalanobis(void **state) {
    (void)state;
    sx_familiarity *f;
    sx_weights *w = weights_with(small);
    CHECK_OK(sx_familiarity_read(w, &f, &err), err);
    assert_true(f->features == 2 && f->components == 1 && f->limit == 1.5);
    assert_true(sx_familiarity_distance(f, (float[]){ 1, -1 }) == 0);
    /* z = (1, 2): 2.2 along the component, squared length 5 */
    const double want = sqrt((2.2 * 2.2 / 4 + (5 - 2.2 * 2.2) / 0.25) / 2);
    assert_true(fabs(sx_familiarity_distance(f, (float[]){ 3, 0 }) - want) < 1e-12);
    free(f);
    sx_weights_free(w);
}

static void texts_are_read_back(void **state) {
    (void)state;
    sx_familiarity *f, *again;
    sx_str text = { 0 }, second = { 0 };
    sx_weights *w = weights_with(small);
    CHECK_OK(sx_familiarity_read(w, &f, &err), err);
    CHECK_OK(sx_familiarity_text(f, &text, &err), err);
    CHECK_OK(sx_weights_set_meta(w, name, text.data, &err), err);
    CHECK_OK(sx_familiarity_read(w, &again, &err), err);
    CHECK_OK(sx_familiarity_text(again, &second, &err), err);
    assert_string_equal(text.data, second.data);
    free(f);
    free(again);
    sx_str_free(&text);
    sx_str_free(&second);
    sx_weights_free(w);
    w = sx_weights_new(&err);
    CHECK_OK(sx_familiarity_read(w, &f, &err), err);
    assert_null(f);
    sx_weights_free(w);
}

/* Both ends of each range are allowed. */
static void ends_of_ranges_are_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"limit\":1e-12,\"rest\":1e9,\"mean\":[-1e9,1e9],\"scale\":[1e-12,1e9],"
        "\"variance\":[1e-12],\"basis\":[[-1,1]]}",
        "{\"limit\":1e9,\"rest\":1e-12,\"mean\":[0,0],\"scale\":[1,1],\"variance\":[1e9],"
        "\"basis\":[[1,-1]]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sx_familiarity *f;
        sx_weights *w = weights_with(texts[i]);
        CHECK_OK(sx_familiarity_read(w, &f, &err), err);
        free(f);
        sx_weights_free(w);
    }
}

#define PARTS(limit, rest, mean, scale, variance, basis)                                           \
    "{\"limit\":" limit ",\"rest\":" rest ",\"mean\":" mean ",\"scale\":" scale                    \
    ",\"variance\":" variance ",\"basis\":" basis "}"

static void bad_texts_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *fault;
    } rows[] = {
        { "", "" },
        { "[7]", "not an object" },
        { "{}", "not an object" },
        { PARTS("1", "1", "[]", "[]", "[]", "[]"), "1 to 8192 features" },
        { PARTS("1", "1", "[1]", "[1]", "[1]", "[[1]]"), "fewer than features" },
        { PARTS("0", "1", "[1,2]", "[1,1]", "[1]", "[[1,0]]"), "limit" },
        { PARTS("1", "-1", "[1,2]", "[1,1]", "[1]", "[[1,0]]"), "rest" },
        { PARTS("\"1\"", "1", "[1,2]", "[1,1]", "[1]", "[[1,0]]"), "limit" },
        { PARTS("1", "1", "[1,null]", "[1,1]", "[1]", "[[1,0]]"), "mean" },
        { PARTS("1", "1", "[1,1e99]", "[1,1]", "[1]", "[[1,0]]"), "mean" },
        { PARTS("1", "1", "[1,2]", "[1]", "[1]", "[[1,0]]"), "scale" },
        { PARTS("1", "1", "[1,2]", "[1,0]", "[1]", "[[1,0]]"), "scale" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[]", "[[1,0]]"), "variance" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[0]", "[[1,0]]"), "variance" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[1]", "[[1]]"), "basis" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[1]", "[[1,-2]]"), "basis" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[1]", "[7]"), "basis" },
        { PARTS("2e9", "1", "[1,2]", "[1,1]", "[1]", "[[1,0]]"), "number from 1e-12 to 1e9" },
        { PARTS("1", "2e9", "[1,2]", "[1,1]", "[1]", "[[1,0]]"), "number from 1e-12 to 1e9" },
        { PARTS("1", "1", "[1,-2e9]", "[1,1]", "[1]", "[[1,0]]"), "numbers from -1e9 to 1e9" },
        { PARTS("1", "1", "[1,2]", "[1,2e9]", "[1]", "[[1,0]]"), "numbers from 1e-12 to 1e9" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[2e9]", "[[1,0]]"), "a number from 1e-12 to 1e9" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[1]", "[[1.0001,0]]"), "numbers from -1 to 1" },
        { PARTS("1", "1", "[1,2]", "[1,1]", "[1]", "[[0,1e9]]"), "numbers from -1 to 1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sx_familiarity *f;
        sx_weights *w = weights_with(rows[i].text);
        CHECK_FAILS(sx_familiarity_read(w, &f, &err), err, SX_ERR_FORMAT, name);
        if (!strstr(err.message, rows[i].fault)) fail_msg("%s: %s", rows[i].text, err.message);
        assert_null(f);
        sx_weights_free(w);
    }
}

/* ---- the fit ---- */

enum { FILMS = 200, FEATURES = 12 };

/* A small generator of numbers from -1 to 1. */
static double noise(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return (double)(*state >> 8) / (1 << 23) - 1;
}

/* One strong common direction, and noise of its own in each feature. */
static void draw(float *x, uint32_t *seed) {
    const double common = 3 * noise(seed);
    for (int c = 0; c < FEATURES; c++)
        x[c] = (float)(5 + c + common + (c + 1) * 0.1 * noise(seed));
}

static void films_of_another_kind_are_far(void **state) {
    (void)state;
    static float values[2][FILMS * FEATURES];
    uint32_t groups[FILMS], seed = 7;
    for (int i = 0; i < FILMS; i++) {
        groups[i] = (uint32_t)i / 2;
        draw(&values[0][i * FEATURES], &seed);
        draw(&values[1][i * FEATURES], &seed);
    }
    const sx_film_features features[] = { { FEATURES, values[0] }, { FEATURES, values[1] } };
    const sx_grouped_films films = { groups, FILMS };
    sx_familiarity *f[2];
    double limit, loose;
    CHECK_OK(sx_fit_familiarity(features, 2, &films, 0.05, f, &limit, &err), err);
    assert_true(f[0]->limit == limit && f[1]->limit == limit && limit > 0.9 && limit < 1.6);

    /* fresh films of the kind: about 5 % are beyond the limit */
    int beyond = 0;
    float x[FEATURES], y[FEATURES];
    for (int i = 0; i < 1000; i++) {
        draw(x, &seed);
        draw(y, &seed);
        beyond += (sx_familiarity_distance(f[0], x) + sx_familiarity_distance(f[1], y)) / 2 > limit;
    }
    if (beyond < 20 || beyond > 100) fail_msg("%d of 1000 films are beyond the limit", beyond);

    /* a film that is ordinary in each feature, but against the common direction */
    for (int c = 0; c < FEATURES; c++)
        x[c] = (float)(5 + c + (c % 2 ? 1.5 : -1.5));
    assert_true(sx_familiarity_distance(f[0], x) > 2 * limit);
    free(f[0]);
    free(f[1]);
    CHECK_OK(sx_fit_familiarity(features, 2, &films, 0.5, f, &loose, &err), err);
    assert_true(loose < limit);
    free(f[0]);
    free(f[1]);
}

/* Features that do not vary, and fewer films than features, give finite distances. */
static void poor_films_give_finite_distances(void **state) {
    (void)state;
    enum { FEW = 20, MANY = 64 };
    static float values[FEW * MANY];
    uint32_t groups[FEW] = { 0 }, seed = 3;
    for (int i = 0; i < FEW; i++)
        for (int c = 0; c < MANY; c++)
            values[i * MANY + c] = c % 2 ? 1 : (float)noise(&seed);
    sx_familiarity *f;
    double limit;
    for (int constant = 0; constant < 2; constant++) {
        for (int i = 0; constant && i < FEW * MANY; i++)
            values[i] = 1;
        CHECK_OK(sx_fit_familiarity(&(sx_film_features){ MANY, values }, 1,
                                    &(sx_grouped_films){ groups, FEW }, 0.01, &f, &limit, &err),
                 err);
        assert_true(isfinite(limit) && limit > 0);
        assert_true(isfinite(sx_familiarity_distance(f, values)));
        float other[MANY] = { 0 };
        assert_true(sx_familiarity_distance(f, other) > limit);
        free(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_is_mahalanobis),
        cmocka_unit_test(texts_are_read_back),
        cmocka_unit_test(ends_of_ranges_are_read),
        cmocka_unit_test(bad_texts_are_named),
        cmocka_unit_test(films_of_another_kind_are_far),
        cmocka_unit_test(poor_films_give_finite_distances),
    };
    return cmocka_run_group_tests_name("familiarity", tests, NULL, NULL);
}
