/* Measures the peak rate of multiplications and additions of this machine, with which kernels are
 * compared. */
#ifndef SX_NN_PEAK_H
#define SX_NN_PEAK_H

#include "tensor/tensor.h"

/* FLOP/s of `threads` threads together: the sum of each thread's fastest burst in a fifth of a
 * second, which other programs disturb least, of products that never leave the registers (f32: FMA;
 * bf16: AMX tiles, AVX-512 BF16 dot products, or f32's where there is neither). *unit names the
 * instructions. */
double sx_fma_peak(int threads, sx_dtype t, const char **unit);

/* Bytes per second that the threads read and write together: the same for sums of arrays larger
 * than most caches, 12 bytes for each number. 0: out of memory. */
double sx_memory_speed(int threads);

#endif
