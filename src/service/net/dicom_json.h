/* The answers of DICOMweb servers in DICOM JSON (PS3.18 F). They come from outside: any JSON is
 * allowed, and what is not as expected counts as absent. */
#ifndef SX_SERVICE_NET_DICOM_JSON_H
#define SX_SERVICE_NET_DICOM_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* What an answer of STOW-RS says of an instance. */
typedef enum sx_stow_fate {
    SX_STOW_UNNAMED, /* nothing */
    SX_STOW_STORED,  /* it is in the Referenced SOP Sequence */
    SX_STOW_FAILED   /* it is in the Failed SOP Sequence */
} sx_stow_fate;

/* `answer`: the data set, or an array that holds it; NULL is allowed. *status: the warning or
 * failure reason, 0..65535; 0 if there is none. */
sx_stow_fate sx_stow_fate_of(const json_t *answer, const char *sop_uid, int *status);
/* Whether the answer names any instance. */
bool sx_stow_names_any(const json_t *answer);
/* Whether the answer of a query (QIDO-RS), an array of data sets, has the instance. Servers that do
 * not know the filter answer with others too. */
bool sx_qido_has(const json_t *answer, const char *sop_uid);

#endif
