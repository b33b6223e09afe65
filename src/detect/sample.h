/* Which of many labelled boxes a loss looks at: Detectron2's subsample_labels (Ren 2015,
 * sec. 3.1.3). */
#ifndef SX_DETECT_SAMPLE_H
#define SX_DETECT_SAMPLE_H

#include <stdint.h>

#include "base/error.h"

typedef struct sx_sample {
    int *chosen; /* [most], the caller's: indices, objects first, each group by rising index */
    int objects, count; /* chosen[0 .. objects) are objects, up to `count` background */
} sx_sample;

/* Of n labels (1 object, 0 background, below: takes no part) up to int(most * fraction) objects and
 * as much background as fills `most`. `draw`: a box is preferred whose number in this stream is
 * smaller, then the one of lower index; 0: the lower index. Error: SX_ERR_MEMORY, SX_ERR_LIMIT (n
 * of 2^31 or more). */
bool sx_sample_labels(const int8_t *label, int64_t n, int most, double fraction, uint64_t draw,
                      sx_sample *out, sx_error *err) SX_MUST_USE;

#endif
