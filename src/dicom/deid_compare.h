/* Compares values with those that are removed; only for the parts of deid_clean.cc. */
#ifndef SX_DICOM_DEID_COMPARE_H
#define SX_DICOM_DEID_COMPARE_H

#include <cstdint>
#include <string>
#include <vector>

#include "dicom/deid_work.h"

uint32_t deid_tag(const DcmTagKey &t);
/* The two letters of its VR. */
const char *deid_vr(DcmElement &e);
/* list: VRs in a row, "CSDS". */
bool deid_is_vr(const char *vr, const char *list);

/* The values with backslashes between them. */
std::string deid_joined(const std::vector<std::string> &values);

/* What a text repeats of the values to remove; NULL: nothing. Throws DeidTooMany. */
const sx_secret *deid_match(const DeidWork &w, const char *text, sx_secret_place place);
/* Whether several values, joined, repeat what was collected. */
bool deid_repeats_joined(const DeidWork &w, const std::vector<std::string> &values,
                         sx_secret_place place);

#endif
