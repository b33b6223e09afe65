#include <cstring>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <charls/charls.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>

namespace {

// The pixels of one frame, as CharLS reads them: bytes up to 8 bits, otherwise words.
struct Pixels {
    charls::frame_info info = {};
    std::vector<Uint8> bytes;

    bool read(DcmDataset &d) {
        Uint16 rows = 0, columns = 0, allocated = 0, stored = 0;
        if (d.findAndGetUint16(DCM_Rows, rows).bad() ||
            d.findAndGetUint16(DCM_Columns, columns).bad() ||
            d.findAndGetUint16(DCM_BitsAllocated, allocated).bad() ||
            d.findAndGetUint16(DCM_BitsStored, stored).bad())
            return false;
        info = { columns, rows, stored, 1 };
        return copy(d, static_cast<size_t>(rows) * columns, allocated == 8);
    }
    bool copy(DcmDataset &d, size_t count, bool narrow) {
        const Uint8 *octets = NULL;
        const Uint16 *words = NULL;
        if (narrow ? d.findAndGetUint8Array(DCM_PixelData, octets).bad()
                   : d.findAndGetUint16Array(DCM_PixelData, words).bad())
            return false;
        if (narrow)
            bytes.assign(octets, octets + count);
        else if (info.bits_per_sample <= 8)
            bytes.assign(words, words + count);
        else
            bytes.assign(reinterpret_cast<const Uint8 *>(words),
                         reinterpret_cast<const Uint8 *>(words + count));
        return true;
    }
};

// DCMTK's encoder of JPEG-LS writes beyond its buffer, so that CharLS is called here.
bool put_jpegls(DcmDataset &d, E_TransferSyntax xfer) {
    Pixels px;
    if (!px.read(d)) return false;
    charls::jpegls_encoder encoder;
    encoder.frame_info(px.info).near_lossless(xfer == EXS_JPEGLSLossy ? 2 : 0);
    std::vector<Uint8> stream(5 * px.bytes.size() + 1024);
    encoder.destination(stream);
    const size_t n = encoder.encode(px.bytes);
    DcmPixelSequence *sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
    DcmOffsetList offsets;
    if (sequence->insert(new DcmPixelItem(DCM_PixelItemTag)).bad() ||
        sequence->storeCompressedFrame(offsets, stream.data(), static_cast<Uint32>(n), 0).bad())
        return false;
    DcmPixelData *data = new DcmPixelData(DCM_PixelData);
    data->putOriginalRepresentation(xfer, NULL, sequence);
    return d.insert(data, OFTrue).good();
}

bool choose(DcmDataset &d, E_TransferSyntax xfer) {
    if (xfer == EXS_JPEGLSLossless || xfer == EXS_JPEGLSLossy) return put_jpegls(d, xfer);
    DJ_RPLossless lossless(6, 0); // predictor 6
    return d.chooseRepresentation(xfer, xfer == EXS_JPEGProcess14 ? &lossless : NULL).good();
}

} // namespace

extern "C" bool dcmtk_recode(const char *from, const char *to, const char *transfer_syntax);

extern "C" bool dcmtk_recode(const char *from, const char *to, const char *transfer_syntax) {
    static bool registered = false;
    if (!registered) {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        DJEncoderRegistration::registerCodecs(ECC_lossyYCbCr, EUC_never);
        DcmRLEEncoderRegistration::registerCodecs();
        registered = true;
    }
    DcmFileFormat file;
    const E_TransferSyntax xfer = DcmXfer(transfer_syntax).getXfer();
    if (file.loadFile(from).bad()) return false;
    if (!choose(*file.getDataset(), xfer)) return false;
    if (!file.getDataset()->canWriteXfer(xfer)) return false;
    return file.saveFile(to, xfer).good();
}

extern "C" bool dcmtk_value(const char *path, unsigned group, unsigned element, unsigned index,
                            char *out, size_t size);

// The value as DCMTK reads it; "" if absent.
extern "C" bool dcmtk_value(const char *path, unsigned group, unsigned element, unsigned index,
                            char *out, size_t size) {
    DcmFileFormat file;
    OFString value;
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    if (file.loadFile(path).bad()) return false;
    const DcmTagKey key(static_cast<Uint16>(group), static_cast<Uint16>(element));
    file.getDataset()->findAndGetOFString(key, value, index);
    OFStandard::strlcpy(out, value.c_str(), size);
    return true;
}
