/* De-identification of compressed pixels (dicom/stream_comments.h). */
#ifndef SX_DICOM_DEID_STREAMS_H
#define SX_DICOM_DEID_STREAMS_H

#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

/* The stream of one frame. */
typedef std::vector<Uint8> DeidStream;

/* Clears the comments in all frames of the compressed Pixel Data. The frames keep their length;
 * `streams` receives a copy of each. JPEG XL remains as it is. False: they are damaged, or of
 * another format. */
bool deid_clear_comments(DcmDataset &d, std::vector<DeidStream> &streams);

#endif
