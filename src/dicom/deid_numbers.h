/* Binary numbers and tables of a data set that is de-identified; only for deid_clean.cc. */
#ifndef SX_DICOM_DEID_NUMBERS_H
#define SX_DICOM_DEID_NUMBERS_H

#include <string>

#include "dicom/deid_work.h"

/* Whether the film cannot be read without this number. */
bool deid_is_structural(const DcmTagKey &t, const char *vr);
/* A number as text, without digits that its type does not have. */
std::string deid_number_text(DcmElement &e, unsigned long index);
/* Whether binary numbers may stay: few of them, and none that is an identifier. */
bool deid_numbers_are_kept(const DeidWork &w, DcmElement &e);
/* Shortens LUT Data to the entries of the item's descriptor. Returns false if they are removed. c:
 * a failure, also if they hold text. */
bool deid_trim_table(const DeidWork &w, DcmItem &item, DcmElement &e, OFCondition &c);
/* Whether the item has a LUT Descriptor and LUT Data, neither empty. */
bool deid_has_table(DcmItem &item);
/* What a film fails with if it would lose a table that it had. */
OFCondition deid_table_lost();

#endif
