/* What the service takes from a report of its worker (node/film_result.h). */
#include <string.h>

#include "service/node/film_result.h"
#include "service/worker_report.h"
#include "support/check.h"

enum { WIDTH = 60, HEIGHT = 80 };

static void boxes_are_clipped_and_checked(void **state) {
    (void)state;
    static const char good[] = REPORT("0.9", "true", BOX);
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "nonsense",
        REPORT("2", "true", ""),
        REPORT("0.1", "null", ""),
        REPORT("\"x\"", "true", ""),
        REPORT("0.9", "true", "{\"name\": 1}"),
        REPORT("0.9", "true", "{\"name\": \"a\", \"score\": 9, \"box\": []}"),
        REPORT("0.9", "true", "{\"name\": \"a\", \"score\": 1, \"box\": [1, 2]}"),
        ("{\"models\": [{\"sha256\": \"x\"}], \"studies\": "
         "[{\"films\": [{}]}]}")
    };
    sx_error err = { 0 };
    sx_film_result r;
    CHECK_OK(sx_film_result_parse(good, strlen(good), WIDTH, HEIGHT, &r, &err), err);
    assert_int_equal(r.box_count, 1);
    assert_true(r.boxes[0].y1 == HEIGHT && r.boxes[0].x0 == 10);
    assert_false(r.boxes[0].specific);
    assert_string_equal(r.boxes[0].code.value, "OSTEOPHYTES");
    sx_film_result_free(&r);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (sx_film_result_parse(bad[i], strlen(bad[i]), WIDTH, HEIGHT, &r, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, SX_ERR_FORMAT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(boxes_are_clipped_and_checked) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
