/* Internal to the routes of managers. */
#ifndef SX_SERVICE_READING_READING_MANAGER_H
#define SX_SERVICE_READING_READING_MANAGER_H

#include "service/reading/reading_project.h"
#include "service/web/web.h"

/* The project that {project} of the path names. SX_ERR_MISSING: there is none. */
bool sx_reading_project_of(const sx_web_request *r, sx_reading_project *out,
                           sx_error *err) SX_MUST_USE;
/* Replies with an object whose `key` is the list of what `add` makes of each row; its user is the
 * list (sx_json *). */
bool sx_reading_manager_list(sx_web_request *r, const char *key, const char *sql,
                             const sx_db_value *values, size_t n, sx_db_row_fn *add,
                             sx_web_reply *reply, sx_error *err) SX_MUST_USE;
/* Fields of the JSON body; SX_ERR_VALUE names the key. */
bool sx_reading_body_int(const sx_web_request *r, const char *key, long least, long most,
                         int otherwise, int *out, sx_error *err) SX_MUST_USE;
/* True or false; false if it is absent. */
bool sx_reading_body_flag(const sx_web_request *r, const char *key, bool *out,
                          sx_error *err) SX_MUST_USE;
/* 1 to `most` texts, in texts[most]; `what` they are, for the message. */
bool sx_reading_body_texts(const sx_web_request *r, const char *key, const char *what, size_t most,
                           const char **texts, size_t *count, sx_error *err) SX_MUST_USE;
/* 1 to 200 logins, in names[200]. */
bool sx_reading_body_names(const sx_web_request *r, const char *key, const char **names,
                           size_t *count, sx_error *err) SX_MUST_USE;

#endif
