#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/context.h"
#include "base/files.h"
#include "base/mem.h"
#include "image/png.h"

/* The picture is filtered row by row, then deflated in strips of a fixed size side by side. Each
 * strip may refer to the 32 KiB before it, and all but the last end on a byte (Z_SYNC_FLUSH), so
 * that the strips, one IDAT chunk each, are one stream. */
enum { STRIP = 128 << 10, WINDOW = 32 << 10, FILTERS = 5 };

typedef struct strip {
    uint8_t *chunk; /* length, "IDAT", data, CRC */
    size_t size;
    uLong adler;
} strip;

typedef struct encoder {
    const sx_image *im;
    sx_png_effort effort;
    size_t row, step;  /* bytes of a row, of a pixel */
    uint8_t *filtered; /* [height][1 + row] */
    size_t total;
    strip *strips;
    size_t count;
} encoder;

static void put32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A row in the file's byte order (16 bits: high byte first), after `step` zero bytes. */
static void fetch(const encoder *e, int y, uint8_t *to) {
    const uint8_t *from = sx_image_u8(e->im) + (size_t)y * e->row;
    if (e->im->bits == 8) {
        memcpy(to + e->step, from, e->row);
        return;
    }
    const uint16_t *v = (const uint16_t *)from;
    for (size_t i = 0; i < e->row / 2; i++) {
        to[e->step + 2 * i] = (uint8_t)(v[i] >> 8);
        to[e->step + 2 * i + 1] = (uint8_t)v[i];
    }
}

static inline int distance(int a, int b) {
    return a < b ? b - a : a - b;
}

/* Clause 9 of the standard. x: this row, b: the one above; a byte's left neighbour stands `step`
 * before it. */
static void filter_row(int type, const uint8_t *x, const uint8_t *b, size_t step, size_t n,
                       uint8_t *restrict out) {
    const uint8_t *a = x, *c = b;
    x += step;
    b += step;
    switch (type) {
    case 0:
        memcpy(out, x, n);
        break;
    case 1:
        for (size_t i = 0; i < n; i++)
            out[i] = (uint8_t)(x[i] - a[i]);
        break;
    case 2:
        for (size_t i = 0; i < n; i++)
            out[i] = (uint8_t)(x[i] - b[i]);
        break;
    case 3:
        for (size_t i = 0; i < n; i++)
            out[i] = (uint8_t)(x[i] - (a[i] + b[i]) / 2);
        break;
    default:
        for (size_t i = 0; i < n; i++) {
            const int pa = distance(b[i], c[i]), pb = distance(a[i], c[i]),
                      pc = distance(a[i] + b[i], 2 * c[i]);
            const int other = pb <= pc ? b[i] : c[i];
            out[i] = (uint8_t)(x[i] - (pa <= pb && pa <= pc ? a[i] : other));
        }
    }
}

/* The usual guess at what deflates best: the smallest sum of differences as signed bytes. */
static uint64_t roughness(const uint8_t *p, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint64_t)(p[i] < 128 ? p[i] : 256 - p[i]);
    return sum;
}

typedef struct filter_job {
    encoder *e;
    bool failed;
} filter_job;

static void filter_rows(void *ctx, size_t begin, size_t end) {
    filter_job *job = ctx;
    encoder *e = job->e;
    const size_t n = e->row, padded = e->step + n;
    uint8_t *rows = sx_calloc(3, padded);
    if (!rows) {
        job->failed = true;
        return;
    }
    uint8_t *now = rows, *above = rows + padded, *tried = above + padded;
    if (begin > 0) fetch(e, (int)begin - 1, above);
    for (size_t y = begin; y < end; y++) {
        uint8_t *out = e->filtered + y * (1 + n);
        fetch(e, (int)y, now);
        if (e->effort == SX_PNG_QUICK) {
            out[0] = 4;
            filter_row(4, now, above, e->step, n, out + 1);
        } else {
            uint64_t best = UINT64_MAX;
            for (int type = 0; type < FILTERS; type++) {
                filter_row(type, now, above, e->step, n, tried);
                const uint64_t r = roughness(tried, n);
                if (r >= best) continue;
                best = r;
                out[0] = (uint8_t)type;
                memcpy(out + 1, tried, n);
            }
        }
        uint8_t *swap = above;
        above = now;
        now = swap;
    }
    free(rows);
}

static bool deflate_strip(const encoder *e, size_t i, strip *s) {
    const size_t begin = i * STRIP, n = i + 1 < e->count ? STRIP : e->total - begin;
    const size_t before = begin < WINDOW ? begin : WINDOW;
    const bool first = i == 0, last = i + 1 == e->count, quick = e->effort == SX_PNG_QUICK;
    z_stream z = { 0 };
    if (deflateInit2(&z, quick ? 1 : 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    const size_t room = deflateBound(&z, (uLong)n) + 64;
    s->chunk = malloc(room);
    bool ok = s->chunk && (before == 0 || deflateSetDictionary(&z, e->filtered + begin - before,
                                                               (uInt)before) == Z_OK);
    if (ok) {
        uint8_t *data = s->chunk + 8;
        if (first) {
            *data++ = 0x78; /* RFC 1950: deflate, 32 KiB window */
            *data++ = quick ? 0x01 : 0x9c;
        }
        z.next_in = e->filtered + begin;
        z.avail_in = (uInt)n;
        z.next_out = data;
        z.avail_out = (uInt)(room - 32);
        ok = deflate(&z, last ? Z_FINISH : Z_SYNC_FLUSH) == (last ? Z_STREAM_END : Z_OK) &&
             z.avail_in == 0;
        s->size = (size_t)(z.next_out - s->chunk);
        s->adler = adler32(adler32(0, NULL, 0), e->filtered + begin, (uInt)n);
    }
    deflateEnd(&z);
    return ok;
}

static void deflate_strips(void *ctx, size_t begin, size_t end) {
    encoder *e = ctx;
    for (size_t i = begin; i < end; i++)
        if (!deflate_strip(e, i, &e->strips[i])) e->strips[i].size = 0;
}

static void add_chunk(sx_str *out, uint8_t *chunk, size_t size) {
    put32(chunk, (uint32_t)(size - 8));
    put32(chunk + size, (uint32_t)crc32(crc32(0, NULL, 0), chunk + 4, (uInt)(size - 4)));
    sx_str_append(out, chunk, size + 4);
}

static bool assemble(encoder *e, sx_str *out, sx_error *err) {
    static const uint8_t color_type[] = { 0, 0, 0, 2, 6 };
    uint8_t header[8 + 13 + 4] = "....IHDR", end[12] = "....IEND";
    put32(header + 8, (uint32_t)e->im->width);
    put32(header + 12, (uint32_t)e->im->height);
    header[16] = (uint8_t)e->im->bits;
    header[17] = color_type[e->im->channels];
    uLong adler = adler32(0, NULL, 0);
    for (size_t i = 0; i < e->count; i++) {
        strip *s = &e->strips[i];
        if (!s->size) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a PNG file");
        memcpy(s->chunk + 4, "IDAT", 4);
        const size_t n = i + 1 < e->count ? STRIP : e->total - i * STRIP;
        adler = adler32_combine(adler, s->adler, (z_off_t)n);
    }
    strip *last = &e->strips[e->count - 1];
    put32(last->chunk + last->size, (uint32_t)adler);
    last->size += 4;
    sx_str_append(out, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(out, header, sizeof header - 4);
    for (size_t i = 0; i < e->count; i++)
        add_chunk(out, e->strips[i].chunk, e->strips[i].size);
    add_chunk(out, end, 8);
    return sx_str_ok(out, err);
}

bool sx_png_encode(const sx_image *im, sx_png_effort effort, sx_str *out, sx_error *err) {
    encoder e = { .im = im, .effort = effort };
    e.step = (size_t)im->channels * (size_t)(im->bits / 8);
    e.row = e.step * (size_t)im->width;
    e.total = (1 + e.row) * (size_t)im->height;
    e.count = (e.total + STRIP - 1) / STRIP;
    e.filtered = sx_calloc_for(e.total, 1, "a PNG file", err);
    e.strips = e.filtered ? sx_calloc_for(e.count, sizeof *e.strips, "a PNG file", err) : NULL;
    bool ok = e.strips != NULL;
    if (ok) {
        filter_job job = { .e = &e };
        sx_parallel_for(NULL, (size_t)im->height, 32, filter_rows, &job);
        ok = !job.failed || sx_fail(err, SX_ERR_MEMORY, "out of memory for a PNG file");
    }
    if (ok) {
        sx_parallel_for(NULL, e.count, 1, deflate_strips, &e);
        ok = assemble(&e, out, err);
    }
    for (size_t i = 0; e.strips && i < e.count; i++)
        free(e.strips[i].chunk);
    free(e.strips);
    free(e.filtered);
    return ok;
}

bool sx_png_write(const sx_image *im, sx_png_effort effort, const char *path, sx_error *err) {
    sx_str s = { 0 };
    bool ok = sx_png_encode(im, effort, &s, err);
    ok = ok ? sx_write_file(path, s.data, s.len, err) : sx_fail_in(err, "%s", path);
    sx_str_free(&s);
    return ok;
}
