/* Golden case E: stored values and the authors' 8-bit pictures, by hash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "dicom/dicom_film.h"
#include "dicom/levels.h"
#include "support/check.h"

static sx_error err;

static const char *field(const sx_csv *c, const char *name) {
    return sx_csv_field(c, sx_csv_find(c, name));
}

static const char *hash_stored(const sx_film *f, int32_t mask) {
    size_t n = (size_t)f->width * (size_t)f->height;
    int32_t *values = sx_calloc(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++)
        values[i] = sx_film_value(f, i) & mask;
    const char *h = check_sha256(values, n * sizeof *values);
    free(values);
    return h;
}

static void check_hash(const char *name, const char *what, const char *got, const char *want) {
    if (strcmp(got, want) != 0) fail_msg("%s: %s is %s, not %s", name, what, got, want);
}

static const char *hash_picture(const sx_image *im) {
    return check_sha256(im->data, sx_image_bytes(im));
}

/* Only convert1, regardless of convert2. */
static const char *hash_convert1(const sx_film *f) {
    uint8_t *seen = sx_calloc(2, SX_LEVELS), *table = seen + SX_LEVELS;
    sx_image im;
    CHECK_OK(sx_image_new(&im, f->width, f->height, 1, 8, &err), err);
    sx_levels_scan(f, seen);
    sx_vindr_convert1(f, seen, table);
    sx_levels_apply(f, table, sx_image_u8(&im));
    const char *h = hash_picture(&im);
    sx_image_free(&im);
    free(seen);
    return h;
}

static void check_film(const sx_csv *c, const char *path) {
    const char *name = field(c, "name"), *note = sx_csv_find(c, "note") < 0 ? "" : field(c, "note");
    sx_film *f = sx_film_open(path, NULL, &err);
    if (strstr(note, "skipped")) {
        CHECK_FAILS(f != NULL, err, SX_ERR_UNSUPPORTED, "frames");
        return;
    }
    if (!f) fail_msg("%s", err.message);
    /* the one film on whose values decoders differ: GDCM, which the reference used, wraps 1024 to
     * 0 */
    int32_t mask = strcmp(name, "RG3_JPLY") == 0 ? 1023 : -1;
    check_hash(name, "the stored film", hash_stored(f, mask), field(c, "raw_sha256_int32le"));
    check_hash(name, "convert1", hash_convert1(f), field(c, "convert1_sha256"));
    sx_image im;
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_VINDR, &im, &err), err);
    bool fallback = strcmp(field(c, "final_path"), "convert1") == 0;
    check_hash(name, "the vindr picture", hash_picture(&im),
               field(c, fallback ? "convert1_sha256" : "convert2_sha256"));
    sx_image_free(&im);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err);
    sx_image_free(&im);
    sx_film_free(f);
}

static int check_table(const char *table, const char *(*find)(const char *), const char *folder) {
    int count = 0;
    bool failed = false;
    sx_csv *c = sx_csv_open(check_golden(table), &err);
    CHECK_OK(c, err);
    while (sx_csv_next(c, &failed, &err)) {
        char name[300];
        snprintf(name, sizeof name, "%s/%s", folder, field(c, "name"));
        const char *path = find(name);
        if (!path) continue;
        check_film(c, path);
        count++;
    }
    if (failed) fail_msg("%s", err.message);
    sx_csv_close(c);
    return count;
}

static void test_synthetic(void **state) {
    (void)state;
    assert_int_equal(check_table("E/synthetic.csv", check_golden, "E"), 21);
}

static void test_real(void **state) {
    (void)state;
    assert_true(check_table("E/dicom.csv", check_shared, "data/dicom") >= 37);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_synthetic) };
    const struct CMUnitTest with_material[] = { cmocka_unit_test(test_real) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (!check_shared("data/dicom/RG2_UNC")) return failed;
    return failed + cmocka_run_group_tests(with_material, NULL, NULL);
}
