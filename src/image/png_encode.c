#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "image/png.h"
#include "image/png_memory.h"

/* Everything that must survive libpng's longjmp is here, not in local variables. */
typedef struct writer {
    const sx_image *im;
    sx_png_effort effort;
    sx_str *out;
    sx_error *err;
    const sx_png_text *texts;
    size_t text_count;
    png_structp png;
    png_infop info;
    bool no_memory; /* an allocation failed */
} writer;

static void on_error(png_structp png, png_const_charp message) {
    const writer *w = png_get_error_ptr(png);
    const bool memory = w->out->failed || w->no_memory;
    sx_fail(w->err, memory ? SX_ERR_MEMORY : SX_ERR_INTERNAL, "PNG: %s",
            memory ? "out of memory" : message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png, (void)message;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t n) {
    sx_str *out = png_get_io_ptr(png);
    sx_str_append(out, bytes, n);
    if (out->failed) png_error(png, "out of memory");
}

static void flush(png_structp png) {
    (void)png;
}

static bool is_ascii(const char *text) {
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

/* libpng copies the texts. */
static void set_texts(const writer *w) {
    png_text chunks[SX_PNG_TEXTS];
    int count = 0;
    for (size_t i = 0; i < w->text_count && i < SX_PNG_TEXTS; i++) {
        const char *text = w->texts[i].text;
        if (!text || !text[0]) continue;
        memset(&chunks[count], 0, sizeof chunks[count]);
        chunks[count].compression =
            is_ascii(text) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        chunks[count].key = (png_charp)w->texts[i].keyword;
        chunks[count++].text = (png_charp)text;
    }
    if (count) png_set_text(w->png, w->info, chunks, count);
}

static void write_header(const writer *w) {
    static const int colour_types[] = { 0, PNG_COLOR_TYPE_GRAY, 0, PNG_COLOR_TYPE_RGB,
                                        PNG_COLOR_TYPE_RGB_ALPHA };
    const uint16_t one = 1;
    png_set_write_fn(w->png, w->out, write_bytes, flush);
    png_set_IHDR(w->png, w->info, (png_uint_32)w->im->width, (png_uint_32)w->im->height,
                 w->im->bits, colour_types[w->im->channels], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    set_texts(w);
    png_write_info(w->png, w->info);
    if (w->im->bits == 16 && *(const uint8_t *)&one) png_set_swap(w->png);
}

/* QUICK: level 2 with the difference to the row above takes two thirds of the time that libpng
 * takes when it chooses a filter for each row, and makes films 4 % larger (bench/png.c). */
static void set_effort(const writer *w) {
    const bool quick = w->effort == SX_PNG_QUICK;
    png_set_compression_level(w->png, quick ? 2 : 6);
    png_set_filter(w->png, PNG_FILTER_TYPE_BASE, quick ? PNG_FILTER_UP : PNG_ALL_FILTERS);
}

/* `w` is not changed between setjmp and longjmp, only what it points to. */
static bool encode_rows(const writer *w) {
    if (setjmp(png_jmpbuf(w->png))) return false;
    set_effort(w);
    write_header(w);
    const size_t row = sx_image_bytes(w->im) / (size_t)w->im->height;
    for (int y = 0; y < w->im->height; y++)
        png_write_row(w->png, sx_image_u8(w->im) + (size_t)y * row);
    png_write_end(w->png, w->info);
    return true;
}

static bool encode(writer *w, sx_error *err) {
    w->err = err;
    w->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, w, on_error, on_warning,
                                       &w->no_memory, sx_png_malloc, sx_png_free);
    if (w->png) w->info = png_create_info_struct(w->png);
    const bool ok =
        w->info ? encode_rows(w) : sx_fail(err, SX_ERR_MEMORY, "out of memory for a PNG file");
    png_destroy_write_struct(&w->png, &w->info);
    return ok;
}

bool sx_png_encode(const sx_image *im, sx_png_effort effort, sx_str *out, sx_error *err) {
    writer w = { .im = im, .effort = effort, .out = out };
    return encode(&w, err);
}

bool sx_png_write_with(const sx_image *im, sx_png_effort effort, const sx_png_text *texts,
                       size_t text_count, const char *path, sx_error *err) {
    sx_str s = { 0 };
    writer w = { .im = im, .effort = effort, .out = &s, .texts = texts, .text_count = text_count };
    bool ok = encode(&w, err);
    ok = ok ? sx_write_file(path, s.data, s.len, err) : sx_fail_in(err, "%s", path);
    sx_str_free(&s);
    return ok;
}

bool sx_png_write(const sx_image *im, sx_png_effort effort, const char *path, sx_error *err) {
    return sx_png_write_with(im, effort, NULL, 0, path, err);
}
