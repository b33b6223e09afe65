#include "cli/serve_list.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/text_table.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "service/access/audit.h"

bool sx_serve_list_add(sx_serve_list *l, const char *const *cells, sx_error *err) {
    char **more = sx_realloc(l->cells, (l->count + 1) * l->columns, sizeof *more);
    bool ok = more != NULL;
    if (ok) {
        l->cells = more;
        for (size_t i = 0; i < l->columns; i++)
            ok = (more[l->count * l->columns + i] = sx_strdup(cells[i])) && ok;
        l->count++;
    }
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for the list");
}

void sx_serve_list_free(sx_serve_list *l) {
    for (size_t i = 0; i < l->count * l->columns; i++)
        free(l->cells[i]);
    free(l->cells);
}

static bool print_json(const sx_serve_list *l, sx_error *err) {
    sx_json_doc doc = { 0 };
    const sx_json array = sx_json_array(sx_json_new_object(&doc), l->name);
    for (size_t i = 0; i < l->count; i++) {
        const sx_json o = sx_json_object(array, NULL);
        for (size_t k = 0; k < l->columns; k++)
            sx_json_text(o, l->headings[k], l->cells[i * l->columns + k]);
    }
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

bool sx_serve_list_print(const sx_serve_list *l, bool json, sx_error *err) {
    static const bool texts[8] = { false };
    const sx_text_table t = { .column_count = l->columns,
                              .row_count = l->count,
                              .headings = l->headings,
                              .numbers = texts,
                              .cells = (const char *const *)l->cells };
    sx_str text = { 0 };
    if (json) return print_json(l, err);
    sx_text_table_put(&text, &t);
    const bool ok = sx_str_ok(&text, err);
    if (ok && l->count)
        sx_cli_print("%s", sx_str_text(&text));
    else if (ok)
        sx_cli_print("no %s\n", l->name);
    sx_str_free(&text);
    return ok;
}

void sx_serve_time(int64_t milliseconds, char out[24]) {
    out[0] = '\0';
    if (milliseconds) sx_timestamp_of(milliseconds, out, 24);
}

bool sx_serve_note(sx_db *db, const char *action, const char *object, const char *detail,
                   sx_error *err) {
    char who[48];
    sx_format(who, sizeof who, "command line, user id %ld", (long)getuid());
    const sx_audit_entry e = {
        .at = sx_wall_clock(), .who = who, .action = action, .object = object, .detail = detail
    };
    return sx_audit(db, &e, err);
}
