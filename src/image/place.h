/* Placement of the tags of boxes: plain geometry. */
#ifndef SX_IMAGE_PLACE_H
#define SX_IMAGE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sx_rect {
    double x, y, w, h;
} sx_rect;

enum { SX_TAG_TEXTS = 2 };

/* The tag of one box. Input: the widths of its long and its short text. Output: its position. */
typedef struct sx_tag {
    double width[SX_TAG_TEXTS];
    sx_rect at;
    int text;    /* the text that was chosen */
    bool placed; /* false: there was no free place for it */
} sx_tag;

/* Chooses a position within `area` for each tag; all are `height` high. No two tags overlap; places
 * near the box and off other boxes are preferred; the short text is used where the long one has no
 * good place. */
void sx_place_tags(const sx_rect *boxes, size_t count, double height, sx_rect area, sx_tag *tags);

#endif
