#include "dicom/deid_pixels.h"

#include <memory>

#include "dicom/header_bits.h"

bool deid_read_bits(DcmItem &d, DeidBits *bits) {
    Uint16 allocated = 0, stored = 0, high = 0, sign = 0;
    if (d.findAndGetUint16(DCM_BitsAllocated, allocated).bad()) return false;
    d.findAndGetUint16(DCM_BitsStored, stored);
    const bool has_high = d.findAndGetUint16(DCM_HighBit, high).good();
    d.findAndGetUint16(DCM_PixelRepresentation, sign);
    *bits = { allocated, stored, has_high ? high : stored - 1, sign == 1 };
    sx_settle_header_bits(bits->allocated, &bits->stored, &bits->high);
    return true;
}

void deid_put_padding(OFCondition &c, DcmItem &d, const DcmTagKey &t, uint16_t bits,
                      bool is_signed) {
    if (c.bad()) return;
    c = is_signed ? d.putAndInsertSint16(DcmTag(t, EVR_SS), static_cast<Sint16>(bits))
                  : d.putAndInsertUint16(DcmTag(t, EVR_US), bits);
}

void deid_put_bits(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px) {
    if (c.good()) c = d.putAndInsertUint16(DCM_BitsAllocated, static_cast<Uint16>(px.bits));
    if (c.good()) c = d.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(px.stored));
    if (c.good()) c = d.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(px.high));
    if (c.good()) c = d.putAndInsertUint16(DCM_PixelRepresentation, px.is_signed);
    if (c.bad() || !px.padding_moved) return;
    delete d.remove(DCM_PixelPaddingRangeLimit);
    deid_put_padding(c, d, DCM_PixelPaddingValue, px.padding, px.is_signed);
}

void deid_put_pixels(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px) {
    delete d.remove(DCM_PixelData);
    std::unique_ptr<DcmPixelData> e(new DcmPixelData(DCM_PixelData));
    e->setVR(px.bits == 8 ? EVR_OB : EVR_OW);
    if (c.good() && px.bits == 8)
        c = e->putUint8Array(static_cast<const Uint8 *>(px.samples),
                             static_cast<unsigned long>(px.count));
    else if (c.good())
        c = e->putUint16Array(static_cast<const Uint16 *>(px.samples),
                              static_cast<unsigned long>(px.count));
    if (c.good()) c = d.insert(e.get(), OFTrue);
    if (c.good()) (void)e.release();
}
