/* Gates of classes, on matches that are made by hand. */
#include <math.h>

#include "experiment/fit_gates.h"
#include "support/check.h"

enum { FILMS = 16 };

/* A box on each film: hits on the first `hits` films, all with score 0.5. */
static void make_list(sx_match_list *l, uint32_t hits) {
    static double scores[FILMS];
    static uint32_t films[FILMS], hit[FILMS], ignored[FILMS];
    for (uint32_t i = 0; i < FILMS; i++) {
        scores[i] = 0.5;
        films[i] = i;
        hit[i] = i < hits;
        ignored[i] = 0;
    }
    *l = (sx_match_list){
        .count = FILMS, .scores = scores, .films = films, .hits = hit, .ignored = ignored
    };
}

static sx_gate_fit fit(const sx_match_list *l, double score, const double *p, double most_lost) {
    sx_error err = { 0 };
    sx_gate_fit g;
    CHECK_OK(sx_fit_gate(l, score, p, most_lost, &g, &err), err);
    return g;
}

/* Hits have P 0.30, 0.31, ... 0.41 on films 0 to 11, false boxes 0.1, 0.2, 0.305 and 0.9. */
static void ramp(double *p) {
    static const double others[] = { 0.1, 0.2, 0.305, 0.9 };
    for (int i = 0; i < FILMS; i++)
        p[i] = i < 12 ? (double)(float)(0.30 + 0.01 * i) : (double)(float)others[i - 12];
}

static void a_gate_keeps_the_hits_that_it_must(void **state) {
    (void)state;
    sx_match_list l;
    double p[FILMS];
    make_list(&l, 12);
    ramp(p);
    sx_gate_fit g = fit(&l, 0.5, p, 0); /* below the lowest hit, above 0.2 */
    assert_int_equal(g.hits, 12);
    assert_int_equal(g.lost, 0);
    assert_int_equal(g.false_boxes, 4);
    assert_int_equal(g.removed, 2);
    assert_true(g.gate < p[0] && g.gate > p[0] - 1e-6);
    g = fit(&l, 0.5, p, 0.1); /* one of 12 hits: 0.305 goes too */
    assert_int_equal(g.lost, 1);
    assert_int_equal(g.removed, 3);
    assert_true(g.gate < p[1] && g.gate > p[1] - 1e-6);
    g = fit(&l, 0.5, p, 1.0 / 13); /* not a whole hit */
    assert_int_equal(g.lost, 0);
    g = fit(&l, 0.5, p, 1); /* never all */
    assert_int_equal(g.lost, 11);
}

static void boxes_that_do_not_count_change_nothing(void **state) {
    (void)state;
    sx_match_list l;
    double p[FILMS];
    make_list(&l, 12);
    ramp(p);
    l.scores[0] = 0.49; /* below the operating point */
    p[1] = (double)NAN; /* not known */
    l.ignored[12] = 1;  /* a crowd's */
    const sx_gate_fit g = fit(&l, 0.5, p, 0);
    assert_int_equal(g.hits, 10);
    assert_int_equal(g.false_boxes, 3);
    assert_int_equal(g.removed, 2); /* 0.2 and 0.305 */
    assert_true(g.gate < p[2] && g.gate > p[2] - 1e-6);
}

static void without_cause_there_is_no_gate(void **state) {
    (void)state;
    sx_match_list l;
    double p[FILMS];
    ramp(p);
    make_list(&l, SX_GATE_LEAST_HITS - 1); /* too few hits */
    sx_gate_fit g = fit(&l, 0.5, p, 0);
    assert_true(isnan(g.gate) && g.removed == 0);
    make_list(&l, 12);
    for (int i = 12; i < FILMS; i++)
        p[i] = 0.9; /* nothing to remove */
    g = fit(&l, 0.5, p, 0.1);
    assert_true(isnan(g.gate) && g.lost == 0 && g.removed == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_keeps_the_hits_that_it_must),
        cmocka_unit_test(boxes_that_do_not_count_change_nothing),
        cmocka_unit_test(without_cause_there_is_no_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
