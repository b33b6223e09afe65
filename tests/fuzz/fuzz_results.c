/* Result objects of a film with any header: what can be built is a DICOM file of the film's study,
 * and the same a second time. */
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "dicom/dicom_film.h"
#include "dicom/finding_codes.h"
#include "dicom/results.h"
#include "fuzz/fuzz.h"

static bool make(const sx_result_study *s, int kind, uint8_t **bytes, size_t *n, sx_error *err) {
    static const uint8_t rgb[12];
    if (kind == SX_RESULT_GSPS) return sx_result_gsps(s, 0, bytes, n, err);
    if (kind == SX_RESULT_CAPTURE) return sx_result_capture(s, 0, rgb, 2, 2, bytes, n, err);
    return sx_result_report(s, (sx_result_kind)kind, bytes, n, err);
}

static void check(const sx_result_study *s, int kind) {
    sx_error err = { 0 };
    uint8_t *a = NULL, *b = NULL;
    size_t n = 0, m = 0;
    if (!make(s, kind, &a, &n, &err)) {
        if (err.code == SX_OK) abort(); /* a failure must say why */
        return;
    }
    if (!make(s, kind, &b, &m, &err) || n != m || memcmp(a, b, n) != 0) abort();
    sx_film *f =
        sx_film_from_memory(a, n, "object", &(sx_film_options){ .header_only = true }, &err);
    if (!f || strcmp(f->info.sop_class, sx_result_sop_class((sx_result_kind)kind)) != 0) abort();
    sx_film_free(f);
    free(a);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_film *film =
        sx_film_from_memory(data, size, "film", &(sx_film_options){ .header_only = true }, &err);
    if (!film) return 0;
    const sx_result_box box = { "a", { "A", SX_FINDING_SCHEME, "a" }, 1, 2, 3, 4, 0.5, false };
    const sx_result_film f = { .file = data,
                               .size = size,
                               .digest = "0",
                               .info = &film->info,
                               .probability = 0.5,
                               .boxes = &box,
                               .box_count = 1 };
    const sx_result_study s = { .films = &f,
                                .film_count = 1,
                                .version = "1",
                                .weights = "0",
                                .configuration = "0",
                                .device_uid = "1.2",
                                .serial = "1",
                                .completed = 1795867200,
                                .revision = 1 };
    for (int kind = 0; film->kind == SX_FILM_DICOM && kind < SX_RESULT_KINDS; kind++)
        check(&s, kind);
    sx_film_free(film);
    return 0;
}
