/* What weights say of their use: operating points, films and dates (docs/weights.md). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/calibration_record.h"
#include "models/fusion_record.h"
#include "models/gate_record.h"
#include "models/weights_use.h"
#include "support/check.h"

static const char *const names[] = { "Osteophytes", "Other lesions", "Implant" };
static const char key[] = "spinexr.operating_points";

static sx_weights *with(const char *name, const char *value) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w && sx_weights_set_meta(w, name, value, &err), err);
    return w;
}

static void points_come_back_exactly(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_class_points points[] = { { 0.1, 0.30000001192092896 }, { NAN, NAN }, { 0, 1 } };
    sx_class_points *read;
    sx_str text = { 0 };
    CHECK_OK(sx_class_points_text(points, names, 3, &text, &err), err);
    sx_weights *w = with(key, sx_str_text(&text));
    CHECK_OK(sx_class_points_read(w, names, 3, &read, &err), err);
    assert_true(read[0].sensitive == points[0].sensitive && read[0].specific == points[0].specific);
    assert_true(isnan(read[1].sensitive) && isnan(read[1].specific));
    assert_true(read[2].sensitive == 0 && read[2].specific == 1);
    free(read);
    sx_weights_free(w);
    sx_str_free(&text);
    w = with("spinexr.note", "none");
    CHECK_OK(sx_class_points_read(w, names, 3, &read, &err), err);
    assert_null(read);
    sx_weights_free(w);
    w = with(key, "{}"); /* no class has a point: the same as no points */
    CHECK_OK(sx_class_points_read(w, names, 3, &read, &err), err);
    assert_null(read);
    sx_weights_free(w);
}

static void bad_points_are_named(void **state) {
    (void)state;
    static const struct {
        const char *value, *text;
    } bad[] = {
        { "[]", "not a JSON object" },
        { "{", "spinexr.operating_points: " },
        { "{\"Fracture\": {\"sensitive\": 0.1, \"specific\": 0.2}}", "Fracture is not a class" },
        { "{\"Implant\": {\"sensitive\": 0.1}}", "Implant lacks a score" },
        { "{\"Implant\": {\"sensitive\": 0.1, \"specific\": 1.5}}", "Implant lacks a score" },
        { "{\"Implant\": {\"sensitive\": -1, \"specific\": 0.5}}", "Implant lacks a score" },
        { "{\"Implant\": {\"sensitive\": \"0\", \"specific\": 0.5}}", "Implant lacks a score" },
        { "{\"Implant\": {\"sensitive\": 0.5, \"specific\": 0.4}}", "above the specific one" },
        { "{\"Implant\": 1}", "Implant lacks a score" },
        { "{\"Implant\": {}, \"Implant\": {}}", "spinexr.operating_points: " },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sx_error err = { 0 };
        sx_class_points *read;
        sx_weights *w = with(key, bad[i].value);
        CHECK_FAILS(sx_class_points_read(w, names, 3, &read, &err), err, SX_ERR_FORMAT,
                    bad[i].text);
        sx_weights_free(w);
    }
}

static void a_fusion_comes_back_exactly(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_fusion_record *read;
    const double weights[] = { 0.25, 0, 1 };
    sx_weights *w = with("spinexr.note", "none");
    CHECK_OK(sx_fusion_record_read(w, names, 3, &read, &err), err);
    assert_null(read);
    CHECK_OK(sx_fusion_record_set(w, "0123456789abcdef", 3, weights, names, 3, "val", &err), err);
    CHECK_OK(sx_fusion_record_read(w, names, 3, &read, &err), err);
    assert_string_equal(read->set, "0123456789abcdef");
    assert_int_equal(read->detectors, 3);
    for (int i = 0; i < 3; i++)
        assert_true(read->weights[i] == weights[i]);
    free(read);
    assert_string_equal(sx_weights_meta(w, "spinexr.fusion_chosen_on"), "val");
    CHECK_OK(sx_fusion_record_remove(w, &err), err);
    assert_null(sx_weights_meta(w, "spinexr.fusion"));
    assert_null(sx_weights_meta(w, "spinexr.fusion_chosen_on"));
    assert_null(sx_weights_meta(w, "spinexr.fusion_date"));
    sx_weights_free(w);
    w = with("spinexr.fusion", "{\"set\": \"0123456789abcdef\", \"detectors\": 2.0, "
                               "\"weights\": {\"Implant\": 0.5}}");
    CHECK_OK(sx_fusion_record_read(w, names, 3, &read, &err), err);
    assert_true(read->weights[0] == 1 && read->weights[2] == 0.5);
    free(read);
    sx_weights_free(w);
}

static void gates_come_back_exactly(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_gate_record *read;
    const double gates[] = { NAN, 0.30000001192092896, 1 };
    sx_weights *w = with("spinexr.note", "none");
    CHECK_OK(sx_gate_record_read(w, names, 3, &read, &err), err);
    assert_null(read);
    CHECK_OK(sx_gate_record_set(w, 2, gates, names, 3, "val", &err), err);
    CHECK_OK(sx_gate_record_read(w, names, 3, &read, &err), err);
    assert_int_equal(read->classifiers, 2);
    assert_true(isnan(read->gates[0]) && read->gates[1] == gates[1] && read->gates[2] == 1);
    free(read);
    assert_string_equal(sx_weights_meta(w, "spinexr.gates_chosen_on"), "val");
    CHECK_OK(sx_gate_record_remove(w, &err), err);
    assert_null(sx_weights_meta(w, "spinexr.gates"));
    assert_null(sx_weights_meta(w, "spinexr.gates_chosen_on"));
    assert_null(sx_weights_meta(w, "spinexr.gates_date"));
    sx_weights_free(w);
}

static void bad_gates_are_named(void **state) {
    (void)state;
    static const struct {
        const char *value, *text;
    } bad[] = {
        { "[]", "spinexr.gates: not a JSON object" },
        { "{\"classifiers\": ", "spinexr.gates: " },
        { "{\"gates\": {}}", "\"classifiers\" is not a number from 1 to 64" },
        { "{\"classifiers\": 0, \"gates\": {}}", "\"classifiers\" is not a number" },
        { "{\"classifiers\": 65, \"gates\": {}}", "\"classifiers\" is not a number" },
        { "{\"classifiers\": 1}", "\"gates\" is not an object" },
        { "{\"classifiers\": 1, \"gates\": {\"Fracture\": 0.5}}", "Fracture is not a class" },
        { "{\"classifiers\": 1, \"gates\": {\"Implant\": 1.5}}", "Implant has a gate" },
        { "{\"classifiers\": 1, \"gates\": {\"Implant\": -0.1}}", "Implant has a gate" },
        { "{\"classifiers\": 1, \"gates\": {\"Implant\": \"1\"}}", "Implant has a gate" },
        { "{\"classifiers\": 1, \"gates\": {\"Implant\": 0, \"Implant\": 1}}", "spinexr.gates: " },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sx_error err = { 0 };
        sx_gate_record *read;
        sx_weights *w = with("spinexr.gates", bad[i].value);
        CHECK_FAILS(sx_gate_record_read(w, names, 3, &read, &err), err, SX_ERR_FORMAT, bad[i].text);
        sx_weights_free(w);
    }
}

static void bad_fusions_are_named(void **state) {
    (void)state;
#define SET "{\"set\": \"0123456789abcdef\", \"detectors\": 2"
    static const struct {
        const char *value, *text;
    } bad[] = {
        { "[]", "not a JSON object" },
        { "{\"set\": ", "spinexr.fusion: " },
        { "{}", "\"set\" is not text of 16 hexadecimal digits" },
        { "{\"set\": \"0123456789ABCDEF\"}", "\"set\" is not" },
        { "{\"set\": \"0123456789abcde\"}", "\"set\" is not" },
        { "{\"set\": \"0123456789abcdef\"}", "\"detectors\" is not a number from 2" },
        { "{\"set\": \"0123456789abcdef\", \"detectors\": 1}", "\"detectors\" is not" },
        { "{\"set\": \"0123456789abcdef\", \"detectors\": 2.5}", "\"detectors\" is not" },
        { SET "}", "\"weights\" is not an object" },
        { SET ", \"weights\": {\"Fracture\": 1}}", "Fracture is not a class" },
        { SET ", \"weights\": {\"Implant\": 1.5}}", "Implant has a weight" },
        { SET ", \"weights\": {\"Implant\": null}}", "Implant has a weight" },
    };
#undef SET
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sx_error err = { 0 };
        sx_fusion_record *read;
        sx_weights *w = with("spinexr.fusion", bad[i].value);
        CHECK_FAILS(sx_fusion_record_read(w, names, 3, &read, &err), err, SX_ERR_FORMAT,
                    bad[i].text);
        sx_weights_free(w);
    }
}

static void a_calibration_is_named_with_its_tiles_and_networks(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_calibration_record r = { "0123456789abcdef", 3, 2, 0 }, read;
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w && sx_calibration_record_read(w, &read, &err), err);
    assert_true(!read.name[0] && read.tiles == 1 && !read.classifiers && !read.detectors);
    CHECK_OK(sx_calibration_record_set(w, &r, &err) && sx_calibration_record_read(w, &read, &err),
             err);
    assert_string_equal(read.name, r.name);
    assert_true(read.tiles == 3 && read.classifiers == 2 && read.detectors == 0);
    assert_null(sx_weights_meta(w, "spinexr.calibration_detectors"));
    r.name[0] = '\0';
    CHECK_OK(sx_calibration_record_set(w, &r, &err), err);
    assert_null(sx_weights_meta(w, "spinexr.calibration_tiles"));
    assert_null(sx_weights_meta(w, "spinexr.calibration_classifiers"));
    sx_weights_free(w);
    static const char *const bad[][2] = {
        { "spinexr.calibration", "0123456789abcdeg" }, { "spinexr.calibration", "0123" },
        { "spinexr.calibration_tiles", "9" },          { "spinexr.calibration_tiles", "3 x 3" },
        { "spinexr.calibration_classifiers", "0" },    { "spinexr.calibration_detectors", "65" }
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        w = with(bad[i][0], bad[i][1]);
        CHECK_FAILS(sx_calibration_record_read(w, &read, &err), err, SX_ERR_FORMAT, bad[i][0]);
        sx_weights_free(w);
    }
}

static void a_fit_says_where_and_when(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *on, *date;
    sx_weights *w = with("spinexr.threshold_date", "2026-11-28");
    CHECK_OK(sx_weights_fitted(w, "threshold", &on, &date, &err), err);
    assert_string_equal(on, "");
    assert_string_equal(date, "2026-11-28");
    CHECK_OK(sx_weights_set_fitted(w, "threshold", "0.5", "val", &err), err);
    CHECK_OK(sx_weights_fitted(w, "threshold", &on, &date, &err), err);
    assert_string_equal(on, "val");
    assert_string_equal(date, "2026-01-01"); /* of SOURCE_DATE_EPOCH in the test's environment */
    assert_string_equal(sx_weights_meta(w, "spinexr.threshold"), "0.5");
    sx_weights_free(w);
    w = with("spinexr.threshold_date", "2024-02-29");
    CHECK_OK(sx_weights_fitted(w, "threshold", &on, &date, &err), err);
    sx_weights_free(w);
    static const char *const bad[] = { "28.11.2026", "2026-11-2",  "2026-11-281", "",
                                       "2026-13-01", "2026-00-10", "2026-11-31",  "2026-02-29",
                                       "2026-10-00", "2100-02-29" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        w = with("spinexr.threshold_date", bad[i]);
        CHECK_FAILS(sx_weights_fitted(w, "threshold", &on, &date, &err), err, SX_ERR_FORMAT,
                    "not a date");
        sx_weights_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_come_back_exactly),
        cmocka_unit_test(bad_points_are_named),
        cmocka_unit_test(a_fusion_comes_back_exactly),
        cmocka_unit_test(bad_fusions_are_named),
        cmocka_unit_test(gates_come_back_exactly),
        cmocka_unit_test(bad_gates_are_named),
        cmocka_unit_test(a_fit_says_where_and_when),
        cmocka_unit_test(a_calibration_is_named_with_its_tiles_and_networks),
    };
    return cmocka_run_group_tests_name("weights use", tests, NULL, NULL);
}
