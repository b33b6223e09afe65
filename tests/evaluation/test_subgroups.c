/* Subgroups: levels from a table and from numbers, their measures, and bad input. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/str.h"
#include "base/writer.h"
#include "evaluation/evaluation.h"
#include "evaluation/subgroups.h"

typedef struct opened {
    sx_run run;
    sx_truth truth;
    sx_predictions pred;
    sx_subgroups groups;
    sx_attribute_sources from;
    sx_eval_input in;
} opened;

static const char *write_text(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

/* Films f0..f39: even ones abnormal. Women's scores separate the classes; men's do not. Patients
 * have one film of each label and sometimes more, or two films of the same label. */
static opened *open_case(unsigned films_of_patient) {
    opened *o = calloc(1, sizeof *o);
    sx_str truth = { 0 }, scores = { 0 }, meta = { 0 };
    sx_error err = { 0 };
    const sx_manifest_options how = { 0 };
    const sx_prediction_options as = { 0 };
    sx_str_add(&truth, "image_id,patient_id,abnormal\n");
    sx_str_add(&scores, "image_id,score\n");
    sx_str_add(&meta, "image_id,patient_sex,patient_age,dose,born\n");
    for (int i = 0; i < 40; i++) {
        const bool abnormal = i % 2 == 0, woman = i < 20;
        const int patient = films_of_patient == 1 ? i / 2 % 15 : i / 4 * 2 + i % 2;
        sx_str_printf(&truth, "f%d,p%d,%d\n", i, patient, abnormal);
        sx_str_printf(&scores, "f%d,%.2f\n", i,
                      woman ? (abnormal ? 0.8 : 0.2) : (i % 4 < 2 ? 0.7 : 0.3));
        sx_str_printf(&meta, "f%d,%s,%d,%d,%03d%c\n", i,
                      i == 39 ? ""
                      : woman ? "F"
                              : "M",
                      i * 2, i, i * 10 + 10, "YMWD"[i ? 1 + i % 3 : 0]);
    }
    static char truth_path[512], meta_path[512];
    snprintf(truth_path, sizeof truth_path, "%s", write_text("truth.csv", sx_str_text(&truth)));
    snprintf(meta_path, sizeof meta_path, "%s", write_text("meta.csv", sx_str_text(&meta)));
    sx_run_start(&o->run, NULL, 0, NULL);
    CHECK_OK(sx_truth_load(&o->truth, truth_path, &how, NULL, &err), err);
    CHECK_OK(sx_predictions_load(&o->pred, write_text("scores.csv", sx_str_text(&scores)), NULL,
                                 &o->truth, &as, &err),
             err);
    o->from = (sx_attribute_sources){ .table = meta_path, .truth_path = truth_path };
    o->in = (sx_eval_input){ .run = &o->run,
                             .truth_path = truth_path,
                             .truth = &o->truth,
                             .predictions = &o->pred,
                             .prediction_count = 1,
                             .boot = { 40, 1999, 0.95 },
                             .page = true,
                             .subgroups = &o->groups };
    sx_str_free(&truth);
    sx_str_free(&scores);
    sx_str_free(&meta);
    return o;
}

static void close_case(opened *o) {
    sx_truth_free(&o->truth);
    sx_predictions_free(&o->pred);
    sx_subgroups_free(&o->groups);
    free(o);
}

static void levels_of_attributes(void **state) {
    (void)state;
    opened *o = open_case(1);
    sx_error err = { 0 };
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err);
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "age", &err), err);
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "dose", &err), err);
    const sx_subgroup *sex = &o->groups.items[0], *age = &o->groups.items[1],
                      *dose = &o->groups.items[2];
    assert_int_equal(sex->level_count, 2);
    assert_string_equal(sex->levels[0], "F");
    assert_int_equal(sex->unknown, 1);
    assert_true(sex->of[sx_truth_film(&o->truth, "f39")] == SX_LEVEL_UNKNOWN);
    assert_int_equal(age->level_count, 4); /* nobody is 80 */
    assert_string_equal(age->levels[age->of[sx_truth_film(&o->truth, "f10")]], "20 to 39");
    assert_string_equal(age->levels[age->of[sx_truth_film(&o->truth, "f9")]], "0 to 19");
    assert_int_equal(dose->level_count, 4);
    assert_string_equal(dose->levels[1], "10 to under 20");
    /* as in DICOM: 10 years, f30 310 months, f31 320 weeks, f32 330 days */
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "patient_age", &err), err);
    assert_int_equal(o->groups.items[3].level_count, 4);
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "born", &err), err);
    const sx_subgroup *born = &o->groups.items[4];
    assert_int_equal(born->level_count, 2);
    assert_string_equal(born->levels[born->of[sx_truth_film(&o->truth, "f30")]], "20 to 39");
    assert_string_equal(born->levels[born->of[sx_truth_film(&o->truth, "f31")]], "0 to 19");
    close_case(o);
}

static json_t *at(json_t *j, const char *key) {
    json_t *v = json_object_get(j, key);
    if (!v) fail_msg("no %s", key);
    return v;
}

static double value_of(json_t *level, const char *measure) {
    return json_number_value(at(at(level, measure), "value"));
}

static bool is_warned(const sx_eval_output *out, const char *text) {
    json_t *warnings = at(out->json.root, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        if (strstr(json_string_value(json_array_get(warnings, i)), text)) return true;
    return false;
}

static void measures_of_each_level(void **state) {
    (void)state;
    opened *o = open_case(1);
    sx_error err = { 0 };
    sx_eval_output out;
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err);
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    json_t *table = json_array_get(at(out.json.root, "subgroups"), 0);
    json_t *women = json_array_get(at(table, "levels"), 0),
           *men = json_array_get(at(table, "levels"), 1);
    assert_int_equal(json_integer_value(at(women, "n")), 20);
    assert_int_equal(json_integer_value(at(men, "n")), 19);
    assert_int_equal(json_integer_value(at(men, "positives")), 10);
    assert_true(value_of(women, "AUROC") == 1 && value_of(women, "specificity") == 1);
    assert_true(fabs(value_of(men, "sensitivity") - 0.5) < 1e-15);
    assert_true(fabs(value_of(men, "specificity") - 4.0 / 9) < 1e-15);
    /* 10 of 10 against 5 of 10 as log odds: (log 21 - 0)^2 / (2/21 + 2 + 2/11 + 2/11) */
    json_t *q = at(at(table, "cochran_q"), "sensitivity");
    const double want = log(21) * log(21) / (2.0 / 21 + 2 + 4.0 / 11);
    assert_true(fabs(json_number_value(at(q, "q")) - want) < 1e-12);
    /* three patients have films of both sexes */
    assert_true(is_warned(&out, "sex: 5 patients have films in several levels"));
    assert_true(json_is_true(at(at(women, "AUROC"), "zero_width")));
    assert_null(json_object_get(at(men, "AUROC"), "zero_width"));
    assert_true(is_warned(&out, "sex: AUROC (F): the interval has zero width"));
    sx_eval_output_free(&out);
    close_case(o);
}

/* Of three films one is abnormal: many of 40 resamples draw one class only. */
static void resamples_of_one_class_are_counted(void **state) {
    (void)state;
    opened *o = open_case(1);
    sx_error err = { 0 };
    sx_eval_output out;
    char want[80];
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    o->from.table = write_text("few.csv", "image_id,site\nf0,A\nf3,A\nf5,A\n");
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "site", &err), err);
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    json_t *table = json_array_get(at(out.json.root, "subgroups"), 0);
    json_t *level = json_array_get(at(table, "levels"), 0);
    const json_int_t count = json_integer_value(at(level, "resamples_of_one_class"));
    assert_in_range(count, 5, 25); /* about 2^3 / 3^3 without the abnormal one, and 1 / 3^3 */
    snprintf(want, sizeof want, "site: up to %d of 40 resamples of a level (A) have one class",
             (int)count);
    assert_true(is_warned(&out, want));
    assert_int_equal(json_integer_value(at(out.json.root, "resamples_of_one_class")), 0);
    sx_eval_output_free(&out);
    close_case(o);
}

/* One value that is no age does not undo the bands. */
static void values_that_are_no_age(void **state) {
    (void)state;
    opened *o = open_case(1);
    sx_error err = { 0 };
    sx_eval_output out;
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    o->from.table = write_text("ages.csv", "image_id,age,born\nf0,34,034Y\nf1,unknown,none\n"
                                           "f2,71,071Y\nf3,999,?\nf4,012Y,012Y\n");
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "age", &err), err);
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "born", &err), err);
    for (int k = 0; k < 2; k++) {
        const sx_subgroup *g = &o->groups.items[k];
        assert_int_equal(g->level_count, 3);
        assert_string_equal(g->levels[g->of[sx_truth_film(&o->truth, "f0")]], "20 to 39");
        assert_true(g->of[sx_truth_film(&o->truth, "f1")] == SX_LEVEL_UNKNOWN);
        assert_int_equal(g->no_age, 2);
        assert_int_equal(g->unknown, 37);
    }
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    assert_true(is_warned(&out, "age: the values of 2 films are no age, as \"unknown\" is"));
    sx_eval_output_free(&out);
    sx_subgroups_free(&o->groups);
    /* a column of words is no column of ages */
    o->from.table = write_text("words.csv", "image_id,age\nf0,young\nf1,old\nf2,71\n");
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "age", &err), err);
    assert_int_equal(o->groups.items[0].level_count, 3);
    assert_string_equal(o->groups.items[0].levels[0], "71");
    close_case(o);
}

static void films_of_a_patient_say_less(void **state) {
    (void)state;
    opened *o = open_case(2);
    sx_error err = { 0 };
    sx_eval_output out;
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err);
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    json_t *table = json_array_get(at(out.json.root, "subgroups"), 0);
    json_t *women = json_array_get(at(table, "levels"), 0),
           *men = json_array_get(at(table, "levels"), 1);
    /* Women: 10 of 10 films of 5 patients count as 5. Men: of each patient one film of two is
     * found, which varies less than independent films, and the interval is that of 10. */
    const sx_interval five = sx_wilson(5, 5, 0.95), ten = sx_wilson(5, 10, 0.95);
    json_t *of_women = at(women, "sensitivity"), *of_men = at(men, "sensitivity");
    assert_true(fabs(json_number_value(at(of_women, "low")) - five.low) < 1e-12);
    assert_true(fabs(json_number_value(at(of_men, "low")) - ten.low) < 1e-12);
    /* 5 of 5 against 5 of 10 as log odds: (log 11)^2 / (2/11 + 2 + 2/11 + 2/11) */
    json_t *q = at(at(table, "cochran_q"), "sensitivity");
    const double want = log(11) * log(11) / (2 + 6.0 / 11);
    assert_true(fabs(json_number_value(at(q, "q")) - want) < 1e-12);
    sx_eval_output_free(&out);
    close_case(o);
}

/* They have no part in the measures, and are counted where they are. */
static void films_without_verdict_are_counted(void **state) {
    (void)state;
    static const char *const films[] = { "f0", "f21", "f22", "f39" }; /* f39 has no level */
    opened *o = open_case(1);
    sx_error err = { 0 };
    sx_eval_output out;
    sx_str text = { 0 };
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    for (size_t i = 0; i < 4; i++)
        o->pred.outcomes[sx_truth_film(&o->truth, films[i])] = SX_FILM_UNFAMILIAR;
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err);
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    json_t *table = json_array_get(at(out.json.root, "subgroups"), 0);
    static const int want[2][2] = { { 19, 1 }, { 17, 2 } };
    for (size_t k = 0; k < 2; k++) {
        json_t *level = json_array_get(at(table, "levels"), k);
        assert_int_equal(json_integer_value(at(level, "n")), want[k][0]);
        assert_int_equal(json_integer_value(at(level, "no_verdict")), want[k][1]);
    }
    assert_int_equal(json_integer_value(at(at(table, "all"), "no_verdict")), 3);
    CHECK_OK(sx_doc_to_csv(out.doc, &text, &err), err);
    assert_non_null(strstr(text.data, "subgroup sex,M,no verdict,2,"));
    sx_str_free(&text);
    sx_eval_output_free(&out);
    close_case(o);
}

static void bad_input_is_named(void **state) {
    (void)state;
    opened *o = open_case(1);
    sx_error err = { 0 };
    CHECK_FAILS(sx_subgroups_add(&o->groups, &o->from, &o->truth, "colour", &err), err,
                SX_ERR_MISSING, "--subgroup colour: no such column in");
    sx_subgroups_free(&o->groups);
    CHECK_FAILS(sx_subgroups_add(&o->groups, &o->from, &o->truth, "view", &err), err,
                SX_ERR_MISSING, "no headers to read it from");
    sx_subgroups_free(&o->groups);
    CHECK_OK(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err);
    CHECK_FAILS(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err, SX_ERR_USAGE,
                "given twice");
    o->from.table = write_text("two.csv", "image_id,sex\nf1,F\nf2,M\nf1,M\n");
    sx_subgroups_free(&o->groups);
    CHECK_FAILS(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err, SX_ERR_FORMAT,
                "two.csv:4: film \"f1\" has two values of sex: F and M");
    o->from.table = write_text("none.csv", "image_id,sex\nother,F\n");
    sx_subgroups_free(&o->groups);
    CHECK_FAILS(sx_subgroups_add(&o->groups, &o->from, &o->truth, "sex", &err), err, SX_ERR_VALUE,
                "no film has a value");
    close_case(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_attributes),
        cmocka_unit_test(measures_of_each_level),
        cmocka_unit_test(resamples_of_one_class_are_counted),
        cmocka_unit_test(values_that_are_no_age),
        cmocka_unit_test(films_of_a_patient_say_less),
        cmocka_unit_test(films_without_verdict_are_counted),
        cmocka_unit_test(bad_input_is_named),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
