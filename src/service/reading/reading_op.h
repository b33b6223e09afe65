/* One operation of a reader: what a page sends, what the log keeps, what is replayed.
 *
 *     kind             of     body
 *     box_put          box    label, corners, attributes, source, source_id: the whole box, new,
 *                             changed or restored
 *     box_delete       box
 *     verdict          film   verdict ("", "normal", "abnormal", "rejected"), reason
 *     film_tags        film   tags: labels
 *     study            study  tags, confidence
 *     prelabels_shown  film   set, threshold
 *     prelabel_choice  film   prelabel, choice ("accept", "edit", "reject", "ignore", "")
 *     commit           film   none: the own boxes are drawn, boxes of networks may be shown */
#ifndef SX_SERVICE_READING_READING_OP_H
#define SX_SERVICE_READING_READING_OP_H

#include <jansson.h>

#include "base/json.h"
#include "service/reading/reading_labels.h"

typedef enum sx_reading_kind {
    SX_READING_BOX_PUT,
    SX_READING_BOX_DELETE,
    SX_READING_VERDICT,
    SX_READING_FILM_TAGS,
    SX_READING_STUDY,
    SX_READING_PRELABELS_SHOWN,
    SX_READING_PRELABEL_CHOICE,
    SX_READING_COMMIT,
    SX_READING_KINDS
} sx_reading_kind;

enum { SX_READING_BOX_ID = 65, SX_READING_REASON = 1001 };

/* Pixels of the film: least width and height of a new box. The page draws none of less than 4
 * pixels of the screen, at most 32 for one of the film; exports round to 1/10000. */
#define SX_READING_LEAST_SIDE 0.1

typedef struct sx_reading_op {
    sx_reading_kind kind;
    int64_t seq, at_client;
    int64_t film;                /* 0: of the study */
    char box[SX_READING_BOX_ID]; /* "": none */
    /* the body; fields of other kinds are 0 */
    int64_t label, source_id, set, prelabel;
    double corners[4], threshold;
    char attributes[SX_READING_LIST], tags[SX_READING_LIST]; /* JSON arrays */
    char source[16], verdict[16], choice[16];
    char reason[SX_READING_REASON];
    int confidence; /* -1: none */
    bool imported;  /* a box that was drawn elsewhere, when its label was perhaps not retired */
} sx_reading_op;

/* "box_put", ... */
const char *sx_reading_kind_name(sx_reading_kind kind);
/* Whether `text` has 8 to 64 letters, digits and -: ids of boxes and clients. */
bool sx_reading_is_id(const char *text);

/* Reads and checks an operation as a page sends it (ReadingNewOp of web/reading_api.json).
 * SX_ERR_VALUE names the field. */
bool sx_reading_op_parse(const json_t *from, sx_reading_op *out, sx_error *err) SX_MUST_USE;
/* Reads kind and body as the log keeps them; film and box are the caller's. */
bool sx_reading_op_read(const char *kind, const char *body, sx_reading_op *out,
                        sx_error *err) SX_MUST_USE;
/* Puts a stored JSON array of texts or integers. */
bool sx_reading_put_list(sx_json at, const char *key, const char *text, sx_error *err) SX_MUST_USE;

/* Appends the body as the log keeps it: JSON on one line, fields in a fixed order. */
bool sx_reading_op_print(const sx_reading_op *op, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
