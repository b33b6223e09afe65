/* The kernels for AMX (kernels/amx.h) against plain loops: how pixels are packed, for every
 * remainder of channels, strides and places before and behind the images, and products of small
 * integers, which are exact. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "nn/kernels/amx.h"
#include "support/check.h"
#include "tensor/tensor.h"

enum { BLOCK = SX_AMX_BLOCK, COUNT = 96, PITCH = 128 };

static uint16_t *random_bf16(const char *name, int64_t count) {
    uint16_t *x = malloc((size_t)count * sizeof *x);
    assert_non_null(x);
    const uint64_t key = sx_rng_key(name, 1);
    for (int64_t i = 0; i < count; i++)
        x[i] = sx_f32_to_bf16((float)(int)(sx_rng_u64(key, (uint64_t)i) % 9) - 4);
    return x;
}

/* Channel c at position q, 0 outside. */
static uint16_t number_at(const sx_amx_pixels *p, int64_t q, int c) {
    if (q < 0 || c >= p->c || q / p->line / p->lines >= p->n) return 0;
    const int y = (int)(q / p->line % p->lines) * p->stride + p->from_y,
              x = (int)(q % p->line) * p->stride + p->from_x;
    if (y >= p->h || x >= p->w) return 0;
    return p->data[((q / p->line / p->lines * p->h + y) * p->w + x) * p->c + c];
}

static void check_lines(const sx_amx *amx, const sx_amx_pixels *p, int panels, int64_t q) {
    uint16_t *to = malloc((size_t)panels * BLOCK * PITCH * sizeof *to);
    assert_non_null(to);
    amx->pack_lines(to, PITCH, p, 0, panels, q, COUNT);
    for (int c = 0; c < panels * BLOCK; c++)
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(to[c * PITCH + i], number_at(p, q + i, c));
    free(to);
}

static void check_pairs(const sx_amx *amx, const sx_amx_pixels *p, int panels, int64_t q) {
    const size_t panel = (size_t)COUNT * BLOCK, bytes = (size_t)panels * panel * sizeof(uint16_t);
    uint16_t *even = malloc(bytes), *odd = malloc(bytes);
    assert_true(even && odd);
    amx->pack_pairs(even, odd, p, 0, panels, q, COUNT);
    for (int c = 0; c < panels * BLOCK; c++)
        for (int i = 0; i < COUNT; i++) {
            const size_t at = (size_t)(c / BLOCK) * panel + (size_t)(i / 2) * 2 * BLOCK +
                              (size_t)(c % BLOCK) * 2 + (size_t)(i % 2);
            assert_int_equal(even[at], number_at(p, q + i, c));
            assert_int_equal(odd[at], number_at(p, q + i + 1, c));
        }
    memset(even, 0xA5, bytes);
    amx->pack_pairs(NULL, odd, p, 0, panels, q, COUNT);
    amx->pack_pairs(even, NULL, p, 0, panels, q, COUNT);
    assert_int_equal(even[0], number_at(p, q, 0));
    free(even);
    free(odd);
}

static void test_packing(void **state) {
    const sx_amx *amx = *state;
    static const int channels[] = { 1, 31, 32, 33, 64, 80 };
    for (int i = 0; i < 24; i++) {
        const int c = channels[i / 4], stride = 1 + i % 2, apart = i / 2 % 2, h = 7, w = 9;
        uint16_t *x = random_bf16("x", (int64_t)2 * h * w * c);
        const sx_amx_pixels p = { x,
                                  2,
                                  h,
                                  w,
                                  c,
                                  (w + stride - 1) / stride + apart,
                                  (h + stride - 1) / stride + apart,
                                  stride,
                                  i % 4 == 1,
                                  0 };
        for (int64_t q = -64; q < 160; q += 37) {
            check_lines(amx, &p, (c + BLOCK - 1) / BLOCK, q);
            check_pairs(amx, &p, (c + BLOCK - 1) / BLOCK, q);
        }
        free(x);
    }
}

static void test_products(void **state) {
    const sx_amx *amx = *state;
    enum { STEPS = 3, N = STEPS * BLOCK };
    uint16_t *lines = random_bf16("lines", BLOCK * PITCH), *pairs = random_bf16("pairs", N * BLOCK);
    float sum[4][16][16];
    memset(sum, 0xFF, sizeof sum); /* NaN, to be overwritten */
    amx->begin();
    amx->multiply(sum[0][0], false, lines, PITCH, pairs, STEPS);
    amx->multiply(sum[0][0], true, lines, PITCH, pairs, STEPS);
    amx->end();
    for (int l = 0; l < BLOCK; l++)
        for (int c = 0; c < BLOCK; c++) {
            float want = 0;
            for (int i = 0; i < N; i++)
                want += sx_bf16_to_f32(lines[l * PITCH + i]) *
                        sx_bf16_to_f32(pairs[i / 2 * 2 * BLOCK + 2 * c + i % 2]);
            assert_true(sum[l / 16 * 2 + c / 16][l % 16][c % 16] == 2 * want);
        }
    free(lines);
    free(pairs);
}

int main(void) {
    void *amx = (void *)(uintptr_t)sx_amx_get();
    const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(test_packing, amx),
                                        cmocka_unit_test_prestate(test_products, amx) };
    if (!amx) {
        printf("skipped: this processor has no AMX\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
