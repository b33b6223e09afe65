/* libpng's memory. libpng names a failed allocation in many ways ("too many text chunks" is one),
 * so that its messages cannot tell it from a damaged file; these functions remember it. */
#ifndef SX_IMAGE_PNG_MEMORY_H
#define SX_IMAGE_PNG_MEMORY_H

#include <png.h>

/* For png_create_read_struct_2 and png_create_write_struct_2, whose mem_ptr points to a bool: it
 * becomes true when an allocation fails. */
png_voidp sx_png_malloc(png_structp png, png_alloc_size_t n);
void sx_png_free(png_structp png, png_voidp p);

#endif
