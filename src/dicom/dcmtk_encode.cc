#include "dicom/dcmtk_encode.h"

#include <mutex>

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>

#include "dicom/dcmtk_log.h"

namespace {

void prepare() {
    static std::once_flag once;
    std::call_once(once, [] {
        sx_dcmtk_silence();
        DJEncoderRegistration::registerCodecs(ECC_lossyYCbCr, EUC_never);
        DcmRLEEncoderRegistration::registerCodecs();
    });
}

// A code stream of odd length would be padded with undefined memory; the same film must give the
// same file.
OFCondition clear_padding(DcmPixelSequence &sequence) {
    OFCondition c;
    for (unsigned long i = 1; i < sequence.card() && c.good(); i++) {
        DcmPixelItem *item = NULL;
        Uint8 *bytes = NULL;
        c = sequence.getItem(item, i);
        if (c.good()) c = item->getUint8Array(bytes);
        const Uint32 n = c.good() && bytes ? item->getLength() : 0;
        if (n >= 3 && bytes[n - 3] == 0xFF && bytes[n - 2] == 0xD9)
            bytes[n - 1] = 0; // after End Of Image
    }
    return c;
}

} // namespace

OFCondition sx_dcmtk_encode(DcmDataset &d, E_TransferSyntax xfer) {
    DJ_RPLossless jpeg;
    DcmRLERepresentationParameter rle;
    const DcmRepresentationParameter *p = NULL;
    prepare();
    if (xfer == EXS_JPEGProcess14SV1)
        p = &jpeg;
    else if (xfer == EXS_RLELossless)
        p = &rle;
    OFCondition c = d.chooseRepresentation(xfer, p);
    if (c.bad() || xfer != EXS_JPEGProcess14SV1) return c;
    DcmPixelSequence *sequence = NULL;
    c = sx_dcmtk_streams(d, xfer, sequence);
    return c.good() ? clear_padding(*sequence) : c;
}

OFCondition sx_dcmtk_streams(DcmDataset &d, E_TransferSyntax xfer, DcmPixelSequence *&sequence) {
    DcmElement *e = NULL;
    OFCondition c = d.findAndGetElement(DCM_PixelData, e);
    DcmPixelData *pixels = c.good() ? OFdynamic_cast(DcmPixelData *, e) : NULL;
    if (!pixels) return c.good() ? EC_IllegalCall : c;
    const DcmRepresentationParameter *p = NULL;
    E_TransferSyntax held = xfer;
    pixels->getCurrentRepresentationKey(held, p);
    return pixels->getEncapsulatedRepresentation(xfer, p, sequence);
}
