/* The transfer syntaxes that can be read (PS3.5 section 10, annex A). */
#ifndef SX_DICOM_SYNTAX_H
#define SX_DICOM_SYNTAX_H

#include <stdbool.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sx_codec {
    SX_CODEC_NONE, /* values as they are */
    SX_CODEC_RLE,
    SX_CODEC_JPEG,
    SX_CODEC_JPEG_LS,
    SX_CODEC_JPEG_2000,
    SX_CODEC_JPEG_XL
} sx_codec;

typedef struct sx_syntax {
    const char *uid, *name;
    sx_codec codec;
    bool implicit, big_endian, deflated, lossy;
    bool recent; /* DCMTK 3.6.7 does not know it */
} sx_syntax;

/* NULL if it is not one of them. */
const sx_syntax *sx_syntax_find(const char *uid);
/* The UID of uncompressed pixels with elements of this form. */
const char *sx_syntax_native(bool explicit_vr, bool big_endian);
/* That of a file; without a named syntax (a bare data set) its first element decides. NULL,
 * SX_ERR_UNSUPPORTED: it is not one of them. */
struct sx_part10;
const sx_syntax *sx_syntax_of(const struct sx_part10 *p, sx_error *err);

#ifdef __cplusplus
}
#endif

#endif
