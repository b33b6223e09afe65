// The bridge to libjxl (0.7): memory that it does not get makes it throw, also in our threads.
#include "dicom/jxl_bridge.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>

#include <jxl/decode.h>

#include "base/mem.h"

namespace {

typedef std::unique_ptr<JxlDecoder, void (*)(JxlDecoder *)> Decoder;

// ---- threads ----

// Calls of a function for a range of numbers, by several threads.
struct Calls {
    const sx_jxl_host *host;
    void *of;
    JxlParallelRunFunction function;
    std::atomic<uint32_t> next;
    uint32_t end;
    std::atomic<bool> failed;
};

// The calls of threads begin..end - 1, as long as there are any.
void make_calls(void *user, size_t begin, size_t end) {
    Calls &c = *static_cast<Calls *>(user);
    for (size_t thread = begin; thread < end; thread++)
        for (uint32_t i = c.next++; i < c.end && !c.failed; i = c.next++)
            try {
                if (c.host->go_on(c.host->user, NULL))
                    c.function(c.of, i, thread);
                else
                    c.failed = true;
            } catch (...) { // must not leave a thread
                c.failed = true;
            }
}

struct Threads {
    const sx_jxl_host *host;
    bool failed;
};

JxlParallelRetCode run_parallel(void *user, void *of, JxlParallelRunInit init,
                                JxlParallelRunFunction function, uint32_t begin, uint32_t end) {
    Threads &t = *static_cast<Threads *>(user);
    if (begin >= end) return 0;
    const uint32_t threads = std::min(static_cast<uint32_t>(t.host->threads), end - begin);
    if (init(of, threads) != 0) return -1;
    Calls c = { t.host, of, function, { begin }, end, { false } };
    t.host->parallel(t.host->user, threads, make_calls, &c);
    t.failed = t.failed || c.failed;
    return c.failed ? -1 : 0;
}

// ---- decoding ----

// libjxl aborts the process if it gets no memory for the image itself, so that it is tried before.
// It was seen to use 18 bytes for a pixel, the result included.
enum { BYTES_PER_PIXEL = 24, BYTES_AT_LEAST = 16 << 20 };

bool fail_damaged(sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "the JPEG XL stream cannot be decoded");
}

bool read_info(JxlDecoder *d, sx_jxl_job &job, sx_error *err) {
    JxlBasicInfo b;
    if (JxlDecoderGetBasicInfo(d, &b) != JXL_DEC_SUCCESS) return fail_damaged(err);
    sx_jxl_info &i = job.info;
    i.columns = b.xsize;
    i.rows = b.ysize;
    i.bits = static_cast<int>(b.bits_per_sample);
    i.channels = static_cast<int>(b.num_color_channels);
    i.is_float = b.exponent_bits_per_sample > 0;
    i.animated = b.have_animation;
    i.extra = b.num_extra_channels > 0;
    i.has_preview = b.have_preview;
    i.turned = b.orientation != JXL_ORIENT_IDENTITY;
    i.lossy = !b.uses_original_profile;
    if (!job.host.check(job.host.user, &i, err)) return false;
    return sx_memory_to_spare(job.pixels * BYTES_PER_PIXEL + BYTES_AT_LEAST) ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for %zu pixels", job.pixels);
}

// After the colour encoding the decoder is at the first frame.
bool check_first(JxlDecoder *d, const sx_jxl_job &job, sx_error *err) {
    const size_t left = JxlDecoderReleaseInput(d);
    const uint8_t *const at = job.data + (job.n - left);
    return job.host.check_frames(job.host.user, at, left, &job.info, err) &&
           (JxlDecoderSetInput(d, at, left) == JXL_DEC_SUCCESS || fail_damaged(err));
}

// From XYB libjxl converts to an enumerated colour space, but not to that of a profile.
bool check_colour(JxlDecoder *d, const sx_jxl_job &job, const JxlPixelFormat &format,
                  sx_error *err) {
    JxlColorEncoding colour;
    if (!job.info.lossy ||
        JxlDecoderGetColorAsEncodedProfile(d, &format, JXL_COLOR_PROFILE_TARGET_ORIGINAL,
                                           &colour) == JXL_DEC_SUCCESS)
        return true;
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "a lossy JPEG XL stream with an ICC profile: its grey values depend on the "
                   "profile");
}

// Frames may be larger than the image.
bool check_frame(JxlDecoder *d, const sx_jxl_job &job, sx_error *err) {
    JxlFrameHeader h;
    if (JxlDecoderGetFrameHeader(d, &h) != JXL_DEC_SUCCESS) return fail_damaged(err);
    if (h.is_last && !h.layer_info.have_crop && h.layer_info.xsize == job.info.columns &&
        h.layer_info.ysize == job.info.rows)
        return true;
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "a JPEG XL stream of several frames or layers; only one of the image's size is "
                   "read");
}

bool set_output(JxlDecoder *d, const sx_jxl_job &job, const JxlPixelFormat &format, sx_error *err) {
    const size_t bytes = job.pixels * static_cast<size_t>(job.out_bits) / 8;
    size_t needed = 0;
    if (JxlDecoderImageOutBufferSize(d, &format, &needed) == JXL_DEC_SUCCESS && needed == bytes &&
        JxlDecoderSetImageOutBuffer(d, &format, job.out, bytes) == JXL_DEC_SUCCESS)
        return true;
    return fail_damaged(err);
}

bool fail_stopped(const sx_jxl_job &job, const Threads &t, sx_error *err) {
    if (!job.host.go_on(job.host.user, err)) return false;
    return t.failed ? sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG XL stream")
                    : fail_damaged(err);
}

// The input is never closed: libjxl prints a message if it ends early.
bool decode(JxlDecoder *d, sx_jxl_job &job, const Threads &t, sx_error *err) {
    const JxlPixelFormat format = { 1, job.out_bits == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16,
                                    JXL_NATIVE_ENDIAN, 0 };
    for (bool ok = true; ok;)
        switch (JxlDecoderProcessInput(d)) {
        case JXL_DEC_BASIC_INFO:
            ok = read_info(d, job, err);
            break;
        case JXL_DEC_COLOR_ENCODING:
            ok = check_colour(d, job, format, err) && check_first(d, job, err);
            break;
        case JXL_DEC_FRAME:
            ok = check_frame(d, job, err);
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            ok = set_output(d, job, format, err);
            break;
        case JXL_DEC_FULL_IMAGE:
            return true;
        case JXL_DEC_NEED_MORE_INPUT:
            return sx_fail(err, SX_ERR_FORMAT, "the JPEG XL stream is incomplete");
        default:
            return fail_stopped(job, t, err);
        }
    return false;
}

bool prepare(JxlDecoder *d, const sx_jxl_job &job, Threads &t) {
    return JxlDecoderSetParallelRunner(d, run_parallel, &t) == JXL_DEC_SUCCESS &&
           JxlDecoderSubscribeEvents(d, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING |
                                            JXL_DEC_FRAME | JXL_DEC_FULL_IMAGE) ==
               JXL_DEC_SUCCESS &&
           JxlDecoderSetKeepOrientation(d, JXL_TRUE) == JXL_DEC_SUCCESS &&
           JxlDecoderSetCoalescing(d, JXL_FALSE) == JXL_DEC_SUCCESS &&
           JxlDecoderSetInput(d, job.data, job.n) == JXL_DEC_SUCCESS;
}

} // namespace

extern "C" bool sx_jxl_decode(sx_jxl_job *job, sx_error *err) {
    Threads threads = { &job->host, false };
    try {
        const Decoder d(JxlDecoderCreate(NULL), JxlDecoderDestroy);
        if (!d || !prepare(d.get(), *job, threads))
            return sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG XL stream");
        return decode(d.get(), *job, threads, err);
    } catch (const std::bad_alloc &) {
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG XL stream");
    } catch (...) {
        return fail_damaged(err);
    }
}
