#include "dicom/inflate.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

static const size_t most = (size_t)1 << 30;

static bool grow(uint8_t **out, size_t *cap, sx_error *err) {
    size_t want = *cap ? 2 * *cap : (size_t)1 << 16;
    if (want > most) return sx_fail(err, SX_ERR_LIMIT, "deflated to more than %zu MiB", most >> 20);
    uint8_t *p = sx_realloc(*out, want, 1);
    if (!p) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
    *out = p;
    *cap = want;
    return true;
}

static bool inflate_all(z_stream *z, uint8_t **out, size_t *size, sx_error *err) {
    size_t cap = 0;
    for (int status = Z_OK; status != Z_STREAM_END;) {
        if (*size == cap && !grow(out, &cap, err)) return false;
        z->next_out = *out + *size;
        z->avail_out = (uInt)(cap - *size);
        status = inflate(z, Z_NO_FLUSH);
        *size = cap - z->avail_out;
        if (status == Z_MEM_ERROR)
            return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
        if (status == Z_BUF_ERROR && z->avail_in == 0)
            return sx_fail(err, SX_ERR_FORMAT, "truncated: the deflated data set is incomplete");
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return sx_fail(err, SX_ERR_FORMAT, "the deflated data set is damaged");
    }
    return true;
}

bool sx_inflate(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size, sx_error *err) {
    z_stream z = { .next_in = (z_const Bytef *)bytes, .avail_in = (uInt)n };
    *out = NULL;
    *size = 0;
    if (n > most)
        return sx_fail(err, SX_ERR_LIMIT, "a deflated data set of more than %zu MiB", most >> 20);
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
    bool ok = inflate_all(&z, out, size, err);
    inflateEnd(&z);
    if (!ok) {
        free(*out);
        *out = NULL;
    }
    return ok;
}
