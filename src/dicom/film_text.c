#include "dicom/film_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/stored_bits.h"
#include "image/convert.h"

static bool search(sx_film_text *t, const sx_image *im, sx_error *err) {
    sx_text_area *found = NULL, *all;
    size_t n = 0;
    t->width = im->width;
    t->height = im->height;
    if (!sx_text_find(im, &found, &n, err)) return false;
    if (n) {
        all = sx_realloc(t->areas, t->count + n, sizeof *all);
        if (!all) {
            free(found);
            return sx_fail(err, SX_ERR_MEMORY, "out of memory to look for text");
        }
        t->areas = all;
        memcpy(all + t->count, found, n * sizeof *all);
        t->count += n;
    }
    free(found);
    return true;
}

/* Maps low to 0 and high to 255, and stored values beyond to the same, because a window can hide
 * text. */
static bool stretch(const sx_film *f, int32_t low, int32_t high, sx_image *out, sx_error *err) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    const int32_t lowest = f->info.is_signed ? INT16_MIN : 0;
    uint16_t *values = sx_calloc_for(n, sizeof *values, "the film's values", err);
    if (!values || !sx_image_new(out, f->width, f->height, 1, 8, err)) {
        free(values);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t v = sx_film_stored_value(&f->info, sx_film_value(f, i));
        values[i] = (uint16_t)((v < low ? low : v > high ? high : v) - lowest);
    }
    sx_stretch_to_8bit(values, n * sizeof *values, n, 1, sx_image_u8(out));
    free(values);
    return true;
}

static bool search_range(sx_film_text *t, const sx_film *f, int32_t low, int32_t high,
                         sx_error *err) {
    sx_image im = { 0 };
    const bool ok = stretch(f, low, high, &im, err) && search(t, &im, err);
    sx_image_free(&im);
    return ok;
}

/* Padding may be far from all other values: text beside it has a contrast only in their range. It
 * may also be text itself, which other programs show. */
static bool search_values(sx_film_text *t, const sx_film *f, sx_error *err) {
    int32_t low, high;
    if (!search_range(t, f, INT32_MIN, INT32_MAX, err)) return false;
    return !f->info.has_padding || !sx_film_stored_range(f, &low, &high) ||
           search_range(t, f, low, high, err);
}

bool sx_film_text_add(sx_film_text *t, const sx_film *f, const sx_image *shown, sx_error *err) {
    const bool window = f->info.window_count || f->info.voi_lut.count;
    return search_values(t, f, err) && (!window || !shown || search(t, shown, err));
}

void sx_film_text_merge(sx_film_text *t) {
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = i + 1; k < t->count; k++) {
            sx_text_area *a = &t->areas[i], *b = &t->areas[k];
            if (a->x0 >= b->x1 || b->x0 >= a->x1 || a->y0 >= b->y1 || b->y0 >= a->y1) continue;
            a->x0 = a->x0 < b->x0 ? a->x0 : b->x0;
            a->y0 = a->y0 < b->y0 ? a->y0 : b->y0;
            a->x1 = a->x1 > b->x1 ? a->x1 : b->x1;
            a->y1 = a->y1 > b->y1 ? a->y1 : b->y1;
            *b = t->areas[--t->count];
            k = i;
        }
}

void sx_film_text_describe(const sx_film_text *t, char *to, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < t->count; i++) {
        const sx_text_area *a = &t->areas[i];
        int n = snprintf(to + used, size - used, "%sx %d to %d, y %d to %d (%s)", i ? "; " : "",
                         a->x0, a->x1, a->y0, a->y1, sx_text_place(a, t->width, t->height));
        if (n < 0 || used + (size_t)n + 16 >= size) {
            snprintf(to + used, size - used, "; more");
            return;
        }
        used += (size_t)n;
    }
}

static bool find_in_picture(sx_film_text *t, const sx_image *shown, sx_error *err) {
    sx_image grey = { 0 };
    const bool ok = sx_image_to_grey(shown, &grey, err) && search(t, &grey, err);
    sx_image_free(&grey);
    return ok;
}

bool sx_film_text_find(const sx_film *f, sx_film_text *out, sx_error *err) {
    sx_image shown = { 0 };
    *out = (sx_film_text){ 0 };
    const bool ok = sx_film_to_8bit(f, SX_PIXELS_DICOM, &shown, err) &&
                    (f->kind == SX_FILM_DICOM ? sx_film_text_add(out, f, &shown, err)
                                              : find_in_picture(out, &shown, err));
    sx_image_free(&shown);
    if (ok)
        sx_film_text_merge(out);
    else
        sx_film_text_free(out);
    return ok;
}

void sx_film_text_free(sx_film_text *t) {
    free(t->areas);
    *t = (sx_film_text){ 0 };
}
