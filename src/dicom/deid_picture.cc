#include "dicom/deid_picture.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "base/str.h"
#include "dicom/dataset.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_element.h"
#include "dicom/deid_pixels.h"
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

namespace {

// Whether the attribute is there, but not with the standard's VR and valid values.
bool is_irregular(DcmItem &d, const DcmTagKey &t, const char *vr) {
    DcmElement *e = NULL;
    char out[SX_DEID_VALUE];
    if (d.findAndGetElement(t, e).bad() || !e) return false;
    if (!deid_is_vr(vr, deid_vr(*e))) return true;
    if (!e->isaString()) return e->getVM() != 1;
    const std::vector<std::string> values = deid_values(*e);
    if (!sx_deid_vm_is_due(deid_tag(t), values.size())) return true;
    for (const std::string &value : values)
        if (!value.empty() && !sx_deid_value(deid_tag(t), vr, value.c_str(), out)) return true;
    return false;
}

// With the digits that fit a DS.
std::string decimal(double v) {
    enum { MOST = 16 };
    char best[40] = "0", text[40];
    double back = 0;
    for (int digits = 1; digits <= 17; digits++) {
        sx_format(text, sizeof text, "%.*g", digits, v);
        if (std::strlen(text) > MOST) continue;
        std::snprintf(best, sizeof best, "%s", text);
        if (sx_parse_double(text, &back) && back == v) break;
    }
    return best;
}

void put_decimal(OFCondition &c, DcmItem &d, const DcmTagKey &t, double v) {
    if (c.good()) c = d.putAndInsertString(t, decimal(v).c_str());
}

void put_term(OFCondition &c, DcmItem &d, const DcmTagKey &t, const char *term) {
    if (c.good() && is_irregular(d, t, "CS")) c = d.putAndInsertString(t, term);
}

void put_size(OFCondition &c, DcmItem &d, const DcmTagKey &t, int n) {
    if (c.good() && n > 0 && is_irregular(d, t, "US"))
        c = d.putAndInsertUint16(t, static_cast<Uint16>(n));
}

void put_padding(OFCondition &c, DcmItem &d, const DcmTagKey &t, uint16_t bits, bool is_signed) {
    if (is_irregular(d, t, "USSS")) deid_put_padding(c, d, t, bits, is_signed);
}

} // namespace

void deid_regular_picture(OFCondition &c, DcmItem &d, const sx_deid_shown &s) {
    if (!s.is_grey) return;
    put_term(c, d, DCM_PhotometricInterpretation, s.monochrome1 ? "MONOCHROME1" : "MONOCHROME2");
    if (s.inverse) put_term(c, d, DCM_PresentationLUTShape, "INVERSE");
    put_size(c, d, DCM_SamplesPerPixel, 1);
    put_size(c, d, DCM_Rows, s.rows);
    put_size(c, d, DCM_Columns, s.columns);
    if (s.has_slope && is_irregular(d, DCM_RescaleSlope, "DS"))
        put_decimal(c, d, DCM_RescaleSlope, s.slope);
    if (s.has_intercept && is_irregular(d, DCM_RescaleIntercept, "DS"))
        put_decimal(c, d, DCM_RescaleIntercept, s.intercept);
    if (s.has_window &&
        (is_irregular(d, DCM_WindowCenter, "DS") || is_irregular(d, DCM_WindowWidth, "DS"))) {
        put_decimal(c, d, DCM_WindowCenter, s.center);
        put_decimal(c, d, DCM_WindowWidth, s.width);
    }
    if (s.has_window) put_term(c, d, DCM_VOILUTFunction, s.function);
    if (!s.has_padding) return;
    put_padding(c, d, DCM_PixelPaddingValue, s.padding_value, s.is_signed);
    put_padding(c, d, DCM_PixelPaddingRangeLimit, s.padding_limit, s.is_signed);
}
