/* Compressed pixels of a film that is de-identified, encoded again: text may be where decoders do
 * not look, in tables that no pixel needs or behind the last code, and no list of such places is
 * complete. A new stream holds only the image. Only for deid_bridge.cc. */
#ifndef SX_DICOM_DEID_RECODE_H
#define SX_DICOM_DEID_RECODE_H

#include "dicom/deid_streams.h"
#include "dicom/deid_text.h"

/* Replaces the streams of a film by new ones of the same kind, each in one fragment. px: the film's
 * decoded pixels, not needed for DCT streams of 8 bits. streams: what deid_clear_comments returned.
 * The caller checks that the new streams decode to the same pixels. Returns false if the film
 * remains as it is, because there is no encoder of this kind. Throws std::bad_alloc. */
bool deid_recode(DcmDataset &d, const std::vector<DeidStream> &streams, const sx_deid_pixels &px);

#endif
