/* How visible the findings of the phantom are: bench-phantom-contrast [SEED FILMS MIX SIDE [csv]]
 *
 * Draws the films of `data phantom --size 800 --region lumbar` (MIX: 0 published, 1 even, 2
 * crowded) and, for each box, the same film without its lesion, and reduces both to 8 bits with a
 * shorter edge of SIDE pixels, as a detector sees them. Of the difference d of the two films, less
 * its mean in a frame around the box, and of the film without the lesion, it takes
 *
 *     contrast   the root mean square of d in the box
 *     noise      the standard deviation of the noise in box and frame, from second differences
 *     structure  the standard deviation of the grey levels in box and frame: the anatomy as well
 *     CNR        contrast / noise. Rose (1948): an object is seen if it is 3 to 5 times the noise
 *                of its own area; this is the ratio for a single pixel, which is stricter
 *     ratio      contrast / structure: how the lesion compares with the anatomy around it
 *
 * and prints them for each finding and each variety of "Other lesions"; with csv also one row a
 * box. docs/phantom.md has the result. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/resize.h"
#include "phantom/phantom.h"

enum { VARIETIES = 4, ROWS = SX_PHANTOM_FINDINGS + VARIETIES };

typedef struct measured {
    double contrast, noise, structure, cnr, ratio;
} measured;

typedef struct sample {
    double *cnr, *ratio; /* owned */
    size_t count, capacity;
} sample;

typedef struct setting {
    uint64_t seed;
    size_t films;
    sx_phantom_mix mix;
    int side;
    bool csv;
} setting;

static void stop(const sx_error *err) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* The film as its window shows it, bone bright, reduced to 8 bits. */
static void reduce(const sx_phantom_film *f, int side, sx_image *out) {
    sx_error err = { 0 };
    sx_image grey;
    const size_t pixels = (size_t)f->image.width * (size_t)f->image.height;
    if (!sx_image_new(&grey, f->image.width, f->image.height, 1, 8, &err)) stop(&err);
    const float top = (float)((1 << f->bits) - 1);
    const float width = f->window_width > 0 ? f->window_width : top;
    const float center = f->window_width > 0 ? f->window_center : 0.5f * top;
    for (size_t i = 0; i < pixels; i++) {
        float v = ((float)sx_image_u16(&f->image)[i] - center) / width + 0.5f;
        v = fminf(fmaxf(f->inverted ? 1.0f - v : v, 0.0f), 1.0f);
        sx_image_u8(&grey)[i] = (uint8_t)(255.0f * v + 0.5f);
    }
    int w, h;
    sx_resize_shortest(grey.width, grey.height, side, 4 * side, &w, &h);
    if (!sx_image_resize(NULL, &grey, w, h, out, &err)) stop(&err);
    sx_image_free(&grey);
}

typedef struct area {
    int x0, y0, x1, y1;
} area;

static area grown(sx_box b, float by, int width, int height) {
    return (area){ (int)fmaxf(0.0f, b.x0 - by), (int)fmaxf(0.0f, b.y0 - by),
                   (int)fminf((float)width, ceilf(b.x1 + by)),
                   (int)fminf((float)height, ceilf(b.y1 + by)) };
}

static bool in_area(area a, int x, int y) {
    return x >= a.x0 && x < a.x1 && y >= a.y0 && y < a.y1;
}

static double pixel(const sx_image *im, int x, int y) {
    return sx_image_u8(im)[(size_t)y * (size_t)im->width + (size_t)x];
}

/* The standard deviation of the noise, from the second difference in both directions, in which
 * edges and slopes nearly vanish (Immerkaer, Computer Vision and Image Understanding 64, 1996). */
static double noise_of(const sx_image *im, area a) {
    double sum = 0;
    size_t n = 0;
    for (int y = a.y0 > 1 ? a.y0 : 1; y < a.y1 && y + 1 < im->height; y++)
        for (int x = a.x0 > 1 ? a.x0 : 1; x < a.x1 && x + 1 < im->width; x++) {
            double v = 0;
            for (int i = -1; i <= 1; i++)
                for (int j = -1; j <= 1; j++)
                    v += (i ? 1 : -2) * (j ? 1 : -2) * pixel(im, x + j, y + i);
            sum += fabs(v);
            n++;
        }
    return n ? sqrt(acos(-1) / 2) / 6 * sum / (double)n : 0;
}

static measured measure(const sx_image *with, const sx_image *without, sx_box b) {
    const float margin = 0.25f * fmaxf(b.x1 - b.x0, b.y1 - b.y0) + 2.0f;
    const area box = grown(b, 0, with->width, with->height),
               frame = grown(b, margin, with->width, with->height);
    double around = 0, sum = 0, squares = 0, d2 = 0;
    size_t outside = 0, all = 0, inside = 0;
    for (int y = frame.y0; y < frame.y1; y++)
        for (int x = frame.x0; x < frame.x1; x++) {
            const double v = pixel(without, x, y);
            sum += v;
            squares += v * v;
            all++;
            if (in_area(box, x, y)) continue;
            around += pixel(with, x, y) - v;
            outside++;
        }
    if (outside) around /= (double)outside;
    for (int y = box.y0; y < box.y1; y++)
        for (int x = box.x0; x < box.x1; x++) {
            const double d = pixel(with, x, y) - pixel(without, x, y) - around;
            d2 += d * d;
            inside++;
        }
    measured m = { 0 };
    const double mean = sum / (double)all;
    m.contrast = sqrt(d2 / (double)inside);
    m.noise = fmax(noise_of(without, frame), 0.29); /* rounding to 8 bits has at least 1/sqrt(12) */
    m.structure = sqrt(fmax(squares / (double)all - mean * mean, 0.29 * 0.29));
    m.cnr = m.contrast / m.noise;
    m.ratio = m.contrast / m.structure;
    return m;
}

static void keep(sample *s, const measured *m) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 256;
        s->cnr = sx_realloc(s->cnr, s->capacity, sizeof *s->cnr);
        s->ratio = sx_realloc(s->ratio, s->capacity, sizeof *s->ratio);
        if (!s->cnr || !s->ratio) exit(1);
    }
    s->cnr[s->count] = m->cnr;
    s->ratio[s->count++] = m->ratio;
}

static void measure_film(const setting *s, size_t index, sample *samples) {
    sx_error err = { 0 };
    sx_phantom_options o = { .long_side = 800, .region = SX_PHANTOM_LUMBAR, .mix = s->mix };
    sx_phantom_film film, less;
    sx_image with, without;
    if (!sx_phantom_plan(&film, s->seed, index, &o, &err)) stop(&err);
    if (film.box_count == 0) return;
    if (!sx_phantom_draw(NULL, &film, s->seed, index, &o, &err)) stop(&err);
    reduce(&film, s->side, &with);
    const float scale = (float)with.width / (float)film.image.width;
    for (int i = 0; i < film.box_count; i++) {
        const sx_phantom_box *b = &film.boxes[i];
        const sx_box at = { b->box.x0 * scale, b->box.y0 * scale, b->box.x1 * scale,
                            b->box.y1 * scale };
        o.without = 1 + b->lesion;
        if (!sx_phantom_draw(NULL, &less, s->seed, index, &o, &err)) stop(&err);
        reduce(&less, s->side, &without);
        const measured m = measure(&with, &without, at);
        keep(&samples[b->finding], &m);
        if (b->finding == SX_PHANTOM_OTHER) keep(&samples[SX_PHANTOM_FINDINGS + b->kind], &m);
        if (s->csv)
            printf("%zu,%s,%d,%.3f,%.2f,%.2f,%.2f,%.2f,%.3f,%.3f,%.3f,%.4f,%.3f\n", index,
                   sx_phantom_finding_name(b->finding), b->kind, (double)b->severity,
                   (double)b->box.x0, (double)b->box.y0, (double)b->box.x1, (double)b->box.y1,
                   m.contrast, m.noise, m.structure, m.cnr, m.ratio);
        sx_image_free(&without);
        sx_phantom_film_free(&less);
    }
    sx_image_free(&with);
    sx_phantom_film_free(&film);
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double below(const double *sorted, size_t n, double limit) {
    size_t i = 0;
    while (i < n && sorted[i] < limit)
        i++;
    return 100.0 * (double)i / (double)n;
}

static void print_row(const char *name, sample *s) {
    if (s->count == 0) return;
    qsort(s->cnr, s->count, sizeof *s->cnr, by_value);
    qsort(s->ratio, s->count, sizeof *s->ratio, by_value);
    const size_t n = s->count;
    fprintf(stderr, "%-24s %5zu  %6.1f %6.1f %6.1f  %6.1f %6.1f  %6.2f %6.2f\n", name, n, s->cnr[0],
            s->cnr[n / 20], s->cnr[n / 2], below(s->cnr, n, 3), below(s->cnr, n, 5),
            s->ratio[n / 20], s->ratio[n / 2]);
}

int main(int argc, char **argv) {
    static const char *const varieties[VARIETIES] = { "  holes", "  dense islands",
                                                      "  dense bodies", "  foreign bodies" };
    static sample samples[ROWS];
    const setting s = { .seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1003,
                        .films = argc > 2 ? strtoull(argv[2], NULL, 10) : 600,
                        .mix =
                            argc > 3 ? (sx_phantom_mix)strtol(argv[3], NULL, 10) : SX_PHANTOM_EVEN,
                        .side = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 320,
                        .csv = argc > 5 };
    if (s.csv)
        puts("film,finding,kind,severity,xmin,ymin,xmax,ymax,contrast,noise,structure,cnr,ratio");
    for (size_t i = 0; i < s.films; i++)
        measure_film(&s, i, samples);
    fprintf(stderr, "%-24s %5s  %-20s  %-13s  %s\n", "", "boxes", "CNR min, 5 %, median",
            "% below 3, 5", "ratio 5 %, median");
    for (int i = 0; i < ROWS; i++)
        print_row(i < SX_PHANTOM_FINDINGS ? sx_phantom_finding_name((sx_phantom_finding)i)
                                          : varieties[i - SX_PHANTOM_FINDINGS],
                  &samples[i]);
    for (int i = 0; i < ROWS; i++) {
        free(samples[i].cnr);
        free(samples[i].ratio);
    }
    return 0;
}
