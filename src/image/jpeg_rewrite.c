#include "image/jpeg_rewrite.h"

#include <string.h>

#include "image/jpeg_decode.h"
#include "image/jpeg_impl.h"

typedef struct rewrite {
    sx_jpeg_session from, to;
    jvirt_barray_ptr *coefficients; /* of each component */
    sx_str stream;                  /* the new one */
    uint8_t buffer[4096];           /* what libjpeg writes next */
} rewrite;

/* ---- libjpeg's destination: appends to r->stream, which notes when memory runs out ---- */

static void begin_buffer(j_compress_ptr out) {
    rewrite *r = out->client_data;
    out->dest->next_output_byte = r->buffer;
    out->dest->free_in_buffer = sizeof r->buffer;
}

static boolean append_buffer(j_compress_ptr out) {
    rewrite *r = out->client_data;
    sx_str_append(&r->stream, r->buffer, sizeof r->buffer);
    begin_buffer(out);
    return TRUE;
}

static void end_buffer(j_compress_ptr out) {
    rewrite *r = out->client_data;
    sx_str_append(&r->stream, r->buffer, sizeof r->buffer - out->dest->free_in_buffer);
}

/* ---- coefficients ---- */

/* Notes which coefficients of a component occur. */
static void note_used(rewrite *r, int component, bool used[DCTSIZE2]) {
    j_decompress_ptr in = &r->from.c.in;
    const jpeg_component_info *c = &in->comp_info[component];
    for (JDIMENSION y = 0; y < c->height_in_blocks; y++) {
        const JBLOCKROW row = in->mem->access_virt_barray(
            (j_common_ptr)in, r->coefficients[component], y, 1, FALSE)[0];
        for (JDIMENSION x = 0; x < c->width_in_blocks; x++)
            for (int k = 0; k < DCTSIZE2; k++)
                used[k] = used[k] || row[x][k];
    }
}

/* A quantiser that multiplies no coefficient may be any number. */
static void clear_quantisers(rewrite *r) {
    j_compress_ptr out = &r->to.c.out;
    for (int t = 0; t < NUM_QUANT_TBLS; t++) {
        JQUANT_TBL *table = out->quant_tbl_ptrs[t];
        bool used[DCTSIZE2] = { false };
        for (int i = 0; i < out->num_components; i++)
            if (out->comp_info[i].quant_tbl_no == t) note_used(r, i, used);
        for (int k = 0; table && k < DCTSIZE2; k++)
            if (!used[k]) table->quantval[k] = 1;
    }
}

static void write_stream(rewrite *r) {
    j_decompress_ptr in = &r->from.c.in;
    j_compress_ptr out = &r->to.c.out;
    struct jpeg_destination_mgr to = { .init_destination = begin_buffer,
                                       .empty_output_buffer = append_buffer,
                                       .term_destination = end_buffer };
    out->dest = &to;
    out->client_data = r;
    jpeg_copy_critical_parameters(in, out);
    out->optimize_coding = TRUE;
    out->write_JFIF_header = in->saw_JFIF_marker;
    out->write_Adobe_marker = in->saw_Adobe_marker;
    out->density_unit = 0;
    out->X_density = out->Y_density = 1;
    clear_quantisers(r);
    if (in->progressive_mode) jpeg_simple_progression(out);
    jpeg_write_coefficients(out, r->coefficients);
    jpeg_finish_compress(out);
    jpeg_finish_decompress(in);
}

/* Between setjmp and longjmp only what `r` points to changes. */
static bool rewrite_stream(rewrite *r, const void *bytes, size_t n) {
    if (setjmp(r->from.jump)) return false;
    if (setjmp(r->to.jump)) return false;
    jpeg_create_decompress(&r->from.c.in);
    jpeg_create_compress(&r->to.c.out);
    jpeg_mem_src(&r->from.c.in, bytes, (unsigned long)n);
    sx_jpeg_read_header(&r->from, n);
    r->coefficients = jpeg_read_coefficients(&r->from.c.in);
    write_stream(r);
    return true;
}

static bool same_pixels(const void *a, size_t a_size, const void *b, size_t b_size,
                        const char *name, sx_error *err) {
    sx_image was = { 0 }, now = { 0 };
    bool ok =
        sx_jpeg_decode(a, a_size, name, &was, err) && sx_jpeg_decode(b, b_size, name, &now, err);
    const size_t n = (size_t)was.width * (size_t)was.height * (size_t)was.channels;
    if (ok && (was.width != now.width || was.height != now.height || was.channels != now.channels ||
               memcmp(sx_image_u8(&was), sx_image_u8(&now), n) != 0))
        ok = sx_fail(err, SX_ERR_FORMAT, "%s: the JPEG stream cannot be written again", name);
    sx_image_free(&was);
    sx_image_free(&now);
    return ok;
}

bool sx_jpeg_rewrite(const void *bytes, size_t n, const char *name, sx_str *out, sx_error *err) {
    rewrite r = { .from = { .name = name, .err = err }, .to = { .name = name, .err = err } };
    r.from.c.in.err = sx_jpeg_hooks(&r.from);
    r.to.c.out.err = sx_jpeg_hooks(&r.to);
    bool ok = rewrite_stream(&r, bytes, n);
    jpeg_destroy_compress(&r.to.c.out);
    jpeg_destroy_decompress(&r.from.c.in);
    ok = ok && sx_str_ok(&r.stream, err) &&
         same_pixels(bytes, n, r.stream.data, r.stream.len, name, err);
    if (ok) sx_str_append(out, r.stream.data, r.stream.len);
    sx_str_free(&r.stream);
    return ok && sx_str_ok(out, err);
}
