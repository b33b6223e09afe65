#include "service/access/audit.h"

#include "base/str.h"
#include "base/utf8.h"

enum { TEXT = 401 };

static sx_db_value clean(const char *text, char out[TEXT]) {
    sx_format(out, TEXT, "%s", text ? text : "");
    sx_utf8_clean(out, TEXT);
    return sx_db_text(out);
}

bool sx_audit(sx_db *db, const sx_audit_entry *e, sx_error *err) {
    char texts[5][TEXT];
    const sx_db_value values[] = {
        sx_db_int(e->at),           clean(e->who, texts[0]),    clean(e->address, texts[1]),
        clean(e->action, texts[2]), clean(e->object, texts[3]), clean(e->detail, texts[4])
    };
    return sx_db_run(db,
                     "INSERT INTO audit (at, who, address, action, object, detail)"
                     " VALUES (?, ?, ?, ?, ?, ?)",
                     values, 6, err);
}

typedef struct listing {
    sx_audit_fn *each;
    void *user;
} listing;

static bool give_entry(void *user, const sx_db_row *row, sx_error *err) {
    const listing *l = user;
    const sx_audit_entry e = { .id = sx_db_get_int(row, 0),
                               .at = sx_db_get_int(row, 1),
                               .who = sx_db_get_text(row, 2),
                               .address = sx_db_get_text(row, 3),
                               .action = sx_db_get_text(row, 4),
                               .object = sx_db_get_text(row, 5),
                               .detail = sx_db_get_text(row, 6) };
    return l->each(l->user, &e, err);
}

bool sx_audit_list(sx_db *db, int64_t before, int most, sx_audit_fn *each, void *user,
                   sx_error *err) {
    listing l = { each, user };
    const sx_db_value values[] = { sx_db_int(before), sx_db_int(most) };
    return sx_db_query(db,
                       "SELECT id, at, who, address, action, object, detail FROM audit"
                       " WHERE id < ? ORDER BY id DESC LIMIT ?",
                       values, 2, give_entry, &l, err);
}
