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
    if (file.getDataset()->chooseRepresentation(xfer, any_predictor ? &lossless : NULL).bad()) return false;
    if (!file.getDataset()->canWriteXfer(xfer)) return false;
    return file.saveFile(to, xfer).good();
}
