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

#include "dicom/dataset.h"
#include "dicom/dcmtk_error.h"
#include "dicom/deid.h"
#include "dicom/deid_text.h"

namespace {

struct Original {
    std::string value;
    DcmTagKey tag;
};

struct Work {
    const sx_deid_options *o;
    std::string subject;
    int days;
    std::vector<Original> gone; // what must not stand in the result
    std::vector<std::string>
        staying; // texts that stay: the maker's name may be the institution's, too
};

std::string text_of(DcmElement &e, unsigned long index) {
    OFString s;
    const OFCondition c = e.getOFString(s, index);
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    return c.bad() ? std::string() : std::string(s.c_str());
}

bool is_well_known(const std::string &uid) {
    return uid.compare(0, 14, "1.2.840.10008.") == 0;
}

// Identifiers, names, dates and free text of six characters or more: shorter ones occur by chance.
void remember(Work &w, DcmElement &e) {
    const DcmEVR vr = e.getVR();
    const bool date = vr == EVR_DA || vr == EVR_DT;
    const bool coded = vr == EVR_CS || vr == EVR_DS || vr == EVR_IS || vr == EVR_TM || vr == EVR_AS;
    if (!e.isaString() || coded || (date && w.o->keep_dates)) return;
    // Protocols and descriptions repeat the words of coded anatomy that may stay; makers and
    // methods name nobody.
    const DcmTagKey t = e.getTag();
    if (t == DCM_StudyDescription || t == DCM_SeriesDescription || t == DCM_ProtocolName ||
        t == DCM_Manufacturer || t == DCM_ManufacturerModelName || t == DCM_DeidentificationMethod)
        return;
    const unsigned long count = vr == EVR_LT || vr == EVR_ST || vr == EVR_UT ? 1 : e.getVM();
    for (unsigned long i = 0; i < count; i++) {
        const std::string value = text_of(e, i);
        if (value.size() >= 6 && !(vr == EVR_UI && is_well_known(value)))
            w.gone.push_back({ value, t });
    }
}

void remember_all(Work &w, DcmItem &item);

void remember_element(Work &w, DcmElement &e) {
    if (e.ident() == EVR_SQ) {
        DcmSequenceOfItems &sequence = static_cast<DcmSequenceOfItems &>(e);
        for (unsigned long i = 0; i < sequence.card(); i++)
            remember_all(w, *sequence.getItem(i));
    } else {
        remember(w, e);
    }
}

void remember_all(Work &w, DcmItem &item) {
    for (unsigned long i = 0; i < item.card(); i++) {
        DcmElement *e = item.getElement(i);
        const DcmTagKey t = e->getTag();
        const bool code =
            t == DCM_CodeValue || t == DCM_CodingSchemeDesignator || t == DCM_CodeMeaning;
        if (!code) remember_element(w, *e);
    }
}

std::string join(DcmElement &e, std::string (*change)(Work &, const std::string &), Work &w) {
    std::string all;
    for (unsigned long i = 0; i < e.getVM(); i++)
        all += (i ? "\\" : "") + change(w, text_of(e, i));
    return all;
}

std::string new_uid(Work &w, const std::string &uid) {
    char out[65];
    if (uid.empty() || is_well_known(uid)) return uid;
    if (!sx_deid_uid(w.o, uid.c_str(), out, NULL)) throw std::bad_alloc();
    return out;
}

std::string new_date(Work &w, const std::string &date) {
    std::string copy = date;
    return copy.size() >= 8 && sx_deid_shift(&copy[0], w.days) ? copy : "";
}

std::string new_age(Work &, const std::string &age) {
    int years = 0;
    char unit = 0;
    if (std::sscanf(age.c_str(), "%3d%c", &years, &unit) != 2 || !std::strchr("DWMY", unit))
        return "";
    return unit == 'Y' && years > 89 ? "090Y" : age;
}

bool clean(Work &w, DcmItem &item, OFCondition &c);

// False: the element goes.
bool apply(Work &w, DcmElement &e, OFCondition &c) {
    const DcmTagKey t = e.getTag();
    const uint32_t tag = static_cast<uint32_t>(t.getGroup()) << 16 | t.getElement();
    const char *vr = DcmVR(e.getVR()).getValidVRName();
    switch (sx_deid_rule(tag, vr, w.o)) {
    case SX_DEID_KEEP:
        if (e.ident() != EVR_SQ) {
            if (e.isaString() && e.getVM() == 1) w.staying.push_back(text_of(e, 0));
            return true;
        }
        for (unsigned long i = 0; i < static_cast<DcmSequenceOfItems &>(e).card(); i++)
            clean(w, *static_cast<DcmSequenceOfItems &>(e).getItem(i), c);
        return true;
    case SX_DEID_EMPTY:
        remember_element(w, e);
        if (c.good()) c = e.clear();
        return true;
    case SX_DEID_SUBJECT:
        remember(w, e);
        if (c.good()) c = e.putString(w.subject.c_str());
        return true;
    case SX_DEID_UID:
        remember(w, e);
        if (c.good()) c = e.putString(join(e, new_uid, w).c_str());
        return true;
    case SX_DEID_SHIFT:
        if (c.good()) c = e.putString(join(e, new_date, w).c_str());
        return true;
    case SX_DEID_AGE:
        if (c.good()) c = e.putString(new_age(w, text_of(e, 0)).c_str());
        return true;
    default:
        remember_element(w, e);
        return false;
    }
}

bool clean(Work &w, DcmItem &item, OFCondition &c) {
    for (unsigned long i = 0; i < item.card() && c.good();) {
        if (apply(w, *item.getElement(i), c))
            i++;
        else
            delete item.remove(i);
    }
    return c.good();
}

void put(OFCondition &c, DcmItem &item, const DcmTagKey &tag, const char *value) {
    if (c.good()) c = item.putAndInsertString(tag, value);
}

void put_code(OFCondition &c, DcmItem &d, long index, const char *value, const char *meaning) {
    DcmItem *item = NULL;
    if (c.good())
        c = d.findOrCreateSequenceItem(DCM_DeidentificationMethodCodeSequence, item, index);
    if (c.bad()) return;
    put(c, *item, DCM_CodeValue, value);
    put(c, *item, DCM_CodingSchemeDesignator, "DCM");
    put(c, *item, DCM_CodeMeaning, meaning);
}

std::string method(const sx_deid_options &o) {
    std::string text = "spinexr: PS3.15 annex E, list of what may stay";
    if (o.text == SX_DEID_TEXT_KEEP) text += "\\text in the pixels was not looked for";
    return text;
}

// PS3.15 E.1.1 item 6 and 7, codes of CID 7050.
void put_record(OFCondition &c, DcmItem &d, const sx_deid_options &o) {
    put(c, d, DCM_PatientIdentityRemoved, "YES");
    put(c, d, DCM_DeidentificationMethod, method(o).c_str());
    put(c, d, DCM_LongitudinalTemporalInformationModified, o.keep_dates ? "MODIFIED" : "REMOVED");
    long n = 0;
    put_code(c, d, n++, "113100", "Basic Application Confidentiality Profile");
    if (o.text == SX_DEID_TEXT_CLEAN) {
        put_code(c, d, n++, "113101", "Clean Pixel Data Option");
        put(c, d, DCM_BurnedInAnnotation, "NO");
    }
    if (o.keep_dates)
        put_code(c, d, n++, "113107",
                 "Retain Longitudinal Temporal Information Modified Dates Option");
    if (o.keep_patient) put_code(c, d, n++, "113108", "Retain Patient Characteristics Option");
    if (o.keep_device) put_code(c, d, n++, "113109", "Retain Device Identity Option");
}

bool serialise(DcmFileFormat &file, E_TransferSyntax xfer, uint8_t **bytes, size_t *n,
               sx_error *err) {
    const size_t cap =
        static_cast<size_t>(file.calcElementLength(xfer, EET_ExplicitLength)) * 65 / 64 + 65536;
    std::unique_ptr<uint8_t, void (*)(void *)> buffer(static_cast<uint8_t *>(std::malloc(cap)),
                                                      std::free);
    if (!buffer) return sx_fail(err, SX_ERR_MEMORY, "out of memory for %zu bytes", cap);
    DcmOutputBufferStream out(buffer.get(), static_cast<offile_off_t>(cap));
    file.transferInit();
    OFCondition c = file.write(out, xfer, EET_ExplicitLength, NULL, EGL_recalcGL);
    file.transferEnd();
    for (int i = 0; c.good() && !out.isFlushed() && i < 1024; i++) {
        out.flush();
        c = out.status();
    }
    void *begin = NULL;
    offile_off_t length = 0;
    if (c.good()) out.flushBuffer(begin, length);
    if (c.bad() || begin != buffer.get() || length <= 0)
        return sx_dcmtk_fail(err, SX_ERR_INTERNAL, "the file cannot be built", c);
    if (!sx_part10_check_meta(buffer.get(), static_cast<size_t>(length), err)) return false;
    *bytes = buffer.release();
    *n = static_cast<size_t>(length);
    return true;
}

// Names and the patient's own attributes are never excused.
bool is_excused(const Work &w, const Original &o) {
    const DcmEVR vr = DcmTag(o.tag).getEVR();
    if (vr == EVR_PN || vr == EVR_UI || o.tag.getGroup() == 0x0010) return false;
    return std::find(w.staying.begin(), w.staying.end(), o.value) != w.staying.end();
}

bool survives(const Work &w, const uint8_t *bytes, size_t n, sx_error *err) {
    for (const Original &o : w.gone)
        if (!is_excused(w, o) && memmem(bytes, n, o.value.data(), o.value.size())) {
            sx_fail(err, SX_ERR_UNSUPPORTED,
                    "the value of (%04x,%04x) would remain in the result (in pixel data, or "
                    "in an attribute "
                    "that may stay); nothing was written",
                    static_cast<unsigned>(o.tag.getGroup()),
                    static_cast<unsigned>(o.tag.getElement()));
            return true;
        }
    return false;
}

void note(sx_deid_pair &p, const char *kind, const std::string &was, const std::string &now) {
    p.kind = kind;
    std::snprintf(p.was, sizeof p.was, "%s", was.c_str());
    std::snprintf(p.now, sizeof p.now, "%s", now.c_str());
}

std::string value(DcmItem &d, const DcmTagKey &tag) {
    OFString s;
    const OFCondition c = d.findAndGetOFString(tag, s);
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    return c.bad() ? std::string() : std::string(s.c_str());
}

bool says_text(DcmItem &d) {
    return value(d, DCM_BurnedInAnnotation) == "YES";
}

// False with an error that does not name the film.
bool look_for_text(const void *bytes, size_t n, const sx_deid_options &o, bool said,
                   sx_deid_pixels *px, sx_error *err) {
    *px = {};
    if (o.text == SX_DEID_TEXT_KEEP) return true;
    if (!sx_deid_look(bytes, n, "the pixels", o.text == SX_DEID_TEXT_CLEAN, px, err))
        return sx_fail_in(err, "text cannot be looked for");
    if (o.text == SX_DEID_TEXT_REFUSE && px->areas)
        return sx_fail(
            err, SX_ERR_UNSUPPORTED,
            "likely text in the pixels at %s (--clean-pixels blanks it, --keep-text keeps it)",
            px->where);
    if (said && !px->areas)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "Burned In Annotation is YES, but no text was found that could be blanked");
    return true;
}

void put_pixels(OFCondition &c, DcmDataset &d, const sx_deid_pixels &px) {
    delete d.remove(DCM_PixelData);
    std::unique_ptr<DcmPixelData> e(new DcmPixelData(DCM_PixelData));
    e->setVR(px.bits == 8 ? EVR_OB : EVR_OW);
    if (c.good() && px.bits == 8)
        c = e->putUint8Array(static_cast<const Uint8 *>(px.samples),
                             static_cast<unsigned long>(px.count));
    else if (c.good())
        c = e->putUint16Array(static_cast<const Uint16 *>(px.samples),
                              static_cast<unsigned long>(px.count));
    if (c.good()) c = d.insert(e.get(), OFTrue);
    if (c.good()) e.release();
}

// New ids of the patient, the study, the series and the image.
bool replace_ids(Work &w, DcmItem &d, sx_deid_pair *pairs, sx_error *err) {
    const std::string image = value(d, DCM_SOPInstanceUID);
    if (image.empty()) return sx_fail(err, SX_ERR_MISSING, "there is no SOP Instance UID");
    const std::string study = value(d, DCM_StudyInstanceUID),
                      series = value(d, DCM_SeriesInstanceUID);
    // Films without a Patient ID are of one patient only within a study.
    const std::string id = value(d, DCM_PatientID), patient = id.empty() ? "study " + study : id;
    char subject[24];
    if (!sx_deid_subject(w.o, patient.c_str(), subject, err) ||
        !sx_deid_days(w.o, patient.c_str(), &w.days, err))
        return false;
    w.subject = subject;
    note(pairs[0], "patient", id, w.subject);
    note(pairs[1], "study", study, new_uid(w, study));
    note(pairs[2], "series", series, new_uid(w, series));
    note(pairs[3], "image", image, new_uid(w, image));
    return true;
}

bool prepare(Work &w, DcmItem &d, sx_deid_pair *pairs, sx_error *err) {
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
    return replace_ids(w, d, pairs, err);
}

bool run(const void *bytes, size_t n, const sx_deid_options *o, uint8_t **out, size_t *size,
         sx_deid_pair *pairs, char *cleaned, sx_error *err) {
    DcmInputBufferStream in;
    in.setBuffer(bytes, static_cast<offile_off_t>(n));
    in.setEos();
    DcmFileFormat was;
    was.transferInit();
    OFCondition c = was.read(in);
    was.transferEnd();
    if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_FORMAT, "not a whole DICOM file", c);
    E_TransferSyntax xfer = was.getDataset()->getOriginalXfer();
    // A file of its own: the old preamble and meta header stay behind.
    DcmFileFormat now(was.getAndRemoveDataset(), OFFalse);
    DcmDataset &d = *now.getDataset();
    Work w = { o, "", 0, {}, {} };
    const bool said = says_text(d);
    sx_deid_pixels px = {};
    if (!prepare(w, d, pairs, err) || !look_for_text(bytes, n, *o, said, &px, err)) return false;
    const std::unique_ptr<void, void (*)(void *)> samples(px.samples, std::free);
    clean(w, d, c);
    if (px.samples) {
        put_pixels(c, d, px);
        xfer = EXS_LittleEndianExplicit;
        std::snprintf(cleaned, SX_DEID_NOTE, "%s", px.where);
    }
    put(c, d, DCM_PatientName, w.subject.c_str());
    put(c, d, DCM_PatientID, w.subject.c_str());
    put_record(c, d, *o);
    if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_FORMAT, "cannot be de-identified", c);
    // One that was written as another kind of value went with all that is not on the list.
    if (value(d, DCM_SOPInstanceUID) != pairs[3].now)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "the SOP Instance UID is not written as a UID");
    if (!serialise(now, xfer, out, size, err)) return false;
    bool bad = !sx_deid_is_film(*out, *size, err) || survives(w, *out, *size, err);
    if (!bad && xfer == EXS_DeflatedLittleEndianExplicit) { // deflated bytes hide what they say
        uint8_t *plain = NULL;
        size_t length = 0;
        bad = !serialise(now, EXS_LittleEndianExplicit, &plain, &length, err) ||
              survives(w, plain, length, err);
        std::free(plain);
    }
    if (bad) {
        std::free(*out);
        *out = NULL;
    }
    return !bad;
}

// The attributes before the pixels.
bool read_header(const void *bytes, size_t n, DcmFileFormat &file, sx_error *err) {
    DcmInputBufferStream in;
    in.setBuffer(bytes, static_cast<offile_off_t>(n));
    in.setEos();
    file.transferInit();
    const OFCondition c =
        file.readUntilTag(in, EXS_Unknown, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
    file.transferEnd();
    return c.good() || sx_dcmtk_fail(err, SX_ERR_FORMAT, "not a whole DICOM file", c);
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

// Runs what may throw; false with an error that names the film.
template <typename F> bool guarded(const char *name, sx_error *err, F f) {
    try {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        if (f()) return true;
    } catch (const std::bad_alloc &) {
        sx_fail(err, SX_ERR_MEMORY, "out of memory");
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
        Work w = { o, "", 0, {}, {} };
        return read_header(bytes, n, file, err) && replace_ids(w, *file.getDataset(), pairs, err);
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
        return read_header(bytes, n, file, err) &&
               (record(*file.getDataset()) == record(want) ||
                sx_fail(err, SX_ERR_MISMATCH, "was made with other options: take another folder"));
    });
}

extern "C" bool sx_deid_file(const void *bytes, size_t n, const char *name,
                             const sx_deid_options *o, uint8_t **out, size_t *size,
                             sx_deid_pair pairs[SX_DEID_PAIRS], char cleaned[SX_DEID_NOTE],
                             sx_error *err) {
    *out = NULL;
    cleaned[0] = 0;
    if (!o->key || o->key_size < 16)
        return sx_fail(err, SX_ERR_USAGE, "the key must have at least 16 bytes");
    if (!sx_deid_dictionary(err) || !sx_deid_readable(bytes, n, name, err)) return false;
    if (guarded(name, err, [&] { return run(bytes, n, o, out, size, pairs, cleaned, err); }))
        return true;
    std::free(*out);
    *out = NULL;
    return false;
}
