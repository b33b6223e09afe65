/* A JSON Schema checker for what docs/report.schema.json uses: $ref into $defs, type, enum,
 * required, properties, additionalProperties false, items, minItems, maxItems, minimum, maximum.
 * Any other keyword fails the test, so that none is silently unchecked. */
#ifndef TESTS_REPORT_SCHEMA_H
#define TESTS_REPORT_SCHEMA_H

#include <jansson.h>

/* Fails the running test, naming the place, if `value` does not fit the document `schema`. */
void check_schema(const json_t *schema, const json_t *value);

#endif
