// The bridge to DCMTK for writing: attributes, lossless codecs, the file.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include "base/str.h"
#include "dicom/dcmtk_dictionary.h"
#include "dicom/dcmtk_encode.h"
#include "dicom/dcmtk_error.h"
#include "dicom/dcmtk_serialise.h"
#include "dicom/write.h"

namespace {

E_TransferSyntax transfer_syntax(sx_write_syntax s) {
    switch (s) {
    case SX_WRITE_IMPLICIT:
        return EXS_LittleEndianImplicit;
    case SX_WRITE_BIG_ENDIAN:
        return EXS_BigEndianExplicit;
    case SX_WRITE_DEFLATED:
        return EXS_DeflatedLittleEndianExplicit;
    case SX_WRITE_RLE:
        return EXS_RLELossless;
    case SX_WRITE_JPEG:
        return EXS_JPEGProcess14SV1;
    case SX_WRITE_JPEG_LS:
        return EXS_JPEGLSLossless;
    case SX_WRITE_JPEG_2000:
        return EXS_JPEG2000LosslessOnly;
    default:
        return EXS_LittleEndianExplicit;
    }
}

// Keeps the first failure, so that a list of attributes reads as a list.
class Attributes {
  public:
    explicit Attributes(DcmItem &item) : item_(item) {}
    Attributes &text(const DcmTagKey &tag, const char *value) {
        return keep(item_.putAndInsertString(tag, value));
    }
    Attributes &number(const DcmTagKey &tag, double value) {
        char buf[32];
        sx_format(buf, sizeof buf, "%.6g", value);
        return text(tag, buf);
    }
    Attributes &word(const DcmTagKey &tag, int value) {
        return keep(item_.putAndInsertUint16(tag, static_cast<Uint16>(value)));
    }
    Attributes &empty(const DcmTagKey &tag) {
        return keep(item_.insertEmptyElement(tag));
    }
    // A sequence of one coded concept.
    Attributes &code(const DcmTagKey &tag, const char *value, const char *scheme,
                     const char *meaning) {
        DcmItem *item = NULL;
        keep(item_.findOrCreateSequenceItem(tag, item, -2));
        if (item && state_.good())
            keep(Attributes(*item)
                     .text(DCM_CodeValue, value)
                     .text(DCM_CodingSchemeDesignator, scheme)
                     .text(DCM_CodeMeaning, meaning)
                     .state());
        return *this;
    }
    Attributes &keep(const OFCondition &c) {
        if (state_.good()) state_ = c;
        return *this;
    }
    OFCondition state() const {
        return state_;
    }

  private:
    DcmItem &item_;
    OFCondition state_;
};

OFCondition put_study(DcmItem &d, const sx_write_film &f) {
    char number[16];
    std::snprintf(number, sizeof number, "%d", f.series_number);
    return Attributes(d)
        .text(DCM_SOPClassUID, UID_DigitalXRayImageStorageForPresentation)
        .text(DCM_SOPInstanceUID, f.instance_uid)
        .text(DCM_StudyDate, f.date)
        .text(DCM_SeriesDate, f.date)
        .text(DCM_AcquisitionDate, f.date)
        .text(DCM_ContentDate, f.date)
        .text(DCM_StudyTime, f.time)
        .text(DCM_SeriesTime, f.time)
        .text(DCM_AcquisitionTime, f.time)
        .text(DCM_ContentTime, f.time)
        .empty(DCM_AccessionNumber)
        .text(DCM_Modality, "DX")
        .text(DCM_PresentationIntentType, "FOR PRESENTATION")
        .text(DCM_Manufacturer, "spinexr")
        .text(DCM_ManufacturerModelName, "phantom")
        .empty(DCM_ReferringPhysicianName)
        .text(DCM_StationName, f.station)
        .text(DCM_StudyDescription, f.description)
        .text(DCM_SeriesDescription, f.view)
        .text(DCM_ProtocolName, f.description)
        .text(DCM_PatientName, f.patient_name)
        .text(DCM_PatientID, f.patient_id)
        .empty(DCM_PatientBirthDate)
        .text(DCM_PatientSex, f.patient_sex)
        .text(DCM_PatientAge, f.patient_age)
        .text(DCM_StudyInstanceUID, f.study_uid)
        .text(DCM_SeriesInstanceUID, f.series_uid)
        .empty(DCM_StudyID)
        .text(DCM_SeriesNumber, number)
        .state();
}

OFCondition put_image(DcmItem &d, const sx_write_film &f) {
    char number[16], spacing[64];
    std::snprintf(number, sizeof number, "%d", f.instance_number);
    sx_format(spacing, sizeof spacing, "%.6g\\%.6g", f.spacing, f.spacing);
    return Attributes(d)
        .text(DCM_ImageType, "ORIGINAL\\PRIMARY\\")
        .text(DCM_InstanceNumber, number)
        .text(DCM_PatientOrientation, f.orientation)
        .text(DCM_BodyPartExamined, f.body_part)
        .text(DCM_ViewPosition, f.view)
        .text(DCM_ImageLaterality, "U")
        .code(DCM_AnatomicRegionSequence, f.region_code, "SCT", f.region_meaning)
        .code(DCM_ViewCodeSequence,
              f.view[0] == 'A'   ? "399348003"
              : f.view[0] == 'L' ? "399173006"
                                 : "399198007",
              "SCT",
              f.view[0] == 'A'   ? "antero-posterior"
              : f.view[0] == 'L' ? "left lateral"
                                 : "right lateral")
        .text(DCM_PositionerType, "NONE")
        .text(DCM_DetectorType, "DIRECT")
        .text(DCM_ImagerPixelSpacing, spacing)
        .text(DCM_BurnedInAnnotation, "NO")
        .text(DCM_LossyImageCompression, "00")
        .word(DCM_SamplesPerPixel, 1)
        .text(DCM_PhotometricInterpretation, f.inverted ? "MONOCHROME1" : "MONOCHROME2")
        .word(DCM_Rows, f.rows)
        .word(DCM_Columns, f.columns)
        .word(DCM_BitsAllocated, 16)
        .word(DCM_BitsStored, f.bits)
        .word(DCM_HighBit, f.bits - 1)
        .word(DCM_PixelRepresentation, 0)
        .text(DCM_PixelIntensityRelationship, "LOG")
        .keep(d.putAndInsertSint16(DCM_PixelIntensityRelationshipSign, f.inverted ? 1 : -1))
        .text(DCM_RescaleIntercept, "0")
        .text(DCM_RescaleSlope, "1")
        .text(DCM_RescaleType, "US")
        .text(DCM_PresentationLUTShape, f.inverted ? "INVERSE" : "IDENTITY")
        .keep(d.insertEmptyElement(DCM_AcquisitionContextSequence))
        .state();
}

// A window; without one, a VOI LUT that changes nothing, since the object must have either.
OFCondition put_window(DcmItem &d, const sx_write_film &f) {
    if (f.window_width > 0.0)
        return Attributes(d)
            .number(DCM_WindowCenter, f.window_center)
            .number(DCM_WindowWidth, f.window_width)
            .state();
    const int entries = 1 << f.bits;
    std::vector<Uint16> table(static_cast<size_t>(entries));
    std::iota(table.begin(), table.end(), static_cast<Uint16>(0));
    const Uint16 descriptor[3] = { static_cast<Uint16>(entries & 0xFFFF), 0,
                                   static_cast<Uint16>(f.bits) };
    DcmItem *item = NULL;
    OFCondition c = d.findOrCreateSequenceItem(DCM_VOILUTSequence, item, -2);
    if (c.good())
        c = item->putAndInsertUint16Array(DcmTag(DCM_LUTDescriptor, EVR_US), descriptor, 3);
    if (c.good())
        c = item->putAndInsertUint16Array(DcmTag(DCM_LUTData, EVR_US), table.data(),
                                          static_cast<unsigned long>(entries));
    return c;
}

OFCondition put_stream(DcmDataset &d, E_TransferSyntax xfer, const uint8_t *bytes, size_t n) {
    std::unique_ptr<DcmPixelSequence> sequence(new DcmPixelSequence(DCM_PixelSequenceTag));
    std::unique_ptr<DcmPixelItem> table(new DcmPixelItem(DCM_PixelItemTag));
    std::unique_ptr<DcmPixelData> pixels(new DcmPixelData(DCM_PixelData));
    OFCondition c = sequence->insert(table.get());
    if (c.good()) (void)table.release();
    DcmOffsetList offsets;
    if (c.good())
        c = sequence->storeCompressedFrame(offsets, const_cast<Uint8 *>(bytes),
                                           static_cast<Uint32>(n), 0);
    if (c.good()) pixels->putOriginalRepresentation(xfer, NULL, sequence.release());
    if (c.good()) c = d.insert(pixels.get(), OFTrue);
    if (c.good()) (void)pixels.release();
    return c;
}

bool check(const sx_write_film &f, sx_error *err) {
    if (f.rows < 1 || f.columns < 1 || f.rows > 65535 || f.columns > 65535)
        return sx_fail(err, SX_ERR_VALUE, "a DICOM film cannot have %d x %d pixels", f.columns,
                       f.rows);
    if (f.bits < 10 || f.bits > 16)
        return sx_fail(err, SX_ERR_VALUE, "stored values have 10 to 16 bits, not %d", f.bits);
    return true;
}

bool put_attributes(DcmDataset &d, const sx_write_film &f, sx_write_syntax syntax, sx_error *err) {
    OFCondition c = put_study(d, f);
    if (c.good()) c = put_image(d, f);
    if (c.good()) c = put_window(d, f);
    const size_t n = static_cast<size_t>(f.rows) * static_cast<size_t>(f.columns);
    if (c.good() && (syntax == SX_WRITE_JPEG_LS || syntax == SX_WRITE_JPEG_2000)) {
        uint8_t *bytes = NULL;
        size_t length = 0;
        const sx_encode_image image = { f.pixels, f.rows, f.columns, f.bits, false };
        if (!(syntax == SX_WRITE_JPEG_LS ? sx_encode_jpegls(&image, &bytes, &length, err)
                                         : sx_encode_jpeg2000(&image, &bytes, &length, err)))
            return false;
        const std::unique_ptr<uint8_t, void (*)(void *)> owner(bytes, std::free);
        c = put_stream(d, transfer_syntax(syntax), bytes, length);
    } else if (c.good()) {
        c = d.putAndInsertUint16Array(DCM_PixelData, f.pixels, static_cast<unsigned long>(n));
        if (c.good()) c = sx_dcmtk_encode(d, transfer_syntax(syntax));
    }
    if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_VALUE, "the film cannot be put into DICOM", c);
    return true;
}

} // namespace

extern "C" bool sx_dicom_encode(const sx_write_film *film, sx_write_syntax syntax, uint8_t **bytes,
                                size_t *n, sx_error *err) {
    if (!check(*film, err) || !sx_dcmtk_dictionary(err)) return false;
    try {
        DcmFileFormat file;
        return put_attributes(*file.getDataset(), *film, syntax, err) &&
               sx_dcmtk_serialise(file, transfer_syntax(syntax), bytes, n, err);
    } catch (const std::bad_alloc &) {
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a DICOM file");
    } catch (...) {
        return sx_fail(err, SX_ERR_INTERNAL, "the DICOM writer failed");
    }
}
