// De-identification of compressed pixels: what their streams hold besides the image.
#include "dicom/deid_streams.h"

#include <cstring>
#include <vector>

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include "dicom/stream_comments.h"
#include "dicom/streams.h"

namespace {

// The bytes of fragments [from, to): one frame.
bool clear_frame(DcmPixelSequence &fragments, unsigned long from, unsigned long to) {
    std::vector<Uint8 *> parts;
    std::vector<size_t> sizes;
    std::vector<Uint8> frame;
    for (unsigned long i = from; i < to; i++) {
        DcmPixelItem *item = NULL;
        Uint8 *bytes = NULL;
        if (fragments.getItem(item, i).bad() || !item) return false;
        const size_t length = item->getLength();
        if (length && (item->getUint8Array(bytes).bad() || !bytes)) return false;
        parts.push_back(bytes);
        sizes.push_back(length);
        if (length) frame.insert(frame.end(), bytes, bytes + length);
    }
    if (frame.empty() || sx_stream_clear_comments(frame.data(), frame.size()) == 0) return true;
    size_t at = 0;
    for (size_t i = 0; i < parts.size(); at += sizes[i++])
        if (sizes[i]) std::memcpy(parts[i], frame.data() + at, sizes[i]);
    return true;
}

} // namespace

// What the compressed frames hold besides the image. A frame begins with a fragment that begins
// as a stream does.
bool deid_clear_comments(DcmDataset &d, sx_error *err) {
    DcmElement *e = NULL;
    DcmPixelSequence *fragments = NULL;
    DcmPixelData *pixels =
        d.findAndGetElement(DCM_PixelData, e).good() ? OFdynamic_cast(DcmPixelData *, e) : NULL;
    if (!pixels ||
        pixels->getEncapsulatedRepresentation(d.getOriginalXfer(), NULL, fragments).bad() ||
        !fragments)
        return sx_fail(err, SX_ERR_FORMAT, "the compressed pixels cannot be read");
    const unsigned long count = fragments->card();
    for (unsigned long from = 1, to = 2; from < count; from = to, to = from + 1) {
        for (; to < count; to++) {
            DcmPixelItem *item = NULL;
            Uint8 *bytes = NULL;
            if (fragments->getItem(item, to).bad() || item->getUint8Array(bytes).bad()) break;
            if (bytes && sx_stream_codec(bytes, item->getLength()) != SX_CODEC_NONE) break;
        }
        if (!clear_frame(*fragments, from, to))
            return sx_fail(err, SX_ERR_FORMAT, "the compressed pixels cannot be read");
    }
    return true;
}
