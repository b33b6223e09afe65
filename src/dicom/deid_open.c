#include "dicom/deid_open.h"

#include <stdlib.h>

#include "dicom/inflate.h"
#include "dicom/syntax.h"

bool sx_deid_open(const uint8_t *bytes, size_t n, sx_deid_opened *o, sx_error *err) {
    sx_part10 p;
    *o = (sx_deid_opened){ 0 };
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    const sx_syntax *syntax = sx_syntax_of(&p, err);
    if (!syntax) return false;
    const bool big = syntax->big_endian, explicit_vr = !syntax->implicit;
    o->begin = p.dataset;
    bytes += p.dataset;
    n -= p.dataset;
    if (syntax->deflated) {
        if (!sx_inflate(bytes, n, false, &o->inflated, &n, err)) return false;
        bytes = o->inflated;
    }
    bool ok = sx_dataset_read(&o->dataset, bytes, n, explicit_vr, big, true, err);
    if (ok && (p.unusual || o->dataset.explicit_vr != explicit_vr || o->dataset.big_endian != big))
        ok =
            sx_fail(err, SX_ERR_FORMAT, "the elements are not written as the transfer syntax says");
    if (!ok) sx_deid_close(o);
    return ok;
}

void sx_deid_close(sx_deid_opened *o) {
    sx_dataset_free(&o->dataset);
    free(o->inflated);
    *o = (sx_deid_opened){ 0 };
}
