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

/* Manufacturer or Manufacturer's Model Name: SX_PLACE_PRODUCT. */
bool deid_is_product(uint32_t tag);

/* The values with backslashes between them. */
std::string deid_joined(const std::vector<std::string> &values);

/* What a text repeats of the values to remove; NULL: nothing. Throws DeidTooMany. */
const sx_secret *deid_match(const DeidWork &w, const char *text, sx_secret_place place);
/* Whether several values, joined, repeat what was collected. */
bool deid_repeats_joined(const DeidWork &w, const std::vector<std::string> &values,
                         sx_secret_place place);
/* Whether the values of neighbouring attributes do. Throws DeidTooMany. */
bool deid_repeats_spread(const DeidWork &w, const std::vector<std::string> &values);
/* Whether values are the code points of a text that repeats what was collected: 77, 79, 76 .. */
bool deid_has_codes(const DeidWork &w, const std::vector<std::string> &values);
/* Whether the bytes of binary values do, in any character set. */
bool deid_has_bytes(const DeidWork &w, const std::string &bytes);

#endif
