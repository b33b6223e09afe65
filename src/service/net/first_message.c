#include "service/net/first_message.h"

enum { DICOM_HEAD = 6, TLS_HEAD = 5, ASSOCIATE_RQ = 1, HANDSHAKE = 22 };

/* An association request with 128 presentation contexts needs far less. */
enum { MOST_DICOM = 1 << 20 };

static sx_first_message judge_length(size_t have, size_t need) {
    return have >= need || have >= SX_FIRST_MESSAGE ? SX_FIRST_WHOLE : SX_FIRST_SHORT;
}

sx_first_message sx_first_dicom(const uint8_t *b, size_t n) {
    if (n >= 1 && b[0] != ASSOCIATE_RQ) return SX_FIRST_FOREIGN;
    if (n < DICOM_HEAD) return SX_FIRST_SHORT;
    const uint32_t length =
        (uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5];
    if (length > MOST_DICOM) return SX_FIRST_FOREIGN;
    return judge_length(n, DICOM_HEAD + (size_t)length);
}

sx_first_message sx_first_tls(const uint8_t *b, size_t n) {
    if (n >= 1 && b[0] != HANDSHAKE) return SX_FIRST_FOREIGN;
    if (n < TLS_HEAD) return SX_FIRST_SHORT;
    return judge_length(n, TLS_HEAD + ((size_t)b[3] << 8 | b[4]));
}
