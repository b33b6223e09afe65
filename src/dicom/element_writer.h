/* Writes what comes before values: file meta information and headers of elements (PS3.5 7.1). */
#ifndef SX_DICOM_ELEMENT_WRITER_H
#define SX_DICOM_ELEMENT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* A preamble, DICM and the Transfer Syntax UID, which is all that our reader and DCMTK need. */
void sx_put_file_meta(sx_str *out, const char *syntax);

/* vr: two letters; ignored in implicit VR. Returns false, and writes no header, if n needs 32 bits
 * and the VR has 16. */
bool sx_put_element_header(sx_str *out, bool explicit_vr, bool big_endian, uint32_t tag,
                           const char *vr, uint32_t n);

#endif
