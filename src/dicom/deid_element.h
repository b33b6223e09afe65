/* The values of an element of DCMTK's as text; only for the parts of deid_clean.cc. */
#ifndef SX_DICOM_DEID_ELEMENT_H
#define SX_DICOM_DEID_ELEMENT_H

#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

/* Without padding and other characters around it. */
std::string deid_trimmed(const std::string &text);
/* All of a text element's bytes, with a blank for each zero byte, which may hide text after it.
 * Empty if it is of another kind. Throws std::bad_alloc. */
std::string deid_text_of(DcmElement &e);
/* The same of an element of bytes (OB, UN) or of a stream of numbers (OW, OL, OF, OD, OV). */
std::string deid_bytes_of(DcmElement &e);
/* Splits at backslashes; the parts are trimmed. */
std::vector<std::string> deid_split(const std::string &text);
/* The values of a text element. */
std::vector<std::string> deid_values(DcmElement &e);

#endif
