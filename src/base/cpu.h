/* Instruction sets of this processor that the program uses. */
#ifndef SX_BASE_CPU_H
#define SX_BASE_CPU_H

#include <stdbool.h>

typedef struct sx_cpu {
    bool avx2;        /* with FMA and F16C */
    bool avx512;      /* F, BW, DQ, VL */
    bool avx512_bf16; /* bf16 dot products */
    bool amx_bf16;    /* bf16 tiles, enabled by the kernel for this process */
    char model[64];   /* "Intel(R) Xeon(R) ..." */
} sx_cpu;

/* Detected once; lowered by the environment variable SPINEXR_CPU=generic|avx2|avx512|bf16|amx,
 * which selects a lower level, for tests. */
const sx_cpu *sx_cpu_get(void);

#endif
