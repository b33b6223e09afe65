/* A file as de-identification gives it to DCMTK. */
#ifndef SX_DICOM_DEID_SOURCE_H
#define SX_DICOM_DEID_SOURCE_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include "base/fail.h"

/* The transfer syntax under which DCMTK reads and writes films of those that it does not know. Only
 * the meta header differs. */
const E_TransferSyntax deid_stand_in = EXS_JPEG2000LosslessOnly;

/* Unpacked, in the form of the standard, without what follows the pixels, complete, and in a
 * transfer syntax of DCMTK's. */
struct DeidSource {
    const void *bytes;
    size_t n;
    bool deflated = false;
    /* the transfer syntax where DCMTK reads the stand-in; otherwise NULL */
    const char *recent = NULL;
    uint8_t *plain = NULL;

    DeidSource(const void *file, size_t size) : bytes(file), n(size) {}
    ~DeidSource() {
        std::free(plain);
    }
    DeidSource(const DeidSource &) = delete;
    DeidSource &operator=(const DeidSource &) = delete;

    /* The stream reads the source's memory. */
    bool open(DcmInputBufferStream &in, sx_error *err);

  private:
    const void *convert(bool (*to)(const uint8_t *, size_t, uint8_t **, size_t *, sx_error *),
                        const void *data, size_t *length, sx_error *err);
    const void *rename(const void *data, size_t *length, sx_error *err);
    const void *delimit(const void *data, size_t *length, sx_error *err);
    void own(uint8_t *data);
};

/* Reads the attributes before the pixels. */
bool deid_read_header(const void *bytes, size_t n, DcmFileFormat &file, sx_error *err);

#endif
