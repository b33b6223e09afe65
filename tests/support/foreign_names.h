/* How other programs name the tensors of a network. */
#ifndef TESTS_SUPPORT_FOREIGN_NAMES_H
#define TESTS_SUPPORT_FOREIGN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A tensor of our ConvNeXt as timm, or else the paper's code, names it. */
void foreign_convnext_name(const char *name, char *out, size_t size, bool timm);

#endif
