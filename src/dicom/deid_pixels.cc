#include "dicom/deid_pixels.h"

#include <memory>
#include <new>
#include <vector>

#include "dicom/dcmtk_error.h"
#include "dicom/header_bits.h"

namespace {

bool is_422(DcmItem &d) {
    OFString s;
    const OFCondition c = d.findAndGetOFString(DCM_PhotometricInterpretation, s);
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    return c.good() && s == "YBR_FULL_422";
}

// Bytes of the pixels of all frames; 0: unknown from the header.
size_t pixel_bytes(DcmItem &d, int allocated) {
    Uint16 rows = 0, columns = 0, samples = 1;
    Sint32 frames = 1;
    d.findAndGetUint16(DCM_Rows, rows);
    d.findAndGetUint16(DCM_Columns, columns);
    d.findAndGetUint16(DCM_SamplesPerPixel, samples);
    if (d.findAndGetSint32(DCM_NumberOfFrames, frames).bad() || frames < 1) frames = 1;
    const size_t pixels = static_cast<size_t>(rows) * columns * static_cast<size_t>(frames);
    if (samples == 3 && is_422(d)) samples = 2;
    return (pixels * samples * static_cast<size_t>(allocated) + 7) / 8;
}

} // namespace

bool deid_read_bits(DcmItem &d, sx_deid_bits *bits) {
    Uint16 allocated = 0, stored = 0, high = 0, sign = 0;
    if (d.findAndGetUint16(DCM_BitsAllocated, allocated).bad()) return false;
    d.findAndGetUint16(DCM_BitsStored, stored);
    const bool has_high = d.findAndGetUint16(DCM_HighBit, high).good();
    d.findAndGetUint16(DCM_PixelRepresentation, sign);
    *bits = { allocated, stored, has_high ? high : stored - 1, sign == 1 };
    sx_settle_header_bits(bits->allocated, &bits->stored, &bits->high);
    return true;
}

bool deid_clear_native(DcmDataset &d, sx_error *err) {
    sx_deid_bits bits = {};
    DcmElement *e = NULL;
    Uint16 *words = NULL;
    Uint8 *bytes = NULL;
    if (d.findAndGetElement(DCM_PixelData, e).bad() || !deid_read_bits(d, &bits))
        return sx_fail(err, SX_ERR_MISSING, "there is no Bits Allocated");
    const bool byte_wise = e->getVR() == EVR_OB;
    if (byte_wise && bits.allocated > 8 && d.getOriginalXfer() == EXS_BigEndianExplicit)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "the pixels are words, but written as bytes (OB)");
    const size_t wanted = pixel_bytes(d, bits.allocated), padded = wanted + (wanted & 1);
    OFCondition c = byte_wise ? e->getUint8Array(bytes) : e->getUint16Array(words);
    size_t held = e->getLength();
    if (c.bad() || (held && !bytes && !words))
        return sx_dcmtk_fail(err, SX_ERR_FORMAT, "the pixels cannot be read", c);
    void *data = byte_wise ? static_cast<void *>(bytes) : static_cast<void *>(words);
    if (held && !sx_deid_clear_bits(&bits, data, held))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "pixels of %d bits, %d of them stored: unused bits cannot be cleared",
                       bits.allocated, bits.stored);
    if (held >= padded && padded > wanted) {
        if (byte_wise)
            bytes[wanted] = 0;
        else
            words[wanted / 2] &= 0xFF;
    }
    if (held <= padded) return true;
    if (byte_wise) {
        const std::vector<Uint8> copy(bytes, bytes + padded);
        c = e->putUint8Array(copy.data(), static_cast<unsigned long>(padded));
    } else {
        const std::vector<Uint16> copy(words, words + padded / 2);
        c = e->putUint16Array(copy.data(), static_cast<unsigned long>(padded / 2));
    }
    return c.good() || sx_fail(err, SX_ERR_MEMORY, "out of memory for the pixels");
}

void deid_put_bits(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px) {
    if (c.good()) c = d.putAndInsertUint16(DCM_BitsAllocated, static_cast<Uint16>(px.bits));
    if (c.good()) c = d.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(px.stored));
    if (c.good()) c = d.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(px.high));
    if (c.good()) c = d.putAndInsertUint16(DCM_PixelRepresentation, px.is_signed);
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
