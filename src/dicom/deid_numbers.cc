#include "dicom/deid_numbers.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <new>

#include "base/str.h"
#include "dicom/deid_compare.h"
#include "dicom/deid_tables.h"
#include "dicom/deid_values.h"

namespace {

// Without its table the film would look different, so it is rejected.
makeOFConditionConst(text_in_table, OFM_dcmdata, 0x5E1, OF_error, "LUT Data hold text");
makeOFConditionConst(table_lost, OFM_dcmdata, 0x5E2, OF_error,
                     "a LUT Descriptor or LUT Data are not valid");

} // namespace

bool deid_is_structural(const DcmTagKey &t, const char *vr) {
    static const DcmTagKey tags[] = {
        DCM_SamplesPerPixel, DCM_PlanarConfiguration, DCM_Rows,
        DCM_Columns,         DCM_BitsAllocated,       DCM_BitsStored,
        DCM_HighBit,         DCM_PixelRepresentation, DCM_LUTDescriptor
    };
    return deid_is_vr(vr, "USSS") &&
           std::find(std::begin(tags), std::end(tags), t) != std::end(tags);
}

std::string deid_number_text(DcmElement &e, unsigned long index) {
    OFString text;
    char shorter[32]; // 5432.1, which DCMTK writes as 5432.1000000000004
    double v = 0;
    Float32 f = 0;
    if (deid_is_vr(deid_vr(e), "FL") && e.getFloat32(f, index).good())
        sx_format(shorter, sizeof shorter, "%.7g", static_cast<double>(f));
    else if (deid_is_vr(deid_vr(e), "FD") && e.getFloat64(v, index).good())
        sx_format(shorter, sizeof shorter, "%.15g", v);
    else
        return e.getOFString(text, index).good() ? text.c_str() : "";
    return shorter;
}

namespace {

// What these numbers count is small, except rows and columns. The first two values of a descriptor
// may be any.
bool has_structural_values(DcmElement &e) {
    const DcmTagKey t = e.getTag();
    OFString text;
    if (t == DCM_Rows || t == DCM_Columns) return true;
    const unsigned long last = t == DCM_LUTDescriptor ? 2 : 0;
    return e.getVM() == last + 1 && e.getOFString(text, last).good() &&
           std::strtol(text.c_str(), NULL, 10) >= 0 && std::strtol(text.c_str(), NULL, 10) <= 64;
}

bool is_printable(int c) {
    return c >= ' ' && c <= '~';
}

// Whether the bytes of 16-bit words, in either order, are text that repeats what was collected, or
// any text of six characters and more.
bool is_text_in_words(const DeidWork &w, DcmElement &e) {
    Uint16 *words = NULL;
    Sint16 *integers = NULL;
    if (e.getUint16Array(words).bad() && e.getSint16Array(integers).good())
        words = reinterpret_cast<Uint16 *>(integers);
    const Uint32 count = words ? e.getLength() / 2 : 0;
    if (count >= 3 && std::all_of(words, words + count, [](Uint16 word) {
            return is_printable(word >> 8) && is_printable(word & 0xFF);
        }))
        return true;
    for (int order = 0; words && order < 2; order++) {
        std::string bytes;
        for (Uint32 i = 0; i < count; i++)
            for (int half = 0; half < 2; half++)
                bytes += static_cast<char>(words[i] >> (half == order ? 0 : 8) & 0xFF);
        if (deid_has_bytes(w, bytes)) return true;
    }
    return false;
}

bool is_number_kept(const DeidWork &w, DcmElement &e, unsigned long index) {
    OFString text;
    if (e.getOFString(text, index).bad()) return false;
    const std::string shorter = deid_number_text(e, index);
    return sx_deid_number(sx_strtod(text.c_str(), NULL)) &&
           !deid_match(w, text.c_str(), SX_PLACE_NUMBER) &&
           (shorter == text.c_str() || !deid_match(w, shorter.c_str(), SX_PLACE_NUMBER));
}

// Whether the bytes of numbers of 32 and 64 bits are text that repeats what was collected.
bool is_text_in_numbers(const DeidWork &w, DcmElement &e) {
    Float32 *singles = NULL;
    Float64 *doubles = NULL;
    Uint32 *longs = NULL;
    Sint32 *integers = NULL;
    const char *bytes = NULL;
    if (e.getFloat32Array(singles).good())
        bytes = reinterpret_cast<const char *>(singles);
    else if (e.getFloat64Array(doubles).good())
        bytes = reinterpret_cast<const char *>(doubles);
    else if (e.getUint32Array(longs).good())
        bytes = reinterpret_cast<const char *>(longs);
    else if (e.getSint32Array(integers).good())
        bytes = reinterpret_cast<const char *>(integers);
    return bytes && deid_has_bytes(w, std::string(bytes, e.getLength()));
}

bool is_secret_in(const DeidWork &w, const std::string &bytes, sx_find_place place) {
    const sx_secret *x = sx_finder_search(w.finder, reinterpret_cast<const uint8_t *>(bytes.data()),
                                          bytes.size(), place, NULL, 0);
    if (x == &sx_secret_no_memory) throw std::bad_alloc();
    return x != NULL;
}

// Whether the bytes of a table spell a removed value: in a row, in either order of the bytes of an
// entry, or with one to three others between them. Names of four letters count here: in the file a
// letter may follow them, as part of the next element's tag.
bool has_secret(const DeidWork &w, const std::vector<Uint16> &table) {
    enum { STEPS = 4 };
    for (int order = 0; order < 2; order++) {
        std::string bytes;
        for (const Uint16 entry : table)
            for (int half = 0; half < 2; half++)
                bytes += static_cast<char>(entry >> (half == order ? 0 : 8) & 0xFF);
        if (is_secret_in(w, bytes, SX_FIND_HEADER)) return true;
        // The other order gives the same bytes where only one byte of each entry is taken.
        for (size_t step = 1; step <= (order ? 1 : STEPS); step++)
            for (size_t first = 0; first < step; first++) {
                std::string some;
                for (size_t i = first; i < bytes.size(); i += step)
                    some += bytes[i];
                if (is_secret_in(w, some, SX_FIND_TABLE)) return true;
            }
    }
    return false;
}

// The descriptor's number of entries; its VR is SS if the values that it maps are signed.
bool read_entries(DcmItem &item, Uint32 *entries) {
    Uint16 word = 0;
    Sint16 integer = 0;
    if (item.findAndGetUint16(DCM_LUTDescriptor, word, 0).bad()) {
        if (item.findAndGetSint16(DCM_LUTDescriptor, integer, 0).bad()) return false;
        word = static_cast<Uint16>(integer);
    }
    *entries = word ? word : 65536;
    return true;
}

} // namespace

bool deid_numbers_are_kept(const DeidWork &w, DcmElement &e) {
    const DcmTagKey t = e.getTag();
    const unsigned long count = e.getVM();
    const size_t width = DcmVR(e.getVR()).getValueWidth();
    if (!width || e.getLength() != count * width) return false; // trailing text: not a number
    if (count > 8 || !sx_deid_vm_is_due(deid_tag(t), count)) return false;
    if (is_text_in_words(w, e)) return false;
    if (deid_is_structural(t, deid_vr(e))) return has_structural_values(e);
    std::vector<std::string> values;
    for (unsigned long i = 0; i < count; i++) {
        OFString text;
        if (!is_number_kept(w, e, i) || e.getOFString(text, i).bad()) return false;
        values.push_back(text.c_str());
    }
    return !deid_repeats_joined(w, values, SX_PLACE_NUMBER) && !is_text_in_numbers(w, e);
}

bool deid_has_table(DcmItem &item) {
    return item.tagExistsWithValue(DCM_LUTDescriptor) && item.tagExistsWithValue(DCM_LUTData);
}

OFCondition deid_table_lost() {
    return table_lost;
}

bool deid_trim_table(const DeidWork &w, DcmItem &item, DcmElement &e, OFCondition &c) {
    Uint16 *table = NULL;
    Uint32 count = 0;
    const Uint32 words = e.getLength() / 2;
    if (!read_entries(item, &count)) return false;
    if (e.getUint16Array(table).bad() || !table) return false;
    const std::vector<Uint16> copy(table, table + std::min(count, words));
    if (c.good() && (sx_deid_table_is_text(copy.data(), copy.size()) || has_secret(w, copy)))
        c = text_in_table;
    if (c.good() && words > count) c = e.putUint16Array(copy.data(), count);
    return c.good();
}
