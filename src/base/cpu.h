/* Instruction sets of this processor that the program uses. */
#ifndef SX_BASE_CPU_H
#define SX_BASE_CPU_H

#include <stdbool.h>

enum { SX_CPU_WARNING = 160 };

typedef struct sx_cpu {
    bool avx2;        /* with FMA and F16C */
    bool avx512;      /* F, BW, DQ, VL */
    bool avx512_bf16; /* bf16 dot products */
    bool amx_bf16;    /* bf16 tiles, enabled by the kernel for this process */
    char model[64];   /* "Intel(R) Xeon(R) ..." */
    /* The level that SPINEXR_CPU selects, "avx2"; NULL: it is not set, or not a level. */
    const char *level;
    /* Of SPINEXR_CPU, if it is not a level, or is one that the processor lacks; empty: none. */
    char warning[SX_CPU_WARNING];
} sx_cpu;

/* Detected once; lowered by the environment variable SPINEXR_CPU=generic|avx2|avx512|bf16|amx,
 * which selects a lower level, for tests. Another word, or a level that the processor lacks,
 * changes nothing but `warning`. */
const sx_cpu *sx_cpu_get(void);

/* Why there is no AVX-512: "this CPU lacks AVX-512" or "SPINEXR_CPU=avx2 excludes AVX-512". The
 * text is static. */
const char *sx_cpu_no_avx512(void);

#endif
