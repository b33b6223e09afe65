/* UIDs (PS3.5 section 9.1). */
#ifndef SX_DICOM_UID_H
#define SX_DICOM_UID_H

#include <stdbool.h>
#include <string.h>

/* Whether a text is a UID that archives accept: 1 to 64 digits and dots, with a digit before and
 * behind each dot. Leading zeros of a component, which the standard forbids, are accepted. */
static inline bool sx_is_uid(const char *uid) {
    const size_t n = strlen(uid);
    return n > 0 && n <= 64 && strspn(uid, "0123456789.") == n && uid[0] != '.' &&
           uid[n - 1] != '.' && !strstr(uid, "..");
}

#endif
