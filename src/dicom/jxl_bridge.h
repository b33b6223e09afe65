/* The bridge to libjxl, whose functions may throw although they are called from C. */
#ifndef SX_DICOM_JXL_BRIDGE_H
#define SX_DICOM_JXL_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the header of a stream says. */
typedef struct sx_jxl_info {
    uint32_t columns, rows;
    int bits;     /* of a sample */
    int channels; /* of colour: 1 or 3 */
    bool is_float, animated, extra /* channels */, has_preview, turned /* not upright */;
    bool lossy; /* coded in the colour space XYB, which is never exact */
} sx_jxl_info;

/* What the bridge asks of the rest of the program. The calls must not throw. */
typedef void sx_jxl_range_fn(void *work, size_t begin, size_t end);
typedef struct sx_jxl_host {
    void *user;
    int threads; /* at least 1 */
    /* base/context_impl.h: sx_parallel_for with a grain of 1, and sx_context_check; any thread */
    void (*parallel)(void *user, size_t n, sx_jxl_range_fn *fn, void *work);
    bool (*go_on)(void *user, sx_error *err);
    /* Called with the header, before memory for pixels is allocated; false with an error: stop. */
    bool (*check)(void *user, const sx_jxl_info *info, sx_error *err);
    /* Called with the codestream from its first frame on, before that is decoded. */
    bool (*check_frames)(void *user, const uint8_t *frames, size_t n, const sx_jxl_info *info,
                         sx_error *err);
} sx_jxl_host;

typedef struct sx_jxl_job {
    const uint8_t *data; /* [n]: a codestream */
    size_t n;
    sx_jxl_host host;
    /* [pixels] of uint8_t or uint16_t, spread over the whole range of the type */
    void *out;
    int out_bits; /* 8 or 16 */
    size_t pixels;
    sx_jxl_info info; /* result */
} sx_jxl_job;

/* Decodes the only frame of a grey image. SX_ERR_FORMAT: damaged or truncated; SX_ERR_UNSUPPORTED:
 * several frames or layers, or lossy with an ICC profile; SX_ERR_MEMORY; SX_ERR_CANCELLED. */
bool sx_jxl_decode(sx_jxl_job *job, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
