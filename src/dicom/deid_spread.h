/* Values that are spread over several attributes of an item; only for deid_clean.cc. */
#ifndef SX_DICOM_DEID_SPREAD_H
#define SX_DICOM_DEID_SPREAD_H

#include "dicom/deid_work.h"

/* Empties numbers of up to four neighbouring attributes that together repeat a value to remove:
 * Focal Distance 1234 and Exposure Time 5678 the identifier 12345678. Numbers without which the
 * film cannot be read stay. At the top, also two texts that do so, such as XEN and IA. c: a
 * failure, also if the film would look different. Throws DeidTooMany. */
void deid_clear_spread(const DeidWork &w, DcmItem &item, bool top, OFCondition &c);

#endif
