/* JPEG XL (ISO/IEC 18181) with libjxl: films of one grey channel of 1 to 16 bits. */
#include "base/context_impl.h"
#include "dicom/decode.h"
#include "dicom/jxl_bridge.h"
#include "dicom/jxl_frames.h"

static bool check(const sx_jxl_info *i, const sx_frame_format *f, sx_error *err) {
    const char *const extra = i->is_float      ? "floating-point values"
                              : i->animated    ? "an animation"
                              : i->extra       ? "extra channels, such as transparency"
                              : i->has_preview ? "a preview"
                              : i->turned      ? "an orientation"
                                               : NULL;
    if (i->channels != 1)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG XL stream has %d colour channels, the header says 1", i->channels);
    if (extra)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "a JPEG XL stream with %s; only plain grey images are read", extra);
    if (i->columns != (uint32_t)f->columns || i->rows != (uint32_t)f->rows)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG XL stream is %u x %u pixels, the header says %d x %d", i->columns,
                       i->rows, f->columns, f->rows);
    if (i->bits < 1 || i->bits > f->bits_allocated)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG XL stream has %d bits a sample, the header allocates %d", i->bits,
                       f->bits_allocated);
    return true;
}

static bool check_info(void *user, const sx_jxl_info *info, sx_error *err) {
    return check(info, user, err);
}

static bool check_frames(void *user, const uint8_t *frames, size_t n, const sx_jxl_info *info,
                         sx_error *err) {
    (void)user;
    return sx_jxl_check_frames(frames, n, info, err);
}

static void parallel(void *user, size_t n, sx_jxl_range_fn *fn, void *work) {
    const sx_frame_format *f = user;
    sx_parallel_for(f->context, n, 1, fn, work);
}

static bool go_on(void *user, sx_error *err) {
    const sx_frame_format *f = user;
    return sx_context_check(f->context, err);
}

typedef struct narrowing {
    void *samples;
    bool bytes;
    uint32_t highest; /* of the stream's precision */
    int sign;         /* 0: unsigned */
} narrowing;

/* libjxl spreads values over the range of their type; here they become those of the stream. As in
 * JPEG 2000, the DICOM header determines whether they are signed. */
static void narrow(void *ctx, size_t begin, size_t end) {
    const narrowing *n = ctx;
    const uint32_t top = n->bytes ? 255 : 65535, half = top / 2;
    uint8_t *restrict bytes = n->samples;
    uint16_t *restrict words = n->samples;
    if (n->bytes)
        for (size_t i = begin; i < end; i++)
            bytes[i] = (uint8_t)((int)((bytes[i] * n->highest + half) / top ^ n->sign) - n->sign);
    else
        for (size_t i = begin; i < end; i++)
            words[i] = (uint16_t)((int)((words[i] * n->highest + half) / top ^ n->sign) - n->sign);
}

bool sx_decode_jpegxl(const sx_frame *f, const sx_frame_format *format, sx_stream_facts *facts,
                      void *out, sx_error *err) {
    const size_t pixels = (size_t)format->rows * (size_t)format->columns;
    sx_frame_format wanted = *format;
    sx_frame code;
    if (!sx_jxl_find_codestream(f, &code, err)) return false;
    sx_jxl_job job = { .data = code.data,
                       .n = code.n,
                       .host = { &wanted, sx_threads_of(format->context), parallel, go_on,
                                 check_info, check_frames },
                       .out = out,
                       .out_bits = format->bits_allocated,
                       .pixels = pixels };
    const bool ok = sx_jxl_decode(&job, err);
    sx_frame_free(&code);
    if (!ok) return false;
    narrowing n = { out, format->bits_allocated == 8, (1u << job.info.bits) - 1, 0 };
    if (format->is_signed) n.sign = 1 << (job.info.bits - 1);
    if (n.sign || job.info.bits != format->bits_allocated)
        sx_parallel_for(format->context, pixels, 1 << 18, narrow, &n);
    facts->precision = job.info.bits;
    facts->lossy = job.info.lossy;
    return true;
}
