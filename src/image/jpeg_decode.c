#include "image/jpeg_decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "image/jpeg_check.h"
#include "image/jpeg_impl.h"

#include <jerror.h>

_Noreturn void sx_jpeg_leave(sx_jpeg_session *s) {
    longjmp(s->jump, 1);
}

static bool fail_truncated(sx_jpeg_session *s) {
    return sx_fail(s->err, SX_ERR_FORMAT, "%s: the JPEG file is truncated", s->name);
}

static _Noreturn void on_error(j_common_ptr c) {
    sx_jpeg_session *s = (sx_jpeg_session *)c->err;
    char text[JMSG_LENGTH_MAX];
    if (s->ended) {
        fail_truncated(s);
        sx_jpeg_leave(s);
    }
    c->err->format_message(c, text);
    switch (c->err->msg_code) {
    case JERR_NO_SOI:
        sx_fail(s->err, SX_ERR_FORMAT, "%s: not a JPEG file", s->name);
        break;
    case JERR_OUT_OF_MEMORY:
        sx_fail(s->err, SX_ERR_MEMORY, "%s: out of memory", s->name);
        break;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
        sx_fail(s->err, SX_ERR_UNSUPPORTED, "%s: this kind of JPEG is not supported (%s)", s->name,
                text);
        break;
    default:
        sx_fail(s->err, SX_ERR_FORMAT, "%s: damaged JPEG file (%s)", s->name, text);
    }
    sx_jpeg_leave(s);
}

/* libjpeg replaces missing or bad data and only warns; for a film that is an error. */
static void on_message(j_common_ptr c, int level) {
    sx_jpeg_session *s = (sx_jpeg_session *)c->err;
    if (level >= 0) return;
    switch (c->err->msg_code) {
    case JWRN_JPEG_EOF: /* libjpeg continues as if the file ended with EOI */
        s->ended = true;
        if (s->may_lack_end) break;
        on_error(c);
    case JWRN_EXTRANEOUS_DATA: /* sx_jpeg_check tells whether it is damage */
    case JWRN_TOO_MUCH_DATA:   /* these warnings do not concern the pixels */
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
        break;
    default:
        on_error(c);
    }
}

static void on_progress(j_common_ptr c) {
    sx_jpeg_session *s = (sx_jpeg_session *)c->err;
    if (c->is_decompressor && ((j_decompress_ptr)c)->input_scan_number > SX_JPEG_MAX_SCANS) {
        sx_fail(s->err, SX_ERR_LIMIT, "%s: a JPEG file of more than %d scans", s->name,
                (int)SX_JPEG_MAX_SCANS);
        sx_jpeg_leave(s);
    }
}

struct jpeg_error_mgr *sx_jpeg_hooks(sx_jpeg_session *s) {
    jpeg_std_error(&s->manager);
    s->manager.error_exit = on_error;
    s->manager.emit_message = on_message;
    s->progress.progress_monitor = on_progress;
    return &s->manager;
}

void sx_jpeg_read_header(sx_jpeg_session *s, size_t n) {
    j_decompress_ptr c = &s->c.in;
    c->progress = &s->progress;
    jpeg_read_header(c, TRUE);
    if (c->image_width > SX_IMAGE_MAX_SIDE || c->image_height > SX_IMAGE_MAX_SIDE) {
        sx_fail(s->err, SX_ERR_LIMIT, "%s: %u x %u pixels; at most %d a side are read", s->name,
                c->image_width, c->image_height, (int)SX_IMAGE_MAX_SIDE);
        sx_jpeg_leave(s);
    }
    /* A block of 64 pixels takes a bit at least. */
    if (!c->arith_code && (double)c->image_width * c->image_height > 512.0 * (double)n) {
        sx_fail(s->err, SX_ERR_FORMAT, "%s: %u x %u pixels cannot be in a JPEG file of %zu bytes",
                s->name, c->image_width, c->image_height, n);
        sx_jpeg_leave(s);
    }
}

/* Whether all bits of all coefficients were in the scans. */
static bool has_all_scans(const struct jpeg_decompress_struct *c) {
    for (int i = 0; c->progressive_mode && i < c->num_components; i++)
        for (int k = 0; k < DCTSIZE2; k++)
            if (c->coef_bits[i][k] != 0) return false;
    return true;
}

static void read_pixels(sx_jpeg_session *s, size_t n) {
    j_decompress_ptr c = &s->c.in;
    sx_jpeg_read_header(s, n);
    c->out_color_space = c->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    if (!sx_image_new(s->image, (int)c->image_width, (int)c->image_height,
                      c->num_components == 1 ? 1 : 3, 8, s->err)) {
        sx_fail_in(s->err, "%s", s->name);
        sx_jpeg_leave(s);
    }
    jpeg_start_decompress(c);
    const size_t row = (size_t)s->image->width * (size_t)s->image->channels;
    while (c->output_scanline < c->output_height) {
        JSAMPROW to = sx_image_u8(s->image) + c->output_scanline * row;
        jpeg_read_scanlines(c, &to, 1);
    }
    s->lacks_scans = !has_all_scans(c);
    jpeg_finish_decompress(c);
}

/* `s` itself does not change between setjmp and longjmp, only what it points to; the same holds in
 * encode below. */
static bool decode(sx_jpeg_session *s, const void *bytes, size_t n) {
    if (setjmp(s->jump)) return false;
    jpeg_create_decompress(&s->c.in);
    jpeg_mem_src(&s->c.in, bytes, (unsigned long)n);
    read_pixels(s, n);
    return true;
}

/* A file without EOI is read if nothing else is missing. */
static bool check(sx_jpeg_session *s, const void *bytes, size_t n) {
    bool examined;
    sx_error why = { 0 };
    const bool good = sx_jpeg_check(bytes, n, &examined, &why);
    if (s->ended && why.code != SX_ERR_MEMORY && (!good || !examined || s->lacks_scans))
        return fail_truncated(s);
    return good || sx_fail(s->err, why.code, "%s: %s", s->name, why.message);
}

bool sx_jpeg_decode(const void *bytes, size_t n, const char *name, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (n < 4 || memcmp(bytes, "\xff\xd8\xff", 3) != 0)
        return sx_fail(err, SX_ERR_FORMAT, "%s: not a JPEG file", name);
    sx_jpeg_session s = { .name = name, .image = out, .err = err, .may_lack_end = true };
    s.c.in.err = sx_jpeg_hooks(&s);
    bool ok = decode(&s, bytes, n);
    jpeg_destroy_decompress(&s.c.in);
    ok = ok && check(&s, bytes, n);
    if (!ok) sx_image_free(out);
    return ok;
}

bool sx_jpeg_read(const char *path, sx_image *out, sx_error *err) {
    sx_file f;
    *out = (sx_image){ 0 };
    if (!sx_file_open(&f, path, err)) return false;
    bool ok = sx_jpeg_decode(f.data, f.size, path, out, err);
    sx_file_close(&f);
    return ok;
}

static void write_pixels(sx_jpeg_session *s, const sx_image *im, int quality) {
    j_compress_ptr c = &s->c.out;
    c->image_width = (JDIMENSION)im->width;
    c->image_height = (JDIMENSION)im->height;
    c->input_components = im->channels;
    c->in_color_space = im->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, quality, TRUE);
    c->optimize_coding = TRUE;
    if (quality >= 90) c->comp_info[0].h_samp_factor = c->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(c, TRUE);
    const size_t row = (size_t)im->width * (size_t)im->channels;
    while (c->next_scanline < c->image_height) {
        JSAMPROW from = sx_image_u8(im) + c->next_scanline * row;
        jpeg_write_scanlines(c, &from, 1);
    }
    jpeg_finish_compress(c);
}

static bool encode(sx_jpeg_session *s, const sx_image *im, int quality) {
    if (setjmp(s->jump)) return false;
    jpeg_create_compress(&s->c.out);
    jpeg_mem_dest(&s->c.out, &s->file, &s->size);
    write_pixels(s, im, quality);
    return true;
}

bool sx_jpeg_encode(const sx_image *im, int quality, sx_str *out, sx_error *err) {
    if (im->bits != 8 || (im->channels != 1 && im->channels != 3))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "JPEG files hold no image of %d channels of %d bits", im->channels,
                       im->bits);
    sx_jpeg_session s = { .name = "JPEG file", .err = err };
    s.c.out.err = sx_jpeg_hooks(&s);
    bool ok = encode(&s, im, quality < 1 ? 1 : quality > 100 ? 100 : quality);
    jpeg_destroy_compress(&s.c.out);
    if (ok) sx_str_append(out, s.file, s.size);
    free(s.file);
    return ok && sx_str_ok(out, err);
}

bool sx_jpeg_write(const sx_image *im, int quality, const char *path, sx_error *err) {
    sx_str s = { 0 };
    bool ok = sx_jpeg_encode(im, quality, &s, err);
    ok = ok ? sx_write_file(path, s.data, s.len, err) : sx_fail_in(err, "%s", path);
    sx_str_free(&s);
    return ok;
}
