#define _GNU_SOURCE
#include "base/cpu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static sx_cpu cpu;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
/* Linux grants the 8 KiB of tile state only on request (Documentation/x86/xstate.rst). */
static bool amx_permitted(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static void detect_x86(void) {
    __builtin_cpu_init();
    cpu.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    cpu.avx512 = cpu.avx2 && __builtin_cpu_supports("avx512f") &&
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl");
    unsigned a, b, c, d;
    if (cpu.avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) cpu.avx512_bf16 = (a >> 5) & 1;
    if (cpu.avx512_bf16 && __get_cpuid_count(7, 0, &a, &b, &c, &d))
        cpu.amx_bf16 = ((d >> 22) & 1) && ((d >> 24) & 1) && amx_permitted();
    unsigned brand[12];
    for (size_t i = 0; i < 3; i++)
        if (!__get_cpuid(0x80000002U + (unsigned)i, &brand[4 * i], &brand[4 * i + 1],
                         &brand[4 * i + 2], &brand[4 * i + 3]))
            return;
    snprintf(cpu.model, sizeof cpu.model, "%.48s", (const char *)brand);
}
#endif

static void lower_to(const char *level) {
    static const char *const levels[] = { "generic", "avx2", "avx512", "bf16", "amx" };
    int n = 4;
    for (int i = 0; i < 5; i++)
        if (strcmp(level, levels[i]) == 0) n = i;
    cpu.avx2 = cpu.avx2 && n >= 1;
    cpu.avx512 = cpu.avx512 && n >= 2;
    cpu.avx512_bf16 = cpu.avx512_bf16 && n >= 3;
    cpu.amx_bf16 = cpu.amx_bf16 && n >= 4;
}

static void detect(void) {
    snprintf(cpu.model, sizeof cpu.model, "unknown processor");
#if defined(__x86_64__)
    detect_x86();
#endif
    const char *level = getenv("SPINEXR_CPU");
    if (level) lower_to(level);
}

const sx_cpu *sx_cpu_get(void) {
    pthread_once(&once, detect);
    return &cpu;
}
