#include "dicom/deid_picture.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "dicom/dataset.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_values.h"

bool deid_is_of_picture(const DcmTagKey &t) {
    static const DcmTagKey tags[] = { DCM_WindowCenter,      DCM_WindowWidth,
                                      DCM_RescaleIntercept,  DCM_RescaleSlope,
                                      DCM_VOILUTFunction,    DCM_PresentationLUTShape,
                                      DCM_PixelPaddingValue, DCM_PixelPaddingRangeLimit };
    return std::find(std::begin(tags), std::end(tags), t) != std::end(tags);
}

// With a comma for the point, as our reader accepts it.
static bool is_number(const std::string &value) {
    char text[SX_DEID_VALUE], out[SX_DEID_VALUE];
    if (value.size() >= sizeof text) return false;
    std::snprintf(text, sizeof text, "%s", value.c_str());
    sx_point_for_comma(text);
    return sx_deid_plain_number(text, out);
}

bool deid_are_used(const DcmTagKey &t, const char *vr, const std::vector<std::string> &values) {
    char out[SX_DEID_VALUE];
    for (const std::string &value : values)
        if (deid_is_vr(vr, "CS") ? !sx_deid_value(deid_tag(t), vr, value.c_str(), out)
                                 : !is_number(value))
            return false;
    return !values.empty();
}

OFCondition deid_picture_lost(const DcmTagKey &t) {
    char text[160];
    std::snprintf(
        text, sizeof text,
        "%s (%04x,%04x) repeats a value to be removed, or is too large to stay; without it "
        "the film would look different",
        DcmTag(t).getTagName(), static_cast<unsigned>(t.getGroup()),
        static_cast<unsigned>(t.getElement()));
    return makeOFCondition(OFM_dcmdata, 0x5E3, OF_error, text);
}
