#include "support/dictionary_tags.h"

#include <algorithm>
#include <iterator>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

namespace {

constexpr uint32_t tag(uint32_t group, uint32_t element) {
    return group << 16 | element;
}

// Attributes that every film has, and those that none can have.
bool is_taken(uint32_t of) {
    static const uint32_t taken[] = {
        tag(0x0008, 0x0005), tag(0x0008, 0x0016), tag(0x0008, 0x0018), tag(0x0008, 0x0050),
        tag(0x0008, 0x0080), tag(0x0008, 0x0090), tag(0x0010, 0x0010), tag(0x0010, 0x0020),
        tag(0x0010, 0x0030), tag(0x0020, 0x000D), tag(0x0020, 0x000E), tag(0x0028, 0x0002),
        tag(0x0028, 0x0004), tag(0x0028, 0x0006), tag(0x0028, 0x0008), tag(0x0028, 0x0010),
        tag(0x0028, 0x0011), tag(0x0028, 0x0100), tag(0x0028, 0x0101), tag(0x0028, 0x0102),
        tag(0x0028, 0x0103), tag(0x5200, 0x9229), tag(0x5200, 0x9230), tag(0x7FE0, 0x0010),
    };
    return std::find(std::begin(taken), std::end(taken), of) != std::end(taken);
}

} // namespace

size_t dictionary_tags(dictionary_tag *tags, size_t most) {
    size_t n = 0;
    DcmDataDictionary &dictionary = dcmDataDict.wrlock(); // its iterators need it
    for (DcmHashDictIterator i = dictionary.normalBegin(); i != dictionary.normalEnd(); ++i) {
        const DcmDictEntry *e = *i;
        if (n == most || e->getPrivateCreator() || e->getGroup() < 8 || e->getGroup() == 0xFFFE)
            continue;
        tags[n].tag = tag(e->getGroup(), e->getElement());
        if (is_taken(tags[n].tag)) continue;
        OFStandard::strlcpy(tags[n++].vr, DcmVR(e->getEVR()).getValidVRName(), 3);
    }
    dcmDataDict.wrunlock();
    return n;
}
