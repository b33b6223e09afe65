/* RLE Lossless (PS3.5 annex G): PackBits, one segment for each byte of a value, the highest byte
 * first. */
#include <string.h>

#include "dicom/byte_order.h"
#include "dicom/decode.h"

size_t sx_rle_offset(const uint8_t *stream, size_t s) {
    return sx_le32(stream + 4 + 4 * s);
}

bool sx_rle_used(const uint8_t *segment, size_t n, size_t values, size_t *used) {
    size_t at = 0;
    for (size_t done = 0; done < values;) {
        if (n - at < 2) return false;
        const size_t code = segment[at++];
        if (code == 128) continue;
        const size_t run = code < 128 ? code + 1 : 257 - code, bytes = code < 128 ? run : 1;
        const size_t wanted = values - done < bytes ? values - done : bytes;
        if (bytes > n - at) return false;
        at += wanted;
        done += run;
    }
    *used = at;
    return true;
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
    uint32_t segments = sx_le32(f->data);
    if (segments != bytes)
        return sx_fail(err, SX_ERR_MISMATCH, "the RLE stream has %u segments, the header says %zu",
                       segments, bytes);
    for (size_t s = 0; s < bytes; s++) {
        size_t begin = sx_rle_offset(f->data, s);
        size_t end = s + 1 < bytes ? sx_rle_offset(f->data, s + 1) : f->n;
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
