/* Result objects and what became of them at each destination, in the database. */
#ifndef SX_SERVICE_STORE_OUTPUTS_H
#define SX_SERVICE_STORE_OUTPUTS_H

#include "service/store/db.h"
#include "service/store/films.h"

/* A result object; the bytes that were made once are the ones that are sent. */
typedef struct sx_store_output {
    char sop_uid[SX_STORE_UID], sop_class[SX_STORE_UID];
    char study_uid[SX_STORE_UID], series_uid[SX_STORE_UID];
    char film_uid[SX_STORE_UID]; /* that it shows; "" for reports. It is not read back */
    char kind[12];               /* "sr3d", "sr", "gsps", "capture" */
    char weights[65], sha256[65];
    char configuration[65]; /* SHA-256 of the settings that the result depends on; "": unknown */
    int64_t revision, made;
    bool demonstration; /* the weights are marked as such */
    void *bytes;        /* owned */
    size_t n;
} sx_store_output;

/* Adds an object. One that exists is left as it is: the same UID names the same bytes. Errors:
 * SX_ERR_MISMATCH (the UID exists with other bytes), and those of sx_db_run. */
bool sx_store_add_output(sx_db *db, const sx_store_output *output, sx_error *err) SX_MUST_USE;

typedef struct sx_store_outputs {
    sx_store_output *items;
    size_t count;
} sx_store_outputs;

/* The objects of a study's revision, with their bytes, in the order of their kinds and UIDs. */
bool sx_store_list_outputs(sx_db *db, const char *study_uid, int64_t revision,
                           sx_store_outputs *out, sx_error *err) SX_MUST_USE;
/* The same without the bytes: .bytes is NULL, .n is 0. */
bool sx_store_list_output_names(sx_db *db, const char *study_uid, int64_t revision,
                                sx_store_outputs *out, sx_error *err) SX_MUST_USE;
void sx_store_outputs_free(sx_store_outputs *outputs); /* {0} is allowed */

/* What became of an object at a destination. */
typedef enum sx_delivery {
    SX_DELIVERY_NONE, /* nothing was tried */
    SX_DELIVERY_WAITING,
    SX_DELIVERY_SENT,      /* the destination said that it stored it */
    SX_DELIVERY_COMMITTED, /* and that it keeps it */
    SX_DELIVERY_FAILED     /* it will never take it */
} sx_delivery;

typedef struct sx_store_delivery {
    sx_delivery state;
    int64_t at;    /* of the state */
    int64_t sends; /* how often the destination said that it stored the object */
} sx_store_delivery;

bool sx_store_find_delivery(sx_db *db, const char *sop_uid, const char *destination,
                            sx_store_delivery *out, sx_error *err) SX_MUST_USE;
bool sx_store_get_delivery(sx_db *db, const char *sop_uid, const char *destination,
                           sx_delivery *state, sx_error *err) SX_MUST_USE;
bool sx_store_set_delivery(sx_db *db, const char *sop_uid, const char *destination,
                           sx_delivery state, int64_t now, sx_error *err) SX_MUST_USE;

#endif
