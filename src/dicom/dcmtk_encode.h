/* DCMTK's lossless encoders. For the bridges (C++). */
#ifndef SX_DICOM_DCMTK_ENCODE_H
#define SX_DICOM_DCMTK_ENCODE_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

/* Encodes the uncompressed Pixel Data of a data set: JPEG Lossless (process 14, first-order
 * prediction) or RLE Lossless, one fragment a frame; other transfer syntaxes change nothing. Any
 * number of threads at once. */
OFCondition sx_dcmtk_encode(DcmDataset &d, E_TransferSyntax xfer);

/* The streams of encoded Pixel Data, without the offset table's; they belong to the data set. */
OFCondition sx_dcmtk_streams(DcmDataset &d, E_TransferSyntax xfer, DcmPixelSequence *&sequence);

#endif
