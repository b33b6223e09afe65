#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "base/context_impl.h"
#include "dicom/dicom_film.h"

/* A failure must have a message, a film must be complete. */
static void walk(const uint8_t *data, size_t size, const sx_film_options *o) {
    static const sx_pixels ways[] = { SX_PIXELS_DICOM, SX_PIXELS_VINDR };
    sx_error err = { 0 };
    sx_film *f = sx_film_from_memory(data, size, "film", o, &err);
    if (!f && err.code == SX_OK) abort();
    for (int i = 0; f && !o->header_only && i < 2; i++) {
        sx_image im;
        sx_error why = { 0 };
        if (sx_film_to_8bit(f, ways[i], &im, &why)) {
            if (im.width != f->width || im.height != f->height || im.bits != 8) abort();
            sx_image_free(&im);
        } else if (why.code == SX_OK) {
            abort();
        }
    }
    sx_film_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    walk(data, size, &(sx_film_options){ .header_only = true });
    walk(data, size, &(sx_film_options){ .frame = 1 });
    return 0;
}
