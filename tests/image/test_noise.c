#include "support/sample_pictures.h"

#include "image/noise.h"

static void equals_the_golden_pictures(void **state) {
    (void)state;
    json_t *all = golden("D/images.json"), *j;
    size_t i;
    assert_true(json_array_size(all) >= 8);
    json_array_foreach(all, i, j) {
        sx_error err = { 0 };
        sx_image im = { 0 };
        CHECK_OK(sx_noise_image(text_of(j, "name"), int_of(j, "width"), int_of(j, "height"),
                                true_of(j, "color"), &im, &err),
                 err);
        check_hash(&im, text_of(j, "sha256"), text_of(j, "name"));
        int64_t sum = 0;
        for (size_t k = 0; k < sx_image_bytes(&im); k++)
            sum += sx_image_u8(&im)[k];
        assert_int_equal(im.channels == 1 ? 3 * sum : sum,
                         json_integer_value(json_object_get(j, "sum")));
        sx_image_free(&im);
    }
    json_decref(all);
}

static void bad_names_and_sizes_are_refused(void **state) {
    (void)state;
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int color = 0; color < 2; color++) {
        sx_error err = { 0 };
        sx_image im = { 0 };
        CHECK_FAILS(sx_noise_image(name, 8, 8, color, &im, &err), err, SX_ERR_VALUE, "bytes");
        assert_null(im.data);
        CHECK_FAILS(sx_noise_image("x", 0, 8, color, &im, &err), err, SX_ERR_VALUE, "0 x 8");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_golden_pictures),
        cmocka_unit_test(bad_names_and_sizes_are_refused),
    };
    return cmocka_run_group_tests_name("image-noise", tests, NULL, NULL);
}
