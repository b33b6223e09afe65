#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "pipeline/rule.h"

static json_t *load(const char *name) {
    json_error_t why;
    json_t *j = json_load_file(check_golden(name), 0, &why);
    if (!j) fail_msg("%s: %s", name, why.text);
    return j;
}

/* golden F4: three models' probabilities, each in its own order of the films. */
static void ensemble_is_the_authors(void **state) {
    (void)state;
    json_t *j = load("eval/ensemble.json");
    json_t *p = json_object_get(j, "probabilities_float32"),
           *want = json_object_get(j, "ensemble_probability");
    size_t n = json_array_size(want);
    assert_int_equal(n, 120);
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        float each[3];
        for (size_t m = 0; m < 3; m++)
            each[m] = (float)json_number_value(json_array_get(json_array_get(p, m), i));
        double d = fabs((double)sx_ensemble(each, 3) - json_number_value(json_array_get(want, i)));
        if (d > worst) worst = d;
    }
    print_message("largest difference %.2g\n", worst);
    assert_true(worst <= 1e-6);
    json_decref(j);
}

static void sigmoid_is_the_authors(void **state) {
    (void)state;
    json_t *j = load("eval/ensemble.json");
    json_t *p = json_object_get(j, "probabilities_float32"),
           *l = json_object_get(j, "logits_float32");
    for (size_t m = 0; m < 3; m++)
        for (size_t i = 0; i < 120; i++) {
            double want = json_number_value(json_array_get(json_array_get(p, m), i));
            float logit = (float)json_number_value(json_array_get(json_array_get(l, m), i));
            assert_true(fabs((double)sx_sigmoid(logit) - want) <= 1.2e-7);
        }
    json_decref(j);
}

/* golden F2: the indices of the detections that the authors' combine_results keeps. */
static void decision_keeps_the_authors_boxes(void **state) {
    (void)state;
    json_t *dets = load("eval/detections.json"), *rule = load("eval/combine.json");
    json_t *kept = load("eval/combine_kept_indices.json");
    json_t *probability = json_object_get(rule, "cls_probability");
    const sx_rule r = { .kind = SX_RULE_PAPER,
                        .threshold = json_number_value(json_object_get(rule, "abnormal_threshold")),
                        .keep = json_number_value(json_object_get(rule, "keep_threshold")) };
    size_t n = json_array_size(dets), at = 0;
    assert_true(n == 2859 && r.threshold == 0.28 && r.keep == 0.5);
    for (size_t i = 0; i < n; i++) {
        const json_t *d = json_array_get(dets, i);
        const char *id = json_string_value(json_object_get(d, "image_id"));
        const float score = (float)json_number_value(json_object_get(d, "score"));
        const double p = json_number_value(json_object_get(probability, id));
        if (!sx_rule_lists(&r, !sx_rule_abnormal(&r, p), 0, (double)score)) continue;
        assert_int_equal(json_integer_value(json_array_get(kept, at)), i);
        at++;
    }
    assert_int_equal(at, json_array_size(kept));
    const char *id;
    json_t *p;
    int normal = 0;
    json_object_foreach(probability, id, p) normal += !sx_rule_abnormal(&r, json_number_value(p));
    assert_int_equal(normal, json_integer_value(json_object_get(rule, "n_images_normal")));
    json_decref(dets), json_decref(rule), json_decref(kept);
}

/* What one score of each class is, on films of either verdict. */
static void points_decide_by_class(void **state) {
    (void)state;
    const sx_class_points points[] = { { 0.2, 0.7 }, { 0.4, 0.4 }, { NAN, NAN } };
    sx_rule r = { SX_RULE_POINTS, 0.28, 0.5, points, SX_POINT_SENSITIVE };
    static const struct {
        int label;
        double score;
        bool abnormal, normal; /* a finding on such a film */
        sx_point point;
        bool specific; /* a finding on an abnormal film from the specific point on */
    } cases[] = {
        { 0, 0.19, false, false, SX_POINT_NONE, false },
        { 0, 0.2, true, false, SX_POINT_SENSITIVE, false },
        { 0, 0.5, true, true, SX_POINT_SENSITIVE, false },
        { 0, 0.7, true, true, SX_POINT_SPECIFIC, true },
        { 1, 0.39, false, false, SX_POINT_NONE, false },
        { 1, 0.4, true, false, SX_POINT_SPECIFIC, true },
        { 2, 0.49, false, false, SX_POINT_NONE, false },
        { 2, 0.5, true, true, SX_POINT_NONE, true }, /* without a point: keep decides */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int label = cases[i].label;
        const double score = cases[i].score;
        r.least = SX_POINT_SENSITIVE;
        assert_int_equal(sx_rule_lists(&r, false, label, score), cases[i].abnormal);
        assert_int_equal(sx_rule_lists(&r, true, label, score), cases[i].normal);
        assert_int_equal(sx_rule_point(&r, label, score), cases[i].point);
        r.least = SX_POINT_SPECIFIC;
        assert_int_equal(sx_rule_lists(&r, false, label, score), cases[i].specific);
    }
    assert_true(sx_rule_keeps(&r, 3));
    assert_false(sx_rule_keeps(&r, 2)); /* each class has a point */
    r.kind = SX_RULE_ALL;
    assert_false(sx_rule_keeps(&r, 3));
    assert_true(sx_rule_lists(&r, true, 0, 0));
    assert_int_equal(sx_rule_point(&r, 0, 1), SX_POINT_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ensemble_is_the_authors),
        cmocka_unit_test(sigmoid_is_the_authors),
        cmocka_unit_test(decision_keeps_the_authors_boxes),
        cmocka_unit_test(points_decide_by_class),
    };
    return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
