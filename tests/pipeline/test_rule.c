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
    const sx_rule r = { json_number_value(json_object_get(rule, "abnormal_threshold")),
                        json_number_value(json_object_get(rule, "keep_threshold")) };
    size_t n = json_array_size(dets), at = 0;
    assert_true(n == 2859 && r.threshold == 0.28 && r.keep == 0.5);
    for (size_t i = 0; i < n; i++) {
        const json_t *d = json_array_get(dets, i);
        const char *id = json_string_value(json_object_get(d, "image_id"));
        sx_detection box = { .score = (float)json_number_value(json_object_get(d, "score")) };
        sx_detections one = { &box, 1 };
        sx_rule_apply(&r, json_number_value(json_object_get(probability, id)), &one);
        if (one.count == 0) continue;
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

static void order_stays_when_boxes_go(void **state) {
    (void)state;
    sx_detection items[] = { { .score = 0.9F, .label = 1 },
                             { .score = 0.5F, .label = 2 },
                             { .score = 0.49F, .label = 3 },
                             { .score = 0.7F, .label = 4 } };
    sx_detections d = { items, 4 };
    const sx_rule r = { 0.28, 0.5 };
    assert_int_equal(sx_rule_apply(&r, 0.28, &d), 0);
    assert_int_equal(d.count, 4);
    assert_int_equal(sx_rule_apply(&r, 0.2799, &d), 1);
    assert_int_equal(d.count, 3);
    assert_int_equal(items[2].label, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ensemble_is_the_authors),
        cmocka_unit_test(sigmoid_is_the_authors),
        cmocka_unit_test(decision_keeps_the_authors_boxes),
        cmocka_unit_test(order_stays_when_boxes_go),
    };
    return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
