/* JPEG 2000 (ITU-T T.800) and High-Throughput JPEG 2000 (T.814) with OpenJPEG: code blocks and
 * wavelet rows on all threads. */
#include <openjpeg.h>
#include <stdio.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "dicom/decode.h"
#include "dicom/streams.h"

/* ---- a stream over memory ---- */

typedef struct memory {
    const uint8_t *data;
    size_t n, at;
} memory;

static OPJ_SIZE_T mem_read(void *out, OPJ_SIZE_T n, void *ctx) {
    memory *m = ctx;
    size_t left = m->n - m->at;
    if (left == 0) return (OPJ_SIZE_T)-1;
    if (n > left) n = left;
    memcpy(out, m->data + m->at, n);
    m->at += n;
    return n;
}

static OPJ_OFF_T mem_skip(OPJ_OFF_T n, void *ctx) {
    memory *m = ctx;
    if (n < 0 || m->at == m->n) return -1;
    size_t left = m->n - m->at;
    if ((uint64_t)n > left) n = (OPJ_OFF_T)left;
    m->at += (size_t)n;
    return n;
}

static OPJ_BOOL mem_seek(OPJ_OFF_T to, void *ctx) {
    memory *m = ctx;
    if (to < 0 || (uint64_t)to > m->n) return OPJ_FALSE;
    m->at = (size_t)to;
    return OPJ_TRUE;
}

static opj_stream_t *open_stream(memory *m) {
    /* OpenJPEG copies through its buffer; with 1 MB there are few copies */
    size_t buffer = m->n < (1 << 20) ? m->n : (size_t)1 << 20;
    opj_stream_t *s = opj_stream_create(buffer ? buffer : 1, OPJ_TRUE);
    if (!s) return NULL;
    opj_stream_set_user_data(s, m, NULL);
    opj_stream_set_user_data_length(s, m->n);
    opj_stream_set_read_function(s, mem_read);
    opj_stream_set_skip_function(s, mem_skip);
    opj_stream_set_seek_function(s, mem_seek);
    return s;
}

/* ---- decoding ---- */

typedef struct decoder {
    opj_codec_t *codec;
    opj_stream_t *stream;
    opj_image_t *image;
    char said[200]; /* OpenJPEG's first error message */
} decoder;

static void on_error(const char *message, void *ctx) {
    decoder *d = ctx;
    if (d->said[0]) return;
    snprintf(d->said, sizeof d->said, ": %s", message);
    d->said[strcspn(d->said, "\n")] = '\0';
}

static bool fail(const decoder *d, const char *what, sx_error *err) {
    if (strstr(d->said, "memory") || strstr(d->said, "allocat"))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG 2000 stream");
    return sx_fail(err, SX_ERR_FORMAT, "the JPEG 2000 stream %s%s", what, d->said);
}

static void on_silence(const char *message, void *ctx) {
    (void)message, (void)ctx;
}

/* Before OpenJPEG reads the header, because it allocates memory for each component of each tile. A
 * tile-part takes at least 14 bytes (SOT and SOD). */
static bool check_stream(const sx_frame *f, sx_error *err) {
    sx_jpeg2000_header h;
    if (!sx_jpeg2000_find_header(f->data, f->n, &h))
        return sx_fail(err, SX_ERR_FORMAT, "the JPEG 2000 stream has a bad header");
    if (h.components != 1)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG 2000 stream has %d components, the header says 1", h.components);
    if (h.tiles > h.bytes / 14)
        return sx_fail(err, SX_ERR_FORMAT, "a JPEG 2000 stream of %zu bytes cannot hold %llu tiles",
                       h.bytes, (unsigned long long)h.tiles);
    return sx_htj2k_check(f->data + (f->n - h.bytes), h.bytes, err);
}

static bool check(const opj_image_t *im, const sx_frame_format *f, sx_error *err) {
    if (im->numcomps != 1)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG 2000 stream has %u components, the header says 1", im->numcomps);
    const opj_image_comp_t *c = &im->comps[0];
    if (c->dx != 1 || c->dy != 1 || im->x1 - im->x0 != (OPJ_UINT32)f->columns ||
        im->y1 - im->y0 != (OPJ_UINT32)f->rows)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG 2000 stream is %u x %u pixels, the header says %d x %d",
                       im->x1 - im->x0, im->y1 - im->y0, f->columns, f->rows);
    if (c->prec < 1 || c->prec > (OPJ_UINT32)f->bits_allocated)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG 2000 stream has %u bits a sample, the header allocates %d",
                       c->prec, f->bits_allocated);
    return true;
}

typedef struct narrowing {
    const OPJ_INT32 *from;
    void *to;
    bool bytes;
    OPJ_INT32 mask, sign; /* of the stream's precision; sign 0: unsigned */
} narrowing;

/* Extracts a value with the bits of the stream's precision. The DICOM header, not the stream,
 * determines whether it is signed, because some writers put signed values into unsigned streams, or
 * the reverse. */
static void narrow(void *ctx, size_t begin, size_t end) {
    const narrowing *n = ctx;
    const OPJ_INT32 *restrict from = n->from;
    uint8_t *restrict to8 = n->to;
    uint16_t *restrict to16 = n->to;
    if (n->bytes)
        for (size_t i = begin; i < end; i++)
            to8[i] = (uint8_t)(((from[i] & n->mask) ^ n->sign) - n->sign);
    else
        for (size_t i = begin; i < end; i++)
            to16[i] = (uint16_t)(((from[i] & n->mask) ^ n->sign) - n->sign);
}

static decoder open_decoder(const sx_frame *f, memory *m) {
    bool raw = f->n >= 2 && f->data[0] == 0xFF && f->data[1] == 0x4F;
    *m = (memory){ f->data, f->n, 0 };
    return (decoder){ .codec = opj_create_decompress(raw ? OPJ_CODEC_J2K : OPJ_CODEC_JP2),
                      .stream = open_stream(m) };
}

static void close_decoder(decoder *d) {
    if (d->image) opj_image_destroy(d->image);
    if (d->stream) opj_stream_destroy(d->stream);
    if (d->codec) opj_destroy_codec(d->codec);
}

static bool read_header(decoder *d, int threads, sx_error *err) {
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    if (!d->codec || !d->stream)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG 2000 stream");
    opj_set_error_handler(d->codec, on_error, d);
    opj_set_warning_handler(d->codec, on_silence, d);
    opj_set_info_handler(d->codec, on_silence, d);
    if (!opj_setup_decoder(d->codec, &parameters))
        return sx_fail(err, SX_ERR_INTERNAL, "OpenJPEG cannot be set up");
    if (threads > 1) opj_codec_set_threads(d->codec, threads);
    if (!opj_read_header(d->stream, d->codec, &d->image)) return fail(d, "has a bad header", err);
    return true;
}

int sx_jpeg2000_levels(const sx_frame *f) {
    memory m;
    if (!check_stream(f, NULL)) return 0;
    decoder d = open_decoder(f, &m);
    int levels = 0;
    opj_codestream_info_v2_t *info = read_header(&d, 1, NULL) ? opj_get_cstr_info(d.codec) : NULL;
    if (info && info->m_default_tile_info.tccp_info)
        levels = (int)info->m_default_tile_info.tccp_info[0].numresolutions - 1;
    if (info) opj_destroy_cstr_info(&info);
    close_decoder(&d);
    return levels > 0 ? levels : 0;
}

static OPJ_UINT32 halved(int n, int halvings) {
    return (OPJ_UINT32)((n + (1 << halvings) - 1) >> halvings);
}

/* OpenJPEG crashes if it gets no memory for one of its small tables, and does not tell apart other
 * failures. It was seen to use 8 bytes for a pixel. */
enum { BYTES_PER_PIXEL = 12, BYTES_AT_LEAST = 8 << 20 };

static bool check_memory(size_t columns, size_t rows, sx_error *err) {
    return sx_memory_to_spare(columns * rows * BYTES_PER_PIXEL + BYTES_AT_LEAST) ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for %zu pixels", columns * rows);
}

static bool decode_codestream(decoder *d, const sx_frame_format *format, sx_stream_facts *facts,
                              void *out, sx_error *err) {
    const OPJ_UINT32 columns = halved(format->columns, format->halvings),
                     rows = halved(format->rows, format->halvings);
    if (!check_memory(columns, rows, err) || !read_header(d, sx_threads_of(format->context), err) ||
        !check(d->image, format, err))
        return false;
    if (format->halvings &&
        !opj_set_decoded_resolution_factor(d->codec, (OPJ_UINT32)format->halvings))
        return fail(d, "cannot be read at a smaller size", err);
    if (!opj_decode(d->codec, d->stream, d->image)) return fail(d, "cannot be decoded", err);
    const opj_image_comp_t *c = &d->image->comps[0];
    if (!c->data || c->w != columns || c->h != rows) return fail(d, "is incomplete", err);
    facts->precision = (int)c->prec;
    narrowing n = { c->data, out, format->bits_allocated == 8, (1 << c->prec) - 1, 0 };
    if (format->is_signed) n.sign = 1 << (c->prec - 1);
    sx_parallel_for(format->context, (size_t)rows * (size_t)columns, 1 << 18, narrow, &n);
    return true;
}

bool sx_decode_jpeg2000(const sx_frame *f, const sx_frame_format *format, sx_stream_facts *facts,
                        void *out, sx_error *err) {
    memory m;
    sx_frame closed;
    if (!sx_frame_close(f, &closed, err)) return false;
    bool ok = check_stream(&closed, err);
    if (ok) {
        decoder d = open_decoder(&closed, &m);
        ok = decode_codestream(&d, format, facts, out, err);
        close_decoder(&d);
    }
    sx_frame_free(&closed);
    return ok;
}
