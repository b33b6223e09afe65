// The bridge to DCMTK's codecs: JPEG (IJG's library for 8, 12 and 16 bits).
#include <memory>
#include <new>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/logger.h>
#include <dcmtk/oflog/spi/logevent.h>

#include "dicom/dcmtk_dictionary.h"
#include "dicom/dcmtk_error.h"
#include "dicom/dcmtk_log.h"
#include "dicom/decode.h"

namespace {

namespace log4cplus = dcmtk::log4cplus;

// IJG's library replaces missing or damaged data by grey and only warns.
thread_local bool data_missing;

class DamageListener : public log4cplus::Appender {
  public:
    ~DamageListener() override {
        destructorImpl();
    }
    void close() override {}

  protected:
    void append(const log4cplus::spi::InternalLoggingEvent &event) override {
        static const char *const signs[] = { "remature end", "bad Huffman code", "instead of RST" };
        for (const char *sign : signs)
            if (event.getMessage().find(sign) != OFString_npos) data_missing = true;
    }
};

// Only compressed films need the codecs.
struct Codecs {
    Codecs() {
        sx_dcmtk_silence();
        log4cplus::Logger jpeg = log4cplus::Logger::getInstance("dcmtk.dcmjpeg");
        jpeg.addAppender(log4cplus::SharedAppenderPtr(new DamageListener));
        jpeg.setAdditivity(false);
        jpeg.setLogLevel(log4cplus::WARN_LOG_LEVEL);
        DJDecoderRegistration::registerCodecs(EDC_never);
    }
    ~Codecs() {
        DJDecoderRegistration::cleanup();
    }
};

void prepare() {
    static const Codecs codecs;
}

OFCondition describe(DcmItem &item, const sx_frame_format &f) {
    const Uint16 allocated = static_cast<Uint16>(f.bits_allocated),
                 stored = static_cast<Uint16>(f.bits_stored);
    OFCondition c = item.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
    if (c.good()) c = item.putAndInsertUint16(DCM_SamplesPerPixel, 1);
    if (c.good()) c = item.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(f.rows));
    if (c.good()) c = item.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(f.columns));
    if (c.good()) c = item.putAndInsertUint16(DCM_BitsAllocated, allocated);
    if (c.good()) c = item.putAndInsertUint16(DCM_BitsStored, stored);
    if (c.good()) c = item.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(stored - 1));
    if (c.good()) c = item.putAndInsertUint16(DCM_PixelRepresentation, f.is_signed ? 1 : 0);
    return c;
}

OFCondition append(DcmPixelSequence &sequence, const Uint8 *bytes, size_t count) {
    std::unique_ptr<DcmPixelItem> item(new DcmPixelItem(DCM_PixelItemTag));
    OFCondition c;
    if (count) c = item->putUint8Array(bytes, static_cast<Uint32>(count));
    // DCMTK may report success when it had no memory for the value
    Uint8 *now = NULL;
    if (count && c.good() && (item->getUint8Array(now).bad() || !now)) c = EC_MemoryExhausted;
    if (c.good()) c = sequence.insert(item.get());
    if (c.good()) (void)item.release();
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): the sequence owns it
    return c;
}

// One frame in one fragment after an empty offset table. `pixels` takes ownership of the sequence.
OFCondition encapsulate(DcmPixelData &pixels, const sx_frame &f, E_TransferSyntax xfer) {
    std::unique_ptr<DcmPixelSequence> sequence(new DcmPixelSequence(DCM_PixelSequenceTag));
    OFCondition c = append(*sequence, NULL, 0);
    if (c.good()) c = append(*sequence, f.data, f.n);
    if (c.good()) pixels.putOriginalRepresentation(xfer, NULL, sequence.release());
    return c;
}

OFCondition decode(const sx_frame &f, const sx_frame_format &format, const char *syntax, void *out,
                   size_t room) {
    DcmDataset item;
    DcmPixelData pixels(DCM_PixelData);
    OFString model;
    Uint32 fragment = 1; // 0 is the offset table
    OFCondition c = describe(item, format);
    if (c.good()) c = encapsulate(pixels, f, DcmXfer(syntax).getXfer());
    if (c.good())
        c = pixels.getUncompressedFrame(&item, 0, fragment, out, static_cast<Uint32>(room), model,
                                        NULL);
    return c;
}

} // namespace

extern "C" bool sx_dcmtk_decode(const sx_frame *f, const sx_frame_format *format,
                                const char *transfer_syntax, void *out, size_t room,
                                sx_error *err) {
    if (f->n + 1 > 0xFFFFFFFEu || room > 0xFFFFFFFEu)
        return sx_fail(err, SX_ERR_LIMIT, "a compressed frame of %zu bytes is too large", f->n);
    if (!sx_dcmtk_dictionary(err)) return false;
    try {
        prepare();
        data_missing = false;
        const OFCondition c = decode(*f, *format, transfer_syntax, out, room);
        if (c.bad())
            return sx_dcmtk_fail(err, SX_ERR_FORMAT, "the compressed pixel data cannot be decoded",
                                 c);
        if (data_missing)
            return sx_fail(err, SX_ERR_FORMAT, "the compressed pixel data are incomplete");
        return true;
    } catch (const std::bad_alloc &) {
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for compressed pixel data");
    } catch (...) {
        return sx_fail(err, SX_ERR_FORMAT, "the compressed pixel data cannot be decoded");
    }
}
