/* What the commands for users and tokens have in common: lists, and entries of the audit log. */
#ifndef SX_CLI_ACCESS_LIST_H
#define SX_CLI_ACCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/store/db.h"

/* Rows of texts, which are printed as a table or as JSON. */
typedef struct sx_access_list {
    const char *const *headings; /* [columns]; also the keys of JSON */
    const char *name;            /* "users": the key of the array */
    size_t columns, count;
    char **cells; /* [count * columns] */
} sx_access_list;

bool sx_access_list_add(sx_access_list *l, const char *const *cells, sx_error *err) SX_MUST_USE;
bool sx_access_list_print(const sx_access_list *l, bool json, sx_error *err) SX_MUST_USE;
void sx_access_list_free(sx_access_list *l);

/* "2026-11-28T12:00:00Z"; "" for 0. */
void sx_access_time(int64_t milliseconds, char out[24]);
/* Whether `word` is one of "list|add". */
bool sx_access_is_word(const char *word, const char *words);
/* Adds to the audit log what the command does. */
bool sx_access_note(sx_db *db, const char *action, const char *object, const char *detail,
                    sx_error *err) SX_MUST_USE;

#endif
