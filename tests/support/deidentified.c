#include "support/deidentified.h"

bool deidentify_with(const test_dicom *d, const sx_deid_options *o, deidentified *r,
                     sx_error *err) {
    sx_deid_options with_key = *o;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    with_key.key = (const uint8_t *)"a key of thirty-two bytes, or so";
    with_key.key_size = 32;
    *r = (deidentified){ 0 };
    return sx_deid_file(d->bytes.data, d->bytes.len, "in.dcm", &with_key, &r->bytes, &r->n, pairs,
                        cleaned, err);
}

bool deidentify(const test_dicom *d, deidentified *r, sx_error *err) {
    return deidentify_with(d, &(sx_deid_options){ 0 }, r, err);
}
