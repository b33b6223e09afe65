#define _XOPEN_SOURCE 700
#include "support/check.h"

#include <ftw.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/hash.h"

/* tests/api/locales.sh runs test programs in the locales of other hosts. */
__attribute__((constructor)) static void set_locale(void) {
    const char *name = getenv("SPINEXR_TEST_LOCALE");
    if (!name || setlocale(LC_ALL, name)) return;
    fprintf(stderr, "there is no locale %s\n", name);
    abort();
}

/* A processor whose highest level is AVX2. */
static bool has_avx2_only(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return sx_cpu_get()->avx2 && !__builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

/* SPINEXR_CPU names a level of instructions: a machine that lacks it has nothing new to test. Nor
 * has one whose own level it is, if the same test also runs without a level
 * (SPINEXR_TEST_OTHER_LEVEL). */
__attribute__((constructor)) static void skip_missing_level(void) {
    const char *level = getenv("SPINEXR_CPU");
    const sx_cpu *cpu = sx_cpu_get();
    if (level && getenv("SPINEXR_TEST_OTHER_LEVEL") && strcmp(level, "avx2") == 0 &&
        has_avx2_only()) {
        printf("skipped: the test without a level runs at %s\n", level);
        exit(77);
    }
    if (!level || ((strcmp(level, "avx2") != 0 || cpu->avx2) &&
                   (strcmp(level, "avx512") != 0 || cpu->avx512) &&
                   (strcmp(level, "bf16") != 0 || cpu->avx512_bf16) &&
                   (strcmp(level, "amx") != 0 || cpu->amx_bf16)))
        return;
    printf("skipped: this processor has no %s\n", level);
    exit(77);
}

void check_error(const sx_error *err, sx_error_code want, const char *text) {
    if (err->code != want)
        fail_msg("error is '%s', not '%s': %s", sx_error_name(err->code), sx_error_name(want),
                 err->message);
    if (!strstr(err->message, text)) fail_msg("'%s' does not contain '%s'", err->message, text);
}

void check_close_f32(const float *got, const float *want, size_t n, double bound,
                     const char *what) {
    double worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - (double)want[i]);
        if (!(d <= worst)) { /* so that NaN counts as the worst */
            worst = d;
            at = i;
            if (isnan(d)) break;
        }
    }
    if (!(worst <= bound))
        fail_msg("%s: largest difference %g (bound %g) at %zu of %zu: got %.9g, want %.9g", what,
                 worst, bound, at, n, (double)got[at], (double)want[at]);
}

const char *check_sha256(const void *bytes, size_t n) {
    static sx_sha256 hash;
    sx_error err = { 0 };
    CHECK_OK(sx_sha256_of(bytes, n, &hash, &err), err);
    return hash.hex;
}

static char tmp[256];

const char *check_tmp(void) {
    if (!tmp[0]) {
        const char *base = getenv("TMPDIR");
        snprintf(tmp, sizeof tmp, "%s/spinexr-test-XXXXXX", base && base[0] ? base : "/tmp");
        if (!mkdtemp(tmp)) abort();
    }
    return tmp;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void check_tmp_remove(void) {
    if (tmp[0]) nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    tmp[0] = '\0';
}

static const char *ring(const char *dir, const char *name) {
    static char bufs[8][512];
    static unsigned next;
    char *b = bufs[next++ % 8];
    snprintf(b, sizeof bufs[0], "%s/%s", dir, name);
    return b;
}

const char *check_tmp_path(const char *name) {
    return ring(check_tmp(), name);
}

const char *check_golden(const char *name) {
    const char *dir = getenv("SPINEXR_GOLDEN");
    return ring(dir ? dir : "tests/golden", name);
}

const char *check_shared(const char *name) {
    const char *dir = getenv("SPINEXR_SHARED"), *golden = getenv("SPINEXR_GOLDEN");
    char beside[400];
    snprintf(beside, sizeof beside, "%s/../../../shared", golden ? golden : "tests/golden");
    const char *path = ring(dir ? dir : beside, name);
    return access(path, R_OK) == 0 ? path : NULL;
}
