/* The projection of a radiograph, by its header: films of a study are shown frontal first. */
#ifndef SX_DICOM_PROJECTION_H
#define SX_DICOM_PROJECTION_H

#include "dicom/film_rules.h"

typedef enum sx_projection {
    SX_PROJECTION_UNKNOWN,
    SX_PROJECTION_AP,
    SX_PROJECTION_PA,
    SX_PROJECTION_FRONTAL, /* AP or PA; the header does not say which */
    SX_PROJECTION_LATERAL,
    SX_PROJECTION_OBLIQUE,
    SX_PROJECTIONS
} sx_projection;

/* The projection by the first of these texts that names one: ViewPosition, `codes` (the meanings of
 * the View Code Sequence), SeriesDescription, ProtocolName, AcquisitionDeviceProcessingDescription,
 * and last `orientation` (PatientOrientation: directions of rows and columns with a backslash
 * between them). A text that names a frontal and a lateral film ("AP + LAT") decides nothing. The
 * study's descriptions do not count, because they describe all films. `codes` and `orientation` may
 * be NULL. */
sx_projection sx_projection_of(const sx_film_subject *film, const char *codes,
                               const char *orientation);

/* "AP", "PA", "frontal", "lateral", "oblique"; NULL: unknown. */
const char *sx_projection_name(sx_projection projection);
/* The inverse. UNKNOWN for NULL and other names. */
sx_projection sx_projection_by_name(const char *name);

/* The place among the films of a study, 0 to SX_PROJECTION_PLACES - 1: frontal, unknown, lateral,
 * oblique. Films of the same place keep their order. */
enum { SX_PROJECTION_PLACES = 4 };
int sx_projection_rank(sx_projection projection);

#endif
