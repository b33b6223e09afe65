#include "image/drawing.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"

/* Loading the fonts takes 10 MB, a picture's text and lines 1 MB. */
static const size_t fonts_spare = (size_t)32 << 20, picture_spare = (size_t)8 << 20;

static atomic_bool loaded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool draw_word(cairo_font_weight_t weight) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 8, 8);
    cairo_t *c = cairo_create(s);
    cairo_text_extents_t e;
    cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, weight);
    cairo_set_font_size(c, 8);
    cairo_text_extents(c, "word", &e);
    cairo_show_text(c, "word");
    const bool ok = cairo_status(c) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(c);
    cairo_surface_destroy(s);
    return ok;
}

static bool load_fonts(void) {
    pthread_mutex_lock(&lock);
    if (!loaded && sx_memory_to_spare(fonts_spare))
        loaded = draw_word(CAIRO_FONT_WEIGHT_NORMAL) && draw_word(CAIRO_FONT_WEIGHT_BOLD);
    pthread_mutex_unlock(&lock);
    return loaded;
}

bool sx_drawing_ready(sx_error *err) {
    return ((loaded || load_fonts()) && sx_memory_to_spare(picture_spare)) ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for a picture");
}

bool sx_drawing_pixels(cairo_surface_t *surface, sx_image *out, sx_error *err) {
    const int width = cairo_image_surface_get_width(surface),
              height = cairo_image_surface_get_height(surface);
    const ptrdiff_t stride = cairo_image_surface_get_stride(surface);
    if (!sx_image_new(out, width, height, 3, 8, err)) return false;
    uint8_t *to = sx_image_u8(out);
    for (int y = 0; y < height; y++) {
        const uint32_t *in =
            (const uint32_t *)(void *)(cairo_image_surface_get_data(surface) + y * stride);
        for (int x = 0; x < width; x++, to += 3) {
            to[0] = (uint8_t)(in[x] >> 16);
            to[1] = (uint8_t)(in[x] >> 8);
            to[2] = (uint8_t)in[x];
        }
    }
    return true;
}
