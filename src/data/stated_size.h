/* The size of a film as annotations or reports state it, who may leave out either side. */
#ifndef SX_DATA_STATED_SIZE_H
#define SX_DATA_STATED_SIZE_H

#include <stdbool.h>

/* Pixels; 0: not stated. */
typedef struct sx_stated_size {
    double width, height;
} sx_stated_size;

/* Whether a film of width x height pixels has another size than is stated. */
bool sx_stated_size_differs(sx_stated_size stated, double width, double height);

enum { SX_STATED_SIZE_TEXT = 64 };
/* "660 x 800", or the side alone that is stated: "a width of 660", "a height of 800". */
const char *sx_stated_size_text(sx_stated_size stated, char buf[SX_STATED_SIZE_TEXT]);

#endif
