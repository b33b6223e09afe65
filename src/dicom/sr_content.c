/* Content items of structured reports (PS3.3 C.17.3). */
#include "dicom/sr_content.h"

#include "dicom/dataset.h"

enum {
    CODE_VALUE = SX_TAG(0x0008, 0x0100),
    CODING_SCHEME = SX_TAG(0x0008, 0x0102),
    CODE_MEANING = SX_TAG(0x0008, 0x0104),
    MAPPING_RESOURCE = SX_TAG(0x0008, 0x0105),
    REFERENCED_CLASS = SX_TAG(0x0008, 0x1150),
    REFERENCED_INSTANCE = SX_TAG(0x0008, 0x1155),
    REFERENCED_SOP = SX_TAG(0x0008, 0x1199),
    RELATIONSHIP = SX_TAG(0x0040, 0xA010),
    VALUE_TYPE = SX_TAG(0x0040, 0xA040),
    CONCEPT_NAME = SX_TAG(0x0040, 0xA043),
    CONTINUITY = SX_TAG(0x0040, 0xA050),
    TEXT_VALUE = SX_TAG(0x0040, 0xA160),
    UID_VALUE = SX_TAG(0x0040, 0xA124),
    CONCEPT_CODE = SX_TAG(0x0040, 0xA168),
    UNITS = SX_TAG(0x0040, 0x08EA),
    MEASURED_VALUE = SX_TAG(0x0040, 0xA300),
    NUMERIC_VALUE = SX_TAG(0x0040, 0xA30A),
    CONTENT_TEMPLATE = SX_TAG(0x0040, 0xA504),
    CONTENT = SX_TAG(0x0040, 0xA730),
    TEMPLATE_ID = SX_TAG(0x0040, 0xDB00),
    GRAPHIC_DATA = SX_TAG(0x0070, 0x0022),
    GRAPHIC_TYPE = SX_TAG(0x0070, 0x0023)
};

void sx_object_code(sx_object_item *item, uint32_t tag, const sx_code *code) {
    sx_object_item *c = sx_object_add(item, tag);
    sx_object_text(c, CODE_VALUE, code->value);
    sx_object_text(c, CODING_SCHEME, code->scheme);
    sx_object_text(c, CODE_MEANING, code->meaning);
}

void sx_object_ref(sx_object_item *item, uint32_t tag, const sx_sop_ref *ref) {
    sx_object_item *r = sx_object_add(item, tag);
    sx_object_text(r, REFERENCED_CLASS, ref->sop_class);
    sx_object_text(r, REFERENCED_INSTANCE, ref->sop_uid);
}

static void put_container(sx_object_item *item, const sx_code *name, const char *template_id) {
    sx_object_text(item, VALUE_TYPE, "CONTAINER");
    if (name) sx_object_code(item, CONCEPT_NAME, name);
    sx_object_text(item, CONTINUITY, "SEPARATE");
    if (!template_id) return;
    sx_object_item *t = sx_object_add(item, CONTENT_TEMPLATE);
    sx_object_text(t, MAPPING_RESOURCE, "DCMR");
    sx_object_text(t, TEMPLATE_ID, template_id);
}

void sx_sr_title(sx_object_item *root, const sx_code *name, const char *template_id) {
    put_container(root, name, template_id);
}

static sx_object_item *add(sx_object_item *parent, const char *relationship, const char *type,
                           const sx_code *name) {
    sx_object_item *item = sx_object_add(parent, CONTENT);
    sx_object_text(item, RELATIONSHIP, relationship);
    sx_object_text(item, VALUE_TYPE, type);
    if (name) sx_object_code(item, CONCEPT_NAME, name);
    return item;
}

sx_object_item *sx_sr_container(sx_object_item *parent, const char *relationship,
                                const sx_code *name, const char *template_id) {
    sx_object_item *item = sx_object_add(parent, CONTENT);
    sx_object_text(item, RELATIONSHIP, relationship);
    put_container(item, name, template_id);
    return item;
}

sx_object_item *sx_sr_text(sx_object_item *parent, const char *relationship, const sx_code *name,
                           const char *text) {
    sx_object_item *item = add(parent, relationship, "TEXT", name);
    sx_object_text(item, TEXT_VALUE, text);
    return item;
}

sx_object_item *sx_sr_code(sx_object_item *parent, const char *relationship, const sx_code *name,
                           const sx_code *value) {
    sx_object_item *item = add(parent, relationship, "CODE", name);
    sx_object_code(item, CONCEPT_CODE, value);
    return item;
}

sx_object_item *sx_sr_uid(sx_object_item *parent, const char *relationship, const sx_code *name,
                          const char *uid) {
    sx_object_item *item = add(parent, relationship, "UIDREF", name);
    sx_object_text(item, UID_VALUE, uid);
    return item;
}

sx_object_item *sx_sr_num(sx_object_item *parent, const char *relationship, const sx_code *name,
                          const char *value, const sx_code *units) {
    sx_object_item *item = add(parent, relationship, "NUM", name);
    sx_object_item *measured = sx_object_add(item, MEASURED_VALUE);
    sx_object_text(measured, NUMERIC_VALUE, value);
    sx_object_code(measured, UNITS, units);
    return item;
}

sx_object_item *sx_sr_image(sx_object_item *parent, const char *relationship, const sx_code *name,
                            const sx_sop_ref *image) {
    sx_object_item *item = add(parent, relationship, "IMAGE", name);
    sx_object_ref(item, REFERENCED_SOP, image);
    return item;
}

sx_object_item *sx_sr_composite(sx_object_item *parent, const char *relationship,
                                const sx_code *name, const sx_sop_ref *object) {
    sx_object_item *item = add(parent, relationship, "COMPOSITE", name);
    sx_object_ref(item, REFERENCED_SOP, object);
    return item;
}

sx_object_item *sx_sr_polyline(sx_object_item *parent, const char *relationship,
                               const sx_code *name, const float *points, size_t values,
                               const sx_sop_ref *image) {
    sx_object_item *item = add(parent, relationship, "SCOORD", name);
    sx_object_floats(item, GRAPHIC_DATA, points, values);
    sx_object_text(item, GRAPHIC_TYPE, "POLYLINE");
    sx_sr_image(item, "SELECTED FROM", NULL, image);
    return item;
}
