/* Calibration of probabilities and the temperature of logits: known values, and parameters that are
 * put into the data and found again. */
#include "base/str.h"
#include "golden_json.h"

#include "metrics/classification.h"
#include "metrics/mt19937.h"
#include "metrics/temperature.h"

static void calibration_by_hand(void **state) {
    (void)state;
    static const unsigned char label[8] = { 0, 0, 1, 0, 1, 1, 0, 1 };
    static const double score[8] = { 0.05, 0.1, 0.3, 0.35, 0.6, 0.7, 0.8, 1.0 };
    static const sx_groups films = { .case_count = 8, .count = 8 }, two = { NULL, 2, 2 };
    sx_error err = { 0 };
    static sx_calibration c;
    CHECK_OK(sx_calibrate(label, score, &films, 2, false, 0.95, &c, &err), err);
    assert_int_equal(c.bins[0].n, 4);
    assert_int_equal(c.bins[1].positives, 3);
    CHECK_NEAR(c.bins[0].mean_score, 0.2, 1e-15);
    CHECK_NEAR(c.ece, (fabs(0.25 - 0.2) + fabs(0.75 - 0.775)) / 2, 1e-15);
    CHECK_NEAR(c.mce, 0.05, 1e-15);
    CHECK_OK(sx_calibrate(label, score, &films, 4, true, 0.95, &c, &err), err);
    for (int k = 0; k < 4; k++)
        assert_int_equal(c.bins[k].n, 2);
    CHECK_NEAR(c.bins[3].low, 0.8, 0);
    CHECK_NEAR(c.bins[3].high, 1.0, 0);
    static const double bad[2] = { 0.5, 1.5 };
    CHECK_FAILS(sx_calibrate(label, bad, &two, 4, false, 0.95, &c, &err), err, SX_ERR_VALUE,
                "not a probability");
}

static void recalibration_finds_what_was_put_in(void **state) {
    (void)state;
    enum { N = 20000 };
    unsigned char *label = calloc(N, 1);
    double *score = calloc(N, sizeof *score);
    const sx_groups cases = { .case_count = N, .count = N };
    sx_error err = { 0 };
    for (uint32_t i = 0; i < N;
         i++) { /* exact shares: outcome i of 100 with p = sigmoid(0.5 + 2 x) */
        double x = -2 + 4.0 * (i / 100) / (N / 100), p = 1 / (1 + exp(-(0.5 + 2 * x)));
        score[i] = 1 / (1 + exp(-x));
        label[i] = (i % 100) + 0.5 < 100 * p;
    }
    static sx_calibration c;
    CHECK_OK(sx_calibrate(label, score, &cases, 10, false, 0.95, &c, &err), err);
    CHECK_NEAR(c.intercept, 0.5, 0.01);
    CHECK_NEAR(c.slope, 2, 0.01);
    for (int i = 0; i < N; i++)
        label[i] = score[i] > 0.5;
    CHECK_OK(sx_calibrate(label, score, &cases, 10, false, 0.95, &c, &err), err);
    assert_true(isnan(c.slope));
    free(label);
    free(score);
}

/* Labels drawn with sigmoid(z / 2.5): the temperature of the logits z is 2.5 but for chance. */
static void temperature_finds_what_was_put_in(void **state) {
    (void)state;
    enum { N = 20000 };
    static double logit[N], lower[N];
    static unsigned char label[N];
    sx_mt19937 m;
    sx_error err = { 0 };
    double t, again, middle[3];
    sx_mt19937_seed(&m, 7);
    for (size_t i = 0; i < N; i++) {
        logit[i] = (double)sx_mt19937_randint(&m, 20001) / 1000 - 10;
        label[i] = (double)sx_mt19937_randint(&m, 1000000) / 1e6 < 1 / (1 + exp(-logit[i] / 2.5));
    }
    CHECK_OK(sx_temperature_fit(label, logit, N, &t, &err), err);
    if (fabs(t - 2.5) > 0.1) fail_msg("temperature %.4f", t);
    for (size_t i = 0; i < N; i++)
        lower[i] = logit[i] / t;
    CHECK_OK(sx_temperature_fit(label, lower, N, &again, &err), err);
    assert_float_equal(again, 1, 1e-9);
    for (int k = 0; k < 3; k++) { /* no neighbour is likelier */
        middle[k] = 0;
        for (size_t i = 0; i < N; i++) {
            const double z = logit[i] / (t * (1 + 0.01 * (k - 1)));
            middle[k] += log(1 + exp(label[i] ? -z : z));
        }
    }
    assert_true(middle[1] < middle[0] && middle[1] < middle[2]);
}

/* Written with nine digits and read again, the threshold still lies between a score and the float
 * below it. */
static void threshold_survives_its_text(void **state) {
    (void)state;
    float score = 1;
    for (int k = 0; k < 4000; k++, score *= 0.9951F) {
        char text[32];
        snprintf(text, sizeof text, "%.9g", sx_threshold_below(score));
        const double read = sx_strtod(text, NULL);
        if (!(read <= (double)score && read > (double)nextafterf(score, 0)))
            fail_msg("%s for %.17g", text, (double)score);
    }
}

static void temperature_stays_finite(void **state) {
    (void)state;
    static const unsigned char label[4] = { 0, 0, 1, 1 }, one[2] = { 1, 1 };
    static const double parted[4] = { -3, -1, 1, 3 }, crossed[4] = { 3, 1, -1, -3 },
                        broken[2] = { 0, NAN };
    double t;
    sx_error err = { 0 };
    CHECK_OK(sx_temperature_fit(label, parted, 4, &t, &err), err);
    assert_true(sx_temperature_separates(label, parted, 4));
    assert_false(sx_temperature_separates(label, crossed, 4));
    assert_false(sx_temperature_separates(one, broken, 2));
    assert_true(t > 2 * SX_TEMPERATURE_LOW && t < SX_TEMPERATURE_HIGH / 2);
    CHECK_OK(sx_temperature_fit(label, crossed, 4, &t, &err),
             err); /* wrong throughout: the less sure the better */
    assert_float_equal(t, SX_TEMPERATURE_HIGH, 1e-6);
    CHECK_FAILS(sx_temperature_fit(one, parted, 2, &t, &err), err, SX_ERR_VALUE,
                "0 and 2 are there");
    CHECK_FAILS(sx_temperature_fit(label, broken, 2, &t, &err), err, SX_ERR_VALUE,
                "not a finite number");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calibration_by_hand),
        cmocka_unit_test(recalibration_finds_what_was_put_in),
        cmocka_unit_test(temperature_finds_what_was_put_in),
        cmocka_unit_test(threshold_survives_its_text),
        cmocka_unit_test(temperature_stays_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
