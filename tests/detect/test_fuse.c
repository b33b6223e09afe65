#include <float.h>
#include <math.h>

#include "detect/fuse.h"
#include "support/check.h"

static void is(const sx_detection *d, float x0, float y0, float x1, float y1, float score,
               int label) {
    const float got[5] = { d->box.x0, d->box.y0, d->box.x1, d->box.y1, d->score },
                want[5] = { x0, y0, x1, y1, score };
    /* sums are in double: the results are rounded once to float */
    check_close_f32(got, want, 5, fmaxf(1e-5F, FLT_EPSILON * fmaxf(x1, y1)), "fused box");
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
    const sx_fuse_options how = { .view_count = 2, .iou = sx_fuse_iou };
    CHECK_OK(sx_fuse_boxes(d, 4, &how, &n, &err), err);
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
    const sx_fuse_options how = { .view_count = 2, .iou = 0.5F };
    CHECK_OK(sx_fuse_boxes(d, 5, &how, &n, &err), err);
    assert_int_equal(n, 2);
    is(&d[0], (4 * 0.8F + 3 * 0.5F + 4 * 0.2F) / 1.5F, 0,
       (14 * 0.8F + 13 * 0.5F + 14 * 0.2F) / 1.5F, 10, 0.5F, 0);
    is(&d[1], 0, 0, 10, 10, 0.45F, 0);
    CHECK_OK(sx_fuse_boxes(d, 0, &how, &n, &err), err);
    assert_int_equal(n, 0);
}

/* Three detectors on two classes, of which the third does not know the second. The first finds each
 * lesion twice. The numbers were computed in double from section 3 of the paper, by a program that
 * shares nothing with this one. */
static void detectors_are_weighted_by_class(void **state) {
    (void)state;
    static const float weights[3][2] = { { 1, 0.5F }, { 0.25F, 1 }, { 0.75F, 0 } };
    static const int views[19] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2 };
    sx_detection d[19] = {
        { { 17.3F, 31.5F, 61.1F, 79.8F }, 0.244F, 0 },
        { { 22.3F, 32.5F, 60.1F, 80.0F }, 0.262F, 0 },
        { { 96.0F, 39.0F, 130.7F, 86.6F }, 0.764F, 0 },
        { { 97.9F, 37.9F, 126.3F, 94.0F }, 0.715F, 0 },
        { { 43.0F, 120.9F, 86.3F, 148.6F }, 0.498F, 1 },
        { { 36.9F, 123.6F, 88.9F, 147.2F }, 0.786F, 1 },
        { { 19.0F, 37.4F, 63.6F, 78.4F }, 0.359F, 1 },
        { { 21.9F, 31.5F, 60.3F, 80.9F }, 0.261F, 1 },
        { { 150.0F, 10.0F, 180.0F, 30.0F }, 0.401F, 0 },
        { { 17.7F, 33.8F, 63.2F, 82.0F }, 0.737F, 0 },
        { { 100.6F, 41.8F, 127.0F, 89.8F }, 0.794F, 0 },
        { { 37.6F, 123.4F, 93.1F, 149.3F }, 0.379F, 1 },
        { { 21.6F, 33.1F, 68.0F, 77.1F }, 0.074F, 1 },
        { { 153.0F, 10.0F, 183.0F, 30.0F }, 0.092F, 0 },
        { { 21.7F, 33.9F, 60.0F, 79.9F }, 0.545F, 0 },
        { { 102.0F, 37.8F, 130.9F, 90.5F }, 0.610F, 0 },
        { { 37.4F, 117.4F, 88.8F, 153.4F }, 0.362F, 1 },
        { { 22.8F, 32.5F, 60.8F, 74.5F }, 0.782F, 1 },
        { { 156.0F, 10.0F, 186.0F, 30.0F }, 0.400F, 0 },
    };
    sx_error err = { 0 };
    size_t n = 0;
    const sx_fuse_options how = {
        .view_count = 3, .iou = sx_fuse_iou, .weights = weights[0], .label_count = 2, .views = views
    };
    CHECK_OK(sx_fuse_boxes(d, 19, &how, &n, &err), err);
    assert_int_equal(n, 5);
    is(&d[0], 98.349696F, 38.634801F, 128.925316F, 90.211452F, 0.800625F, 0);
    is(&d[1], 38.647502F, 122.867287F, 89.824976F, 148.320960F, 0.453777778F, 1);
    is(&d[2], 20.195541F, 33.016629F, 60.804550F, 80.253708F, 0.412125F, 0);
    is(&d[3], 152.581492F, 10, 182.581492F, 30, 0.362F, 0);
    is(&d[4], 20.486589F, 34.566276F, 63.326432F, 78.999089F, 0.170666667F, 1);
}

/* Two boxes of the heavier of two views: 0.9 * 2 / 1.1 without the limit. */
static void scores_stay_below_one(void **state) {
    (void)state;
    static const float weights[2] = { 1, 0.1F };
    static const int views[2] = { 0, 0 };
    sx_detection d[2] = { { { 0, 0, 10, 10 }, 0.9F, 0 }, { { 0, 0, 10, 10 }, 0.9F, 0 } };
    sx_error err = { 0 };
    size_t n = 0;
    const sx_fuse_options how = {
        .view_count = 2, .iou = sx_fuse_iou, .weights = weights, .label_count = 1, .views = views
    };
    CHECK_OK(sx_fuse_boxes(d, 2, &how, &n, &err), err);
    assert_int_equal(n, 1);
    is(&d[0], 0, 0, 10, 10, 1, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_weighted_by_their_scores),
        cmocka_unit_test(the_nearest_group_is_joined_and_size_is_capped),
        cmocka_unit_test(detectors_are_weighted_by_class),
        cmocka_unit_test(scores_stay_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
