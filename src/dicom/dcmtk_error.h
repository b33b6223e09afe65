// Converts DCMTK's conditions to errors. For the bridges (C++).
#ifndef SX_DICOM_DCMTK_ERROR_H
#define SX_DICOM_DCMTK_ERROR_H

#include <cstring>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcerror.h>

#include "base/fail.h"

// DCMTK sometimes reports an element without memory as an invalid stream (ours are buffers in
// memory and always valid), zlib has no words for its own failure, and libjpeg's is a condition of
// the JPEG decoder.
inline bool sx_dcmtk_is_memory(const OFCondition &c) {
    return c == EC_MemoryExhausted || c == EC_InvalidStream ||
           std::strcmp(c.text(), "ZLib Error: ") == 0 ||
           std::strstr(c.text(), "Insufficient memory");
}

// "what: the condition's text" with `code`, or SX_ERR_MEMORY. Always false.
inline bool sx_dcmtk_fail(sx_error *err, sx_error_code code, const char *what,
                          const OFCondition &c) {
    if (sx_dcmtk_is_memory(c)) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", what);
    return sx_fail(err, code, "%s: %s", what, c.text());
}

#endif
