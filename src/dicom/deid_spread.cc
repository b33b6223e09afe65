#include "dicom/deid_spread.h"

#include <new>

#include "dicom/dcmtk_error.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_numbers.h"

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

} // namespace

void deid_clear_spread(const DeidWork &w, DcmItem &item) {
    if (!w.removed.count) return;
    std::vector<Numbers> all = numbers_of(item);
    for (size_t count = 2; count <= MOST_TOGETHER; count++)
        for (size_t from = 0; from + count <= all.size(); from++) {
            if (!repeats(w, all, from, count)) continue;
            for (size_t i = from; i < from + count; i++) {
                all[i].values.clear();
                if (sx_dcmtk_is_memory(all[i].e->clear())) throw std::bad_alloc();
            }
        }
}
