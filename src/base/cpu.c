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
    unsigned a, b, c, d;
    cpu.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
    cpu.avx512 = cpu.avx2 && __builtin_cpu_supports("avx512f") &&
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl");
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

enum { GENERIC, AVX2, AVX512, BF16, AMX, LEVELS };

static const struct level {
    const char *name, *no_avx512;
} levels[LEVELS] = {
    { "generic", "SPINEXR_CPU=generic excludes AVX-512" },
    { "avx2", "SPINEXR_CPU=avx2 excludes AVX-512" },
    { "avx512", NULL },
    { "bf16", NULL },
    { "amx", NULL },
};

static int highest_level(void) {
    return cpu.amx_bf16 ? AMX : cpu.avx512_bf16 ? BF16 : cpu.avx512 ? AVX512 : cpu.avx2;
}

static void lower_to(const char *name) {
    const int highest = highest_level();
    int n = 0;
    while (n < LEVELS && strcmp(name, levels[n].name) != 0)
        n++;
    if (n == LEVELS) {
        snprintf(cpu.warning, sizeof cpu.warning,
                 "SPINEXR_CPU=%.40s is not generic, avx2, avx512, bf16 or amx; using %s", name,
                 levels[highest].name);
        return;
    }
    cpu.level = levels[n].name;
    if (n > highest)
        snprintf(cpu.warning, sizeof cpu.warning, "SPINEXR_CPU=%s: this CPU lacks it; using %s",
                 name, levels[highest].name);
    cpu.avx2 = cpu.avx2 && n >= AVX2;
    cpu.avx512 = cpu.avx512 && n >= AVX512;
    cpu.avx512_bf16 = cpu.avx512_bf16 && n >= BF16;
    cpu.amx_bf16 = cpu.amx_bf16 && n >= AMX;
}

static void detect(void) {
    snprintf(cpu.model, sizeof cpu.model, "unknown processor");
#if defined(__x86_64__)
    detect_x86();
#endif
    const char *level = getenv("SPINEXR_CPU");
    if (level && *level) lower_to(level);
}

const sx_cpu *sx_cpu_get(void) {
    pthread_once(&once, detect);
    return &cpu;
}

const char *sx_cpu_no_avx512(void) {
    const char *level = sx_cpu_get()->level;
    for (int i = 0; level && i < AVX512; i++)
        if (strcmp(level, levels[i].name) == 0) return levels[i].no_avx512;
    return "this CPU lacks AVX-512";
}
