/* ROIAlign and its gradient on every instruction set that this machine has, in f32 and bf16,
 * against plain loops in double. */
#include <math.h>
#include <stdlib.h>

#include "support/kernel_check.h"

static const int channels[] = { 1, 3, 8, 16, 33, 64, 67, 130 };
enum { CHANNELS = sizeof channels / sizeof *channels };
enum { SIZE = 3, BINS = SIZE * SIZE, LEVELS = 2, IMAGES = 2, BOXES = 5 };

/* Boxes of each image: four of the lower level, one of them partly outside, one empty, one beside
 * the map, and one of the upper level. */
static const float image_boxes[BOXES][4] = { { 3.3F, 5.1F, 61.7F, 44.9F },
                                             { -30.3F, -9.7F, 21.1F, 40.3F },
                                             { 9.1F, 12.2F, 9.1F, 12.2F },
                                             { 90.7F, 82.1F, 129.9F, 117.7F },
                                             { 3.7F, 40.1F, 181.9F, 160.3F } };
static const int box_level[BOXES] = { 0, 0, 0, 0, 1 };

typedef struct roi_problem {
    sx_roi_job job;
    float boxes[IMAGES * BOXES * 4];
    kernel_array map[LEVELS], g;
    kernel_expected out, back; /* back: the gradient of one image's level */
    int image, level;
} roi_problem;

static roi_problem new_problem(int c, int sampling_ratio, sx_dtype t) {
    roi_problem p = { .job = { .h = { 25, 24 },
                               .w = { 32, 20 },
                               .scale = { 0.25F, 0.125F },
                               .n = IMAGES,
                               .c = c,
                               .size = SIZE,
                               .sampling_ratio = sampling_ratio,
                               .per_image = BOXES,
                               .levels = LEVELS,
                               .first_level = 2 } };
    for (int i = 0; i < IMAGES * BOXES * 4; i++)
        p.boxes[i] = image_boxes[i / 4 % BOXES][i % 4];
    for (int i = 0; i < LEVELS; i++) {
        p.map[i] = kernel_random(i ? "upper" : "lower", IMAGES * p.job.h[i] * p.job.w[i] * c, t);
        p.job.map[i] = p.map[i].data;
    }
    p.g = kernel_random("g", IMAGES * BOXES * BINS * c, t);
    p.out = kernel_expect(p.g.count);
    return p;
}

static void free_problem(roi_problem *p) {
    for (int i = 0; i < LEVELS; i++)
        kernel_free(&p->map[i]);
    kernel_free(&p->g);
    kernel_expected_free(&p->out);
}

/* The lower of the two pixels that a coordinate lies between, and the weight of the upper one;
 * false beyond one pixel outside. */
static bool between(double v, int size, int *low, double *f) {
    if (v < -1 || v > size) return false;
    v = fmin(fmax(v, 0), size - 1);
    *low = (int)fmin(floor(v), size > 1 ? size - 2 : 0);
    *f = v - *low;
    return true;
}

typedef void visit_fn(roi_problem *p, int64_t bin, int64_t place, double weight);

/* The four pixels (from the first of the image's map) and weights of each sample of box r. */
static void each_pixel(roi_problem *p, int r, visit_fn *visit) {
    const int level = box_level[r % BOXES], h = p->job.h[level], w = p->job.w[level];
    const float *b = p->boxes + 4 * r;
    const double s = (double)p->job.scale[level], bw = ((double)b[2] - (double)b[0]) * s / SIZE;
    const double bh = ((double)b[3] - (double)b[1]) * s / SIZE;
    const int ratio = p->job.sampling_ratio;
    const int ny = ratio > 0 ? ratio : (int)ceil(bh), nx = ratio > 0 ? ratio : (int)ceil(bw);
    for (int q = 0; q < BINS * ny * nx; q++) {
        const int bin = q / (ny * nx);
        const double y = (double)b[1] * s - 0.5 + (bin / SIZE + (q / nx % ny + 0.5) / ny) * bh;
        const double x = (double)b[0] * s - 0.5 + (bin % SIZE + (q % nx + 0.5) / nx) * bw;
        int iy, ix;
        double fy, fx;
        if (!between(y, h, &iy, &fy) || !between(x, w, &ix, &fx)) continue;
        for (int k = 0; k < 4; k++)
            visit(p, (int64_t)r * BINS + bin, (int64_t)(iy + k / 2) * w + ix + k % 2,
                  (k / 2 ? fy : 1 - fy) * (k % 2 ? fx : 1 - fx) / (ny * nx));
    }
}

static void add_forward(roi_problem *p, int64_t bin, int64_t place, double weight) {
    const int image = (int)(bin / BINS) / BOXES, level = box_level[bin / BINS % BOXES],
              c = p->job.c;
    const int64_t first = (int64_t)image * p->job.h[level] * p->job.w[level];
    for (int i = 0; i < c; i++)
        kernel_add_term(&p->out, bin * c + i,
                        weight * kernel_at(&p->map[level], (first + place) * c + i));
}

static void add_backward(roi_problem *p, int64_t bin, int64_t place, double weight) {
    for (int i = 0; i < p->job.c; i++)
        kernel_add_term(&p->back, place * p->job.c + i,
                        weight * kernel_at(&p->g, bin * p->job.c + i));
}

/* A coordinate of up to 32 in f32 is off by 2^-20, 16 roundings, which moves both weights. */
enum { ROUNDINGS = 64 };

static void check_roi_align(const sx_kernels *k, sx_dtype t) {
    for (int q = 0; q < 2 * CHANNELS; q++) {
        roi_problem p = new_problem(channels[q / 2], q % 2 * 2, t);
        for (int r = 0; r < IMAGES * BOXES; r++)
            each_pixel(&p, r, add_forward);
        kernel_share_terms(&p.out);
        kernel_array y = kernel_unset(p.out.count, t);
        k->roi_align(y.data, p.boxes, &p.job, 0, 3);
        k->roi_align(y.data, p.boxes, &p.job, 3, IMAGES * BOXES);
        kernel_compare("roi_align", &y, &p.out, ROUNDINGS);
        kernel_free(&y);
        free_problem(&p);
    }
}

/* The lines that roi_lines gives hold all that is not zero, and at most two more on each side. */
static void check_lines(const sx_kernels *k, const roi_problem *p) {
    const int line = p->job.w[p->level] * p->job.c;
    int first, end, low = p->job.h[p->level], high = 0;
    k->roi_lines(p->boxes, &p->job, p->image, p->level, &first, &end);
    for (int64_t i = 0; i < p->back.count; i++)
        if (p->back.terms[i] > 0) {
            low = i / line < low ? (int)(i / line) : low;
            high = i / line + 1 > high ? (int)(i / line) + 1 : high;
        }
    assert_in_range(first, low > 2 ? low - 2 : 0, low);
    assert_in_range(end, high, high + 2 < p->job.h[p->level] ? high + 2 : p->job.h[p->level]);
}

static void check_roi_map(const sx_kernels *k, roi_problem *p) {
    const int c = p->job.c;
    p->back = kernel_expect((int64_t)p->job.h[p->level] * p->job.w[p->level] * c);
    kernel_array map = kernel_random("held", p->back.count, SX_F32);
    for (int r = p->image * BOXES; r < (p->image + 1) * BOXES; r++)
        if (box_level[r % BOXES] == p->level) each_pixel(p, r, add_backward);
    check_lines(k, p);
    for (int64_t i = 0; i < map.count; i++)
        kernel_add_term(&p->back, i, kernel_at(&map, i));
    kernel_share_terms(&p->back);
    k->roi_align_back(map.data, p->g.data, p->boxes, &p->job, p->image, p->level, 0, c / 2);
    k->roi_align_back(map.data, p->g.data, p->boxes, &p->job, p->image, p->level, c / 2, c);
    kernel_compare("roi_align_back", &map, &p->back, ROUNDINGS);
    kernel_free(&map);
    kernel_expected_free(&p->back);
}

static void check_roi_align_back(const sx_kernels *k, sx_dtype t) {
    for (int q = 0; q < 2 * CHANNELS; q++) {
        roi_problem p = new_problem(channels[q / 2], q % 2 * 2, t);
        for (int i = 0; i < IMAGES * LEVELS; i++) {
            p.image = i / LEVELS;
            p.level = i % LEVELS;
            check_roi_map(k, &p);
        }
        free_problem(&p);
    }
}

static void test_roi_align(void **state) {
    (void)state;
    kernel_each_level(check_roi_align, true);
}

static void test_roi_align_back(void **state) {
    (void)state;
    kernel_each_level(check_roi_align_back, true);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_roi_align),
                                        cmocka_unit_test(test_roi_align_back) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
