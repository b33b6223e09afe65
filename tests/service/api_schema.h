/* web/api.json, the description of the JSON routes, for tests of what the service answers. */
#ifndef TESTS_SERVICE_API_SCHEMA_H
#define TESTS_SERVICE_API_SCHEMA_H

#include "service/web/routes.h"
#include "service/web_client.h"

void api_load(const char *path);
void api_free(void);

/* Each row of `tables` under /api is described with its method, roles and body, and nothing else
 * is described. */
void api_check_tables(const sx_web_route *const *tables);

/* Calls a route of the description: the request must be as described, and so must the answer with
 * status 200 or 204. `target`: the path with its values and query. Free the answer. */
web_answer api_call(const char *method, const char *path, const char *target, const char *headers,
                    const char *body);

/* Answers with this type are the matter of another test. */
void api_leave_out(const char *type);
/* Each route was called with success, and each field of an answer was seen. */
void api_check_complete(void);

/* NULL: the value is as a type says; else the fault in a static buffer. */
const char *api_fault(const char *type, const char *json);

#endif
