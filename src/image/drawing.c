#include "image/drawing.h"

#include <cairo.h>
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
