// A file of DCMTK's as bytes in memory. For the bridges (C++).
#ifndef SX_DICOM_DCMTK_SERIALISE_H
#define SX_DICOM_DCMTK_SERIALISE_H

#include <cstddef>
#include <cstdint>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "base/fail.h"

// The whole file to *bytes, by malloc: only in memory can a write that fails be told for certain.
// SX_ERR_MEMORY, SX_ERR_INTERNAL. May throw std::bad_alloc.
bool sx_dcmtk_serialise(DcmFileFormat &file, E_TransferSyntax xfer, uint8_t **bytes, size_t *n,
                        sx_error *err) SX_MUST_USE;

#endif
