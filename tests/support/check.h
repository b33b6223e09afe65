/* What every test file needs: cmocka, and asserts that print the message of an sx_error. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fail.h"

/* The static analyser does not see that a failed assert leaves the test. */
#ifdef __clang_analyzer__
#include <string.h>

_Noreturn void _fail(const char *file, int line);
_Noreturn void _skip(const char *file, int line);
#define ANALYSED(ok)                    ((ok) ? (void)0 : _fail("", 0))
#define _assert_true(ok, ...)           ANALYSED(ok)
#define _assert_int_equal(a, b, ...)    ANALYSED((a) == (b))
#define _assert_string_equal(a, b, ...) ANALYSED((a) && (b) && strcmp(a, b) == 0)
#endif

/* `expr` must succeed; prints err.message otherwise. */
#define CHECK_OK(expr, err)                                                                        \
    do {                                                                                           \
        if (!(expr)) fail_msg("%s failed: %s", #expr, (err).message);                              \
    } while (0)

/* `expr` must fail with this code and a message that contains `text`. */
#define CHECK_FAILS(expr, err, want, text)                                                         \
    do {                                                                                           \
        if (expr) fail_msg("%s succeeded", #expr);                                                 \
        check_error(&(err), want, text);                                                           \
    } while (0)

void check_error(const sx_error *err, sx_error_code want, const char *text);

/* The largest |got - want| over n values must be at most `bound`; prints where it is. */
void check_close_f32(const float *got, const float *want, size_t n, double bound, const char *what);

/* SHA-256 as text, in a static buffer. */
const char *check_sha256(const void *bytes, size_t n);

/* Leaves the test where the processor has no bf16. */
#define SKIP_WITHOUT_BF16()                                                                        \
    do {                                                                                           \
        if (!sx_plan_has_bf16()) skip();                                                           \
    } while (0)

/* A new folder below $TMPDIR, removed with all in it by check_tmp_remove. */
const char *check_tmp(void);
void check_tmp_remove(void);
/* check_tmp() + "/" + name, in a ring of static buffers. */
const char *check_tmp_path(const char *name);
/* The folder tests/golden + "/" + name, likewise. */
const char *check_golden(const char *name);
/* A file of the reference material ($SPINEXR_SHARED, or "shared" beside the source tree), or NULL
 * where there is none: tests of it are then skipped, and other films are used instead. */
const char *check_shared(const char *name);

#endif
