/* DCMTK's data dictionary, loaded before its first use. */
#ifndef SX_DICOM_DCMTK_DICTIONARY_H
#define SX_DICOM_DCMTK_DICTIONARY_H

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Loads the dictionary once per process; call it before anything that makes an element. When memory
 * runs out in the middle, DCMTK keeps the dictionary locked, and the next call would wait for ever;
 * this one unlocks it. Loading starts only with memory to spare. After SX_ERR_MEMORY the next call
 * tries again. True also if there is no dictionary file. From any thread. */
bool sx_dcmtk_dictionary(sx_error *err);

#ifdef __cplusplus
}
#endif
#endif
