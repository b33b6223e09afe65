#include "data/paste.h"

#include <math.h>
#include <string.h>

#include "data/augment_impl.h"
#include "image/resize.h"

enum { TRIES = 20, LEAST_SIDE = 3, LEAST_MARGIN = 2 };
static const double margin_share = 1.0 / 8, shift = 0.1;

/* The finding with a margin, at its size on the other film. */
typedef struct patch {
    sx_image image;
    double x0, y0, x1, y1; /* the finding, in pixels of the image */
    double ramp;           /* pixels over which it fades at each edge */
    int x, y;              /* of its upper left corner on the other film */
} patch;

static int longer(const sx_image *im) {
    return im->width > im->height ? im->width : im->height;
}

static double limit(double v, double low, double high) {
    return v < low ? low : v > high ? high : v;
}

static bool crop(const sx_image *im, int x, int y, int width, int height, sx_image *out,
                 sx_error *err) {
    if (!sx_image_new(out, width, height, im->channels, 8, err)) return false;
    const size_t c = (size_t)im->channels, row = (size_t)width * c;
    for (int k = 0; k < height; k++)
        memcpy(sx_image_u8(out) + (size_t)k * row,
               sx_image_u8(im) + ((size_t)(y + k) * (size_t)im->width + (size_t)x) * c, row);
    return true;
}

/* Cuts the finding out, which lies within its film and is not empty. */
static bool cut(const sx_image *from, const sx_film_box *f, double scale, patch *p, sx_error *err) {
    const double margin =
        fmax(LEAST_MARGIN / fmin(scale, 1), margin_share * fmax(f->x1 - f->x0, f->y1 - f->y0));
    const int x0 = (int)fmax(0, floor(f->x0 - margin)), y0 = (int)fmax(0, floor(f->y0 - margin)),
              x1 = (int)fmin(from->width, ceil(f->x1 + margin)),
              y1 = (int)fmin(from->height, ceil(f->y1 + margin));
    const int width = (int)fmax(1, (x1 - x0) * scale + 0.5),
              height = (int)fmax(1, (y1 - y0) * scale + 0.5);
    const double sx = (double)width / (x1 - x0), sy = (double)height / (y1 - y0);
    *p = (patch){ .x0 = (f->x0 - x0) * sx,
                  .y0 = (f->y0 - y0) * sy,
                  .x1 = (f->x1 - x0) * sx,
                  .y1 = (f->y1 - y0) * sy,
                  .ramp = margin * scale };
    sx_image part;
    if (!crop(from, x0, y0, x1 - x0, y1 - y0, &part, err)) return false;
    const bool ok = sx_image_resize(NULL, &part, width, height, &p->image, err);
    sx_image_free(&part);
    return ok;
}

/* Draws the place of the patch, so that the middle of the finding is near to where it was. */
static void draw_place(const sx_image *im, const sx_image *from, const sx_film_box *f,
                       const sx_draws *d, patch *p) {
    const double x = (f->x0 + f->x1) / 2 / from->width + sx_aug_between(d, -shift, shift),
                 y = (f->y0 + f->y1) / 2 / from->height + sx_aug_between(d, -shift, shift);
    p->x = (int)floor(x * im->width - (p->x0 + p->x1) / 2 + 0.5);
    p->y = (int)floor(y * im->height - (p->y0 + p->y1) / 2 + 0.5);
}

static sx_film_box box_of(const patch *p) {
    return (sx_film_box){ p->x + p->x0, p->y + p->y0, p->x + p->x1, p->y + p->y1, 0 };
}

static bool is_inside(const sx_film_box *b, const sx_image *im) {
    return b->x0 >= 0 && b->y0 >= 0 && b->x1 <= im->width && b->y1 <= im->height;
}

/* What fades covers a part too, so all of the patch counts. */
static bool covers_too_much(const patch *p, const sx_film_box *b) {
    const double w = fmin(b->x1, p->x + p->image.width) - fmax(b->x0, p->x),
                 h = fmin(b->y1, p->y + p->image.height) - fmax(b->y0, p->y);
    return w > 0 && h > 0 && w * h > SX_PASTE_COVERED * (b->x1 - b->x0) * (b->y1 - b->y0);
}

/* 1 in the middle of `size` pixels, falling to 0 at both ends. */
static double fade(int i, int size, double ramp) {
    const int from_end = i < size - 1 - i ? i : size - 1 - i;
    return limit((from_end + 0.5) / ramp, 0, 1);
}

typedef struct pixel {
    size_t film, patch; /* indices of the pixel in both images */
    double weight;      /* of the patch, 0..1 */
} pixel;

/* Pixel (x, y) of the patch; false: it is beside the film. */
static bool pixel_at(const patch *p, const sx_image *im, int x, int y, pixel *out) {
    const int u = p->x + x, v = p->y + y, w = p->image.width, h = p->image.height;
    if (u < 0 || v < 0 || u >= im->width || v >= im->height) return false;
    *out = (pixel){ (size_t)v * (size_t)im->width + (size_t)u, (size_t)y * (size_t)w + (size_t)x,
                    fade(x, w, p->ramp) * fade(y, h, p->ramp) };
    return true;
}

/* The pixel has a part of the finding, also after resizing, which spreads its edges by a pixel. */
static bool shows_finding(const patch *p, int x, int y) {
    return x + 1.5 >= p->x0 && x - 0.5 < p->x1 && y + 1.5 >= p->y0 && y - 0.5 < p->y1;
}

/* The mean over the pixels around the finding of film - patch - step, or of its magnitude; 0: there
 * are none. */
static double compare_around(const patch *p, const sx_image *im, double step, bool magnitude) {
    double sum = 0;
    size_t count = 0;
    pixel at;
    for (int y = 0; y < p->image.height; y++)
        for (int x = 0; x < p->image.width; x++) {
            if (shows_finding(p, x, y) || !pixel_at(p, im, x, y, &at)) continue;
            const double d =
                sx_aug_sample(im, at.film, 0, 1) - sx_aug_sample(&p->image, at.patch, 0, 1) - step;
            sum += magnitude ? fabs(d) : d;
            count++;
        }
    return count ? sum / (double)count : 0;
}

static void blend(const patch *p, double step, sx_image *im) {
    pixel at;
    for (int y = 0; y < p->image.height; y++)
        for (int x = 0; x < p->image.width; x++) {
            if (!pixel_at(p, im, x, y, &at)) continue;
            uint8_t *to = sx_image_u8(im) + at.film * (size_t)im->channels;
            for (int c = 0; c < im->channels; c++) {
                const double v = sx_aug_sample(&p->image, at.patch, c, im->channels) + step,
                             mixed = at.weight * limit(v, 0, 255) + (1 - at.weight) * to[c];
                to[c] = (uint8_t)(mixed + 0.5);
            }
        }
}

/* A place of the patch. */
typedef struct place {
    int x, y;
    double step;   /* by which the film is brighter around the finding */
    double unlike; /* how much else it differs there; INFINITY: the place does not suit */
} place;

static place judge(const patch *p, const sx_image *im, const sx_film_box *boxes, size_t count) {
    place here = { .x = p->x, .y = p->y, .unlike = INFINITY };
    const sx_film_box b = box_of(p);
    if (!is_inside(&b, im)) return here;
    for (size_t i = 0; i < count; i++)
        if (covers_too_much(p, &boxes[i])) return here;
    here.step = compare_around(p, im, 0, false);
    if (fabs(here.step) <= SX_PASTE_STEP) here.unlike = compare_around(p, im, here.step, true);
    return here;
}

bool sx_paste_finding(sx_image *im, const sx_film_box *boxes, size_t count, const sx_image *from,
                      const sx_film_box *finding, const sx_draws *draws, sx_film_box *at,
                      bool *pasted, sx_error *err) {
    const double scale = (double)longer(im) / longer(from);
    sx_film_box f = *finding;
    patch p;
    *pasted = false;
    sx_clip_boxes(&f, 1, from->width, from->height);
    if ((f.x1 - f.x0) * scale < LEAST_SIDE || (f.y1 - f.y0) * scale < LEAST_SIDE) return true;
    if (!cut(from, &f, scale, &p, err)) return false;
    place best = { .unlike = INFINITY };
    for (int i = 0; i < TRIES; i++) {
        draw_place(im, from, &f, draws, &p);
        const place here = judge(&p, im, boxes, count);
        if (here.unlike < best.unlike) best = here;
    }
    p.x = best.x;
    p.y = best.y;
    *pasted = best.unlike < INFINITY;
    if (*pasted) blend(&p, best.step, im);
    *at = box_of(&p);
    sx_image_free(&p.image);
    return true;
}
