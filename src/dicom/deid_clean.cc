// De-identification of a data set: cleans each element.
#include "dicom/deid_clean.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <utility>

#include "base/str.h"
#include "dicom/dcmtk_error.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_element.h"
#include "dicom/deid_numbers.h"
#include "dicom/deid_picture.h"
#include "dicom/deid_spread.h"
#include "dicom/deid_values.h"

namespace {

// ---- values to keep ----

bool is_code(const DcmTagKey &t) {
    return t == DCM_CodeValue || t == DCM_CodingSchemeDesignator || t == DCM_CodeMeaning;
}

sx_secret_place place_of(const char *vr, uint32_t tag) {
    bool listed = false;
    char out[SX_DEID_VALUE];
    if (deid_is_vr(vr, "CS")) return SX_PLACE_TERM;
    if (deid_is_product(tag)) return SX_PLACE_PRODUCT;
    if (deid_is_vr(vr, "LOSH")) {
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

void clean_text(DeidWork &w, DcmElement &e, bool top, OFCondition &c) {
    const DcmTagKey t = e.getTag();
    const uint32_t tag = deid_tag(t);
    const char *vr = deid_vr(e);
    std::vector<std::string> values = deid_values(e);
    const bool used = top && deid_is_of_picture(t) && deid_are_used(t, vr, values);
    bool ok = sx_deid_vm_is_due(tag, values.size());
    const sx_secret_place place = place_of(vr, tag);
    for (std::string &value : values) {
        char out[SX_DEID_VALUE] = "";
        if (value.empty()) continue;
        const bool stays = sx_deid_value(tag, vr, value.c_str(), out) &&
                           (is_needed(t) || !deid_match(w, out, place));
        if (!stays) ok = ok && has_independent_values(t);
        value = stays ? out : "";
    }
    ok = ok && !deid_repeats_joined(w, values, place);
    if (c.good() && !ok && used) c = deid_picture_lost(t);
    if (c.good()) c = ok ? e.putString(deid_joined(values).c_str()) : e.clear();
    if (ok && (place == SX_PLACE_TERM || place == SX_PLACE_PRODUCT))
        w.kept_terms.insert(values.begin(), values.end());
}

std::string new_date(const DeidWork &w, const DcmTagKey &t, const char *vr,
                     const std::string &date) {
    char out[SX_DEID_VALUE];
    if (!sx_deid_value(deid_tag(t), vr, date.c_str(), out) || !sx_deid_shift(out, w.days))
        return "";
    return deid_match(w, out, SX_PLACE_DATE) ? "" : out;
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
    if (!meaning || deid_match(w, meaning, SX_PLACE_TERM) ||
        deid_match(w, value.c_str(), SX_PLACE_NUMBER))
        return false;
    const std::string v = value.c_str(), s = scheme.c_str();
    if (c.good()) c = item.putAndInsertString(DCM_CodeValue, v.c_str());
    if (c.good()) c = item.putAndInsertString(DCM_CodingSchemeDesignator, s.c_str());
    if (c.good()) c = item.putAndInsertString(DCM_CodeMeaning, meaning);
    w.kept_terms.insert(meaning);
    return true;
}

// An item with a look-up table has no code.
void remove_code(DcmItem &item) {
    for (const DcmTagKey &t : { DCM_CodeValue, DCM_CodingSchemeDesignator, DCM_CodeMeaning })
        delete item.remove(t);
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
        if (deid_has_table(item)) remove_code(item);
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
        clean_text(w, e, top, c);
        return true;
    }
    if (t == DCM_LUTData) return !top && deid_trim_table(w, item, e, c);
    if (deid_is_vr(deid_vr(e), "AT")) return top && points_to_frames(e);
    const bool kept = deid_numbers_are_kept(w, e);
    if (!kept && top && deid_is_of_picture(t) && e.getVM() == 1 && c.good())
        c = deid_picture_lost(t);
    return kept;
}

bool replace(DeidWork &w, DcmElement &e, sx_deid_action action, OFCondition &c) {
    const DcmTagKey t = e.getTag();
    const char *vr = deid_vr(e);
    std::vector<std::string> values = deid_values(e);
    for (std::string &value : values)
        value = action == SX_DEID_SUBJECT ? w.subject
                : action == SX_DEID_UID   ? deid_new_uid(w, value)
                : action == SX_DEID_SHIFT ? new_date(w, t, vr, value)
                                          : new_age(value);
    if (action == SX_DEID_SUBJECT || action == SX_DEID_AGE) values.resize(1);
    if (c.good()) c = e.putString(deid_joined(values).c_str());
    return true;
}

// False: the element is removed.
bool apply_rule(DeidWork &w, DcmItem &item, DcmElement &e, bool top, OFCondition &c) {
    const sx_deid_action action = sx_deid_rule(deid_tag(e.getTag()), deid_vr(e), w.o);
    if (action == SX_DEID_KEEP) return clean_kept(w, item, e, top, c);
    if (action == SX_DEID_REMOVE) return false;
    if (action != SX_DEID_EMPTY) return replace(w, e, action, c);
    c = e.clear();
    return true;
}

void clean(DeidWork &w, DcmItem &item, bool top, OFCondition &c) {
    std::vector<const DcmObject *> gone;
    const bool table = !top && deid_has_table(item);
    for (DcmObject *o = item.nextInContainer(NULL); o && c.good(); o = item.nextInContainer(o))
        if (!apply_rule(w, item, static_cast<DcmElement &>(*o), top, c)) gone.push_back(o);
    remove_all<DcmElement>(
        gone, [&] { return item.card() ? item.remove(0UL) : NULL; },
        [&](DcmElement *e) {
            if (c.good()) c = item.insert(e);
            return c.good();
        });
    if (c.good()) deid_clear_spread(w, item, top, c);
    if (c.good() && table && !deid_has_table(item)) c = deid_table_lost();
}

} // namespace

void deid_clean(DeidWork &w, DcmItem &item, OFCondition &c) {
    clean(w, item, true, c);
}

const sx_secret *deid_survivor(const DeidWork &w, DcmItem &item) {
    for (DcmObject *o = item.nextInContainer(NULL); o; o = item.nextInContainer(o)) {
        DcmElement &e = static_cast<DcmElement &>(*o);
        if (!is_needed(e.getTag())) continue;
        for (const std::string &value : deid_values(e)) {
            const sx_secret *x =
                deid_match(w, value.c_str(), place_of(deid_vr(e), deid_tag(e.getTag())));
            if (x) return x;
        }
    }
    return NULL;
}

// As sx_deid_uid writes them.
static bool is_replaced(const std::string &uid) {
    return uid.size() <= 44 && uid.compare(0, 5, "2.25.") == 0 &&
           uid.find_first_not_of("0123456789", 5) == std::string::npos;
}

std::string deid_new_uid(const DeidWork &w, const std::string &uid) {
    char out[65];
    if (uid.empty() || sx_deid_uid_is_known(uid.c_str()) || (w.again && is_replaced(uid)))
        return uid;
    if (!sx_deid_uid(w.o, uid.c_str(), out, NULL)) throw std::bad_alloc();
    return out;
}
