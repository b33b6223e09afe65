#include "dicom/dcmtk_version.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcuid.h>

extern "C" const char *sx_dcmtk_version(void) {
    return OFFIS_DCMTK_VERSION_STRING;
}
