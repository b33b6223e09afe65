/* AFROC against its definition in R, the kinds of errors by hand. */
#include "golden_boxes.h"

#include "metrics/afroc.h"
#include "metrics/box_errors.h"
#include "metrics/detection.h"

/* Seven films; four without a lesion, three with two, one and one. The highest false marks are
 * 0.5, none, 0.7, 0.3, 0.8, none, 0.2; the lesions are rated 0.9 and not marked, 0.5, not marked.
 * A lower false mark on a film does not matter. */
enum { FILMS = 7, BOXES = 9 };
static double scores[BOXES] = { 0.9, 0.8, 0.7, 0.5, 0.5, 0.3, 0.2, 0.1, 0.1 };
static uint32_t films[BOXES] = { 4, 4, 2, 0, 5, 3, 6, 0, 4 };
static uint32_t hits[BOXES] = { 1, 0, 0, 0, 1, 0, 0, 0, 0 }, ignored[BOXES];
static uint32_t positives[FILMS] = { 0, 0, 0, 0, 2, 1, 1 };

static sx_afroc *make(void) {
    const sx_match_list l = { .count = BOXES,
                              .scores = scores,
                              .films = films,
                              .hits = hits,
                              .ignored = ignored,
                              .positives = positives };
    sx_error err = { 0 };
    sx_afroc *a = sx_afroc_new(&l, FILMS, 0, &err);
    if (!a) fail_msg("%s", err.message);
    return a;
}

/* R 4.2: mean(psi(films, lesion)) over the lesions, psi 1, 1/2 or 0; the jackknife's
 * sqrt(6 / 7 * sum((x - mean(x))^2)) over the seven films. */
static void areas_are_the_definition(void **state) {
    (void)state;
    static const double want[SX_AFROC_AREAS] = { 0.46875, 0.48214285714285710, 0.4375,
                                                 0.45238095238095238 };
    static const double se[SX_AFROC_AREAS] = { 0.18442777839082936, 0.14136121532188003,
                                               0.22248558302974297, 0.18957500106281619 };
    const sx_groups groups = { NULL, FILMS, FILMS };
    const sx_bootstrap how = { .resamples = 100, .seed = 3, .level = 0.95 };
    double areas[SX_AFROC_AREAS];
    sx_afroc_errors e;
    sx_error err = { 0 };
    sx_afroc *a = make();
    sx_afroc_areas(a, NULL, areas);
    CHECK_OK(sx_afroc_errors_of(a, &groups, &how, &e, &err), err);
    for (int k = 0; k < SX_AFROC_AREAS; k++) {
        CHECK_NEAR(areas[k], want[k], 1e-14);
        CHECK_NEAR(e.jackknife_se[k], se[k], 1e-14);
        assert_true(e.boot[k].low <= areas[k] && areas[k] <= e.boot[k].high);
    }
    sx_afroc_free(a);
}

/* The trapezoids of the curve and of the line to (1, 1) have the wAFROC area. */
static void curve_has_the_area(void **state) {
    (void)state;
    sx_afroc_point p[32];
    double areas[SX_AFROC_AREAS], sum = 0;
    sx_afroc *a = make();
    sx_afroc_areas(a, NULL, areas);
    size_t n = sx_wafroc_curve(a, p, 31);
    p[n++] = (sx_afroc_point){ 1, 1 };
    for (size_t i = 1; i < n; i++)
        sum += (p[i].false_positive - p[i - 1].false_positive) *
               (p[i].sensitivity + p[i - 1].sensitivity) / 2;
    CHECK_NEAR(sum, areas[SX_WAFROC], 1e-14);
    sx_afroc_free(a);
}

static void undefined_areas(void **state) {
    (void)state;
    static const uint32_t no_lesion[FILMS] = { 1, 1, 1, 1 },
                          no_normal[FILMS] = { 0, 0, 0, 0, 1, 1, 1 };
    double areas[SX_AFROC_AREAS];
    sx_afroc *a = make();
    sx_afroc_areas(a, no_lesion, areas);
    assert_true(isnan(areas[SX_AFROC]) && isnan(areas[SX_WAFROC1]));
    sx_afroc_areas(a, no_normal, areas);
    assert_true(isnan(areas[SX_WAFROC]) && !isnan(areas[SX_WAFROC1]));
    sx_afroc_free(a);
}

static void weights_are_copies(void **state) {
    (void)state;
    static const uint32_t twice[FILMS] = { 2, 2, 2, 2, 2, 2, 2 };
    double once[SX_AFROC_AREAS], copies[SX_AFROC_AREAS];
    sx_afroc *a = make();
    sx_afroc_areas(a, NULL, once);
    sx_afroc_areas(a, twice, copies);
    for (int k = 0; k < SX_AFROC_AREAS; k++)
        CHECK_NEAR(once[k], copies[k], 1e-15);
    sx_afroc_free(a);
}

static void kinds_by_hand(void **state) {
    (void)state;
    static const sx_truth_box truth[] = {
        { .x = 0, .y = 0, .w = 100, .h = 100, .area = 10000, .film = 0, .label = 0 },
        { .x = 500, .y = 0, .w = 100, .h = 100, .area = 10000, .film = 0, .label = 1 },
        { .x = 0, .y = 500, .w = 100, .h = 100, .area = 10000, .film = 0, .label = 1 },
        { .x = 500, .y = 500, .w = 100, .h = 100, .area = 10000, .film = 0, .label = 0 },
        { .x = 0, .y = 0, .w = 100, .h = 100, .area = 10000, .film = 1, .label = 0 },
    };
    static const struct {
        sx_found_box box;
        sx_box_kind kind;
    } found[] = {
        { { 0, 0, 100, 90, 0.9, 0, 0 }, SX_BOX_HIT },
        { { 0, 0, 100, 95, 0.8, 0, 0 }, SX_BOX_DUPLICATE },
        { { 500, 0, 100, 90, 0.9, 0, 0 }, SX_BOX_WRONG_CLASS },
        { { 0, 560, 100, 100, 0.9, 0, 1 }, SX_BOX_MISPLACED },
        { { 560, 500, 100, 100, 0.9, 0, 1 }, SX_BOX_BOTH },
        { { 800, 800, 50, 50, 0.9, 0, 1 }, SX_BOX_BACKGROUND },
        { { 0, 0, 100, 90, 0.9, 2, 0 }, SX_BOX_BACKGROUND },
        { { 0, 0, 100, 100, 0.4, 1, 0 }, SX_BOX_DROPPED },
    };
    static const sx_lesion_kind lesions[] = { SX_LESION_FOUND, SX_LESION_WRONG_CLASS,
                                              SX_LESION_MISPLACED, SX_LESION_MISSED,
                                              SX_LESION_MISSED };
    enum { FOUND = sizeof found / sizeof *found };
    sx_found_box boxes[FOUND];
    const double thresholds[2] = { 0.5, 0.5 };
    sx_box_errors e;
    sx_error err = { 0 };
    for (int i = 0; i < FOUND; i++)
        boxes[i] = found[i].box;
    const sx_boxes b = { truth, 5, boxes, FOUND, 3, 2 };
    CHECK_OK(sx_box_errors_of(&b, thresholds, 0.5, 0.1, &e, &err), err);
    for (int i = 0; i < FOUND; i++)
        assert_int_equal(e.found_kinds[i], found[i].kind);
    for (int i = 0; i < 5; i++)
        assert_int_equal(e.lesion_kinds[i], lesions[i]);
    assert_int_equal(e.lesions[0], 0);
    assert_true(e.lesions[1] == UINT32_MAX);
    sx_box_errors_free(&e);
}

/* On the golden boxes: as many hits as sx_detection_at counts, and each on a lesion of its own. */
static void hits_are_those_of_froc(void **state) {
    (void)state;
    golden_boxes g = golden_boxes_load();
    sx_error err = { 0 };
    const sx_detect_options o = { sx_vindr_ious, 7, 0.5, SX_MATCH_COCO, 100 };
    sx_detect *d = sx_detect_new(&g.set, &o, &err);
    if (!d) fail_msg("%s", err.message);
    double thresholds[7], hits_wanted = 0;
    for (int c = 0; c < 7; c++) {
        const sx_match_list *l = sx_matches_of(sx_detect_froc_lists(d), c, 0);
        thresholds[c] = 0.3;
        hits_wanted += sx_detection_at(l, 200, 0, 0.3, NULL).tp;
    }
    sx_box_errors e;
    CHECK_OK(sx_box_errors_of(&g.set, thresholds, 0.5, 0.1, &e, &err), err);
    size_t boxes = 0, lesions = 0, linked = 0;
    for (size_t i = 0; i < g.set.found_box_count; i++) {
        boxes += e.found_kinds[i] == SX_BOX_HIT;
        linked += e.lesions[i] != UINT32_MAX;
    }
    for (size_t i = 0; i < g.set.true_box_count; i++)
        lesions += e.lesion_kinds[i] == SX_LESION_FOUND;
    CHECK_NEAR((double)boxes, hits_wanted, 0);
    assert_int_equal(boxes, lesions);
    assert_int_equal(boxes, linked);
    sx_box_errors_free(&e);
    sx_detect_free(d);
    golden_boxes_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_are_the_definition),
        cmocka_unit_test(curve_has_the_area),
        cmocka_unit_test(undefined_areas),
        cmocka_unit_test(weights_are_copies),
        cmocka_unit_test(kinds_by_hand),
        cmocka_unit_test(hits_are_those_of_froc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
