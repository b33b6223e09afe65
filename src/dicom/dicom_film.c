#include "dicom/dicom_film.h"

#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/stand_in.h"
#include "dicom/attributes.h"
#include "dicom/decode.h"
#include "dicom/elements.h"
#include "dicom/film_warnings.h"
#include "dicom/inflate.h"
#include "dicom/picture.h"
#include "dicom/pixel_form.h"
#include "dicom/stored_bits.h"
#include "dicom/streams.h"
#include "dicom/syntax.h"

static void *alloc_samples(const sx_film *f, sx_error *err) {
    size_t n = (size_t)f->height * (size_t)f->width;
    void *p = sx_aligned_alloc(n * (size_t)f->info.bits_allocated / 8);
    if (!p) sx_fail(err, SX_ERR_MEMORY, "out of memory for %zu pixels", n);
    return p;
}

/* ---- native pixels ---- */

typedef struct swapping {
    const uint8_t *from;
    uint16_t *to;
} swapping;

static void swap_range(void *ctx, size_t begin, size_t end) {
    const swapping *s = ctx;
    for (size_t i = begin; i < end; i++)
        s->to[i] = (uint16_t)(s->from[2 * i] << 8 | s->from[2 * i + 1]);
}

static void copy_little(void *ctx, size_t begin, size_t end) {
    const swapping *s = ctx;
    for (size_t i = begin; i < end; i++)
        s->to[i] = (uint16_t)(s->from[2 * i] | s->from[2 * i + 1] << 8);
}

static bool read_native(sx_film *f, const sx_dataset *d, const sx_element *e, sx_error *err) {
    const sx_film_info *info = &f->info;
    size_t n = (size_t)info->rows * (size_t)info->columns,
           bytes = n * (size_t)info->bits_allocated / 8;
    size_t all = bytes * (size_t)info->frames;
    if (d->claimed < all)
        return sx_fail(err, SX_ERR_FORMAT,
                       "the pixel data have %zu bytes; %d x %d pixels of %d bits need %zu",
                       d->claimed, info->columns, info->rows, info->bits_allocated, all);
    if (e->n < d->claimed && e->n < all)
        return sx_fail(err, SX_ERR_FORMAT,
                       "truncated: the pixel data claim %zu bytes, %zu are left", d->claimed, e->n);
    /* only now: a false size must not allocate memory */
    f->samples = alloc_samples(f, err);
    if (!f->samples) return false;
    const uint8_t *from = e->value + bytes * (size_t)(f->frame - 1);
    swapping s = { from, f->samples };
    if (info->bits_allocated == 8) {
        /* big-endian writers put 8-bit values into words (PS3.5 8.1.1), if the VR is OW */
        memcpy(f->samples, from, bytes);
        if (info->big_endian && e->vr[1] == 'W')
            for (size_t i = 0; i < n; i++) {
                const size_t at = (bytes * (size_t)(f->frame - 1) + i) ^ 1;
                if (at < e->n) ((uint8_t *)f->samples)[i] = e->value[at];
            }
    } else {
        sx_parallel_for(f->context, n, 1 << 20, info->big_endian ? swap_range : copy_little, &s);
    }
    return true;
}

/* ---- compressed pixels ---- */

/* Even a blank film of 16 million pixels takes about a kilobyte. If a stream claims far more pixels
 * in far fewer bytes, it is meant to exhaust memory. */
static bool check_plausible(const sx_frame *f, const sx_frame_format *format, sx_error *err) {
    size_t n = (size_t)format->rows * (size_t)format->columns;
    if (n <= (size_t)1 << 24 || n / 16384 <= f->n) return true;
    return sx_fail(err, SX_ERR_FORMAT,
                   "%zu bytes of compressed pixel data cannot hold %d x %d pixels", f->n,
                   format->columns, format->rows);
}

static bool decode(const sx_frame *frame, const sx_frame_format *format, sx_codec codec,
                   sx_stream_facts *facts, void *out, sx_error *err) {
    switch (codec) {
    case SX_CODEC_RLE:
        return sx_decode_rle(frame, format, out, err);
    case SX_CODEC_JPEG_2000:
        return sx_decode_jpeg2000(frame, format, facts, out, err);
    case SX_CODEC_JPEG_XL:
        return sx_decode_jpegxl(frame, format, facts, out, err);
    case SX_CODEC_JPEG:
    case SX_CODEC_JPEG_LS:
        return sx_decode_jpeg(frame, format, facts, out, err);
    default:
        return sx_fail(
            err, SX_ERR_FORMAT,
            "the compressed pixel data are no stream of JPEG, JPEG-LS, JPEG 2000, JPEG XL or RLE");
    }
}

/* The most halvings with which the shorter side stays at least `least`. */
static void choose_size(sx_film *f, const sx_frame *frame, int least) {
    const int shorter = f->width < f->height ? f->width : f->height;
    if (least < 1 || shorter / 2 < least) return;
    const int levels = sx_jpeg2000_levels(frame);
    while (f->halvings < levels && shorter >> (f->halvings + 1) >= least)
        f->halvings++;
    const int more = (1 << f->halvings) - 1;
    f->width = (f->width + more) >> f->halvings;
    f->height = (f->height + more) >> f->halvings;
}

static void take_facts(sx_film *f, sx_codec codec, const sx_stream_facts *facts) {
    sx_film_info *info = &f->info;
    /* streams of JPEG 2000 do not tell, and those of JPEG XL only if they are lossy in XYB */
    if (codec == SX_CODEC_JPEG_XL)
        info->lossy_stream = info->lossy_stream || facts->lossy;
    else if (codec != SX_CODEC_JPEG_2000)
        info->lossy_stream = facts->lossy;
    info->lossy = info->lossy || info->lossy_stream;
    sx_film_settle_stored_bits(f, facts->precision);
}

/* The frame's first bytes determine the compression; the transfer syntax is used only if they are
 * unknown, and its decoder then reports the error. */
static bool decode_frame(sx_film *f, const sx_frame *frame, const sx_syntax *syntax, int least,
                         sx_error *err) {
    const sx_film_info *info = &f->info;
    const sx_codec own = sx_stream_codec(frame->data, frame->n),
                   codec = own != SX_CODEC_NONE ? own : syntax->codec;
    sx_frame_format format = { info->rows,        info->columns,   info->bits_allocated,
                               info->bits_stored, info->is_signed, 0,
                               f->context };
    sx_stream_facts facts = { 0 };
    if (!check_plausible(frame, &format, err)) return false;
    if (codec == SX_CODEC_JPEG_2000) choose_size(f, frame, least);
    format.halvings = f->halvings;
    f->samples = alloc_samples(f, err);
    if (!f->samples || !decode(frame, &format, codec, &facts, f->samples, err)) return false;
    take_facts(f, codec, &facts);
    return true;
}

static bool read_compressed(sx_film *f, const sx_syntax *syntax, const sx_dataset *d, int least,
                            sx_error *err) {
    sx_frame frame;
    if (!sx_pixels_get_frame(&f->info, syntax, d, f->frame, &frame, err)) return false;
    const bool ok = decode_frame(f, &frame, syntax, least, err);
    sx_frame_free(&frame);
    return ok;
}

/* ---- DICOM ---- */

static bool choose_frame(sx_film *f, int wanted, sx_error *err) {
    int frames = f->info.frames;
    if (wanted < 0 || wanted > frames)
        return sx_fail(err, SX_ERR_USAGE, "there is no frame %d; frames are 1 to %d", wanted,
                       frames);
    if (wanted == 0 && frames > 1)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "holds %d frames; --frame 1..%d selects one, for every film of the run",
                       frames, frames);
    f->frame = wanted ? wanted : 1;
    return true;
}

static bool read_pixels(sx_film *f, const sx_dataset *d, const sx_syntax *syntax,
                        const sx_film_options *o, sx_error *err) {
    if (!syntax) return sx_fail(err, SX_ERR_UNSUPPORTED, "an unknown transfer syntax");
    if (!sx_film_check_info(&f->info, err) || !choose_frame(f, o->frame, err)) return false;
    bool bytes = f->info.bits_allocated == 8;
    f->sample = bytes ? (f->info.is_signed ? SX_SAMPLE_S8 : SX_SAMPLE_U8)
                      : (f->info.is_signed ? SX_SAMPLE_S16 : SX_SAMPLE_U16);
    if (sx_pixels_are_compressed(&f->info, syntax, d))
        return read_compressed(f, syntax, d, o->least_side, err);
    f->info.lossy_stream = false; /* whatever the transfer syntax says */
    if (!read_native(f, d, sx_dataset_find(d, SX_TAG_PIXEL_DATA), err)) return false;
    sx_film_settle_stored_bits(f, 0);
    return true;
}

static void warn_of_window(const sx_film *f) {
    if (f->info.window_passed_over && !f->info.voi_lut.count)
        sx_film_warn(f,
                     "the first window has the width %g, which the standard forbids; the window "
                     "%g, width %g, is used",
                     f->info.passed_over_width, f->info.window_center, f->info.window_width);
}

static void warn_of_lut(const sx_film *f, const sx_film_lut *lut, const char *name,
                        const char *instead) {
    if (lut->without_data && !lut->count && !lut->undescribed)
        sx_film_warn(f, "the %s has no LUT Data (0028,3006) and is not used; %s", name, instead);
}

static void warn_of_luts(const sx_film *f) {
    warn_of_lut(f, &f->info.modality_lut, "Modality LUT", "values are those of the rescale");
    char window[120] = "the window is";
    if (!f->info.window_count)
        snprintf(window, sizeof window, "there is no window either");
    else if (!sx_film_window_usable(&f->info))
        snprintf(window, sizeof window,
                 "nor is the window, which has the width %g, which the standard forbids",
                 f->info.window_width);
    else if (f->info.voi_function == SX_VOI_OTHER) /* --pixels decides whether it is used */
        snprintf(window, sizeof window, "there is a window");
    warn_of_lut(f, &f->info.voi_lut, "VOI LUT", window);
}

/* What is doubtful in the header. */
static void warn_of_header(const sx_film *f) {
    const sx_film_info *info = &f->info;
    const uint32_t tag = info->guessed_text;
    if (f->kind != SX_FILM_DICOM) return;
    if (tag)
        sx_film_warn(f,
                     "the text of (%04X,%04X) has bytes that its SpecificCharacterSet \"%.64s\" "
                     "does not define; they are read as Latin 1",
                     tag >> 16, tag & 0xFFFF, info->charset);
    if (!info->has_pixels || !sx_film_grey_is_assumed(info)) return;
    if (info->photometric[0])
        sx_film_warn(f,
                     "PhotometricInterpretation is \"%s\", which the standard does not have; it is "
                     "taken as MONOCHROME2",
                     info->photometric);
    else
        sx_film_warn(f, "PhotometricInterpretation is absent or empty; it is taken as MONOCHROME2");
}

static bool read_dataset(sx_film *f, const sx_dataset *d, const sx_syntax *syntax,
                         const sx_film_options *o, sx_error *err) {
    if (!sx_film_read_info(&f->info, d, err)) return false;
    if (syntax && syntax->lossy) f->info.lossy = f->info.lossy_stream = true;
    f->width = f->info.columns > 0 ? f->info.columns : 0;
    f->height = f->info.rows > 0 ? f->info.rows : 0;
    if (o->header_only) return true;
    if (!read_pixels(f, d, syntax, o, err)) return false;
    warn_of_window(f);
    warn_of_luts(f);
    return true;
}

static bool read_dicom(sx_film *f, const sx_part10 *p, const uint8_t *bytes, size_t n,
                       const sx_film_options *o, sx_error *err) {
    const sx_syntax *syntax = sx_syntax_of(p, o->header_only ? NULL : err);
    uint8_t *inflated = NULL;
    sx_dataset d;
    f->kind = SX_FILM_DICOM;
    if (!syntax && !o->header_only) return false;
    memcpy(f->info.transfer_syntax, syntax ? syntax->uid : p->transfer_syntax,
           strlen(syntax ? syntax->uid : p->transfer_syntax) + 1);
    f->info.big_endian = syntax && syntax->big_endian;
    bytes += p->dataset;
    n -= p->dataset;
    if (syntax && syntax->deflated) {
        if (!sx_inflate(bytes, n, o->header_only, &inflated, &n, err)) return false;
        bytes = inflated;
    }
    bool ok =
        sx_dataset_read(&d, bytes, n, !(syntax && syntax->implicit), f->info.big_endian, true, err);
    f->info.big_endian = ok && d.big_endian;
    if (ok) ok = read_dataset(f, &d, syntax, o, err);
    sx_dataset_free(&d);
    free(inflated);
    return ok;
}

/* ---- any film ---- */

static bool read_bytes(sx_film *f, const uint8_t *bytes, size_t n, const sx_film_options *o,
                       sx_error *err) {
    sx_part10 p;
    if (n == 0) return sx_fail(err, SX_ERR_FORMAT, "the file is empty");
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    if (!p.is_dicom) return sx_fail(err, SX_ERR_FORMAT, "not a DICOM, PNG or JPEG file");
    return read_dicom(f, &p, bytes, n, o, err);
}

sx_film *sx_film_from_memory(const void *bytes, size_t n, const char *name,
                             const sx_film_options *options, sx_error *err) {
    static const sx_film_options defaults = { 0 };
    sx_film *f = sx_calloc_for(1, sizeof *f, name, err);
    if (!f) return NULL;
    const sx_film_options *o = options ? options : &defaults;
    f->context = o->context;
    f->warnings = o->warnings;
    f->name = sx_strdup(name);
    bool ok = f->name || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", name);
    if (!ok) {
        sx_film_free(f);
        return NULL;
    }
    if (sx_picture_kind(bytes, n, &f->kind)) {
        ok = o->frame >= 0 && o->frame <= 1;
        if (!ok)
            sx_fail(err, SX_ERR_USAGE, "%s: there is no frame %d in a picture", name, o->frame);
        ok = ok && sx_picture_read(f, bytes, n, name, o->header_only, err);
    } else {
        const char *const other = sx_stand_in(bytes, n);
        ok = other ? sx_fail(err, SX_ERR_FORMAT, "%s", other) : read_bytes(f, bytes, n, o, err);
        if (!ok) sx_fail_in(err, "%s", name);
        /* a header that is read alone may be read several times: open_header() */
        if (ok && !o->header_only) warn_of_header(f);
    }
    if (ok) return f;
    sx_film_free(f);
    return NULL;
}

/* Whether the beginning of a file was too short for its header. */
static bool needs_more(const sx_file_head *h, const sx_film *f, const sx_error *why) {
    sx_part10 p;
    sx_film_kind kind;
    if (h->whole) return false;
    if (f) return f->kind == SX_FILM_DICOM && !f->info.has_pixels;
    if (why->code != SX_ERR_FORMAT) return false;
    /* if the first bytes are not those of a film, more bytes cannot change that */
    return sx_picture_kind(h->file.data, h->file.size, &kind) ||
           !sx_part10_read(&p, h->file.data, h->file.size, NULL) || p.is_dicom;
}

static const char *name_of(const char *path, const sx_film_options *options) {
    return options && options->name ? options->name : path;
}

static sx_film *open_header(const char *path, const sx_film_options *options, sx_error *err) {
    sx_file_head h;
    sx_error why = { 0 };
    const char *const name = name_of(path, options);
    if (!sx_file_head_open(&h, path, err)) return NULL;
    sx_film *f = sx_film_from_memory(h.file.data, h.file.size, name, options, &why);
    bool ok = true;
    while (ok && needs_more(&h, f, &why)) {
        sx_film_free(f);
        f = NULL;
        why = (sx_error){ 0 };
        ok = sx_file_head_more(&h, &why);
        if (ok) f = sx_film_from_memory(h.file.data, h.file.size, name, options, &why);
    }
    sx_file_head_close(&h);
    if (f) warn_of_header(f);
    if (!f && err) *err = why;
    return f;
}

static sx_film *open_whole(const char *path, const sx_film_options *options, sx_error *err) {
    sx_file file;
    if (!sx_file_open(&file, path, err)) return NULL;
    sx_film *f = sx_film_from_memory(file.data, file.size, name_of(path, options), options, err);
    sx_file_close(&file);
    return f;
}

sx_film *sx_film_open(const char *path, const sx_film_options *options, sx_error *err) {
    sx_error why = { 0 };
    const bool header_only = options && options->header_only;
    sx_film *f = header_only ? open_header(path, options, &why) : open_whole(path, options, &why);
    if (f) return f;
    /* what ran out of memory below does not know the film */
    const char *const name = name_of(path, options);
    if (why.code == SX_ERR_MEMORY && !sx_starts_with(why.message, name))
        sx_fail(err, why.code, "%s: %s", name, why.message);
    else
        sx_fail(err, why.code, "%s", why.message);
    return NULL;
}

void sx_film_free(sx_film *f) {
    if (!f) return;
    sx_film_free_info(&f->info);
    sx_image_free(&f->image);
    sx_aligned_free(f->samples);
    free(f->name);
    free(f);
}
