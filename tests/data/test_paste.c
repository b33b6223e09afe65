/* Copy-paste of findings: places, pixels, boxes. */
#include <math.h>
#include <string.h>

#include "data/paste.h"
#include "image/noise.h"
#include "support/check.h"

/* ---- recorded draws ---- */

typedef struct recorded {
    const double *values;
    int next;
} recorded;

static double next_value(void *ctx) {
    recorded *r = ctx;
    return r->values[r->next++];
}

enum { TRIES = 20, DRAWS = 2 * TRIES };

/* Draws that leave the finding where it was; 0 and 1: a tenth of the film to either side. */
static void leave(double draws[DRAWS]) {
    for (int i = 0; i < DRAWS; i++)
        draws[i] = 0.5;
}

/* ---- films ---- */

enum { SIDE = 64 };

/* A film of one grey level with a bright square. */
static sx_image film_of(int side, int channels, uint8_t value, const sx_film_box *square,
                        uint8_t bright) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_image_new(&im, side, side, channels, 8, &err), err);
    memset(im.data, value, sx_image_bytes(&im));
    for (int y = square ? (int)square->y0 : side; y < side && y < (int)square->y1; y++)
        for (int i = (int)square->x0 * channels; i < (int)square->x1 * channels; i++)
            sx_image_u8(&im)[y * side * channels + i] = bright;
    return im;
}

static int at(const sx_image *im, int x, int y) {
    return sx_image_u8(im)[(y * im->width + x) * im->channels];
}

static bool paste(sx_image *im, const sx_film_box *boxes, size_t count, const sx_image *from,
                  const sx_film_box *finding, recorded *r, sx_film_box *out) {
    const sx_draws d = { .uniform = next_value, .ctx = r };
    sx_error err = { 0 };
    bool pasted;
    CHECK_OK(sx_paste_finding(im, boxes, count, from, finding, &d, out, &pasted, &err), err);
    return pasted;
}

static void check_box(const sx_film_box *b, double x0, double y0, double x1, double y1) {
    if (fabs(b->x0 - x0) > 1e-9 || fabs(b->y0 - y0) > 1e-9 || fabs(b->x1 - x1) > 1e-9 ||
        fabs(b->y1 - y1) > 1e-9)
        fail_msg("the box is %g %g %g %g, not %g %g %g %g", b->x0, b->y0, b->x1, b->y1, x0, y0, x1,
                 y1);
}

/* ---- tests ---- */

/* The finding is brighter by what the films differ around it, and nothing else changes. */
static void the_finding_takes_the_brightness_of_the_film(void **state) {
    (void)state;
    double unmoved[DRAWS];
    leave(unmoved);
    const sx_film_box f = { 20, 24, 30, 36, 0 };
    sx_image from = film_of(SIDE, 1, 100, &f, 200), im = film_of(SIDE, 1, 120, NULL, 0);
    recorded r = { unmoved, 0 };
    sx_film_box b;
    assert_true(paste(&im, NULL, 0, &from, &f, &r, &b));
    assert_int_equal(r.next, DRAWS);
    check_box(&b, 20, 24, 30, 36);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const bool in = x >= 20 && x < 30 && y >= 24 && y < 36;
            assert_int_equal(at(&im, x, y), in ? 220 : 120);
        }
    sx_image_free(&im);
    sx_image_free(&from);
}

/* At the edge of its film a finding has no margin and fades itself, over two pixels. */
static void edges_fade(void **state) {
    (void)state;
    double moved[DRAWS];
    leave(moved);
    const sx_film_box f = { 0, 20, 10, 30, 0 };
    sx_image from = film_of(SIDE, 1, 100, &f, 200), im = film_of(SIDE, 1, 100, NULL, 0);
    /* three pixels to the right of where it was */
    for (int i = 0; i < DRAWS; i += 2)
        moved[i] = 0.5 + 5 * 3.0 / SIDE;
    recorded r = { moved, 0 };
    sx_film_box b;
    assert_true(paste(&im, NULL, 0, &from, &f, &r, &b));
    check_box(&b, 3, 20, 13, 30);
    static const int want[] = { 100, 100, 100, 125, 175, 200, 200 };
    for (int x = 0; x < 7; x++)
        assert_int_equal(at(&im, x, 25), want[x]);
    assert_int_equal(at(&im, 12, 25), 200);
    assert_int_equal(at(&im, 13, 25), 100);
    sx_image_free(&im);
    sx_image_free(&from);
}

/* The finding keeps its size in relation to the film's, grey or colour. */
static void films_may_differ_in_size_and_channels(void **state) {
    (void)state;
    double unmoved[DRAWS];
    leave(unmoved);
    const sx_film_box f = { 20, 20, 30, 30, 0 };
    for (int k = 0; k < 2; k++) {
        sx_image from = film_of(SIDE, k ? 3 : 1, 100, &f, 200),
                 im = film_of(SIDE / 2, k ? 1 : 3, 100, NULL, 0);
        recorded r = { unmoved, 0 };
        sx_film_box b;
        assert_true(paste(&im, NULL, 0, &from, &f, &r, &b));
        check_box(&b, 10, 10, 15, 15);
        assert_int_equal(at(&im, 12, 12), 200);
        assert_int_equal(at(&im, 7, 12), 100);
        assert_int_equal(at(&im, 17, 12), 100);
        sx_image_free(&im);
        sx_image_free(&from);
    }
}

static void other_boxes_stay_visible(void **state) {
    (void)state;
    double unmoved[DRAWS];
    leave(unmoved);
    const sx_film_box f = { 20, 20, 30, 30, 0 };
    const sx_film_box same = { 20, 20, 30, 30, 0 }, large = { 0, 0, 64, 64, 1 },
                      beside = { 32, 20, 40, 30, 0 };
    sx_image from = film_of(SIDE, 1, 100, &f, 200), im = film_of(SIDE, 1, 100, NULL, 0),
             plain = film_of(SIDE, 1, 100, NULL, 0);
    sx_film_box b;
    recorded r = { unmoved, 0 };
    assert_false(paste(&im, &same, 1, &from, &f, &r, &b));
    assert_int_equal(r.next, DRAWS);
    assert_memory_equal(im.data, plain.data, sx_image_bytes(&im));
    /* 14 x 14 pixels are less than a fifth of the large box, and do not touch the one beside it */
    const sx_film_box both[] = { large, beside };
    r.next = 0;
    assert_true(paste(&im, both, 2, &from, &f, &r, &b));
    /* where it was too much would be covered; at the second place, to the left, 14 % */
    unmoved[2] = 0;
    const sx_film_box near_by = { 24, 20, 36, 34, 0 };
    r.next = 0;
    assert_true(paste(&im, &near_by, 1, &from, &f, &r, &b));
    check_box(&b, 14, 20, 24, 30);
    sx_image_free(&plain);
    sx_image_free(&im);
    sx_image_free(&from);
}

/* A film that is darker on the left of an edge. */
static sx_image edge_at(int edge) {
    sx_image im = film_of(SIDE, 1, 120, NULL, 0);
    for (int y = 0; y < SIDE; y++)
        memset(sx_image_u8(&im) + y * SIDE, 80, (size_t)edge);
    return im;
}

/* On an edge the finding goes to the edge of the other film, six pixels to the right. */
static void the_place_is_most_like_its_own(void **state) {
    (void)state;
    const sx_film_box f = { 20, 20, 30, 30, 0 };
    double draws[DRAWS];
    leave(draws);
    draws[10] = 0.5 + 5 * 6.0 / SIDE;
    draws[20] = 0.5 + 5 * 3.0 / SIDE;
    sx_image from = edge_at(25), im = edge_at(31);
    recorded r = { draws, 0 };
    sx_film_box b;
    assert_true(paste(&im, NULL, 0, &from, &f, &r, &b));
    check_box(&b, 26, 20, 36, 30);
    sx_image_free(&im);
    sx_image_free(&from);
}

static void unsuited_places_and_findings_are_left(void **state) {
    (void)state;
    double unmoved[DRAWS];
    leave(unmoved);
    const sx_film_box f = { 20, 20, 30, 30, 0 }, line = { 20, 20, 30, 22, 0 },
                      beyond = { 70, 20, 80, 30, 0 }, corner = { 0, 0, 10, 10, 0 };
    sx_image from = film_of(SIDE, 1, 100, &f, 200), im = film_of(SIDE, 1, 141, NULL, 0);
    sx_film_box b;
    recorded r = { unmoved, 0 };
    assert_false(paste(&im, NULL, 0, &from, &f, &r, &b)); /* brighter by 41 */
    assert_int_equal(r.next, DRAWS);
    assert_false(paste(&im, NULL, 0, &from, &line, &r, &b)); /* too thin: nothing is drawn */
    assert_false(paste(&im, NULL, 0, &from, &beyond, &r, &b));
    assert_int_equal(r.next, DRAWS);
    static const double outward[DRAWS] = { 0 };
    recorded leaves = { outward, 0 };
    sx_image dark = film_of(SIDE, 1, 100, NULL, 0);
    assert_false(paste(&dark, NULL, 0, &from, &corner, &leaves, &b));
    assert_int_equal(leaves.next, DRAWS);
    sx_image_free(&dark);
    sx_image_free(&im);
    sx_image_free(&from);
}

/* Many draws on noise: boxes stay on the film, and pixels away from them do not change. */
static void what_is_not_pasted_stays(void **state) {
    (void)state;
    sx_error err = { 0 };
    int count = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        sx_image from, im, before;
        sx_rng_draws stream = { seed, 0 };
        const sx_draws d = sx_draws_from_rng(&stream);
        CHECK_OK(sx_noise_image("from", 90, 120, false, &from, &err) &&
                     sx_noise_image("to", 60, 150, false, &im, &err) &&
                     sx_noise_image("to", 60, 150, false, &before, &err),
                 err);
        const double x = 70 * d.uniform(d.ctx), y = 100 * d.uniform(d.ctx);
        const sx_film_box f = { x, y, x + 4 + 16 * d.uniform(d.ctx), y + 4 + 16 * d.uniform(d.ctx),
                                0 },
                          there = { 20, 30, 40, 80, 0 };
        sx_film_box b;
        bool pasted;
        CHECK_OK(sx_paste_finding(&im, &there, 1, &from, &f, &d, &b, &pasted, &err), err);
        count += pasted;
        assert_true(!pasted || (b.x0 >= 0 && b.y0 >= 0 && b.x1 <= 60 && b.y1 <= 150));
        const double scale = 150.0 / 120, margin = 6;
        if (pasted && (fabs((b.x1 - b.x0) - scale * (f.x1 - f.x0)) > 1 ||
                       fabs((b.y1 - b.y0) - scale * (f.y1 - f.y0)) > 1))
            fail_msg("seed %d: the box is %g x %g", (int)seed, b.x1 - b.x0, b.y1 - b.y0);
        for (int v = 0; v < 150; v++)
            for (int u = 0; u < 60; u++)
                if (!pasted || u < b.x0 - margin || u > b.x1 + margin || v < b.y0 - margin ||
                    v > b.y1 + margin)
                    assert_int_equal(at(&im, u, v), at(&before, u, v));
        sx_image_free(&from);
        sx_image_free(&im);
        sx_image_free(&before);
    }
    assert_true(count > 100 && count < 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_finding_takes_the_brightness_of_the_film),
        cmocka_unit_test(edges_fade),
        cmocka_unit_test(films_may_differ_in_size_and_channels),
        cmocka_unit_test(other_boxes_stay_visible),
        cmocka_unit_test(the_place_is_most_like_its_own),
        cmocka_unit_test(unsuited_places_and_findings_are_left),
        cmocka_unit_test(what_is_not_pasted_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
