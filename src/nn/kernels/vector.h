/* Vectors and register blocks of the matrix products, for the instruction set that this file is
 * compiled for.
 *
 * A block of BLOCK_ROWS x BLOCK_COLUMNS sums stays in registers. Beside the sums the inner loop
 * needs BLOCK_VECTORS registers for a row of the right factor, one for the number of the left
 * factor and, without FMA, one for the product. Larger blocks spill to the stack, which costs a
 * factor of ten. */
#ifndef SX_NN_KERNELS_VECTOR_H
#define SX_NN_KERNELS_VECTOR_H

#include <stdint.h>

#if defined(__AVX512F__) /* 32 registers of 16 floats: 24 sums */
#define VECTOR_BYTES 64
enum { BLOCK_ROWS = 12, BLOCK_ROWS_SMALL = 4 };
#elif defined(__AVX2__) /* 16 registers of 8 floats: 12 sums */
#define VECTOR_BYTES 32
enum { BLOCK_ROWS = 6, BLOCK_ROWS_SMALL = 2 };
#else /* 16 registers of 4 floats (SSE2), no FMA: 8 sums */
#define VECTOR_BYTES 16
enum { BLOCK_ROWS = 4, BLOCK_ROWS_SMALL = 2 };
#endif

enum { LANES = VECTOR_BYTES / 4, BLOCK_VECTORS = 2, BLOCK_COLUMNS = BLOCK_VECTORS * LANES };

/* Before a loop over the rows of a block: unrolled, so that each sum is a register and not a place
 * in an array. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif

typedef float vf __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES), aligned(4)));

#endif
