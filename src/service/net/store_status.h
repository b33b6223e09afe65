/* What became of an object that was sent, and what a status says of it: the same for C-STORE (PS3.4
 * B.2.3) and STOW-RS (PS3.18 table I.2-2). */
#ifndef SX_SERVICE_NET_STORE_STATUS_H
#define SX_SERVICE_NET_STORE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sx_sent {
    SX_SENT_NOT,        /* not tried, because an earlier failure ended the association: try again */
    SX_SENT_STORED,     /* stored, perhaps with a warning */
    SX_SENT_TRANSIENT,  /* a failure that may pass: no connection, a time-out, a full disk there */
    SX_SENT_NO_CONTEXT, /* the other end does not accept objects of this class */
    SX_SENT_PERMANENT   /* a failure that stays: it refuses us, or the object */
} sx_sent;

/* An object to send, and what became of it. */
typedef struct sx_send_item {
    const uint8_t *bytes; /* a DICOM file in Explicit VR Little Endian */
    size_t n;
    const char *sop_class, *sop_uid;
    sx_sent sent;     /* out */
    int status;       /* out: of the C-STORE response, or the reason in a STOW-RS answer; else 0 */
    char reason[200]; /* out: "" if stored without a warning */
} sx_send_item;

/* An instance that exists there already (0111) counts as stored: our UIDs name contents, so it is
 * this one, which arrived although its response was lost. A failure without a known cause (0110)
 * may pass. */
sx_sent sx_judge_store_status(int status);

#ifdef __cplusplus
}
#endif
#endif
