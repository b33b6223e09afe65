#include "dicom/deid_compare.h"

#include <cstring>
#include <new>

namespace {

const size_t MOST_COMPARED = 20000000;

} // namespace

uint32_t deid_tag(const DcmTagKey &t) {
    return static_cast<uint32_t>(t.getGroup()) << 16 | t.getElement();
}

const char *deid_vr(DcmElement &e) {
    return DcmVR(e.getVR()).getValidVRName();
}

bool deid_is_vr(const char *vr, const char *list) {
    for (; *list; list += 2)
        if (std::memcmp(vr, list, 2) == 0) return true;
    return false;
}

const sx_secret *deid_match(const DeidWork &w, const char *text, sx_secret_place place) {
    if ((w.compared += w.removed.count) > MOST_COMPARED) throw DeidTooMany();
    const sx_secret *x = sx_secrets_match(&w.removed, text, place);
    if (!x && place == SX_PLACE_TEXT)
        x = sx_finder_search(w.finder, reinterpret_cast<const uint8_t *>(text), std::strlen(text),
                             SX_FIND_HEADER, NULL, 0);
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    return x;
}

std::string deid_joined(const std::vector<std::string> &values) {
    std::string all;
    for (size_t i = 0; i < values.size(); i++)
        all += (i ? "\\" : "") + values[i];
    return all;
}

bool deid_repeats_joined(const DeidWork &w, const std::vector<std::string> &values,
                         sx_secret_place place) {
    if (values.size() < 2 || place == SX_PLACE_TERM) return false;
    if (place == SX_PLACE_TEXT) return deid_match(w, deid_joined(values).c_str(), place) != NULL;
    std::vector<const char *> texts;
    for (const std::string &value : values)
        texts.push_back(value.c_str());
    const sx_secret *x = sx_secrets_match_joined(&w.removed, texts.data(), texts.size());
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    return x != NULL;
}
