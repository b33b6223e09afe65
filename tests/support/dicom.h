/* Small DICOM files, made in memory, so that each test defines its film. */
#ifndef TESTS_SUPPORT_DICOM_H
#define TESTS_SUPPORT_DICOM_H

#include "base/str.h"
#include "dicom/dataset.h" /* SX_TAG */
#include "dicom/write.h"
#include "image/image.h"

typedef struct test_dicom {
    sx_str bytes;
    bool implicit, big_endian;
} test_dicom;

/* Preamble and meta header; transfer_syntax decides how what follows is written. NULL: neither
 * preamble nor meta header, implicit little endian. */
void dicom_begin(test_dicom *d, const char *transfer_syntax);
void dicom_end(test_dicom *d); /* frees */

void dicom_bytes(test_dicom *d, uint32_t tag, const char *vr, const void *bytes,
                 size_t n); /* padded to even */
void dicom_text(test_dicom *d, uint32_t tag, const char *vr, const char *text);
void dicom_words(test_dicom *d, uint32_t tag, const char *vr, const uint16_t *words, size_t n);
void dicom_word(test_dicom *d, uint32_t tag, uint16_t word); /* US */
/* A sequence of one item of defined length whose elements are in `item` (begun with dicom_item). */
void dicom_sequence(test_dicom *d, uint32_t tag, const test_dicom *item);
void dicom_item(test_dicom *item, const test_dicom *like);

/* The attributes of Image Pixel; bits_stored up to the highest bit. */
typedef struct dicom_shape {
    uint16_t rows, columns, bits_allocated, bits_stored, is_signed;
    const char *photometric; /* NULL: MONOCHROME2 */
    int frames;              /* 0: NumberOfFrames is left out */
    uint16_t samples;        /* 0: 1 */
} dicom_shape;
void dicom_image(test_dicom *d, const dicom_shape *s);
void dicom_pixels(test_dicom *d, const uint16_t *words, size_t n); /* OW */
void dicom_fragments(test_dicom *d, const sx_str *fragments,
                     size_t count); /* with an empty offset table */

/* A film for sx_dicom_encode, without a patient's values; texts are literals. */
sx_write_film dicom_written_film(const uint16_t *pixels, int columns, int rows, int bits);

/* JPEG 2000, lossless, of one component. */
void encode_jpeg2000(const uint16_t *values, int width, int height, int bits, bool is_signed,
                     sx_str *out);
/* High-Throughput JPEG 2000 of one component, as OpenJPH writes it. */
typedef struct htj2k_options {
    int levels;              /* of the wavelet */
    const char *progression; /* "LRCP", "RPCL" .. */
    int block[2];            /* columns and rows of a code block */
    int tile;                /* columns and rows; 0: one tile */
    bool irreversible;
} htj2k_options;
extern const htj2k_options htj2k_defaults; /* five levels, RPCL, 64 x 64, one tile, lossless */
void encode_htj2k(const uint16_t *values, int width, int height, int bits, bool is_signed,
                  const htj2k_options *o, sx_str *out);
/* With the 9-7 wavelet, at a third of the size. */
void encode_lossy_jpeg2000(const uint16_t *values, int width, int height, int bits, sx_str *out);
/* JPEG XL as libjxl writes it: lossless codestreams of one grey channel unless options say
 * otherwise. */
typedef struct jxl_options {
    int effort;      /* 1..9; 0: 3 */
    float distance;  /* 0: lossless */
    bool boxes;      /* a file instead of a codestream */
    int orientation; /* as in Exif; 0: upright */
    bool colour, alpha, floats, frames /* two */, icc, name, crop;
    bool progressive; /* a frame of low resolution comes first */
} jxl_options;
void encode_jxl(const uint16_t *values, int width, int height, int bits, const jxl_options *o,
                sx_str *out);
/* From a JPEG file, which can be restored. */
void encode_jxl_of_jpeg(const sx_str *jpeg, sx_str *out);
/* RLE Lossless of 16-bit values, in runs where there are any. */
void encode_rle(const uint16_t *values, size_t n, sx_str *out);

/* The only warning about the header of this film, whose header alone gives it, too; NULL: none. */
void dicom_check_warning(const test_dicom *d, const char *want);

/* DCMTK reads a file and writes it in another transfer syntax: an independent writer to read
 * from. */
bool dcmtk_recode(const char *from, const char *to, const char *transfer_syntax);
/* A value as DCMTK reads it; "" if absent. */
bool dcmtk_value(const char *path, unsigned group, unsigned element, unsigned index, char *out,
                 size_t size);

#endif
