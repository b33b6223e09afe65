/* What libjxl does not check before it allocates memory: frames of JPEG XL that are not shown
 * (ISO/IEC 18181-1, annexes C, F and H), which other frames refer to. They have a size of their
 * own, so that a few bytes may claim gigabytes. */
#include "dicom/jxl_frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/byte_order.h"

/* ---- bits, from the lowest of each byte ---- */

typedef struct bits {
    const uint8_t *bytes;
    size_t n, at; /* bits */
} bits;

/* Zeros behind the end. count: 0..32 */
static uint32_t take(bits *b, int count) {
    uint32_t v = 0;
    for (int i = 0; i < count; i++, b->at++)
        if (b->at < b->n) v |= (uint32_t)(b->bytes[b->at / 8] >> (b->at % 8) & 1) << i;
    return v;
}

/* One of four numbers of bits, to which an offset is added (B.2.2). */
typedef struct choice {
    int count;
    uint32_t offset;
} choice;

static uint32_t take_choice(bits *b, const choice c[4]) {
    const choice chosen = c[take(b, 2)];
    return chosen.offset + take(b, chosen.count);
}

static const choice sizes[4] = { { 8, 0 }, { 11, 256 }, { 14, 2304 }, { 30, 18688 } };
static const choice sections[4] = { { 10, 0 }, { 14, 1024 }, { 22, 17408 }, { 30, 4211712 } };
static const choice names[4] = { { 0, 0 }, { 4, 0 }, { 5, 16 }, { 10, 48 } };
static const choice powers[4] = { { 0, 1 }, { 0, 2 }, { 0, 4 }, { 0, 8 } };
static const choice passes[4] = { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 3, 4 } };
static const choice levels[4] = { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 } };
static const choice steps[4] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 1, 3 } };
static const choice ends[4] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 3, 0 } };

/* A number of up to 64 bits, of which those are read that flags need (B.2.3). */
static bool take_flags(bits *b, uint32_t *flags) {
    const uint32_t kind = take(b, 2);
    *flags = kind == 0 ? 0 : kind == 1 ? 1 + take(b, 4) : 17 + take(b, 8);
    return kind < 3;
}

/* ---- frames ---- */

enum { SHOWN, LF_FRAME, REFERENCE, USES_LF_FRAME = 32, MOST_HIDDEN = 8, LEAST_LIMIT = 1 << 20 };

typedef struct frame {
    uint64_t columns, rows;
    uint32_t group, upsampling, passes; /* group: its side in pixels */
} frame;

static void skip_passes(bits *b, frame *f) {
    f->passes = take_choice(b, passes);
    if (f->passes == 1) return;
    const uint32_t count = take_choice(b, steps);
    for (uint32_t i = 1; i < f->passes; i++)
        take(b, 2);
    for (uint32_t i = 0; i < count; i++)
        take_choice(b, powers);
    for (uint32_t i = 0; i < count; i++)
        take_choice(b, ends);
}

/* False: with parameters of its own, or with extensions, which no known encoder writes. */
static bool skip_filter(bits *b, bool modular) {
    uint32_t extensions;
    if (take(b, 1)) return true;
    if (take(b, 1) && take(b, 1)) return false;
    const bool edges = take(b, 2) > 0;
    if (edges && !modular && take(b, 1)) return false;
    if (edges && (take(b, 1) || take(b, 1))) return false;
    if (edges && modular) take(b, 16);
    return take_flags(b, &extensions) && extensions == 0;
}

static void skip_name(bits *b) {
    const uint32_t length = take_choice(b, names);
    for (uint32_t i = 0; i < length; i++)
        take(b, 8);
}

/* The rest of the header of a hidden frame of that type. */
static bool read_hidden(bits *b, uint32_t type, const sx_jxl_info *info, frame *f) {
    uint32_t flags, extensions;
    const bool modular = take(b, 1);
    *f = (frame){ info->columns, info->rows, 256, 1, 1 };
    if (!take_flags(b, &flags)) return false;
    const bool ycbcr = !info->lossy && take(b, 1), own = !(flags & USES_LF_FRAME);
    if (ycbcr && own) take(b, 6);
    if (own) f->upsampling = take_choice(b, powers);
    if (modular) f->group = 128u << take(b, 2);
    if (!modular && info->lossy) take(b, 6);
    if (type == LF_FRAME) {
        skip_passes(b, f);
        const uint32_t shift = 3 * take_choice(b, levels);
        f->columns = (f->columns + (1u << shift) - 1) >> shift;
        f->rows = (f->rows + (1u << shift) - 1) >> shift;
    } else {
        if (take(b, 1)) {
            f->columns = take_choice(b, sizes);
            f->rows = take_choice(b, sizes);
        }
        take(b, 3); /* as which reference it is saved */
    }
    skip_name(b);
    return skip_filter(b, modular) && take_flags(b, &extensions) && extensions == 0;
}

static uint64_t tiles(uint64_t side, uint64_t tile) {
    return (side + tile - 1) / tile;
}

/* The sections that follow (F.3). False: in another order than that of the format, or not there. */
static bool skip_sections(bits *b, const frame *f) {
    const uint64_t columns = tiles(f->columns, f->upsampling), rows = tiles(f->rows, f->upsampling),
                   far = (uint64_t)f->group * 8,
                   groups = tiles(columns, f->group) * tiles(rows, f->group);
    const uint64_t count = groups == 1 && f->passes == 1
                               ? 1
                               : 2 + tiles(columns, far) * tiles(rows, far) + groups * f->passes;
    uint64_t bytes = 0;
    if (take(b, 1)) return false;
    b->at = (b->at + 7) / 8 * 8;
    for (uint64_t i = 0; i < count && b->at < b->n; i++)
        bytes += take_choice(b, sections);
    b->at = (b->at + 7) / 8 * 8;
    if (b->at >= b->n || bytes >= (b->n - b->at) / 8) return false;
    b->at += 8 * (size_t)bytes;
    return true;
}

bool sx_jxl_check_frames(const uint8_t *frames, size_t n, const sx_jxl_info *info, sx_error *err) {
    bits b = { frames, 8 * n, 0 };
    const uint64_t image = (uint64_t)info->columns * info->rows,
                   limit = image > LEAST_LIMIT ? image : LEAST_LIMIT;
    for (int hidden = 0; hidden <= MOST_HIDDEN; hidden++) {
        frame f;
        if (take(&b, 1)) return true;
        const uint32_t type = take(&b, 2);
        if (type == SHOWN || b.at >= b.n) return true; /* libjxl tells its size */
        if (type != LF_FRAME && type != REFERENCE) break;
        if (!read_hidden(&b, type, info, &f) || !f.columns || !f.rows) break;
        if (f.columns > limit || f.columns * f.rows > limit)
            return sx_fail(err, SX_ERR_UNSUPPORTED,
                           "a JPEG XL stream with a hidden frame that is larger than the image");
        if (!skip_sections(&b, &f)) break;
    }
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "a JPEG XL stream with hidden frames that are incomplete or unusual");
}

/* ---- boxes ---- */

/* The next box; a truncated one ends with the file. False: there is none. */
static bool next_box(const uint8_t **at, const uint8_t *end, const uint8_t **type,
                     sx_frame *content) {
    const uint8_t *p = *at;
    const size_t left = (size_t)(end - p);
    if (left < 8) return false;
    uint64_t length = sx_be32(p);
    size_t header = 8;
    if (length == 1 && left >= 16) {
        length = (uint64_t)sx_be32(p + 8) << 32 | sx_be32(p + 12);
        header = 16;
    }
    if (length == 0 || length > left) length = left;
    if (length < header) return false;
    *type = p + 4;
    *content = (sx_frame){ p + header, (size_t)length - header, NULL };
    *at = p + length;
    return true;
}

bool sx_jxl_find_codestream(const sx_frame *f, sx_frame *code, sx_error *err) {
    const uint8_t *at = f->data, *const end = f->data + f->n, *type;
    sx_frame box;
    *code = *f;
    code->heap = NULL;
    if (f->n < 12 || memcmp(f->data + 4, "JXL ", 4) != 0) return true;
    *code = (sx_frame){ 0 };
    while (next_box(&at, end, &type, &box)) {
        const bool part = memcmp(type, "jxlp", 4) == 0; /* begins with its number */
        if (!part && memcmp(type, "jxlc", 4) != 0) continue;
        if (!part && !code->heap) {
            *code = box;
            return true;
        }
        if (!code->heap) code->heap = sx_calloc_for(f->n, 1, "compressed pixel data", err);
        if (!code->heap) return false;
        if (!part || box.n < 4) break;
        memcpy(code->heap + code->n, box.data + 4, box.n - 4);
        code->n += box.n - 4;
    }
    code->data = code->heap;
    return true;
}
