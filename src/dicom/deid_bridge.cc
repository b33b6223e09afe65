// The bridge to DCMTK for de-identification: reads the file, applies the rules of deid_rules.c,
// writes it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include "base/ascii.h"
#include "base/patient_id.h"
#include "dicom/dataset.h"
#include "dicom/dcmtk_dictionary.h"
#include "dicom/dcmtk_error.h"
#include "dicom/dcmtk_log.h"
#include "dicom/dcmtk_serialise.h"
#include "dicom/deid.h"
#include "dicom/deid_clean.h"
#include "dicom/deid_element.h"
#include "dicom/deid_picture.h"
#include "dicom/deid_pixels.h"
#include "dicom/deid_recode.h"
#include "dicom/deid_source.h"
#include "dicom/deid_streams.h"
#include "dicom/deid_text.h"
#include "dicom/deid_values.h"

namespace {

std::string value(DcmItem &d, const DcmTagKey &tag) {
    OFString s;
    const OFCondition c = d.findAndGetOFString(tag, s);
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    return c.bad() ? std::string() : std::string(s.c_str());
}

void put_string(OFCondition &c, DcmItem &item, const DcmTagKey &tag, const char *value) {
    if (c.good()) c = item.putAndInsertString(tag, value);
}

void put_code(OFCondition &c, DcmItem &d, long index, const char *value, const char *meaning) {
    DcmItem *item = NULL;
    if (c.good())
        c = d.findOrCreateSequenceItem(DCM_DeidentificationMethodCodeSequence, item, index);
    if (c.bad()) return;
    put_string(c, *item, DCM_CodeValue, value);
    put_string(c, *item, DCM_CodingSchemeDesignator, "DCM");
    put_string(c, *item, DCM_CodeMeaning, meaning);
}

std::string method(const sx_deid_options &o) {
    std::string text = "spinexr: PS3.15 annex E, list of what may stay";
    if (o.text == SX_DEID_TEXT_KEEP) text += "\\text in the pixels was not looked for";
    return text;
}

// PS3.15 E.1.1 item 6 and 7, codes of CID 7050.
void put_record(OFCondition &c, DcmItem &d, const sx_deid_options &o) {
    put_string(c, d, DCM_PatientIdentityRemoved, "YES");
    put_string(c, d, DCM_DeidentificationMethod, method(o).c_str());
    put_string(c, d, DCM_LongitudinalTemporalInformationModified,
               o.keep_dates ? "MODIFIED" : "REMOVED");
    long n = 0;
    put_code(c, d, n++, "113100", "Basic Application Confidentiality Profile");
    if (o.text == SX_DEID_TEXT_CLEAN) {
        put_code(c, d, n++, "113101", "Clean Pixel Data Option");
        put_string(c, d, DCM_BurnedInAnnotation, "NO");
    }
    if (o.keep_dates)
        put_code(c, d, n++, "113107",
                 "Retain Longitudinal Temporal Information Modified Dates Option");
    if (o.keep_patient) put_code(c, d, n++, "113108", "Retain Patient Characteristics Option");
    if (o.keep_device) put_code(c, d, n++, "113109", "Retain Device Identity Option");
}

bool fail_survivor(const sx_secret *x, sx_error *err) {
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    sx_fail(err, SX_ERR_UNSUPPORTED,
            "the value of (%04x,%04x) would remain in the result (in pixel data, or in an "
            "attribute that may stay); nothing was written",
            x->tag >> 16, x->tag & 0xFFFF);
    return true;
}

// Lesion names are compared with names, identifiers, UIDs and dates.
bool check_labels(const DeidWork &w, sx_error *err) {
    const sx_deid_options &o = *w.o;
    for (size_t i = 0; i < o.label_count; i++) {
        const sx_secret *x = sx_secrets_match(&w.removed, o.labels[i], SX_PLACE_LABEL);
        if (!x) x = sx_secrets_match(&w.removed, o.label_words[i], SX_PLACE_FREE_LABEL);
        if (!x) continue;
        if (x == &sx_secret_no_memory) throw std::bad_alloc();
        if (o.label_found) o.label_found(o.label_ctx, i);
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "the lesion name \"%s\" repeats the value of (%04x,%04x)", o.labels[i],
                       x->tag >> 16, x->tag & 0xFFFF);
    }
    return true;
}

// Where the pixels of a result are, and what they look like.
struct PixelPart {
    size_t n; // bytes at the end
    sx_find_place place;

    PixelPart(DcmDataset &d, E_TransferSyntax xfer, size_t size) : n(0), place(SX_FIND_PIXELS) {
        DcmElement *e = NULL;
        if (d.findAndGetElement(DCM_PixelData, e).good() && e)
            n = std::min<size_t>(size, e->calcElementLength(xfer, EET_ExplicitLength));
        if (DcmXfer(xfer).isEncapsulated() && xfer != EXS_RLELossless) place = SX_FIND_STREAM;
    }
};

bool survives(const DeidWork &w, DcmItem &d, const uint8_t *bytes, size_t n, const PixelPart &px,
              sx_error *err) {
    std::vector<const char *> terms;
    for (const std::string &term : w.kept_terms)
        terms.push_back(term.c_str());
    const size_t header = n - px.n;
    const sx_secret *x = deid_survivor(w, d);
    if (!x) x = sx_secrets_find(&w.removed, bytes, n, terms.data(), terms.size(), err);
    if (!x)
        x = sx_finder_search(w.finder, bytes, header, SX_FIND_HEADER, terms.data(), terms.size());
    if (!x)
        x = sx_finder_search(w.finder, bytes + header, px.n, px.place, terms.data(), terms.size());
    return x && fail_survivor(x, err);
}

void record_pair(sx_deid_pair &p, const char *kind, const std::string &was,
                 const std::string &now) {
    p.kind = kind;
    std::snprintf(p.was, sizeof p.was, "%s", was.c_str());
    std::snprintf(p.now, sizeof p.now, "%s", now.c_str());
}

bool says_text(DcmItem &d) {
    OFString all;
    const OFCondition c = d.findAndGetOFStringArray(DCM_BurnedInAnnotation, all);
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    for (const std::string &one : deid_split(c.good() ? all.c_str() : ""))
        if (sx_equal_letters(one.c_str(), "YES")) return true;
    return false;
}

bool is_compressed(E_TransferSyntax xfer) {
    return DcmXfer(xfer).isEncapsulated();
}

// Text, and the samples without unused bits. A film that our reader rejects is not written, because
// nothing could show that its picture stays the same. False with an error that does not name the
// film.
bool examine_pixels(const void *bytes, size_t n, const DeidWork &w, DcmDataset &d,
                    sx_deid_pixels *px, sx_error *err) {
    const sx_deid_text text = w.o->text;
    const sx_deid_pixel_options look = { "the pixels", text != SX_DEID_TEXT_KEEP,
                                         text == SX_DEID_TEXT_CLEAN };
    if (!sx_deid_search_pixels(bytes, n, &look, px, err))
        return sx_fail_in(err, "the film cannot be read");
    if (text == SX_DEID_TEXT_REFUSE && px->areas)
        return sx_fail(
            err, SX_ERR_UNSUPPORTED,
            "likely text in the pixels at %s (--clean-pixels blanks it, --keep-text keeps it)",
            px->where);
    if (says_text(d) && !px->areas)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "Burned In Annotation is YES, but no text was found that could be blanked");
    return true;
}

// The patient's name and birth date; the study if the name may be that of several patients.
std::string person_of(DcmItem &d, const std::string &study) {
    const std::unique_ptr<char, void (*)(void *)> name(
        sx_deid_fold(value(d, DCM_PatientName).c_str(), false), std::free);
    if (!name) throw std::bad_alloc();
    if (sx_patient_is_placeholder(name.get()) || sx_patient_is_doubtful(name.get()))
        return "study " + study;
    return std::string("name") + name.get() + value(d, DCM_PatientBirthDate);
}

// "10045^^^KH-NORD": the Patient ID, and who issued it.
std::string issued_id(DcmItem &d, const std::string &id) {
    const std::string issuer = value(d, DCM_IssuerOfPatientID);
    if (id.empty() || sx_patient_is_placeholder(issuer.c_str())) return id;
    return id + "^^^" + issuer;
}

// The text that stands for the patient. Two issuers may give one Patient ID to two patients. Films
// without a Patient ID belong to one patient if name and birth date agree, and without a name if
// they are of one study. Placeholders such as UNKNOWN are neither an ID nor a name; those with a
// number, such as TRAUMA 3, are used for several patients.
std::string patient_of(const DeidWork &w, DcmItem &d, const std::string &id,
                       const std::string &study) {
    if (!sx_patient_is_known(id.c_str(), w.o->numbered_patients)) return person_of(d, study);
    const std::string issued = issued_id(d, id);
    if (!sx_patient_is_doubtful(id.c_str())) return issued;
    return issued + " of " + person_of(d, study);
}

// New ids of the patient, the study, the series and the image.
bool replace_ids(DeidWork &w, DcmItem &d, sx_deid_pair *pairs, sx_error *err) {
    const std::string image = value(d, DCM_SOPInstanceUID);
    if (image.empty()) return sx_fail(err, SX_ERR_MISSING, "there is no SOP Instance UID");
    const std::string study = value(d, DCM_StudyInstanceUID),
                      series = value(d, DCM_SeriesInstanceUID);
    const std::string id = value(d, DCM_PatientID), patient = patient_of(w, d, id, study);
    char subject[24];
    if (!sx_deid_subject(w.o, patient.c_str(), subject, err) ||
        !sx_deid_days(w.o, patient.c_str(), &w.days, err))
        return false;
    w.subject = w.again && sx_deid_is_subject(id.c_str()) ? id : subject;
    if (w.again) w.days = 0;
    record_pair(pairs[0], "patient", issued_id(d, id), w.subject);
    record_pair(pairs[1], "study", study, deid_new_uid(w, study));
    record_pair(pairs[2], "series", series, deid_new_uid(w, series));
    record_pair(pairs[3], "image", image, deid_new_uid(w, image));
    return true;
}

bool prepare(DeidWork &w, DcmItem &d, sx_deid_pair *pairs, sx_error *err) {
    if (says_text(d) && w.o->text != SX_DEID_TEXT_CLEAN)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "Burned In Annotation is YES: text in the pixels may name the patient "
                       "(--clean-pixels blanks what it finds)");
    if (!d.tagExists(DCM_PixelData))
        return sx_fail(err, SX_ERR_MISSING, "there is no Pixel Data: only films are de-identified");
    if (d.tagExists(DCM_SharedFunctionalGroupsSequence) ||
        d.tagExists(DCM_PerFrameFunctionalGroupsSequence))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "multi-frame objects with functional groups are not supported");
    const std::string kind = value(d, DCM_SOPClassUID);
    if (!kind.empty() && !sx_deid_uid_is_known(kind.c_str()))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "the SOP Class UID is none of the standard's: it may tell where the film "
                       "was made");
    return replace_ids(w, d, pairs, err);
}

// Replaces a file by one of another transfer syntax.
bool rename_syntax(const char *uid, uint8_t **bytes, size_t *n, sx_error *err) {
    uint8_t *const was = *bytes;
    const bool ok = sx_part10_rename_syntax(was, *n, uid, bytes, n, err);
    std::free(was);
    return ok;
}

// Writes the result and checks that it contains no removed value. syntax: the name of the stand-in.
bool write_checked(const DeidWork &w, DcmFileFormat &now, E_TransferSyntax xfer, const char *syntax,
                   uint8_t **out, size_t *size, sx_error *err) {
    DcmDataset &d = *now.getDataset();
    if (!sx_dcmtk_serialise(now, xfer, out, size, err) ||
        (xfer == deid_stand_in && syntax && !rename_syntax(syntax, out, size, err)))
        return false;
    bool bad = !sx_deid_is_film(*out, *size, err);
    if (!bad && xfer == EXS_DeflatedLittleEndianExplicit) { // deflated bytes hide what they say
        uint8_t *plain = NULL;
        size_t length = 0;
        bad = !sx_dcmtk_serialise(now, EXS_LittleEndianExplicit, &plain, &length, err);
        const std::unique_ptr<void, void (*)(void *)> owner(plain, std::free);
        bad = bad ||
              survives(w, d, plain, length, PixelPart(d, EXS_LittleEndianExplicit, length), err);
    } else if (!bad) {
        bad = survives(w, d, *out, *size, PixelPart(d, xfer, *size), err);
    }
    if (!bad) return true;
    std::free(*out);
    *out = NULL;
    return false;
}

// Encodes compressed pixels again, so that the streams hold only the image. False: there is no
// encoder, or they are damaged or blanked; the decoded pixels are written uncompressed.
bool renew_streams(DcmDataset &d, const sx_deid_pixels &px) {
    std::vector<DeidStream> streams;
    return is_compressed(d.getOriginalXfer()) && !px.changed && deid_clear_comments(d, streams) &&
           deid_recode(d, streams, px);
}

// New streams that do not decode to the film's pixels are replaced by uncompressed pixels.
bool check_recoded(const DeidWork &w, DcmFileFormat &now, const sx_deid_pixels &px, uint8_t **out,
                   size_t *size, sx_error *err) {
    OFCondition c = EC_Normal;
    bool same = false;
    if (!sx_deid_same_pixels(*out, *size, &px, &same, err)) return false;
    if (same) return true;
    std::free(*out);
    *out = NULL;
    deid_put_pixels(c, *now.getDataset(), px);
    if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_FORMAT, "cannot be de-identified", c);
    return write_checked(w, now, EXS_LittleEndianExplicit, NULL, out, size, err);
}

std::string record(DcmDataset &d) {
    OFString all;
    std::string text =
        d.findAndGetOFStringArray(DCM_DeidentificationMethod, all).good() ? all.c_str() : "";
    DcmItem *item = NULL;
    for (long i = 0;
         d.findAndGetSequenceItem(DCM_DeidentificationMethodCodeSequence, item, i).good(); i++)
        text += "/" + value(*item, DCM_CodeValue);
    return text;
}

// How the text of a film that has been de-identified was treated.
sx_deid_text recorded_text(DcmDataset &d) {
    const std::string text = record(d);
    if (text.find("/113101") != std::string::npos) return SX_DEID_TEXT_CLEAN;
    return text.find("not looked for") != std::string::npos ? SX_DEID_TEXT_KEEP
                                                            : SX_DEID_TEXT_REFUSE;
}

bool deidentify_bytes(const void *bytes, size_t n, DeidWork &w, uint8_t **out, size_t *size,
                      sx_deid_pair *pairs, char *cleaned, sx_error *err) {
    DeidSource source(bytes, n);
    DcmInputBufferStream in;
    if (!source.open(in, err)) return false;
    DcmFileFormat was;
    was.transferInit();
    OFCondition c = was.read(in);
    was.transferEnd();
    if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_FORMAT, "not a complete DICOM file", c);
    E_TransferSyntax xfer =
        source.deflated ? EXS_DeflatedLittleEndianExplicit : was.getDataset()->getOriginalXfer();
    // A new file, so that the old preamble and meta header are dropped.
    DcmFileFormat now(was.getAndRemoveDataset(), OFFalse);
    DcmDataset &d = *now.getDataset();
    sx_deid_options o = *w.o;
    if (w.again) o.text = recorded_text(d);
    sx_deid_pixels px = {};
    const std::unique_ptr<sx_deid_pixels, void (*)(sx_deid_pixels *)> samples(
        &px, [](sx_deid_pixels *p) { std::free(p->samples); });
    if (!prepare(w, d, pairs, err) || !deid_collect(w, d, err) || !check_labels(w, err) ||
        !examine_pixels(bytes, n, w, d, &px, err))
        return false;
    sx_deid_shown shown = {};
    if (!sx_deid_read_shown(bytes, n, &shown, err)) return false;
    bool recoded = false;
    deid_regular_picture(c, d, shown);
    deid_put_bits(c, d, px);
    if (c.good()) recoded = renew_streams(d, px);
    deid_clean(w, d, c);
    if (!recoded) {
        deid_put_pixels(c, d, px);
        if (px.areas || is_compressed(xfer)) xfer = EXS_LittleEndianExplicit;
        if (px.areas) std::snprintf(cleaned, SX_DEID_NOTE, "%s", px.where);
    }
    put_string(c, d, DCM_PatientName, w.subject.c_str());
    put_string(c, d, DCM_PatientID, w.subject.c_str());
    put_record(c, d, o);
    if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_FORMAT, "cannot be de-identified", c);
    // A UID with another VR has been removed, like all elements that are not on the list.
    if (value(d, DCM_SOPInstanceUID) != pairs[3].now)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "the SOP Instance UID is not written as a UID");
    // High-Throughput JPEG 2000 and JPEG XL are encoded again as the stand-in, JPEG 2000.
    const char *syntax = recoded ? NULL : source.recent;
    return write_checked(w, now, xfer, syntax, out, size, err) &&
           (!recoded || check_recoded(w, now, px, out, size, err)) &&
           sx_deid_same_picture(bytes, n, *out, *size, &px, err);
}

// Runs a function that may throw; false with an error that names the film.
template <typename F> bool guarded(const char *name, sx_error *err, F f) {
    try {
        sx_dcmtk_silence();
        if (sx_dcmtk_dictionary(err) && f()) return true;
    } catch (const std::bad_alloc &) {
        sx_fail(err, SX_ERR_MEMORY, "out of memory");
    } catch (const DeidTooMany &) {
        sx_fail(err, SX_ERR_LIMIT, "too many values are to be compared with those to remove");
    } catch (...) {
        sx_fail(err, SX_ERR_FORMAT, "the DICOM file cannot be read");
    }
    return sx_fail_in(err, "%s", name);
}

} // namespace

extern "C" bool sx_deid_pairs(const void *bytes, size_t n, const char *name,
                              const sx_deid_options *o, sx_deid_pair pairs[SX_DEID_PAIRS],
                              sx_error *err) {
    if (!o->key || o->key_size < 16)
        return sx_fail(err, SX_ERR_USAGE, "the key must have at least 16 bytes");
    if (!sx_deid_readable(bytes, n, name, err)) return false;
    return guarded(name, err, [&] {
        DcmFileFormat file;
        DeidWork w(o);
        return deid_read_header(bytes, n, file, err) &&
               replace_ids(w, *file.getDataset(), pairs, err);
    });
}

extern "C" bool sx_deid_same_options(const void *bytes, size_t n, const char *name,
                                     const sx_deid_options *o, sx_error *err) {
    if (!sx_deid_readable(bytes, n, name, err)) return false;
    return guarded(name, err, [&] {
        DcmFileFormat file;
        DcmDataset want;
        OFCondition c = EC_Normal;
        put_record(c, want, *o);
        if (c.bad()) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
        return deid_read_header(bytes, n, file, err) &&
               (record(*file.getDataset()) == record(want) ||
                sx_fail(err, SX_ERR_MISMATCH, "was made with other options: use another folder"));
    });
}

namespace {

bool deidentify(const void *bytes, size_t n, const char *name, DeidWork &w, uint8_t **out,
                size_t *size, sx_deid_pair *pairs, char *cleaned, sx_error *err) {
    *out = NULL;
    cleaned[0] = 0;
    if (!w.o->key || w.o->key_size < 16)
        return sx_fail(err, SX_ERR_USAGE, "the key must have at least 16 bytes");
    if (!sx_deid_dictionary(err) || !sx_deid_readable(bytes, n, name, err)) return false;
    if (guarded(name, err,
                [&] { return deidentify_bytes(bytes, n, w, out, size, pairs, cleaned, err); }))
        return true;
    std::free(*out);
    *out = NULL;
    return false;
}

} // namespace

extern "C" bool sx_deid_file(const void *bytes, size_t n, const char *name,
                             const sx_deid_options *o, uint8_t **out, size_t *size,
                             sx_deid_pair pairs[SX_DEID_PAIRS], char cleaned[SX_DEID_NOTE],
                             sx_error *err) {
    DeidWork w(o);
    return deidentify(bytes, n, name, w, out, size, pairs, cleaned, err);
}

extern "C" bool sx_deid_again(const void *bytes, size_t n, const char *name,
                              const sx_deid_options *o, uint8_t **out, size_t *size,
                              sx_error *err) {
    static const uint8_t key[16] = {}; // of replacements that would be new: the result differs
    sx_deid_options again = *o;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    again.key = key;
    again.key_size = sizeof key;
    again.text = SX_DEID_TEXT_KEEP;
    DeidWork w(&again);
    w.again = true;
    return deidentify(bytes, n, name, w, out, size, pairs, cleaned, err);
}
