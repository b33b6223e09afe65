/* Attributes, and reading headers only. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/files.h"
#include "dicom/dicom_film.h"
#include "phantom/phantom_set.h"
#include "support/check.h"
#include "support/dicom.h"

static sx_error err;
static const sx_film_options header_only = { .header_only = true };

static void make(test_dicom *d, const char *syntax) {
    static const uint16_t pixels[4] = { 0, 1, 2, 3 };
    const dicom_shape s = { .rows = 2, .columns = 2, .bits_allocated = 16, .bits_stored = 12 };
    test_dicom item;
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.3");
    dicom_text(d, SX_TAG(0x0008, 0x0020), "DA", "20261123");
    dicom_text(d, SX_TAG(0x0008, 0x0050), "SH", "A 1");
    dicom_text(d, SX_TAG(0x0008, 0x0060), "CS", "DX");
    dicom_text(d, SX_TAG(0x0008, 0x0070), "LO", " F\xFCr Film \\second");
    dicom_text(d, SX_TAG(0x0008, 0x1090), "LO", "F\xC3\xBCr");
    dicom_item(&item, d); /* what a sequence holds is not the film's */
    dicom_text(&item, SX_TAG(0x0008, 0x0018), "UI", "9.9");
    dicom_text(&item, SX_TAG(0x0010, 0x0020), "LO", "another");
    dicom_sequence(d, SX_TAG(0x0008, 0x2112), &item);
    dicom_end(&item);
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "patient 7");
    dicom_text(d, SX_TAG(0x0010, 0x0040), "CS", "F");
    dicom_text(d, SX_TAG(0x0010, 0x1010), "AS", "018M");
    dicom_text(d, SX_TAG(0x0018, 0x0015), "CS", "LSPINE");
    dicom_text(d, SX_TAG(0x0018, 0x1164), "DS", "0.143\\0.15");
    dicom_text(d, SX_TAG(0x0018, 0x5101), "CS", "LL");
    dicom_text(d, SX_TAG(0x0020, 0x000D), "UI", "1.2.3.1");
    dicom_text(d, SX_TAG(0x0020, 0x000E), "UI", "1.2.3.2");
    dicom_text(d, SX_TAG(0x0020, 0x0011), "IS", "4");
    dicom_text(d, SX_TAG(0x0020, 0x0013), "IS", "17");
    dicom_text(d, SX_TAG(0x0020, 0x0020), "CS", "A\\F");
    dicom_text(d, SX_TAG(0x0020, 0x0062), "CS", "U");
    dicom_image(d, &s);
    dicom_text(d, SX_TAG(0x0028, 0x1050), "DS", "2047\\10\\\\30\\x");
    dicom_text(d, SX_TAG(0x0028, 0x1051), "DS", "4.096e3\\20\\5\\40\\6");
    dicom_text(d, SX_TAG(0x0028, 0x1052), "DS", "-1024");
    dicom_text(d, SX_TAG(0x0028, 0x1053), "DS", "1.5");
    dicom_text(d, SX_TAG(0x0028, 0x1056), "CS", "sigmoid");
    dicom_pixels(d, pixels, 4);
}

static void check_info(const sx_film_info *f) {
    assert_string_equal(f->study_uid, "1.2.3.1");
    assert_string_equal(f->series_uid, "1.2.3.2");
    assert_string_equal(f->sop_uid, "1.2.3.3");
    assert_string_equal(f->sop_class, "1.2.840.10008.5.1.4.1.1.1");
    assert_string_equal(f->patient_id, "patient 7");
    assert_string_equal(f->sex, "F");
    assert_string_equal(f->study_date, "20261123");
    assert_string_equal(f->accession, "A 1");
    assert_string_equal(f->modality, "DX");
    assert_string_equal(f->manufacturer, "F\xC3\xBCr Film"); /* Latin 1 */
    assert_string_equal(f->device, "F\xC3\xBCr");            /* UTF-8 */
    assert_string_equal(f->body_part, "LSPINE");
    assert_string_equal(f->view, "LL");
    assert_string_equal(f->laterality, "U");
    assert_true(f->age == 1.5 && f->spacing[0] == 0.143 && f->spacing[1] == 0.15);
    assert_true(f->series_number == 4 && f->instance_number == 17);
    assert_true(f->rows == 2 && f->columns == 2 && f->frames == 1 && f->samples == 1);
    assert_true(f->bits_allocated == 16 && f->bits_stored == 12 && f->high_bit == 11 &&
                !f->is_signed);
    assert_true(f->has_slope && f->has_intercept && f->slope == 1.5 && f->intercept == -1024);
    assert_true(f->window_count == 5 && f->window_center == 2047 && f->window_width == 4096);
    assert_int_equal(f->other_window_count, 2); /* the others are incomplete, or no numbers */
    assert_true(f->other_windows[0].center == 10 && f->other_windows[0].width == 20);
    assert_true(f->other_windows[1].center == 30 && f->other_windows[1].width == 40);
    assert_string_equal(f->orientation[0], "A");
    assert_string_equal(f->orientation[1], "F");
    assert_true(f->voi_function == SX_VOI_SIGMOID && f->has_pixels && !f->has_padding && !f->lossy);
}

static void test_attributes(void **state) {
    (void)state;
    static const char *const syntaxes[] = { NULL, "1.2.840.10008.1.2", "1.2.840.10008.1.2.1",
                                            "1.2.840.10008.1.2.2" };
    for (size_t i = 0; i < 4; i++) {
        test_dicom d;
        make(&d, syntaxes[i]);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                         i & 1 ? &header_only : NULL, &err);
        if (!f) fail_msg("%s", err.message);
        check_info(&f->info);
        assert_true((f->samples == NULL) == (i & 1));
        sx_film_free(f);
        dicom_end(&d);
    }
}

static void test_orientation(void **state) {
    (void)state;
    static const struct {
        const char *text, *rows, *columns;
    } cases[] = {
        { "L\\F", "L", "F" },  { "AFL\\FPR", "AFL", "FPR" },
        { "R\\H", "R", "H" },  { "", "", "" },
        { "L", "", "" },       { "\\F", "", "" },
        { "LR\\F", "", "" },   { "L\\LEFT", "", "" },
        { "LFAP\\F", "", "" }, { "LE\\RT", "", "" },
        { "LL\\F", "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, SX_TAG(0x0020, 0x0020), "CS", cases[i].text);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
        CHECK_OK(f, err);
        assert_string_equal(f->info.orientation[0], cases[i].rows);
        assert_string_equal(f->info.orientation[1], cases[i].columns);
        sx_film_free(f);
        dicom_end(&d);
    }
}

/* Nothing is known: nothing is made up. */
static void test_absent(void **state) {
    (void)state;
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0010, 0x1010), "AS", "");
    dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "");
    dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "nan");
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
    CHECK_OK(f, err);
    assert_true(isnan(f->info.age) && isnan(f->info.spacing[0]) && f->info.window_count == 0);
    assert_true(!f->info.has_pixels && f->info.frames == 1 && f->info.slope == 1 &&
                !f->info.has_slope);
    assert_string_equal(f->info.study_uid, "");
    sx_film_free(f);
    dicom_end(&d);
}

/* A header is enough of a film of unknown syntax, in colour, of several frames, cut off in its
 * pixels. */
static void test_header_only(void **state) {
    (void)state;
    const dicom_shape s = { .rows = 40,
                            .columns = 50,
                            .bits_allocated = 8,
                            .bits_stored = 8,
                            .photometric = "RGB",
                            .frames = 9,
                            .samples = 3 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.4.100");
    dicom_image(&d, &s);
    dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", "only this", 9);
    d.bytes.len -= 4;
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
    CHECK_OK(f, err);
    assert_string_equal(f->info.transfer_syntax, "1.2.840.10008.1.2.4.100");
    assert_true(f->info.frames == 9 && f->info.samples == 3 && f->width == 50 && f->height == 40);
    sx_image im;
    CHECK_FAILS(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err, SX_ERR_USAGE,
                "opened without its pixels");
    sx_film_free(f);
    dicom_end(&d);
}

/* ---- DCMTK reads the same ---- */

static void check_text(const char *path, const char *got, unsigned group, unsigned element) {
    char want[300];
    assert_true(dcmtk_value(path, group, element, 0, want, sizeof want));
    if (strcmp(got, want) != 0)
        fail_msg("%s: (%04x,%04x) is '%s', not '%s'", path, group, element, got, want);
}

static void check_number(const char *path, double got, unsigned group, unsigned element,
                         double absent) {
    char want[300];
    assert_true(dcmtk_value(path, group, element, 0, want, sizeof want));
    double w = want[0] ? sx_strtod(want, NULL) : absent;
    if (got != w) fail_msg("%s: (%04x,%04x) is %g, not %g", path, group, element, got, w);
}

static void check_against_dcmtk(const char *path) {
    sx_film *f = sx_film_open(path, &header_only, &err);
    if (!f) fail_msg("%s", err.message);
    const sx_film_info *i = &f->info;
    check_text(path, i->study_uid, 0x0020, 0x000D);
    check_text(path, i->series_uid, 0x0020, 0x000E);
    check_text(path, i->sop_uid, 0x0008, 0x0018);
    check_text(path, i->patient_id, 0x0010, 0x0020);
    check_text(path, i->sex, 0x0010, 0x0040);
    check_text(path, i->modality, 0x0008, 0x0060);
    check_text(path, i->body_part, 0x0018, 0x0015);
    check_text(path, i->view, 0x0018, 0x5101);
    check_text(path, i->manufacturer, 0x0008, 0x0070);
    check_text(path, i->photometric, 0x0028, 0x0004);
    check_number(path, i->rows, 0x0028, 0x0010, -1);
    check_number(path, i->columns, 0x0028, 0x0011, -1);
    check_number(path, i->bits_stored, 0x0028, 0x0101, 0);
    check_number(path, i->high_bit, 0x0028, 0x0102, 0);
    check_number(path, i->is_signed, 0x0028, 0x0103, 0);
    check_number(path, i->window_center, 0x0028, 0x1050, 0);
    check_number(path, i->window_width, 0x0028, 0x1051, 0);
    check_number(path, i->slope, 0x0028, 0x1053, 1);
    check_number(path, i->intercept, 0x0028, 0x1052, 0);
    check_number(path, i->frames, 0x0028, 0x0008, 1);
    if (i->has_padding) check_number(path, i->padding_low, 0x0028, 0x0120, 0);
    sx_film_free(f);
}

static int check_all(const char *table, const char *(*find)(const char *), const char *folder) {
    int count = 0;
    bool failed = false;
    sx_csv *c = sx_csv_open(check_golden(table), &err);
    CHECK_OK(c, err);
    while (sx_csv_next(c, &failed, &err)) {
        char name[300];
        snprintf(name, sizeof name, "%s/%s", folder, sx_csv_field(c, sx_csv_find(c, "name")));
        const char *path = find(name);
        if (!path) continue;
        check_against_dcmtk(path);
        count++;
    }
    sx_csv_close(c);
    return count;
}

static void test_synthetic(void **state) {
    (void)state;
    assert_int_equal(check_all("E/synthetic.csv", check_golden, "E"), 21);
}

/* Drawn films in all transfer syntaxes that DCMTK writes. */
static void test_phantoms(void **state) {
    (void)state;
    sx_phantom_totals totals;
    sx_paths films = { 0 };
    const sx_phantom_set set = { .out = check_tmp_path("set"),
                                 .count = 16,
                                 .seed = 3,
                                 .syntax = -1,
                                 .film = { .long_side = 64 } };
    CHECK_OK(sx_phantom_write_set(&set, &totals, &err), err);
    CHECK_OK(sx_paths_walk(&films, check_tmp_path("set/train_images"), &err), err);
    assert_int_equal(films.count, 16);
    for (size_t i = 0; i < films.count; i++)
        check_against_dcmtk(films.items[i]);
    sx_paths_free(&films);
    check_tmp_remove();
}

static void test_real(void **state) {
    (void)state;
    assert_true(check_all("E/dicom.csv", check_shared, "data/dicom") >= 37);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes), cmocka_unit_test(test_orientation),
        cmocka_unit_test(test_absent),     cmocka_unit_test(test_header_only),
        cmocka_unit_test(test_synthetic),  cmocka_unit_test(test_phantoms),
    };
    const struct CMUnitTest with_material[] = { cmocka_unit_test(test_real) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (!check_shared("data/dicom/RG2_UNC")) return failed;
    return failed + cmocka_run_group_tests(with_material, NULL, NULL);
}
