/* Predictive values, likelihood ratios and decision curves against published numbers. */
#include "golden_json.h"

#include "metrics/decision_curve.h"
#include "metrics/predictive.h"

/* ApoE4 and Alzheimer's disease, the example of Mercaldo, Lau & Zhou (Statistics in Medicine 2007,
 * 26:2170, table VIII), at a prevalence of 0.03. Likelihood ratios: epiR 2.0.57, epi.tests().
 * Predictive values: R 4.2 with plogis(qlogis(ppv) + c(-1, 1) * qnorm(0.975) * sqrt(v)). */
static void apoe_is_the_example(void **state) {
    (void)state;
    const sx_confusion2 c = { .tp = 240, .fn = 178, .fp = 87, .tn = 288 };
    const sx_rates r = sx_rates_of(c);
    double v[SX_PREDICTIVE_MEASURES];
    sx_interval i[SX_PREDICTIVE_MEASURES];
    sx_predictive_values(r.sensitivity, r.specificity, 0.03, v);
    sx_predictive_intervals(c, 1, 1, 0.03, 0.95, i);
    static const double want[SX_PREDICTIVE_MEASURES][3] = {
        { 0.071099370059581266, 0.058870972882001757, 0.085636665659816799 },
        { 0.983140388657611219, 0.980948791030044731, 0.985083704704390661 },
        { 2.4748391354561954, 2.0225651690719029, 3.0282479101506907 },
        { 0.5544756778309410, 0.4895965140709496, 0.6279523413059441 },
    };
    for (int k = 0; k < SX_PREDICTIVE_MEASURES; k++) {
        CHECK_NEAR(v[k], want[k][0], 1e-14);
        CHECK_NEAR(i[k].low, want[k][1], 1e-13);
        CHECK_NEAR(i[k].high, want[k][2], 1e-13);
    }
}

static void empty_cells(void **state) {
    (void)state;
    const sx_confusion2 perfect = { .tp = 20, .tn = 30 }, one_class = { .tp = 3, .fn = 2 };
    double v[SX_PREDICTIVE_MEASURES];
    sx_interval i[SX_PREDICTIVE_MEASURES];
    sx_predictive_values(1, 1, 0.1, v);
    assert_true(v[SX_PPV_AT] == 1 && v[SX_NPV_AT] == 1 && v[SX_LR_POSITIVE] == INFINITY &&
                v[SX_LR_NEGATIVE] == 0);
    sx_predictive_intervals(perfect, 1, 1, 0.1, 0.95, i);
    assert_true(i[SX_PPV_AT].low > 0 && i[SX_PPV_AT].low < i[SX_PPV_AT].high &&
                i[SX_PPV_AT].high == 1 && i[SX_LR_NEGATIVE].low == 0);
    /* 20.5 / 21 over 0.5 / 31, and the variance 0.5 / 21 / 20.5 + 30.5 / 31 / 0.5 of its log */
    const double ratio = 20.5 / 21 / (0.5 / 31), variance = 0.5 / 21 / 20.5 + 30.5 / 31 / 0.5;
    CHECK_NEAR(i[SX_LR_POSITIVE].low, ratio * exp(-sx_normal_quantile(0.975) * sqrt(variance)),
               1e-12);
    assert_true(i[SX_LR_POSITIVE].high == INFINITY && isfinite(i[SX_LR_NEGATIVE].high));
    sx_predictive_values(0.5, 0, 0.1, v);
    assert_true(v[SX_LR_POSITIVE] == 0.5 && v[SX_LR_NEGATIVE] == INFINITY);
    sx_predictive_values(0.6, NAN, 0.1, v); /* no normal case */
    assert_true(isnan(v[SX_LR_POSITIVE]) && isnan(v[SX_LR_NEGATIVE]));
    sx_predictive_values(0, 1, 0.1, v);
    assert_true(isnan(v[SX_LR_POSITIVE]) && v[SX_LR_NEGATIVE] == 1);
    sx_predictive_values(1, 0, 0.1, v);
    assert_true(v[SX_LR_POSITIVE] == 1 && isnan(v[SX_LR_NEGATIVE]));
    sx_predictive_intervals(one_class, 1, NAN, 0.1, 0.95, i);
    assert_true(isnan(i[SX_PPV_AT].low) && isnan(i[SX_LR_NEGATIVE].high));
    /* 0 / 0 has no interval: no case is called abnormal, or all are */
    sx_predictive_intervals((sx_confusion2){ .fn = 20, .tn = 30 }, 1, 1, 0.1, 0.95, i);
    assert_true(isnan(i[SX_PPV_AT].low) && isnan(i[SX_PPV_AT].high));
    assert_true(isnan(i[SX_LR_POSITIVE].low) && isnan(i[SX_LR_POSITIVE].high));
    assert_true(i[SX_NPV_AT].low < 0.9 && i[SX_NPV_AT].high > 0.9 && i[SX_LR_NEGATIVE].low < 1);
    sx_predictive_intervals((sx_confusion2){ .tp = 20, .fp = 30 }, 1, 1, 0.1, 0.95, i);
    assert_true(isnan(i[SX_NPV_AT].low) && isnan(i[SX_LR_NEGATIVE].high));
    assert_true(i[SX_PPV_AT].low < 0.1 && i[SX_PPV_AT].high > 0.1);
    sx_predictive_values(0.9, 0.8, 0, v);
    assert_true(isnan(v[SX_PPV_AT]) && !isnan(v[SX_LR_POSITIVE]));
}

/* The data set df_binary of the R package dcurves, its model famhistory: 24 of 105 cancers and 91
 * of 645 others are called. The numbers are those of its published results. */
enum { CASES = 750 };
static unsigned char labels[CASES];
static double scores[CASES];

static void make_famhistory(void) {
    for (int i = 0; i < CASES; i++) {
        labels[i] = i < 105;
        scores[i] = i < 24 || (i >= 105 && i < 196);
    }
}

static void decision_curve_is_dcurves(void **state) {
    (void)state;
    static const double want[][3] = {
        { 0.01, 0.13131313131313133, 0.030774410774410774 },
        { 0.08, 0.06521739130434784, 0.021449275362318842 },
        { 0.14, 0.0, 0.012248062015503876 },
        { 0.20, -0.07499999999999998, 0.001666666666666667 },
        { 0.35, -0.3230769230769232, -0.03333333333333334 },
        { 0.50, -0.72, -0.08933333333333333 },
        { 0.99, -84.99999999999991, -11.97999999999999 },
    };
    const sx_groups groups = { NULL, CASES, CASES };
    const sx_bootstrap how = { .resamples = 200, .seed = 7, .level = 0.95 };
    sx_decision_curve c;
    sx_error err = { 0 };
    make_famhistory();
    CHECK_OK(sx_decision_curve_of(labels, scores, &groups, 0, &how, &c, &err), err);
    CHECK_NEAR(c.prevalence, 0.14, 1e-15);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const int i = (int)(want[k][0] * 100 + 0.5) - 1;
        CHECK_NEAR(c.thresholds[i], want[k][0], 1e-15);
        CHECK_NEAR(c.treat_all[i], want[k][1], 1e-12);
        CHECK_NEAR(c.benefits[i], want[k][2], 1e-12);
        assert_true(c.lows[i] < c.benefits[i] && c.benefits[i] < c.highs[i]);
    }
}

/* Weighting to another prevalence is the same as repeating the cases of one class. */
static void prevalence_weights_the_classes(void **state) {
    (void)state;
    static unsigned char more_labels[2 * CASES];
    static double more_scores[2 * CASES];
    size_t n = 0;
    sx_decision_curve weighted, repeated;
    sx_error err = { 0 };
    const sx_bootstrap none = { .level = 0.95 };
    make_famhistory();
    for (int copy = 0; copy < 3; copy++)
        for (int i = 0; i < CASES; i++) {
            if (copy && !labels[i]) continue;
            more_labels[n] = labels[i];
            more_scores[n++] = scores[i];
        }
    const sx_groups groups = { NULL, CASES, CASES }, more = { NULL, n, n };
    CHECK_OK(sx_decision_curve_of(labels, scores, &groups, 315.0 / 960, &none, &weighted, &err),
             err);
    CHECK_OK(sx_decision_curve_of(more_labels, more_scores, &more, 0, &none, &repeated, &err), err);
    for (int i = 0; i < SX_DECISION_POINTS; i++) {
        CHECK_NEAR(weighted.benefits[i], repeated.benefits[i], 1e-12);
        CHECK_NEAR(weighted.treat_all[i], repeated.treat_all[i], 1e-12);
        assert_true(isnan(weighted.lows[i]));
    }
}

static void what_has_no_curve(void **state) {
    (void)state;
    static const unsigned char both[2] = { 0, 1 }, one[2] = { 1, 1 };
    static const double good[2] = { 0.1, 0.9 }, high[2] = { 0.1, 9 };
    const sx_groups groups = { NULL, 2, 2 };
    const sx_bootstrap none = { .level = 0.95 };
    sx_decision_curve c;
    sx_error err = { 0 };
    CHECK_FAILS(sx_decision_curve_of(one, good, &groups, 0, &none, &c, &err), err, SX_ERR_VALUE,
                "of one class");
    CHECK_FAILS(sx_decision_curve_of(both, high, &groups, 0, &none, &c, &err), err, SX_ERR_VALUE,
                "score 9 is not in 0..1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apoe_is_the_example),
        cmocka_unit_test(empty_cells),
        cmocka_unit_test(decision_curve_is_dcurves),
        cmocka_unit_test(prevalence_weights_the_classes),
        cmocka_unit_test(what_has_no_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
