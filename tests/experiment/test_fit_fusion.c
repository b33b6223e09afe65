/* Weights of two detectors on invented films for which the best weights are known. */
#include <math.h>

#include "support/check.h"

#include "experiment/fit_fusion.h"

enum { FILMS = 30, LABELS = 3 };

static const int first_labels[] = { 0, 1, 2 }, second_labels[] = { 1, 0 };
static sx_detector_use uses[] = { { first_labels, 3, 0.5 }, { second_labels, 2, 0.5 } };
static const sx_bundle_info info = { .detector_count = 2,
                                     .label_count = LABELS,
                                     .detectors = uses };

/* Label 0: both find the lesion; the second also something that is none, with the highest score.
 * Label 1: as label 0, but on five films only. Label 2: only the first detector knows it. */
static void make_film(int film, sx_detection *items, int *detectors, sx_detector_boxes *boxes,
                      sx_truth_box *truth, size_t *truths) {
    size_t n = 0;
    for (int label = 0; label < LABELS; label++) {
        if (label == 1 && film >= 5) continue;
        const float y = 100.0F * (float)label;
        truth[(*truths)++] = (sx_truth_box){ .x = 10,
                                             .y = (double)y,
                                             .w = 20,
                                             .h = 20,
                                             .area = 400,
                                             .film = (uint32_t)film,
                                             .label = label };
        const sx_box lesion = { 10, y, 30, y + 20 }, other = { 60, y, 80, y + 20 };
        const float score = 0.5F + 0.01F * (float)film;
        detectors[n] = 0, items[n++] = (sx_detection){ lesion, score, label };
        if (label == 2) continue;
        detectors[n] = 1, items[n++] = (sx_detection){ lesion, 0.1F, label };
        detectors[n] = 1, items[n++] = (sx_detection){ other, 0.99F, label };
    }
    *boxes = (sx_detector_boxes){ items, detectors, n };
}

static void a_detector_that_errs_loses_its_weight(void **state) {
    (void)state;
    static sx_detection items[FILMS][9];
    static int detectors[FILMS][9];
    static sx_detector_boxes films[FILMS];
    static sx_truth_box truth[FILMS * LABELS];
    sx_fusion_films f = { &info, films, FILMS, truth, 0, 0.5 };
    sx_error err = { 0 };
    float weights[2 * LABELS];
    sx_fusion_gain gains[LABELS];
    for (int i = 0; i < FILMS; i++)
        make_film(i, items[i], detectors[i], &films[i], truth, &f.truth_count);
    CHECK_OK(sx_fusion_fit(&f, weights, gains, &err), err);
    /* (score + 0.1) / 2 against 0.99 / 2 on every film: with equal weights all errors come first */
    assert_true(gains[0].equal < 0.6 && gains[0].fitted > 0.999);
    assert_true(weights[0] == 1 && weights[LABELS] < 1);
    assert_true(gains[1].equal < 0.6 && gains[1].fitted == gains[1].equal); /* too few lesions */
    assert_true(weights[1] == 1 && weights[LABELS + 1] == 1);
    assert_true(weights[2] == 1 && weights[LABELS + 2] == 0 && gains[2].fitted > 0.999);

    f.truth_count = 0;
    CHECK_OK(sx_fusion_fit(&f, weights, gains, &err), err);
    for (int label = 0; label < LABELS; label++)
        assert_true(weights[label] == 1 && isnan(gains[label].fitted));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_detector_that_errs_loses_its_weight) };
    return cmocka_run_group_tests_name("fit fusion", tests, NULL, NULL);
}
