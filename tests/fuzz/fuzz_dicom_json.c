/* The answer of a DICOMweb server to STOW-RS and QIDO-RS, any bytes. */
#include <stdlib.h>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "service/net/dicom_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int status = -1;
    json_t *answer = sx_json_parse((const char *)data, size, false, NULL, NULL);
    const sx_stow_fate fate = sx_stow_fate_of(answer, "1.2", &status);
    if (status < 0 || status > 65535 || (fate == SX_STOW_UNNAMED && status)) abort();
    if (fate != SX_STOW_UNNAMED && !sx_stow_names_any(answer)) abort();
    if (!json_is_array(answer) && sx_qido_has(answer, "1.2")) abort();
    json_decref(answer);
    return 0;
}
