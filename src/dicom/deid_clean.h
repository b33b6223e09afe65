// The rules of deid_rules.c applied to a data set of DCMTK's; only for deid_bridge.cc.
#ifndef SX_DICOM_DEID_CLEAN_H
#define SX_DICOM_DEID_CLEAN_H

#include "dicom/deid_work.h"

// Collects every value to be removed, before anything is changed (deid_collect.cc). SX_ERR_MEMORY,
// SX_ERR_LIMIT.
bool deid_collect(DeidWork &w, DcmDataset &d, sx_error *err) SX_MUST_USE;
// Removes, empties and replaces; kept values are valid and repeat no collected value. Throws
// DeidTooMany.
void deid_clean(DeidWork &w, DcmItem &item, OFCondition &c);
// A value that repeats what was collected and could not be emptied; NULL: none.
const sx_secret *deid_survivor(const DeidWork &w, DcmItem &item);
std::string deid_new_uid(const DeidWork &w, const std::string &uid);

#endif
