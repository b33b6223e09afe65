/* What the kinds of result objects have in common. */
#ifndef SX_DICOM_RESULTS_IMPL_H
#define SX_DICOM_RESULTS_IMPL_H

#include "dicom/dataset.h"
#include "dicom/object.h"
#include "dicom/results.h"

/* Attributes that more than one kind writes. */
enum {
    SX_IMAGE_TYPE = SX_TAG(0x0008, 0x0008),
    SX_CONTENT_DATE = SX_TAG(0x0008, 0x0023),
    SX_CONTENT_TIME = SX_TAG(0x0008, 0x0033),
    SX_UTC_OFFSET = SX_TAG(0x0008, 0x0201),
    SX_REFERENCED_SERIES = SX_TAG(0x0008, 0x1115),
    SX_REFERENCED_IMAGE = SX_TAG(0x0008, 0x1140),
    SX_STUDY_UID = SX_TAG(0x0020, 0x000D),
    SX_SERIES_UID = SX_TAG(0x0020, 0x000E)
};

/* Copies the patient and the study from a file to an object, without the time zone of its dates.
 * The Study Instance UID is the given one, as it was read: that of the file may have a wrong VR.
 * Errors: those of sx_object_copy. */
bool sx_result_copy_modules(sx_object *o, const void *file, size_t size, const char *study_uid,
                            sx_error *err) SX_MUST_USE;

/* Begins an object: the copied modules, and what identifies instance, series and device. `film`: of
 * a GSPS or a capture; of a report the film whose header is copied. NULL on failure. */
sx_object *sx_result_begin(const sx_result_study *s, sx_result_kind kind, size_t film,
                           sx_error *err) SX_MUST_USE;
/* When the study was complete, as an object has it that copies its modules from films[film]: in the
 * time zone of that film's Timezone Offset From UTC (PS3.3 C.12.1.1), or in local time if it has no
 * valid one. "20261128", "203000". */
typedef struct sx_result_time {
    char date[9], time[7];
    char offset[6]; /* "+0900"; "": local time */
} sx_result_time;
sx_result_time sx_result_when(const sx_result_study *s, size_t film);

/* Writes the object, and frees it. */
bool sx_result_finish(sx_object *o, uint8_t **bytes, size_t *n, sx_error *err) SX_MUST_USE;

static inline sx_sop_ref sx_result_image(const sx_result_film *f) {
    return (sx_sop_ref){ f->info->sop_class, f->info->sop_uid };
}

/* "2.25." and 128 bits of the SHA-256 of a text. */
bool sx_result_uid_of(const char *text, char out[SX_RESULT_UID], sx_error *err) SX_MUST_USE;

/* The corners of a box: five points, the first again at the end. */
enum { SX_BOX_POINTS = 5 };
void sx_result_outline(const sx_result_box *box, float points[2 * SX_BOX_POINTS]);
/* What a viewer writes beside a box: "Osteophytes 0.83". */
void sx_result_label(const sx_result_box *box, char *out, size_t size);

#endif
