#include "dicom/deid_source.h"

#include <cstring>

#include "dicom/dataset.h"
#include "dicom/dcmtk_error.h"
#include "dicom/deid.h"
#include "dicom/deid_form.h"
#include "dicom/deid_rewrite.h"
#include "dicom/inflate.h"
#include "dicom/syntax.h"

void DeidSource::own(uint8_t *data) {
    std::free(plain);
    plain = data;
}

// With the stand-in for a transfer syntax that DCMTK does not know.
const void *DeidSource::rename(const void *data, size_t *length, sx_error *err) {
    sx_part10 p;
    const uint8_t *const begin = static_cast<const uint8_t *>(data);
    if (!sx_part10_read(&p, begin, *length, err)) return NULL;
    const sx_syntax *const syntax = sx_syntax_find(p.transfer_syntax);
    if (!syntax || !syntax->recent) return data;
    uint8_t *renamed = NULL;
    recent = syntax->uid;
    if (!sx_part10_rename_syntax(begin, *length, DcmXfer(deid_stand_in).getXferID(), &renamed,
                                 length, err))
        return NULL;
    own(renamed);
    return renamed;
}

// With the delimiter of the fragments, which DCMTK requires.
const void *DeidSource::delimit(const void *data, size_t *length, sx_error *err) {
    static const uint8_t delimiter[] = { 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0 };
    uint8_t *whole = static_cast<uint8_t *>(std::malloc(*length + sizeof delimiter));
    if (!whole) {
        sx_fail(err, SX_ERR_MEMORY, "out of memory for the pixels");
        return NULL;
    }
    std::memcpy(whole, data, *length);
    std::memcpy(whole + *length, delimiter, sizeof delimiter);
    own(whole);
    *length += sizeof delimiter;
    return whole;
}

// To another form, if the data need it.
const void *DeidSource::convert(bool (*to)(const uint8_t *, size_t, uint8_t **, size_t *,
                                           sx_error *),
                                const void *data, size_t *length, sx_error *err) {
    uint8_t *whole = NULL;
    size_t size = 0;
    if (!to(static_cast<const uint8_t *>(data), *length, &whole, &size, err)) return NULL;
    if (!whole) return data;
    own(whole);
    *length = size;
    return whole;
}

bool DeidSource::open(DcmInputBufferStream &in, sx_error *err) {
    size_t length = 0;
    if (!sx_inflate_file(static_cast<const uint8_t *>(bytes), n, &plain, &length, err))
        return false;
    deflated = plain != NULL;
    size_t whole = deflated ? length : n;
    bool delimited = true;
    const void *data = convert(sx_deid_rewrite, deflated ? plain : bytes, &whole, err);
    if (data) data = convert(sx_deid_regular_form, data, &whole, err);
    if (!data || !sx_deid_extent(data, whole, &length, &delimited, err)) return false;
    data = rename(data, &length, err);
    if (data && !delimited) data = delimit(data, &length, err);
    if (!data) return false;
    in.setBuffer(data, static_cast<offile_off_t>(length));
    in.setEos();
    return true;
}

bool deid_read_header(const void *bytes, size_t n, DcmFileFormat &file, sx_error *err) {
    DeidSource source(bytes, n);
    DcmInputBufferStream in;
    if (!source.open(in, err)) return false;
    file.transferInit();
    const OFCondition c =
        file.readUntilTag(in, EXS_Unknown, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
    file.transferEnd();
    return c.good() || sx_dcmtk_fail(err, SX_ERR_FORMAT, "not a complete DICOM file", c);
}
