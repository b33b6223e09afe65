#include "service/node/delivery_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void sx_deliver_key(const char *study_uid, int64_t revision, char key[SX_JOB_KEY]) {
    sx_format(key, SX_JOB_KEY, "%s/%lld", study_uid, (long long)revision);
}

bool sx_deliver_read_key(const char *key, char study_uid[SX_STORE_UID], int64_t *revision,
                         sx_error *err) {
    const char *slash = strrchr(key, '/');
    if (!slash || slash - key >= SX_STORE_UID)
        return sx_fail(err, SX_ERR_INTERNAL, "a job to send has the key \"%s\"", key);
    sx_format(study_uid, SX_STORE_UID, "%.*s", (int)(slash - key), key);
    *revision = strtoll(slash + 1, NULL, 10);
    return true;
}
