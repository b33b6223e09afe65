/* What a worker process sends of a film: it may have been taken over by the film, so the service
 * believes nothing. Boxes lie in the film, and numbers are numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "service/node/film_result.h"

enum { WIDTH = 300, HEIGHT = 200 };

static void check_box(const sx_film_result *r, size_t i) {
    const sx_result_box *b = &r->boxes[i];
    if (!(b->x0 >= 0 && b->x1 <= WIDTH && b->x0 <= b->x1) ||
        !(b->y0 >= 0 && b->y1 <= HEIGHT && b->y0 <= b->y1) || !isfinite(b->score))
        abort();
    if (sx_utf8_span(b->label, strlen(b->label)) != strlen(b->label)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_film_result r = { 0 };
    if (!sx_film_result_parse((const char *)data, size, WIDTH, HEIGHT, &r, &err)) {
        if (err.code == SX_OK) abort(); /* a failure must say why */
        return 0;
    }
    if (strlen(r.weights) != 64 || r.box_count > SX_FILM_RESULT_BOXES) abort();
    for (size_t i = 0; i < r.box_count; i++)
        check_box(&r, i);
    sx_film_result_free(&r);
    return 0;
}
