/* Values that define how the picture looks; only for the bridges. */
#ifndef SX_DICOM_DEID_PICTURE_H
#define SX_DICOM_DEID_PICTURE_H

#include <string>
#include <vector>

#include "dicom/deid_same.h"
#include "dicom/deid_work.h"

/* Whether the attribute defines the picture: the window, the rescale values, the padding value and
 * the shapes of tables. */
bool deid_is_of_picture(const DcmTagKey &t);
/* Whether a reader would use these values of such an attribute: numbers, or a term. */
bool deid_are_used(const DcmTagKey &t, const char *vr, const std::vector<std::string> &values);
/* Writes such attributes, the photometric interpretation and the size in the standard's form, as
 * our reader takes them from the film, where their VR or their values are not the standard's. */
void deid_regular_picture(OFCondition &c, DcmItem &d, const sx_deid_shown &shown);
/* What a film fails with if it would lose such a value. */
OFCondition deid_picture_lost(const DcmTagKey &t);

#endif
