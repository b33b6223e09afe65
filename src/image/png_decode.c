#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

#include "base/files.h"
#include "image/png.h"
#include "image/png_memory.h"

/* Everything that must survive libpng's longjmp is here, not in local variables. */
typedef struct reader {
    const uint8_t *bytes;
    size_t n, at;
    const char *name;
    sx_image *out;
    sx_error *err;
    png_structp png;
    png_infop info;
    bool told;      /* err holds a better message than libpng's */
    bool no_memory; /* an allocation failed */
    long rows;      /* stored rows that are not decoded yet; -1: not known */
    bool complete;  /* the last one is */
} reader;

static void on_error(png_structp png, png_const_charp message) {
    reader *r = png_get_error_ptr(png);
    if (!r->told) {
        if (r->no_memory)
            sx_fail(r->err, SX_ERR_MEMORY, "%s: out of memory", r->name);
        else if (r->at > r->n)
            sx_fail(r->err, SX_ERR_FORMAT, "%s: the PNG file is truncated", r->name);
        else
            sx_fail(r->err, SX_ERR_FORMAT, "%s: damaged PNG file (%s)", r->name, message);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png, (void)message;
}

/* After the last row libpng would decompress what is left of the data: a small film may be followed
 * by data that expand to gigabytes. It asks for them here. */
static void give(png_structp png, png_bytep to, size_t n) {
    reader *r = png_get_io_ptr(png);
    if (r->rows == 0) {
        r->complete = true;
        png_longjmp(png, 1);
    }
    if (r->at > r->n || n > r->n - r->at) {
        r->at = r->n + 1;
        png_error(png, "truncated");
    }
    memcpy(to, r->bytes + r->at, n);
    r->at += n;
}

static _Noreturn void refuse(reader *r) {
    r->told = true;
    png_error(r->png, "refused");
}

static void read_header(reader *r) {
    png_set_read_fn(r->png, r, give);
    png_set_user_limits(r->png, 0x7fffffff,
                        0x7fffffff); /* sx_image_new checks the size, with our own messages */
    png_set_chunk_cache_max(r->png, 64);
    png_set_chunk_malloc_max(r->png, 8U << 20);
    png_read_info(r->png, r->info);
    const png_uint_32 width = png_get_image_width(r->png, r->info),
                      height = png_get_image_height(r->png, r->info);
    if (width > SX_IMAGE_MAX_SIDE || height > SX_IMAGE_MAX_SIDE) {
        sx_fail(r->err, SX_ERR_LIMIT, "%s: %u x %u pixels; at most %d a side are read", r->name,
                width, height, (int)SX_IMAGE_MAX_SIDE);
        refuse(r);
    }
    /* Deflate shrinks by 1032 at most. */
    if ((double)png_get_rowbytes(r->png, r->info) * height > 1032.0 * (double)r->n) {
        sx_fail(r->err, SX_ERR_FORMAT, "%s: %u x %u pixels cannot be in a PNG file of %zu bytes",
                r->name, width, height, r->n);
        refuse(r);
    }
}

/* libpng calls this as a transformation of every stored row. */
static void count_row(png_structp png, png_row_infop row, png_bytep bytes) {
    (void)row, (void)bytes;
    reader *r = png_get_user_transform_ptr(png);
    r->rows--;
}

/* Adam7 stores seven smaller pictures; those without columns have no rows. */
static long stored_rows(const reader *r) {
    const png_uint_32 width = png_get_image_width(r->png, r->info),
                      height = png_get_image_height(r->png, r->info);
    if (png_get_interlace_type(r->png, r->info) == PNG_INTERLACE_NONE) return (long)height;
    long rows = 0;
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
        if (PNG_PASS_COLS(width, pass) > 0) rows += (long)PNG_PASS_ROWS(height, pass);
    return rows;
}

static void read_pixels(reader *r) {
    const uint16_t one = 1;
    png_set_expand(r->png);
    png_set_strip_alpha(r->png);
    if (*(const uint8_t *)&one) png_set_swap(r->png);
    const int passes = png_set_interlace_handling(r->png);
    png_set_read_user_transform_fn(r->png, count_row);
    png_set_user_transform_info(r->png, r, 0, 0);
    png_read_update_info(r->png, r->info);
    if (!sx_image_new(r->out, (int)png_get_image_width(r->png, r->info),
                      (int)png_get_image_height(r->png, r->info), png_get_channels(r->png, r->info),
                      png_get_bit_depth(r->png, r->info), r->err)) {
        sx_fail_in(r->err, "%s", r->name);
        refuse(r);
    }
    const size_t row = png_get_rowbytes(r->png, r->info);
    r->rows = stored_rows(r);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < r->out->height; y++)
            png_read_row(r->png, sx_image_u8(r->out) + (size_t)y * row, NULL);
    r->complete = true;
}

/* `r` itself does not change between setjmp and longjmp, only what it points to. */
static bool decode_rows(reader *r) {
    if (setjmp(png_jmpbuf(r->png))) return r->complete;
    read_header(r);
    read_pixels(r);
    return true;
}

static size_t be32(const uint8_t *p) {
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Checks the chunks that libpng has not read to their ends: the checksums of pixel data, and that
 * the last chunk is there. */
static bool check_rest(const reader *r, sx_error *err) {
    const uint8_t *chunk = r->bytes + 8, *end = r->bytes + r->n;
    for (; end - chunk >= 12; chunk += 12 + be32(chunk)) {
        const size_t size = be32(chunk);
        if (size > (size_t)(end - chunk) - 12) break;
        if (memcmp(chunk + 4, "IEND", 4) == 0) return true;
        if (chunk + 12 + size <= r->bytes + r->at || memcmp(chunk + 4, "IDAT", 4) != 0) continue;
        if (crc32_z(0, chunk + 4, size + 4) != be32(chunk + 8 + size))
            return sx_fail(err, SX_ERR_FORMAT, "%s: damaged PNG file (IDAT: CRC error)", r->name);
    }
    return sx_fail(err, SX_ERR_FORMAT, "%s: the PNG file is truncated", r->name);
}

bool sx_png_decode(const void *bytes, size_t n, const char *name, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (n < 8 || png_sig_cmp(bytes, 0, 8) != 0)
        return sx_fail(err, SX_ERR_FORMAT, "%s: not a PNG file", name);
    reader r = { .bytes = bytes, .n = n, .name = name, .out = out, .err = err, .rows = -1 };
    r.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning, &r.no_memory,
                                     sx_png_malloc, sx_png_free);
    if (r.png) r.info = png_create_info_struct(r.png);
    bool ok = r.info ? decode_rows(&r) && check_rest(&r, err)
                     : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", name);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    if (!ok) sx_image_free(out);
    return ok;
}

bool sx_png_read(const char *path, sx_image *out, sx_error *err) {
    sx_file f;
    *out = (sx_image){ 0 };
    if (!sx_file_open(&f, path, err)) return false;
    bool ok = sx_png_decode(f.data, f.size, path, out, err);
    sx_file_close(&f);
    return ok;
}
