#include "service/net/store_status.h"

sx_sent sx_judge_store_status(int status) {
    const int success = 0x0000, processing_failure = 0x0110, duplicate = 0x0111,
              class_not_supported = 0x0122;
    if (status == success || status == duplicate || (status & 0xF000) == 0xB000)
        return SX_SENT_STORED;
    if (status == processing_failure || (status & 0xFF00) == 0xA700) return SX_SENT_TRANSIENT;
    return status == class_not_supported ? SX_SENT_NO_CONTEXT : SX_SENT_PERMANENT;
}
