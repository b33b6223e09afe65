#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "phantom/phantom.h"
#include "support/check.h"
#include "support/contexts.h"

static void draw(sx_phantom_film *f, uint64_t seed, size_t index, const sx_phantom_options *o) {
    sx_error err = { 0 };
    CHECK_OK(sx_phantom_draw(NULL, f, seed, index, o, &err), err);
}

static void plan(sx_phantom_film *f, uint64_t seed, size_t index, const sx_phantom_options *o) {
    sx_error err = { 0 };
    CHECK_OK(sx_phantom_plan(f, seed, index, o, &err), err);
}

static void same_bytes_for_any_threads(void **state) {
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        sx_phantom_options o = { .long_side = 333, .region = (sx_phantom_region)(1 + i / 2) };
        sx_phantom_film one, two;
        draw(&one, 7, i, &o);
        const sx_context pair = check_context(2);
        sx_error err = { 0 };
        CHECK_OK(sx_phantom_draw(&pair, &two, 7, i, &o, &err), err);
        assert_int_equal(one.image.width, two.image.width);
        assert_memory_equal(one.image.data, two.image.data, sx_image_bytes(&one.image));
        assert_int_equal(one.box_count, two.box_count);
        assert_memory_equal(one.boxes, two.boxes, sizeof one.boxes);
        sx_phantom_film_free(&two);
        draw(&two, 8, i, &o);
        assert_true(one.image.width != two.image.width || one.image.height != two.image.height ||
                    memcmp(one.image.data, two.image.data, sx_image_bytes(&one.image)) != 0);
        sx_phantom_film_free(&one);
        sx_phantom_film_free(&two);
    }
}

static void values_fit_the_bits(void **state) {
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        sx_phantom_film f;
        sx_phantom_options o = { .long_side = 200 };
        draw(&f, 3, i, &o);
        const uint16_t *v = sx_image_u16(&f.image);
        unsigned low = 65535, high = 0;
        for (size_t k = 0; k < (size_t)f.image.width * (size_t)f.image.height; k++) {
            if (v[k] < low) low = v[k];
            if (v[k] > high) high = v[k];
        }
        assert_in_range(f.bits, 10, 14);
        assert_true(high < 1u << f.bits);
        assert_true(high - low > (1u << f.bits) / 3); /* the range is used */
        assert_int_equal(f.image.width > f.image.height ? f.image.width : f.image.height, 200);
        sx_phantom_film_free(&f);
    }
}

static void plan_is_the_film_without_pixels(void **state) {
    (void)state;
    for (size_t i = 0; i < 10; i++) {
        sx_phantom_options o = { .long_side = 128, .mix = SX_PHANTOM_EVEN };
        sx_phantom_film f, p;
        draw(&f, 4, i, &o);
        plan(&p, 4, i, &o);
        assert_null(p.image.data);
        assert_int_equal(p.image.width, f.image.width);
        assert_int_equal(p.bits, f.bits);
        assert_int_equal(p.age, f.age);
        assert_memory_equal(p.boxes, f.boxes, sizeof f.boxes);
        sx_phantom_film_free(&f);
    }
}

static void boxes_lie_in_their_films(void **state) {
    (void)state;
    size_t seen[SX_PHANTOM_FINDINGS] = { 0 };
    for (size_t i = 0; i < 4000; i++) {
        sx_phantom_options o = { .mix = i & 2 ? SX_PHANTOM_EVEN : SX_PHANTOM_AS_PUBLISHED };
        sx_phantom_film f;
        plan(&f, 5, i, &o);
        assert_true(f.field.x0 >= 0.0f && f.field.x1 <= (float)f.image.width);
        assert_true(f.field.y0 >= 0.0f && f.field.y1 <= (float)f.image.height);
        for (int k = 0; k < f.box_count; k++) {
            const sx_phantom_box *b = &f.boxes[k];
            assert_true(b->box.x0 >= f.field.x0 && b->box.x1 <= f.field.x1);
            assert_true(b->box.y0 >= f.field.y0 && b->box.y1 <= f.field.y1);
            /* large enough to be seen when the film is shrunk to 640 pixels */
            assert_true(b->box.x1 - b->box.x0 >= 6.0f && b->box.y1 - b->box.y0 >= 4.0f);
            assert_true(b->severity >= 0.0f && b->severity <= 1.0f);
            seen[b->finding]++;
        }
        o.healthy = true;
        plan(&f, 5, i, &o);
        assert_int_equal(f.box_count, 0);
    }
    for (int k = 0; k < SX_PHANTOM_FINDINGS; k++)
        assert_true(seen[k] > 100);
}

static void crowded_films_carry_many_findings(void **state) {
    (void)state;
    size_t boxes[2] = { 0 };
    for (size_t i = 0; i < 1000; i++)
        for (int crowded = 0; crowded < 2; crowded++) {
            sx_phantom_options o = { .region = SX_PHANTOM_LUMBAR,
                                     .mix = crowded ? SX_PHANTOM_CROWDED : SX_PHANTOM_EVEN };
            sx_phantom_film f;
            plan(&f, 9, i, &o);
            boxes[crowded] += (size_t)f.box_count;
            if (crowded) assert_true(f.box_count > 0);
        }
    assert_true(boxes[1] > 5 * boxes[0]);
}

static void focal_films_carry_other_lesions(void **state) {
    (void)state;
    size_t others[2] = { 0 }, rest = 0;
    for (size_t i = 0; i < 1000; i++)
        for (int focal = 0; focal < 2; focal++) {
            sx_phantom_options o = { .region = SX_PHANTOM_LUMBAR,
                                     .mix = focal ? SX_PHANTOM_FOCI : SX_PHANTOM_CROWDED };
            sx_phantom_film f;
            plan(&f, 9, i, &o);
            for (int k = 0; k < f.box_count; k++) {
                const bool other = f.boxes[k].finding == SX_PHANTOM_OTHER;
                others[focal] += other;
                rest += focal && !other;
            }
            if (focal) assert_true(f.box_count > 0);
        }
    assert_true(others[1] > 5 * others[0]);
    assert_true(rest > 1000);
}

/* Leaving out a lesion that moves no vertebra takes its box away and no other. */
static void a_lesion_can_be_left_out(void **state) {
    (void)state;
    int left_out = 0;
    for (size_t i = 0; i < 200; i++) {
        sx_phantom_options o = { .region = SX_PHANTOM_LUMBAR, .mix = SX_PHANTOM_CROWDED };
        sx_phantom_film all, less;
        plan(&all, 9, i, &o);
        for (int k = 0; k < all.box_count; k++) {
            if (all.boxes[k].finding != SX_PHANTOM_OTHER) continue;
            o.without = 1 + all.boxes[k].lesion;
            plan(&less, 9, i, &o);
            assert_int_equal(less.box_count, all.box_count - 1);
            for (int j = 0; j < less.box_count; j++) {
                sx_phantom_box want = all.boxes[j < k ? j : j + 1];
                if (want.lesion > all.boxes[k].lesion) want.lesion--;
                assert_memory_equal(&less.boxes[j], &want, sizeof want);
            }
            left_out++;
        }
        o.without = 1 + 64; /* no patient has as many lesions */
        plan(&less, 9, i, &o);
        assert_memory_equal(less.boxes, all.boxes, sizeof all.boxes);
    }
    assert_true(left_out > 50);
}

/* Few lesions reach the edge; implants of the chest do most. */
static void boxes_are_cut_to_the_field(void **state) {
    (void)state;
    int cut = 0;
    for (size_t i = 0; i < 40000 && cut < 3; i++) {
        sx_phantom_options o = { .region = SX_PHANTOM_THORACIC, .mix = SX_PHANTOM_EVEN };
        sx_phantom_film f;
        plan(&f, 5, i, &o);
        for (int k = 0; k < f.box_count; k++) {
            const sx_box *b = &f.boxes[k].box, *in = &f.field;
            assert_true(b->x0 >= in->x0 && b->y0 >= in->y0 && b->x1 <= in->x1 && b->y1 <= in->y1);
            cut += b->x0 == in->x0 || b->y0 == in->y0 || b->x1 == in->x1 || b->y1 == in->y1;
        }
    }
    assert_true(cut > 0);
}

/* Boxes per film of VinDr-SpineXR's training set (paper, Table 1: 8390 films), in the order of
 * findings. */
static const double published[SX_PHANTOM_FINDINGS] = { 924, 387, 12562, 280, 429, 268, 248 };

static void findings_are_as_frequent_as_published(void **state) {
    (void)state;
    enum { FILMS = 20000 };
    double seen[SX_PHANTOM_FINDINGS] = { 0 }, abnormal = 0, men = 0, age = 0;
    for (size_t i = 0; i < FILMS; i++) {
        sx_phantom_film f;
        plan(&f, 6, i, NULL);
        abnormal += f.box_count > 0;
        men += f.sex == 'M';
        age += f.age;
        for (int k = 0; k < f.box_count; k++)
            seen[f.boxes[k].finding]++;
    }
    for (int k = 0; k < SX_PHANTOM_FINDINGS; k++) {
        double want = published[k] / 8390 * FILMS;
        if (fabs(seen[k] - want) > 0.06 * want + 3 * sqrt(want))
            fail_msg("%s: %.0f boxes in %d films, %.0f expected",
                     sx_phantom_finding_name((sx_phantom_finding)k), seen[k], FILMS, want);
    }
    assert_true(fabs(abnormal / FILMS - 4133.0 / 8390) < 0.02);
    assert_true(fabs(men / FILMS - 0.379) < 0.015);
    assert_true(fabs(age / FILMS - 49) < 1);
}

/* Grey value 0..1, bone bright, as the window shows it. */
static float grey(const sx_phantom_film *f, size_t i) {
    float v = (float)sx_image_u16(&f->image)[i], full = (float)((1 << f->bits) - 1);
    v = f->window_width > 0.0f ? (v - f->window_center) / f->window_width + 0.5f : v / full;
    return f->inverted ? 1.0f - v : v;
}

/* Lesions that also move the vertebrae above them. */
static bool moves_the_spine(sx_phantom_finding f) {
    return f == SX_PHANTOM_DISC || f == SX_PHANTOM_SLIP || f == SX_PHANTOM_COLLAPSE;
}

typedef struct contrast {
    double inside, outside;
    int films;
} contrast;

/* Mean change in the boxes and beside them (below them, for a lesion that moves what is above). */
static void compare(const sx_phantom_film *ill, const sx_phantom_film *well, contrast *c) {
    bool below_only = moves_the_spine(ill->boxes[0].finding);
    double in = 0, out = 0;
    size_t n_in = 0, n_out = 0;
    float bottom = 0.0f;
    for (int k = 0; k < ill->box_count; k++)
        bottom = fmaxf(bottom, ill->boxes[k].box.y1);
    for (int y = 0; y < ill->image.height; y++)
        for (int x = 0; x < ill->image.width; x++) {
            size_t i = (size_t)y * (size_t)ill->image.width + (size_t)x;
            double d = fabs((double)(grey(ill, i) - grey(well, i)));
            bool inside = false;
            for (int k = 0; k < ill->box_count; k++) {
                const sx_box *b = &ill->boxes[k].box;
                inside |=
                    (float)x >= b->x0 && (float)x < b->x1 && (float)y >= b->y0 && (float)y < b->y1;
            }
            if (inside) {
                in += d;
                n_in++;
            } else if (!below_only || (float)y > bottom + 12.0f) {
                out += d;
                n_out++;
            }
        }
    if (n_in == 0 || n_out == 0) return;
    c->inside += in / (double)n_in;
    c->outside += out / (double)n_out;
    c->films++;
}

static void lesions_change_the_film_in_their_boxes(void **state) {
    (void)state;
    contrast c[SX_PHANTOM_FINDINGS] = { 0 };
    for (size_t i = 1; i < 20000; i += 2) { /* lateral films show every finding */
        sx_phantom_options o = { .long_side = 500,
                                 .region = SX_PHANTOM_LUMBAR,
                                 .mix = (sx_phantom_mix)(i >> 1 & 1) };
        sx_phantom_film ill, well;
        plan(&ill, 9, i, &o);
        if (ill.box_count == 0) continue;
        sx_phantom_finding f = ill.boxes[0].finding;
        bool alone = c[f].films < 4;
        for (int k = 0; k < ill.box_count; k++)
            alone &= ill.boxes[k].finding == f;
        if (!alone) continue;
        draw(&ill, 9, i, &o);
        o.healthy = true;
        draw(&well, 9, i, &o);
        assert_int_equal(well.box_count, 0);
        compare(&ill, &well, &c[f]);
        sx_phantom_film_free(&ill);
        sx_phantom_film_free(&well);
    }
    for (int k = 0; k < SX_PHANTOM_FINDINGS; k++) {
        const char *name = sx_phantom_finding_name((sx_phantom_finding)k);
        if (c[k].films < 3) fail_msg("%s: only %d films with nothing else", name, c[k].films);
        print_message("%-22s change in its box %.4f, elsewhere %.4f\n", name,
                      c[k].inside / c[k].films, c[k].outside / c[k].films);
        assert_true(c[k].inside / c[k].films > 0.03);
        assert_true(c[k].inside > 3.0 * c[k].outside);
    }
}

static void refuses_odd_sizes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_phantom_film f;
    sx_phantom_options o = { .long_side = 63 };
    CHECK_FAILS(sx_phantom_draw(NULL, &f, 1, 0, &o, &err), err, SX_ERR_USAGE, "64 to 8192");
    o.long_side = -5;
    CHECK_FAILS(sx_phantom_draw(NULL, &f, 1, 0, &o, &err), err, SX_ERR_USAGE, "not -5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_for_any_threads),
        cmocka_unit_test(values_fit_the_bits),
        cmocka_unit_test(plan_is_the_film_without_pixels),
        cmocka_unit_test(boxes_lie_in_their_films),
        cmocka_unit_test(a_lesion_can_be_left_out),
        cmocka_unit_test(boxes_are_cut_to_the_field),
        cmocka_unit_test(crowded_films_carry_many_findings),
        cmocka_unit_test(focal_films_carry_other_lesions),
        cmocka_unit_test(findings_are_as_frequent_as_published),
        cmocka_unit_test(lesions_change_the_film_in_their_boxes),
        cmocka_unit_test(refuses_odd_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
