/* Text as a film machine burns it in: capitals, digits and a few signs, 5 x 7 dots. */
#ifndef TESTS_SUPPORT_LETTERS_H
#define TESTS_SUPPORT_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

typedef void letters_dot(void *ctx, int x, int y);

/* Calls `dot` for each pixel of the text, whose upper left corner is (x, y); a dot of the letters
 * is `scale` pixels wide and high. `turned`: it runs upwards from there. Letters that the font does
 * not have are blanks. */
void letters_draw(const char *text, int x, int y, int scale, bool turned, letters_dot *dot,
                  void *ctx);
/* Pixels from the first letter's left to the last one's right edge; 7 * scale is the height. */
int letters_width(const char *text, int scale);

#endif
