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

bool deid_is_product(uint32_t tag) {
    return tag == 0x00080070 || tag == 0x00081090;
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

namespace {

std::vector<const char *> pointers(const std::vector<std::string> &values) {
    std::vector<const char *> texts;
    for (const std::string &value : values)
        texts.push_back(value.c_str());
    return texts;
}

bool is_found(const sx_secret *x) {
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    return x != NULL;
}

} // namespace

bool deid_repeats_joined(const DeidWork &w, const std::vector<std::string> &values,
                         sx_secret_place place) {
    if (values.size() < 2 || place == SX_PLACE_TERM) return false;
    if (place == SX_PLACE_TEXT || place == SX_PLACE_PRODUCT)
        return deid_match(w, deid_joined(values).c_str(), place) != NULL;
    const std::vector<const char *> texts = pointers(values);
    return is_found(sx_secrets_match_joined(&w.removed, texts.data(), texts.size())) ||
           deid_has_codes(w, values);
}

bool deid_repeats_spread(const DeidWork &w, const std::vector<std::string> &values) {
    if ((w.compared += w.removed.count) > MOST_COMPARED) throw DeidTooMany();
    const std::vector<const char *> texts = pointers(values);
    return is_found(sx_secrets_match_spread(&w.removed, texts.data(), texts.size())) ||
           deid_has_codes(w, values);
}

bool deid_has_codes(const DeidWork &w, const std::vector<std::string> &values) {
    const std::vector<const char *> texts = pointers(values);
    sx_str codes = {};
    const bool some = sx_deid_text_of_codes(texts.data(), texts.size(), &codes),
               failed = codes.failed;
    const std::string text = sx_str_text(&codes);
    sx_str_free(&codes);
    if (failed) throw std::bad_alloc();
    return some && deid_match(w, text.c_str(), SX_PLACE_TEXT);
}

bool deid_has_bytes(const DeidWork &w, const std::string &bytes) {
    std::string text = bytes;
    for (char &c : text) {
        const unsigned char byte = static_cast<unsigned char>(c);
        if (byte < ' ' || (byte > '~' && byte < 0x80)) c = ' ';
    }
    return deid_match(w, text.c_str(), SX_PLACE_TEXT) ||
           is_found(sx_secrets_match_raw(&w.removed, bytes.data(), bytes.size()));
}
