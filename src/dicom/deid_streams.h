/* De-identification of compressed pixels (dicom/stream_comments.h). */
#ifndef SX_DICOM_DEID_STREAMS_H
#define SX_DICOM_DEID_STREAMS_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "base/fail.h"

/* Clears the comments in all frames of the compressed Pixel Data. The frames keep their length. */
bool deid_clear_comments(DcmDataset &d, sx_error *err);

#endif
