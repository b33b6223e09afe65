#include "document/figure_draw.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "image/drawing.h"

/* Characters that XML 1.0 allows, except tab and line feed. `length`: bytes at `text`. */
static bool is_printable(const unsigned char *text, size_t length) {
    if (length == 1) return text[0] >= 32 && text[0] != 127;
    /* U+FFFE and U+FFFF are no characters. */
    return length > 1 && !(length == 3 && text[0] == 0xef && text[1] == 0xbf && text[2] > 0xbd);
}

/* A copy with U+FFFD for what is not UTF-8, which would put cairo into an error state, and for what
 * is not printable. */
static char *clean_copy(const char *text) {
    static const char replacement[] = "\xef\xbf\xbd";
    size_t n = strlen(text);
    char *copy = sx_calloc(3 * n + 1, 1), *to = copy;
    while (copy && n) {
        const size_t length = sx_utf8_length(text, n);
        const bool good = is_printable((const unsigned char *)text, length);
        const char *from = good ? text : replacement;
        const size_t bytes = good ? length : 3, step = length ? length : 1;
        memcpy(to, from, bytes);
        to += bytes;
        text += step;
        n -= step;
    }
    return copy;
}

sx_figure *sx_figure_new(double width, double height, const char *title) {
    if (!sx_drawing_ready(NULL)) return NULL;
    sx_figure *f = sx_calloc(1, sizeof *f);
    if (!f) return NULL;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    f->pen = cairo_create(surface);
    cairo_surface_destroy(surface);
    /* Circles stay round when a figure is enlarged. */
    cairo_set_tolerance(f->pen, 0.01);
    f->width = width;
    f->height = height;
    f->title = clean_copy(title);
    f->failed = !f->title;
    return f;
}

void sx_figure_free(sx_figure *f) {
    if (!f) return;
    for (size_t i = 0; i < f->shape_count; i++)
        cairo_path_destroy(f->shapes[i].path);
    for (size_t i = 0; i < f->label_count; i++)
        free(f->labels[i].text);
    free(f->shapes);
    free(f->labels);
    free(f->title);
    sx_str_free(&f->description);
    cairo_destroy(f->pen);
    free(f);
}

bool sx_cairo_ok(cairo_status_t status, sx_error *err) {
    if (status == CAIRO_STATUS_SUCCESS) return true;
    if (status == CAIRO_STATUS_NO_MEMORY)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a figure");
    return sx_fail(err, SX_ERR_INTERNAL, "figure: cairo: %s", cairo_status_to_string(status));
}

bool sx_figure_check(const sx_figure *f, sx_error *err) {
    if (f->failed || f->description.failed) return sx_cairo_ok(CAIRO_STATUS_NO_MEMORY, err);
    return sx_cairo_ok(cairo_status(f->pen), err) && sx_drawing_ready(err);
}

/* Room for one more item, or false with `failed` set. */
static bool make_room(sx_figure *f, void **items, size_t count, size_t *room, size_t size) {
    if (f->failed) return false;
    if (count < *room) return true;
    const size_t more = *room ? 2 * *room : 32;
    void *grown = sx_realloc(*items, more, size);
    if (!grown) {
        f->failed = true;
        return false;
    }
    *items = grown;
    *room = more;
    return true;
}

/* Rounding to an eighth of a unit is invisible and shortens the numbers in an SVG. */
static void round_points(cairo_path_t *path) {
    for (int i = 0; i < path->num_data; i += path->data[i].header.length)
        for (int k = 1; k < path->data[i].header.length; k++) {
            cairo_path_data_t *d = &path->data[i + k];
            d->point.x = round(8 * d->point.x) / 8;
            d->point.y = round(8 * d->point.y) / 8;
        }
}

void sx_figure_paint(sx_figure *f, const sx_paint *paint) {
    /* The path is kept in the figure's coordinates, regardless of translations. */
    cairo_matrix_t moved;
    cairo_get_matrix(f->pen, &moved);
    cairo_identity_matrix(f->pen);
    cairo_path_t *path = cairo_copy_path(f->pen);
    cairo_set_matrix(f->pen, &moved);
    cairo_new_path(f->pen);
    if (path->status == CAIRO_STATUS_SUCCESS && path->num_data &&
        make_room(f, (void **)&f->shapes, f->shape_count, &f->shape_room, sizeof *f->shapes)) {
        round_points(path);
        f->shapes[f->shape_count++] = (sx_shape){ *paint, path };
        return;
    }
    if (path->status != CAIRO_STATUS_SUCCESS) f->failed = true;
    cairo_path_destroy(path);
}

void sx_figure_text(sx_figure *f, double x, double y, const sx_text_style *style,
                    const char *text) {
    if (!make_room(f, (void **)&f->labels, f->label_count, &f->label_room, sizeof *f->labels))
        return;
    cairo_user_to_device(f->pen, &x, &y);
    sx_label *l = &f->labels[f->label_count];
    *l = (sx_label){ *style, x, y, clean_copy(text) };
    if (l->text)
        f->label_count++;
    else
        f->failed = true;
}

double sx_figure_text_width(sx_figure *f, double size, bool bold, const char *text) {
    cairo_text_extents_t e = { 0 };
    char *clean = clean_copy(text);
    if (clean) {
        sx_figure_font(f->pen, size, bold);
        cairo_text_extents(f->pen, clean, &e);
    } else {
        f->failed = true;
    }
    free(clean);
    return e.x_advance;
}

void sx_figure_describe(sx_figure *f, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    char *clean = clean_copy(text);
    if (clean)
        sx_str_add(&f->description, clean);
    else
        f->failed = true;
    free(clean);
}
