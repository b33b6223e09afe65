// De-identification of compressed pixels: what they hold besides the image.
#include "dicom/deid_streams.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include "dicom/decode.h"
#include "dicom/stream_comments.h"
#include "dicom/streams.h"

namespace {

// The items of encapsulated Pixel Data, whose bytes DCMTK holds.
struct Items {
    std::vector<DcmPixelItem *> items;
    std::vector<Uint8 *> bytes; // NULL: an empty item
    std::vector<size_t> sizes;

    bool read(DcmPixelSequence &sequence) {
        for (unsigned long i = 0; i < sequence.card(); i++) {
            DcmPixelItem *item = NULL;
            Uint8 *data = NULL;
            if (sequence.getItem(item, i).bad() || !item) return false;
            const size_t length = item->getLength();
            if (length && (item->getUint8Array(data).bad() || !data)) return false;
            items.push_back(item);
            bytes.push_back(data);
            sizes.push_back(length);
        }
        return !items.empty();
    }
};

// A frame is joined, cleared and copied back into its items, but for JPEG XL.
bool clear_frame(Items &all, size_t from, size_t to, size_t pixels, DeidStream &frame) {
    for (size_t i = from; i < to; i++)
        frame.insert(frame.end(), all.bytes[i], all.bytes[i] + all.sizes[i]);
    if (sx_stream_codec(frame.data(), frame.size()) == SX_CODEC_JPEG_XL) return true;
    if (!sx_stream_clear_comments(frame.data(), frame.size(), pixels)) return false;
    const Uint8 *next = frame.data();
    for (size_t i = from; i < to; next += all.sizes[i++])
        if (all.sizes[i]) std::memcpy(all.bytes[i], next, all.sizes[i]);
    return true;
}

// The Basic Offset Table is empty or has the offset of each frame. DCMTK may report success when it
// had no memory for the new value, so that value is read back.
void write_table(DcmPixelItem &item, const std::vector<Uint8> &table) {
    Uint8 *now = NULL;
    if (item.getLength() == 0) return;
    if (item.putUint8Array(table.data(), static_cast<unsigned long>(table.size())).bad() ||
        item.getUint8Array(now).bad() || !now || item.getLength() < table.size() ||
        std::memcmp(now, table.data(), table.size()) != 0)
        throw std::bad_alloc();
}

void add_offset(std::vector<Uint8> &table, size_t offset) {
    for (int shift = 0; shift < 32; shift += 8)
        table.push_back(static_cast<Uint8>(offset >> shift));
}

bool clear_frames(Items &all, size_t frames, size_t pixels, std::vector<DeidStream> &streams) {
    // Some writers leave out the table.
    const bool has_table = sx_stream_codec(all.bytes[0], all.sizes[0]) == SX_CODEC_NONE;
    const size_t start = has_table ? 1 : 0;
    std::vector<sx_fragment> items;
    for (size_t i = start, offset = 0; i < all.items.size(); offset += 8 + all.sizes[i++])
        items.push_back({ all.bytes[i], all.sizes[i], offset });
    const sx_fragments list = { has_table ? all.bytes[0] : NULL, has_table ? all.sizes[0] / 4 : 0,
                                items.data(), items.size(), items.size() };
    std::vector<Uint8> table;
    size_t done = 0; // fragments
    for (size_t k = 0; k < frames; k++) {
        size_t first = 0, last = 0;
        if (items.empty() || !sx_fragments_find_frame(&list, k, frames, &first, &last) ||
            first < done)
            return false;
        for (; done < first; done++) // of no frame
            if (items[done].n) std::memset(all.bytes[start + done], 0, items[done].n);
        streams.emplace_back();
        if (!clear_frame(all, start + first, start + last, pixels, streams.back())) return false;
        add_offset(table, items[first].offset);
        done = last;
    }
    if (done != items.size()) return false;
    if (has_table) write_table(*all.items[0], table);
    return true;
}

} // namespace

bool deid_clear_comments(DcmDataset &d, std::vector<DeidStream> &streams) {
    DcmElement *e = NULL;
    DcmPixelSequence *fragments = NULL;
    Items all;
    Uint16 rows = 0, columns = 0;
    Sint32 frames = 1;
    d.findAndGetUint16(DCM_Rows, rows);
    d.findAndGetUint16(DCM_Columns, columns);
    if (d.findAndGetSint32(DCM_NumberOfFrames, frames).bad() || frames < 1) frames = 1;
    DcmPixelData *pixels =
        d.findAndGetElement(DCM_PixelData, e).good() ? OFdynamic_cast(DcmPixelData *, e) : NULL;
    return pixels &&
           pixels->getEncapsulatedRepresentation(d.getOriginalXfer(), NULL, fragments).good() &&
           fragments && all.read(*fragments) &&
           clear_frames(all, static_cast<size_t>(frames), static_cast<size_t>(rows) * columns,
                        streams);
}
