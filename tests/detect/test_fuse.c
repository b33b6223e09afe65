#include <math.h>

#include "detect/fuse.h"
#include "support/check.h"

static void is(const sx_detection *d, float x0, float y0, float x1, float y1, float score,
               int label) {
    const float got[5] = { d->box.x0, d->box.y0, d->box.x1, d->box.y1, d->score },
                want[5] = { x0, y0, x1, y1, score };
    check_close_f32(got, want, 5, 1e-5F, "fused box");
    assert_int_equal(d->label, label);
}

/* By hand: 0.8 and 0.4 overlap (IoU 90/110 of 10 x 10 boxes one pixel apart), 0.6 has another
 * label, 0.2 overlaps none. */
static void boxes_are_weighted_by_their_scores(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t n = 0;
    sx_detection d[4] = { { { 0, 0, 10, 10 }, 0.8F, 1 },
                          { { 50, 50, 60, 60 }, 0.2F, 1 },
                          { { 1, 0, 11, 10 }, 0.4F, 1 },
                          { { 0, 0, 10, 10 }, 0.6F, 2 } };
    CHECK_OK(sx_fuse_boxes(d, 4, 2, 0.55F, &n, &err), err);
    assert_int_equal(n, 3);
    is(&d[0], 1 / 3.0F, 0, 10 + 1 / 3.0F, 10, 0.6F, 1); /* (0.8 + 0.4) / 2, seen by both */
    is(&d[1], 0, 0, 10, 10, 0.3F, 2);                   /* seen by one of two */
    is(&d[2], 50, 50, 60, 60, 0.1F, 1);
}

static void the_nearest_group_is_joined_and_size_is_capped(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t n = 0;
    sx_detection d[5] = {
        { { 0, 0, 10, 10 }, 0.9F, 0 },
        { { 4, 0, 14, 10 }, 0.8F, 0 },
        { { 3, 0, 13, 10 }, 0.5F, 0 }, /* IoU 0.54 with the first, 0.82 with the second */
        { { 0, 0, 10, 10 }, NAN, 0 },
        { { 4, 0, 14, 10 }, 0.2F, 0 }
    };
    CHECK_OK(sx_fuse_boxes(d, 5, 2, 0.5F, &n, &err), err);
    assert_int_equal(n, 2);
    is(&d[0], (4 * 0.8F + 3 * 0.5F + 4 * 0.2F) / 1.5F, 0,
       (14 * 0.8F + 13 * 0.5F + 14 * 0.2F) / 1.5F, 10, 0.5F, 0);
    is(&d[1], 0, 0, 10, 10, 0.45F, 0);
    CHECK_OK(sx_fuse_boxes(d, 0, 2, 0.5F, &n, &err), err);
    assert_int_equal(n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_weighted_by_their_scores),
        cmocka_unit_test(the_nearest_group_is_joined_and_size_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
