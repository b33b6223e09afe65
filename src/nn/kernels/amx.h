/* Sums of products over pixels on AMX's bf16 tiles, of which the gradient of a convolution's
 * weights consists. One tensor is packed in lines of pixels, channel by channel. The other is
 * packed in pairs of pixels, so that a shift by a pair is a shift of the address and loads stay
 * aligned. A product has 32 by 32 channels. */
#ifndef SX_NN_KERNELS_AMX_H
#define SX_NN_KERNELS_AMX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SX_AMX_BLOCK = 32 }; /* channels of a panel, pixels of a step of the sum */

/* A bf16 tensor [n][h][w][c] as one row of pixels: position q is pixel (q / line % lines * stride +
 * from_y, q % line * stride + from_x) of image q / line / lines. Positions outside the images are
 * zeros. */
typedef struct sx_amx_pixels {
    const uint16_t *data;
    int n, h, w, c;
    int line, lines; /* positions of a line, lines of an image */
    int stride, from_y, from_x;
} sx_amx_pixels;

typedef struct sx_amx {
    /* Configures the tiles of the calling thread until `end`. */
    void (*begin)(void);
    void (*end)(void);
    /* Channels [32 * panel, 32 * end) of positions [q, q + count), count a multiple of 32; absent
     * channels are zeros. lines: to[32 * (end - panel)][pitch]; pairs: even[end - panel][count /
     * 2][32][2], and odd for the positions one further, NULL where they are not needed. */
    void (*pack_lines)(uint16_t *to, int64_t pitch, const sx_amx_pixels *p, int panel, int end,
                       int64_t q, int count);
    void (*pack_pairs)(uint16_t *even, uint16_t *odd, const sx_amx_pixels *p, int panel, int end,
                       int64_t q, int count);
    /* Sets, or adds to, sum[4][16][16]: the blocks (0,0) (0,1) (1,0) (1,1) of lines x pairs, over
     * 32 * steps positions of 32 lines and one panel of pairs. Call it between begin and end. */
    void (*multiply)(float *sum, bool add, const uint16_t *lines, int64_t pitch,
                     const uint16_t *pairs, int steps);
} sx_amx;

/* NULL if the processor has no AMX tiles. */
const sx_amx *sx_amx_get(void);

#endif
