// De-identification of a data set: collects the values to remove, then cleans each element.
#include "dicom/deid_clean.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <utility>

#include <dcmtk/dcmdata/dcspchrs.h>

#include "base/str.h"
#include "dicom/dcmtk_error.h"
#include "dicom/deid_values.h"

namespace {

const size_t MOST_COMPARED = 20000000;

uint32_t tag_of(const DcmTagKey &t) {
    return static_cast<uint32_t>(t.getGroup()) << 16 | t.getElement();
}

const char *vr_of(DcmElement &e) {
    return DcmVR(e.getVR()).getValidVRName();
}

bool is_vr(const char *vr, const char *list) {
    for (; *list; list += 2)
        if (std::memcmp(vr, list, 2) == 0) return true;
    return false;
}

const sx_secret *match(const DeidWork &w, const char *text, sx_secret_place place) {
    if ((w.compared += w.removed.count) > MOST_COMPARED) throw DeidTooMany();
    const sx_secret *x = sx_secrets_match(&w.removed, text, place);
    if (!x && place == SX_PLACE_TEXT)
        x = sx_finder_search(w.finder, reinterpret_cast<const uint8_t *>(text), std::strlen(text),
                             SX_FIND_HEADER, NULL, 0);
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    return x;
}

// Removes padding and other characters around a value.
std::string trimmed(const std::string &s) {
    size_t from = 0, to = s.size();
    while (from < to && static_cast<unsigned char>(s[from]) <= ' ')
        from++;
    while (to > from && static_cast<unsigned char>(s[to - 1]) <= ' ')
        to--;
    return s.substr(from, to - from);
}

// All of an element's bytes as text, including zero bytes, which may hide text after them.
std::string bytes_of(DcmElement &e) {
    char *text = NULL;
    Uint32 n = 0;
    if (!e.isaString()) return "";
    const OFCondition c = e.getString(text, n);
    if (sx_dcmtk_is_memory(c)) throw std::bad_alloc();
    if (c.bad() || !text) return "";
    std::string all(text, n);
    std::replace(all.begin(), all.end(), '\0', ' ');
    return all;
}

std::vector<std::string> split(const std::string &all) {
    std::vector<std::string> values;
    for (size_t at = 0;;) {
        const size_t end = all.find('\\', at);
        values.push_back(trimmed(all.substr(at, end == std::string::npos ? end : end - at)));
        if (end == std::string::npos) return values;
        at = end + 1;
    }
}

std::string joined(const std::vector<std::string> &values) {
    std::string all;
    for (size_t i = 0; i < values.size(); i++)
        all += (i ? "\\" : "") + values[i];
    return all;
}

// ---- values to remove ----

// Descriptions repeat words of coded anatomy that is kept; manufacturers and methods identify no
// patient.
bool is_descriptive(const DcmTagKey &t) {
    return t == DCM_StudyDescription || t == DCM_SeriesDescription || t == DCM_ProtocolName ||
           t == DCM_Manufacturer || t == DCM_ManufacturerModelName ||
           t == DCM_DeidentificationMethod || t == DCM_CodeValue || t == DCM_CodeMeaning ||
           t == DCM_CodingSchemeDesignator || t == DCM_SpecificCharacterSet;
}

sx_secret_kind kind_of(const DcmTagKey &t, const char *vr) {
    if (is_vr(vr, "PN")) return SX_SECRET_NAME;
    if (is_vr(vr, "UI")) return SX_SECRET_UID;
    if (t == DCM_PatientBirthDate) return SX_SECRET_BIRTH;
    if (is_vr(vr, "DADT")) return SX_SECRET_DATE;
    if (t == DCM_InstitutionName || t == DCM_InstitutionAddress ||
        t == DCM_InstitutionalDepartmentName)
        return SX_SECRET_INSTITUTION;
    const uint16_t group = t.getGroup();
    const bool id = t == DCM_AccessionNumber || t == DCM_StudyID || t == DCM_DeviceSerialNumber ||
                    group == 0x0010 || group == 0x0038;
    return id && is_vr(vr, "LOSH") ? SX_SECRET_ID : SX_SECRET_TEXT;
}

// As UTF-8; text that cannot be converted is not changed.
std::string utf8(DcmSpecificCharacterSet *charset, const std::string &text) {
    OFString to;
    if (!charset || charset->convertString(text.c_str(), to, "\\^=").bad()) return text;
    return std::string(to.c_str(), to.size());
}

bool add_secret(DeidWork &w, const DcmTagKey &t, sx_secret_kind kind, const std::string &value,
                DcmSpecificCharacterSet *charset, sx_error *err) {
    return value.size() < 3 || sx_secrets_add(&w.removed, tag_of(t), kind, value.data(),
                                              value.size(), utf8(charset, value).c_str(), err);
}

bool is_numeric(const char *vr) {
    return is_vr(vr, "CSDSISTMAS");
}

bool valid(const DcmTagKey &t, const char *vr, const std::string &value) {
    char out[SX_DEID_VALUE];
    return value.empty() || sx_deid_value(tag_of(t), vr, value.c_str(), out);
}

// Whether the value can identify: codes and numbers only if they are not valid ones.
bool is_identifying(const DeidWork &w, const DcmTagKey &t, const char *vr,
                    const std::string &value) {
    if (is_vr(vr, "UI")) return !sx_deid_uid_is_known(value.c_str());
    if (is_vr(vr, "DADT")) return t == DCM_PatientBirthDate || !w.o->keep_dates;
    return !is_numeric(vr) || !valid(t, vr, value);
}

bool add_values(DeidWork &w, DcmElement &e, DcmSpecificCharacterSet *charset, sx_error *err) {
    const DcmTagKey t = e.getTag();
    const char *vr = vr_of(e);
    if (!e.isaString() || is_descriptive(t)) return true;
    const std::string all = bytes_of(e);
    const sx_secret_kind kind = kind_of(t, vr);
    const std::vector<std::string> values =
        is_vr(vr, "LTSTUT") ? std::vector<std::string>(1, trimmed(all)) : split(all);
    for (const std::string &value : values) {
        const size_t equals = value.find('='); // the name in other scripts
        if (!is_identifying(w, t, vr, value)) continue;
        if (!add_secret(w, t, kind, value, charset, err)) return false;
        if (kind == SX_SECRET_NAME && equals != std::string::npos &&
            !add_secret(w, t, kind, value.substr(0, equals), charset, err))
            return false;
    }
    return true;
}

bool collect(DeidWork &w, DcmItem &item, DcmSpecificCharacterSet *charset, bool all,
             sx_error *err) {
    DcmSpecificCharacterSet own;
    OFString name;
    if (item.findAndGetOFStringArray(DCM_SpecificCharacterSet, name).good() && !name.empty())
        charset = own.selectCharacterSet(name).good() ? &own : NULL;
    for (DcmObject *o = item.nextInContainer(NULL); o; o = item.nextInContainer(o)) {
        DcmElement &e = static_cast<DcmElement &>(*o);
        const bool stays = !all && sx_deid_rule(tag_of(e.getTag()), vr_of(e), w.o) == SX_DEID_KEEP;
        if (e.ident() == EVR_SQ) {
            DcmSequenceOfItems &sequence = static_cast<DcmSequenceOfItems &>(e);
            for (DcmObject *i = sequence.nextInContainer(NULL); i; i = sequence.nextInContainer(i))
                if (!collect(w, static_cast<DcmItem &>(*i), charset, !stays, err)) return false;
        } else if ((!stays || is_numeric(vr_of(e))) && !add_values(w, e, charset, err)) {
            return false;
        }
    }
    return true;
}

// ---- values to keep ----

bool is_code(const DcmTagKey &t) {
    return t == DCM_CodeValue || t == DCM_CodingSchemeDesignator || t == DCM_CodeMeaning;
}

sx_secret_place place_of(const char *vr, uint32_t tag) {
    bool listed = false;
    char out[SX_DEID_VALUE];
    if (is_vr(vr, "CS")) return SX_PLACE_TERM;
    if (is_vr(vr, "LOSH")) {
        sx_deid_term(tag, "", &listed, out);
        return listed ? SX_PLACE_TERM : SX_PLACE_TEXT;
    }
    return SX_PLACE_NUMBER;
}

// The film cannot be read without these: a film in which they repeat a name is rejected.
bool is_needed(const DcmTagKey &t) {
    return t == DCM_PhotometricInterpretation || t == DCM_NumberOfFrames ||
           t == DCM_SpecificCharacterSet;
}

// Attributes whose values may be emptied one by one; other attributes are emptied completely.
bool has_independent_values(const DcmTagKey &t) {
    return t == DCM_ImageType || t == DCM_SpecificCharacterSet || t == DCM_PatientOrientation;
}

// Whether several values, joined, repeat what was collected.
bool repeats_joined(const DeidWork &w, const std::vector<std::string> &values,
                    sx_secret_place place) {
    if (values.size() < 2 || place == SX_PLACE_TERM) return false;
    if (place == SX_PLACE_TEXT) return match(w, joined(values).c_str(), place) != NULL;
    std::vector<const char *> texts;
    for (const std::string &value : values)
        texts.push_back(value.c_str());
    const sx_secret *x = sx_secrets_match_joined(&w.removed, texts.data(), texts.size());
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    return x != NULL;
}

void clean_text(DeidWork &w, DcmElement &e, OFCondition &c) {
    const DcmTagKey t = e.getTag();
    const uint32_t tag = tag_of(t);
    const char *vr = vr_of(e);
    std::vector<std::string> values = split(bytes_of(e));
    bool ok = sx_deid_vm_is_due(tag, values.size());
    const sx_secret_place place = place_of(vr, tag);
    for (std::string &value : values) {
        char out[SX_DEID_VALUE] = "";
        if (value.empty()) continue;
        const bool stays =
            sx_deid_value(tag, vr, value.c_str(), out) && (is_needed(t) || !match(w, out, place));
        if (!stays) ok = ok && has_independent_values(t);
        value = stays ? out : "";
    }
    ok = ok && !repeats_joined(w, values, place);
    if (c.good()) c = ok ? e.putString(joined(values).c_str()) : e.clear();
    if (ok && place == SX_PLACE_TERM) w.kept_terms.insert(values.begin(), values.end());
}

// The film cannot be read without these numbers.
bool is_structural(const DcmTagKey &t, const char *vr) {
    static const DcmTagKey tags[] = {
        DCM_SamplesPerPixel, DCM_PlanarConfiguration, DCM_Rows,
        DCM_Columns,         DCM_BitsAllocated,       DCM_BitsStored,
        DCM_HighBit,         DCM_PixelRepresentation, DCM_LUTDescriptor
    };
    return is_vr(vr, "USSS") && std::find(std::begin(tags), std::end(tags), t) != std::end(tags);
}

// Whether the bytes of 16-bit words, in either order, are text that repeats what was collected.
bool is_text_in_words(const DeidWork &w, DcmElement &e) {
    Uint16 *words = NULL;
    Sint16 *integers = NULL;
    if (e.getUint16Array(words).bad() && e.getSint16Array(integers).good())
        words = reinterpret_cast<Uint16 *>(integers);
    for (int order = 0; words && order < 2; order++) {
        std::string text;
        for (Uint32 i = 0; i < e.getLength() / 2; i++)
            for (int half = 0; half < 2; half++) {
                const int c = words[i] >> (half == order ? 0 : 8) & 0xFF;
                text += c >= ' ' && c <= '~' ? static_cast<char>(c) : ' ';
            }
        if (match(w, text.c_str(), SX_PLACE_TEXT)) return true;
    }
    return false;
}

bool is_number_kept(const DeidWork &w, DcmElement &e, unsigned long index) {
    OFString text;
    if (e.getOFString(text, index).bad()) return false;
    char shorter[32] = ""; // 5432.1, which DCMTK writes as 5432.1000000000004
    double v = 0;
    Float32 f = 0;
    if (is_vr(vr_of(e), "FL") && e.getFloat32(f, index).good())
        sx_format(shorter, sizeof shorter, "%.7g", v = static_cast<double>(f));
    else if (is_vr(vr_of(e), "FD") && e.getFloat64(v, index).good())
        sx_format(shorter, sizeof shorter, "%.15g", v);
    else
        v = sx_strtod(text.c_str(), NULL);
    return sx_deid_number(v) && !match(w, text.c_str(), SX_PLACE_NUMBER) &&
           !match(w, shorter, SX_PLACE_NUMBER);
}

// Whether the bytes of floating-point numbers are text that repeats what was collected.
bool is_text_in_numbers(const DeidWork &w, DcmElement &e) {
    Float32 *singles = NULL;
    Float64 *doubles = NULL;
    const char *bytes = NULL;
    if (e.getFloat32Array(singles).good())
        bytes = reinterpret_cast<const char *>(singles);
    else if (e.getFloat64Array(doubles).good())
        bytes = reinterpret_cast<const char *>(doubles);
    std::string text(bytes ? bytes : "", bytes ? e.getLength() : 0);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    return match(w, text.c_str(), SX_PLACE_TEXT) != NULL;
}

// Binary numbers: few of them, and none that is an identifier.
bool are_numbers_kept(const DeidWork &w, DcmElement &e) {
    const DcmTagKey t = e.getTag();
    const unsigned long count = e.getVM();
    const size_t width = DcmVR(e.getVR()).getValueWidth();
    if (!width || e.getLength() != count * width) return false; // trailing text: not a number
    if (count > 8 || !sx_deid_vm_is_due(tag_of(t), count)) return false;
    if (is_structural(t, vr_of(e))) return true;
    if (is_text_in_words(w, e)) return false;
    std::vector<std::string> values;
    for (unsigned long i = 0; i < count; i++) {
        OFString text;
        if (!is_number_kept(w, e, i) || e.getOFString(text, i).bad()) return false;
        values.push_back(text.c_str());
    }
    return !repeats_joined(w, values, SX_PLACE_NUMBER) && !is_text_in_numbers(w, e);
}

// The table has as many entries as its descriptor says, and no data after them.
bool trim_table(DcmItem &item, DcmElement &e, OFCondition &c) {
    Uint16 entries = 0, bits = 0, *table = NULL;
    if (item.findAndGetUint16(DCM_LUTDescriptor, entries, 0).bad() ||
        item.findAndGetUint16(DCM_LUTDescriptor, bits, 2).bad())
        return false;
    const Uint32 count = entries ? entries : 65536, words = e.getLength() / 2;
    if (words <= count) return true;
    if (e.getUint16Array(table).bad() || !table) return false;
    const std::vector<Uint16> copy(table, table + count);
    if (c.good()) c = e.putUint16Array(copy.data(), count);
    return c.good();
}

std::string new_date(const DeidWork &w, const DcmTagKey &t, const char *vr,
                     const std::string &date) {
    char out[SX_DEID_VALUE];
    if (!sx_deid_value(tag_of(t), vr, date.c_str(), out) || !sx_deid_shift(out, w.days)) return "";
    return match(w, out, SX_PLACE_NUMBER) ? "" : out;
}

std::string new_age(const std::string &age) {
    char out[SX_DEID_VALUE];
    if (!sx_deid_value(0x00101010, "AS", age.c_str(), out)) return "";
    return out[3] == 'Y' && std::strtol(out, NULL, 10) > 89 ? "090Y" : out;
}

// Replaces the item's code meaning by the standard's; false: the code is not on the list.
bool clean_code(DeidWork &w, DcmItem &item, OFCondition &c) {
    OFString value, scheme;
    if (!item.tagExists(DCM_CodeValue) && !item.tagExists(DCM_CodingSchemeDesignator) &&
        !item.tagExists(DCM_CodeMeaning))
        return true;
    const OFCondition got[] = { item.findAndGetOFString(DCM_CodeValue, value),
                                item.findAndGetOFString(DCM_CodingSchemeDesignator, scheme) };
    for (const OFCondition &g : got) {
        if (sx_dcmtk_is_memory(g)) throw std::bad_alloc();
        if (g.bad()) return false;
    }
    const char *meaning = sx_deid_code(scheme.c_str(), value.c_str());
    if (!meaning || match(w, meaning, SX_PLACE_TERM) || match(w, value.c_str(), SX_PLACE_NUMBER))
        return false;
    const std::string v = value.c_str(), s = scheme.c_str();
    if (c.good()) c = item.putAndInsertString(DCM_CodeValue, v.c_str());
    if (c.good()) c = item.putAndInsertString(DCM_CodingSchemeDesignator, s.c_str());
    if (c.good()) c = item.putAndInsertString(DCM_CodeMeaning, meaning);
    w.kept_terms.insert(meaning);
    return true;
}

void clean(DeidWork &w, DcmItem &item, bool top, OFCondition &c);

// Removes those objects of a list that `gone` names, in the list's order. To remove one by its
// index would walk through the list each time.
template <typename Object, typename Remove, typename Append>
void remove_all(const std::vector<const DcmObject *> &gone, Remove remove_first, Append append) {
    std::vector<std::unique_ptr<Object>> kept;
    if (gone.empty()) return;
    size_t next = 0;
    while (Object *o = remove_first()) {
        std::unique_ptr<Object> owner(o);
        if (next < gone.size() && gone[next] == o)
            next++;
        else
            kept.push_back(std::move(owner));
    }
    for (std::unique_ptr<Object> &o : kept)
        if (append(o.get())) (void)o.release();
}

void clean_sequence(DeidWork &w, DcmSequenceOfItems &sequence, OFCondition &c) {
    std::vector<const DcmObject *> gone;
    for (DcmObject *o = sequence.nextInContainer(NULL); o && c.good();
         o = sequence.nextInContainer(o)) {
        DcmItem &item = static_cast<DcmItem &>(*o);
        if (clean_code(w, item, c))
            clean(w, item, false, c);
        else
            gone.push_back(o);
    }
    remove_all<DcmItem>(
        gone, [&] { return sequence.card() ? sequence.remove(0UL) : NULL; },
        [&](DcmItem *item) {
            if (c.good()) c = sequence.append(item);
            return c.good();
        });
}

// Frame Increment Pointer, to one of the attributes that a film can have for it.
bool points_to_frames(DcmElement &e) {
    DcmTagKey to;
    return e.getTag() == DCM_FrameIncrementPointer && e.getVM() == 1 && e.getTagVal(to, 0).good() &&
           (to == DCM_FrameTime || to == DCM_FrameTimeVector);
}

// An element that the rules keep, if its value allows it. False: it is removed.
bool clean_kept(DeidWork &w, DcmItem &item, DcmElement &e, bool top, OFCondition &c) {
    const DcmTagKey t = e.getTag();
    if (e.ident() == EVR_SQ) {
        clean_sequence(w, static_cast<DcmSequenceOfItems &>(e), c);
        return true;
    }
    if (t == DCM_PixelData) return top;
    if (is_code(t)) return !top;
    if (e.isaString()) {
        clean_text(w, e, c);
        return true;
    }
    if (t == DCM_LUTData) return trim_table(item, e, c);
    if (is_vr(vr_of(e), "AT")) return top && points_to_frames(e);
    return are_numbers_kept(w, e);
}

bool replace(DeidWork &w, DcmElement &e, sx_deid_action action, OFCondition &c) {
    const DcmTagKey t = e.getTag();
    const char *vr = vr_of(e);
    std::vector<std::string> values = split(bytes_of(e));
    for (std::string &value : values)
        value = action == SX_DEID_SUBJECT ? w.subject
                : action == SX_DEID_UID   ? deid_new_uid(w, value)
                : action == SX_DEID_SHIFT ? new_date(w, t, vr, value)
                                          : new_age(value);
    if (action == SX_DEID_SUBJECT || action == SX_DEID_AGE) values.resize(1);
    if (c.good()) c = e.putString(joined(values).c_str());
    return true;
}

// False: the element is removed.
bool apply_rule(DeidWork &w, DcmItem &item, DcmElement &e, bool top, OFCondition &c) {
    const sx_deid_action action = sx_deid_rule(tag_of(e.getTag()), vr_of(e), w.o);
    if (action == SX_DEID_KEEP) return clean_kept(w, item, e, top, c);
    if (action == SX_DEID_REMOVE) return false;
    if (action != SX_DEID_EMPTY) return replace(w, e, action, c);
    c = e.clear();
    return true;
}

void clean(DeidWork &w, DcmItem &item, bool top, OFCondition &c) {
    std::vector<const DcmObject *> gone;
    for (DcmObject *o = item.nextInContainer(NULL); o && c.good(); o = item.nextInContainer(o))
        if (!apply_rule(w, item, static_cast<DcmElement &>(*o), top, c)) gone.push_back(o);
    remove_all<DcmElement>(
        gone, [&] { return item.card() ? item.remove(0UL) : NULL; },
        [&](DcmElement *e) {
            if (c.good()) c = item.insert(e);
            return c.good();
        });
}

} // namespace

bool deid_collect(DeidWork &w, DcmItem &item, sx_error *err) {
    return collect(w, item, NULL, false, err) &&
           (w.finder = sx_finder_new(&w.removed, err)) != NULL;
}

void deid_clean(DeidWork &w, DcmItem &item, OFCondition &c) {
    clean(w, item, true, c);
}

const sx_secret *deid_survivor(const DeidWork &w, DcmItem &item) {
    for (DcmObject *o = item.nextInContainer(NULL); o; o = item.nextInContainer(o)) {
        DcmElement &e = static_cast<DcmElement &>(*o);
        if (!is_needed(e.getTag())) continue;
        for (const std::string &value : split(bytes_of(e))) {
            const sx_secret *x = match(w, value.c_str(), place_of(vr_of(e), tag_of(e.getTag())));
            if (x) return x;
        }
    }
    return NULL;
}

std::string deid_new_uid(const DeidWork &w, const std::string &uid) {
    char out[65];
    if (uid.empty() || sx_deid_uid_is_known(uid.c_str())) return uid;
    if (!sx_deid_uid(w.o, uid.c_str(), out, NULL)) throw std::bad_alloc();
    return out;
}
