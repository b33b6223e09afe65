#include "image/overlay_draw.h"

#include <math.h>
#include <stdlib.h>

#include "image/drawing.h"
#include "image/overlay_draw_impl.h"
#include "image/resize.h"

static void size_film(sx_picture *p, const sx_image *film) {
    const sx_overlay *w = p->what;
    const int longest = film->width > film->height ? film->width : film->height;
    const int most = w->most > 0 ? w->most : 1600, least = w->least > 0 ? w->least : 1000;
    const int want = longest > most    ? most
                     : longest < least ? (least < most ? least : most)
                                       : longest;
    p->scale = (double)want / longest;
    p->film_width = (int)fmax(1, film->width * p->scale + 0.5);
    p->film_height = (int)fmax(1, film->height * p->scale + 0.5);
    p->font = sx_nearest(want / 66.0, 11, 64);
    p->line = sx_nearest(floor(want / 520.0 + 0.5), 2, 8);
    const int narrow = (int)(0.55 * p->film_height), header = (int)(26 * p->font);
    p->width = p->film_width > narrow ? p->film_width : narrow;
    if (sx_header_height(p) && p->width < header) p->width = header;
    p->film_x = (p->width - p->film_width) / 2;
    p->film_y = sx_header_height(p);
    p->legend_y = p->film_y + p->film_height;
    p->height = p->legend_y;
}

static void copy_film(const sx_picture *p, const sx_image *film, uint8_t *pixels, int stride) {
    const int c = film->channels;
    for (int y = 0; y < film->height; y++) {
        const uint8_t *in = sx_image_u8(film) + (size_t)y * (size_t)film->width * (size_t)c;
        uint32_t *out =
            (uint32_t *)(void *)(pixels + (size_t)(y + p->film_y) * (size_t)stride) + p->film_x;
        for (int x = 0; x < film->width; x++)
            out[x] = c == 1
                         ? in[x] * 0x010101U
                         : (uint32_t)in[3 * x] << 16 | (uint32_t)in[3 * x + 1] << 8 | in[3 * x + 2];
    }
}

/* Text must be measured before the sx_picture's height is known: on a surface of one pixel. */
static bool measure(sx_picture *p, sx_error *err) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
    p->c = cairo_create(s);
    bool ok = sx_arrange_boxes(p, err);
    if (ok) p->height += (int)ceil(sx_legend(p, false));
    ok = ok && sx_picture_ok(p, "the overlay", err);
    cairo_destroy(p->c);
    cairo_surface_destroy(s);
    p->c = NULL;
    return ok;
}

static bool paint(sx_picture *p, const sx_image *film, sx_image *out, sx_error *err) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, p->width, p->height);
    p->c = cairo_create(s);
    sx_use_ink(p, sx_ink_ground);
    cairo_paint(p->c);
    cairo_surface_flush(s);
    bool ok = sx_picture_ok(p, "the overlay", err);
    if (ok) {
        copy_film(p, film, cairo_image_surface_get_data(s), cairo_image_surface_get_stride(s));
        cairo_surface_mark_dirty(s);
        cairo_rectangle(p->c, 0, p->film_y, p->width, p->film_height);
        cairo_save(p->c);
        cairo_clip(p->c);
        sx_draw_boxes(p);
        cairo_restore(p->c);
        if (p->film_y) sx_draw_header(p);
        sx_legend(p, true);
        cairo_surface_flush(s);
        ok = sx_picture_ok(p, "the overlay", err) && sx_drawing_pixels(s, out, err);
    }
    cairo_destroy(p->c);
    cairo_surface_destroy(s);
    return ok;
}

bool sx_overlay_draw(const sx_image *film, const sx_overlay *what, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    sx_picture p = { .what = what };
    sx_image small = { 0 };
    if (!sx_drawing_ready(err)) return false;
    size_film(&p, film);
    bool ok = sx_image_resize(what->context, film, p.film_width, p.film_height, &small, err) &&
              measure(&p, err) && paint(&p, &small, out, err);
    sx_image_free(&small);
    free(p.boxes);
    free(p.tags);
    return ok;
}
