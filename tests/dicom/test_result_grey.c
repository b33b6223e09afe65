/* The grey scale of a presentation state: tables and windows show what those of the film show. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dicom/results_fixture.h"
#include "support/check.h"

static uint16_t word_of(const sx_dataset *d, uint32_t tag, size_t i) {
    uint16_t v = 0;
    assert_true(sx_dataset_word(d, tag, i, &v));
    return v;
}

static sx_dataset item_of(const sx_dataset *d, uint32_t sequence) {
    sx_dataset item;
    sx_error err = { 0 };
    CHECK_OK(sx_dataset_item(d, sequence, 0, &item, &err), err);
    return item;
}

/* A table of five entries that begins at -2. */
static void check_table(const sx_dataset *item, const uint16_t entries[5]) {
    const uint32_t descriptor = SX_TAG(0x0028, 0x3002);
    assert_memory_equal(sx_dataset_find(item, descriptor)->vr, "SS", 2);
    assert_int_equal((int16_t)word_of(item, descriptor, 1), -2);
    assert_int_equal(word_of(item, descriptor, 2), 16); /* 10 is not allowed in every table */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(word_of(item, SX_TAG(0x0028, 0x3006), i), entries[i]);
}

static void tables_of_a_state_show_the_same_grey_values(void **state) {
    (void)state;
    uint16_t entries[] = { 0, 1, 512, 1022, 1023 };
    const uint16_t scaled[] = { 0, 64, 32800, 65471, 65535 };
    const sx_film_lut lut = { .count = 5, .first = -2, .bits = 10, .held = 5, .entries = entries };
    sx_film_info info = result_films[0]->info;
    info.voi_lut = lut;
    result_object o = make_result_of(&info, SX_RESULT_GSPS);
    sx_dataset d = read_result(&o), voi = item_of(&d, SX_TAG(0x0028, 0x3110)),
               table = item_of(&voi, SX_TAG(0x0028, 0x3010));
    check_table(&table, scaled);
    sx_dataset_free(&table);
    sx_dataset_free(&voi);
    sx_dataset_free(&d);
    free(o.bytes);
    /* the values after a Modality LUT, too; without a window, 1023 is white */
    info = result_films[0]->info;
    info.modality_lut = lut;
    info.window_count = 0;
    o = make_result_of(&info, SX_RESULT_GSPS);
    d = read_result(&o);
    table = item_of(&d, SX_TAG(0x0028, 0x3000));
    check_table(&table, scaled);
    assert_null(sx_dataset_find(&d, SX_TAG(0x0028, 0x3110)));
    sx_dataset_free(&table);
    sx_dataset_free(&d);
    free(o.bytes);
}

/* PS3.3 C.11.2.1.2.1, C.11.2.1.3: 0 to 1. */
static double grey_of(double x, double center, double width, sx_voi_function function) {
    if (function == SX_VOI_SIGMOID) return 1 / (1 + exp(-4 * (x - center) / width));
    const double less = function == SX_VOI_LINEAR ? 1 : 0;
    const double y = (x - (center - less / 2)) / (width - less) + 0.5;
    return fmin(fmax(y, 0), 1);
}

/* Entries that do not use all 16 bits are an error for dciodvfy; what follows them is scaled. */
static void windows_after_a_table_show_the_same_grey_values(void **state) {
    (void)state;
    static const sx_voi_function functions[] = { SX_VOI_LINEAR, SX_VOI_LINEAR_EXACT,
                                                 SX_VOI_SIGMOID };
    uint16_t entries[] = { 0, 100, 512, 900, 1000 };
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        sx_film_info info = result_films[0]->info;
        info.modality_lut = (sx_film_lut){ .count = 5, .bits = 10, .held = 5, .entries = entries };
        info.window_count = 1;
        info.window_center = 480;
        info.window_width = 900;
        info.voi_function = functions[k];
        result_object o = make_result_of(&info, SX_RESULT_GSPS);
        sx_dataset d = read_result(&o), voi = item_of(&d, SX_TAG(0x0028, 0x3110)),
                   table = item_of(&d, SX_TAG(0x0028, 0x3000));
        const double center = sx_strtod(result_text(&voi, SX_TAG(0x0028, 0x1050)), NULL);
        const double width = sx_strtod(result_text(&voi, SX_TAG(0x0028, 0x1051)), NULL);
        for (size_t i = 0; i < 5; i++) {
            const double x = word_of(&table, SX_TAG(0x0028, 0x3006), i);
            const double was = grey_of(entries[i], 480, 900, functions[k]);
            if (!(fabs(grey_of(x, center, width, functions[k]) - was) < 1e-4))
                fail_msg("function %zu, entry %zu", k, i);
        }
        sx_dataset_free(&table);
        sx_dataset_free(&voi);
        sx_dataset_free(&d);
        free(o.bytes);
    }
}

static void a_table_after_a_table_shows_the_same_grey_values(void **state) {
    (void)state;
    uint16_t first[] = { 0, 1, 2, 500, 1000 }, second[] = { 0, 1, 512, 1022, 1023 };
    const uint16_t want[] = { 32800, 65471, 65535, 65535, 65535 }; /* second[first + 2] */
    sx_film_info info = result_films[0]->info;
    info.modality_lut = (sx_film_lut){ .count = 5, .bits = 10, .held = 5, .entries = first };
    info.voi_lut =
        (sx_film_lut){ .count = 5, .first = -2, .bits = 10, .held = 5, .entries = second };
    result_object o = make_result_of(&info, SX_RESULT_GSPS);
    sx_dataset d = read_result(&o), voi = item_of(&d, SX_TAG(0x0028, 0x3110)),
               table = item_of(&voi, SX_TAG(0x0028, 0x3010)),
               modality = item_of(&d, SX_TAG(0x0028, 0x3000));
    assert_int_equal(word_of(&table, SX_TAG(0x0028, 0x3002), 0), 0); /* 65536 entries */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            word_of(&table, SX_TAG(0x0028, 0x3006), word_of(&modality, SX_TAG(0x0028, 0x3006), i)),
            want[i]);
    assert_true(word_of(&modality, SX_TAG(0x0028, 0x3006), 4) >= 0x8000); /* all bits are used */
    sx_dataset_free(&modality);
    sx_dataset_free(&table);
    sx_dataset_free(&voi);
    sx_dataset_free(&d);
    free(o.bytes);
}

static void a_state_has_no_window_of_width_0_and_no_slope_0(void **state) {
    (void)state;
    sx_film_info info = result_films[0]->info;
    info.window_count = 1;
    info.window_width = 0;
    info.has_slope = info.has_intercept = true;
    info.slope = 0;
    info.intercept = -7;
    result_object o = make_result_of(&info, SX_RESULT_GSPS);
    sx_dataset d = read_result(&o);
    assert_null(sx_dataset_find(&d, SX_TAG(0x0028, 0x3110)));
    assert_string_equal(result_text(&d, SX_TAG(0x0028, 0x1053)), "1");
    assert_string_equal(result_text(&d, SX_TAG(0x0028, 0x1052)), "-7");
    sx_dataset_free(&d);
    free(o.bytes);
    info.window_width = 300;
    info.voi_function = SX_VOI_SIGMOID;
    o = make_result_of(&info, SX_RESULT_GSPS);
    d = read_result(&o);
    sx_dataset voi = item_of(&d, SX_TAG(0x0028, 0x3110));
    assert_string_equal(result_text(&voi, SX_TAG(0x0028, 0x1051)), "300");
    assert_string_equal(result_text(&voi, SX_TAG(0x0028, 0x1056)), "SIGMOID");
    sx_dataset_free(&voi);
    sx_dataset_free(&d);
    free(o.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_of_a_state_show_the_same_grey_values),
        cmocka_unit_test(windows_after_a_table_show_the_same_grey_values),
        cmocka_unit_test(a_table_after_a_table_shows_the_same_grey_values),
        cmocka_unit_test(a_state_has_no_window_of_width_0_and_no_slope_0),
    };
    return cmocka_run_group_tests(tests, make_result_films, free_result_films);
}
