/* De-identification: the result must be a film that records the options, and a second run must give
 * the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "dicom/deid.h"
#include "dicom/dicom_film.h"
#include "fuzz/fuzz.h"

static void deidentify(const uint8_t *data, size_t size, const sx_deid_options *o) {
    sx_error err = { 0 };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    uint8_t *out = NULL;
    size_t n = 0;
    if (!sx_deid_file(data, size, "film", o, &out, &n, pairs, cleaned, &err)) {
        if (err.code == SX_OK) abort(); /* a failure must say why */
        return;
    }
    sx_film *f =
        sx_film_from_memory(out, n, "new film", &(sx_film_options){ .header_only = true }, &err);
    if (!f || !f->info.has_pixels) abort();
    if (strcmp(f->info.sop_uid, pairs[3].now) != 0) abort();
    if (!sx_deid_same_options(out, n, "new film", o, &err)) abort();
    sx_film_free(f);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t key[] = "a key of thirty-two bytes, or so";
    deidentify(data, size,
               &(sx_deid_options){ .key = key, .key_size = 32, .text = SX_DEID_TEXT_KEEP });
    deidentify(data, size,
               &(sx_deid_options){ .key = key,
                                   .key_size = 32,
                                   .keep_dates = true,
                                   .keep_device = true,
                                   .keep_patient = true,
                                   .text = SX_DEID_TEXT_CLEAN });
    return 0;
}
