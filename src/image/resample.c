#include "image/resample.h"

#include "base/cpu.h"

extern const sx_resample sx_resample_generic;
#if defined(__x86_64__)
extern const sx_resample sx_resample_avx2, sx_resample_avx512;
#endif

const sx_resample *sx_resample_get(void) {
#if defined(__x86_64__)
    const sx_cpu *cpu = sx_cpu_get();
    if (cpu->avx512) return &sx_resample_avx512;
    if (cpu->avx2) return &sx_resample_avx2;
#endif
    return &sx_resample_generic;
}
