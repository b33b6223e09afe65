/* Values that are spread over several attributes of an item; only for deid_clean.cc. */
#ifndef SX_DICOM_DEID_SPREAD_H
#define SX_DICOM_DEID_SPREAD_H

#include "dicom/deid_work.h"

/* Empties numbers of up to four neighbouring attributes that together repeat a value to remove:
 * Window Center 1234 and Window Width 5678 the identifier 12345678. Numbers without which the film
 * cannot be read stay. Throws DeidTooMany. */
void deid_clear_spread(const DeidWork &w, DcmItem &item);

#endif
