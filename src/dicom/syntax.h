/* The transfer syntaxes that can be read (PS3.5 section 10, annex A). */
#ifndef SX_DICOM_SYNTAX_H
#define SX_DICOM_SYNTAX_H

#include <stdbool.h>

typedef enum sx_codec {
    SX_CODEC_NONE, /* values as they are */
    SX_CODEC_RLE,
    SX_CODEC_JPEG,
    SX_CODEC_JPEG_LS,
    SX_CODEC_JPEG_2000
} sx_codec;

typedef struct sx_syntax {
    const char *uid, *name;
    sx_codec codec;
    bool implicit, big_endian, deflated, lossy;
} sx_syntax;

/* NULL if it is not one of them. */
const sx_syntax *sx_syntax_find(const char *uid);

#endif
