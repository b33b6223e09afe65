/* Uncompressed pixels of a film that is de-identified; only for the bridges (C++). */
#ifndef SX_DICOM_DEID_PIXELS_H
#define SX_DICOM_DEID_PIXELS_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "base/fail.h"
#include "dicom/deid_bits.h"
#include "dicom/deid_text.h"

/* Where the bits of a pixel are. False: the header does not say. */
bool deid_read_bits(DcmItem &d, sx_deid_bits *bits);
/* Clears unused bits and removes bytes after the last pixel. */
bool deid_clear_native(DcmDataset &d, sx_error *err);
/* Replaces Pixel Data by these samples, uncompressed. */
void deid_put_pixels(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px);

#endif
