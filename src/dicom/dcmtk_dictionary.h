// DCMTK's data dictionary, loaded before its first use. For the bridges (C++).
#ifndef SX_DICOM_DCMTK_DICTIONARY_H
#define SX_DICOM_DCMTK_DICTIONARY_H

#include "base/fail.h"

// Loads the dictionary once per process; call it before anything that makes an element. When memory
// runs out in the middle, DCMTK keeps the dictionary locked, and whoever asks for it next waits for
// ever. So loading starts only with memory to spare, and after a failure the dictionary is never
// asked for again: SX_ERR_MEMORY. True also if there is no dictionary file. From any thread.
bool sx_dcmtk_dictionary(sx_error *err);

#endif
