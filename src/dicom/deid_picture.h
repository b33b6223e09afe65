/* Values that define how the picture looks; only for deid_clean.cc and deid_spread.cc. */
#ifndef SX_DICOM_DEID_PICTURE_H
#define SX_DICOM_DEID_PICTURE_H

#include <string>
#include <vector>

#include "dicom/deid_work.h"

/* Whether the attribute defines the picture: the window, the rescale values, the padding value and
 * the shapes of tables. */
bool deid_is_of_picture(const DcmTagKey &t);
/* Whether a reader would use these values of such an attribute: numbers, or a term. */
bool deid_are_used(const DcmTagKey &t, const char *vr, const std::vector<std::string> &values);
/* What a film fails with if it would lose such a value. */
OFCondition deid_picture_lost(const DcmTagKey &t);

#endif
