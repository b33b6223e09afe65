/* Uncompressed pixels of a film that is de-identified; only for the bridges (C++). */
#ifndef SX_DICOM_DEID_PIXELS_H
#define SX_DICOM_DEID_PIXELS_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "dicom/deid_text.h"

/* The position of a pixel's bits in its sample: BitsStored bits up to HighBit. */
struct DeidBits {
    int allocated, stored, high;
    bool is_signed;
};

/* Where the bits of a pixel are by the header, corrected where it contradicts itself. False: it has
 * no Bits Allocated. */
bool deid_read_bits(DcmItem &d, DeidBits *bits);
/* Writes a PixelPaddingValue or PixelPaddingRangeLimit with the VR that the samples require. */
void deid_put_padding(OFCondition &c, DcmItem &d, const DcmTagKey &t, uint16_t bits,
                      bool is_signed);
/* Writes where the bits of decoded samples are, so that every reader finds them there, and the
 * padding value if it is another one. */
void deid_put_bits(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px);
/* Replaces Pixel Data by these samples, uncompressed. */
void deid_put_pixels(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px);

#endif
