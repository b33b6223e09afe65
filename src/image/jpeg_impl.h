/* A use of libjpeg, shared by jpeg_decode.c and jpeg_rewrite.c. */
#ifndef SX_IMAGE_JPEG_IMPL_H
#define SX_IMAGE_JPEG_IMPL_H

#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs FILE */

#include <jpeglib.h>

#include "base/fail.h"
#include "image/image.h"

/* Everything that must survive libjpeg's longjmp is here, not in local variables. */
typedef struct sx_jpeg_session {
    struct jpeg_error_mgr manager; /* first: libjpeg passes a pointer to it */
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    union {
        struct jpeg_decompress_struct in;
        struct jpeg_compress_struct out;
    } c;
    const char *name;
    sx_image *image;
    sx_error *err;
    bool may_lack_end;   /* the end of the data is no error by itself */
    bool ended;          /* the data ended before EOI */
    bool lacks_scans;    /* progressive: not all bits of the coefficients were there */
    unsigned char *file; /* of jpeg_mem_dest */
    unsigned long size;
} sx_jpeg_session;

/* Sets the session's error manager up: errors and damaged data jump to s->jump with *s->err set. */
struct jpeg_error_mgr *sx_jpeg_hooks(sx_jpeg_session *s);
_Noreturn void sx_jpeg_leave(sx_jpeg_session *s);
/* Reads the header of a stream of n bytes into s->c.in and checks the size of the image. */
void sx_jpeg_read_header(sx_jpeg_session *s, size_t n);

#endif
