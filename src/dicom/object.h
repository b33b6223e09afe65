/* Builds a DICOM object that is not a film (a report, a presentation state, a secondary capture)
 * element by element, and writes it as a file.
 *
 *     sx_object *o = sx_object_new(&err);
 *     sx_object_text(sx_object_root(o), SX_TAG(0x0008, 0x0060), "SR");
 *     sx_object_item *code = sx_object_add(sx_object_root(o), SX_TAG(0x0040, 0xA043));
 *     bool ok = sx_object_encode(o, &bytes, &n, &err);
 *
 * The functions that put a value do not return errors. The object keeps the first failure, and
 * sx_object_encode reports it. VRs come from DCMTK's dictionary. Threads: one object belongs to one
 * thread at a time. */
#ifndef SX_DICOM_OBJECT_H
#define SX_DICOM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_object sx_object;
/* The data set, or an item of a sequence in it. Owned by the object. */
typedef struct sx_object_item sx_object_item;

sx_object *sx_object_new(sx_error *err) SX_MUST_USE; /* NULL: SX_ERR_MEMORY */
void sx_object_free(sx_object *o);                   /* NULL is allowed */
sx_object_item *sx_object_root(sx_object *o);

/* Replaces an element. Texts are ASCII; several values are separated by '\\'; "" leaves the element
 * empty. */
void sx_object_text(sx_object_item *item, uint32_t tag, const char *value);
void sx_object_int(sx_object_item *item, uint32_t tag, long value); /* VR IS, US, SS, UL or SL */
void sx_object_decimal(sx_object_item *item, uint32_t tag, double value); /* VR DS or FD */
void sx_object_words(sx_object_item *item, uint32_t tag, const uint16_t *values, size_t count);
/* The same bits as VR SS, where the standard leaves the choice. */
void sx_object_shorts(sx_object_item *item, uint32_t tag, const uint16_t *values, size_t count);
void sx_object_other_words(sx_object_item *item, uint32_t tag, const uint16_t *values,
                           size_t count); /* OW */
void sx_object_slongs(sx_object_item *item, uint32_t tag, const int32_t *values, size_t count);
void sx_object_floats(sx_object_item *item, uint32_t tag, const float *values, size_t count);
void sx_object_bytes(sx_object_item *item, uint32_t tag, const uint8_t *bytes, size_t n); /* OB */
void sx_object_empty_sequence(sx_object_item *item, uint32_t tag);

/* Appends an item to a sequence, which is made if it is absent. Never NULL. */
sx_object_item *sx_object_add(sx_object_item *item, uint32_t tag);

/* Copies elements of a film, sequences included, with the bytes of their values unchanged. Elements
 * that the film lacks, or that are damaged, are passed over (dicom/excerpt.h). `bytes` is the
 * film's file, in any transfer syntax; nothing from Pixel Data on is read. Errors: SX_ERR_FORMAT,
 * SX_ERR_LIMIT, SX_ERR_MEMORY. */
bool sx_object_copy(sx_object_item *item, const void *bytes, size_t n, const uint32_t *tags,
                    size_t count, sx_error *err) SX_MUST_USE;

/* The file, in Explicit VR Little Endian. The same elements give the same bytes. *bytes by malloc;
 * the caller frees it. Errors: the first failure of a put; SX_ERR_MEMORY, SX_ERR_INTERNAL. */
bool sx_object_encode(sx_object *o, uint8_t **bytes, size_t *n, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
