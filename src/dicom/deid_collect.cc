// De-identification of a data set: collects the values to remove.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <dcmtk/dcmdata/dcistrmb.h>

#include "dicom/charsets.h"
#include "dicom/dataset.h"
#include "dicom/dcmtk_error.h"
#include "dicom/deid_clean.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_dates.h"
#include "dicom/deid_element.h"
#include "dicom/deid_hidden.h"
#include "dicom/deid_numbers.h"
#include "dicom/deid_values.h"

namespace {

// What is known of an element: its VR in the file and in the standard, and its character set.
struct Source {
    DcmTagKey tag;
    const char *vr;
    char due[3]; // that of the file if the standard has none
    sx_charset charset;
};

// Descriptions repeat words of coded anatomy that is kept.
bool is_description(const DcmTagKey &t) {
    return t == DCM_StudyDescription || t == DCM_SeriesDescription || t == DCM_ProtocolName;
}

// Manufacturers and methods identify no patient.
bool is_harmless(const DcmTagKey &t) {
    return t == DCM_Manufacturer || t == DCM_ManufacturerModelName ||
           t == DCM_DeidentificationMethod || t == DCM_CodeValue || t == DCM_CodeMeaning ||
           t == DCM_CodingSchemeDesignator || t == DCM_SpecificCharacterSet;
}

sx_secret_kind kind_of(const DcmTagKey &t, const char *vr, bool keep_dates) {
    if (deid_is_vr(vr, "PN")) return SX_SECRET_NAME;
    if (deid_is_vr(vr, "UI")) return SX_SECRET_UID;
    if (t == DCM_PatientBirthDate) return SX_SECRET_BIRTH;
    if (deid_is_vr(vr, "DADT")) return keep_dates ? SX_SECRET_SHIFTED : SX_SECRET_DATE;
    if (t == DCM_InstitutionName || t == DCM_InstitutionAddress ||
        t == DCM_InstitutionalDepartmentName)
        return SX_SECRET_INSTITUTION;
    const uint16_t group = t.getGroup();
    const bool of_patient = (group == 0x0010 || group == 0x0038) && deid_is_vr(vr, "LOSH");
    const bool id = deid_is_vr(vr, "LOSHUCUT") && sx_deid_is_identifier(deid_tag(t));
    return of_patient || id ? SX_SECRET_ID : SX_SECRET_TEXT;
}

// As UTF-8, as the film is read.
std::string utf8(sx_charset charset, const std::string &text) {
    std::string to(4 * text.size(), '\0');
    to.resize(sx_charset_to_utf8(charset, reinterpret_cast<const uint8_t *>(text.data()),
                                 text.size(), &to[0], to.size(), NULL));
    return to;
}

bool add_secret(DeidWork &w, const Source &s, sx_secret_kind kind, const std::string &value,
                sx_error *err) {
    return value.size() < 3 || sx_secrets_add(&w.removed, deid_tag(s.tag), kind, value.data(),
                                              value.size(), utf8(s.charset, value).c_str(), err);
}

bool is_numeric(const char *vr) {
    return deid_is_vr(vr, "CSDSISTMAS");
}

bool valid(const DcmTagKey &t, const char *vr, const std::string &value) {
    char out[SX_DEID_VALUE];
    return value.empty() || sx_deid_value(deid_tag(t), vr, value.c_str(), out);
}

// Whether the value can identify: codes and numbers only if they are not valid ones.
bool is_identifying(const DcmTagKey &t, const char *vr, const std::string &value) {
    if (deid_is_vr(vr, "UI")) return !sx_deid_uid_is_known(value.c_str());
    if (deid_is_vr(vr, "DADT")) return true;
    return !is_numeric(vr) || !valid(t, vr, value);
}

// A date that is not written as the standard says, as each date that it may be; a birth date that
// is none, as a number.
bool add_dates(DeidWork &w, const Source &s, sx_secret_kind kind, const std::string &value,
               sx_error *err) {
    char dates[SX_DEID_DATES][9];
    const std::unique_ptr<char, void (*)(void *)> words(
        sx_deid_fold(utf8(s.charset, value).c_str(), false), std::free);
    if (!words) throw std::bad_alloc();
    const size_t count = sx_deid_dates(words.get() + 1, dates);
    for (size_t i = 0; i < count; i++)
        if (!add_secret(w, s, kind, dates[i], err)) return false;
    return count || kind != SX_SECRET_BIRTH || add_secret(w, s, SX_SECRET_ID, value, err);
}

bool add_as(DeidWork &w, const Source &s, sx_secret_kind kind, const std::string &value,
            sx_error *err) {
    const size_t equals = value.find('='); // the name in other scripts
    if (!add_secret(w, s, kind, value, err)) return false;
    if (sx_secret_is_date(kind)) return add_dates(w, s, kind, value, err);
    return kind != SX_SECRET_NAME || equals == std::string::npos ||
           add_secret(w, s, kind, value.substr(0, equals), err);
}

// A longer text is an identifier, too, if it stands where identifiers do and has a digit.
bool is_long_identifier(const Source &s, const std::string &value) {
    const uint16_t group = s.tag.getGroup();
    return (deid_is_vr(s.due, "STLT") || deid_is_vr(s.vr, "STLT")) &&
           (group == 0x0010 || group == 0x0038 || sx_deid_is_identifier(deid_tag(s.tag))) &&
           value.find_first_of("0123456789") != std::string::npos;
}

// Comments about the images, the study or the procedure.
bool is_comment(const Source &s) {
    DcmTag known(s.tag);
    return s.tag.getGroup() % 2 == 0 && deid_is_vr(s.due, "LOSHSTLTUT") &&
           std::strstr(known.getTagName(), "Comments");
}

// The numbers in it, of `least` digits or more: "Pat. 5532, moved". Years are no identifiers.
bool add_numbers(DeidWork &w, const Source &s, const std::string &value, size_t least,
                 sx_error *err) {
    static const char digits[] = "0123456789";
    for (size_t i = value.find_first_of(digits); i != std::string::npos;
         i = value.find_first_of(digits, i)) {
        const size_t n = std::min(value.find_first_not_of(digits, i), value.size()) - i;
        const std::string number = value.substr(i, n);
        const bool year = n == 4 && (number.substr(0, 2) == "19" || number.substr(0, 2) == "20");
        if (n >= least && !year && !add_secret(w, s, SX_SECRET_ID, number, err)) return false;
        i += n;
    }
    return true;
}

// Free text of the standard's attributes may have names among its words.
bool is_free_text(const Source &s, sx_secret_kind due) {
    return due == SX_SECRET_TEXT && s.tag.getGroup() % 2 == 0 && deid_is_vr(s.due, "LOSHSTLTUT");
}

// By what the element is in the standard, and by what the file says that it is.
bool add_value(DeidWork &w, const Source &s, const std::string &value, sx_error *err) {
    const sx_secret_kind kind = kind_of(s.tag, s.vr, w.o->keep_dates),
                         due = kind_of(s.tag, s.due, w.o->keep_dates);
    if (!is_identifying(s.tag, s.vr, value) && !is_identifying(s.tag, s.due, value)) return true;
    return add_as(w, s, due, value, err) &&
           (kind == due || kind == SX_SECRET_TEXT || add_as(w, s, kind, value, err)) &&
           (!is_free_text(s, due) || add_secret(w, s, SX_SECRET_WORDS, value, err)) &&
           (!is_long_identifier(s, value) ||
            (add_as(w, s, SX_SECRET_ID, value, err) && add_numbers(w, s, value, 4, err))) &&
           (!is_comment(s) || add_numbers(w, s, value, 5, err));
}

bool is_text(const char *vr) {
    return deid_is_vr(vr, "AEASCSDADSDTISLOLTPNSHSTTMUCUIURUT");
}

// The values as text. Those of binary VRs only where the standard has text.
std::vector<std::string> values_of(DcmElement &e, const Source &s) {
    std::vector<std::string> values;
    const bool free_text = deid_is_vr(s.due, "LTSTUT");
    if (!e.isaString() && !is_text(s.due)) return values;
    if (deid_is_vr(s.vr, "USSSULSLFLFDSVUV")) {
        for (unsigned long i = 0; i < e.getVM(); i++)
            values.push_back(deid_number_text(e, i));
    } else {
        std::string all = e.isaString() ? deid_text_of(e) : deid_bytes_of(e);
        std::replace(all.begin(), all.end(), '\0', ' ');
        values = free_text ? std::vector<std::string>(1, deid_trimmed(all)) : deid_split(all);
    }
    return values;
}

// A number that is written in another way, "7.71234E5" for 771234.
std::string plain(const Source &s, const std::string &value) {
    char out[SX_DEID_VALUE];
    const bool number = deid_is_vr(s.vr, "DSISFLFD") && !deid_is_vr(s.due, "DSISFLFD");
    return number && sx_deid_plain_number(value.c_str(), out) ? out : value;
}

bool add_values(DeidWork &w, DcmElement &e, sx_charset charset, sx_error *err) {
    Source s = { e.getTag(), deid_vr(e), "", charset };
    if (is_harmless(s.tag)) return true;
    if (!sx_deid_due_vr(deid_tag(s.tag), s.due)) std::memcpy(s.due, s.vr, 2);
    for (const std::string &value : values_of(e, s)) {
        const std::string other = plain(s, value);
        if (is_description(s.tag)) {
            if (!add_secret(w, s, SX_SECRET_WORDS, value, err)) return false;
            continue;
        }
        if (!add_value(w, s, value, err) || (other != value && !add_value(w, s, other, err)))
            return false;
    }
    return true;
}

bool collect(DeidWork &w, DcmItem &item, sx_charset charset, bool all, sx_error *err);

bool collect_items(DeidWork &w, DcmSequenceOfItems &sequence, sx_charset charset, bool all,
                   sx_error *err) {
    for (DcmObject *i = sequence.nextInContainer(NULL); i; i = sequence.nextInContainer(i))
        if (!collect(w, static_cast<DcmItem &>(*i), charset, all, err)) return false;
    return true;
}

// How the bytes of an element are read as a sequence.
struct Coding {
    bool explicit_vr, big_endian;
};

E_TransferSyntax syntax_of(const Coding &k) {
    if (k.explicit_vr) return k.big_endian ? EXS_BigEndianExplicit : EXS_LittleEndianExplicit;
    return k.big_endian ? EXS_BigEndianImplicit : EXS_LittleEndianImplicit;
}

// A data set with a sequence of these items.
std::string as_sequence(const std::string &items, const Coding &k) {
    const Uint8 tag[] = { 0x08, 0x00, 0x40, 0x11 }; // Referenced Image
    const Uint32 n = static_cast<Uint32>(items.size());
    std::string header;
    for (unsigned i = 0; i < 4; i++)
        header += static_cast<char>(tag[k.big_endian ? i ^ 1 : i]);
    if (k.explicit_vr) header += std::string("SQ\0\0", 4);
    for (unsigned i = 0; i < 4; i++)
        header += static_cast<char>(n >> (k.big_endian ? 24 - 8 * i : 8 * i) & 0xFF);
    return header + items;
}

// The items without the delimiter of a sequence of undefined length.
std::string without_delimiter(const std::string &items, const Coding &k) {
    const std::string end = k.big_endian ? std::string("\xFF\xFE\xE0\xDD\0\0\0\0", 8)
                                         : std::string("\xFE\xFF\xDD\xE0\0\0\0\0", 8);
    const size_t n = items.size();
    return n >= 16 && items.compare(n - 8, 8, end) == 0 ? items.substr(0, n - 8) : items;
}

// Whether lengths, depth and value representations are right throughout, so that DCMTK may read it.
bool is_sound(const std::string &all, const Coding &k) {
    sx_dataset d = {};
    sx_error err = {};
    size_t used = 0;
    bool delimited = true;
    const bool sound = sx_dataset_read(&d, reinterpret_cast<const uint8_t *>(all.data()),
                                       all.size(), k.explicit_vr, k.big_endian, false, &err) &&
                       sx_dataset_walk(&d, &used, &delimited, &err);
    sx_dataset_free(&d);
    if (!sound && err.code == SX_ERR_MEMORY) throw std::bad_alloc();
    if (!sound && err.code == SX_ERR_LIMIT) throw DeidTooMany();
    return sound;
}

// A data set with the items as a sequence, without up to eight zero bytes behind them. Empty: they
// are no items.
std::string sound_sequence(const std::string &value, const Coding &k) {
    enum { MOST_ZEROS = 8 };
    for (size_t n = value.size(); n >= 8 && value.size() - n <= MOST_ZEROS; n -= 2) {
        const std::string all = as_sequence(without_delimiter(value.substr(0, n), k), k);
        if (is_sound(all, k)) return all;
        if (value[n - 1] != 0 || value[n - 2] != 0) break;
    }
    return "";
}

// Values whose VR does not say that they are a sequence: of VR UN in implicit VR (PS3.5 6.2.2), and
// of private elements as bytes, in either.
bool collect_unknown(DeidWork &w, DcmElement &e, sx_charset charset, sx_error *err) {
    enum { DEEPEST = 32 };
    if (!deid_is_vr(deid_vr(e), "UNOBOWOLOFODOV") || e.getLength() < 8) return true;
    const std::string value = deid_bytes_of(e);
    for (int i = 0; i < 4; i++) {
        const Coding k = { (i & 1) != 0, (i & 2) != 0 };
        const char *item = k.big_endian ? "\xFF\xFE\xE0\x00" : "\xFE\xFF\x00\xE0";
        if (value.compare(0, 4, std::string(item, 4)) != 0) continue;
        const std::string all = sound_sequence(value, k);
        if (all.empty()) continue;
        if (w.depth == DEEPEST) throw DeidTooMany();
        DcmDataset d;
        DcmInputBufferStream in;
        in.setBuffer(all.data(), static_cast<offile_off_t>(all.size()));
        in.setEos();
        d.transferInit();
        const OFCondition c = d.read(in, syntax_of(k));
        d.transferEnd();
        if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
        w.depth++;
        const bool ok = collect(w, d, charset, true, err);
        w.depth--;
        return ok;
    }
    return true;
}

// Elements in the bytes of one that is no sequence, or not only that.
bool collect_hidden(DeidWork &w, DcmElement &e, sx_charset charset, sx_error *err) {
    if (e.getTag() == DCM_PixelData || e.isaString() || e.getLength() < 8) return true;
    const std::string bytes = deid_bytes_of(e);
    sx_deid_hidden h = {};
    for (size_t at = 0; sx_deid_hidden_next(reinterpret_cast<const uint8_t *>(bytes.data()),
                                            bytes.size(), &at, &h);) {
        Source s = { DcmTagKey(static_cast<Uint16>(h.tag >> 16), static_cast<Uint16>(h.tag)), "",
                     "", charset };
        if (!sx_deid_due_vr(h.tag, s.due)) continue;
        s.vr = s.due;
        for (const std::string &value : deid_split(bytes.substr(h.begin, h.length)))
            if (!add_value(w, s, value, err)) return false;
    }
    return true;
}

bool collect(DeidWork &w, DcmItem &item, sx_charset charset, bool all, sx_error *err) {
    OFString name; // the first value, without blanks around it
    if (item.findAndGetOFString(DCM_SpecificCharacterSet, name).good() &&
        item.tagExistsWithValue(DCM_SpecificCharacterSet))
        charset = sx_charset_find(name.c_str());
    for (DcmObject *o = item.nextInContainer(NULL); o; o = item.nextInContainer(o)) {
        DcmElement &e = static_cast<DcmElement &>(*o);
        const bool stays =
            !all && sx_deid_rule(deid_tag(e.getTag()), deid_vr(e), w.o) == SX_DEID_KEEP;
        if (e.ident() == EVR_SQ) {
            if (!collect_items(w, static_cast<DcmSequenceOfItems &>(e), charset, !stays, err))
                return false;
        } else if ((!stays || is_numeric(deid_vr(e))) &&
                   !(collect_unknown(w, e, charset, err) && collect_hidden(w, e, charset, err) &&
                     add_values(w, e, charset, err))) {
            return false;
        }
    }
    return true;
}

} // namespace

bool deid_collect(DeidWork &w, DcmDataset &d, sx_error *err) {
    return (w.again || collect(w, d, SX_CHARSET_DEFAULT, false, err)) &&
           (w.finder = sx_finder_new(&w.removed, err)) != NULL;
}
