#include "dicom/deid_element.h"

#include <algorithm>
#include <new>

#include "dicom/dcmtk_error.h"

std::string deid_trimmed(const std::string &s) {
    size_t from = 0, to = s.size();
    while (from < to && static_cast<unsigned char>(s[from]) <= ' ')
        from++;
    while (to > from && static_cast<unsigned char>(s[to - 1]) <= ' ')
        to--;
    return s.substr(from, to - from);
}

std::string deid_text_of(DcmElement &e) {
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

std::string deid_bytes_of(DcmElement &e) {
    Uint8 *bytes = NULL;
    Uint16 *words = NULL;
    Uint32 *longs = NULL;
    Uint64 *very_longs = NULL;
    Float32 *singles = NULL;
    Float64 *doubles = NULL;
    const char *text = NULL;
    if (e.getUint8Array(bytes).good())
        text = reinterpret_cast<const char *>(bytes);
    else if (e.getUint16Array(words).good())
        text = reinterpret_cast<const char *>(words);
    else if (e.getUint32Array(longs).good())
        text = reinterpret_cast<const char *>(longs);
    else if (e.getUint64Array(very_longs).good())
        text = reinterpret_cast<const char *>(very_longs);
    else if (e.getFloat32Array(singles).good())
        text = reinterpret_cast<const char *>(singles);
    else if (e.getFloat64Array(doubles).good())
        text = reinterpret_cast<const char *>(doubles);
    return text ? std::string(text, e.getLength()) : "";
}

std::vector<std::string> deid_split(const std::string &text) {
    std::vector<std::string> values;
    for (size_t at = 0;;) {
        const size_t end = text.find('\\', at);
        values.push_back(deid_trimmed(text.substr(at, end == std::string::npos ? end : end - at)));
        if (end == std::string::npos) return values;
        at = end + 1;
    }
}

std::vector<std::string> deid_values(DcmElement &e) {
    return deid_split(deid_text_of(e));
}
