/* Reads the headers of consecutive data elements (PS3.5 7.1), for dataset.c and part10.c. */
#ifndef SX_DICOM_ELEMENTS_H
#define SX_DICOM_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "dicom/byte_order.h"

enum { SX_TAG_ITEM_GROUP = 0xFFFE };
#define SX_UNDEFINED_LENGTH 0xFFFFFFFFU

/* A place in a data set. */
typedef struct sx_walk {
    const uint8_t *at, *end;
    bool explicit_vr, big;
    bool lenient; /* read unknown VRs if the encoding follows from the next elements */
    sx_error *err;
    size_t *count; /* of elements, items and fragments so far; NULL: not limited */
    /* whether an attribute must not occur twice in a data set or item; NULL: all may */
    bool (*is_unique)(uint32_t tag);
} sx_walk;

bool sx_vr_is_known(const uint8_t *vr);
/* Whether its elements have a length of 32 bits in Explicit VR. */
bool sx_vr_is_long(const uint8_t *vr);

/* Tag, VR (zeros if the element has none, or an unknown one) and length; w->at is then the first
 * byte of the value. SX_ERR_FORMAT: the bytes end, or the VR is unknown. */
bool sx_next_header(sx_walk *w, uint32_t *tag, char vr[2], uint32_t *n) SX_MUST_USE;
/* Fails with SX_ERR_FORMAT. */
bool sx_walk_truncated(const sx_walk *w, uint32_t tag, uint32_t n, size_t left);

/* Whether the elements at w->at are explicit. They belong to an item whose encoding should be that
 * of w->explicit_vr, but some writers put items of the other encoding into a sequence. */
bool sx_judge_explicit(const sx_walk *w);

/* Whether compressed pixels end here though their delimiter is missing: at the end of the file, at
 * a padding element (FFFC,FFFC), or where only zeros follow. */
bool sx_fragments_end(const uint8_t *p, const uint8_t *end);

/* Whether so many elements follow one another from w->at in ascending order, or up to the end or a
 * delimiter, in the encoding of w->explicit_vr. */
bool sx_elements_follow(sx_walk w, uint32_t after, int count);

#endif
