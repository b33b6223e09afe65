/* The key of a job "send" or "confirm": a study and a revision of its result. */
#ifndef SX_SERVICE_NODE_DELIVERY_KEY_H
#define SX_SERVICE_NODE_DELIVERY_KEY_H

#include "base/fail.h"
#include "service/store/films.h"
#include "service/store/jobs.h"

void sx_deliver_key(const char *study_uid, int64_t revision, char key[SX_JOB_KEY]);
/* SX_ERR_INTERNAL: it is none. */
bool sx_deliver_read_key(const char *key, char study_uid[SX_STORE_UID], int64_t *revision,
                         sx_error *err) SX_MUST_USE;

#endif
