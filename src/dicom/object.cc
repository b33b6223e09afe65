// The bridge to DCMTK for objects that are built element by element.
#include "dicom/object.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <new>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcvrobow.h>

#include "base/str.h"
#include "dicom/dcmtk_dictionary.h"
#include "dicom/dcmtk_error.h"
#include "dicom/dcmtk_log.h"
#include "dicom/dcmtk_serialise.h"
#include "dicom/deid_source.h"
#include "dicom/excerpt.h"

struct sx_object_item {
    sx_object *object;
    DcmItem *item; // NULL: an item that could not be made; puts into it do nothing
};

struct sx_object {
    DcmFileFormat file;
    std::deque<sx_object_item> items; // a deque, so that pointers to items stay valid
    OFCondition state;                // the first failure
    uint32_t tag = 0;                 // of the element that failed
    bool no_memory = false;
};

namespace {

DcmTagKey key(uint32_t tag) {
    return DcmTagKey(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xFFFF));
}

// Runs a put, and keeps the first failure.
template <typename F> void put(sx_object_item *item, uint32_t tag, F &&work) {
    sx_object *o = item->object;
    if (!item->item || o->no_memory || o->state.bad()) return;
    try {
        o->state = work(*item->item);
        if (o->state.bad()) o->tag = tag;
    } catch (...) { // DCMTK throws nothing but std::bad_alloc
        o->no_memory = true;
    }
}

template <typename F> bool guarded(sx_error *err, F &&work) {
    try {
        return work();
    } catch (const std::bad_alloc &) {
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a DICOM object");
    } catch (...) {
        return sx_fail(err, SX_ERR_INTERNAL, "the DICOM writer failed");
    }
}

OFCondition copy(DcmItem &to, DcmItem &from, uint32_t tag) {
    DcmElement *element = NULL;
    const OFCondition found = from.findAndGetElement(key(tag), element);
    if (sx_dcmtk_is_memory(found)) return found;
    if (found.bad() || !element) return EC_Normal;
    std::unique_ptr<DcmObject> twin(element->clone());
    const OFCondition c = to.insert(static_cast<DcmElement *>(twin.get()), OFTrue);
    if (c.good()) (void)twin.release();
    return c;
}

} // namespace

extern "C" sx_object *sx_object_new(sx_error *err) {
    sx_object *o = NULL;
    if (!sx_dcmtk_dictionary(err)) return NULL;
    guarded(err, [&] {
        sx_dcmtk_silence();
        std::unique_ptr<sx_object> made(new sx_object);
        made->items.push_back({ made.get(), made->file.getDataset() });
        o = made.release();
        return true;
    });
    return o;
}

extern "C" void sx_object_free(sx_object *o) {
    delete o;
}

extern "C" sx_object_item *sx_object_root(sx_object *o) {
    return &o->items.front();
}

extern "C" void sx_object_text(sx_object_item *item, uint32_t tag, const char *value) {
    put(item, tag, [=](DcmItem &d) {
        return *value ? d.putAndInsertString(key(tag), value) : d.insertEmptyElement(key(tag));
    });
}

extern "C" void sx_object_int(sx_object_item *item, uint32_t tag, long value) {
    char text[24];
    std::snprintf(text, sizeof text, "%ld", value);
    put(item, tag, [&](DcmItem &d) { return d.putAndInsertString(key(tag), text); });
}

extern "C" void sx_object_decimal(sx_object_item *item, uint32_t tag, double value) {
    char text[32];
    sx_format(text, sizeof text, "%.9g", value);
    put(item, tag, [&](DcmItem &d) { return d.putAndInsertString(key(tag), text); });
}

extern "C" void sx_object_words(sx_object_item *item, uint32_t tag, const uint16_t *values,
                                size_t count) {
    put(item, tag, [=](DcmItem &d) {
        const DcmVR vr = DcmTag(key(tag)).getVR();
        const DcmTag as(key(tag), vr.getEVR() == EVR_SS ? vr : DcmVR(EVR_US));
        return d.putAndInsertUint16Array(as, values, static_cast<unsigned long>(count));
    });
}

extern "C" void sx_object_shorts(sx_object_item *item, uint32_t tag, const uint16_t *values,
                                 size_t count) {
    put(item, tag, [=](DcmItem &d) {
        const std::vector<Sint16> bits(values, values + count);
        std::unique_ptr<DcmSignedShort> e(new DcmSignedShort(DcmTag(key(tag), EVR_SS)));
        OFCondition c = e->putSint16Array(bits.data(), static_cast<unsigned long>(count));
        if (c.good()) c = d.insert(e.get(), OFTrue);
        if (c.good()) (void)e.release();
        return c;
    });
}

extern "C" void sx_object_other_words(sx_object_item *item, uint32_t tag, const uint16_t *values,
                                      size_t count) {
    put(item, tag, [=](DcmItem &d) {
        std::unique_ptr<DcmOtherByteOtherWord> e(
            new DcmOtherByteOtherWord(DcmTag(key(tag), EVR_OW)));
        OFCondition c = e->putUint16Array(values, static_cast<unsigned long>(count));
        if (c.good()) c = d.insert(e.get(), OFTrue);
        if (c.good()) (void)e.release();
        return c;
    });
}

extern "C" void sx_object_slongs(sx_object_item *item, uint32_t tag, const int32_t *values,
                                 size_t count) {
    put(item, tag, [=](DcmItem &d) {
        std::unique_ptr<DcmSignedLong> e(new DcmSignedLong(DcmTag(key(tag), EVR_SL)));
        OFCondition c = e->putSint32Array(values, static_cast<unsigned long>(count));
        if (c.good()) c = d.insert(e.get(), OFTrue);
        if (c.good()) (void)e.release();
        return c;
    });
}

extern "C" void sx_object_floats(sx_object_item *item, uint32_t tag, const float *values,
                                 size_t count) {
    put(item, tag, [=](DcmItem &d) {
        std::unique_ptr<DcmFloatingPointSingle> e(
            new DcmFloatingPointSingle(DcmTag(key(tag), EVR_FL)));
        OFCondition c = e->putFloat32Array(values, static_cast<unsigned long>(count));
        if (c.good()) c = d.insert(e.get(), OFTrue);
        if (c.good()) (void)e.release();
        return c;
    });
}

extern "C" void sx_object_bytes(sx_object_item *item, uint32_t tag, const uint8_t *bytes,
                                size_t n) {
    put(item, tag, [=](DcmItem &d) {
        std::unique_ptr<DcmOtherByteOtherWord> e(
            key(tag) == DCM_PixelData ? new DcmPixelData(DcmTag(DCM_PixelData, EVR_OB))
                                      : new DcmOtherByteOtherWord(DcmTag(key(tag), EVR_OB)));
        OFCondition c = e->putUint8Array(bytes, static_cast<unsigned long>(n));
        if (c.good()) c = d.insert(e.get(), OFTrue);
        if (c.good()) (void)e.release();
        return c;
    });
}

extern "C" void sx_object_empty_sequence(sx_object_item *item, uint32_t tag) {
    put(item, tag, [=](DcmItem &d) {
        std::unique_ptr<DcmSequenceOfItems> e(new DcmSequenceOfItems(DcmTag(key(tag), EVR_SQ)));
        const OFCondition c = d.insert(e.get(), OFTrue);
        if (c.good()) (void)e.release();
        return c;
    });
}

extern "C" sx_object_item *sx_object_add(sx_object_item *item, uint32_t tag) {
    sx_object *o = item->object;
    DcmItem *made = NULL;
    put(item, tag, [&](DcmItem &d) { return d.findOrCreateSequenceItem(key(tag), made, -2); });
    try {
        o->items.push_back({ o, o->no_memory || o->state.bad() ? NULL : made });
        return &o->items.back();
    } catch (...) {
        o->no_memory = true;
        return item; // its puts do nothing any more
    }
}

extern "C" bool sx_object_copy(sx_object_item *item, const void *bytes, size_t n,
                               const uint32_t *tags, size_t count, sx_error *err) {
    return guarded(err, [&] {
        // DCMTK sees only these elements: the rest of a film may be damaged
        DcmFileFormat film;
        size_t size = 0;
        uint8_t *part = NULL;
        if (!sx_dicom_excerpt(static_cast<const uint8_t *>(bytes), n, tags, count, &part, &size,
                              err))
            return false;
        const std::unique_ptr<uint8_t, decltype(&std::free)> owner(part, std::free);
        if (!deid_read_header(part, size, film, err)) return false;
        for (size_t i = 0; i < count; i++)
            put(item, tags[i], [&](DcmItem &d) { return copy(d, *film.getDataset(), tags[i]); });
        return true;
    });
}

extern "C" bool sx_object_encode(sx_object *o, uint8_t **bytes, size_t *n, sx_error *err) {
    if (o->no_memory) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a DICOM object");
    if (o->state.bad()) {
        char what[64];
        std::snprintf(what, sizeof what, "the element (%04x,%04x) cannot be written",
                      static_cast<unsigned>(o->tag >> 16), static_cast<unsigned>(o->tag & 0xFFFF));
        return sx_dcmtk_fail(err, SX_ERR_INTERNAL, what, o->state);
    }
    return guarded(
        err, [&] { return sx_dcmtk_serialise(o->file, EXS_LittleEndianExplicit, bytes, n, err); });
}
