#include "dicom/dcmtk_serialise.h"

#include <cstdlib>
#include <memory>

#include <dcmtk/dcmdata/dcostrmb.h>

#include "dicom/dataset.h"
#include "dicom/dcmtk_error.h"
#include "dicom/inflate.h"

namespace {

typedef std::unique_ptr<uint8_t, void (*)(void *)> Buffer;

bool write(DcmFileFormat &file, E_TransferSyntax xfer, Buffer &buffer, size_t *n, sx_error *err) {
    const size_t room = file.calcElementLength(xfer, EET_ExplicitLength);
    const size_t cap = room + room / 64 + 65536; // the header comes on top
    buffer.reset(static_cast<uint8_t *>(std::malloc(cap)));
    if (!buffer)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a DICOM file of %zu bytes", cap);
    DcmOutputBufferStream out(buffer.get(), static_cast<offile_off_t>(cap));
    file.transferInit();
    OFCondition c = file.write(out, xfer, EET_ExplicitLength, NULL, EGL_recalcGL);
    file.transferEnd();
    for (int i = 0; c.good() && !out.isFlushed() && i < 1024; i++) {
        out.flush();
        c = out.status();
    }
    void *begin = NULL;
    offile_off_t length = 0;
    if (c.good()) out.flushBuffer(begin, length);
    if (c.bad() || begin != buffer.get() || length <= 0)
        return sx_dcmtk_fail(err, SX_ERR_INTERNAL, "the DICOM file cannot be built", c);
    *n = static_cast<size_t>(length);
    return sx_part10_check_meta(buffer.get(), *n, err);
}

} // namespace

bool sx_dcmtk_serialise(DcmFileFormat &file, E_TransferSyntax xfer, uint8_t **bytes, size_t *n,
                        sx_error *err) {
    Buffer buffer(NULL, std::free);
    if (xfer == EXS_DeflatedLittleEndianExplicit) {
        size_t plain = 0;
        return write(file, EXS_LittleEndianExplicit, buffer, &plain, err) &&
               sx_deflate_file(buffer.get(), plain, bytes, n, err);
    }
    if (!write(file, xfer, buffer, n, err)) return false;
    *bytes = buffer.release();
    return true;
}
