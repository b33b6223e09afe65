/* The content items of a structured report (PS3.3 C.17.3): one function for each value type. Each
 * appends an item to its parent and returns it, so that items below it can be added. `name` may be
 * NULL where the template has no concept name. */
#ifndef SX_DICOM_SR_CONTENT_H
#define SX_DICOM_SR_CONTENT_H

#include "dicom/object.h"

/* A coded concept (PS3.3 section 8): at most 16, 16 and 64 characters of ASCII. */
typedef struct sx_code {
    const char *value, *scheme, *meaning;
} sx_code;

/* An instance that is referred to. */
typedef struct sx_sop_ref {
    const char *sop_class, *sop_uid;
} sx_sop_ref;

/* A sequence of one code. */
void sx_object_code(sx_object_item *item, uint32_t tag, const sx_code *code);
/* An item of a sequence that refers to an instance. */
void sx_object_ref(sx_object_item *item, uint32_t tag, const sx_sop_ref *ref);

/* The document's title and template: an item that has no parent. */
void sx_sr_title(sx_object_item *root, const sx_code *name, const char *template_id);
sx_object_item *sx_sr_container(sx_object_item *parent, const char *relationship,
                                const sx_code *name, const char *template_id);
sx_object_item *sx_sr_text(sx_object_item *parent, const char *relationship, const sx_code *name,
                           const char *text);
sx_object_item *sx_sr_code(sx_object_item *parent, const char *relationship, const sx_code *name,
                           const sx_code *value);
sx_object_item *sx_sr_uid(sx_object_item *parent, const char *relationship, const sx_code *name,
                          const char *uid);
/* `value`: a decimal number as text */
sx_object_item *sx_sr_num(sx_object_item *parent, const char *relationship, const sx_code *name,
                          const char *value, const sx_code *units);
sx_object_item *sx_sr_image(sx_object_item *parent, const char *relationship, const sx_code *name,
                            const sx_sop_ref *image);
/* An object that is no image: a report, a presentation state. */
sx_object_item *sx_sr_composite(sx_object_item *parent, const char *relationship,
                                const sx_code *name, const sx_sop_ref *object);
/* `points`: column, row, column, row, ...; 0, 0 is the corner of the first pixel. Below it stands
 * the image that they are in. */
sx_object_item *sx_sr_polyline(sx_object_item *parent, const char *relationship,
                               const sx_code *name, const float *points, size_t values,
                               const sx_sop_ref *image);

#endif
