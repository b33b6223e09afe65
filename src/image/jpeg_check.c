#include "image/jpeg_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "image/image.h"
#include "image/jpeg_scan.h"

typedef enum outcome { GOOD, DAMAGED, UNKNOWN /* not checked */, NO_MEMORY } outcome;

typedef struct stream {
    const uint8_t *at, *end;
    sx_jpeg_frame frame;
    sx_jpeg_codes dc[SX_JPEG_TABLES], ac[SX_JPEG_TABLES];
    uint16_t quantisers[SX_JPEG_TABLES][64];
    size_t restart_interval;
    uint16_t *line;  /* lossless: [frame.columns] */
    const char *why; /* it is damaged */
} stream;

static size_t read16(const uint8_t *p) {
    return (size_t)p[0] << 8 | p[1];
}

/* ---- what is left behind the last unit of an interval ---- */

/* Bits up to the end of the byte in which the last unit ends. The encoder fills them with ones
 * (T.81 F.1.2.3), some with zeros. */
typedef struct rest {
    int fill;
    bool ones, zeros; /* the fill bits */
    uint8_t *bytes;   /* the whole bytes after them */
    size_t count;
} rest;

static int bits_left_in_byte(const sx_jpeg_bits *b) {
    return b->count % 8;
}

static bool read_rest(sx_jpeg_bits b, rest *r) {
    *r = (rest){ .fill = bits_left_in_byte(&b) };
    const unsigned fill = sx_jpeg_bits_read(&b, r->fill);
    r->ones = fill == (1U << r->fill) - 1;
    r->zeros = fill == 0;
    sx_jpeg_bits_fetch(&b);
    if (b.count < 8) return true;
    r->bytes = sx_calloc((size_t)(b.end - b.at) + sizeof b.next, 1);
    if (!r->bytes) return false;
    while (sx_jpeg_bits_fetch(&b), b.count >= 8)
        r->bytes[r->count++] = (uint8_t)sx_jpeg_bits_read(&b, 8);
    return true;
}

/* Zeros or ones. Other equal bytes may be equal blocks. */
static bool is_padding(const uint8_t *p, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (p[i] != p[0]) return false;
    return n == 0 || p[0] == 0 || p[0] == 0xFF;
}

/* Text in UTF-8 or, with zeros, UTF-16. Fewer characters may be coded data by chance. */
static bool is_text(const uint8_t *p, size_t n) {
    enum { SHORTEST = 4 };
    for (size_t i = 0, k; i < n; i += k) {
        k = sx_utf8_length(p + i, n - i);
        if (k == 0 || p[i] == 0x7F) return false;
        if (p[i] < ' ' && p[i] && p[i] != '\t' && p[i] != '\r' && p[i] != '\n') return false;
    }
    return n >= SHORTEST;
}

bool sx_jpeg_is_filling(const uint8_t *bytes, size_t n) {
    return is_padding(bytes, n) || is_text(bytes, n);
}

/* The number of units in the rest if it consists of nothing else and ends as encoded data do. */
static size_t units_behind(sx_jpeg_scan s) {
    size_t count = 0;
    s.behind = true;
    if (s.frame->marker == 0xC2 && s.high > 0) return 0; /* any bits refine coefficients */
    for (;; count++) {
        sx_jpeg_bits b = s.bits;
        sx_jpeg_bits_fetch(&b);
        const int left = b.count;
        const bool at_end = left < 8 && s.end_of_band == 0; /* fetched: no byte follows */
        if (at_end && sx_jpeg_bits_read(&b, left) == (1U << left) - 1) break;
        if (!sx_jpeg_scan_read(&s)) return 0;
    }
    return count;
}

static bool rest_is_damage(const sx_jpeg_scan *s, const rest *r) {
    if (r->count == 0 && (r->ones || r->zeros)) return false;
    const bool aligned = r->ones || r->zeros;
    if (aligned && sx_jpeg_is_filling(r->bytes, r->count)) return false;
    const size_t units = units_behind(*s);
    if (units > 0) return units % (size_t)s->columns != 0; /* whole lines are no damage */
    return !aligned && r->count > 0;
}

/* ---- scans ---- */

static outcome damaged(stream *t, const char *why) {
    t->why = why;
    return DAMAGED;
}

static outcome check_rest(stream *t, const sx_jpeg_scan *s) {
    rest r;
    if (s->end_of_band > 0) return damaged(t, "a run exceeds the image");
    if (!read_rest(s->bits, &r)) return NO_MEMORY;
    const bool bad = rest_is_damage(s, &r);
    free(r.bytes);
    return bad ? damaged(t, "data are left after the image") : GOOD;
}

static outcome check_interval(stream *t, sx_jpeg_scan *s, size_t units) {
    const uint8_t *end = sx_jpeg_data_end(t->at, t->end);
    s->bits = (sx_jpeg_bits){ .at = t->at, .end = end };
    t->at = end;
    sx_jpeg_scan_restart(s);
    for (size_t i = 0; i < units; i++) {
        if (sx_jpeg_scan_read(s)) continue;
        return damaged(t, s->out_of_range ? "values exceed the precision"
                                          : "codes are invalid or missing");
    }
    return check_rest(t, s);
}

/* The marker between two intervals, from 0xFFD0 to 0xFFD7 and over again. */
static bool pass_restart(stream *t, size_t index) {
    while (t->end - t->at >= 2 && t->at[1] == 0xFF)
        t->at++;
    if (t->end - t->at < 2 || t->at[1] != 0xD0 + index % 8) return false;
    t->at += 2;
    return true;
}

static outcome check_intervals(stream *t, sx_jpeg_scan *s) {
    const size_t all = (size_t)s->columns * (size_t)s->rows,
                 interval = t->restart_interval ? t->restart_interval : all;
    if (t->frame.marker == 0xC3 && interval % (size_t)s->columns) return UNKNOWN; /* T.81 H.1.1 */
    for (size_t done = 0, index = 0; done < all; done += interval, index++) {
        if (index > 0 && !pass_restart(t, index - 1))
            return damaged(t, "a restart marker is missing");
        const outcome o = check_interval(t, s, all - done < interval ? all - done : interval);
        if (o != GOOD) return o;
    }
    return GOOD;
}

static sx_jpeg_component *find_component(sx_jpeg_frame *f, int id) {
    for (int i = 0; i < f->count; i++)
        if (f->components[i].id == id) return &f->components[i];
    return NULL;
}

/* Whether the tables that the scan needs are there: decoders may have others of their own. */
static bool has_tables(const sx_jpeg_scan *s, const sx_jpeg_part *p) {
    const bool progressive = s->frame->marker == 0xC2, lossless = s->frame->marker == 0xC3;
    const bool needs_dc = !progressive || (s->first == 0 && s->high == 0),
               needs_ac = !lossless && (!progressive || s->first > 0);
    return (!needs_dc || p->dc->defined) && (!needs_ac || p->ac->defined);
}

static bool read_parameters(sx_jpeg_scan *s, const uint8_t *p) {
    s->first = p[0];
    s->last = p[1];
    s->high = p[2] >> 4;
    s->low = p[2] & 15;
    switch (s->frame->marker) {
    case 0xC2:
        return s->last < 64 && s->first <= s->last && s->low < 14 &&
               (s->first == 0 ? s->last == 0 : s->count == 1);
    case 0xC3:
        return s->count == 1 && s->frame->count == 1 && s->first >= 1 && s->first <= 7 &&
               s->low < s->frame->precision;
    default:
        s->low = 0;
        return true;
    }
}

static void set_size(sx_jpeg_scan *s) {
    const sx_jpeg_frame *f = s->frame;
    const sx_jpeg_component *only = s->parts[0].component;
    s->columns = only->columns;
    s->rows = only->rows;
    if (s->count == 1) return;
    s->columns = (f->columns + 8 * f->across - 1) / (8 * f->across);
    s->rows = (f->rows + 8 * f->down - 1) / (8 * f->down);
}

/* Ns, for each component Cs and its tables, Ss, Se, Ah and Al (T.81 B.2.3). */
static bool read_scan(stream *t, const uint8_t *p, size_t n, sx_jpeg_scan *s) {
    *s = (sx_jpeg_scan){ .frame = &t->frame, .line = t->line };
    if (t->frame.count == 0 || n < 1 || p[0] < 1 || p[0] > SX_JPEG_COMPONENTS ||
        n < 4 + 2 * (size_t)p[0])
        return false;
    s->count = p[0];
    if (!read_parameters(s, p + 1 + 2 * s->count)) return false;
    for (int i = 0; i < s->count; i++) {
        const int tables = p[2 + 2 * i], dc = tables >> 4, ac = tables & 15;
        sx_jpeg_component *c = find_component(&t->frame, p[1 + 2 * i]);
        if (!c || dc >= SX_JPEG_TABLES || ac >= SX_JPEG_TABLES) return false;
        s->parts[i] = (sx_jpeg_part){ c, &t->dc[dc], &t->ac[ac], t->quantisers[c->quantiser], 0 };
        if (!has_tables(s, &s->parts[i])) return false;
        c->scanned = true;
    }
    set_size(s);
    return true;
}

/* ---- segments ---- */

/* DQT: precision and number, 64 values (T.81 B.2.4.1). */
static bool read_quantisers(stream *t, const uint8_t *p, size_t n) {
    while (n > 0) {
        const size_t size = p[0] >> 4 ? 2 : 1, number = p[0] & 15;
        if (number >= SX_JPEG_TABLES || n < 1 + 64 * size) return false;
        for (size_t k = 0; k < 64; k++) {
            const size_t v = size == 1 ? p[1 + k] : read16(p + 1 + 2 * k);
            t->quantisers[number][k] = (uint16_t)(v ? v : 1);
        }
        p += 1 + 64 * size;
        n -= 1 + 64 * size;
    }
    return true;
}

/* DHT: class and number, 16 lengths, symbols (T.81 B.2.4.2). */
static bool read_codes(stream *t, const uint8_t *p, size_t n) {
    while (n >= 17) {
        const size_t number = p[0] & 15;
        size_t count = 0;
        for (int i = 1; i <= 16; i++)
            count += p[i];
        if (p[0] >> 4 > 1 || number >= SX_JPEG_TABLES || count > 256 || n < 17 + count)
            return false;
        sx_jpeg_codes *c = p[0] >> 4 ? &t->ac[number] : &t->dc[number];
        if (!sx_jpeg_codes_make(c, p + 1, p + 17, count)) return false;
        p += 17 + count;
        n -= 17 + count;
    }
    return n == 0;
}

static outcome prepare_component(const sx_jpeg_frame *f, sx_jpeg_component *c) {
    const int unit = f->marker == 0xC3 ? 1 : 8;
    const int columns = (f->columns * c->across + f->across - 1) / f->across,
              rows = (f->rows * c->down + f->down - 1) / f->down;
    c->columns = (columns + unit - 1) / unit;
    c->rows = (rows + unit - 1) / unit;
    if (f->marker != 0xC2) return GOOD;
    c->nonzero = sx_calloc((size_t)c->columns * (size_t)c->rows, sizeof *c->nonzero);
    return c->nonzero ? GOOD : NO_MEMORY;
}

/* SOF: precision, rows, columns, components: number, factors, quantisers (T.81 B.2.2). */
static outcome read_frame(stream *t, uint8_t marker, const uint8_t *p, size_t n) {
    sx_jpeg_frame *f = &t->frame;
    if (marker > 0xC3 || f->count || n < 6 || p[5] < 1 || p[5] > SX_JPEG_COMPONENTS ||
        n < 6 + 3 * (size_t)p[5])
        return UNKNOWN;
    *f = (sx_jpeg_frame){ marker, p[0], (int)read16(p + 3), (int)read16(p + 1), 1,
                          1,      p[5], { { 0 } } };
    if (f->rows == 0 || f->columns == 0 || f->precision < 2 || f->precision > 16 ||
        (size_t)f->rows * (size_t)f->columns > SX_IMAGE_MAX_PIXELS)
        return UNKNOWN;
    for (int i = 0; i < f->count; i++) {
        const uint8_t *q = p + 6 + 3 * i;
        sx_jpeg_component *c = &f->components[i];
        *c = (sx_jpeg_component){
            .id = q[0], .across = q[1] >> 4, .down = q[1] & 15, .quantiser = q[2]
        };
        if (c->across < 1 || c->across > 4 || c->down < 1 || c->down > 4 ||
            c->quantiser >= SX_JPEG_TABLES)
            return UNKNOWN;
        if (c->across > f->across) f->across = c->across;
        if (c->down > f->down) f->down = c->down;
    }
    for (int i = 0; i < f->count; i++)
        if (prepare_component(f, &f->components[i]) != GOOD) return NO_MEMORY;
    if (marker != 0xC3) return GOOD;
    t->line = sx_calloc((size_t)f->columns, sizeof *t->line);
    return t->line ? GOOD : NO_MEMORY;
}

/* A segment of n bytes behind its length. */
static outcome check_segment(stream *t, uint8_t marker, const uint8_t *p, size_t n) {
    sx_jpeg_scan s;
    switch (marker) {
    case 0xC4:
        return read_codes(t, p, n) ? GOOD : UNKNOWN;
    case 0xDB:
        return read_quantisers(t, p, n) ? GOOD : UNKNOWN;
    case 0xDD:
        t->restart_interval = n >= 2 ? read16(p) : 0;
        return GOOD;
    case 0xDA:
        return read_scan(t, p, n, &s) ? check_intervals(t, &s) : UNKNOWN;
    case 0xC8: /* reserved */
    case 0xCC: /* of arithmetic coding */
        return UNKNOWN;
    default:
        return marker >= 0xC0 && marker <= 0xCF ? read_frame(t, marker, p, n) : GOOD;
    }
}

static bool stands_alone(uint8_t marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/* To the byte after the next marker, over whatever is before it; 0: there is none, or the end. */
static uint8_t next_marker(stream *t) {
    while (t->end - t->at >= 2) {
        t->at = sx_jpeg_data_end(t->at, t->end);
        while (t->end - t->at >= 2 && t->at[1] == 0xFF)
            t->at++;
        if (t->end - t->at < 2) break;
        const uint8_t marker = t->at[1];
        t->at += 2;
        if (!stands_alone(marker)) return marker == 0xD9 ? 0 : marker;
    }
    return 0;
}

static outcome check_components(stream *t) {
    for (int i = 0; i < t->frame.count; i++)
        if (!t->frame.components[i].scanned) return damaged(t, "a component is missing");
    return GOOD;
}

static outcome check_stream(stream *t) {
    for (;;) {
        const uint8_t marker = next_marker(t);
        if (!marker) return check_components(t);
        const size_t left = (size_t)(t->end - t->at), length = left >= 2 ? read16(t->at) : 0;
        if (length < 2 || length > left) return UNKNOWN;
        const uint8_t *segment = t->at + 2;
        t->at += length;
        const outcome o = check_segment(t, marker, segment, length - 2);
        if (o != GOOD) return o;
    }
}

bool sx_jpeg_check(const uint8_t *bytes, size_t n, bool *examined, sx_error *err) {
    if (examined) *examined = false;
    stream *t = sx_calloc_for(1, sizeof *t, "a JPEG stream", err);
    if (!t) return false;
    t->at = bytes;
    t->end = bytes + n;
    for (size_t i = 0; i < SX_JPEG_TABLES; i++)
        for (size_t k = 0; k < 64; k++)
            t->quantisers[i][k] = 1;
    const outcome o = check_stream(t);
    if (examined) *examined = o == GOOD;
    if (o == DAMAGED) sx_fail(err, SX_ERR_FORMAT, "the JPEG data are damaged: %s", t->why);
    if (o == NO_MEMORY) sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG stream");
    for (int i = 0; i < t->frame.count; i++)
        free(t->frame.components[i].nonzero);
    free(t->line);
    free(t);
    return o != DAMAGED && o != NO_MEMORY;
}
