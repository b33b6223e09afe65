/* Decisions of an adjudicator so far, and which of them hold. */
#ifndef SX_SERVICE_READING_READING_DECIDED_H
#define SX_SERVICE_READING_READING_DECIDED_H

#include "service/reading/reading_adjudicate.h"

/* A decision on a cluster, which is named by the readers' boxes that it had. */
typedef struct sx_decided {
    int64_t id, film;
    char cluster[12]; /* its number then; "": on a box that was drawn for none */
    /* "take", "merge", "draw", "reject" or "withdraw" */
    char decision[SX_READING_WORD], box[SX_READING_BOX_MOST], reason[1001];
    size_t first_source, source_count;
} sx_decided;

/* A box of the adjudicator. */
typedef struct sx_own_box {
    char box[SX_READING_BOX_MOST];
    int64_t film, label;
    double corners[4];
    bool explained; /* a cluster's decision names it, or it was drawn with a reason */
} sx_own_box;

typedef struct sx_decided_list {
    sx_decided *items; /* [count] the newest last */
    size_t count;
    sx_study_box *sources; /* [source_count] films are not set */
    size_t source_count;
    sx_own_box *boxes; /* [box_count] those that are not deleted */
    size_t box_count;
} sx_decided_list;

/* Of an adjudicator's task. Free it after a failure, too. */
bool sx_decided_load(sx_db *db, int64_t task, sx_decided_list *out, sx_error *err) SX_MUST_USE;
void sx_decided_free(sx_decided_list *l);

/* NULL: there is none. */
sx_own_box *sx_decided_box(const sx_decided_list *l, int64_t film, const char *box);

/* Whether the box was drawn for no cluster, with a reason that was not withdrawn since. */
bool sx_decided_has_reason(const sx_decided_list *l, const sx_own_box *b);

/* Whether a box may stand for a cluster: it has the class of one of its boxes, and the place of one
 * or of the proposal. The boxes [from, to) of *s are those of its film, here and below. */
bool sx_decided_stands(const sx_own_box *b, const sx_study_reads *s, size_t from, size_t to,
                       size_t cluster);

/* The decision on a cluster that holds: the newest whose box is there, so that an undone one gives
 * way to the one before it. A rejection holds while no box that was taken before is back, and until
 * it is withdrawn. NULL: the cluster is open, also where the box was moved away or taken for
 * another cluster. */
const sx_decided *sx_decided_of(const sx_decided_list *l, const sx_study_reads *s, size_t from,
                                size_t to, size_t cluster);

/* Whether decision [i] gave way to a later one on its box. One for no cluster, which only explains
 * the box, is none of these. */
bool sx_decided_again(const sx_decided_list *l, size_t i);

/* Whether a decision was one on this cluster: it has the same boxes, whatever its number. */
bool sx_decided_is_about(const sx_decided_list *l, const sx_decided *d, const sx_study_reads *s,
                         size_t from, size_t to, size_t cluster);

#endif
