/* How long writing PNG files takes: bench-png [SIDE]
 *
 * Draws a film (longer side SIDE, default 3000) and its overlay, at the size that `predict` draws
 * and at the film's, and encodes both in memory: as image/png.h does, and with libpng at levels 1
 * to 6, with its choice of a filter for each row and with one filter. The best of five runs
 * counts. */
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "image/overlay_draw.h"
#include "image/png.h"
#include "phantom/phantom.h"

enum { RUNS = 5 };

static void stop(const sx_error *err) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void append_bytes(png_structp png, png_bytep bytes, size_t n) {
    sx_str_append(png_get_io_ptr(png), bytes, n);
}

static void flush(png_structp png) {
    (void)png;
}

static void encode_libpng(const sx_image *im, int level, int filters, sx_str *out) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (!info || setjmp(png_jmpbuf(png))) exit(1);
    png_set_write_fn(png, out, append_bytes, flush);
    png_set_IHDR(png, info, (png_uint_32)im->width, (png_uint_32)im->height, im->bits,
                 im->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, level);
    if (filters) png_set_filter(png, PNG_FILTER_TYPE_BASE, filters);
    png_write_info(png, info);
    const size_t row = sx_image_bytes(im) / (size_t)im->height;
    for (int y = 0; y < im->height; y++)
        png_write_row(png, sx_image_u8(im) + (size_t)y * row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

/* Level 0: as image/png.h does; `filters` is then the effort. */
static void time_encoder(const sx_image *im, const char *name, int level, int filters) {
    double wall = INFINITY, cpu = INFINITY;
    size_t bytes = 0;
    for (int i = 0; i < RUNS; i++) {
        sx_str out = { 0 };
        sx_error err = { 0 };
        const double c = cpu_seconds(), t = sx_now();
        if (level)
            encode_libpng(im, level, filters, &out);
        else if (!sx_png_encode(im, (sx_png_effort)filters, &out, &err))
            stop(&err);
        wall = fmin(wall, sx_now() - t);
        cpu = fmin(cpu, cpu_seconds() - c);
        bytes = out.len;
        sx_str_free(&out);
    }
    printf("  %-24s %7.1f ms  %7.1f ms CPU  %7.3f MB\n", name, 1e3 * wall, 1e3 * cpu,
           1e-6 * (double)bytes);
}

static void time_all(const sx_image *im) {
    static const struct {
        const char *name;
        int filters;
    } kinds[] = { { "best of each row", PNG_ALL_FILTERS },
                  { "Paeth", PNG_FILTER_PAETH },
                  { "Sub", PNG_FILTER_SUB },
                  { "Up", PNG_FILTER_UP } };
    printf("%d x %d, RGB\n", im->width, im->height);
    time_encoder(im, "SX_PNG_QUICK", 0, SX_PNG_QUICK);
    time_encoder(im, "SX_PNG_SMALL", 0, SX_PNG_SMALL);
    for (int level = 1; level <= 6; level++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            char name[64];
            snprintf(name, sizeof name, "level %d, %s", level, kinds[k].name);
            time_encoder(im, name, level, kinds[k].filters);
        }
}

/* The film's stored values as 8 bits, without a window: enough for its texture. */
static sx_image to_8_bits(const sx_phantom_film *film) {
    sx_error err = { 0 };
    sx_image grey = { 0 };
    if (!sx_image_new(&grey, film->image.width, film->image.height, 1, 8, &err)) stop(&err);
    const size_t n = (size_t)grey.width * (size_t)grey.height;
    for (size_t i = 0; i < n; i++)
        sx_image_u8(&grey)[i] = (uint8_t)(sx_image_u16(&film->image)[i] >> (film->bits - 8));
    return grey;
}

/* `size`: the overlay's longer side; 0: as `predict` draws it. */
static sx_image draw_overlay(const sx_image *grey, const sx_phantom_film *film, int size) {
    sx_overlay_box boxes[SX_PHANTOM_MAX_BOXES];
    for (int i = 0; i < film->box_count; i++) {
        const sx_phantom_box *b = &film->boxes[i];
        boxes[i] = (sx_overlay_box){ b->box.x0,
                                     b->box.y0,
                                     b->box.x1,
                                     b->box.y1,
                                     .score = b->severity,
                                     .label = (int)b->finding,
                                     .name = sx_phantom_finding_name(b->finding) };
    }
    const sx_overlay what = { .boxes = boxes,
                              .count = (size_t)film->box_count,
                              .title = "film",
                              .verdict = "abnormal",
                              .alarm = true,
                              .probability = 0.8,
                              .threshold = 0.3,
                              .least = size,
                              .most = size };
    sx_error err = { 0 };
    sx_image out = { 0 };
    const double t = sx_now();
    if (!sx_overlay_draw(grey, &what, &out, &err)) stop(&err);
    printf("overlay drawn in %.1f ms\n", 1e3 * (sx_now() - t));
    return out;
}

int main(int argc, char **argv) {
    sx_error err = { 0 };
    sx_phantom_film film;
    long side = 3000;
    if (argc > 2 || (argc > 1 && !sx_parse_long(argv[1], 64, 8192, &side))) {
        fprintf(stderr, "usage: bench-png [SIDE], 64 to 8192 pixels\n");
        return 2;
    }
    const sx_phantom_options o = { .long_side = (int)side, .region = SX_PHANTOM_LUMBAR };
    if (!sx_phantom_draw(NULL, &film, 1, 0, &o, &err)) stop(&err);
    sx_image grey = to_8_bits(&film);
    for (int i = 0; i < 2; i++) {
        sx_image overlay = draw_overlay(&grey, &film, i ? (int)side : 0);
        time_all(&overlay);
        sx_image_free(&overlay);
    }
    sx_image_free(&grey);
    sx_phantom_film_free(&film);
    return 0;
}
