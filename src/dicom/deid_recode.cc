#include "dicom/deid_recode.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include "dicom/dcmtk_encode.h"
#include "dicom/dcmtk_error.h"
#include "dicom/deid_pixels.h"
#include "dicom/stream_comments.h"
#include "dicom/streams.h"
#include "dicom/write.h"
#include "image/jpeg_rewrite.h"

namespace {

enum Encoder { NO_ENCODER, DCT, LOSSLESS, JPEG_LS, JPEG_2000, RLE };

// What the samples of all frames mean.
struct Format {
    Uint16 rows = 0, columns = 0;
    size_t frames = 0;
    DeidBits bits = {};

    bool read(DcmDataset &d, size_t count) {
        frames = count;
        return d.findAndGetUint16(DCM_Rows, rows).good() &&
               d.findAndGetUint16(DCM_Columns, columns).good() && deid_read_bits(d, &bits);
    }
    size_t pixels() const {
        return static_cast<size_t>(rows) * columns;
    }
};

Encoder encoder_of(const DeidStream &s) {
    sx_jpeg_header h = {};
    switch (sx_stream_codec(s.data(), s.size())) {
    case SX_CODEC_RLE:
        return RLE;
    case SX_CODEC_JPEG_2000:
    case SX_CODEC_JPEG_XL:
        return JPEG_2000;
    case SX_CODEC_JPEG:
        if (!sx_jpeg_find_header(s.data(), s.size(), &h)) return NO_ENCODER;
        return h.marker == 0xF7                       ? JPEG_LS
               : h.marker == 0xC3                     ? LOSSLESS
               : h.marker <= 0xC2 && h.precision == 8 ? DCT
                                                      : NO_ENCODER;
    default:
        return NO_ENCODER;
    }
}

void check_memory(const sx_error &err) {
    if (err.code == SX_ERR_MEMORY) throw std::bad_alloc();
}

bool good(const OFCondition &c) {
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    return c.good();
}

// ---- encoders ----

bool rewrite_dct(const std::vector<DeidStream> &streams, std::vector<DeidStream> &out) {
    for (const DeidStream &s : streams) {
        sx_str now = {};
        sx_error err = {};
        const std::unique_ptr<sx_str, void (*)(sx_str *)> owner(&now, sx_str_free);
        if (!sx_jpeg_rewrite(s.data(), s.size(), "the pixels", &now, &err)) {
            check_memory(err);
            return false;
        }
        out.emplace_back(now.data, now.data + now.len);
    }
    return true;
}

// Signed samples of JPEG-LS are encoded with all their bits, which repeat the sign, because its
// streams have no sign that a decoder could extend.
int bits_of(Encoder encoder, const Format &f) {
    const bool fits = f.bits.high >= f.bits.stored - 1 && f.bits.high < f.bits.allocated;
    const int bits = fits ? f.bits.high + 1 : f.bits.stored;
    if (encoder == JPEG_2000) return bits;
    return f.bits.is_signed ? f.bits.allocated : std::max(bits, 2);
}

bool encode_values(Encoder encoder, const Format &f, const sx_deid_pixels &px,
                   std::vector<DeidStream> &out) {
    std::vector<uint16_t> values(f.pixels());
    for (size_t k = 0; k < f.frames; k++) {
        const size_t first = k * f.pixels();
        const uint8_t *bytes = static_cast<const uint8_t *>(px.samples);
        const uint16_t *words = static_cast<const uint16_t *>(px.samples);
        for (size_t i = 0; i < values.size(); i++)
            values[i] = px.bits == 16 ? words[first + i]
                        : f.bits.is_signed
                            ? static_cast<uint16_t>(static_cast<int8_t>(bytes[first + i]))
                            : bytes[first + i];
        const sx_encode_image image = { values.data(), f.rows, f.columns, bits_of(encoder, f),
                                        f.bits.is_signed };
        uint8_t *stream = NULL;
        size_t n = 0;
        sx_error err = {};
        if (!(encoder == JPEG_LS ? sx_encode_jpegls(&image, &stream, &n, &err)
                                 : sx_encode_jpeg2000(&image, &stream, &n, &err))) {
            check_memory(err);
            return false;
        }
        const std::unique_ptr<uint8_t, void (*)(void *)> owner(stream, std::free);
        out.emplace_back(stream, stream + n);
    }
    return true;
}

// Signed samples are encoded with all their bits, which repeat the sign.
OFCondition describe(DcmItem &d, const Format &f) {
    const Uint16 allocated = static_cast<Uint16>(f.bits.allocated),
                 stored = static_cast<Uint16>(f.bits.is_signed ? allocated : f.bits.stored);
    OFCondition c = d.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
    if (c.good()) c = d.putAndInsertUint16(DCM_SamplesPerPixel, 1);
    if (c.good()) c = d.putAndInsertString(DCM_NumberOfFrames, std::to_string(f.frames).c_str());
    if (c.good()) c = d.putAndInsertUint16(DCM_Rows, f.rows);
    if (c.good()) c = d.putAndInsertUint16(DCM_Columns, f.columns);
    if (c.good()) c = d.putAndInsertUint16(DCM_BitsAllocated, allocated);
    if (c.good()) c = d.putAndInsertUint16(DCM_BitsStored, stored);
    if (c.good()) c = d.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(stored - 1));
    if (c.good()) c = d.putAndInsertUint16(DCM_PixelRepresentation, 0);
    return c;
}

bool encode_once(const Format &f, const sx_deid_pixels &px, E_TransferSyntax xfer,
                 std::vector<DeidStream> &out) {
    DcmDataset d;
    DcmPixelSequence *sequence = NULL;
    OFCondition c = describe(d, f);
    deid_put_pixels(c, d, px);
    if (c.good()) c = sx_dcmtk_encode(d, xfer);
    if (c.good()) c = sx_dcmtk_streams(d, xfer, sequence);
    if (!good(c) || !sequence || sequence->card() != f.frames + 1) return false;
    for (size_t k = 0; k < f.frames; k++) {
        DcmPixelItem *item = NULL;
        Uint8 *bytes = NULL;
        if (!good(sequence->getItem(item, static_cast<unsigned long>(k + 1))) ||
            !good(item->getUint8Array(bytes)) || !bytes)
            return false;
        out.emplace_back(bytes, bytes + item->getLength());
    }
    return true;
}

// DCMTK does not always tell when memory ran out. Another fault occurs again.
bool encode_by_dcmtk(const Format &f, const sx_deid_pixels &px, E_TransferSyntax xfer,
                     std::vector<DeidStream> &out) {
    if (encode_once(f, px, xfer, out)) return true;
    out.clear();
    return encode_once(f, px, xfer, out);
}

bool encode(Encoder encoder, const Format &f, const std::vector<DeidStream> &streams,
            const sx_deid_pixels &px, std::vector<DeidStream> &out) {
    if (encoder == DCT) return rewrite_dct(streams, out);
    if (encoder == NO_ENCODER || !px.samples || px.count != f.pixels() * f.frames) return false;
    if (encoder == JPEG_LS || encoder == JPEG_2000) return encode_values(encoder, f, px, out);
    return encode_by_dcmtk(f, px, encoder == LOSSLESS ? EXS_JPEGProcess14SV1 : EXS_RLELossless,
                           out);
}

// ---- the result ----

// DCMTK may report success when it had no memory for the value, so that it is read back.
OFCondition append(DcmPixelSequence &sequence, const DeidStream &s) {
    std::unique_ptr<DcmPixelItem> item(new DcmPixelItem(DCM_PixelItemTag));
    Uint8 *now = NULL;
    OFCondition c = EC_Normal;
    if (!s.empty()) {
        c = item->putUint8Array(s.data(), static_cast<unsigned long>(s.size()));
        if (c.good() && (item->getUint8Array(now).bad() || !now || item->getLength() != s.size()))
            c = EC_MemoryExhausted;
    }
    if (c.good()) c = sequence.insert(item.get());
    if (c.good()) (void)item.release();
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): the sequence owns it
    return c;
}

// The Basic Offset Table of several frames, of even lengths.
DeidStream offsets_of(const std::vector<DeidStream> &streams) {
    DeidStream table;
    size_t offset = 0;
    for (size_t k = 0; streams.size() > 1 && k < streams.size(); offset += 8 + streams[k++].size())
        for (int shift = 0; shift < 32; shift += 8)
            table.push_back(static_cast<Uint8>(offset >> shift));
    return table;
}

// In `xfer`, one fragment a frame.
OFCondition put_streams(DcmDataset &d, E_TransferSyntax xfer,
                        const std::vector<DeidStream> &streams) {
    std::unique_ptr<DcmPixelSequence> sequence(new DcmPixelSequence(DCM_PixelSequenceTag));
    OFCondition c = append(*sequence, offsets_of(streams));
    for (const DeidStream &s : streams)
        if (c.good()) c = append(*sequence, s);
    if (c.bad()) return c;
    std::unique_ptr<DcmPixelData> pixels(new DcmPixelData(DCM_PixelData));
    pixels->putOriginalRepresentation(xfer, NULL, sequence.release());
    c = d.insert(pixels.get(), OFTrue);
    if (c.good()) (void)pixels.release();
    return c;
}

} // namespace

bool deid_recode(DcmDataset &d, const std::vector<DeidStream> &streams, const sx_deid_pixels &px) {
    Format f;
    std::vector<DeidStream> out;
    if (streams.empty() || !f.read(d, streams.size())) return false;
    const Encoder encoder = encoder_of(streams[0]);
    for (const DeidStream &s : streams)
        if (encoder_of(s) != encoder) return false;
    if (!encode(encoder, f, streams, px, out)) return false;
    for (DeidStream &s : out) {
        if (!sx_stream_clear_comments(s.data(), s.size(), f.pixels())) return false;
        if (s.size() % 2) s.push_back(0);
    }
    return good(put_streams(d, d.getOriginalXfer(), out));
}
