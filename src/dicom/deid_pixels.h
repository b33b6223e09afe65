/* Uncompressed pixels of a film that is de-identified; only for the bridges (C++). */
#ifndef SX_DICOM_DEID_PIXELS_H
#define SX_DICOM_DEID_PIXELS_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "base/fail.h"
#include "dicom/deid_bits.h"
#include "dicom/deid_text.h"

/* Where the bits of a pixel are by the header, corrected where it contradicts itself. False: it has
 * no Bits Allocated. */
bool deid_read_bits(DcmItem &d, sx_deid_bits *bits);
/* Clears unused bits and removes bytes after the last pixel, where the film is not decoded. */
bool deid_clear_native(DcmDataset &d, sx_error *err);
/* Writes where the bits of decoded samples are, so that every reader finds them there. */
void deid_put_bits(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px);
/* Replaces Pixel Data by these samples, uncompressed. */
void deid_put_pixels(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px);

#endif
