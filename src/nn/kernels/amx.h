/* Sums of products over pixels on AMX's bf16 tiles: what the weights' gradient of a convolution
 * consists of. One tensor is packed with its pixels in lines, channel by channel, the other in
 * pairs of pixels (a shift by pairs is then a shift of the address, and loads stay aligned); a
 * product of 32 by 32 channels runs over both. */
#ifndef SX_NN_KERNELS_AMX_H
#define SX_NN_KERNELS_AMX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SX_AMX_BLOCK = 32 }; /* channels of a panel, pixels of a step of the sum */

/* A bf16 tensor [n][h][w][c] as a row of pixels: position q is pixel (q / line % lines * stride +
 * from_y, q % line * stride + from_x) of image q / line / lines. Outside an image, and before and
 * after all, are zeros. */
typedef struct sx_amx_pixels {
    const uint16_t *data;
    int n, h, w, c;
    int line, lines; /* positions of a line, lines of an image */
    int stride, from_y, from_x;
} sx_amx_pixels;

typedef struct sx_amx {
    /* The calling thread may use tiles until `end`; the two functions below that say so need it. */
    void (*begin)(void);
    void (*end)(void);
    /* Channels [32 * panel, 32 * end) of positions [q, q + count), count a multiple of 32; absent
     * channels are zeros. lines: to[32 * (end - panel)][pitch]; pairs: even[end - panel][count /
     * 2][32][2], and odd for the positions one further, NULL where they are not wanted. */
    void (*pack_lines)(uint16_t *to, int64_t pitch, const sx_amx_pixels *p, int panel, int end,
                       int64_t q, int count);
    void (*pack_pairs)(uint16_t *even, uint16_t *odd, const sx_amx_pixels *p, int panel, int end,
                       int64_t q, int count);
    /* sum[4][16][16], the blocks (0,0) (0,1) (1,0) (1,1) of lines x pairs, is set or added to: over
     * 32 * steps positions of 32 lines and of one panel of pairs. Between begin and end. */
    void (*multiply)(float *sum, bool add, const uint16_t *lines, int64_t pitch,
                     const uint16_t *pairs, int steps);
} sx_amx;

/* NULL where the processor has no tiles. */
const sx_amx *sx_amx_get(void);

#endif
