/* The films that were received, the studies they belong to, and what happened, in the database. */
#ifndef SX_SERVICE_STORE_FILMS_H
#define SX_SERVICE_STORE_FILMS_H

#include "service/store/db.h"

enum { SX_STORE_UID = 65, SX_STORE_TEXT = 260, SX_STORE_PATH = 160 };

/* A film that was acknowledged, or another object: a report, a picture in colour. */
typedef struct sx_store_film {
    char sop_uid[SX_STORE_UID], sop_class[SX_STORE_UID], transfer_syntax[SX_STORE_UID];
    char study_uid[SX_STORE_UID], series_uid[SX_STORE_UID];
    char patient_id[SX_STORE_TEXT], issuer[SX_STORE_TEXT];
    /* of the study; the film's row lacks them, so they are "" in films that are read */
    char accession[68], study_date[17];
    char sha256[65];          /* of the transfer syntax and the data set, without the meta header */
    char path[SX_STORE_PATH]; /* below the folder of the service */
    char source[SX_STORE_UID]; /* the AE title, "stow" or "folder" */
    int64_t size, received;
    char state[12];   /* new, scored, unfamiliar, refused, failed, deleted */
    char reason[400]; /* why it was not scored; "" */
    bool other;       /* it is no film: it is kept, and has no part in the result of its study */
    char outcome[12]; /* what the newest version of the result says of it: "" (nothing yet), scored,
                         unscored, refused */
} sx_store_film;

bool sx_store_find_film(sx_db *db, const char *sop_uid, sx_store_film *out, bool *found,
                        sx_error *err) SX_MUST_USE;
/* Errors: SX_ERR_MISMATCH (the UID exists), and those of sx_db_run. */
bool sx_store_add_film(sx_db *db, const sx_store_film *film, sx_error *err) SX_MUST_USE;
bool sx_store_set_film_state(sx_db *db, const char *sop_uid, const char *state, const char *reason,
                             sx_error *err) SX_MUST_USE;
/* Why the file of a film cannot be read. */
typedef enum sx_film_fault {
    SX_FILM_FAULT_PASSES,  /* perhaps: a disk that is not mounted, a server that does not answer */
    SX_FILM_FAULT_MISSING, /* of this film: it is missing, and the folder of films is there */
    SX_FILM_FAULT_UNREADABLE /* of this film: it is there, and put off SX_JOB_PUT_OFFS times */
} sx_film_fault;
/* `folder`: of the service. `put_off`: of the job that needs the film. Errors: SX_ERR_MEMORY. */
bool sx_store_film_fault(const char *folder, const sx_store_film *film, int64_t put_off,
                         sx_film_fault *out, sx_error *err) SX_MUST_USE;
/* What is told of such a film; "" if it may pass. */
const char *sx_store_film_fault_text(sx_film_fault fault);

typedef struct sx_store_films {
    sx_store_film *items;
    size_t count;
} sx_store_films;
/* The films of a study without other objects, by series and UID, also those whose files were
 * deleted. Free with free(out->items). */
bool sx_store_list_films(sx_db *db, const char *study_uid, sx_store_films *out,
                         sx_error *err) SX_MUST_USE;
/* The file was deleted because its retention time was over. */
bool sx_store_film_is_deleted(const sx_store_film *film);
/* Notes what a version of the result says of the film. */
bool sx_store_set_film_outcome(sx_db *db, const char *sop_uid, const char *outcome,
                               sx_error *err) SX_MUST_USE;

/* What lists of films show of a prediction. */
typedef struct sx_store_score {
    double probability; /* NaN: none */
    double distance;    /* of familiarity; NaN: not measured */
    int abnormal;       /* 1, 0; -1: there is no verdict */
    int findings;
} sx_store_score;

/* What a worker said of a film (report.json) with these networks and this configuration; it
 * replaces an earlier one. It is then the newest of the film, whatever the clock said before. */
bool sx_store_put_prediction(sx_db *db, const char *sop_uid, const char *weights,
                             const char *configuration, const char *body,
                             const sx_store_score *score, int64_t now, sx_error *err) SX_MUST_USE;
/* *body on the heap; NULL: there is none, or a later one with others, which pages show. */
bool sx_store_get_prediction(sx_db *db, const char *sop_uid, const char *weights,
                             const char *configuration, char **body, sx_error *err) SX_MUST_USE;

/* Whether an instance has the UID of one of our results; *same: also its class and its study. An
 * archive may have changed everything else. */
bool sx_store_is_output(sx_db *db, const sx_store_film *instance, bool *is, bool *same,
                        sx_error *err) SX_MUST_USE;

/* Opens the study of a film until `quiet_until`, or keeps it open; a study whose result was built
 * is open again. It is of the patient of its first film, or, while it has none, of the first other
 * object. If the films of a study name two patients, it is dead: *mixed. Call it in the transaction
 * that adds the film. */
bool sx_store_touch_study(sx_db *db, const sx_store_film *film, int64_t quiet_until, bool *mixed,
                          sx_error *err) SX_MUST_USE;
/* The same without a new film. */
bool sx_store_reopen_study(sx_db *db, const char *study_uid, int64_t quiet_until,
                           sx_error *err) SX_MUST_USE;

typedef struct sx_store_study {
    char state[8]; /* open, built, dead */
    char reason[120];
    int64_t quiet_until, revision;
    int64_t completed; /* quiet_until of the last revision */
    bool forced;       /* a new revision is wanted, also of the same result */
} sx_store_study;
bool sx_store_find_study(sx_db *db, const char *study_uid, sx_store_study *out, bool *found,
                         sx_error *err) SX_MUST_USE;
bool sx_store_force_study(sx_db *db, const char *study_uid, sx_error *err) SX_MUST_USE;
/* Notes that a revision was built, unless a film has come meanwhile: *still. */
bool sx_store_study_built(sx_db *db, const char *study_uid, const sx_store_study *as_read,
                          int64_t revision, bool *still, sx_error *err) SX_MUST_USE;

/* Adds a row to the list of events. UIDs and detail may be "". */
bool sx_store_event(sx_db *db, int64_t now, const char *kind, const char *study_uid,
                    const char *sop_uid, const char *detail, sx_error *err) SX_MUST_USE;

#endif
