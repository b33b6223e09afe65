/* PNG (ISO/IEC 15948), 8 and 16 bits a sample. */
#ifndef SX_IMAGE_PNG_H
#define SX_IMAGE_PNG_H

#include "base/str.h"
#include "image/image.h"

/* Makes *out with 1 or 3 channels of 8 or 16 bits: palettes become RGB, 1, 2 and 4 bits become 8,
 * an alpha channel is dropped, gamma and colour profiles are not applied. `name` names the file in
 * messages. Errors: SX_ERR_FORMAT (not a PNG, damaged, truncated, or a size that so few bytes
 * cannot hold), SX_ERR_LIMIT (image.h), SX_ERR_MEMORY; then *out is empty. */
bool sx_png_decode(const void *bytes, size_t n, const char *name, sx_image *out,
                   sx_error *err) SX_MUST_USE;
bool sx_png_read(const char *path, sx_image *out, sx_error *err) SX_MUST_USE;

/* QUICK, for films: a sixth of the time of SMALL, files less than a tenth larger. SMALL, for
 * drawings. */
typedef enum sx_png_effort { SX_PNG_SMALL, SX_PNG_QUICK } sx_png_effort;

/* What a file says about its picture. */
typedef struct sx_png_text {
    const char *keyword; /* Latin-1, 1 to 79 characters: "Disclaimer" (ISO/IEC 15948, 11.3.4.2) */
    const char *text;    /* UTF-8; written as tEXt if it is ASCII, else as iTXt; NULL, "": none */
} sx_png_text;

enum { SX_PNG_TEXTS = 4 };

/* Appends the file to *out: any sx_image of 1, 3 or 4 channels. The same image gives the same
 * bytes. Errors: SX_ERR_MEMORY; then *out has a part of the file. */
bool sx_png_encode(const sx_image *im, sx_png_effort effort, sx_str *out,
                   sx_error *err) SX_MUST_USE;
bool sx_png_write(const sx_image *im, sx_png_effort effort, const char *path,
                  sx_error *err) SX_MUST_USE;

/* The same with texts, at most SX_PNG_TEXTS. */
bool sx_png_write_with(const sx_image *im, sx_png_effort effort, const sx_png_text *texts,
                       size_t text_count, const char *path, sx_error *err) SX_MUST_USE;

#endif
