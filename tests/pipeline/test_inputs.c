#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "pipeline/inputs.h"
#include "support/check.h"
#include "support/dicom.h"

static sx_error err;

static void write_film(const char *name, const char *study) {
    static const uint16_t pixels[4] = { 1, 2, 3, 4 };
    const dicom_shape s = { .rows = 2, .columns = 2, .bits_allocated = 16, .bits_stored = 12 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    if (study) dicom_text(&d, SX_TAG(0x0020, 0x000D), "UI", study);
    dicom_image(&d, &s);
    dicom_pixels(&d, pixels, 4);
    CHECK_OK(sx_write_file(check_tmp_path(name), d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
}

static void write_text(const char *name, const char *text) {
    CHECK_OK(sx_write_file(check_tmp_path(name), text, strlen(text), &err), err);
}

/* A folder with two studies whose films alternate, meaningless names, and other files. */
static void make_folder(void) {
    CHECK_OK(sx_make_dirs(check_tmp_path("films/deep/er"), &err), err);
    CHECK_OK(sx_make_dirs(check_tmp_path("none"), &err), err);
    write_film("films/a", "1.2");
    write_film("films/b.txt", "1.1");
    write_film("films/deep/c.dcm", "1.2");
    write_film("films/deep/er/d", "1.1");
    write_film("films/e", NULL);
    write_film("films/f", NULL);
    write_text("films/readme.dcm", "this is no film");
    write_text("films/empty", "");
    write_text("none/readme", "nothing here");
    test_dicom report;
    dicom_begin(&report, "1.2.840.10008.1.2.1");
    dicom_text(&report, SX_TAG(0x0008, 0x0060), "CS", "SR");
    CHECK_OK(
        sx_write_file(check_tmp_path("films/report"), report.bytes.data, report.bytes.len, &err),
        err);
    dicom_end(&report);
}

static void check_order(const sx_inputs *in, const char *const *names, const size_t *studies,
                        size_t n) {
    assert_int_equal(in->count, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(in->items[i].path, check_tmp_path(names[i]));
        assert_int_equal(in->items[i].study, studies[i]);
    }
}

static void test_folder(void **state) {
    (void)state;
    static const char *const names[] = { "films/a",         "films/deep/c.dcm", "films/b.txt",
                                         "films/deep/er/d", "films/e",          "films/f" };
    static const size_t studies[] = { 0, 0, 1, 1, 2, 3 };
    const char *arguments[] = { check_tmp_path("films") };
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    check_order(&in, names, studies, 6);
    assert_int_equal(in.studies, 4);
    assert_int_equal(in.passed_over, 3);
    assert_string_equal(in.items[0].study_uid, "1.2");
    sx_inputs_free(&in);
}

/* Damaged films are kept, so that they are reported. */
static void test_damaged(void **state) {
    (void)state;
    const char *arguments[] = { check_tmp_path("damaged") };
    sx_inputs in;
    CHECK_OK(sx_make_dirs(arguments[0], &err), err);
    write_film("damaged/whole", "1.2");
    sx_file f;
    CHECK_OK(sx_file_open(&f, check_tmp_path("damaged/whole"), &err), err);
    CHECK_OK(sx_write_file(check_tmp_path("damaged/half"), f.data, 190, &err), err);
    sx_file_close(&f);
    write_text("damaged/picture", "\x89PNG\r\n\x1a\n");
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    assert_int_equal(in.count, 3);
    assert_false(in.items[0].readable);
    assert_false(in.items[1].readable);
    assert_true(in.items[2].readable);
    sx_inputs_free(&in);
}

static void test_named(void **state) {
    (void)state;
    static const char *const names[] = { "films/f", "absent", "films/b.txt", "films/deep/er/d" };
    static const size_t studies[] = { 0, 1, 2, 2 };
    const char *arguments[] = { check_tmp_path("films/f"), check_tmp_path("absent"),
                                check_tmp_path("films/b.txt"), check_tmp_path("films/f"),
                                check_tmp_path("films/deep/er") };
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 5, NULL, &err), err);
    check_order(&in, names, studies, 4);
    assert_false(in.items[1].readable);
    sx_inputs_free(&in);
}

static FILE *list_of(const char *text) {
    FILE *f = tmpfile();
    assert_non_null(f);
    fputs(text, f);
    rewind(f);
    return f;
}

static void test_list(void **state) {
    (void)state;
    static const char *const names[] = { "films/e", "films/b.txt", "films/deep/er/d" };
    static const size_t studies[] = { 0, 1, 1 };
    static const char *const dash[] = { "-" };
    char text[1000];
    snprintf(text, sizeof text, "%s\r\n\n%s\n%s", check_tmp_path("films/e"),
             check_tmp_path("films/b.txt"), check_tmp_path("films/deep/er"));
    FILE *list = list_of(text);
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, dash, 1, list, &err), err);
    check_order(&in, names, studies, 3);
    sx_inputs_free(&in);
    fclose(list);
    list = list_of("\n");
    CHECK_FAILS(sx_inputs_collect(NULL, &in, dash, 1, list, &err), err, SX_ERR_USAGE,
                "the list of films is empty");
    fclose(list);
}

static void check_selected(const char *list, const char *const *names, const size_t *studies,
                           size_t n) {
    const char *arguments[] = { check_tmp_path("films") };
    sx_inputs in;
    write_text("list.txt", list);
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    CHECK_OK(sx_inputs_select(&in, check_tmp_path("list.txt"), &err), err);
    check_order(&in, names, studies, n);
    sx_inputs_free(&in);
}

static void test_select(void **state) {
    (void)state;
    static const char *const c[] = { "films/deep/c.dcm" }, *const d[] = { "films/deep/er/d" },
                             *const two[] = { "films/a", "films/e" };
    static const size_t studies[] = { 0, 1 };
    check_selected("# films\r\nc\r\n", c, studies, 1);
    check_selected("c.dcm\nc\n", c, studies, 1);
    check_selected("deep/c\n", c, studies, 1);
    check_selected("er/d\n", d, studies, 1);
    check_selected("e\n\na\n", two, studies, 2);
    char whole[512];
    snprintf(whole, sizeof whole, "%s\n", check_tmp_path("films/deep/c.dcm"));
    check_selected(whole, c, studies, 1);

    const char *arguments[] = { check_tmp_path("films") };
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    write_text("list.txt", "a\nc.dc\n");
    CHECK_FAILS(sx_inputs_select(&in, check_tmp_path("list.txt"), &err), err, SX_ERR_MISSING,
                "list.txt:2: the input has no film \"c.dc\"");
    write_text("list.txt", "eep/c\n");
    CHECK_FAILS(sx_inputs_select(&in, check_tmp_path("list.txt"), &err), err, SX_ERR_MISSING,
                "the input has no film \"eep/c\"");
    sx_inputs_free(&in);
}

static void test_nothing(void **state) {
    (void)state;
    const char *arguments[] = { check_tmp_path("films/a"), check_tmp_path("none") };
    sx_inputs in;
    CHECK_FAILS(sx_inputs_collect(NULL, &in, arguments, 0, NULL, &err), err, SX_ERR_USAGE,
                "no film is given");
    CHECK_FAILS(sx_inputs_collect(NULL, &in, arguments, 2, NULL, &err), err, SX_ERR_MISSING,
                "/none: no film in this folder (1 file examined)");
    assert_int_equal(in.count, 0);
}

static int setup(void **state) {
    (void)state;
    make_folder();
    return 0;
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_named),  cmocka_unit_test(test_select),
        cmocka_unit_test(test_list),   cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, setup, clean);
}
