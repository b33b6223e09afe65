/* RLE Lossless (PS3.5 annex G): PackBits, one segment for each byte of a value, the highest byte
 * first. */
#include <string.h>

#include "dicom/decode.h"

static uint32_t u32le(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* n bytes to out[0], out[step], ... */
static bool unpack(const uint8_t *p, const uint8_t *end, uint8_t *out, size_t n, size_t step) {
    size_t done = 0;
    while (done < n) {
        if (end - p < 2) return false;
        size_t run = *p++;
        if (run == 128) continue;
        if (run < 128) {
            run++;
            if (run > (size_t)(end - p)) return false;
            size_t take = run < n - done ? run : n - done;
            for (size_t i = 0; i < take; i++)
                out[(done + i) * step] = p[i];
            done += take;
            p += run;
        } else {
            run = 257 - run;
            size_t take = run < n - done ? run : n - done;
            for (size_t i = 0; i < take; i++)
                out[(done + i) * step] = *p;
            done += take;
            p++;
        }
    }
    return true;
}

bool sx_decode_rle(const sx_frame *f, const sx_frame_format *format, void *out, sx_error *err) {
    size_t bytes = (size_t)format->bits_allocated / 8,
           n = (size_t)format->rows * (size_t)format->columns;
    if (f->n < 64) return sx_fail(err, SX_ERR_FORMAT, "the RLE stream has no header");
    uint32_t segments = u32le(f->data);
    if (segments != bytes)
        return sx_fail(err, SX_ERR_MISMATCH, "the RLE stream has %u segments, the header says %zu",
                       segments, bytes);
    for (size_t s = 0; s < bytes; s++) {
        size_t begin = u32le(f->data + 4 + 4 * s);
        size_t end = s + 1 < bytes ? u32le(f->data + 8 + 4 * s) : f->n;
        if (begin < 64 || begin > end || end > f->n)
            return sx_fail(err, SX_ERR_FORMAT, "the RLE stream's segment %zu lies outside it",
                           s + 1);
        /* the position of the high byte in memory depends on the machine's byte order */
        const uint16_t probe = 1;
        uint8_t low_first;
        memcpy(&low_first, &probe, 1);
        size_t place = low_first ? bytes - 1 - s : s;
        if (!unpack(f->data + begin, f->data + end, (uint8_t *)out + place, n, bytes))
            return sx_fail(err, SX_ERR_FORMAT, "the RLE stream ends before the film is complete");
    }
    return true;
}
