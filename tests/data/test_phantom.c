#include <string.h>

#include "base/hash.h"
#include "base/threads.h"
#include "data/phantom/phantom.h"
#include "support/check.h"

static void draw(sx_phantom_film *f, uint64_t seed, size_t index, const sx_phantom_options *o) {
    sx_error err = { 0 };
    CHECK_OK(sx_phantom_draw(f, seed, index, o, &err), err);
}

static void same_bytes_for_any_threads(void **state) {
    (void)state;
    static const sx_phantom_region regions[] = { SX_PHANTOM_CERVICAL, SX_PHANTOM_THORACIC, SX_PHANTOM_LUMBAR,
                                                 SX_PHANTOM_FULL };
    for (size_t i = 0; i < 8; i++) {
        sx_phantom_options o = { .long_side = 333, .region = regions[i / 2] };
        sx_phantom_film one, two;
        sx_threads_set(1);
        draw(&one, 7, i, &o);
        sx_threads_set(2);
        draw(&two, 7, i, &o);
        sx_threads_set(0);
        assert_int_equal(one.image.width, two.image.width);
        assert_memory_equal(one.image.data, two.image.data, sx_image_bytes(&one.image));
        assert_int_equal(one.box_count, two.box_count);
        assert_memory_equal(one.boxes, two.boxes, sizeof one.boxes);
        sx_phantom_film_free(&two);
        draw(&two, 8, i, &o);
        assert_true(one.image.width != two.image.width || one.image.height != two.image.height ||
                    memcmp(one.image.data, two.image.data, sx_image_bytes(&one.image)) != 0);
        sx_phantom_film_free(&one);
        sx_phantom_film_free(&two);
    }
}

static void values_fit_the_bits(void **state) {
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        sx_phantom_film f;
        sx_phantom_options o = { .long_side = 200 };
        draw(&f, 3, i, &o);
        const uint16_t *v = sx_image_u16(&f.image);
        unsigned low = 65535, high = 0;
        for (size_t k = 0; k < (size_t)f.image.width * (size_t)f.image.height; k++) {
            if (v[k] < low) low = v[k];
            if (v[k] > high) high = v[k];
        }
        assert_in_range(f.bits, 10, 14);
        assert_true(high < 1u << f.bits);
        assert_true(high - low > (1u << f.bits) / 3); /* the range is used */
        assert_int_equal(f.image.width > f.image.height ? f.image.width : f.image.height, 200);
        sx_phantom_film_free(&f);
    }
}

static void refuses_odd_sizes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_phantom_film f;
    sx_phantom_options o = { .long_side = 63 };
    CHECK_FAILS(sx_phantom_draw(&f, 1, 0, &o, &err), err, SX_ERR_USAGE, "64 to 8192");
    o.long_side = -5;
    CHECK_FAILS(sx_phantom_draw(&f, 1, 0, &o, &err), err, SX_ERR_USAGE, "not -5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_for_any_threads),
        cmocka_unit_test(values_fit_the_bits),
        cmocka_unit_test(refuses_odd_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
