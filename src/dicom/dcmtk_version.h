/* The version of DCMTK, whose headers only C++ reads. */
#ifndef SX_DICOM_DCMTK_VERSION_H
#define SX_DICOM_DCMTK_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

const char *sx_dcmtk_version(void);

#ifdef __cplusplus
}
#endif
#endif
