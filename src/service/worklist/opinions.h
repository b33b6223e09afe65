/* What physicians say of results: whether they agree, what they would have said, a comment. Kept
 * for good, so that results can be compared with them. */
#ifndef SX_SERVICE_WORKLIST_OPINIONS_H
#define SX_SERVICE_WORKLIST_OPINIONS_H

#include "base/str.h"
#include "service/store/films.h"

enum { SX_OPINION_COMMENT = 2000, SX_OPINION_WHO = 80 };

typedef struct sx_opinion {
    int64_t id, at; /* given by the database; milliseconds since 1970 */
    char study_uid[SX_STORE_UID];
    int64_t revision;         /* of the result; 0: the study has none yet */
    char who[SX_OPINION_WHO]; /* a login, or the reader that an import names */
    int agrees;               /* 1, 0; -1: not said */
    char verdict[12];         /* "abnormal", "normal", "unsure" or "" */
    char comment[SX_OPINION_COMMENT];
} sx_opinion;

/* Whether it is "abnormal", "normal", "unsure" or "". */
bool sx_opinion_is_verdict(const char *word);

/* Adds a row; `id` is not used. Errors: SX_ERR_VALUE (neither agreement, verdict nor comment;
 * another word), SX_ERR_MISSING (there is no such study), and those of sx_db_run. */
bool sx_opinions_add(sx_db *db, const sx_opinion *opinion, sx_error *err) SX_MUST_USE;

/* The same, with the time `now`; later, if the clock was put back since this person's last opinion
 * of the study, because the newest one counts. Call it in a transaction. */
bool sx_opinions_add_now(sx_db *db, const sx_opinion *opinion, int64_t now,
                         sx_error *err) SX_MUST_USE;

/* Receives an opinion; false, with *err set, stops. */
typedef bool sx_opinion_fn(void *user, const sx_opinion *opinion, sx_error *err);
/* Those of a study, or all with NULL, in the order in which they came. */
bool sx_opinions_list(sx_db *db, const char *study_uid, sx_opinion_fn *each, void *user,
                      sx_error *err) SX_MUST_USE;

/* Appends a CSV: each study that was scored or has an opinion, our P(abnormal) and verdict, as the
 * worklist shows them, and the number of films without a verdict beside each opinion. Studies are
 * named by their UID; there is nothing else of the patient. */
bool sx_opinions_compare(sx_db *db, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
