/* In a host that logs through DCMTK too, its own logger goes on; DCMTK's messages about our films
 * stay out of it. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "dicom/dicom_film.h"
#include "dicom/write.h"
#include "support/dicom.h"
#include "support/host_log.h"

enum { WIDTH = 64, HEIGHT = 48 };

static void the_hosts_logger_goes_on(void **state) {
    (void)state;
    static uint16_t pixels[WIDTH * HEIGHT];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    size_t n = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = (uint16_t)(i * 37 % 4096);
    host_log_begin();
    host_log_say("before");
    assert_int_equal(host_log_heard(), 1);

    const sx_write_film film = dicom_written_film(pixels, WIDTH, HEIGHT, 12);
    CHECK_OK(sx_dicom_encode(&film, SX_WRITE_JPEG, &bytes, &n, &err), err);
    sx_film *read = sx_film_from_memory(bytes, n, "film", NULL, &err);
    CHECK_OK(read != NULL, err);
    sx_film_free(read);
    /* a damaged frame, of which the codec would have something to say */
    memset(bytes + n / 2, 0xFF, n / 4);
    sx_film_free(sx_film_from_memory(bytes, n, "film", NULL, &err));
    free(bytes);
    assert_int_equal(host_log_heard(), 1);

    host_log_say("after");
    assert_int_equal(host_log_heard(), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_hosts_logger_goes_on) };
    return cmocka_run_group_tests_name("host-log", tests, NULL, NULL);
}
