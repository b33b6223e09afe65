#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djencode.h>

extern "C" bool dcmtk_recode(const char *from, const char *to, const char *transfer_syntax);

extern "C" bool dcmtk_recode(const char *from, const char *to, const char *transfer_syntax) {
    static bool registered = false;
    if (!registered) {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        DJEncoderRegistration::registerCodecs(ECC_lossyYCbCr, EUC_never);
        DJLSEncoderRegistration::registerCodecs();
        DcmRLEEncoderRegistration::registerCodecs();
        registered = true;
    }
    DcmFileFormat file;
    const E_TransferSyntax xfer = DcmXfer(transfer_syntax).getXfer();
    DJ_RPLossless lossless(6, 0); // predictor 6
    const bool any_predictor = xfer == EXS_JPEGProcess14;
    if (file.loadFile(from).bad()) return false;
    if (file.getDataset()->chooseRepresentation(xfer, any_predictor ? &lossless : NULL).bad())
        return false;
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
