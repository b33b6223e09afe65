/* RJafroc's data file: a valid archive, whose sheets hold every mark and lesion once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support/check.h"

#include "base/files.h"
#include "base/writer.h"
#include "evaluation/rjafroc_file.h"

static const char *write_text(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

static unsigned number(const char *p, int bytes) {
    unsigned v = 0;
    for (int i = bytes; i-- > 0;)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* The content of a stored member, whose checksum must be right; NULL: there is none. */
static char *member(const char *zip, size_t n, const char *name) {
    for (size_t at = 0; at + 30 < n && number(zip + at, 4) == 0x04034b50;) {
        const unsigned size = number(zip + at + 18, 4), length = number(zip + at + 26, 2);
        const char *bytes = zip + at + 30 + length;
        if (strlen(name) == length && memcmp(zip + at + 30, name, length) == 0) {
            assert_int_equal(number(zip + at + 14, 4), crc32(0, (const Bytef *)bytes, size));
            char *text = calloc(size + 1, 1);
            memcpy(text, bytes, size);
            return text;
        }
        at += 30 + length + size;
    }
    return NULL;
}

static char *read_all(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *bytes = calloc(100000, 1);
    *n = fread(bytes, 1, 99999, f);
    fclose(f);
    return bytes;
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void sheets_hold_the_marks(void **state) {
    (void)state;
    static const char truth_text[] = "image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                     "a,Osteophytes,0,0,10,10\na,Osteophytes,50,50,60,60\n"
                                     "b,No finding,,,,\nc,Osteophytes,0,0,10,10\n";
    static const char found_text[] = "image_id,lesion_type,xmin,ymin,xmax,ymax,score\n"
                                     "a,Osteophytes,50,50,60,60,0.75\n"
                                     "b,Osteophytes,0,0,9,9,0.5\nc,No finding,,,,,\n";
    sx_truth truth;
    sx_predictions p;
    sx_error err = { 0 };
    const sx_manifest_options how = { 0 };
    const sx_prediction_options as = { 0 };
    CHECK_OK(sx_truth_load(&truth, write_text("truth.csv", truth_text), &how, NULL, &err), err);
    CHECK_OK(sx_predictions_load(&p, write_text("found.csv", found_text), NULL, &truth, &as, &err),
             err);
    const sx_eval_input in = { .truth = &truth, .predictions = &p, .prediction_count = 1 };
    const char *path = check_tmp_path("marks.xlsx");
    CHECK_OK(sx_rjafroc_write(&in, 0.5, path, &err), err);
    size_t n;
    char *zip = read_all(path, &n);
    assert_int_equal(number(zip + n - 22, 4), 0x06054b50);
    assert_int_equal(number(zip + n - 12, 2), 7);
    char *nl = member(zip, n, "xl/worksheets/sheet1.xml"),
         *ll = member(zip, n, "xl/worksheets/sheet2.xml"),
         *cases = member(zip, n, "xl/worksheets/sheet3.xml");
    assert_true(nl && ll && cases && !member(zip, n, "xl/worksheets/sheet4.xml"));
    assert_int_equal(count(nl, "<row"), 2);
    assert_non_null(strstr(nl, "<c r=\"C2\"><v>2</v></c><c r=\"D2\"><v>0.5</v></c>"));
    assert_int_equal(count(ll, "<row"), 2);
    assert_non_null(strstr(ll, "<c r=\"C2\"><v>1</v></c><c r=\"D2\"><v>2</v></c>"
                               "<c r=\"E2\"><v>0.75</v></c>"));
    assert_int_equal(count(cases, "<row"), 5);
    assert_non_null(strstr(cases, "<c r=\"A4\"><v>2</v></c><c r=\"B4\"><v>0</v></c>"));
    assert_non_null(strstr(cases, "<c r=\"F3\" t=\"inlineStr\"><is><t>FCTRL</t></is></c>"));
    free(nl);
    free(ll);
    free(cases);
    free(zip);
    sx_predictions_free(&p);
    sx_truth_free(&truth);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(sheets_hold_the_marks) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
