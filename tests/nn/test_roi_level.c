/* Which level of a pyramid a region is read from. */
#include <math.h>

#include "nn/kernels/roi_level.h"
#include "support/check.h"

static void levels_change_at_powers_of_two(void **state) {
    (void)state;
    static const struct {
        float side;
        int level;
    } cases[] = { { 0, 2 },   { 1, 2 },      { 111.9F, 2 }, { 112, 3 }, { 223.9F, 3 },
                  { 224, 4 }, { 447.9F, 4 }, { 448, 5 },    { 5000, 5 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const float box[] = { 10, 20, 10 + cases[i].side, 20 + cases[i].side };
        assert_int_equal(sx_roi_level(box, 2, 4) + 2, cases[i].level);
    }
    const float turned[] = { 5, 5, 1, 9 }, nan[] = { NAN, 0, 300, 300 },
                endless[] = { 0, 0, INFINITY, INFINITY };
    assert_int_equal(sx_roi_level(turned, 2, 4), 0);
    assert_int_equal(sx_roi_level(nan, 2, 4), 0);
    assert_int_equal(sx_roi_level(endless, 2, 4), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(levels_change_at_powers_of_two) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
