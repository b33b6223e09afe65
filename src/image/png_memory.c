#include "image/png_memory.h"

#include <stdbool.h>
#include <stdlib.h>

png_voidp sx_png_malloc(png_structp png, png_alloc_size_t n) {
    bool *failed = png_get_mem_ptr(png);
    void *p = malloc(n);
    if (!p) *failed = true;
    return p;
}

void sx_png_free(png_structp png, png_voidp p) {
    (void)png;
    free(p);
}
