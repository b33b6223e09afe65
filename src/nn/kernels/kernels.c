#include "nn/kernels/kernels.h"

#include "base/cpu.h"
#include "nn/kernels/amx.h"

/* One table for each instruction set and dtype, defined in kernels_isa.c. */
#define DECLARE(isa) extern const sx_kernels sx_kernels_##isa##_f32, sx_kernels_##isa##_bf16
DECLARE(generic);
#if defined(__x86_64__)
DECLARE(avx2);
DECLARE(avx512);
extern const sx_amx sx_amx_tiles;
#endif

const sx_kernels *sx_kernels_at(sx_kernel_level level, sx_dtype t) {
    const bool half = t == SX_BF16;
#if defined(__x86_64__)
    const sx_cpu *cpu = sx_cpu_get();
    if (level == SX_KERNELS_AVX512)
        return !cpu->avx512 ? NULL : half ? &sx_kernels_avx512_bf16 : &sx_kernels_avx512_f32;
    if (level == SX_KERNELS_AVX2)
        return !cpu->avx2 ? NULL : half ? &sx_kernels_avx2_bf16 : &sx_kernels_avx2_f32;
#endif
    if (level != SX_KERNELS_GENERIC) return NULL;
    return half ? &sx_kernels_generic_bf16 : &sx_kernels_generic_f32;
}

const sx_kernels *sx_kernels_get(sx_dtype t) {
    const sx_kernels *best = NULL;
    for (int level = SX_KERNELS_GENERIC; level < SX_KERNEL_LEVELS; level++) {
        const sx_kernels *k = sx_kernels_at((sx_kernel_level)level, t);
        if (k) best = k;
    }
    return best;
}

const sx_amx *sx_amx_get(void) {
#if defined(__x86_64__)
    if (sx_cpu_get()->amx_bf16) return &sx_amx_tiles;
#endif
    return NULL;
}
