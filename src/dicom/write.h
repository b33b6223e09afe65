/* Writes a film as a DICOM file: Digital X-Ray Image Storage - For Presentation (PS3.3 A.26),
 * lossless. */
#ifndef SX_DICOM_WRITE_H
#define SX_DICOM_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sx_write_syntax {
    SX_WRITE_EXPLICIT,
    SX_WRITE_IMPLICIT,
    SX_WRITE_BIG_ENDIAN,
    SX_WRITE_DEFLATED,
    SX_WRITE_RLE,
    SX_WRITE_JPEG, /* process 14, first-order prediction */
    SX_WRITE_JPEG_LS,
    SX_WRITE_JPEG_2000,
    SX_WRITE_SYNTAXES
} sx_write_syntax;

/* Texts are ASCII, not NULL; "" leaves a type 2 attribute empty. */
typedef struct sx_write_film {
    const uint16_t *pixels; /* stored values [rows][columns] of `bits` bits */
    int rows, columns;
    int bits;                           /* 10..16 */
    bool inverted;                      /* MONOCHROME1 */
    double window_center, window_width; /* width 0: an identity VOI LUT in their place */
    double spacing;                     /* mm per pixel at the detector */
    const char *patient_id, *patient_name, *patient_sex, *patient_age; /* "F", "049Y" */
    const char *study_uid, *series_uid, *instance_uid;
    const char *date, *time; /* "20200131", "093000" */
    const char *description, *station;
    const char *body_part;                    /* defined term: "LSPINE" */
    const char *region_code, *region_meaning; /* of SNOMED CT: "122496007", "Lumbar spine" */
    const char *orientation;                  /* Patient Orientation, "L\\F" */
    const char *view;                         /* View Position: "AP", "LL", "RL" */
    int series_number, instance_number;
} sx_write_film;

/* The bytes of the file; *bytes by malloc, the caller frees it. Errors: SX_ERR_VALUE (sizes, bits),
 * SX_ERR_MEMORY. Any number of threads at once. */
bool sx_dicom_encode(const sx_write_film *film, sx_write_syntax syntax, uint8_t **bytes, size_t *n,
                     sx_error *err) SX_MUST_USE;
/* The same into a file, completely or not at all (base/writer.h, not synced); also SX_ERR_IO.
 * *size: bytes written; may be NULL. */
bool sx_dicom_write(const char *path, const sx_write_film *film, sx_write_syntax syntax,
                    size_t *size, sx_error *err) SX_MUST_USE;

typedef struct sx_encode_image {
    const uint16_t *pixels; /* [rows][columns] of `bits` bits; signed: int16_t */
    int rows, columns;      /* 1..65535 */
    int bits;               /* 1..16; JPEG-LS: 2..16 */
    bool is_signed;
} sx_encode_image;

/* A lossless JPEG 2000 code stream of one component; *bytes by malloc, the caller frees it. */
bool sx_encode_jpeg2000(const sx_encode_image *image, uint8_t **bytes, size_t *n,
                        sx_error *err) SX_MUST_USE;
/* A lossless JPEG-LS stream (ITU-T T.87) of one component; the samples of signed values are their
 * `bits` low bits. *bytes by malloc, the caller frees it. Errors: SX_ERR_VALUE (bits; a pixel that
 * has more), SX_ERR_MEMORY, SX_ERR_INTERNAL (CharLS fails). Any number of threads at once. */
bool sx_encode_jpegls(const sx_encode_image *image, uint8_t **bytes, size_t *n,
                      sx_error *err) SX_MUST_USE;

/* "2.25." and a UUID-sized number in decimal (PS3.5 B.2); out has room for 64 characters and a
 * NUL. */
void sx_uid_from_words(uint64_t high, uint64_t low, char out[65]);

#ifdef __cplusplus
}
#endif
#endif
