/* What a DICOM server is told: its limits, and the functions that take what arrives. */
#ifndef SX_SERVICE_NET_DICOM_OPTIONS_H
#define SX_SERVICE_NET_DICOM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/net/gate.h"

enum { SX_AE_TITLE = 17 };

/* Who is at the other end. */
typedef struct sx_dicom_peer {
    char calling[SX_AE_TITLE], called[SX_AE_TITLE], address[SX_ADDRESS];
} sx_dicom_peer;

/* A data set that was received. */
typedef struct sx_dicom_incoming {
    /* A whole DICOM file in the folder of the options, not yet on disk (fsync). The server removes
     * it after the call if it is still there. */
    const char *path;
    const char *sop_class, *sop_uid; /* as the command says */
    const char *transfer_syntax;
    const sx_dicom_peer *peer;
} sx_dicom_incoming;

/* Statuses of C-STORE (PS3.4 B.2.3). */
enum {
    SX_STORE_SUCCESS = 0x0000,
    SX_STORE_DUPLICATE = 0x0111, /* the UID exists with other contents */
    SX_STORE_NO_CLASS = 0x0122,  /* its presentation context is of another class */
    SX_STORE_NOT_ALLOWED = 0x0124,
    SX_STORE_OUT_OF_RESOURCES = 0xA700, /* try later */
    SX_STORE_MISMATCH = 0xA900,         /* not what the command said */
    SX_STORE_NOT_UNDERSTOOD = 0xC000
};

/* One instance of a report of storage commitment (PS3.4 J.3.3). */
typedef struct sx_dicom_committed {
    const char *sop_class, *sop_uid;
    bool committed;
    int reason; /* of a failure: (0008,1197) */
} sx_dicom_committed;

/* The result of a transaction of storage commitment. True: understood. */
typedef bool sx_committed_fn(void *user, const char *transaction, const sx_dicom_committed *items,
                             size_t count);

typedef struct sx_dicom_tls {
    const char *certificate, *key; /* PEM */
    const char *trusted; /* PEM: certificates that clients must be signed by; NULL: none needed */
} sx_dicom_tls;

typedef struct sx_dicom_server_options {
    sx_gate_options gate;       /* its `arrived` and `user` are not used */
    const char *ae_title;       /* ours: other called titles are refused */
    const char *const *calling; /* [calling_count] titles that may call; count 0: any */
    size_t calling_count;
    const sx_dicom_tls *tls; /* NULL: none */
    int most_associations;   /* at once; more are refused for the moment; 1..1000 */
    int most_per_address;    /* of them from one address */
    int idle_seconds;        /* an association without a command ends; 1..86400 */
    /* A message that makes no progress ends the association, and so does one of which less than
     * 64 KiB arrive in this time, unless it is whole then. */
    int message_seconds;
    const char *folder; /* for files that are being received; must exist */
    /* Classes and syntaxes that are accepted. Both lists end with NULL. */
    const char *const *classes, *const *syntaxes;
    /* False: no new associations for the moment (the disk is nearly full, the program ends). May be
     * NULL. */
    bool (*ready)(void *user);
    int64_t most_bytes; /* of an instance: a larger one is refused (C000); 0: no limit */
    /* False: the disk is so full that what is being received is stopped (A700). Called now and
     * then while data arrive. May be NULL. */
    bool (*room)(void *user);
    /* An instance that was stopped for one of these reasons; its path is not valid. May be NULL. */
    void (*stopped)(void *user, const sx_dicom_incoming *incoming, int status);
    /* Takes a data set; returns a status. */
    int (*store)(void *user, const sx_dicom_incoming *incoming);
    sx_committed_fn *committed; /* reports of storage commitment; may be NULL */
    void *user;
} sx_dicom_server_options;

#endif
