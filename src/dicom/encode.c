/* The parts of writing DICOM that DCMTK does not have: JPEG 2000 encoding with OpenJPEG, UIDs from
 * numbers, and atomic files. */
#include <openjpeg.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/writer.h"
#include "dicom/write.h"

typedef struct sink {
    uint8_t *data;
    size_t n, at, cap;
    bool failed;
} sink;

static bool reserve(sink *s, size_t n) {
    if (n <= s->cap) return true;
    size_t cap = s->cap ? s->cap : (size_t)1 << 16;
    while (cap < n)
        cap *= 2;
    uint8_t *grown = sx_realloc(s->data, cap, 1);
    if (!grown) {
        s->failed = true;
        return false;
    }
    memset(grown + s->cap, 0, cap - s->cap);
    s->data = grown;
    s->cap = cap;
    return true;
}

static OPJ_SIZE_T write_bytes(void *bytes, OPJ_SIZE_T n, void *user) {
    sink *s = user;
    if (!reserve(s, s->at + n)) return (OPJ_SIZE_T)-1;
    memcpy(s->data + s->at, bytes, n);
    s->at += n;
    if (s->at > s->n) s->n = s->at;
    return n;
}

static OPJ_OFF_T skip(OPJ_OFF_T n, void *user) {
    sink *s = user;
    if (n < 0 || !reserve(s, s->at + (size_t)n)) return -1;
    s->at += (size_t)n;
    return n;
}

static OPJ_BOOL seek(OPJ_OFF_T at, void *user) {
    sink *s = user;
    if (at < 0 || !reserve(s, (size_t)at)) return OPJ_FALSE;
    s->at = (size_t)at;
    return OPJ_TRUE;
}

static opj_image_t *picture(const sx_encode_image *from) {
    opj_image_cmptparm_t part;
    memset(&part, 0, sizeof part);
    part.dx = part.dy = 1;
    part.w = (OPJ_UINT32)from->columns;
    part.h = (OPJ_UINT32)from->rows;
    part.prec = (OPJ_UINT32)from->bits;
    part.sgnd = from->is_signed;
    opj_image_t *im = opj_image_create(1, &part, OPJ_CLRSPC_GRAY);
    if (!im) return NULL;
    im->x1 = (OPJ_UINT32)from->columns;
    im->y1 = (OPJ_UINT32)from->rows;
    for (size_t i = 0; i < (size_t)from->rows * (size_t)from->columns; i++)
        im->comps[0].data[i] = from->is_signed ? (int16_t)from->pixels[i] : from->pixels[i];
    return im;
}

/* Levels of the wavelet: a side must not be halved below one pixel. */
static int resolutions(int rows, int columns) {
    int least = rows < columns ? rows : columns, n = 1;
    while (n < 6 && least >> n)
        n++;
    return n;
}

bool sx_encode_jpeg2000(const sx_encode_image *image, uint8_t **bytes, size_t *n, sx_error *err) {
    opj_cparameters_t parameters;
    sink out = { 0 };
    opj_set_default_encoder_parameters(&parameters);
    parameters.tcp_numlayers = 1;
    parameters.cp_disto_alloc = 1;
    parameters.numresolution = resolutions(image->rows, image->columns);
    opj_image_t *im = picture(image);
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_J2K);
    opj_stream_t *stream = opj_stream_create((OPJ_SIZE_T)1 << 16, OPJ_FALSE);
    bool ok = im && codec && stream;
    if (ok) {
        opj_stream_set_user_data(stream, &out, NULL);
        opj_stream_set_write_function(stream, write_bytes);
        opj_stream_set_skip_function(stream, skip);
        opj_stream_set_seek_function(stream, seek);
        ok = opj_setup_encoder(codec, &parameters, im) && opj_start_compress(codec, im, stream) &&
             opj_encode(codec, stream) && opj_end_compress(codec, stream);
    }
    if (stream) opj_stream_destroy(stream);
    if (codec) opj_destroy_codec(codec);
    if (im) opj_image_destroy(im);
    if (ok && !out.failed) {
        *bytes = out.data;
        *n = out.n;
        return true;
    }
    free(out.data);
    return sx_fail(err, SX_ERR_MEMORY, "a film of %d x %d could not be encoded as JPEG 2000",
                   image->columns, image->rows);
}

void sx_uid_from_words(uint64_t high, uint64_t low, char out[65]) {
    char digits[40];
    int n = 0;
    uint32_t part[4] = { (uint32_t)(high >> 32), (uint32_t)high, (uint32_t)(low >> 32),
                         (uint32_t)low };
    /* as a random UUID (RFC 4122): version 4, variant 10 */
    part[1] = (part[1] & 0xFFFF0FFFu) | 0x4000u;
    part[2] = (part[2] & 0x3FFFFFFFu) | 0x80000000u;
    do { /* long division of four 32-bit digits by ten */
        uint64_t rest = 0;
        for (int i = 0; i < 4; i++) {
            rest = (rest << 32) | part[i];
            part[i] = (uint32_t)(rest / 10);
            rest %= 10;
        }
        digits[n++] = (char)('0' + (int)rest);
    } while (part[0] | part[1] | part[2] | part[3]);
    memcpy(out, "2.25.", 5);
    for (int i = 0; i < n; i++)
        out[5 + i] = digits[n - 1 - i];
    out[5 + n] = '\0';
}

bool sx_dicom_write(const char *path, const sx_write_film *film, sx_write_syntax syntax,
                    size_t *size, sx_error *err) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (!sx_dicom_encode(film, syntax, &bytes, &n, err)) return sx_fail_in(err, "%s", path);
    bool ok = sx_write_file_unsynced(path, bytes, n, err);
    free(bytes);
    if (ok && size) *size = n;
    return ok;
}
