#include "models/input.h"

#include <string.h>

#include "base/team.h"

const sx_normalisation sx_normalisation_detectron2 = { .mean = { 103.53F, 116.28F, 123.675F },
                                                       .std = { 1, 1, 1 },
                                                       .bgr = true };
const sx_normalisation sx_normalisation_imagenet = { .mean = { 123.675F, 116.28F, 103.53F },
                                                     .std = { 58.395F, 57.12F, 57.375F } };

/* Normalised values come from a table, because there are only 3 x 256 of them but millions of
 * pixels. */
typedef struct tables {
    float f32[3][256];
    uint16_t bf16[3][256];
} tables;

static void make_tables(tables *t, const sx_normalisation *norm) {
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++) {
            t->f32[c][v] = ((float)v - norm->mean[c]) / norm->std[c];
            t->bf16[c][v] = sx_f32_to_bf16(t->f32[c][v]);
        }
}

static void fill_row(void *out, sx_dtype dtype, const uint8_t *in, int width, int channels,
                     bool bgr, const tables *t) {
    const int first = channels == 1 ? 0 : bgr ? 2 : 0, step = channels == 1 ? 0 : bgr ? -1 : 1;
    for (int x = 0; x < width; x++, in += channels)
        for (int c = 0; c < 3; c++) {
            const uint8_t v = in[first + c * step];
            if (dtype == SX_F32)
                ((float *)out)[3 * x + c] = t->f32[c][v];
            else
                ((uint16_t *)out)[3 * x + c] = t->bf16[c][v];
        }
}

/* Pixels [from, to) of a row that is beyond the film. */
static void pad_row(void *out, sx_dtype dtype, int from, int to, uint8_t pad, const tables *t) {
    const size_t size = sx_dtype_size(dtype);
    if (!pad) memset((char *)out + 3 * (size_t)from * size, 0, 3 * (size_t)(to - from) * size);
    for (int i = 3 * from; pad && i < 3 * to; i++)
        if (dtype == SX_F32)
            ((float *)out)[i] = t->f32[i % 3][pad];
        else
            ((uint16_t *)out)[i] = t->bf16[i % 3][pad];
}

void sx_input_fill(sx_plan *p, int index, const sx_image *film, const sx_normalisation *norm) {
    sx_dtype dtype;
    sx_shape shape;
    void *input = sx_plan_input(p, "image", &dtype, &shape);
    tables t;
    make_tables(&t, norm);
    const size_t size = sx_dtype_size(dtype), row = (size_t)shape.w * 3 * size;
    char *image = (char *)input + (size_t)index * (size_t)shape.h * row;
#pragma omp parallel for num_threads(sx_team_size(sx_plan_threads(p)))
    for (int y = 0; y < shape.h; y++) {
        char *out = image + (size_t)y * row;
        if (y >= film->height) {
            pad_row(out, dtype, 0, shape.w, norm->pad, &t);
            continue;
        }
        const uint8_t *in =
            sx_image_u8(film) + (size_t)y * (size_t)film->width * (size_t)film->channels;
        fill_row(out, dtype, in, film->width, film->channels, norm->bgr, &t);
        pad_row(out, dtype, film->width, shape.w, norm->pad, &t);
    }
}
