/* What the commands for users and tokens have in common: lists, and entries of the audit log. */
#ifndef SX_CLI_SERVE_LIST_H
#define SX_CLI_SERVE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/store/db.h"

/* Rows of texts, which are printed as a table or as JSON. */
typedef struct sx_serve_list {
    const char *const *headings; /* [columns]; also the keys of JSON */
    const char *name;            /* "users": the key of the array */
    size_t columns, count;
    char **cells; /* [count * columns] */
} sx_serve_list;

bool sx_serve_list_add(sx_serve_list *l, const char *const *cells, sx_error *err) SX_MUST_USE;
bool sx_serve_list_print(const sx_serve_list *l, bool json, sx_error *err) SX_MUST_USE;
void sx_serve_list_free(sx_serve_list *l);

/* "2026-11-28T12:00:00Z"; "" for 0. */
void sx_serve_time(int64_t milliseconds, char out[24]);
/* Adds to the audit log what the command does. */
bool sx_serve_note(sx_db *db, const char *action, const char *object, const char *detail,
                   sx_error *err) SX_MUST_USE;

#endif
