/* A sheet of pictures in rows and columns. */
#ifndef SX_IMAGE_CONTACT_SHEET_H
#define SX_IMAGE_CONTACT_SHEET_H

#include "image/image.h"

enum { SX_SHEET_TILES = 16 };

typedef struct sx_sheet {
    sx_image tile[SX_SHEET_TILES]; /* RGB, 8 bits; owned */
    size_t count;
    const char
        *notice; /* borrowed; the file's "Disclaimer", which the tiles show too; NULL: none */
} sx_sheet;

/* Takes ownership of the picture; false if the sheet is full (the picture is then freed). */
bool sx_sheet_add(sx_sheet *s, sx_image *tile);
void sx_sheet_free(sx_sheet *s);
/* A PNG: rows from the left, each as high as its highest tile, each column as wide as its
 * widest. */
bool sx_sheet_write(const sx_sheet *s, size_t columns, const char *path, sx_error *err) SX_MUST_USE;

#endif
