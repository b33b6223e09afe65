/* JPEG-LS (ITU-T T.87) of one component: a decoder for every precision from 2 to 16 bits, lossless
 * and near-lossless, with any coding parameters. Variables have the standard's names. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/byte_order.h"
#include "dicom/decode.h"
#include "dicom/streams.h"
#include "image/jpeg_check.h"

/* ---- bits ---- */

/* After a byte 0xFF the next one holds seven bits; a marker (0xFF and at least 0x80) ends the
 * data. */
typedef struct bit_reader {
    const uint8_t *at, *end;
    uint64_t bits; /* the next ones, from the top */
    int count;
    bool after_ff;
    bool failed; /* more bits were asked for than there are */
} bit_reader;

static void refill(bit_reader *r) {
    while (r->count <= 56 && r->at < r->end) {
        const uint8_t byte = *r->at;
        if (byte == 0xFF && (r->end - r->at < 2 || r->at[1] >= 0x80)) {
            r->end = r->at; /* a marker */
            return;
        }
        const int width = r->after_ff ? 7 : 8;
        r->bits |= (uint64_t)byte << (64 - width - r->count);
        r->count += width;
        r->after_ff = byte == 0xFF;
        r->at++;
    }
}

/* n: 0..32 */
static uint32_t read_bits(bit_reader *r, int n) {
    if (n == 0) return 0;
    if (r->count < n) refill(r);
    if (r->count < n) {
        r->failed = true;
        return 0;
    }
    const uint32_t value = (uint32_t)(r->bits >> (64 - n));
    r->bits <<= n;
    r->count -= n;
    return value;
}

/* The zeros before the next one, at most `most`, and that one. */
static int read_zeros(bit_reader *r, int most) {
    int zeros = 0;
    while (r->bits == 0 && zeros <= most) {
        zeros += r->count;
        r->count = 0;
        refill(r);
        if (r->count == 0) break;
    }
    if (r->bits == 0) {
        r->failed = true;
        return 0;
    }
    const int more = __builtin_clzll(r->bits);
    r->bits = r->bits << more << 1;
    r->count -= more + 1;
    zeros += more;
    if (zeros > most) r->failed = true;
    return r->failed ? 0 : zeros;
}

/* The next marker, or the end of the stream. */
static const uint8_t *data_end(const uint8_t *p, const uint8_t *end) {
    while (p < end && !(*p == 0xFF && (end - p < 2 || p[1] >= 0x80)))
        p++;
    return p;
}

/* The bits in the bytes from p up to the one where the reader is. */
static size_t bits_in(const uint8_t *p, const uint8_t *end) {
    size_t bits = 0;
    for (bool after_ff = false; p < end; after_ff = *p++ == 0xFF)
        bits += after_ff ? 7 : 8;
    return bits;
}

/* Whether the data, which begin at p, end with the last bit that was read: encoders fill the byte
 * with zeros, some with ones. Further bytes are padding or text, or the reader lost its place. */
static bool ends_here(const bit_reader *r, const uint8_t *p) {
    enum { STRAY = 2 }; /* bytes that may be anything */
    const size_t used = bits_in(p, r->at) - (size_t)r->count;
    size_t passed = 0;
    for (bool after_ff = false; passed < used; after_ff = *p++ == 0xFF)
        passed += after_ff ? 7 : 8;
    const int fill = (int)(passed - used);
    const uint64_t bits = fill ? r->bits >> (64 - fill) : 0;
    const size_t left = (size_t)(data_end(p, r->end) - p);
    return (bits == 0 || bits == ((uint64_t)1 << fill) - 1) &&
           (left <= STRAY || sx_jpeg_is_filling(p, left));
}

/* ---- parameters (C.2.4.1.1, A.2.1) ---- */

typedef struct coding {
    int maxval, near, t1, t2, t3, reset;
    int range, qbpp, limit, step; /* step: 2 NEAR + 1 */
    bool old_thresholds;          /* see complete() */
} coding;

static int at_least(int v, int least) {
    return v < least ? least : v;
}

static int bits_for(int v) {
    int bits = 0;
    while (bits < 31 && 1 << bits < v)
        bits++;
    return bits;
}

static int threshold(int v, int least, int maxval) {
    return v > maxval || v < least ? least : v;
}

/* Replaces parameters that are 0 in the stream by their defaults. CharLS 1, and with it DCMTK up to
 * 3.6.7, uses the formula for 8 and more bits also for fewer bits (old_thresholds). */
static bool complete(coding *c) {
    const int near = c->near, top = c->maxval;
    int d1, d2, d3;
    if (top >= 128 || c->old_thresholds) {
        const int factor = ((top < 4095 ? top : 4095) + 128) / 256;
        d1 = factor + 2 + 3 * near;
        d2 = 4 * factor + 3 + 5 * near;
        d3 = 17 * factor + 4 + 7 * near;
    } else {
        const int factor = 256 / (top + 1);
        d1 = at_least(3 / factor + 3 * near, 2);
        d2 = at_least(7 / factor + 5 * near, 3);
        d3 = at_least(21 / factor + 7 * near, 4);
    }
    if (!c->t1) c->t1 = threshold(d1, near + 1, top);
    if (!c->t2) c->t2 = threshold(d2, c->t1, top);
    if (!c->t3) c->t3 = threshold(d3, c->t2, top);
    if (!c->reset) c->reset = 64;
    c->step = 2 * near + 1;
    c->range = (top + 2 * near) / c->step + 1;
    c->qbpp = bits_for(c->range);
    const int bpp = at_least(bits_for(top + 1), 2);
    c->limit = 2 * (bpp + at_least(bpp, 8));
    return near <= top / 2 && near < 256 && near < c->t1 && c->t1 <= c->t2 && c->t2 <= c->t3 &&
           c->t3 <= top && c->reset >= 3;
}

/* LSE with coding parameters; mapping tables and oversize images are not read (C.2.4.1). */
static bool read_presets(const uint8_t *p, size_t length, coding *c) {
    if (length != 13 || p[2] != 1) return false;
    const int maxval = sx_be16(p + 3);
    if (maxval > c->maxval) return false;
    if (maxval) c->maxval = maxval;
    c->t1 = sx_be16(p + 5);
    c->t2 = sx_be16(p + 7);
    c->t3 = sx_be16(p + 9);
    c->reset = sx_be16(p + 11);
    return true;
}

/* Moves `at` to the first byte of the scan's data. */
static bool read_header(const sx_frame *f, coding *c, const uint8_t **at) {
    const uint8_t *p = f->data + 2, *end = f->data + f->n;
    while (end - p >= 4) {
        const uint8_t marker = p[1];
        if (*p != 0xFF) return false;
        if (marker == 0xFF) {
            p++;
            continue;
        }
        const size_t length = sx_be16(p + 2);
        if (length < 2 || length > (size_t)(end - p) - 2) return false;
        const uint8_t *segment = p + 2;
        p += 2 + length;
        if (marker == 0xF8 && !read_presets(segment, length, c)) return false;
        if (marker == 0xDD && (length < 4 || sx_be16(segment + 2))) return false; /* restarts */
        if (marker != 0xDA) continue;
        /* one component, NEAR, no interleaving, no point transform */
        if (length != 8 || segment[2] != 1 || segment[4] || segment[6] || segment[7]) return false;
        c->near = segment[5];
        *at = p;
        return complete(c);
    }
    return false;
}

/* ---- samples ---- */

enum { CONTEXTS = 365, RUN_CONTEXTS = 2 };

typedef struct context {
    int64_t a; /* with RESET 65535 the sum of as many errors */
    int32_t b, c, n;
} context;

typedef struct decoder {
    bit_reader bits;
    coding p;
    context contexts[CONTEXTS + RUN_CONTEXTS];
    int32_t negative[RUN_CONTEXTS]; /* Nn */
    int run_index;
    int width;
    int32_t *previous, *current; /* [width + 2], the sample at x in [x + 1] */
} decoder;

static const uint8_t run_bits[32] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,  2,  3,  3,  3,  3,
                                      4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static int golomb_parameter(int32_t n, int64_t a) {
    int k = 0;
    while (k < 24 && (int64_t)n << k < a)
        k++;
    return k;
}

/* A.5.3: limited-length Golomb code. */
static int32_t read_golomb(decoder *d, int k, int limit) {
    const int most = limit - d->p.qbpp - 1;
    const int zeros = read_zeros(&d->bits, most);
    if (zeros < most) return (int32_t)((uint32_t)zeros << k | read_bits(&d->bits, k));
    return (int32_t)read_bits(&d->bits, d->p.qbpp) + 1;
}

static int32_t reconstruct(const coding *p, int32_t predicted, int32_t error) {
    int32_t v = predicted + error * p->step;
    if (v < -p->near) v += p->range * p->step;
    if (v > p->maxval + p->near) v -= p->range * p->step;
    return v < 0 ? 0 : v > p->maxval ? p->maxval : v;
}

/* A.6: halves the counts now and then, and corrects the bias of the prediction. */
static void update(const coding *p, context *c, int32_t error) {
    c->b += error * p->step;
    c->a += abs(error);
    if (c->n == p->reset) {
        c->a >>= 1;
        c->b = c->b >= 0 ? c->b >> 1 : -((1 - c->b) >> 1);
        c->n >>= 1;
    }
    c->n++;
    if (c->b <= -c->n) {
        c->b += c->n;
        if (c->c > -128) c->c--;
        if (c->b <= -c->n) c->b = 1 - c->n;
    } else if (c->b > 0) {
        c->b -= c->n;
        if (c->c < 127) c->c++;
        if (c->b > 0) c->b = 0;
    }
}

static int quantise(const coding *p, int32_t d) {
    if (d <= -p->t3) return -4;
    if (d <= -p->t2) return -3;
    if (d <= -p->t1) return -2;
    if (d < -p->near) return -1;
    if (d <= p->near) return 0;
    if (d < p->t1) return 1;
    if (d < p->t2) return 2;
    return d < p->t3 ? 3 : 4;
}

/* The median of a, b and a + b - c. */
static int32_t predict(int32_t a, int32_t b, int32_t c) {
    const int32_t low = a < b ? a : b, high = a < b ? b : a;
    return c >= high ? low : c <= low ? high : a + b - c;
}

/* A.5.2 in reverse. */
static int32_t unmap(int32_t m, bool inverted) {
    if (inverted) return m & 1 ? m >> 1 : -(m >> 1) - 1;
    return m & 1 ? -((m + 1) >> 1) : m >> 1;
}

/* Returns false if the error is larger than any valid stream can have. */
static bool check_error(decoder *d, int32_t error) {
    if (abs(error) > d->p.range) d->bits.failed = true;
    return !d->bits.failed;
}

static int32_t read_regular(decoder *d, int q, int32_t a, int32_t b, int32_t c) {
    const int sign = q < 0 ? -1 : 1;
    context *in = &d->contexts[abs(q)];
    int32_t predicted = predict(a, b, c) + sign * in->c;
    if (predicted < 0) predicted = 0;
    if (predicted > d->p.maxval) predicted = d->p.maxval;
    const int k = golomb_parameter(in->n, in->a);
    const bool inverted = d->p.near == 0 && k == 0 && 2 * in->b <= -in->n;
    const int32_t error = unmap(read_golomb(d, k, d->p.limit), inverted);
    if (!check_error(d, error)) return 0;
    update(&d->p, in, error);
    return reconstruct(&d->p, predicted, sign * error);
}

/* The sample that ends a run (A.7.2). */
static int32_t read_interruption(decoder *d, int32_t a, int32_t b) {
    const int type = abs(a - b) <= d->p.near;
    context *in = &d->contexts[CONTEXTS + type];
    const int k = golomb_parameter(in->n, type ? in->a + (in->n >> 1) : in->a);
    const int32_t mapped = read_golomb(d, k, d->p.limit - run_bits[d->run_index] - 1),
                  odd = (mapped + type) & 1, size = (mapped + type + odd) / 2;
    const bool minus = (k != 0 || 2 * d->negative[type] >= in->n) == (odd != 0);
    const int32_t error = minus ? -size : size;
    if (!check_error(d, error)) return 0;
    d->negative[type] += error < 0;
    in->a += (mapped + 1 - type) >> 1;
    if (in->n == d->p.reset) {
        in->a >>= 1;
        in->n >>= 1;
        d->negative[type] >>= 1;
    }
    in->n++;
    return type ? reconstruct(&d->p, a, error) : reconstruct(&d->p, b, a > b ? -error : error);
}

/* Decodes a run of samples equal to the one before x, and the sample that ends the run; returns the
 * next x. */
static int read_run(decoder *d, int x) {
    int32_t *to = d->current + 1;
    const int32_t a = to[x - 1];
    while (x < d->width && read_bits(&d->bits, 1)) {
        const int full = 1 << run_bits[d->run_index], left = d->width - x;
        const int n = full < left ? full : left;
        for (int i = 0; i < n; i++)
            to[x + i] = a;
        x += n;
        if (n == full && d->run_index < 31) d->run_index++;
    }
    if (x == d->width || d->bits.failed) return x;
    const int n = (int)read_bits(&d->bits, run_bits[d->run_index]);
    if (n >= d->width - x) {
        d->bits.failed = true;
        return x;
    }
    for (int i = 0; i < n; i++)
        to[x + i] = a;
    x += n;
    to[x] = read_interruption(d, a, d->previous[x + 1]);
    if (d->run_index > 0) d->run_index--;
    return x + 1;
}

static void read_line(decoder *d) {
    int32_t *to = d->current + 1;
    const int32_t *above = d->previous + 1;
    d->previous[d->width + 1] = d->previous[d->width];
    d->current[0] = d->previous[1];
    for (int x = 0; x < d->width && !d->bits.failed;) {
        const int32_t a = to[x - 1], b = above[x], c = above[x - 1], e = above[x + 1];
        const int q =
            81 * quantise(&d->p, e - b) + 9 * quantise(&d->p, b - c) + quantise(&d->p, c - a);
        if (q == 0) {
            x = read_run(d, x);
        } else {
            to[x] = read_regular(d, q, a, b, c);
            x++;
        }
    }
}

static void start(decoder *d) {
    const int32_t a = at_least((d->p.range + 32) / 64, 2);
    for (int i = 0; i < CONTEXTS + RUN_CONTEXTS; i++)
        d->contexts[i] = (context){ .a = a, .n = 1 };
}

static void store(const decoder *d, const sx_frame_format *format, int y, void *out) {
    const size_t at = (size_t)y * (size_t)d->width;
    if (format->bits_allocated == 8)
        for (int x = 0; x < d->width; x++)
            ((uint8_t *)out)[at + (size_t)x] = (uint8_t)d->current[x + 1];
    else
        for (int x = 0; x < d->width; x++)
            ((uint16_t *)out)[at + (size_t)x] = (uint16_t)d->current[x + 1];
}

/* *exact: only padding is left in the data. */
static bool decode_scan(const sx_frame *f, const sx_frame_format *format, const coding *p,
                        const uint8_t *at, void *out, bool *exact, sx_error *err) {
    decoder d = { .p = *p, .width = format->columns };
    d.bits = (bit_reader){ .at = at, .end = f->data + f->n };
    const size_t room = (size_t)d.width + 2;
    int32_t *lines = sx_calloc_for(2 * room, sizeof *lines, "pixels", err);
    if (!lines) return false;
    d.previous = lines;
    d.current = lines + room;
    start(&d);
    for (int y = 0; y < format->rows && !d.bits.failed; y++) {
        read_line(&d);
        store(&d, format, y, out);
        int32_t *t = d.previous;
        d.previous = d.current;
        d.current = t;
    }
    free(lines);
    refill(&d.bits);
    *exact = !d.bits.failed && d.bits.count < 24;
    if (d.bits.failed) return sx_fail(err, SX_ERR_FORMAT, "the JPEG-LS stream is incomplete");
    return ends_here(&d.bits, at) ||
           sx_fail(err, SX_ERR_FORMAT,
                   "the JPEG-LS stream is damaged: data are left after the image");
}

bool sx_decode_jpegls(const sx_frame *f, const sx_frame_format *format, int precision, void *out,
                      sx_error *err) {
    coding p = { .maxval = (1 << precision) - 1 },
           old = { .maxval = p.maxval, .old_thresholds = true };
    const uint8_t *at;
    bool exact = false;
    sx_error ignored = { 0 };
    if (!read_header(f, &p, &at))
        return sx_fail(err, SX_ERR_FORMAT, "the JPEG-LS stream's parameters cannot be read");
    /* only decoding shows which thresholds are right: with the wrong ones the stream does not end
     * with the film */
    if (precision < 8 && read_header(f, &old, &at)) {
        if (decode_scan(f, format, &p, at, out, &exact, &ignored) && exact) return true;
        if (decode_scan(f, format, &old, at, out, &exact, &ignored) && exact) return true;
    }
    return decode_scan(f, format, &p, at, out, &exact, err);
}
