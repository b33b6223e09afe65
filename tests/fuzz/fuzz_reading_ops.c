/* Operations of a reader's page: what was read is printed for the log and read again, and is the
 * same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "service/reading/reading_op.h"

static void check_values(const sx_reading_op *o) {
    if (*o->box && !sx_reading_is_id(o->box)) abort();
    if (o->confidence < -1 || o->confidence > 100) abort();
    if (o->kind == SX_READING_BOX_PUT &&
        !(o->corners[0] < o->corners[2] && o->corners[1] < o->corners[3]))
        abort();
    for (int i = 0; i < 4; i++)
        if (!isfinite(o->corners[i])) abort();
}

/* The log must be able to read what it keeps. */
static void read_again(const sx_reading_op *o) {
    sx_str once = { 0 }, twice = { 0 };
    sx_reading_op again;
    sx_error err = { 0 };
    if (!sx_reading_op_print(o, &once, &err)) abort();
    if (!sx_reading_op_read(sx_reading_kind_name(o->kind), sx_str_text(&once), &again, &err))
        abort();
    if (!sx_reading_op_print(&again, &twice, &err)) abort();
    if (strcmp(sx_str_text(&once), sx_str_text(&twice)) != 0) abort();
    if (strchr(sx_str_text(&once), '\n')) abort();
    sx_str_free(&once);
    sx_str_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    json_t *body = sx_json_parse(data, size, true, NULL, &err);
    const json_t *list = json_object_get(body, "ops");
    for (size_t i = 0; i < json_array_size(list); i++) {
        sx_reading_op o;
        sx_error why = { 0 };
        if (sx_reading_op_parse(json_array_get(list, i), &o, &why)) {
            check_values(&o);
            read_again(&o);
        } else if (why.code == SX_OK || !why.message[0]) {
            abort();
        }
    }
    json_decref(body);
    return 0;
}
