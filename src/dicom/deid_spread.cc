#include "dicom/deid_spread.h"

#include <new>

#include "dicom/dcmtk_error.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_element.h"
#include "dicom/deid_numbers.h"
#include "dicom/deid_picture.h"
#include "dicom/deid_values.h"

namespace {

enum { MOST_TOGETHER = 4 };

struct Numbers {
    DcmElement *e;
    std::vector<std::string> values;
};

bool is_number(DcmElement &e) {
    const char *vr = deid_vr(e);
    return deid_is_vr(vr, "DSISUSSSULSLFLFD") && !deid_is_structural(e.getTag(), vr) &&
           e.getTag() != DCM_NumberOfFrames && e.getVM() > 0;
}

std::vector<Numbers> numbers_of(DcmItem &item) {
    std::vector<Numbers> all;
    for (DcmObject *o = item.nextInContainer(NULL); o; o = item.nextInContainer(o)) {
        DcmElement &e = static_cast<DcmElement &>(*o);
        if (e.ident() == EVR_SQ || !is_number(e)) continue;
        Numbers n = { &e, {} };
        for (unsigned long i = 0; i < e.getVM(); i++)
            n.values.push_back(deid_number_text(e, i));
        all.push_back(std::move(n));
    }
    return all;
}

// Whether the attributes from `from` on, in this order or the reverse, repeat a value.
bool repeats(const DeidWork &w, const std::vector<Numbers> &all, size_t from, size_t count) {
    std::vector<std::string> forth, back;
    for (size_t i = 0; i < count; i++) {
        const std::vector<std::string> &a = all[from + i].values,
                                       &b = all[from + count - 1 - i].values;
        if (a.empty()) return false; // emptied
        forth.insert(forth.end(), a.begin(), a.end());
        back.insert(back.end(), b.begin(), b.end());
    }
    return deid_repeats_spread(w, forth) || deid_repeats_spread(w, back);
}

void clear_numbers(const DeidWork &w, DcmItem &item, bool top, OFCondition &c) {
    std::vector<Numbers> all = numbers_of(item);
    for (size_t count = 2; count <= MOST_TOGETHER; count++)
        for (size_t from = 0; from + count <= all.size(); from++) {
            if (!repeats(w, all, from, count)) continue;
            for (size_t i = from; i < from + count; i++) {
                const DcmTagKey t = all[i].e->getTag();
                if (c.good() && top && deid_is_of_picture(t)) c = deid_picture_lost(t);
                all[i].values.clear();
                if (sx_dcmtk_is_memory(all[i].e->clear())) throw std::bad_alloc();
            }
        }
}

// Text that is kept (--keep-device), but no term of the standard.
bool is_free_text(DcmElement &e) {
    const DcmTagKey t = e.getTag();
    bool listed = false;
    char out[SX_DEID_VALUE];
    if (!deid_is_vr(deid_vr(e), "LOSH") || t.getGroup() == 0x0010) return false;
    sx_deid_term(deid_tag(t), "", &listed, out);
    return !listed;
}

// A name or an identifier that is cut in two.
void clear_texts(const DeidWork &w, DcmItem &item) {
    std::vector<DcmElement *> all;
    for (DcmObject *o = item.nextInContainer(NULL); o; o = item.nextInContainer(o)) {
        DcmElement &e = static_cast<DcmElement &>(*o);
        if (e.ident() != EVR_SQ && is_free_text(e)) all.push_back(&e);
    }
    for (DcmElement *a : all)
        for (DcmElement *b : all) {
            const std::string first = deid_text_of(*a), second = deid_text_of(*b);
            if (a == b || first.empty() || second.empty()) continue;
            const std::string both = deid_trimmed(first) + deid_trimmed(second);
            const bool product =
                deid_is_product(deid_tag(a->getTag())) || deid_is_product(deid_tag(b->getTag()));
            if (!deid_match(w, both.c_str(), product ? SX_PLACE_PRODUCT : SX_PLACE_TEXT)) continue;
            if (sx_dcmtk_is_memory(a->clear()) || sx_dcmtk_is_memory(b->clear()))
                throw std::bad_alloc();
        }
}

} // namespace

void deid_clear_spread(const DeidWork &w, DcmItem &item, bool top, OFCondition &c) {
    if (!w.removed.count) return;
    clear_numbers(w, item, top, c);
    if (top) clear_texts(w, item);
}
